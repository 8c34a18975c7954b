//! Amounts that are set aside never exceed what is there, whoever asks at the same time.

use std::sync::Arc;

use purser_domain::payment::{Amounts, Payment, PaymentStatus};
use purser_storage::payments;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::database::on_each_engine;
use crate::world::{NOW, World, eur, scope};

const TASKS: usize = 20;

#[derive(Clone, Copy)]
enum Follow {
    Capture,
    Refund,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_captures_never_exceed_what_is_authorized() {
    on_each_engine(async |world: &World| {
        let amounts = Amounts { authorized: 100, ..Amounts::requested(eur(100)) };
        let payment = stored(world, PaymentStatus::Authorized, amounts).await;

        assert_eq!(granted(world, &payment, Follow::Capture, 30).await, 3);

        let found = found(world, &payment).await;
        assert_eq!(found.amounts, Amounts { capture_pending: 90, ..amounts });
        assert_eq!(found.version, 4);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_refunds_never_exceed_what_is_captured() {
    on_each_engine(async |world: &World| {
        let amounts = Amounts { authorized: 100, captured: 70, ..Amounts::requested(eur(100)) };
        let payment = stored(world, PaymentStatus::Succeeded, amounts).await;

        assert_eq!(granted(world, &payment, Follow::Refund, 10).await, 7);

        let found = found(world, &payment).await;
        assert_eq!(found.amounts, Amounts { refund_pending: 70, ..amounts });
        assert_eq!(found.version, 8);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_disputed_is_not_refunded_and_a_final_capture_is_the_last() {
    on_each_engine(async |world: &World| {
        let amounts = Amounts { authorized: 100, captured: 70, disputed: 45, ..Amounts::requested(eur(100)) };
        let payment = stored(world, PaymentStatus::PartiallyRefunded, amounts).await;
        assert_eq!(granted(world, &payment, Follow::Refund, 10).await, 2);

        let finally = "UPDATE payment SET status = 'PARTIALLY_CAPTURED', is_final_captured = (1 = 1)";
        world.database.tamper(finally).await;
        assert_eq!(granted(world, &payment, Follow::Capture, 1).await, 0);
    })
    .await;
}

#[tokio::test]
async fn nothing_is_reserved_in_a_state_that_does_not_allow_it_nor_less_than_one() {
    on_each_engine(async |world: &World| {
        let amounts = Amounts { authorized: 100, captured: 50, ..Amounts::requested(eur(100)) };
        let voided = stored(world, PaymentStatus::Voided, amounts).await;
        let before = world.database.dump().await;
        let write = world.begin().await;
        let partner = scope(&world.partner);
        assert!(!payments::reserve_capture(&write, &partner, voided.id, 1, NOW).await.expect("an answer"));
        assert!(!payments::reserve_refund(&write, &partner, voided.id, 1, NOW).await.expect("an answer"));
        write.commit().await.expect("a commit");
        assert_eq!(world.database.dump().await, before);

        world.database.tamper("UPDATE payment SET status = 'PARTIALLY_CAPTURED'").await;
        let before = world.database.dump().await;
        let write = world.begin().await;
        for minor in [0, -1, i64::MIN] {
            let captured = payments::reserve_capture(&write, &partner, voided.id, minor, NOW).await;
            assert!(!captured.expect("an answer"), "{minor}");
            let refunded = payments::reserve_refund(&write, &partner, voided.id, minor, NOW).await;
            assert!(!refunded.expect("an answer"), "{minor}");
        }
        write.commit().await.expect("a commit");
        assert_eq!(world.database.dump().await, before);
    })
    .await;
}

async fn stored(world: &World, status: PaymentStatus, amounts: Amounts) -> Payment {
    let payment = world.payment_of(&world.partner, "t-1", eur(amounts.requested));
    let payment = Payment { status, amounts, ..payment };
    let write = world.begin().await;
    payments::insert(&write, &scope(&world.partner), &payment).await.expect("stored");
    write.commit().await.expect("a commit");
    payment
}

async fn found(world: &World, payment: &Payment) -> Payment {
    let found = payments::find(world.store(), &scope(&world.partner), payment.id).await;
    found.expect("an answer").expect("a payment")
}

/// How many of [`TASKS`] on two nodes that ask at the same time get the amount.
async fn granted(world: &World, payment: &Payment, follow: Follow, minor: i64) -> usize {
    let nodes = [world.store().clone(), world.database.another_node().await];
    let barrier = Arc::new(Barrier::new(TASKS));
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        let (store, barrier) = (nodes[task % 2].clone(), Arc::clone(&barrier));
        let (scope, id) = (scope(&world.partner), payment.id);
        tasks.spawn(async move {
            barrier.wait().await;
            let write = store.begin().await.expect("a transaction");
            let reserved = match follow {
                Follow::Capture => payments::reserve_capture(&write, &scope, id, minor, NOW).await,
                Follow::Refund => payments::reserve_refund(&write, &scope, id, minor, NOW).await,
            };
            write.commit().await.expect("a commit");
            reserved.expect("an answer")
        });
    }
    tasks.join_all().await.into_iter().filter(|reserved| *reserved).count()
}
