//! What is learned about an attempt to take a payment: authorize, sale or register.

use purser_connector::{Advice, DeclineCode};

use super::{Change, News, Observation, Outlook};
use crate::payment::attempt::{Attempt, AttemptStatus};
use crate::payment::event::EventKind;
use crate::payment::{Amounts, Payment, PaymentKind, PaymentStatus};

pub(super) fn observe(
    payment: &Payment,
    attempts: &[Attempt],
    attempt: &Attempt,
    news: &News<'_>,
    outlook: Outlook,
    told: Change,
) -> Change {
    if let News::Success { minor } = news {
        return succeeded(payment, attempt, *minor, told);
    }
    // An attempt that the payment went on from, or one of a payment that was canceled or has expired,
    // still tells what became of itself; the payment is no longer its own to change.
    let is_its_own = is_latest(attempts, attempt) && !attempt.status.is_refusal();
    if !is_its_own || !is_underway(payment.status) {
        return told;
    }
    match news {
        News::Success { .. } => told,
        News::Doubt(_) | News::Mismatch => doubted(told),
        News::Resumed => {
            let event = Some(EventKind::PaymentProcessing);
            Change { status: PaymentStatus::Processing, next_action: None, event, ..told }
        }
        News::Action(action) | News::Again(action) => Change {
            status: PaymentStatus::RequiresAction,
            next_action: Some((*action).clone()),
            event: Some(EventKind::PaymentActionRequired),
            ..told
        },
        News::Refused(status, decline) => {
            let is_over = *status == AttemptStatus::Expired;
            let status = if is_over { PaymentStatus::Expired } else { after_refusal(payment, outlook) };
            let decline = decline.cloned().or_else(|| told.decline.clone());
            Change { status, decline, next_action: None, event: Some(arrival(status)), ..told }
        }
    }
}

/// A customer who has something to do can do it, whatever else is unknown.
fn doubted(told: Change) -> Change {
    match told.status {
        PaymentStatus::Processing => {
            Change { status: PaymentStatus::Pending, event: Some(EventKind::PaymentPending), ..told }
        }
        _ => told,
    }
}

/// The first proven success takes the payment. Any other one, one that comes after the customer canceled,
/// and one for an amount that is no longer asked for, is given back.
fn succeeded(payment: &Payment, attempt: &Attempt, minor: i64, told: Change) -> Change {
    let has_amount = payment.kind != PaymentKind::Register;
    let is_stale = has_amount && attempt.amount.minor() != payment.amounts.requested;
    if is_stale || !is_takeable(payment.status) {
        return Change { give_back: true, ..told };
    }
    let given_up = matches!(payment.status, PaymentStatus::Failed | PaymentStatus::Expired);
    let success = if given_up || attempt.status.is_refusal() {
        EventKind::LateSuccess
    } else {
        EventKind::PaymentSucceeded
    };
    let (status, captured, event) = match payment.kind {
        PaymentKind::Debit => (PaymentStatus::Succeeded, minor, success),
        PaymentKind::Register => (PaymentStatus::Succeeded, 0, success),
        PaymentKind::Preauthorize if minor < attempt.amount.minor() => {
            (PaymentStatus::PartiallyAuthorized, 0, EventKind::PaymentPartiallyAuthorized)
        }
        PaymentKind::Preauthorize => (PaymentStatus::Authorized, 0, EventKind::PaymentAuthorized),
    };
    let amounts = Amounts { authorized: minor, captured, ..payment.amounts };
    Change { status, amounts, decline: None, next_action: None, event: Some(event), ..told }
}

fn is_latest(attempts: &[Attempt], attempt: &Attempt) -> bool {
    !attempts.iter().any(|other| other.is_first_step() && other.position > attempt.position)
}

/// Whether an attempt of the payment may be on its way.
const fn is_underway(status: PaymentStatus) -> bool {
    matches!(status, PaymentStatus::Processing | PaymentStatus::RequiresAction | PaymentStatus::Pending)
}

/// Whether a success may still take the payment.
const fn is_takeable(status: PaymentStatus) -> bool {
    match status {
        PaymentStatus::AwaitingInstrument
        | PaymentStatus::AwaitingAmount
        | PaymentStatus::Processing
        | PaymentStatus::RequiresAction
        | PaymentStatus::Pending
        | PaymentStatus::Failed
        | PaymentStatus::Expired => true,
        PaymentStatus::Created
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
        | PaymentStatus::Canceled => false,
    }
}

fn after_refusal(payment: &Payment, outlook: Outlook) -> PaymentStatus {
    let has_commits = payment.commits < payment.commits_max;
    let is_lowerable = payment.minimum.is_some_and(|minimum| minimum < payment.amounts.requested);
    match outlook {
        Outlook::AnotherAttempt => PaymentStatus::Processing,
        Outlook::CustomerMayChooseAgain if has_commits => PaymentStatus::AwaitingInstrument,
        Outlook::AmountMayBeLowered if has_commits && is_lowerable => PaymentStatus::AwaitingAmount,
        Outlook::CustomerMayChooseAgain | Outlook::AmountMayBeLowered | Outlook::Exhausted => {
            PaymentStatus::Failed
        }
    }
}

const fn arrival(status: PaymentStatus) -> EventKind {
    match status {
        PaymentStatus::Processing => EventKind::PaymentProcessing,
        PaymentStatus::AwaitingInstrument => EventKind::PaymentAwaitingInstrument,
        PaymentStatus::AwaitingAmount => EventKind::PaymentAwaitingAmount,
        PaymentStatus::Expired => EventKind::PaymentExpired,
        _ => EventKind::PaymentFailed,
    }
}

/// What follows for an attempt that was refused, by what the processor advises and what the payment allows.
/// `has_candidate` says whether another connector is left to be asked.
#[must_use]
pub fn outlook(payment: &Payment, observation: &Observation, has_candidate: bool) -> Outlook {
    let decline = match observation {
        Observation::Declined(decline) => Some(decline),
        _ => None,
    };
    // Another connector only when it is proven that this one did nothing, or when the processor says that
    // another one might not decline.
    let goes_on = match decline {
        None => *observation == Observation::NothingHappened,
        Some(decline) => decline.advice == Advice::Elsewhere,
    };
    if has_candidate && goes_on {
        return Outlook::AnotherAttempt;
    }
    let lacks_funds = decline.is_some_and(|decline| decline.code == DeclineCode::InsufficientFunds);
    if lacks_funds && after_refusal(payment, Outlook::AmountMayBeLowered) == PaymentStatus::AwaitingAmount {
        return Outlook::AmountMayBeLowered;
    }
    if payment.commits < payment.commits_max {
        return Outlook::CustomerMayChooseAgain;
    }
    Outlook::Exhausted
}
