//! Repair of doubt: attempts whose outcome nobody knows are looked up, the oldest first.

use std::sync::Arc;
use std::time::Instant;

use purser_services::{App, Error, payments};

use super::Round;
use crate::config;

/// One round.
pub(super) async fn round(app: Arc<App>, limits: config::Workers) -> Result<Round, Error> {
    let began = Instant::now();
    let now = app.source().now();
    let tick = payments::janitor_tick(&app, limits.width, limits.repairs_max, now).await?;
    super::count("janitor", tick);
    if tick.leased > 0 {
        // The rate that a backlog would be worked off at.
        let done = u32::try_from(tick.repaired).unwrap_or(u32::MAX);
        metrics::gauge!("purser_repairs_per_second").set(f64::from(done) / began.elapsed().as_secs_f64());
    }
    Ok(Round::of(tick.leased, limits.repairs_max))
}
