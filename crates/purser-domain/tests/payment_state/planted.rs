//! Whether the histories would notice: the model is given each bug of its own, then the code is.

use proptest::strategy::ValueTree;
use purser_domain::payment::attempt::{Attempt, AttemptStatus};
use purser_domain::payment::event::EventKind;
use purser_domain::payment::state::{Change, Observation, Outlook, apply};
use purser_domain::payment::{Payment, PaymentStatus};
use purser_types::id::AttemptId;

use super::histories::{histories, play};
use super::table::{Row, rows};
use super::world::{Apply, SUBJECT, Step, Terms};

/// A row that is missing from the table is a transition that is not allowed: the first history that
/// follows it must be refused.
#[test]
fn a_row_removed_from_the_table_is_noticed() {
    let mut missing: Vec<Row> = rows();
    let mut noticed = 0;
    for (terms, steps) in histories().map(|tree| tree.current()) {
        let Ok(fired) = play(&rows(), SUBJECT, &terms, &steps) else { panic!("the table is complete") };
        let (now, later) = missing.into_iter().partition(|row| fired.contains_key(row));
        missing = later;
        for row in now {
            let others: Vec<Row> = rows().into_iter().filter(|other| *other != row).collect();
            let outcome = play(&others, SUBJECT, &terms, &steps);
            assert!(outcome.is_err(), "nobody noticed that {row:?} is missing");
            noticed += 1;
        }
        if missing.is_empty() {
            break;
        }
    }

    println!("{noticed} of {} rows removed, one at a time, and noticed", rows().len());
    assert_eq!(missing, Vec::<Row>::new());
}

type Args<'a> = (&'a Payment, &'a [Attempt], AttemptId, &'a Observation, Outlook);

fn honest((payment, attempts, id, observation, outlook): Args<'_>) -> Option<Change> {
    apply(payment, attempts, id, observation, outlook)
}

fn status(attempts: &[Attempt], id: AttemptId) -> Option<AttemptStatus> {
    attempts.iter().find(|attempt| attempt.id == id).map(|attempt| attempt.status)
}

/// The code under test with one bug each.
const BUGS: &[(&str, Apply)] = &[
    ("another currency or reference is a success", |payment, attempts, id, observation, outlook| {
        let observation = match observation {
            Observation::Done { minor, .. } => {
                Observation::Done { minor: *minor, is_same_currency: true, is_same_reference: true }
            }
            other => other.clone(),
        };
        honest((payment, attempts, id, &observation, outlook))
    }),
    ("a late success is ignored", |payment, attempts, id, observation, outlook| {
        let is_refused = status(attempts, id).is_some_and(AttemptStatus::is_refusal);
        honest((payment, attempts, id, observation, outlook)).filter(|_| !is_refused)
    }),
    ("a second success is counted again", |payment, attempts, id, observation, outlook| {
        let reopened: Vec<Attempt> = attempts
            .iter()
            .cloned()
            .map(|attempt| Attempt { status: AttemptStatus::Started, ..attempt })
            .collect();
        let is_done = status(attempts, id) == Some(AttemptStatus::Succeeded);
        let attempts = if is_done { &reopened } else { attempts };
        honest((payment, attempts, id, observation, outlook))
    }),
    (
        "a success after the customer canceled takes the payment",
        |payment, attempts, id, observation, outlook| {
            let is_canceled = payment.status == PaymentStatus::Canceled;
            let status = if is_canceled { PaymentStatus::Processing } else { payment.status };
            let payment = Payment { status, ..payment.clone() };
            honest((&payment, attempts, id, observation, outlook))
        },
    ),
    ("a sibling's money is not given back", |payment, attempts, id, observation, outlook| {
        let change = honest((payment, attempts, id, observation, outlook))?;
        Some(Change { give_back: false, ..change })
    }),
    ("a refusal keeps what was set aside", |payment, attempts, id, observation, outlook| {
        let change = honest((payment, attempts, id, observation, outlook))?;
        let amounts = if change.attempt.is_refusal() { payment.amounts } else { change.amounts };
        Some(Change { amounts, ..change })
    }),
    ("a success forgets what was set aside", |payment, attempts, id, observation, outlook| {
        let mut change = honest((payment, attempts, id, observation, outlook))?;
        change.amounts.capture_pending = payment.amounts.capture_pending;
        Some(change)
    }),
    ("a final capture does not release the rest", |payment, attempts, id, observation, outlook| {
        let mut change = honest((payment, attempts, id, observation, outlook))?;
        change.is_final_captured = false;
        Some(change)
    }),
    ("the ledger misses what moved", |payment, attempts, id, observation, outlook| {
        let change = honest((payment, attempts, id, observation, outlook))?;
        Some(Change { transfers: Vec::new(), ..change })
    }),
    ("success is reported twice", |payment, attempts, id, observation, outlook| {
        let change = honest((payment, attempts, id, observation, outlook))?;
        let is_back = change.event == Some(EventKind::PaymentPartiallyRefunded);
        let event = if is_back { Some(EventKind::PaymentSucceeded) } else { change.event };
        Some(Change { event, ..change })
    }),
    ("doubt ends the payment", |payment, attempts, id, observation, outlook| {
        let change = honest((payment, attempts, id, observation, outlook))?;
        let is_pending = change.status == PaymentStatus::Pending;
        Some(Change { status: if is_pending { PaymentStatus::Failed } else { change.status }, ..change })
    }),
    ("an unknown attempt has failed", |payment, attempts, id, observation, outlook| {
        let is_unknown = *observation == Observation::NotFound;
        let observation = if is_unknown { &Observation::NothingHappened } else { observation };
        honest((payment, attempts, id, observation, outlook))
    }),
];

#[test]
fn a_bug_planted_in_the_code_is_noticed() {
    let histories: Vec<(Terms, Vec<Step>)> = histories().map(|tree| tree.current()).collect();
    for (name, bug) in BUGS {
        let is_noticed = |(terms, steps): &(Terms, Vec<Step>)| play(&rows(), *bug, terms, steps).is_err();
        let first = histories.iter().position(is_noticed);

        println!("{name}: noticed by history {first:?}");
        assert!(first.is_some(), "nobody noticed that {name}");
    }
}
