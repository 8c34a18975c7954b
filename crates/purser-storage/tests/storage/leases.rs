//! What is due is taken by one worker at a time, the oldest first, and given back by time.

use std::collections::HashSet;
use std::sync::Arc;

use purser_domain::payment::attempt::{Attempt, AttemptStatus};
use purser_domain::payment::{Amounts, Payment, PaymentStatus};
use purser_storage::notifications::{self, Notification};
use purser_storage::payments;
use purser_types::Timestamp;
use purser_types::id::AttemptId;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::database::on_each_engine;
use crate::world::{World, eur, operator, scope};

const fn at(micros: i64) -> Timestamp {
    Timestamp::from_unix_micros(micros)
}

/// A payment with an attempt that is to be looked at when the clock shows `micros`.
async fn due(world: &World, name: &str, micros: i64) -> AttemptId {
    due_with(world, name, micros, |_| {}).await
}

async fn due_with(world: &World, name: &str, micros: i64, change: impl FnOnce(&mut Attempt)) -> AttemptId {
    let payment = world.payment_of(&world.partner, name, eur(100));
    let attempt = world.attempt_of(&payment, 1, "SALE");
    let mut attempt = Attempt { status: AttemptStatus::Unknown, next_check_at: Some(at(micros)), ..attempt };
    change(&mut attempt);
    world.stored_payment(&payment, &attempt, &world.partner).await;
    attempt.id
}

async fn take(world: &World, now: i64, until: i64, limit: u32) -> Vec<AttemptId> {
    let due = payments::lease_due_attempts(world.store(), &operator(), at(now), at(until), limit).await;
    due.expect("an answer").into_iter().map(|due| due.attempt.id).collect()
}

#[tokio::test]
async fn attempts_are_taken_the_oldest_first_until_their_lease_ends() {
    on_each_engine(async |world: &World| {
        let late = due(world, "t-1", 30).await;
        let early = due(world, "t-2", 10).await;
        let middle = due(world, "t-3", 20).await;
        due(world, "t-4", 1_000).await;

        assert_eq!(take(world, 9, 50, 10).await, []);
        assert_eq!(take(world, 40, 50, 2).await, [early, middle]);
        assert_eq!(take(world, 41, 51, 2).await, [late]);
        assert_eq!(take(world, 42, 52, 2).await, []);
        assert_eq!(take(world, 50, 90, 10).await, [early, middle]);

        let partner = scope(&world.partner);
        let found = payments::attempt(world.store(), &partner, early).await.expect("an answer");
        assert_eq!(found.expect("an attempt").checks, 0);
        assert!(payments::reschedule(world.store(), &partner, early, Some(at(60)), 3).await.expect("so"));
        assert_eq!(take(world, 59, 90, 10).await, [late]);
        assert_eq!(take(world, 61, 90, 10).await, [early]);
        assert_eq!(take(world, 91, 99, 10).await, [middle, late, early]);
    })
    .await;
}

#[tokio::test]
async fn nobody_forgets_an_attempt_about_which_no_operator_was_asked() {
    on_each_engine(async |world: &World| {
        let open = due(world, "t-1", 10).await;
        let surplus = due_with(world, "t-2", 20, |attempt| {
            attempt.status = AttemptStatus::Succeeded;
            attempt.finished_at = Some(at(1));
            attempt.is_surplus = true;
        });
        let surplus = surplus.await;
        let asked = due_with(world, "t-3", 30, |attempt| attempt.review = Some("integrity".to_owned())).await;
        let partner = scope(&world.partner);
        for (id, is_left) in [(open, false), (surplus, false), (asked, true)] {
            let left = payments::reschedule(world.store(), &partner, id, None, 1).await;
            assert_eq!(left.expect("an answer"), is_left);
        }

        assert_eq!(take(world, 40, 50, 10).await, [open, surplus]);
    })
    .await;
}

/// Six workers of two nodes empty a list together.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_row_is_given_to_two_workers() {
    on_each_engine(async |world: &World| {
        const ROWS: usize = 120;
        const WORKERS: usize = 6;
        for n in 0..ROWS {
            due(world, &format!("t-{n}"), 10).await;
        }
        let nodes = [world.store().clone(), world.database.another_node().await];
        let barrier = Arc::new(Barrier::new(WORKERS));
        let mut workers = JoinSet::new();
        for worker in 0..WORKERS {
            let (store, barrier) = (nodes[worker % 2].clone(), Arc::clone(&barrier));
            workers.spawn(async move {
                barrier.wait().await;
                let mut taken = Vec::new();
                loop {
                    let due = payments::lease_due_attempts(&store, &operator(), at(20), at(90), 7).await;
                    let due = due.expect("an answer");
                    assert!(due.len() <= 7, "{}", due.len());
                    if due.is_empty() {
                        return taken;
                    }
                    taken.extend(due.into_iter().map(|due| due.attempt.id));
                }
            });
        }
        let taken: Vec<AttemptId> = workers.join_all().await.into_iter().flatten().collect();

        // A worker that only met rows that others were just taking ends early; the last one does not.
        let left = take(world, 20, 90, 1_000).await;
        assert_eq!(taken.len() + left.len(), ROWS);
        assert_eq!(taken.iter().chain(&left).collect::<HashSet<_>>().len(), ROWS);
    })
    .await;
}

async fn stored(world: &World, name: &str, change: impl FnOnce(&mut Payment)) -> Payment {
    let mut payment = world.payment_of(&world.partner, name, eur(100));
    change(&mut payment);
    let write = world.begin().await;
    payments::insert(&write, &scope(&world.partner), &payment).await.expect("stored");
    write.commit().await.expect("a commit");
    payment
}

#[tokio::test]
async fn payments_are_taken_for_their_capture_or_their_end_as_their_state_says() {
    on_each_engine(async |world: &World| {
        let authorized = Amounts { authorized: 100, ..Amounts::requested(eur(100)) };
        let both = |status, amounts| {
            move |payment: &mut Payment| {
                (payment.capture_at, payment.expires_at) = (Some(at(20)), Some(at(10)));
                (payment.status, payment.amounts) = (status, amounts);
            }
        };
        let capturing = Amounts { capture_pending: 1, ..authorized };
        let captured = Amounts { captured: 100, ..authorized };
        let reserved = stored(world, "t-1", both(PaymentStatus::Authorized, authorized)).await;
        stored(world, "t-2", both(PaymentStatus::Authorized, capturing)).await;
        stored(world, "t-3", both(PaymentStatus::Succeeded, captured)).await;
        let waiting =
            stored(world, "t-4", both(PaymentStatus::AwaitingInstrument, Amounts::requested(eur(100)))).await;
        let acting =
            stored(world, "t-5", both(PaymentStatus::RequiresAction, Amounts::requested(eur(100)))).await;
        stored(world, "t-6", both(PaymentStatus::Pending, Amounts::requested(eur(100)))).await;
        stored(world, "t-7", |payment| payment.status = PaymentStatus::Authorized).await;
        let store = world.store();

        let captures = async |now| {
            payments::lease_due_captures(store, &operator(), at(now), at(90), 10).await.expect("an answer")
        };
        assert_eq!(captures(19).await, []);
        assert_eq!(captures(20).await, [reserved]);
        assert_eq!(captures(21).await, []);
        let expiries = async |limit| {
            payments::lease_due_expiries(store, &operator(), at(10), at(90), limit).await.expect("an answer")
        };
        assert_eq!(expiries(1).await, [waiting]);
        assert_eq!(expiries(5).await, [acting]);
        assert_eq!(expiries(5).await, []);
    })
    .await;
}

/// What is done or off is due no more, by the change itself.
#[tokio::test]
async fn a_change_takes_a_payment_out_of_what_is_due() {
    on_each_engine(async |world: &World| {
        let before = stored(world, "t-1", |payment| {
            (payment.status, payment.expires_at) = (PaymentStatus::AwaitingInstrument, Some(at(10)));
        })
        .await;
        let after = Payment { status: PaymentStatus::Canceled, ..before.clone() };
        let record = payments::PaymentRecord {
            before: &before,
            after: &after,
            attempt: None,
            events: &[],
            total_delta: None,
            now: at(5),
        };
        assert!(
            payments::record_alone(world.store(), &scope(&world.partner), &record).await.expect("recorded")
        );

        let due = payments::lease_due_expiries(world.store(), &operator(), at(99), at(100), 10).await;

        assert_eq!(due.expect("an answer"), []);
        assert_eq!(world.database.number("SELECT count(*) AS it FROM payment WHERE due_at IS NULL").await, 1);
    })
    .await;
}

async fn notification(world: &World, key: &str, micros: i64) -> Notification {
    let connector = world.stored_connector(&world.partner, key).await;
    Notification {
        id: world.mint(),
        connector_id: connector.id,
        tenant_id: world.partner.id,
        environment: connector.environment,
        dedupe_key: key.to_owned(),
        event_type: "payment.succeeded".to_owned(),
        sealed: b"sealed".to_vec(),
        received_at: at(1),
        next_try_at: Some(at(micros)),
        tries: 0,
        done_at: None,
        failure: None,
    }
}

#[tokio::test]
async fn notifications_are_stored_once_and_taken_until_they_are_done() {
    on_each_engine(async |world: &World| {
        let (store, partner) = (world.store(), scope(&world.partner));
        let late = notification(world, "n-1", 20).await;
        let early = notification(world, "n-2", 10).await;
        for notification in [&late, &early] {
            assert!(notifications::insert(store, &partner, notification).await.expect("stored"));
        }
        let before = world.database.dump().await;
        let twin = Notification { id: world.mint(), ..late.clone() };
        assert!(!notifications::insert(store, &partner, &twin).await.expect("a duplicate"));
        for tenant in [&world.owner, &world.stranger] {
            let foreign = Notification { tenant_id: tenant.id, dedupe_key: "n-3".to_owned(), ..twin.clone() };
            notifications::insert(store, &scope(tenant), &foreign).await.expect_err("of another's connector");
            notifications::insert(store, &scope(tenant), &twin).await.expect_err("of another tenant");
            assert!(!notifications::finish(store, &scope(tenant), late.id, at(9)).await.expect("none"));
            assert!(
                !notifications::give_back(store, &scope(tenant), late.id, None, "x").await.expect("none")
            );
        }
        assert_eq!(world.database.dump().await, before);

        let take = async |now, until| {
            notifications::lease_due(store, &operator(), at(now), at(until), 10).await.expect("an answer")
        };
        let tried = |notification: &Notification, tries| Notification { tries, ..notification.clone() };
        assert_eq!(take(30, 40).await, [tried(&early, 1), tried(&late, 1)]);
        assert_eq!(take(39, 49).await, []);
        assert!(notifications::finish(store, &partner, early.id, at(35)).await.expect("done"));
        assert!(notifications::give_back(store, &partner, late.id, Some(at(50)), "odd").await.expect("so"));
        let again =
            Notification { next_try_at: Some(at(50)), failure: Some("odd".to_owned()), ..tried(&late, 2) };
        assert_eq!(take(50, 60).await, [again]);
        assert!(notifications::give_back(store, &partner, late.id, None, "given up").await.expect("so"));
        assert!(!notifications::give_back(store, &partner, early.id, Some(at(1)), "x").await.expect("done"));
        assert_eq!(take(99, 100).await, []);
    })
    .await;
}
