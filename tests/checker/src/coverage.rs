//! What a run reached. A "0 of N" says nothing without it.

use std::collections::BTreeMap;
use std::fmt::Display;

use crate::database::Recorded;
use crate::log::{Outcome, Told};
use crate::processor::Processor;

/// Counts of everything that was reached, by topic.
#[derive(Debug, Default, Clone)]
pub(crate) struct Coverage {
    topics: Vec<(&'static str, BTreeMap<String, u64>)>,
}

impl Coverage {
    pub(crate) fn of(
        processor: &Processor,
        told: &[Told],
        recorded: &Recorded,
        losses: BTreeMap<String, u64>,
    ) -> Self {
        let (payments, attempts) = (recorded.payments.values(), recorded.attempts.values());
        let settled_by = |attempt: &crate::database::Attempt| attempt.settled_by.clone();
        let faults = processor.faults().into_iter();
        let notices = processor.notices().into_iter();
        let mut deliveries: BTreeMap<String, u64> =
            notices.map(|(notice, count)| (format!("{notice:?}"), count)).collect();
        deliveries.insert("acknowledged".to_owned(), processor.acknowledged());
        let books = processor.books();
        let entries = books.entries.iter();
        let mut effects = counted(
            entries.map(|entry| format!("{} {:?}", entry.operation.kind.name(), entry.operation.status)),
        );
        effects.insert("replays".to_owned(), books.replays);
        let topics = vec![
            ("requests", counted(told.iter().map(|told| format!("{} {}", told.kind.name(), outcome(told))))),
            ("seen by clients", counted(told.iter().filter_map(seen))),
            (
                "tries above one",
                counted(told.iter().filter(|told| told.tries > 1).map(|told| told.kind.name())),
            ),
            ("no answers", losses),
            ("payments", counted(payments.map(|payment| format!("{} {}", payment.kind, payment.status)))),
            ("attempts", counted(attempts.clone().map(|a| format!("{} {}", a.operation, a.status)))),
            ("settled by", counted(attempts.filter_map(settled_by))),
            ("events", counted(recorded.events.iter().map(|event| &event.kind))),
            ("processor", effects),
            (
                "faults",
                faults.map(|((kind, fault), count)| (format!("{} {fault:?}", kind.name()), count)).collect(),
            ),
            ("notifications", deliveries),
        ];
        Self { topics }
    }

    /// How often something of a topic was reached.
    pub(crate) fn count(&self, topic: &str, what: &str) -> u64 {
        let found = self.topics.iter().find(|(name, _)| *name == topic);
        found.and_then(|(_, counts)| counts.get(what).copied()).unwrap_or(0)
    }

    /// One line for each topic.
    pub(crate) fn lines(&self) -> Vec<String> {
        let line = |(topic, counts): &(&str, BTreeMap<String, u64>)| {
            let counts: Vec<String> = counts.iter().map(|(what, count)| format!("{what} {count}")).collect();
            format!("{topic}: {}", counts.join(", "))
        };
        self.topics.iter().map(line).collect()
    }
}

fn counted(items: impl Iterator<Item = impl Display>) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for item in items {
        *counts.entry(item.to_string()).or_default() += 1;
    }
    counts
}

fn outcome(told: &Told) -> String {
    match &told.outcome {
        Outcome::Accepted(_) => "accepted".to_owned(),
        Outcome::Refused(codes) => format!("refused {}", codes.join("+")),
        Outcome::Unanswered => "unanswered".to_owned(),
    }
}

fn seen(told: &Told) -> Option<&str> {
    match &told.outcome {
        Outcome::Accepted(seen) => Some(&seen.status),
        Outcome::Refused(_) | Outcome::Unanswered => None,
    }
}
