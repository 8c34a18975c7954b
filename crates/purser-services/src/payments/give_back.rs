//! Money that came too late: another attempt had taken the payment, or it was called off.
//!
//! The success is written down with a mark that makes its attempt due at once. Whoever wrote it begins to
//! give the money back in a task of its own; should its process end first, a worker finds the mark. The mark
//! goes in the transaction that commits the void or refund, which has a key of its own and is repaired like
//! any other attempt. If that is refused, the mark comes back, and the other way is tried; after a few
//! refusals an operator has to look.

use purser_connector::{OperationKind, Refund, Submission, Void};
use purser_domain::payment::attempt::{Attempt, AttemptStatus};
use purser_domain::payment::event::{EventKind, Origin};
use purser_storage::Write;
use purser_storage::payments::{self, AttemptRecord, AttemptSeals, NewEvent, PaymentRecord};
use purser_types::id::{AttemptId, EventId, PaymentId};

use super::draft::Draft;
use super::observe::{self, Known};
use super::run;
use crate::app::Ctx;
use crate::connectors::Opened;
use crate::error::Error;
use crate::fault::{self, Step};
use crate::task;

/// How often it is tried before an operator has to look: each way twice.
const TRIES_MAX: usize = 4;
/// Why an operator has to look.
const REVIEW: &str = "give_back_refused";

/// Gives the money of an attempt back that succeeded too late, if it is not on its way already.
///
/// # Errors
/// Faults of the storage; the attempt is then due later.
pub async fn give_back(ctx: &Ctx, payment_id: PaymentId, attempt_id: AttemptId) -> Result<(), Error> {
    let ctx = ctx.clone();
    task::own("giving money back", async move {
        match Box::pin(commit(&ctx, payment_id, attempt_id)).await? {
            Some((known, draft, opened)) => {
                let asked = run::asked(&ctx, known, draft.attempt.id, &draft.order, &opened);
                Box::pin(asked).await.map(drop)
            }
            None => Ok(()),
        }
    })
    .await
}

/// Commits the attempt that gives the money back, and takes the mark away.
async fn commit(
    ctx: &Ctx,
    payment_id: PaymentId,
    attempt_id: AttemptId,
) -> Result<Option<(Known, Draft, Opened)>, Error> {
    let write = ctx.store().begin().await?;
    let mut known = observe::locked(ctx, &write, payment_id).await?;
    let surplus = known.attempt(attempt_id).filter(|attempt| attempt.is_surplus).cloned();
    let Some(surplus) = surplus else { return Ok(None) };
    let earlier: Vec<Attempt> =
        known.attempts.iter().filter(|it| it.gives_back == Some(attempt_id)).cloned().collect();
    let is_under_way = |attempt: &Attempt| attempt.is_open() || attempt.status == AttemptStatus::Succeeded;
    if earlier.iter().any(is_under_way) {
        if surplus.next_check_at.is_some() {
            unmark(ctx, &write, &mut known, &surplus, None).await?;
            write.commit().await?;
        }
        return Ok(None);
    }
    if surplus.operation == OperationKind::Register {
        // No money moved; what the processor keeps is named by nobody.
        unmark(ctx, &write, &mut known, &surplus, None).await?;
        write.commit().await?;
        return Ok(None);
    }
    let opened = Opened::of_attempt(ctx, &write, surplus.connector_id).await?;
    let operation = way(&opened, &surplus, &earlier);
    let Some(operation) = operation.filter(|_| earlier.len() < TRIES_MAX) else {
        unmark(ctx, &write, &mut known, &surplus, Some(REVIEW)).await?;
        write.commit().await?;
        return Ok(None);
    };
    fault::point(operation, Step::BeforeIntent).await?;
    unmark(ctx, &write, &mut known, &surplus, None).await?;
    let reference = surplus.connector_reference.clone().unwrap_or_default();
    let submission: Submission = match operation {
        OperationKind::Void => Void { reference }.into(),
        _ => Refund { reference, amount: surplus.amount }.into(),
    };
    let (payment, attempts) = (&known.payment, &known.attempts);
    let mut draft = Draft::follow_up(ctx, payment, &opened, attempts, surplus.amount, submission);
    draft.attempt.gives_back = Some(attempt_id);
    draft.insert(ctx, &write).await?;
    write.commit().await?;
    fault::point(operation, Step::AfterIntent).await?;
    known.attempts.push(draft.attempt.clone());
    Ok(Some((known, draft, opened)))
}

/// A void costs nobody anything and so comes first; what is settled is refunded. A reservation can only be
/// voided.
fn way(opened: &Opened, surplus: &Attempt, earlier: &[Attempt]) -> Option<OperationKind> {
    let may_refund = surplus.operation == OperationKind::Sale;
    let ways = [(OperationKind::Void, true), (OperationKind::Refund, may_refund)];
    let tried = |operation| earlier.iter().filter(|attempt| attempt.operation == operation).count();
    let possible = ways.iter().filter(|(operation, may)| *may && opened.supports(*operation));
    possible.map(|(operation, _)| *operation).min_by_key(|operation| tried(*operation))
}

/// Takes the mark from the attempt, since its money is on its way or an operator has to look.
async fn unmark(
    ctx: &Ctx,
    write: &Write,
    known: &mut Known,
    surplus: &Attempt,
    review: Option<&str>,
) -> Result<(), Error> {
    let after = Attempt {
        next_check_at: None,
        review: review.map(str::to_owned).or(surplus.review.clone()),
        ..surplus.clone()
    };
    let event = review.map(|_| EventKind::AttemptInReview);
    mark(ctx, write, known, after, event).await
}

/// Writes an attempt down whose payment stays as it is.
pub(super) async fn mark(
    ctx: &Ctx,
    write: &Write,
    known: &mut Known,
    after: Attempt,
    event: Option<EventKind>,
) -> Result<(), Error> {
    let events: Vec<NewEvent> = event
        .into_iter()
        .map(|kind| NewEvent {
            id: EventId::mint(ctx.source()),
            kind,
            origin: Origin::Time,
            attempt_id: Some(after.id),
            amount: None,
        })
        .collect();
    let record = PaymentRecord {
        before: &known.payment,
        after: &known.payment,
        attempt: Some(AttemptRecord { after: &after, seals: AttemptSeals::default() }),
        events: &events,
        total_delta: None,
        now: ctx.source().now(),
    };
    if !payments::record(write, ctx.scope(), &record).await? {
        return Err(Error::Fault { doing: "marking an attempt", detail: after.id.to_string() });
    }
    known.payment.version += 1;
    if let Some(place) = known.attempts.iter_mut().find(|attempt| attempt.id == after.id) {
        *place = after;
    }
    Ok(())
}
