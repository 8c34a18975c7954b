//! What the disputes of a payment do to it.

use super::request::Move;
use super::standing;
use crate::payment::dispute::{Dispute, DisputeStage, DisputeStatus};
use crate::payment::event::EventKind;
use crate::payment::{Amounts, Payment, PaymentStatus};

/// The payment after a dispute was opened; `disputes` are all of the payment's, that one among them.
/// `None` if nothing of the payment changes.
#[must_use]
pub fn opened(payment: &Payment, disputes: &[Dispute]) -> Option<Move> {
    disputed(payment, disputes, EventKind::PaymentDisputed)
}

/// The payment after a dispute was won; `disputes` are all of the payment's, that one among them.
#[must_use]
pub fn won(payment: &Payment, disputes: &[Dispute]) -> Option<Move> {
    disputed(payment, disputes, EventKind::DisputeWon)
}

/// The payment after a dispute was lost; `disputes` are all of the payment's, that one among them.
#[must_use]
pub fn lost(payment: &Payment, disputes: &[Dispute]) -> Option<Move> {
    disputed(payment, disputes, EventKind::DisputeLost)
}

/// Whether the payment's state can be disputed: something of it was captured.
#[must_use]
pub const fn is_disputable(status: PaymentStatus) -> bool {
    match status {
        PaymentStatus::PartiallyCaptured
        | PaymentStatus::Succeeded
        | PaymentStatus::PartiallyRefunded
        | PaymentStatus::Refunded
        | PaymentStatus::Disputed
        | PaymentStatus::ChargedBack => true,
        PaymentStatus::Created
        | PaymentStatus::AwaitingInstrument
        | PaymentStatus::AwaitingAmount
        | PaymentStatus::Processing
        | PaymentStatus::RequiresAction
        | PaymentStatus::Pending
        | PaymentStatus::Authorized
        | PaymentStatus::PartiallyAuthorized
        | PaymentStatus::Reversed
        | PaymentStatus::Voided
        | PaymentStatus::Canceled
        | PaymentStatus::Failed
        | PaymentStatus::Expired => false,
    }
}

/// The whole is computed from all disputes each time, so that the order in which they are heard of does
/// not matter. A dispute may be for more than is left of the payment, because banks do not know of
/// refunds; what is counted is bounded by what is left.
fn disputed(payment: &Payment, disputes: &[Dispute], event: EventKind) -> Option<Move> {
    if !is_disputable(payment.status) || payment.amounts.captured == 0 {
        return None;
    }
    let counts = |dispute: &&Dispute| match dispute.status {
        DisputeStatus::Open => dispute.stage != DisputeStage::Inquiry,
        DisputeStatus::Lost => true,
        DisputeStatus::Won => false,
    };
    let asked =
        disputes.iter().filter(counts).fold(0_i64, |sum, dispute| sum.saturating_add(dispute.amount.minor()));
    let disputed = asked.min(payment.amounts.undisputed());
    let amounts = Amounts { disputed, ..payment.amounts };
    let is = |status| disputes.iter().filter(counts).any(|dispute| dispute.status == status);
    let status = match (is(DisputeStatus::Open), is(DisputeStatus::Lost)) {
        (true, _) => PaymentStatus::Disputed,
        (false, true) => PaymentStatus::ChargedBack,
        (false, false) => standing(&amounts),
    };
    let is_news = status != payment.status || amounts != payment.amounts;
    is_news.then(|| Move::of(payment, status, amounts, event))
}
