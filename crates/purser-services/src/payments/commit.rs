//! Commits: a payment that exists is sent to a processor, for the first time or again.

use purser_connector::{CustomerData, Initiator};
use purser_domain::payment::event::Origin;
use purser_domain::payment::state::request;
use purser_domain::payment::{Payment, PaymentKind};
use purser_storage::payments::{self, NewEvent, PaymentRecord};
use purser_storage::{Write, instruments};
use purser_types::id::{EventId, PaymentId};
use purser_types::{Money, Timestamp};

use super::draft::{Draft, Wish, requested};
use super::intent::Intent;
use super::observe::{self, Known};
use super::paying::{self, Paying};
use super::route::{self, Routed, Wanted};
use super::{Paid, PayWith, Target, customer, paid, refusal, run};
use crate::app::Ctx;
use crate::error::{Code, Error};
use crate::fault::{self, Step};
use crate::once;
use crate::task;

/// A payment that is to be sent to a processor (Reevit: confirm, retry; Tranzzo: payment commit).
#[derive(Debug, Clone)]
pub struct Commit {
    /// The payment, which waits for an instrument or for another amount.
    pub payment_id: PaymentId,
    /// What pays.
    pub pay_with: PayWith,
    /// How much, if the customer lowers it after a decline for lack of funds.
    pub amount: Option<Money>,
    /// Store the instrument if the payment succeeds; the payment has a profile then.
    pub with_register: bool,
}

/// Sends a payment that waits, with what pays and, where that was agreed on, for a lower amount.
///
/// # Errors
/// `PAYMENT_NOT_FOUND`, `NOT_COMMITTABLE`, `COMMITS_EXHAUSTED`, `PAYMENT_EXPIRED`, `AMOUNT_NOT_EDITABLE`,
/// `AMOUNT_BELOW_MINIMUM`, `AMOUNT_INCREASE_FORBIDDEN`, `INVALID_AMOUNT`, `CURRENCY_MISMATCH`,
/// `IDEMPOTENCY_KEY_REUSED`, and those of [`super::pay`] that concern target and instrument.
pub async fn commit(ctx: &Ctx, input: Commit) -> Result<Paid, Error> {
    let ctx = ctx.clone();
    task::own("committing a payment", async move {
        let payment_id = input.payment_id;
        match Box::pin(intent(&ctx, input)).await? {
            Some(intent) => Box::pin(run::to_the_end(&ctx, intent)).await,
            None => paid(&ctx, payment_id).await,
        }
    })
    .await
}

/// Commits the payment with its next attempt; nothing if the request came before.
async fn intent(ctx: &Ctx, input: Commit) -> Result<Option<Intent>, Error> {
    let write = ctx.store().begin().await?;
    if once::claim(ctx, &write, input.payment_id.uuid()).await?.is_some() {
        return Ok(None);
    }
    let known = observe::locked(ctx, &write, input.payment_id).await?;
    let now = ctx.source().now();
    let before = &known.payment;
    fault::point(route::operation(before.kind), Step::BeforeIntent).await?;
    let mut payment = moved(before, &input, now)?;
    check_initiator(before, &input.pay_with)?;
    let target = target(before)?;
    let opened = route::open_target(ctx, &write, target).await?;
    let paying = paying::find(ctx, &write, &input.pay_with, before.initiator).await?;
    let wanted = Wanted {
        target,
        opened,
        kind: before.kind,
        amount: requested(&payment),
        paying: Some(&paying),
        needs_profile: before.profile_id.is_some(),
    };
    let Routed { steps, route, .. } = route::find(ctx, &write, wanted).await?;
    let first = steps.first().ok_or_else(|| not_routed(before))?;
    let store = wants_to_store(ctx, &write, before, &paying, input.with_register).await?;
    payment.route = route;
    payment.connector_id = Some(first.connector.id);
    payment.instrument_id = paying.stored.as_ref().map(|view| view.instrument.id);
    payment.method = paying.stored.as_ref().map(|view| view.instrument.method.clone());
    let wish = Wish {
        source: paying.source.clone(),
        customer: CustomerData::default(),
        store,
        mark_as_preferred: false,
        agreement: paying.network_transaction_id.clone(),
    };
    let draft = Draft::first(ctx, &payment, first, &known.attempts, &wish);
    if let Some(stored) = &paying.stored {
        instruments::touch(&write, ctx.scope(), stored.instrument.id, now).await?;
    }
    write_down(ctx, &write, before, &payment, &draft, now).await?;
    write.commit().await?;
    payment.version += 1;
    fault::point(draft.attempt.operation, Step::AfterIntent).await?;
    let Known { mut attempts, .. } = known;
    attempts.push(draft.attempt);
    Ok(Some(Intent { payment, attempts, order: draft.order, steps, answered: None }))
}

/// The payment as the domain has it after the commit.
fn moved(before: &Payment, input: &Commit, now: Timestamp) -> Result<Payment, Error> {
    let currency = before.amounts.currency;
    if input.amount.is_some_and(|amount| amount.currency() != currency) {
        let message = format!("The payment is in {currency}.");
        return Err(Error::refused(Code::CurrencyMismatch, "amount.currency", message));
    }
    let named = input.amount.map(Money::minor);
    let moved = request::commit(before, named, now);
    let moved = moved.map_err(|refused| refusal::told(Code::NotCommittable, "committed", before, refused))?;
    let mut payment = before.clone();
    payment.status = moved.status;
    payment.amounts = moved.amounts;
    payment.commits = moved.commits;
    payment.decline = None;
    payment.next_action = None;
    payment.updated_at = now;
    if let PayWith::ReferencePayment(id) = &input.pay_with {
        payment.reference_payment_id = Some(*id);
    }
    Ok(payment)
}

fn check_initiator(payment: &Payment, pay_with: &PayWith) -> Result<(), Error> {
    let is_fresh = matches!(pay_with, PayWith::TransactionToken(_));
    if payment.initiator == Initiator::Merchant && is_fresh {
        let message = "A payment that the merchant starts needs a stored instrument.";
        return Err(Error::refused(Code::MitNotAllowed, "payWith", message));
    }
    if payment.kind == PaymentKind::Register && !is_fresh {
        let message = "A registration stores what a transactionToken stands for.";
        return Err(Error::refused(Code::InvalidInput, "payWith", message));
    }
    Ok(())
}

/// Where the payment was sent when it was made.
fn target(payment: &Payment) -> Result<Target, Error> {
    let target = payment.router_id.map(Target::Router).or(payment.connector_id.map(Target::Connector));
    target.ok_or_else(|| not_routed(payment))
}

fn not_routed(payment: &Payment) -> Error {
    Error::Fault { doing: "finding where a payment is sent", detail: payment.id.to_string() }
}

async fn wants_to_store(
    ctx: &Ctx,
    write: &Write,
    payment: &Payment,
    paying: &Paying,
    with_register: bool,
) -> Result<bool, Error> {
    let store = (payment.kind == PaymentKind::Register || with_register) && paying.stored.is_none();
    if store {
        let profile = match payment.profile_id {
            Some(id) => customer::profile(ctx, write, id).await?,
            None => None,
        };
        customer::check_storable(ctx, write, profile.as_ref()).await?;
    }
    Ok(store)
}

async fn write_down(
    ctx: &Ctx,
    write: &Write,
    before: &Payment,
    after: &Payment,
    draft: &Draft,
    now: Timestamp,
) -> Result<(), Error> {
    let moved = NewEvent {
        id: EventId::mint(ctx.source()),
        kind: purser_domain::payment::event::EventKind::PaymentProcessing,
        origin: Origin::Request,
        attempt_id: None,
        amount: Some(after.amounts.requested).filter(|minor| *minor > 0),
    };
    let record = PaymentRecord { before, after, attempt: None, events: &[moved], total_delta: None, now };
    if !payments::record(write, ctx.scope(), &record).await? {
        return Err(Error::Fault { doing: "committing a payment", detail: before.id.to_string() });
    }
    draft.insert(ctx, write).await
}
