//! Capture, increment, void and refund: always at the connector that took the payment, never through a
//! router.
//!
//! What a follow-up is about is set aside in the transaction that commits its attempt, by an update that
//! holds only while enough is left, so that no two nodes promise the same money. A refusal frees it again;
//! doubt keeps it.

use purser_connector::{Capture, Increment, Method, MethodCapability, OperationKind, Refund, Void};
use purser_domain::payment::Payment;
use purser_domain::payment::attempt::{Attempt, AttemptStatus};
use purser_domain::payment::state::request;
use purser_storage::payments::{self as stored, PaymentRecord};
use purser_storage::{Write, connectors as stored_connectors};
use purser_types::Money;
use purser_types::id::{ConnectorId, PaymentId};

use super::draft::{Draft, money};
use super::observe::{self, Known};
use super::{Paid, paid, refusal, run};
use crate::app::Ctx;
use crate::connectors::Opened;
use crate::error::{Code, Error};
use crate::fault::{self, Bug, Step};
use crate::once;
use crate::task;

/// Takes all or a part of what a preauthorisation reserved. After a final capture the rest is released.
///
/// A connector that cannot capture several times releases the rest after the first one, so that this
/// capture is then final whatever `is_final` says.
///
/// # Errors
/// `PAYMENT_NOT_FOUND`, `NOT_CAPTURABLE`, `AMOUNT_EXCEEDS_AUTHORIZED`, `INVALID_AMOUNT`,
/// `CURRENCY_MISMATCH`, `CAPABILITY_UNSUPPORTED`, `CONNECTOR_DISABLED`, `IDEMPOTENCY_KEY_REUSED`.
pub async fn capture(
    ctx: &Ctx,
    payment_id: PaymentId,
    amount: Option<Money>,
    is_final: bool,
) -> Result<Paid, Error> {
    run_own(ctx, payment_id, Asked::Capture { amount, is_final }).await
}

/// Takes what a preauthorisation reserved and was to be captured by now: all that is left, finally. If there
/// is nothing left or the payment is in another state, nothing happens.
///
/// # Errors
/// As [`capture`].
pub async fn capture_scheduled(ctx: &Ctx, payment_id: PaymentId) -> Result<Paid, Error> {
    run_own(ctx, payment_id, Asked::CaptureScheduled).await
}

/// Raises what a preauthorisation reserves, before anything of it is captured.
///
/// # Errors
/// `PAYMENT_NOT_FOUND`, `NOT_INCREMENTABLE`, `INVALID_AMOUNT`, `CURRENCY_MISMATCH`,
/// `CAPABILITY_UNSUPPORTED`, `CONNECTOR_DISABLED`, `IDEMPOTENCY_KEY_REUSED`.
pub async fn increment(ctx: &Ctx, payment_id: PaymentId, amount: Money) -> Result<Paid, Error> {
    run_own(ctx, payment_id, Asked::Increment { amount }).await
}

/// Gives back all or a part of what was captured.
///
/// # Errors
/// `PAYMENT_NOT_FOUND`, `NOT_REFUNDABLE`, `AMOUNT_EXCEEDS_REFUNDABLE`, `INVALID_AMOUNT`,
/// `CURRENCY_MISMATCH`, `CAPABILITY_UNSUPPORTED`, `CONNECTOR_DISABLED`, `IDEMPOTENCY_KEY_REUSED`.
pub async fn refund(ctx: &Ctx, payment_id: PaymentId, amount: Option<Money>) -> Result<Paid, Error> {
    run_own(ctx, payment_id, Asked::Refund { amount }).await
}

/// Releases a reservation, or takes back what was captured but is not settled yet.
///
/// # Errors
/// `PAYMENT_NOT_FOUND`, `NOT_VOIDABLE`, `CAPABILITY_UNSUPPORTED`, `CONNECTOR_DISABLED`,
/// `IDEMPOTENCY_KEY_REUSED`.
pub async fn void(ctx: &Ctx, payment_id: PaymentId) -> Result<Paid, Error> {
    run_own(ctx, payment_id, Asked::Void).await
}

/// What is asked about a payment that was taken.
#[derive(Debug, Clone, Copy)]
enum Asked {
    Capture { amount: Option<Money>, is_final: bool },
    CaptureScheduled,
    Increment { amount: Money },
    Refund { amount: Option<Money> },
    Void,
}

impl Asked {
    fn operation(self) -> OperationKind {
        match self {
            Self::Capture { .. } | Self::CaptureScheduled => OperationKind::Capture,
            Self::Increment { .. } => OperationKind::Increment,
            Self::Refund { .. } => OperationKind::Refund,
            Self::Void => OperationKind::Void,
        }
    }

    fn amount(self) -> Option<Money> {
        match self {
            Self::Capture { amount, .. } | Self::Refund { amount } => amount,
            Self::Increment { amount } => Some(amount),
            Self::CaptureScheduled | Self::Void => None,
        }
    }

    /// How many minor units it is about.
    fn minor(self, known: &Known) -> Result<i64, request::Refusal> {
        let (payment, attempts) = (&known.payment, &known.attempts);
        let named = self.amount().map(Money::minor);
        match self {
            Self::Capture { .. } | Self::CaptureScheduled => request::capture(payment, attempts, named),
            Self::Increment { amount } => request::increment(payment, attempts, amount.minor()),
            Self::Refund { .. } => match (request::refund(payment, attempts, named), named) {
                // The row's lock and this check hide what the statement's condition alone would let through.
                (Err(_), Some(minor)) if fault::is_planted(Bug::RefundUnchecked) => Ok(minor),
                (granted, _) => granted,
            },
            Self::Void => request::void(payment, attempts),
        }
    }
}

async fn run_own(ctx: &Ctx, payment_id: PaymentId, asked: Asked) -> Result<Paid, Error> {
    let ctx = ctx.clone();
    task::own("moving the money of a payment", async move {
        match Box::pin(commit(&ctx, payment_id, asked)).await? {
            None => paid(&ctx, payment_id).await,
            Some(committed) => {
                let Committed { known, draft, opened } = *committed;
                Box::pin(run::asked(&ctx, known, draft.attempt.id, &draft.order, &opened)).await
            }
        }
    })
    .await
}

/// An attempt that is committed and to be sent.
struct Committed {
    known: Known,
    draft: Draft,
    opened: Opened,
}

/// Commits the attempt with what is set aside for it. Nothing if there is nothing to be done: it was asked
/// for before, or there is nothing left to do.
async fn commit(ctx: &Ctx, payment_id: PaymentId, asked: Asked) -> Result<Option<Box<Committed>>, Error> {
    let operation = asked.operation();
    fault::point(operation, Step::BeforeIntent).await?;
    let write = ctx.store().begin().await?;
    if once::claim(ctx, &write, payment_id.uuid()).await?.is_some() {
        return Ok(None);
    }
    let mut known = observe::locked(ctx, &write, payment_id).await?;
    if matches!(asked, Asked::CaptureScheduled) && !is_scheduled(ctx, &write, &known).await? {
        write.commit().await?;
        return Ok(None);
    }
    check_currency(&known.payment, asked.amount())?;
    let minor = match (asked.minor(&known), asked) {
        (Err(_), Asked::CaptureScheduled) => return Ok(None),
        (minor, _) => minor.map_err(|refused| refusal::of(operation, &known.payment, refused))?,
    };
    let taken = taken(&known)?.clone();
    let opened = Opened::of_attempt(ctx, &write, taken.connector_id).await?;
    let is_final = check_capability(ctx, &opened, &known, asked, minor)?;
    let amount = money(&known.payment, minor);
    let reference = taken.connector_reference.unwrap_or_default();
    let submission = match operation {
        OperationKind::Capture => Capture { reference, amount, is_final }.into(),
        OperationKind::Increment => Increment { reference, amount }.into(),
        OperationKind::Refund => Refund { reference, amount }.into(),
        _ => purser_connector::Submission::from(Void { reference }),
    };
    let mut draft = Draft::follow_up(ctx, &known.payment, &opened, &known.attempts, amount, submission);
    draft.attempt.is_final_capture = operation == OperationKind::Capture && is_final;
    known.payment = set_aside(ctx, &write, known.payment, operation, minor).await?;
    draft.insert(ctx, &write).await?;
    write.commit().await?;
    fault::point(operation, Step::AfterIntent).await?;
    known.attempts.push(draft.attempt.clone());
    Ok(Some(Box::new(Committed { known, draft, opened })))
}

/// How often a scheduled capture may be refused before it is the merchant's matter.
const SCHEDULED_REFUSALS_MAX: usize = 5;

/// Whether the capture still is to be made. One that was refused too often is taken off the schedule; what is
/// reserved stays so.
async fn is_scheduled(ctx: &Ctx, write: &Write, known: &Known) -> Result<bool, Error> {
    let Some(capture_at) = known.payment.capture_at else { return Ok(false) };
    let refused = known.attempts.iter().filter(|attempt| {
        attempt.operation == OperationKind::Capture
            && attempt.status.is_refusal()
            && attempt.started_at >= capture_at
    });
    if refused.count() < SCHEDULED_REFUSALS_MAX {
        return Ok(true);
    }
    let before = &known.payment;
    let after = Payment { capture_at: None, ..before.clone() };
    let now = ctx.source().now();
    let record = PaymentRecord { before, after: &after, attempt: None, events: &[], total_delta: None, now };
    // The payment is locked, so that its version is the one that was read.
    let _is_changed = stored::record(write, ctx.scope(), &record).await?;
    Ok(false)
}

fn check_currency(payment: &Payment, amount: Option<Money>) -> Result<(), Error> {
    let currency = payment.amounts.currency;
    match amount {
        Some(amount) if amount.currency() != currency => {
            let message = format!("The payment is in {currency}.");
            Err(Error::refused(Code::CurrencyMismatch, "amount.currency", message))
        }
        Some(_) | None => Ok(()),
    }
}

/// The payment with what the attempt may take set aside.
async fn set_aside(
    ctx: &Ctx,
    write: &Write,
    mut payment: Payment,
    operation: OperationKind,
    minor: i64,
) -> Result<Payment, Error> {
    let (scope, now, id) = (ctx.scope(), ctx.source().now(), payment.id);
    let amounts = &mut payment.amounts;
    let is_reserved = match operation {
        OperationKind::Capture => {
            amounts.capture_pending += minor;
            stored::reserve_capture(write, scope, id, minor, now).await?
        }
        OperationKind::Refund => {
            amounts.refund_pending += minor;
            stored::reserve_refund(write, scope, id, minor, now).await?
        }
        // Nothing is set aside: the payment's attempts say that one is under way.
        _ => return Ok(payment),
    };
    if !is_reserved {
        return Err(match operation {
            OperationKind::Capture => {
                let message = "More than what is still reserved.";
                Error::refused(Code::AmountExceedsAuthorized, "amount", message)
            }
            _ => {
                let message = "More than what was captured and not refunded yet.";
                Error::refused(Code::AmountExceedsRefundable, "amount", message)
            }
        });
    }
    payment.version += 1;
    payment.updated_at = now;
    Ok(payment)
}

/// The attempt that took the payment.
fn taken(known: &Known) -> Result<&Attempt, Error> {
    let took = |attempt: &&Attempt| {
        attempt.is_first_step() && attempt.status == AttemptStatus::Succeeded && !attempt.is_surplus
    };
    let fault = || Error::Fault { doing: "finding who took a payment", detail: known.payment.id.to_string() };
    known.attempts.iter().find(took).ok_or_else(fault)
}

/// Whether the connector can do it; answers whether a capture is final.
fn check_capability(
    ctx: &Ctx,
    opened: &Opened,
    known: &Known,
    asked: Asked,
    minor: i64,
) -> Result<bool, Error> {
    let operation = asked.operation();
    let unsupported = |message: &str| Err(Error::refused(Code::CapabilityUnsupported, "paymentId", message));
    if opened.plugged.is_none() {
        let message = "The settings of the connector that took the payment do not work.";
        return Err(Error::refused(Code::ConnectorDisabled, "paymentId", message));
    }
    if !opened.supports(operation) {
        return unsupported("The connector that took the payment cannot do this.");
    }
    let methods = methods(opened, &known.payment);
    let amounts = &known.payment.amounts;
    match asked {
        Asked::Capture { .. } | Asked::CaptureScheduled => {
            let is_partial = minor < amounts.authorized;
            if is_partial && !methods.iter().any(|method| method.capture.partial) {
                return unsupported("The connector that took the payment captures all or nothing.");
            }
            let may_follow = methods.iter().any(|method| method.capture.multiple);
            if amounts.captured > 0 && !may_follow {
                return unsupported("The connector that took the payment captures once.");
            }
            let is_final = match asked {
                Asked::Capture { is_final, .. } => is_final,
                _ => true,
            };
            Ok(is_final || !may_follow)
        }
        Asked::Refund { .. } => check_refund(ctx, known, &methods, minor).map(|()| false),
        Asked::Increment { .. } | Asked::Void => Ok(false),
    }
}

fn check_refund(ctx: &Ctx, known: &Known, methods: &[&MethodCapability], minor: i64) -> Result<(), Error> {
    let unsupported = |message: &str| Err(Error::refused(Code::CapabilityUnsupported, "paymentId", message));
    let amounts = &known.payment.amounts;
    if minor < amounts.captured && !methods.iter().any(|method| method.refund.partial) {
        return unsupported("The connector that took the payment gives back all or nothing.");
    }
    let is_further = amounts.refunded > 0 || amounts.refund_pending > 0;
    if is_further && !methods.iter().any(|method| method.refund.multiple) {
        return unsupported("The connector that took the payment gives back once.");
    }
    let captures = known.attempts.iter().filter(|attempt| {
        matches!(attempt.operation, OperationKind::Sale | OperationKind::Capture)
            && attempt.status == AttemptStatus::Succeeded
    });
    let last = captures.filter_map(|attempt| attempt.finished_at).max();
    let is_over = |method: &&MethodCapability| -> bool {
        let ends = method.refund.window.zip(last).map(|(window, last)| last.saturating_add(window));
        ends.is_some_and(|ends| ends <= ctx.now())
    };
    if !methods.is_empty() && methods.iter().all(is_over) {
        let message = "The time in which the processor gives money back has passed.";
        return Err(Error::refused(Code::NotRefundable, "paymentId", message));
    }
    Ok(())
}

/// What the connector can do with what paid. Wallets and the like have names of their own, so that any of
/// the connector's methods may be meant.
fn methods<'a>(opened: &'a Opened, payment: &Payment) -> Vec<&'a MethodCapability> {
    let Some(plugged) = &opened.plugged else { return Vec::new() };
    let kind = match payment.method.as_deref() {
        Some("card") => Some(Method::Card),
        Some("iban") => Some(Method::Iban),
        Some("bank_transfer") => Some(Method::BankTransfer),
        Some(_) | None => None,
    };
    let all = plugged.capabilities().methods.iter();
    all.filter(|method| kind.is_none_or(|kind| kind == method.method)).collect()
}

impl Opened {
    /// The connector of an attempt that was made, opened again.
    pub(crate) async fn of_attempt(
        ctx: &Ctx,
        write: &Write,
        connector_id: ConnectorId,
    ) -> Result<Self, Error> {
        let found = stored_connectors::find(write, ctx.scope(), connector_id).await?;
        let found = found.ok_or_else(|| Error::Fault {
            doing: "finding the connector of an attempt",
            detail: connector_id.to_string(),
        })?;
        Ok(Self::new(&ctx.app, found))
    }
}
