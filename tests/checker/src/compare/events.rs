//! Events: one success for each success, and a beginning for each payment.

use std::collections::{BTreeMap, BTreeSet};

use super::{Findings, Ledgers, Wrong};
use crate::wire::{Kind, Status};

/// Counts the events that there must be exactly one of.
pub(super) fn check(books: &Ledgers<'_>, findings: &mut Findings) {
    let mut successes: BTreeMap<&str, u64> = BTreeMap::new();
    let mut beginnings: BTreeMap<&str, u64> = BTreeMap::new();
    for event in &books.recorded.events {
        match event.kind.as_str() {
            "PAYMENT_SUCCEEDED" | "LATE_SUCCESS" => *successes.entry(&event.payment).or_default() += 1,
            "PAYMENT_CREATED" => *beginnings.entry(&event.payment).or_default() += 1,
            _ => {}
        }
    }
    let complete = complete(books);
    for (id, payment) in &books.recorded.payments {
        let expected = u64::from(complete.contains(id.as_str()));
        let found = successes.get(id.as_str()).copied().unwrap_or(0);
        if found != expected {
            let what =
                format!("{} ({}): {found} success events, not {expected}", payment.order, payment.status);
            findings.add(Wrong::EventCount, what);
        }
        let begun = beginnings.get(id.as_str()).copied().unwrap_or(0);
        if begun != 1 {
            findings.add(Wrong::EventCount, format!("{}: was created {begun} times", payment.order));
        }
    }
}

/// The payments that succeeded, by the processor's books: captured in full or finally at some time, or
/// registered.
fn complete<'a>(books: &'a Ledgers<'_>) -> BTreeSet<&'a str> {
    let charged = books.processor.payments.values().filter(|payment| payment.was_complete);
    let mut complete: BTreeSet<&str> =
        charged.filter_map(|payment| books.orders.get(payment.order.as_str()).copied()).collect();
    for entry in &books.processor.entries {
        if entry.operation.kind == Kind::Register && entry.operation.status == Status::Succeeded {
            let attempt = super::attempt_of(entry).and_then(|id| books.recorded.attempts.get(&id));
            complete.extend(attempt.map(|attempt| attempt.payment.as_str()));
        }
    }
    complete
}
