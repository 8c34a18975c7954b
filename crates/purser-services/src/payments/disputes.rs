//! Disputes: what a customer's bank contests, as processors tell it.
//!
//! A dispute is learned of piece by piece and in any order; what it does to its payment is computed from all
//! disputes each time ([`purser_domain::payment::state::dispute`]), so that the order does not matter.

use purser_connector::DisputeFinding;
use purser_domain::payment::Payment;
use purser_domain::payment::attempt::Attempt;
use purser_domain::payment::dispute::{Dispute, DisputeStage, DisputeStatus};
use purser_domain::payment::event::Origin;
use purser_domain::payment::state::Move;
use purser_domain::payment::state::dispute as state;
use purser_storage::payments::{self as stored, NewEvent, PaymentRecord};
use purser_storage::{Write, disputes as stored_disputes};
use purser_types::id::{DisputeId, EventId, PaymentId};

use super::{review, words};
use crate::app::Ctx;
use crate::error::Error;

/// The disputes of a payment of the viewer's tenant, the first first; a bounded number.
///
/// # Errors
/// Faults of the storage.
pub async fn of_payment(ctx: &Ctx, payment_id: PaymentId) -> Result<Vec<Dispute>, Error> {
    Ok(stored_disputes::of_payment(ctx.store(), ctx.scope(), payment_id).await?)
}

/// Takes over what was learned of a dispute about the payment of an attempt. False if the payment does not
/// know yet that it was captured: then it is too early.
pub(super) async fn hear(
    ctx: &Ctx,
    attempt: &Attempt,
    finding: &DisputeFinding,
    origin: Origin,
) -> Result<bool, Error> {
    if finding.amount.currency() != attempt.amount.currency() {
        review::put(ctx, attempt, "a dispute is in another currency than the payment").await?;
        return Ok(true);
    }
    let write = ctx.store().begin().await?;
    let found = stored::find_with_lock(&write, ctx.scope(), attempt.payment_id).await?;
    let missing = || Error::Fault { doing: "recording a dispute", detail: attempt.payment_id.to_string() };
    let payment = found.ok_or_else(missing)?;
    if !state::is_disputable(payment.status) {
        return Ok(false);
    }
    let now = ctx.source().now();
    let known = stored_disputes::find(&write, ctx.scope(), payment.id, &finding.connector_reference).await?;
    let is_new = known.is_none();
    let mut dispute = known.unwrap_or_else(|| Dispute {
        id: DisputeId::mint(ctx.source()),
        payment_id: payment.id,
        connector_reference: finding.connector_reference.clone(),
        stage: stage(finding),
        status: DisputeStatus::Open,
        reason: Some(words::kept(finding.reason.clone())),
        amount: finding.amount,
        due_at: finding.due_at,
        opened_at: now,
        resolved_at: None,
    });
    let is_news = dispute.learn(stage(finding), status(finding), now);
    if !is_news && !is_new {
        return Ok(true);
    }
    dispute.due_at = finding.due_at.or(dispute.due_at);
    stored_disputes::put(&write, ctx.scope(), &dispute).await?;
    let all = stored_disputes::of_payment(&write, ctx.scope(), payment.id).await?;
    let moved = match dispute.status {
        DisputeStatus::Open => state::opened(&payment, &all),
        DisputeStatus::Won => state::won(&payment, &all),
        DisputeStatus::Lost => state::lost(&payment, &all),
    };
    if let Some(moved) = moved {
        record(ctx, &write, &payment, attempt, moved, origin).await?;
    }
    write.commit().await?;
    Ok(true)
}

async fn record(
    ctx: &Ctx,
    write: &Write,
    payment: &Payment,
    attempt: &Attempt,
    moved: Move,
    origin: Origin,
) -> Result<(), Error> {
    let event = NewEvent {
        id: EventId::mint(ctx.source()),
        kind: moved.event,
        origin,
        attempt_id: Some(attempt.id),
        amount: Some(moved.amounts.disputed),
    };
    let after = Payment { status: moved.status, amounts: moved.amounts, ..payment.clone() };
    let record = PaymentRecord {
        before: payment,
        after: &after,
        attempt: None,
        events: &[event],
        total_delta: None,
        now: ctx.source().now(),
    };
    if stored::record(write, ctx.scope(), &record).await? {
        return Ok(());
    }
    // The payment is locked, so nobody can have moved it on.
    Err(Error::Fault { doing: "recording a dispute", detail: payment.id.to_string() })
}

/// The same words on both floors; the connector's are the ones that cross a border.
fn stage(finding: &DisputeFinding) -> DisputeStage {
    match finding.stage {
        purser_connector::DisputeStage::Inquiry => DisputeStage::Inquiry,
        purser_connector::DisputeStage::PreDispute => DisputeStage::PreDispute,
        purser_connector::DisputeStage::Dispute => DisputeStage::Dispute,
        purser_connector::DisputeStage::PreArbitration => DisputeStage::PreArbitration,
    }
}

fn status(finding: &DisputeFinding) -> DisputeStatus {
    match finding.status {
        purser_connector::DisputeStatus::Open => DisputeStatus::Open,
        purser_connector::DisputeStatus::Won => DisputeStatus::Won,
        purser_connector::DisputeStatus::Lost => DisputeStatus::Lost,
    }
}
