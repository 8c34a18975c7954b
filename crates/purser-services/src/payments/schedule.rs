//! What the clock does to payments: scheduled captures, and the end of those that wait for their customer.

use std::sync::Arc;
use std::time::Duration;

use purser_domain::SystemScope;
use purser_domain::payment::event::Origin;
use purser_domain::payment::state::{Refusal, request};
use purser_storage::payments as stored;
use purser_types::Timestamp;
use purser_types::id::PaymentId;
use tokio::task::JoinSet;

use super::janitor::Tick;
use super::{cancel, follow_up, observe};
use crate::app::{App, Ctx};
use crate::error::Error;

/// How long a payment is kept from other workers, and so how long it rests when it could not be worked on.
const LEASE: Duration = Duration::from_secs(60);

/// Captures what was to be captured at an instant that has come: at most `limit` payments, the oldest first.
///
/// # Errors
/// Faults of the storage while taking them. What goes wrong with one payment is counted and logged.
pub async fn captures_tick(app: &Arc<App>, limit: u32, now: Timestamp) -> Result<Tick, Error> {
    let system = SystemScope::new("scheduled captures of every tenant", now);
    let lease_until = now.saturating_add(LEASE);
    let due = stored::lease_due_captures(&app.store, &system, now, lease_until, limit).await?;
    let mut tick = Tick { leased: due.len(), ..Tick::default() };
    let mut tasks = JoinSet::new();
    for payment in due {
        let ctx = app.acting_for(payment.tenant_id, payment.environment);
        tasks.spawn(async move { (payment.id, follow_up::capture_scheduled(&ctx, payment.id).await) });
    }
    while let Some(ended) = tasks.join_next().await {
        match ended {
            Ok((_, Ok(_))) => tick.repaired += 1,
            Ok((id, Err(error))) => {
                tick.failed += 1;
                tracing::warn!(payment.id = %id, %error, "a scheduled capture was not made");
            }
            Err(_panic) => tick.failed += 1,
        }
    }
    Ok(tick)
}

/// Ends payments whose time is over: at most `limit`, the oldest first.
///
/// # Errors
/// Faults of the storage while taking them. What goes wrong with one payment is counted and logged.
pub async fn expiries_tick(app: &Arc<App>, limit: u32, now: Timestamp) -> Result<Tick, Error> {
    let system = SystemScope::new("expiry of payments of every tenant", now);
    let lease_until = now.saturating_add(LEASE);
    let due = stored::lease_due_expiries(&app.store, &system, now, lease_until, limit).await?;
    let mut tick = Tick { leased: due.len(), ..Tick::default() };
    for payment in due {
        let ctx = app.acting_for(payment.tenant_id, payment.environment);
        match expire(&ctx, payment.id, now).await {
            Ok(true) => tick.repaired += 1,
            // A processor is being asked: its answer, or the janitor, moves the payment on.
            Ok(false) => {}
            Err(error) => {
                tick.failed += 1;
                tracing::warn!(payment.id = %payment.id, %error, "a payment did not expire");
            }
        }
    }
    Ok(tick)
}

/// Ends one payment, if its state allows that now.
async fn expire(ctx: &Ctx, id: PaymentId, now: Timestamp) -> Result<bool, Error> {
    let write = ctx.store().begin().await?;
    let known = observe::locked(ctx, &write, id).await?;
    let moved = match request::expire(&known.payment, &known.attempts, now) {
        Ok(moved) => moved,
        Err(Refusal::State(_) | Refusal::NotExpired) => return Ok(false),
        Err(refusal) => {
            return Err(Error::Fault { doing: "ending a payment", detail: refusal.to_string() });
        }
    };
    cancel::record_move(ctx, &write, &known, &moved, Origin::Time).await?;
    write.commit().await?;
    Ok(true)
}
