//! Capture, void and refund: always at the connector that took the payment, never through a router.

use purser_connector::{Capture, OperationKind, Outcome, Refund, Reply, Settled, Void};
use purser_domain::payment::attempt::{Attempt, AttemptStatus};
use purser_domain::payment::state::{self, Observation, Outlook};
use purser_domain::payment::{Payment, PaymentKind};
use purser_host::CallContext;
use purser_storage::{Write, connectors as stored_connectors, payments as stored};
use purser_types::Money;
use purser_types::id::PaymentId;

use super::intent::new_attempt;
use super::observe::{self, Learned};
use super::{Paid, joined, paid};
use crate::app::Ctx;
use crate::connectors::Opened;
use crate::error::{Code, Error};

/// Takes all or a part of what a preauthorisation reserved.
///
/// # Errors
/// `PAYMENT_NOT_FOUND`, `NOT_CAPTURABLE`, `AMOUNT_EXCEEDS_AUTHORIZED`, `INVALID_AMOUNT`,
/// `CURRENCY_MISMATCH`, `CAPABILITY_UNSUPPORTED`, `CONNECTOR_DISABLED`.
pub async fn capture(ctx: &Ctx, payment_id: PaymentId, amount: Option<Money>) -> Result<Paid, Error> {
    let ctx = ctx.clone();
    let task = async move {
        let write = ctx.store().begin().await?;
        let locked = locked(&ctx, &write, payment_id).await?;
        let payment = &locked.payment;
        if !state::is_capturable(payment.status) || locked.is_being_voided() {
            let message = format!("A payment that is {} cannot be captured.", locked.described());
            return Err(Error::refused(Code::NotCapturable, "paymentId", message));
        }
        let amount = checked_amount(payment, amount, payment.amounts.capturable())?;
        if !stored::reserve_capture(&write, ctx.scope(), payment_id, amount.minor(), ctx.now()).await? {
            let message = "More than what is still reserved.";
            return Err(Error::refused(Code::AmountExceedsAuthorized, "amount", message));
        }
        run(&ctx, write, &locked, OperationKind::Capture, amount).await
    };
    joined(tokio::spawn(task), "capturing a payment").await
}

/// Gives back all or a part of what was captured.
///
/// # Errors
/// `PAYMENT_NOT_FOUND`, `NOT_REFUNDABLE`, `AMOUNT_EXCEEDS_REFUNDABLE`, `INVALID_AMOUNT`,
/// `CURRENCY_MISMATCH`, `CAPABILITY_UNSUPPORTED`, `CONNECTOR_DISABLED`.
pub async fn refund(ctx: &Ctx, payment_id: PaymentId, amount: Option<Money>) -> Result<Paid, Error> {
    let ctx = ctx.clone();
    let task = async move {
        let write = ctx.store().begin().await?;
        let locked = locked(&ctx, &write, payment_id).await?;
        let payment = &locked.payment;
        let is_registration = payment.kind == PaymentKind::Register;
        if !state::is_refundable(payment.status) || is_registration || locked.is_being_voided() {
            let message = format!("A payment that is {} cannot be refunded.", locked.described());
            return Err(Error::refused(Code::NotRefundable, "paymentId", message));
        }
        let amount = checked_amount(payment, amount, payment.amounts.refundable())?;
        if !stored::reserve_refund(&write, ctx.scope(), payment_id, amount.minor(), ctx.now()).await? {
            let message = "More than what was captured and not refunded yet.";
            return Err(Error::refused(Code::AmountExceedsRefundable, "amount", message));
        }
        run(&ctx, write, &locked, OperationKind::Refund, amount).await
    };
    joined(tokio::spawn(task), "refunding a payment").await
}

/// Releases a reservation, or takes back what was captured but is not settled yet.
///
/// # Errors
/// `PAYMENT_NOT_FOUND`, `NOT_VOIDABLE`, `CAPABILITY_UNSUPPORTED`, `CONNECTOR_DISABLED`.
pub async fn void(ctx: &Ctx, payment_id: PaymentId) -> Result<Paid, Error> {
    let ctx = ctx.clone();
    let task = async move {
        let write = ctx.store().begin().await?;
        let locked = locked(&ctx, &write, payment_id).await?;
        let payment = &locked.payment;
        if !state::is_voidable(payment) || locked.is_being_voided() {
            let message = format!("A payment that is {} cannot be voided.", locked.described());
            return Err(Error::refused(Code::NotVoidable, "paymentId", message));
        }
        let voided = Money::try_new(payment.amounts.voidable(), payment.amounts.currency);
        let amount = voided.unwrap_or_else(|_| Money::zero(payment.amounts.currency));
        run(&ctx, write, &locked, OperationKind::Void, amount).await
    };
    joined(tokio::spawn(task), "voiding a payment").await
}

/// A payment with its attempts, locked until the transaction ends.
struct Locked {
    payment: Payment,
    attempts: Vec<Attempt>,
}

impl Locked {
    /// Whether a void is on its way or in doubt. It is about all that is reserved and captured, so nothing
    /// else may be asked for until it is settled: what the processor voids could not be recorded beside it.
    fn is_being_voided(&self) -> bool {
        let is_open_void =
            |attempt: &Attempt| attempt.operation == OperationKind::Void && !attempt.status.is_final();
        self.attempts.iter().any(is_open_void)
    }

    /// The state as a refusal names it.
    fn described(&self) -> &'static str {
        if self.is_being_voided() { "being voided" } else { self.payment.status.as_str() }
    }
}

async fn locked(ctx: &Ctx, write: &Write, id: PaymentId) -> Result<Locked, Error> {
    let payment = stored::find_with_lock(write, ctx.scope(), id).await?;
    let payment = payment.ok_or_else(|| Error::not_found(Code::PaymentNotFound, "paymentId"))?;
    let attempts = stored::attempts(write, ctx.scope(), id).await?;
    Ok(Locked { payment, attempts })
}

/// The amount that was named, or all that is left.
fn checked_amount(payment: &Payment, named: Option<Money>, left: i64) -> Result<Money, Error> {
    let currency = payment.amounts.currency;
    let amount = match named {
        Some(amount) => amount,
        None => Money::try_new(left, currency).unwrap_or_else(|_| Money::zero(currency)),
    };
    if amount.currency() != currency {
        let message = format!("The payment is in {currency}.");
        return Err(Error::refused(Code::CurrencyMismatch, "amount.currency", message));
    }
    if amount.is_zero() && named.is_some() {
        return Err(Error::refused(Code::InvalidAmount, "amount", "The amount is zero."));
    }
    Ok(amount)
}

/// Commits the attempt with what was reserved for it, calls the connector, and records its answer.
async fn run(
    ctx: &Ctx,
    write: Write,
    locked: &Locked,
    operation: OperationKind,
    amount: Money,
) -> Result<Paid, Error> {
    let Locked { payment, attempts } = locked;
    let taken = attempts.iter().find(|attempt| {
        let is_first_step = matches!(attempt.operation, OperationKind::Authorize | OperationKind::Sale);
        is_first_step && attempt.status == AttemptStatus::Succeeded
    });
    let fault = || Error::Fault { doing: "finding who took a payment", detail: payment.id.to_string() };
    let taken = taken.ok_or_else(fault)?;
    let found = stored_connectors::find(&write, ctx.scope(), taken.connector_id).await?;
    let opened = Opened::new(&ctx.app, found.ok_or_else(fault)?);
    if opened.plugged.is_none() {
        let message = "The settings of the connector that took the payment do not work.";
        return Err(Error::refused(Code::ConnectorDisabled, "paymentId", message));
    }
    if !opened.supports(operation) {
        let message = "The connector that took the payment cannot do this.";
        return Err(Error::refused(Code::CapabilityUnsupported, "paymentId", message));
    }
    let position = attempts.iter().map(|attempt| attempt.position).max().unwrap_or(0).saturating_add(1);
    let attempt = new_attempt(ctx, payment, position, operation, &opened, amount);
    stored::insert_attempt(&write, ctx.scope(), &attempt).await?;
    write.commit().await?;
    let reference = taken.connector_reference.clone().unwrap_or_default();
    let learned = ask(ctx, &opened, &attempt, reference).await;
    observe::record(ctx, payment, &attempt, &learned, Outlook::Exhausted, None).await?;
    paid(ctx, payment.id).await
}

async fn ask(ctx: &Ctx, opened: &Opened, attempt: &Attempt, reference: String) -> Learned<'static> {
    let Some(plugged) = &opened.plugged else { return Learned::nothing() };
    let host = &ctx.app.host;
    let call = CallContext::from(attempt.id);
    let (id, amount) = (opened.connector.id, attempt.amount);
    let reply: Reply<Settled> = match attempt.operation {
        OperationKind::Capture => {
            host.capture(id, plugged, &call, Capture { reference, amount, is_final: false }).await
        }
        OperationKind::Refund => host.refund(id, plugged, &call, Refund { reference, amount }).await,
        _ => host.void(id, plugged, &call, Void { reference }).await,
    };
    match reply {
        Ok(Outcome::Done(settled)) => Learned {
            observation: Observation::Done {
                minor: settled.amount.minor(),
                is_same_currency: settled.amount.currency() == amount.currency(),
                is_same_reference: true,
            },
            connector_reference: Some(settled.connector_reference),
            ..Learned::nothing()
        },
        Ok(other) => {
            let (observation, learned, _) = observe::of_outcome(other);
            Learned { observation, ..learned }
        }
        Err(failure) => {
            let (observation, learned) = observe::of_failure(&failure);
            Learned { observation, ..learned }
        }
    }
}
