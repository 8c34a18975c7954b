//! The comparison of the four books: what clients were told, what the processor did, what the database has,
//! and which events it published.
//!
//! Nothing here knows how the server works, only what must be true of any server once nothing moves: each
//! thing that was asked for happened at most once; what happened is recorded; what is recorded happened; who
//! was told something was told the truth.

mod amounts;
mod effects;
mod events;
mod told;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::database::{Recorded, hex_of};
use crate::log::Told;
use crate::processor::books::{Books, Entry};
use crate::wire::{Kind, Status};

/// What can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Wrong {
    /// One thing that was asked for happened more than once.
    DoubleCharge,
    /// It happened, and the record does not say so.
    Lost,
    /// It happened, and there is no record of it at all.
    WithoutIntent,
    /// The record says that it happened, and it did not.
    Phantom,
    /// A client was told something of which there is no record.
    Missing,
    /// Nothing was to be done after a refusal, or what was refused had to be accepted.
    WronglyRefused,
    /// Amounts of the record are not those of the processor.
    AmountDiffers,
    /// Transfers do not fold to the amounts.
    LedgerDiffers,
    /// Not exactly one event where there must be one.
    EventCount,
    /// More was captured than authorised, or more refunded than captured.
    TooMuch,
    /// Nobody knows what became of it.
    InDoubt,
    /// It was given to an operator.
    InReview,
    /// A key was used for two requests to the processor.
    KeyReused,
    /// Only its client went away, and it was not carried to its end.
    Abandoned,
    /// A client never got an answer.
    Unanswered,
    /// An answer that no client understands.
    Broken,
}

impl Wrong {
    /// In the order in which they are printed.
    pub(crate) const ALL: [Self; 16] = [
        Self::DoubleCharge,
        Self::Lost,
        Self::WithoutIntent,
        Self::Phantom,
        Self::Missing,
        Self::WronglyRefused,
        Self::AmountDiffers,
        Self::LedgerDiffers,
        Self::EventCount,
        Self::TooMuch,
        Self::InDoubt,
        Self::InReview,
        Self::KeyReused,
        Self::Abandoned,
        Self::Unanswered,
        Self::Broken,
    ];

    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::DoubleCharge => "done twice",
            Self::Lost => "done, not recorded as done",
            Self::WithoutIntent => "done, not recorded at all",
            Self::Phantom => "recorded as done, not done",
            Self::Missing => "acknowledged, missing",
            Self::WronglyRefused => "wrongly refused",
            Self::AmountDiffers => "amounts that differ from the processor's",
            Self::LedgerDiffers => "ledgers that do not fold to the amounts",
            Self::EventCount => "success events missing or twice",
            Self::TooMuch => "captured or refunded too much",
            Self::InDoubt => "in doubt",
            Self::InReview => "given to an operator",
            Self::KeyReused => "keys used for two requests",
            Self::Abandoned => "left half done when the client went away",
            Self::Unanswered => "never answered",
            Self::Broken => "answers that nobody understands",
        }
    }
}

/// What was found to be wrong, with an example of each.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Findings(BTreeMap<Wrong, Vec<String>>);

impl Findings {
    pub(crate) fn add(&mut self, wrong: Wrong, what: String) {
        self.0.entry(wrong).or_default().push(what);
    }

    pub(crate) fn count(&self, wrong: Wrong) -> usize {
        self.0.get(&wrong).map_or(0, Vec::len)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn examples(&self, wrong: Wrong) -> impl Iterator<Item = &String> {
        self.0.get(&wrong).into_iter().flatten()
    }

    /// What is wrong, in a line.
    pub(crate) fn summary(&self) -> String {
        let counted = self.0.iter().map(|(wrong, examples)| format!("{} {}", examples.len(), wrong.words()));
        counted.collect::<Vec<_>>().join(", ")
    }

    pub(crate) fn extend(&mut self, other: Self) {
        for (wrong, examples) in other.0 {
            self.0.entry(wrong).or_default().extend(examples);
        }
    }
}

/// The books, with what connects them.
struct Ledgers<'a> {
    told: &'a [Told],
    processor: &'a Books,
    recorded: &'a Recorded,
    /// The ids of payments by the merchant's id.
    orders: BTreeMap<&'a str, &'a str>,
}

/// Compares the books, when nothing moves any more.
pub(crate) fn compare(told: &[Told], processor: &Books, recorded: &Recorded) -> Findings {
    let orders =
        recorded.payments.iter().map(|(id, payment)| (payment.order.as_str(), id.as_str())).collect();
    let books = Ledgers { told, processor, recorded, orders };
    let mut findings = Findings::default();
    effects::twice(&books, &mut findings);
    effects::recorded(&books, &mut findings);
    effects::done(&books, &mut findings);
    amounts::of_payments(&books, &mut findings);
    amounts::of_ledgers(&books, &mut findings);
    amounts::too_much(&books, &mut findings);
    events::check(&books, &mut findings);
    told::check(&books, &mut findings);
    for _ in 0..processor.keys_reused {
        findings.add(
            Wrong::KeyReused,
            "the processor refused a key that it knew from another request".to_owned(),
        );
    }
    findings
}

/// Whether an entry moved something, or is about to.
fn is_effective(entry: &Entry) -> bool {
    match entry.operation.status {
        Status::Succeeded => true,
        // The money of a capture, a refund or a void is booked when it is accepted.
        Status::Pending => !entry.operation.kind.is_first_step(),
        Status::ActionRequired | Status::Declined => false,
    }
}

/// The id of the attempt that a reference of the processor names.
fn attempt_of(entry: &Entry) -> Option<String> {
    hex_of(&entry.operation.reference)
}

/// Nothing is told of instruments that are forgotten.
fn counts(kind: Kind) -> bool {
    kind != Kind::Deregister
}
