//! Customers who want their money back from the issuer.

use std::time::Duration;

use purser_connector::{DisputeStage, DisputeStatus};
use purser_types::Timestamp;

use crate::books::{Change, Entry};
use crate::processor::{Processor, Refused};
use crate::wire::Dispute;

/// How long the merchant may answer a chargeback; the networks give 20 to 45 days.
const DUE_AFTER: Duration = Duration::from_secs(20 * 24 * 60 * 60);

/// Takes a dispute one step on, if its payment has anything to dispute.
pub(crate) fn step(processor: &mut Processor, mut entry: Entry, now: Timestamp) -> Result<(), Refused> {
    let payment = entry.operation.payment.as_ref().and_then(|id| processor.books.payment(id)).cloned();
    let (Some(status), Some(mut payment)) = (entry.next_dispute, payment) else { return Ok(()) };
    let dispute = match (&entry.operation.dispute, status) {
        (None, _) => {
            let contested = payment.held();
            if contested <= 0 {
                return Ok(());
            }
            payment.disputed += contested;
            entry.next_dispute = entry.dispute_ends;
            Dispute {
                id: entry.operation.id.replace("_op_", "_dp_"),
                stage: DisputeStage::Dispute,
                status: DisputeStatus::Open,
                reason: "fraudulent".to_owned(),
                amount: payment.amount(contested),
                due_at: Some(now.saturating_add(DUE_AFTER)),
            }
        }
        (Some(open), status) => {
            if status == DisputeStatus::Won {
                payment.disputed -= open.amount.minor;
            }
            entry.next_dispute = None;
            Dispute { status, due_at: None, ..open.clone() }
        }
    };
    entry.operation.dispute = Some(dispute);
    entry.operation.at = now;
    processor.book(entry, vec![Change::Payment(payment)]).map(|_| ())
}
