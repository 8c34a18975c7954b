//! One request to one processor about one payment.

use purser_connector::{Failure, OperationKind};
use purser_types::id::{AttemptId, ConnectorId, PaymentId};
use purser_types::{Money, Timestamp};

use super::DeclineRecord;
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
        /// Done.
        Succeeded = "SUCCEEDED",
        /// The processor said no.
        Declined = "DECLINED",
        /// Nothing happened at the processor.
        Failed = "FAILED",
        /// Nobody knows what happened at the processor: never repeated, only looked up.
        Unknown = "UNKNOWN",
    }
}

impl AttemptStatus {
    /// Whether nothing more can come of the attempt.
    #[must_use]
    pub const fn is_final(self) -> bool {
        match self {
            Self::Succeeded | Self::Declined | Self::Failed => true,
            Self::Started | Self::Pending | Self::RequiresAction | Self::Unknown => false,
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
}

/// The failure as the attempt keeps it: kind, effect and detail, without secrets.
#[must_use]
pub fn describe_failure(failure: &Failure) -> String {
    format!("{} ({}): {}", failure.kind, failure.effect, failure.detail)
}
