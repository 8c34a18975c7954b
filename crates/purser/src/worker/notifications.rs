//! What processors sent: stored notifications are applied to their payments.

use std::sync::Arc;

use purser_services::{App, Error, payments};

use super::Round;
use crate::config;

/// One round.
pub(super) async fn round(app: Arc<App>, limits: config::Workers) -> Result<Round, Error> {
    let tick = payments::notifications_tick(&app, limits.notifications_max, app.source().now()).await?;
    super::count("notifications", tick);
    Ok(Round::of(tick.leased, limits.notifications_max))
}
