//! Amounts to the minor unit: payments, and the ledgers under them.

use std::collections::BTreeMap;

use super::{Findings, Ledgers, Wrong};
use crate::database::Payment;

/// What the processor has for an order. Minor units.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Sum {
    reserved: i64,
    captured: i64,
    refunded: i64,
}

fn recorded(payment: &Payment) -> Sum {
    let Payment { authorized, captured, refunded, .. } = *payment;
    Sum { reserved: authorized - captured, captured, refunded }
}

/// The amounts of each payment are those of the processor, and nothing is set aside any more.
pub(super) fn of_payments(books: &Ledgers<'_>, findings: &mut Findings) {
    let mut sums: BTreeMap<&str, (Sum, &str)> = BTreeMap::new();
    for payment in books.processor.payments.values() {
        let (sum, _) = sums.entry(&payment.order).or_insert((Sum::default(), &payment.currency));
        sum.reserved += payment.reserved();
        sum.captured += payment.captured;
        sum.refunded += payment.refunded;
    }
    for (order, (sum, currency)) in &sums {
        let Some(payment) = books.orders.get(order).and_then(|id| books.recorded.payments.get(*id)) else {
            // An effect without a record is told of where effects are.
            continue;
        };
        if recorded(payment) != *sum || payment.currency != *currency {
            let found = recorded(payment);
            findings.add(Wrong::AmountDiffers, format!("{order}: recorded {found:?}, processor {sum:?}"));
        }
    }
    for payment in books.recorded.payments.values() {
        let is_known = sums.contains_key(payment.order.as_str());
        if !is_known && recorded(payment) != Sum::default() {
            let found = recorded(payment);
            findings.add(Wrong::AmountDiffers, format!("{}: recorded {found:?}, no charge", payment.order));
        }
        let is_settled = !matches!(payment.status.as_str(), "PENDING" | "PROCESSING");
        if is_settled && (payment.capture_pending, payment.refund_pending) != (0, 0) {
            let what = format!(
                "{}: {} captures and {} refunds are set aside and nothing is under way",
                payment.order, payment.capture_pending, payment.refund_pending
            );
            findings.add(Wrong::AmountDiffers, what);
        }
    }
}

/// The transfers of each payment fold to its amounts, and sum to zero.
pub(super) fn of_ledgers(books: &Ledgers<'_>, findings: &mut Findings) {
    let mut ledgers: BTreeMap<&str, BTreeMap<&str, i64>> = BTreeMap::new();
    for transfer in &books.recorded.transfers {
        let accounts = ledgers.entry(&transfer.payment).or_default();
        *accounts.entry(&transfer.debit).or_default() -= transfer.minor;
        *accounts.entry(&transfer.credit).or_default() += transfer.minor;
        let payment = books.recorded.payments.get(&transfer.payment);
        let is_right = payment.is_some_and(|payment| payment.currency == transfer.currency);
        if !is_right || transfer.minor <= 0 {
            findings.add(
                Wrong::LedgerDiffers,
                format!("{}: {transfer:?} is no transfer of it", transfer.payment),
            );
        }
    }
    for (id, payment) in &books.recorded.payments {
        let accounts = ledgers.remove(id.as_str()).unwrap_or_default();
        let balance = |account: &str| accounts.get(account).copied().unwrap_or(0);
        let folded = Sum {
            reserved: balance("RESERVED"),
            captured: balance("CAPTURED") + balance("REFUNDED") + balance("DISPUTED"),
            refunded: balance("REFUNDED"),
        };
        let total: i64 = accounts.values().sum();
        if folded != recorded(payment) || total != 0 {
            let found = recorded(payment);
            let what = format!("{}: folds to {folded:?}, recorded {found:?}, total {total}", payment.order);
            findings.add(Wrong::LedgerDiffers, what);
        }
    }
}

/// At the processor and in the record: refunded ≤ captured ≤ authorised.
pub(super) fn too_much(books: &Ledgers<'_>, findings: &mut Findings) {
    for payment in books.processor.payments.values() {
        if payment.captured > payment.authorized || payment.refunded > payment.captured {
            findings.add(Wrong::TooMuch, format!("the processor has {payment:?}"));
        }
    }
    for payment in books.recorded.payments.values() {
        let captured = payment.captured + payment.capture_pending;
        let refunded = payment.refunded + payment.refund_pending;
        if captured > payment.authorized || refunded > payment.captured {
            findings.add(Wrong::TooMuch, format!("recorded is {payment:?}"));
        }
    }
}
