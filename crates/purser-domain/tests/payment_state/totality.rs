//! Every state with every observation, whether or not anything leads there: nothing leaves the table.

use std::collections::BTreeSet;

use purser_connector::{DeclineCode, OperationKind};
use purser_domain::payment::attempt::{Attempt, AttemptStatus};
use purser_domain::payment::ledger::{self, Balances};
use purser_domain::payment::state::{self, Observation, Outlook};
use purser_domain::payment::{Amounts, Payment, PaymentKind, PaymentStatus};

use super::table::rows;
use super::world::{Terms, action, attempt, decline, done, payment};

/// A payment of 100 in a state, with amounts that fit it: authorized, captured, refunded, disputed.
fn at(kind: PaymentKind, status: PaymentStatus, running: i64) -> Payment {
    let terms = Terms { kind, minor: 100, commits_max: 2, minimum: Some(10), takes_less: true };
    let mut payment = Payment { status, commits: 1, ..payment(&terms) };
    let [authorized, captured, refunded, disputed] = match status {
        PaymentStatus::Authorized => [100, 0, 0, 0],
        PaymentStatus::PartiallyAuthorized => [60, 0, 0, 0],
        PaymentStatus::PartiallyCaptured => [100, 40, 0, 0],
        PaymentStatus::Succeeded => [100, 100, 0, 0],
        PaymentStatus::PartiallyRefunded => [100, 100, 30, 0],
        PaymentStatus::Refunded => [100, 100, 100, 0],
        PaymentStatus::Disputed | PaymentStatus::ChargedBack => [100, 80, 10, 40],
        _ => [0, 0, 0, 0],
    };
    payment.amounts = Amounts { authorized, captured, refunded, disputed, ..payment.amounts };
    payment.amounts.capture_pending = running.min(payment.amounts.capturable());
    payment.amounts.refund_pending = running.min(payment.amounts.refundable());
    payment
}

fn observations(minor: i64) -> Vec<Observation> {
    vec![
        done(minor),
        done(minor / 2),
        done(minor + 1),
        done(-1),
        done(i64::MAX),
        Observation::Done { minor, is_same_currency: false, is_same_reference: true },
        Observation::Pending,
        Observation::Unknown,
        Observation::NotFound,
        Observation::NothingHappened,
        Observation::Expired,
        Observation::Resumed,
        action(),
        decline(DeclineCode::CardDeclined),
        decline(DeclineCode::InsufficientFunds),
    ]
}

const OUTLOOKS: [Outlook; 4] = [
    Outlook::AnotherAttempt,
    Outlook::CustomerMayChooseAgain,
    Outlook::AmountMayBeLowered,
    Outlook::Exhausted,
];

/// Checks one cell, and returns whether the payment's status changed.
fn check(payment: &Payment, attempt: &Attempt, allowed: &BTreeSet<(&str, &str)>) -> [u32; 2] {
    let mut counts = [0, 0];
    for observation in observations(attempt.amount.minor()) {
        for outlook in OUTLOOKS {
            counts[0] += 1;
            let attempts = std::slice::from_ref(attempt);
            let Some(change) = state::apply(payment, attempts, attempt.id, &observation, outlook) else {
                continue;
            };
            let cell = format!("{} {} {} {observation:?}", payment.status, attempt.operation, attempt.status);
            let step = (payment.status.as_str(), change.status.as_str());
            assert!(step.0 == step.1 || allowed.contains(&step), "{cell}: {step:?}");
            assert!(change.attempt.rank() >= attempt.status.rank(), "{cell}: {}", change.attempt);
            assert!(change.amounts.are_sound(), "{cell}: {:?}", change.amounts);
            let moved = ledger::fold(&change.transfers);
            let (before, after) = (Balances::of(&payment.amounts), Balances::of(&change.amounts));
            assert_eq!((before.captured + moved.captured, moved.sum()), (after.captured, 0), "{cell}");
            counts[1] += u32::from(step.0 != step.1);
        }
    }
    counts
}

#[test]
fn no_state_and_no_observation_leads_out_of_the_table() {
    let allowed: BTreeSet<(&str, &str)> = rows().iter().map(|(from, _, to, _)| (*from, *to)).collect();
    let mut counts = [0, 0];
    for kind in PaymentKind::ALL {
        for status in PaymentStatus::ALL {
            for operation in OperationKind::ALL {
                for told in AttemptStatus::ALL {
                    for minor in [0, 10, 40, 60, 100] {
                        let payment = at(*kind, *status, minor);
                        let attempt = Attempt { status: *told, ..attempt(1, *operation, minor) };
                        let [cells, changed] = check(&payment, &attempt, &allowed);
                        counts = [counts[0] + cells, counts[1] + changed];
                    }
                }
            }
        }
    }

    println!("{} cells, {} of which change the payment's status", counts[0], counts[1]);
    assert!(counts[1] > 1_000, "only {} cells change the status", counts[1]);
}
