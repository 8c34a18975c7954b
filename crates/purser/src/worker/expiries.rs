//! Expiry: payments that waited too long for their customer or their amount.

use std::sync::Arc;

use purser_services::{App, Error, payments};

use super::Round;
use crate::config;

/// One round.
pub(super) async fn round(app: Arc<App>, limits: config::Workers) -> Result<Round, Error> {
    let tick = payments::expiries_tick(&app, limits.expiries_max, app.source().now()).await?;
    super::count("expiries", tick);
    Ok(Round::of(tick.leased, limits.expiries_max))
}
