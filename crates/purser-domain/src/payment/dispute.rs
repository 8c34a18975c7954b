//! Disputes: the customer has their bank take a payment back (Reevit: dispute; IXOPAY: CHARGEBACK).

use purser_types::id::{DisputeId, PaymentId};
use purser_types::{Money, Timestamp, spelled};

spelled! {
    /// How far a dispute has come (Hyperswitch: dispute stage).
    pub enum DisputeStage {
        /// The bank asks for information (card networks: retrieval request); no money is held yet.
        Inquiry = "INQUIRY",
        /// The bank announces a dispute.
        PreDispute = "PRE_DISPUTE",
        /// The bank disputes (chargeback).
        Dispute = "DISPUTE",
        /// The merchant's defence is contested.
        PreArbitration = "PRE_ARBITRATION",
    }
}

spelled! {
    /// How a dispute ended, if it did.
    pub enum DisputeStatus {
        /// Nobody decided yet.
        Open = "OPEN",
        /// For the merchant, who keeps the money.
        Won = "WON",
        /// For the customer, who keeps the money.
        Lost = "LOST",
    }
}

impl DisputeStatus {
    /// Whether it is decided.
    #[must_use]
    pub const fn is_final(self) -> bool {
        match self {
            Self::Open => false,
            Self::Won | Self::Lost => true,
        }
    }
}

/// A dispute of a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dispute {
    /// The dispute's id.
    pub id: DisputeId,
    /// The payment it is about.
    pub payment_id: PaymentId,
    /// The processor's reference of the dispute; unique for the payment.
    pub connector_reference: String,
    /// How far it has come.
    pub stage: DisputeStage,
    /// How it ended, if it did.
    pub status: DisputeStatus,
    /// The bank's reason, in the processor's words.
    pub reason: Option<String>,
    /// How much is disputed, as the processor says. It may be more than what is left of the payment.
    pub amount: Money,
    /// Until when the merchant may defend itself.
    pub due_at: Option<Timestamp>,
    /// When it was first heard of.
    pub opened_at: Timestamp,
    /// When it was decided.
    pub resolved_at: Option<Timestamp>,
}

impl Dispute {
    /// Takes over what was learned later; false if it is no news. What is decided stays, and a stage is
    /// never left for an earlier one, so that messages may come in any order and any number of times.
    pub fn learn(&mut self, stage: DisputeStage, status: DisputeStatus, at: Timestamp) -> bool {
        let before = (self.stage, self.status);
        self.stage = self.stage.max(stage);
        if !self.status.is_final() && status.is_final() {
            self.status = status;
            self.resolved_at = Some(at);
        }
        before != (self.stage, self.status)
    }
}
