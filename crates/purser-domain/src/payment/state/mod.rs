//! The one function that changes a payment's state.
//!
//! A processor's synchronous answer, its notification, its answer to a look-up and the clock are all
//! observations of one attempt. [`apply`] is total and idempotent: what is settled stays, so that
//! observations may come in any order and any number of times. What is asked for by people, and so is no
//! observation, is decided in [`request`] and [`dispute`].
//!
//! Attempts only ever rise: STARTED < UNKNOWN < PENDING < REQUIRES_ACTION < RESUMING < a refusal <
//! SUCCEEDED, except that a customer who mistyped is asked again. A proven success outranks everything, because money that moved must be in the books. Among
//! refusals the first stays: they agree that no money moved.
//!
//! | module | what it decides |
//! |---|---|
//! | `first_step` | what is learned of an attempt to take the payment |
//! | `follow_up` | what is learned of a capture, a void, a refund, an increment |
//! | [`request`] | what may be asked for, and what follows at once |
//! | [`dispute`] | what the disputes of a payment do to it |
//!
//! The transitions are the table of the feature map (b-F); `tests/payment_state/table.rs` has its rows,
//! and those that it leaves to be read into it.

pub mod dispute;
mod first_step;
mod follow_up;
pub mod request;

use purser_connector::{ActionKind, OperationKind};
use purser_types::id::AttemptId;

use super::attempt::{Attempt, AttemptStatus};
use super::event::EventKind;
use super::ledger::{self, Transfer};
use super::{Amounts, DeclineRecord, Payment, PaymentStatus};

pub use first_step::outlook;
pub use request::{Move, Refusal, is_capturable, is_refundable, is_voidable};

/// Why an operator must look: the processor names another amount, currency or reference than it was
/// asked for.
pub const REVIEW_INTEGRITY: &str = "integrity";
/// Why an operator must look: the processor did what no longer fits the payment's amounts or state.
pub const REVIEW_MISFIT: &str = "misfit";

/// What was learned about an attempt.
#[derive(Debug, Clone, PartialEq)]
pub enum Observation {
    /// The processor did it, for an amount in minor units that it echoes.
    Done {
        /// The amount the processor names.
        minor: i64,
        /// Whether the currency it names is the payment's.
        is_same_currency: bool,
        /// Whether the reference it names, ours or its own, is the attempt's; true if it names none.
        is_same_reference: bool,
    },
    /// The processor will tell later.
    Pending,
    /// The customer has to do something first.
    ActionRequired(ActionKind),
    /// The processor asks once more, in answer to what the customer brought back: the code was wrong. Only
    /// the call that handed it in knows that; what a look-up or a notification says may be older.
    AskedAgain(ActionKind),
    /// The customer did it: the attempt is resumed.
    Resumed,
    /// The processor said no.
    Declined(DeclineRecord),
    /// Nothing happened at the processor, which is proven.
    NothingHappened,
    /// Nobody did what was to be done in time.
    Expired,
    /// Nobody knows what happened.
    Unknown,
    /// The processor has never heard of the attempt. That proves nothing by itself: the request may still
    /// be on its way.
    NotFound,
}

/// What follows for a declined or failed attempt. Where the payment does not allow it, it fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outlook {
    /// Another connector will be tried.
    AnotherAttempt,
    /// The customer may choose another instrument, while commits are left.
    CustomerMayChooseAgain,
    /// The customer may lower the amount, while commits are left and there is a minimum below it.
    AmountMayBeLowered,
    /// This was the last one.
    Exhausted,
}

/// The payment and the attempt after an observation.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The attempt's new status.
    pub attempt: AttemptStatus,
    /// Why an operator must look at the attempt, after the observation.
    pub review: Option<String>,
    /// The payment's new status. Another attempt may be started only if this is `PROCESSING`.
    pub status: PaymentStatus,
    /// The payment's new amounts.
    pub amounts: Amounts,
    /// Whether a final capture was done.
    pub is_final_captured: bool,
    /// Why the payment was declined, if it was.
    pub decline: Option<DeclineRecord>,
    /// Why the attempt was declined, if it was.
    pub attempt_decline: Option<DeclineRecord>,
    /// What the customer has to do, if anything.
    pub next_action: Option<ActionKind>,
    /// What to report; none if nobody but repair has to know.
    pub event: Option<EventKind>,
    /// What moved.
    pub transfers: Vec<Transfer>,
    /// Whether the attempt's money has to go back: another attempt took the payment, the customer canceled
    /// it, or asked for another amount since. The attempt becomes `is_surplus`, the payment stays as it is.
    /// A registration has no money; it is deregistered, or left.
    pub give_back: bool,
}

impl Change {
    /// The change that changes nothing.
    fn none(payment: &Payment, attempt: &Attempt) -> Self {
        Self {
            attempt: attempt.status,
            review: attempt.review.clone(),
            status: payment.status,
            amounts: payment.amounts,
            is_final_captured: payment.is_final_captured,
            decline: payment.decline.clone(),
            attempt_decline: attempt.decline.clone(),
            next_action: payment.next_action.clone(),
            event: None,
            transfers: Vec::new(),
            give_back: false,
        }
    }
}

/// Applies an observation of one of the attempts to their payment; `None` if it changes nothing.
#[must_use]
pub fn apply(
    payment: &Payment,
    attempts: &[Attempt],
    attempt_id: AttemptId,
    observation: &Observation,
    outlook: Outlook,
) -> Option<Change> {
    let attempt = attempts.iter().find(|attempt| attempt.id == attempt_id)?;
    // A proven success is never doubted again.
    if attempt.status == AttemptStatus::Succeeded {
        return None;
    }
    let news = News::of(payment, attempt, observation)?;
    let before = Change::none(payment, attempt);
    let told = before.clone().told(attempt, &news);
    let mut change = match attempt.operation {
        _ if attempt.gives_back.is_some() => told,
        OperationKind::Authorize | OperationKind::Sale | OperationKind::Register => {
            first_step::observe(payment, attempts, attempt, &news, outlook, told)
        }
        OperationKind::Capture | OperationKind::Void | OperationKind::Refund | OperationKind::Increment => {
            follow_up::observe(payment, attempt, &news, told)
        }
        OperationKind::Probe
        | OperationKind::Resume
        | OperationKind::Payout
        | OperationKind::Deregister
        | OperationKind::Verify
        | OperationKind::Lookup => return None,
    };
    if change == before {
        return None;
    }
    if change.review.is_some() && change.review != attempt.review {
        change.event = Some(EventKind::AttemptInReview);
    }
    change.transfers = ledger::transfers(&payment.amounts, &change.amounts);
    Some(change)
}

/// What an observation says of an attempt, after its integrity was checked.
enum News<'a> {
    Success { minor: i64 },
    Mismatch,
    Refused(AttemptStatus, Option<&'a DeclineRecord>),
    Resumed,
    Action(&'a ActionKind),
    Again(&'a ActionKind),
    Doubt(AttemptStatus),
}

impl<'a> News<'a> {
    /// None for what proves nothing and for what is below what is known.
    fn of(payment: &Payment, attempt: &Attempt, observation: &'a Observation) -> Option<Self> {
        let news = match observation {
            Observation::Done { minor, is_same_currency, is_same_reference } => {
                let is_proven = *is_same_currency && *is_same_reference && fits(payment, attempt, *minor);
                if is_proven { Self::Success { minor: *minor } } else { Self::Mismatch }
            }
            Observation::Pending => Self::Doubt(AttemptStatus::Pending),
            Observation::Unknown => Self::Doubt(AttemptStatus::Unknown),
            Observation::ActionRequired(action) if attempt.is_first_step() => Self::Action(action),
            Observation::AskedAgain(action) if attempt.is_first_step() => Self::Again(action),
            // Nobody is there to act for a capture or a refund: the processor has not finished.
            Observation::ActionRequired(_) | Observation::AskedAgain(_) => {
                Self::Doubt(AttemptStatus::Pending)
            }
            Observation::Resumed => Self::Resumed,
            Observation::Declined(decline) => Self::Refused(AttemptStatus::Declined, Some(decline)),
            Observation::NothingHappened => Self::Refused(AttemptStatus::Failed, None),
            Observation::Expired => Self::Refused(AttemptStatus::Expired, None),
            Observation::NotFound => return None,
        };
        let rank = attempt.status.rank();
        let is_news = match &news {
            Self::Success { .. } | Self::Mismatch => true,
            // The customer can only have done what was asked for.
            Self::Resumed => attempt.status == AttemptStatus::RequiresAction,
            // The one step down: the customer is where they were, and may try once more.
            Self::Again(_) => attempt.status == AttemptStatus::Resuming,
            // While an attempt is resumed, doubt is not below it: nobody knows how it goes on.
            Self::Doubt(status) => status.rank() > rank || attempt.status == AttemptStatus::Resuming,
            Self::Refused(..) | Self::Action(_) => news.attempt().rank() > rank,
        };
        is_news.then_some(news)
    }

    /// The status of an attempt of which nothing else is known.
    const fn attempt(&self) -> AttemptStatus {
        match self {
            Self::Success { .. } => AttemptStatus::Succeeded,
            Self::Mismatch => AttemptStatus::Unknown,
            Self::Refused(status, _) | Self::Doubt(status) => *status,
            Self::Resumed => AttemptStatus::Resuming,
            Self::Action(_) | Self::Again(_) => AttemptStatus::RequiresAction,
        }
    }
}

/// A processor that names another amount than it was asked for has not proven success. Less is taken
/// only for a payment whose merchant said so, and never nothing.
fn fits(payment: &Payment, attempt: &Attempt, minor: i64) -> bool {
    let asked = attempt.amount.minor();
    let is_partial = payment.accepts_partial && attempt.is_first_step() && (1..asked).contains(&minor);
    minor == asked || is_partial
}

impl Change {
    /// The change of the attempt alone.
    fn told(mut self, attempt: &Attempt, news: &News<'_>) -> Self {
        if news.attempt().rank() > attempt.status.rank() {
            self.attempt = news.attempt();
        }
        match news {
            // What is proven at last needs no operator.
            News::Success { .. } => {
                self.review = None;
                self.attempt_decline = None;
            }
            News::Mismatch => self.review = self.review.or_else(|| Some(REVIEW_INTEGRITY.to_owned())),
            News::Refused(_, decline) => self.attempt_decline = decline.cloned(),
            News::Again(_) => self.attempt = AttemptStatus::RequiresAction,
            News::Resumed | News::Action(_) | News::Doubt(_) => {}
        }
        self
    }
}

/// Where a payment of which something is captured stands by its amounts.
fn standing(amounts: &Amounts) -> PaymentStatus {
    match amounts {
        _ if amounts.refunded > 0 && amounts.refunded >= amounts.captured => PaymentStatus::Refunded,
        _ if amounts.refunded > 0 => PaymentStatus::PartiallyRefunded,
        _ if amounts.captured < amounts.authorized => PaymentStatus::PartiallyCaptured,
        _ => PaymentStatus::Succeeded,
    }
}
