//! Money that is contested after it was taken.

use purser_types::{Money, Timestamp, spelled};
use serde::{Deserialize, Serialize};

use crate::wire;

spelled! {
    /// How far a dispute has come. Source: the stages of the card networks.
    pub enum DisputeStage {
        /// The issuer asks; no money has moved.
        Inquiry = "INQUIRY",
        /// The customer complains, and may be refunded before it becomes a dispute.
        PreDispute = "PRE_DISPUTE",
        /// The money was taken back (chargeback).
        Dispute = "DISPUTE",
        /// The merchant's answer was not accepted.
        PreArbitration = "PRE_ARBITRATION",
    }
}

spelled! {
    /// How a dispute stands.
    pub enum DisputeStatus {
        /// Nobody has decided.
        Open = "OPEN",
        /// For the merchant: the money comes back.
        Won = "WON",
        /// For the customer: the money is gone.
        Lost = "LOST",
    }
}

/// A dispute about a payment, as the processor sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisputeFinding {
    /// The processor's name for the dispute, the same through all its stages.
    pub connector_reference: String,
    /// How far it has come.
    pub stage: DisputeStage,
    /// How it stands.
    pub status: DisputeStatus,
    /// Why, in the processor's words.
    pub reason: String,
    /// How much is contested; may be less than was taken.
    #[serde(with = "wire::money")]
    pub amount: Money,
    /// Until when the merchant may answer, if there is anything to answer.
    pub due_at: Option<Timestamp>,
}
