//! Cancellation: a payment that nobody has paid is called off. Nothing is sent.

use purser_domain::payment::attempt::{Attempt, AttemptStatus};
use purser_domain::payment::event::Origin;
use purser_domain::payment::state::request::{self, Move};
use purser_storage::Write;
use purser_storage::payments::{self, NewEvent, PaymentRecord};
use purser_types::id::{EventId, PaymentId};

use super::observe::{self, Known};
use super::{Paid, paid, refusal};
use crate::app::Ctx;
use crate::error::{Code, Error};
use crate::once;
use crate::task;

/// Calls a payment off that waits for somebody. While a processor is being asked, or nobody knows what it
/// did, it may not be: the money may have moved. What the customer was sent away for may still succeed;
/// that money then goes back by itself.
///
/// # Errors
/// `PAYMENT_NOT_FOUND`, `NOT_CANCELABLE`, `IDEMPOTENCY_KEY_REUSED`.
pub async fn cancel(ctx: &Ctx, payment_id: PaymentId) -> Result<Paid, Error> {
    let ctx = ctx.clone();
    task::own("canceling a payment", async move {
        let write = ctx.store().begin().await?;
        if once::claim(&ctx, &write, payment_id.uuid()).await?.is_some() {
            drop(write);
            return paid(&ctx, payment_id).await;
        }
        let known = observe::locked(&ctx, &write, payment_id).await?;
        let refused = |refused| refusal::told(Code::NotCancelable, "canceled", &known.payment, refused);
        let moved = request::cancel(&known.payment).map_err(refused)?;
        if known.attempts.iter().any(is_in_doubt) {
            let message = "A processor is being asked, or nobody knows what it did.";
            return Err(Error::refused(Code::NotCancelable, "paymentId", message));
        }
        let paid = Paid::of(&known.payment);
        record_move(&ctx, &write, &known, &moved, Origin::Request).await?;
        write.commit().await?;
        Ok(paid)
    })
    .await
}

/// Whether the attempt may have moved money without anybody knowing. One that waits for the customer has not.
fn is_in_doubt(attempt: &Attempt) -> bool {
    attempt.is_first_step() && attempt.is_open() && attempt.status != AttemptStatus::RequiresAction
}

/// Writes down what a request, an operator or the clock changes of a payment.
///
/// # Errors
/// Faults of the storage. The payment is locked, so that its version is the one that was read.
pub(crate) async fn record_move(
    ctx: &Ctx,
    write: &Write,
    known: &Known,
    moved: &Move,
    origin: Origin,
) -> Result<(), Error> {
    let (before, now) = (&known.payment, ctx.source().now());
    let mut after = before.clone();
    after.status = moved.status;
    after.amounts = moved.amounts;
    after.commits = moved.commits;
    after.next_action = after.next_action.filter(|_| moved.status == before.status);
    after.updated_at = now;
    let event = NewEvent {
        id: EventId::mint(ctx.source()),
        kind: moved.event,
        origin,
        attempt_id: None,
        amount: None,
    };
    let record =
        PaymentRecord { before, after: &after, attempt: None, events: &[event], total_delta: None, now };
    if payments::record(write, ctx.scope(), &record).await? {
        return Ok(());
    }
    Err(Error::Fault { doing: "changing a payment", detail: before.id.to_string() })
}
