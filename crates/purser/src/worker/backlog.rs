//! Figures of what waits, for graphs and alarms.

use std::sync::Arc;

use purser_domain::SystemScope;
use purser_services::App;
use purser_storage::payments::{Backlog, backlog};
use purser_types::Timestamp;

use super::Round;

/// One round.
pub(super) async fn round(app: Arc<App>) -> Result<Round, purser_storage::Error> {
    let now = app.source().now();
    let system = SystemScope::new("figures of what waits, over all tenants", now);
    publish(&backlog(app.store(), &system, now).await?, now);
    Ok(Round::Done)
}

fn publish(backlog: &Backlog, now: Timestamp) {
    let age = backlog.oldest_doubt_at.map_or(0.0, |at| now.since(at).as_secs_f64());
    metrics::gauge!("purser_doubt_oldest_seconds").set(age);
    for (queue, length) in [
        ("doubts", backlog.in_doubt),
        ("review", backlog.in_review),
        ("attempts", backlog.attempts_due),
        ("payments", backlog.payments_due),
        ("notifications", backlog.notifications),
    ] {
        metrics::gauge!("purser_queue_length", "queue" => queue)
            .set(f64::from(i32::try_from(length).unwrap_or(i32::MAX)));
    }
}
