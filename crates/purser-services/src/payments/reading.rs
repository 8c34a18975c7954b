//! Repair because somebody asks: whoever reads a payment in doubt, or wants to know it now.
//!
//! A reader waits a little for the truth, since most doubt ends with one question; never long, and a
//! processor that is down makes no read fail. However many read, one of them asks, and not every moment.

use std::time::Duration;

use purser_domain::payment::attempt::{Attempt, AttemptStatus};
use purser_domain::payment::{Payment, PaymentStatus};
use purser_storage::payments as stored;
use purser_storage::read::PaymentLookup;
use purser_types::Timestamp;
use purser_types::id::PaymentId;
use tokio::task::JoinSet;

use super::janitor::{LEASE, one};
use super::repair::Asker;
use super::{Paid, paid, task};
use crate::app::Ctx;
use crate::error::{Code, Error};
use crate::fault::{self, Bug};
use crate::reads;

/// How long a reader waits for the truth before it gets what is known.
const READ_PATIENCE: Duration = Duration::from_secs(2);

/// One payment of the viewer's tenant, looked up first if it is in doubt.
///
/// # Errors
/// Faults of the storage.
pub async fn find(ctx: &Ctx, lookup: &PaymentLookup) -> Result<Option<Payment>, Error> {
    let found = reads::payment(ctx, lookup).await?;
    match &found {
        Some(payment) if is_in_doubt(payment) => {
            repair_on_read(ctx, payment.id).await;
            reads::payment(ctx, lookup).await
        }
        Some(_) | None => Ok(found),
    }
}

/// Whether the payment itself says that something about it is open. Of a void or an increment in doubt it does
/// not; those wait for the janitor.
fn is_in_doubt(payment: &Payment) -> bool {
    let is_underway = matches!(
        payment.status,
        PaymentStatus::Processing | PaymentStatus::Pending | PaymentStatus::RequiresAction
    );
    is_underway || payment.amounts.capture_pending > 0 || payment.amounts.refund_pending > 0
}

/// Looks at the attempts of a payment that are in doubt, because somebody reads it: waits a little for the
/// truth, never long, and never fails. What takes longer goes on by itself.
pub async fn repair_on_read(ctx: &Ctx, payment_id: PaymentId) {
    let own = ctx.clone();
    let looking =
        task::own("looking at a payment", async move { look_at(&own, payment_id, Asked::ByReading).await });
    if let Ok(Err(error)) = tokio::time::timeout(READ_PATIENCE, looking).await {
        tracing::warn!(payment.id = %payment_id, %error, "a look at a payment failed");
    }
}

/// Looks at all open attempts of a payment now, whatever was planned for them.
///
/// # Errors
/// `PAYMENT_NOT_FOUND`.
pub async fn sync(ctx: &Ctx, payment_id: PaymentId) -> Result<Paid, Error> {
    let found = stored::find(ctx.store(), ctx.scope(), payment_id).await?;
    found.ok_or_else(|| Error::not_found(Code::PaymentNotFound, "paymentId"))?;
    let own = ctx.clone();
    task::own("looking a payment up", async move { look_at(&own, payment_id, Asked::ByName).await }).await?;
    paid(ctx, payment_id).await
}

/// Why somebody who is no worker wants to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    ByReading,
    ByName,
}

async fn look_at(ctx: &Ctx, payment_id: PaymentId, asked: Asked) -> Result<(), Error> {
    if fault::is_planted(Bug::NoJanitor) {
        return Ok(());
    }
    let attempts = stored::attempts(ctx.store(), ctx.scope(), payment_id).await?;
    let now = ctx.source().now();
    let mut tasks = JoinSet::new();
    for attempt in attempts.into_iter().filter(|attempt| is_askable(attempt, asked, now)) {
        if asked == Asked::ByReading && !ctx.app.looks.is_first(attempt.id) {
            continue;
        }
        let lease_until = now.saturating_add(LEASE);
        // Whoever has the lease finds out for everybody.
        let leased = stored::lease_attempt(ctx.store(), ctx.scope(), attempt.id, now, lease_until).await?;
        if leased.is_none() {
            continue;
        }
        let ctx = ctx.clone();
        tasks.spawn(async move { one(&ctx, attempt.id, Asker::Reader).await });
    }
    while tasks.join_next().await.is_some() {}
    Ok(())
}

/// Whether a look at an attempt may tell anything. While the first call runs, its own answer is nearer.
fn is_askable(attempt: &Attempt, asked: Asked, now: Timestamp) -> bool {
    let is_running =
        attempt.status == AttemptStatus::Started && attempt.next_check_at.is_some_and(|at| at > now);
    let is_open = attempt.is_open() && !is_running;
    match asked {
        Asked::ByReading => is_open && attempt.review.is_none(),
        Asked::ByName => is_open,
    }
}
