//! What is learned about an attempt that follows: capture, void, refund, increment.
//!
//! Its refusal leaves the payment where it was, with nothing set aside. Its success moves what was set
//! aside for it, or, if it was refused before, what is still there.

use purser_connector::OperationKind;

use super::request::{is_capturable, is_refundable, is_voidable};
use super::{Change, News, REVIEW_MISFIT, standing};
use crate::payment::attempt::Attempt;
use crate::payment::event::EventKind;
use crate::payment::{AMOUNT_MINOR_MAX, Amounts, Payment, PaymentStatus};

pub(super) fn observe(payment: &Payment, attempt: &Attempt, news: &News<'_>, told: Change) -> Change {
    match news {
        News::Success { .. } => succeeded(payment, attempt, &told),
        News::Refused(..) => refused(payment, attempt, told),
        News::Mismatch | News::Doubt(_) | News::Action(_) | News::Again(_) | News::Resumed => told,
    }
}

fn refused(payment: &Payment, attempt: &Attempt, told: Change) -> Change {
    let event = match attempt.operation {
        OperationKind::Capture => Some(EventKind::CaptureFailed),
        OperationKind::Refund => Some(EventKind::RefundFailed),
        OperationKind::Void => Some(EventKind::VoidFailed),
        _ => None,
    };
    captured(payment, Change { amounts: freed(payment, attempt), event, ..told })
}

fn succeeded(payment: &Payment, attempt: &Attempt, told: &Change) -> Change {
    let moved = match attempt.operation {
        OperationKind::Capture => capture(payment, attempt, told),
        OperationKind::Refund => refund(payment, attempt, told),
        OperationKind::Increment => increment(payment, attempt, told),
        _ => void(payment, attempt, told),
    };
    // The processor did it, so the attempt succeeded; what it means for the payment an operator decides.
    let misfit = || Change {
        amounts: freed(payment, attempt),
        review: Some(REVIEW_MISFIT.to_owned()),
        ..told.clone()
    };
    moved.filter(|change| change.amounts.are_sound()).unwrap_or_else(misfit)
}

/// The amounts without what was set aside for the attempt. After a refusal nothing is.
fn freed(payment: &Payment, attempt: &Attempt) -> Amounts {
    let amounts = payment.amounts;
    let minor = attempt.amount.minor();
    match attempt.operation {
        _ if attempt.status.is_refusal() => amounts,
        OperationKind::Capture => {
            Amounts { capture_pending: amounts.capture_pending.saturating_sub(minor).max(0), ..amounts }
        }
        OperationKind::Refund => {
            Amounts { refund_pending: amounts.refund_pending.saturating_sub(minor).max(0), ..amounts }
        }
        _ => amounts,
    }
}

fn capture(payment: &Payment, attempt: &Attempt, told: &Change) -> Option<Change> {
    let freed = freed(payment, attempt);
    let amounts = Amounts { captured: freed.captured.checked_add(attempt.amount.minor())?, ..freed };
    let may_be_captured = is_capturable(payment.status) || is_disputed(payment.status);
    if !may_be_captured || !amounts.are_sound() {
        return None;
    }
    let is_final_captured = payment.is_final_captured || attempt.is_final_capture;
    let event = Some(EventKind::PaymentPartiallyCaptured);
    Some(captured(
        payment,
        Change { amounts, is_final_captured, event, status: payment.status, ..told.clone() },
    ))
}

/// The status by what is captured now. After a final capture nothing is reserved but what running
/// captures were promised.
fn captured(payment: &Payment, mut change: Change) -> Change {
    let amounts = &mut change.amounts;
    if change.is_final_captured {
        amounts.authorized = amounts.authorized.min(amounts.captured.saturating_add(amounts.capture_pending));
    }
    let has_moved =
        (amounts.captured, amounts.authorized) != (payment.amounts.captured, payment.amounts.authorized);
    if has_moved && !is_disputed(payment.status) {
        change.status = standing(amounts);
    }
    if amounts.is_captured() && !payment.amounts.is_captured() {
        change.event = Some(EventKind::PaymentSucceeded);
    }
    change
}

fn refund(payment: &Payment, attempt: &Attempt, told: &Change) -> Option<Change> {
    if !is_refundable(payment.status) && !is_disputed(payment.status) {
        return None;
    }
    let freed = freed(payment, attempt);
    let amounts = Amounts { refunded: freed.refunded.checked_add(attempt.amount.minor())?, ..freed };
    let all = amounts.refunded == amounts.captured;
    let event = if all { EventKind::PaymentRefunded } else { EventKind::PaymentPartiallyRefunded };
    let status = if is_disputed(payment.status) { payment.status } else { standing(&amounts) };
    Some(Change { amounts, status, event: Some(event), ..told.clone() })
}

fn increment(payment: &Payment, attempt: &Attempt, told: &Change) -> Option<Change> {
    let is_reserved = matches!(
        payment.status,
        PaymentStatus::Authorized | PaymentStatus::PartiallyAuthorized | PaymentStatus::PartiallyCaptured
    );
    let authorized = payment.amounts.authorized.checked_add(attempt.amount.minor())?;
    if !is_reserved || payment.is_final_captured || authorized > AMOUNT_MINOR_MAX {
        return None;
    }
    let amounts = Amounts { authorized, ..payment.amounts };
    Some(Change { amounts, event: Some(EventKind::AuthorizationIncremented), ..told.clone() })
}

/// A void releases what is only reserved; of a payment that was captured but not settled it takes
/// everything back.
fn void(payment: &Payment, attempt: &Attempt, told: &Change) -> Option<Change> {
    let amounts = payment.amounts;
    if !is_voidable(payment) || amounts.voidable() != attempt.amount.minor() {
        return None;
    }
    let (status, amounts, event) = match payment.status {
        PaymentStatus::Authorized | PaymentStatus::PartiallyAuthorized => {
            (PaymentStatus::Reversed, Amounts { authorized: 0, ..amounts }, EventKind::PaymentReversed)
        }
        PaymentStatus::PartiallyCaptured => {
            let amounts = Amounts { authorized: amounts.captured, ..amounts };
            (PaymentStatus::Succeeded, amounts, EventKind::PaymentSucceeded)
        }
        _ => {
            let amounts = Amounts { authorized: 0, captured: 0, ..amounts };
            (PaymentStatus::Voided, amounts, EventKind::PaymentVoided)
        }
    };
    Some(Change { status, amounts, event: Some(event), ..told.clone() })
}

/// While the bank decides, and after it took the money back, the amounts move and the status stays.
const fn is_disputed(status: PaymentStatus) -> bool {
    matches!(status, PaymentStatus::Disputed | PaymentStatus::ChargedBack)
}
