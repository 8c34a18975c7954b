//! Each effect once, each effect recorded, each record an effect.

use std::collections::{BTreeMap, BTreeSet};

use super::{Findings, Ledgers, Wrong, attempt_of, counts, is_effective};
use crate::database::hex_of;
use crate::log::Outcome;
use crate::wire::{Kind, Status};

/// Whatever was asked for once and happened more than once. The clients' log is what was asked for.
pub(super) fn twice(books: &Ledgers<'_>, findings: &mut Findings) {
    let mut by_reference: BTreeMap<(&str, Kind), u64> = BTreeMap::new();
    let mut opened: BTreeMap<&str, u64> = BTreeMap::new();
    let mut moved: BTreeMap<(&str, Kind, Option<i64>), i64> = BTreeMap::new();
    for entry in books.processor.entries.iter().filter(|entry| is_effective(entry)) {
        let kind = entry.operation.kind;
        if !counts(kind) {
            continue;
        }
        *by_reference.entry((&entry.operation.reference, kind)).or_default() += 1;
        if kind.is_first_step() {
            *opened.entry(&entry.order).or_default() += 1;
        } else if kind != Kind::Register {
            let minor = entry.operation.amount.as_ref().map(|amount| amount.minor);
            let minor = minor.filter(|_| kind != Kind::Void);
            *moved.entry((&entry.order, kind, minor)).or_default() += 1;
        }
    }
    let again: BTreeSet<_> = by_reference.iter().filter(|(_, count)| **count > 1).collect();
    for ((reference, kind), count) in &again {
        findings
            .add(Wrong::DoubleCharge, format!("{count} × {} under the reference {reference}", kind.name()));
    }
    for (order, count) in opened.iter().filter(|(_, count)| **count > 1) {
        findings.add(Wrong::DoubleCharge, format!("{count} charges for {order}"));
    }
    for told in books.told.iter().filter(|told| !matches!(told.outcome, Outcome::Refused(_))) {
        let minor = told.amount.as_ref().map(|amount| amount.minor);
        if let Some(count) = moved.get_mut(&(told.order.as_str(), told.kind, minor)) {
            *count -= 1;
        }
    }
    if books.told.is_empty() {
        // A run without a log says nothing about what was asked for.
        return;
    }
    for ((order, kind, minor), count) in moved.iter().filter(|(_, count)| **count > 0) {
        let minor = minor.map_or(String::new(), |minor| format!(" of {minor}"));
        let what = format!("{count} × {}{minor} for {order} more than the client asked for", kind.name());
        findings.add(Wrong::DoubleCharge, what);
    }
}

/// Whatever happened must be recorded.
pub(super) fn recorded(books: &Ledgers<'_>, findings: &mut Findings) {
    for entry in books.processor.entries.iter() {
        let kind = entry.operation.kind;
        if entry.operation.status != Status::Succeeded || !counts(kind) {
            continue;
        }
        let name = format!("{} {} for {}", kind.name(), entry.operation.reference, entry.order);
        let Some(attempt) = attempt_of(entry).and_then(|id| books.recorded.attempts.get(&id)) else {
            findings.add(Wrong::WithoutIntent, name);
            continue;
        };
        if attempt.status != "SUCCEEDED" && attempt.review.is_none() {
            findings.add(Wrong::Lost, format!("{name} is {}", attempt.status));
        }
        let Some(amount) = entry.operation.amount.as_ref().filter(|_| kind != Kind::Void) else { continue };
        if (attempt.amount, &attempt.currency) != (amount.minor, &amount.currency) {
            let recorded = format!("{} {}", attempt.amount, attempt.currency);
            let done = format!("{} {}", amount.minor, amount.currency);
            findings.add(Wrong::AmountDiffers, format!("{name}: recorded {recorded}, done {done}"));
        }
    }
}

/// Whatever is recorded must have happened; what is not final must be with somebody.
pub(super) fn done(books: &Ledgers<'_>, findings: &mut Findings) {
    let mut succeeded: BTreeMap<String, Kind> = BTreeMap::new();
    for entry in books.processor.entries.iter() {
        if entry.operation.status == Status::Succeeded
            && let Some(id) = hex_of(&entry.operation.reference)
        {
            succeeded.insert(id, entry.operation.kind);
        }
    }
    for (id, attempt) in &books.recorded.attempts {
        let order =
            books.recorded.payments.get(&attempt.payment).map_or("no payment", |payment| &payment.order);
        let name = format!("{} {id} for {order}", attempt.operation);
        if attempt.review.is_some() {
            findings
                .add(Wrong::InReview, format!("{name}: {}", attempt.review.as_deref().unwrap_or_default()));
        } else if attempt.status == "SUCCEEDED" {
            let kind = succeeded.get(id).map(|kind| kind.name());
            if kind != Some(attempt.operation.as_str()) {
                findings.add(Wrong::Phantom, format!("{name}, the processor has {kind:?}"));
            }
        } else if !attempt.is_final() && attempt.status != "REQUIRES_ACTION" {
            findings.add(Wrong::InDoubt, format!("{name} is {}", attempt.status));
        }
    }
}
