//! The one function that changes a payment's state.
//!
//! A processor's synchronous answer, its notification and its answer to a look-up are all observations
//! of one attempt. [`apply`] is total and idempotent: what is final stays, so that observations may
//! come in any order and any number of times.

use purser_connector::{ActionKind, OperationKind};

use super::attempt::{Attempt, AttemptStatus};
use super::{Amounts, DeclineRecord, Payment, PaymentKind, PaymentStatus};

/// What was learned about an attempt.
#[derive(Debug, Clone, PartialEq)]
pub enum Observation {
    /// The processor did it, for an amount in minor units that it echoes.
    Done {
        /// The amount the processor names.
        minor: i64,
        /// Whether the currency it names is the payment's.
        is_same_currency: bool,
    },
    /// The processor will tell later.
    Pending,
    /// The customer has to do something first.
    ActionRequired(ActionKind),
    /// The processor said no.
    Declined(DeclineRecord),
    /// Nothing happened at the processor, which is proven.
    NothingHappened,
    /// Nobody knows what happened.
    Unknown,
}

/// What follows for a declined or failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outlook {
    /// Another connector will be tried.
    AnotherAttempt,
    /// This was the last one.
    Exhausted,
}

/// The payment and the attempt after an observation.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The attempt's new status.
    pub attempt: AttemptStatus,
    /// The payment's new status.
    pub status: PaymentStatus,
    /// The payment's new amounts.
    pub amounts: Amounts,
    /// Why it was declined, if it was.
    pub decline: Option<DeclineRecord>,
    /// What the customer has to do, if anything.
    pub next_action: Option<ActionKind>,
}

/// Applies an observation of `attempt` to its payment; `None` if it changes nothing.
#[must_use]
pub fn apply(
    payment: &Payment,
    attempt: &Attempt,
    observation: &Observation,
    outlook: Outlook,
) -> Option<Change> {
    if attempt.status.is_final() {
        return None;
    }
    let observation = checked(attempt, observation);
    let change = match attempt.operation {
        OperationKind::Authorize | OperationKind::Sale | OperationKind::Register | OperationKind::Resume => {
            first_step(payment, attempt, &observation, outlook)
        }
        OperationKind::Capture | OperationKind::Void | OperationKind::Refund => {
            follow_up(payment, attempt, &observation)
        }
        OperationKind::Probe
        | OperationKind::Payout
        | OperationKind::Deregister
        | OperationKind::Verify
        | OperationKind::Increment
        | OperationKind::Lookup => return None,
    };
    let is_news = change.attempt != attempt.status || change.status != payment.status;
    is_news.then_some(change)
}

/// A processor that echoes another amount or currency than it was asked for has not proven success.
fn checked(attempt: &Attempt, observation: &Observation) -> Observation {
    match observation {
        Observation::Done { minor, is_same_currency }
            if *minor != attempt.amount.minor() || !is_same_currency =>
        {
            Observation::Unknown
        }
        other => other.clone(),
    }
}

fn first_step(payment: &Payment, attempt: &Attempt, observation: &Observation, outlook: Outlook) -> Change {
    let unchanged = Change {
        attempt: attempt.status,
        status: payment.status,
        amounts: payment.amounts,
        decline: None,
        next_action: None,
    };
    match observation {
        Observation::Done { minor, .. } => {
            let (status, captured) = match payment.kind {
                PaymentKind::Debit => (PaymentStatus::Succeeded, *minor),
                PaymentKind::Register => (PaymentStatus::Succeeded, 0),
                PaymentKind::Preauthorize => (PaymentStatus::Authorized, 0),
            };
            let amounts = Amounts { authorized: *minor, captured, ..payment.amounts };
            Change { attempt: AttemptStatus::Succeeded, status, amounts, ..unchanged }
        }
        Observation::Pending => {
            Change { attempt: AttemptStatus::Pending, status: PaymentStatus::Pending, ..unchanged }
        }
        Observation::Unknown => {
            Change { attempt: AttemptStatus::Unknown, status: PaymentStatus::Pending, ..unchanged }
        }
        Observation::ActionRequired(action) => Change {
            attempt: AttemptStatus::RequiresAction,
            status: PaymentStatus::RequiresAction,
            next_action: Some(action.clone()),
            ..unchanged
        },
        Observation::Declined(decline) => Change {
            attempt: AttemptStatus::Declined,
            status: after_refusal(outlook),
            decline: Some(decline.clone()),
            ..unchanged
        },
        Observation::NothingHappened => {
            Change { attempt: AttemptStatus::Failed, status: after_refusal(outlook), ..unchanged }
        }
    }
}

fn after_refusal(outlook: Outlook) -> PaymentStatus {
    match outlook {
        Outlook::AnotherAttempt => PaymentStatus::Processing,
        Outlook::Exhausted => PaymentStatus::Failed,
    }
}

/// Capture, void and refund: their refusal leaves the payment where it was, with nothing pending.
fn follow_up(payment: &Payment, attempt: &Attempt, observation: &Observation) -> Change {
    let still = |status| Change {
        attempt: status,
        status: payment.status,
        amounts: payment.amounts,
        decline: None,
        next_action: None,
    };
    match observation {
        Observation::Done { .. } => {
            let (status, amounts) = settle(payment, attempt);
            Change { status, amounts, ..still(AttemptStatus::Succeeded) }
        }
        Observation::Pending | Observation::ActionRequired(_) => still(AttemptStatus::Pending),
        Observation::Unknown => still(AttemptStatus::Unknown),
        Observation::Declined(decline) => Change {
            amounts: released(payment, attempt),
            decline: Some(decline.clone()),
            ..still(AttemptStatus::Declined)
        },
        Observation::NothingHappened => {
            Change { amounts: released(payment, attempt), ..still(AttemptStatus::Failed) }
        }
    }
}

/// The amounts after a follow-up that did not happen: what was set aside for it is free again.
fn released(payment: &Payment, attempt: &Attempt) -> Amounts {
    let amounts = payment.amounts;
    let minor = attempt.amount.minor();
    match attempt.operation {
        OperationKind::Capture => {
            Amounts { capture_pending: amounts.capture_pending.saturating_sub(minor).max(0), ..amounts }
        }
        OperationKind::Refund => {
            Amounts { refund_pending: amounts.refund_pending.saturating_sub(minor).max(0), ..amounts }
        }
        _ => amounts,
    }
}

fn settle(payment: &Payment, attempt: &Attempt) -> (PaymentStatus, Amounts) {
    let amounts = released(payment, attempt);
    let minor = attempt.amount.minor();
    match attempt.operation {
        OperationKind::Capture => {
            let captured = amounts.captured.saturating_add(minor);
            let is_all = captured >= amounts.authorized;
            let status = if is_all { PaymentStatus::Succeeded } else { PaymentStatus::PartiallyCaptured };
            (status, Amounts { captured, ..amounts })
        }
        OperationKind::Refund => {
            let refunded = amounts.refunded.saturating_add(minor);
            let is_all = refunded >= amounts.captured;
            let status = if is_all { PaymentStatus::Refunded } else { PaymentStatus::PartiallyRefunded };
            (status, Amounts { refunded, ..amounts })
        }
        _ => voided(payment.status, amounts),
    }
}

/// A void releases what is only reserved; of a payment that was captured but not settled it takes
/// everything back.
fn voided(status: PaymentStatus, amounts: Amounts) -> (PaymentStatus, Amounts) {
    match status {
        PaymentStatus::Authorized => (PaymentStatus::Reversed, Amounts { authorized: 0, ..amounts }),
        PaymentStatus::PartiallyCaptured => {
            (PaymentStatus::Succeeded, Amounts { authorized: amounts.captured, ..amounts })
        }
        _ => (PaymentStatus::Voided, Amounts { authorized: 0, captured: 0, ..amounts }),
    }
}

/// Whether a capture may be asked for in this state.
#[must_use]
pub fn is_capturable(status: PaymentStatus) -> bool {
    matches!(status, PaymentStatus::Authorized | PaymentStatus::PartiallyCaptured)
}

/// Whether a void may be asked for in this state; the processor says whether it is too late.
#[must_use]
pub fn is_voidable(payment: &Payment) -> bool {
    let is_untouched = payment.amounts.capture_pending == 0
        && payment.amounts.refunded == 0
        && payment.amounts.refund_pending == 0;
    let has_reservation_or_capture = matches!(
        payment.status,
        PaymentStatus::Authorized | PaymentStatus::PartiallyCaptured | PaymentStatus::Succeeded
    );
    payment.kind != PaymentKind::Register && is_untouched && has_reservation_or_capture
}

/// Whether a refund may be asked for in this state. While a part is still reserved it may not: capture or
/// release the rest first.
#[must_use]
pub fn is_refundable(status: PaymentStatus) -> bool {
    matches!(status, PaymentStatus::Succeeded | PaymentStatus::PartiallyRefunded)
}
