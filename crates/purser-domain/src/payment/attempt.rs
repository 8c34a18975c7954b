//! One request to one processor about one payment.

use purser_connector::{Failure, OperationKind};
use purser_types::id::{AttemptId, ConnectorId, PaymentId};
use purser_types::{Money, Timestamp};

use super::DeclineRecord;
use super::event::Origin;
use purser_types::spelled;

spelled! {
    /// How an attempt ended, if it did.
    pub enum AttemptStatus {
        /// Committed; the processor is being asked or its answer was lost with the process.
        Started = "STARTED",
        /// The processor will tell later.
        Pending = "PENDING",
        /// The customer has to do something first.
        RequiresAction = "REQUIRES_ACTION",
        /// The customer did it, and the processor is being told or is working on it.
        Resuming = "RESUMING",
        /// Done.
        Succeeded = "SUCCEEDED",
        /// The processor said no.
        Declined = "DECLINED",
        /// Nothing happened at the processor.
        Failed = "FAILED",
        /// The customer did not act in time, says the processor.
        Expired = "EXPIRED",
        /// Nobody knows what happened at the processor: never repeated, only looked up.
        Unknown = "UNKNOWN",
    }
}

impl AttemptStatus {
    /// Whether nothing more can come of the attempt.
    #[must_use]
    pub const fn is_final(self) -> bool {
        match self {
            Self::Succeeded | Self::Declined | Self::Failed | Self::Expired => true,
            Self::Started | Self::Pending | Self::RequiresAction | Self::Resuming | Self::Unknown => false,
        }
    }
}

impl AttemptStatus {
    /// The processor did nothing, for whatever reason, as far as it told.
    #[must_use]
    pub const fn is_refusal(self) -> bool {
        match self {
            Self::Declined | Self::Failed | Self::Expired => true,
            Self::Started
            | Self::Pending
            | Self::RequiresAction
            | Self::Resuming
            | Self::Succeeded
            | Self::Unknown => false,
        }
    }

    /// How much is known. An observation never lowers it, so that any order of the same observations
    /// ends at the same status.
    #[must_use]
    pub const fn rank(self) -> u8 {
        match self {
            Self::Started => 0,
            Self::Unknown => 1,
            Self::Pending => 2,
            Self::RequiresAction => 3,
            Self::Resuming => 4,
            Self::Declined | Self::Failed | Self::Expired => 5,
            Self::Succeeded => 6,
        }
    }
}

/// One request to one processor. Its id is our reference there and its idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The attempt's id; also our reference at the processor and the idempotency key.
    pub id: AttemptId,
    /// The payment it is about.
    pub payment_id: PaymentId,
    /// The position among the payment's attempts, from 1.
    pub position: i32,
    /// What was asked.
    pub operation: OperationKind,
    /// Who was asked.
    pub connector_id: ConnectorId,
    /// How much was asked for; zero for a registration.
    pub amount: Money,
    /// How it ended.
    pub status: AttemptStatus,
    /// The processor's reference.
    pub connector_reference: Option<String>,
    /// Why the processor said no.
    pub decline: Option<DeclineRecord>,
    /// Why there was no answer, for operators.
    pub failure: Option<String>,
    /// When it was committed.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// Until when the customer may act.
    pub action_expires_at: Option<Timestamp>,
    /// When repair looks at it next; never if none.
    pub next_check_at: Option<Timestamp>,
    /// How often repair has looked at it.
    pub checks: i32,
    /// Why an operator must decide about it, if one must.
    pub review: Option<String>,
    /// The card network's id of the movement.
    pub network_transaction_id: Option<String>,
    /// Who told how it ended.
    pub settled_by: Option<Origin>,
    /// Which commit of the payment it belongs to; the attempts of one commit share the number.
    pub commit: i32,
    /// Whether a capture is the last one, after which the rest is released.
    pub is_final_capture: bool,
    /// Whether it succeeded although another attempt had taken the payment or the payment was canceled:
    /// its money is none of the payment's amounts and has to go back.
    pub is_surplus: bool,
    /// The surplus attempt whose money this void or refund gives back. Such an attempt changes nothing
    /// of the payment.
    pub gives_back: Option<AttemptId>,
}

impl Attempt {
    /// Whether it is to take the payment, and not about a payment that was taken.
    #[must_use]
    pub const fn is_first_step(&self) -> bool {
        matches!(self.operation, OperationKind::Authorize | OperationKind::Sale | OperationKind::Register)
    }

    /// Whether it is on its way, waits or is in doubt.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        !self.status.is_final()
    }
}

/// The attempt that took the payment; later operations are about it.
#[must_use]
pub fn taker(attempts: &[Attempt]) -> Option<&Attempt> {
    attempts.iter().find(|attempt| {
        attempt.is_first_step() && attempt.status == AttemptStatus::Succeeded && !attempt.is_surplus
    })
}

/// The failure as the attempt keeps it: kind, effect and detail, without secrets.
#[must_use]
pub fn describe_failure(failure: &Failure) -> String {
    format!("{} ({}): {}", failure.kind, failure.effect, failure.detail)
}
