//! Scheduled captures: preauthorisations whose time has come.

use std::sync::Arc;

use purser_services::{App, Error, payments};

use super::Round;
use crate::config;

/// One round.
pub(super) async fn round(app: Arc<App>, limits: config::Workers) -> Result<Round, Error> {
    let tick = payments::captures_tick(&app, limits.captures_max, app.source().now()).await?;
    super::count("captures", tick);
    Ok(Round::of(tick.leased, limits.captures_max))
}
