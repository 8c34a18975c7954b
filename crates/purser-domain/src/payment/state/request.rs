//! What people and the clock ask of a payment: whether its state allows it, and what follows at once.

use purser_connector::OperationKind;
use purser_types::Timestamp;

use crate::payment::attempt::{Attempt, AttemptStatus};
use crate::payment::event::EventKind;
use crate::payment::ledger::{self, Transfer};
use crate::payment::{AMOUNT_MINOR_MAX, Amounts, Payment, PaymentKind, PaymentStatus};

/// What a request or a dispute changes of a payment, without an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// The payment's new status. In all of them but its own the customer has nothing to do any more:
    /// `next_action` goes.
    pub status: PaymentStatus,
    /// The payment's new amounts.
    pub amounts: Amounts,
    /// How often it was committed now.
    pub commits: i32,
    /// What to report.
    pub event: EventKind,
    /// What moved.
    pub transfers: Vec<Transfer>,
}

impl Move {
    pub(super) fn of(payment: &Payment, status: PaymentStatus, amounts: Amounts, event: EventKind) -> Self {
        let transfers = ledger::transfers(&payment.amounts, &amounts);
        Self { status, amounts, commits: payment.commits, event, transfers }
    }
}

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The payment's state does not allow it.
    #[error("the payment is {0}")]
    State(PaymentStatus),
    /// A void is on its way or in doubt. It is about all that is reserved or captured, so nothing else
    /// may be asked for until it is settled.
    #[error("the payment is being voided")]
    BeingVoided,
    /// An increment is on its way or in doubt, so nobody knows what is reserved.
    #[error("what the payment reserves is being raised")]
    BeingIncremented,
    /// A capture is on its way or in doubt.
    #[error("the payment is being captured")]
    BeingCaptured,
    /// A refund is on its way, in doubt or done.
    #[error("the payment is being refunded or was refunded")]
    BeingRefunded,
    /// The final capture is on its way or done.
    #[error("the final capture was asked for")]
    FinallyCaptured,
    /// Nothing was paid: an instrument was registered.
    #[error("the payment only registered an instrument")]
    Registration,
    /// The amount is zero or less.
    #[error("the amount is not positive")]
    AmountNotPositive,
    /// More than is left of what is reserved.
    #[error("only {left} minor units are left of what is reserved")]
    ExceedsAuthorized {
        /// How much is left.
        left: i64,
    },
    /// More than is left of what was captured.
    #[error("only {left} minor units are left of what was captured")]
    ExceedsRefundable {
        /// How much is left.
        left: i64,
    },
    /// More than a payment may be.
    #[error("the amount is too large")]
    TooLarge,
    /// It was committed as often as it may be.
    #[error("the payment may not be committed again")]
    CommitsExhausted,
    /// The time to commit it or to act is over.
    #[error("the payment has expired")]
    Expired,
    /// The time is not over, or there is none.
    #[error("the payment has not expired")]
    NotExpired,
    /// The amount is fixed (`AMOUNT_NOT_EDITABLE`).
    #[error("the amount cannot be changed")]
    AmountNotEditable,
    /// Less than the least amount (`AMOUNT_BELOW_MIN`).
    #[error("the amount is below {minimum} minor units")]
    AmountBelowMinimum {
        /// The least amount.
        minimum: i64,
    },
    /// More than was first asked for (`AMOUNT_ABOVE_MAX`).
    #[error("the amount is above {original} minor units")]
    AmountAboveOriginal {
        /// What was first asked for.
        original: i64,
    },
}

/// The customer is to choose an instrument: at a hosted page or by a link.
///
/// # Errors
/// [`Refusal::State`].
pub fn await_instrument(payment: &Payment) -> Result<Move, Refusal> {
    if payment.status != PaymentStatus::Created {
        return Err(Refusal::State(payment.status));
    }
    let event = EventKind::PaymentAwaitingInstrument;
    Ok(Move::of(payment, PaymentStatus::AwaitingInstrument, payment.amounts, event))
}

/// The payment is sent to a processor (Tranzzo: payment commit; Reevit: confirm, retry), for the amount
/// that is asked for or for another one.
///
/// # Errors
/// [`Refusal::State`], [`Refusal::Expired`], [`Refusal::CommitsExhausted`], and of the amount
/// [`Refusal::AmountNotEditable`], [`Refusal::AmountNotPositive`], [`Refusal::AmountBelowMinimum`],
/// [`Refusal::AmountAboveOriginal`].
pub fn commit(payment: &Payment, amount: Option<i64>, now: Timestamp) -> Result<Move, Refusal> {
    match payment.status {
        PaymentStatus::Created | PaymentStatus::AwaitingInstrument | PaymentStatus::AwaitingAmount => {}
        other => return Err(Refusal::State(other)),
    }
    if payment.expires_at.is_some_and(|at| at <= now) {
        return Err(Refusal::Expired);
    }
    if payment.commits >= payment.commits_max {
        return Err(Refusal::CommitsExhausted);
    }
    let requested = amount.unwrap_or(payment.amounts.requested);
    if requested != payment.amounts.requested {
        check_amount(payment, requested)?;
    }
    let amounts = Amounts { requested, ..payment.amounts };
    let committed = Move::of(payment, PaymentStatus::Processing, amounts, EventKind::PaymentProcessing);
    Ok(Move { commits: payment.commits.saturating_add(1), ..committed })
}

/// The amount may be changed only after a decline for lack of funds (Corefy: editable if insufficient).
fn check_amount(payment: &Payment, requested: i64) -> Result<(), Refusal> {
    let Some(minimum) = payment.minimum.filter(|_| payment.status == PaymentStatus::AwaitingAmount) else {
        return Err(Refusal::AmountNotEditable);
    };
    let original = payment.amounts.original;
    match requested {
        ..=0 => Err(Refusal::AmountNotPositive),
        _ if requested < minimum => Err(Refusal::AmountBelowMinimum { minimum }),
        _ if requested > original => Err(Refusal::AmountAboveOriginal { original }),
        _ => Ok(()),
    }
}

/// The customer or the merchant calls it off. If an attempt succeeds all the same, its money goes back.
///
/// # Errors
/// [`Refusal::State`].
pub fn cancel(payment: &Payment) -> Result<Move, Refusal> {
    if !is_cancelable(payment.status) {
        return Err(Refusal::State(payment.status));
    }
    Ok(Move::of(payment, PaymentStatus::Canceled, payment.amounts, EventKind::PaymentCanceled))
}

/// Whether a payment in this state may be called off, or may expire: nobody knows of money that moved.
#[must_use]
pub const fn is_cancelable(status: PaymentStatus) -> bool {
    match status {
        PaymentStatus::Created
        | PaymentStatus::AwaitingInstrument
        | PaymentStatus::AwaitingAmount
        | PaymentStatus::Processing
        | PaymentStatus::RequiresAction => true,
        PaymentStatus::Pending
        | PaymentStatus::Authorized
        | PaymentStatus::PartiallyAuthorized
        | PaymentStatus::PartiallyCaptured
        | PaymentStatus::Succeeded
        | PaymentStatus::PartiallyRefunded
        | PaymentStatus::Refunded
        | PaymentStatus::Disputed
        | PaymentStatus::ChargedBack
        | PaymentStatus::Reversed
        | PaymentStatus::Voided
        | PaymentStatus::Canceled
        | PaymentStatus::Failed
        | PaymentStatus::Expired => false,
    }
}

/// The payment's time is over. While a processor is being asked it does not expire: the answer is on its
/// way, and would have to be called late.
///
/// # Errors
/// [`Refusal::State`], [`Refusal::NotExpired`].
pub fn expire(payment: &Payment, attempts: &[Attempt], now: Timestamp) -> Result<Move, Refusal> {
    let is_being_asked = attempts.iter().any(|attempt| {
        attempt.is_first_step() && attempt.is_open() && attempt.status != AttemptStatus::RequiresAction
    });
    if !is_cancelable(payment.status) || is_being_asked {
        return Err(Refusal::State(payment.status));
    }
    if payment.expires_at.is_none_or(|at| at > now) {
        return Err(Refusal::NotExpired);
    }
    Ok(Move::of(payment, PaymentStatus::Expired, payment.amounts, EventKind::PaymentExpired))
}

/// The attempt that the customer acted for, to be resumed.
///
/// # Errors
/// [`Refusal::State`].
pub fn resume<'a>(payment: &Payment, attempts: &'a [Attempt]) -> Result<&'a Attempt, Refusal> {
    let waiting = attempts
        .iter()
        .rfind(|attempt| attempt.is_first_step() && attempt.status == AttemptStatus::RequiresAction);
    waiting.filter(|_| payment.status == PaymentStatus::RequiresAction).ok_or(Refusal::State(payment.status))
}

/// How many minor units a capture takes: those that were named, or all that is left.
///
/// # Errors
/// [`Refusal::State`], [`Refusal::BeingVoided`], [`Refusal::BeingIncremented`],
/// [`Refusal::FinallyCaptured`], [`Refusal::AmountNotPositive`], [`Refusal::ExceedsAuthorized`].
pub fn capture(payment: &Payment, attempts: &[Attempt], named: Option<i64>) -> Result<i64, Refusal> {
    if !is_capturable(payment.status) {
        return Err(Refusal::State(payment.status));
    }
    not_underway(attempts, OperationKind::Void, Refusal::BeingVoided)?;
    not_underway(attempts, OperationKind::Increment, Refusal::BeingIncremented)?;
    if is_finally_captured(payment, attempts) {
        return Err(Refusal::FinallyCaptured);
    }
    let left = payment.amounts.capturable();
    within(named, left, Refusal::ExceedsAuthorized { left })
}

/// How many minor units a refund gives back: those that were named, or all that is left.
///
/// # Errors
/// [`Refusal::Registration`], [`Refusal::State`], [`Refusal::BeingVoided`],
/// [`Refusal::AmountNotPositive`], [`Refusal::ExceedsRefundable`].
pub fn refund(payment: &Payment, attempts: &[Attempt], named: Option<i64>) -> Result<i64, Refusal> {
    if payment.kind == PaymentKind::Register {
        return Err(Refusal::Registration);
    }
    if !is_refundable(payment.status) {
        return Err(Refusal::State(payment.status));
    }
    not_underway(attempts, OperationKind::Void, Refusal::BeingVoided)?;
    let left = payment.amounts.refundable();
    within(named, left, Refusal::ExceedsRefundable { left })
}

/// How many minor units a void releases or takes back.
///
/// # Errors
/// [`Refusal::Registration`], [`Refusal::State`], [`Refusal::BeingVoided`], [`Refusal::BeingCaptured`],
/// [`Refusal::BeingIncremented`], [`Refusal::BeingRefunded`].
pub fn void(payment: &Payment, attempts: &[Attempt]) -> Result<i64, Refusal> {
    if payment.kind == PaymentKind::Register {
        return Err(Refusal::Registration);
    }
    not_underway(attempts, OperationKind::Void, Refusal::BeingVoided)?;
    not_underway(attempts, OperationKind::Increment, Refusal::BeingIncremented)?;
    if payment.amounts.capture_pending > 0 {
        return Err(Refusal::BeingCaptured);
    }
    if payment.amounts.refunded > 0 || payment.amounts.refund_pending > 0 {
        return Err(Refusal::BeingRefunded);
    }
    if is_voidable(payment) { Ok(payment.amounts.voidable()) } else { Err(Refusal::State(payment.status)) }
}

/// Whether what an authorisation reserves may be raised by `minor`: before the first capture.
///
/// # Errors
/// [`Refusal::State`], [`Refusal::BeingVoided`], [`Refusal::BeingCaptured`],
/// [`Refusal::AmountNotPositive`], [`Refusal::TooLarge`].
pub fn increment(payment: &Payment, attempts: &[Attempt], minor: i64) -> Result<i64, Refusal> {
    if !is_incrementable(payment.status) {
        return Err(Refusal::State(payment.status));
    }
    not_underway(attempts, OperationKind::Void, Refusal::BeingVoided)?;
    if payment.amounts.capture_pending > 0 {
        return Err(Refusal::BeingCaptured);
    }
    if minor <= 0 {
        return Err(Refusal::AmountNotPositive);
    }
    let running = attempts.iter().filter(|attempt| is_underway(attempt, OperationKind::Increment));
    let promised = running.fold(minor, |sum, attempt| sum.saturating_add(attempt.amount.minor()));
    if payment.amounts.authorized.saturating_add(promised) > AMOUNT_MINOR_MAX {
        return Err(Refusal::TooLarge);
    }
    Ok(minor)
}

fn within(named: Option<i64>, left: i64, beyond: Refusal) -> Result<i64, Refusal> {
    match named {
        Some(..=0) => Err(Refusal::AmountNotPositive),
        Some(minor) if minor > left => Err(beyond),
        None if left == 0 => Err(beyond),
        Some(minor) => Ok(minor),
        None => Ok(left),
    }
}

fn is_underway(attempt: &Attempt, operation: OperationKind) -> bool {
    attempt.operation == operation && attempt.is_open() && attempt.gives_back.is_none()
}

fn not_underway(attempts: &[Attempt], operation: OperationKind, refusal: Refusal) -> Result<(), Refusal> {
    let is_any = attempts.iter().any(|attempt| is_underway(attempt, operation));
    if is_any { Err(refusal) } else { Ok(()) }
}

fn is_finally_captured(payment: &Payment, attempts: &[Attempt]) -> bool {
    let is_final =
        |attempt: &Attempt| is_underway(attempt, OperationKind::Capture) && attempt.is_final_capture;
    payment.is_final_captured || attempts.iter().any(is_final)
}

/// Whether a capture may be asked for in this state.
#[must_use]
pub const fn is_capturable(status: PaymentStatus) -> bool {
    matches!(
        status,
        PaymentStatus::Authorized | PaymentStatus::PartiallyAuthorized | PaymentStatus::PartiallyCaptured
    )
}

/// Whether an increment may be asked for in this state.
#[must_use]
pub const fn is_incrementable(status: PaymentStatus) -> bool {
    matches!(status, PaymentStatus::Authorized | PaymentStatus::PartiallyAuthorized)
}

/// Whether a void may be asked for in this state; the processor says whether it is too late.
#[must_use]
pub fn is_voidable(payment: &Payment) -> bool {
    let amounts = payment.amounts;
    let is_untouched = [amounts.capture_pending, amounts.refunded, amounts.refund_pending, amounts.disputed]
        .iter()
        .all(|minor| *minor == 0);
    let has_reservation_or_capture =
        is_capturable(payment.status) || payment.status == PaymentStatus::Succeeded;
    payment.kind != PaymentKind::Register && is_untouched && has_reservation_or_capture
}

/// Whether a refund may be asked for in this state. While a part is still reserved it may not: capture or
/// release the rest first. While a dispute is open it may not either: the customer would be paid twice.
#[must_use]
pub const fn is_refundable(status: PaymentStatus) -> bool {
    matches!(status, PaymentStatus::Succeeded | PaymentStatus::PartiallyRefunded)
}
