//! Changes that are written alone, by many at a time and by writers that go away.

use std::sync::Arc;

use purser_domain::payment::{Amounts, Payment, PaymentStatus};
use purser_storage::payments::{self, PaymentRecord};
use purser_storage::{Engine, Store};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::database::on_each_engine;
use crate::records::LATER;
use crate::world::{World, eur, scope};

const WRITERS: usize = 24;

async fn stored(world: &World) -> Payment {
    let amounts = Amounts { authorized: 1_000, ..Amounts::requested(eur(1_000)) };
    let payment = world.payment_of(&world.partner, "t-1", eur(1_000));
    let payment = Payment { status: PaymentStatus::Authorized, amounts, ..payment };
    let write = world.begin().await;
    payments::insert(&write, &scope(&world.partner), &payment).await.expect("stored");
    write.commit().await.expect("a commit");
    payment
}

fn more_captured(before: &Payment, minor: i64) -> Payment {
    let amounts = Amounts { captured: before.amounts.captured + minor, ..before.amounts };
    Payment { amounts, ..before.clone() }
}

fn record<'a>(before: &'a Payment, after: &'a Payment) -> PaymentRecord<'a> {
    PaymentRecord { before, after, attempt: None, events: &[], total_delta: None, now: LATER }
}

/// Reads, adds one, writes, and begins again until it held.
async fn add_one(store: &Store, world_scope: purser_domain::Scope, id: purser_types::id::PaymentId) {
    loop {
        let before = payments::find(store, &world_scope, id).await.expect("an answer").expect("a payment");
        let after = more_captured(&before, 1);
        if payments::record_alone(store, &world_scope, &record(&before, &after)).await.expect("an answer") {
            return;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_change_of_many_writers_of_two_nodes_is_lost() {
    on_each_engine(async |world: &World| {
        let payment = stored(world).await;
        let nodes = [world.store().clone(), world.database.another_node().await];
        let barrier = Arc::new(Barrier::new(WRITERS));
        let mut writers = JoinSet::new();
        for writer in 0..WRITERS {
            let (store, barrier) = (nodes[writer % 2].clone(), Arc::clone(&barrier));
            let (scope, id) = (scope(&world.partner), payment.id);
            writers.spawn(async move {
                barrier.wait().await;
                add_one(&store, scope, id).await;
            });
        }
        writers.join_all().await;

        let found =
            payments::find(world.store(), &scope(&world.partner), payment.id).await.expect("an answer");
        let found = found.expect("a payment");
        let expected = i64::try_from(WRITERS).expect("few");
        assert_eq!((found.amounts.captured, i64::from(found.version)), (expected, 1 + expected));
        let ledger = "SELECT CAST(sum(minor) AS bigint) AS it FROM ledger_transfer";
        assert_eq!(world.database.number(ledger).await, expected);
        let gaps = format!(
            "SELECT {expected} - count(DISTINCT position) AS it FROM ledger_transfer \
             WHERE position BETWEEN 1 AND {expected}"
        );
        assert_eq!(world.database.number(&gaps).await, 0);
    })
    .await;
}

/// A writer that waits for a lock goes away: its connection goes with it, and the next writer gets another
/// one that is in no transaction.
#[tokio::test]
async fn a_writer_that_goes_away_leaves_nothing_behind() {
    on_each_engine(async |world: &World| {
        let partner = scope(&world.partner);
        let payment = stored(world).await;
        let after = more_captured(&payment, 1);
        // The connection is there and used.
        assert!(
            payments::record_alone(world.store(), &partner, &record(&payment, &after)).await.expect("done")
        );
        let second = Payment { version: 2, ..after };
        let third = more_captured(&second, 1);
        let lock = world.begin().await;
        payments::find_with_lock(&lock, &partner, payment.id).await.expect("an answer").expect("a payment");

        let (store, scope_of_it) = (world.store().clone(), partner);
        let (before, after) = (second.clone(), third.clone());
        let writer = tokio::spawn(async move {
            payments::record_alone(&store, &scope_of_it, &record(&before, &after)).await.map(drop)
        });
        if world.store().engine() == Engine::Postgres {
            let waiting = "SELECT count(*) AS it FROM pg_stat_activity WHERE wait_event_type = 'Lock' \
                           AND application_name = 'purser-write' AND datname = current_database()";
            while world.database.number(waiting).await == 0 {
                tokio::task::yield_now().await;
            }
        }
        writer.abort();
        let _ended = writer.await;
        drop(lock);

        // Whether the statement of the one that went away was done is open; one of the two is.
        let done = payments::record_alone(world.store(), &partner, &record(&second, &third)).await;
        done.expect("an answer");
        let found = payments::find(world.store(), &partner, payment.id).await.expect("an answer");
        let found = found.expect("a payment");
        assert_eq!((found.amounts.captured, found.version), (2, 3));
    })
    .await;
}

/// A server that restarts, or an operator, ends connections while nobody uses them.
#[tokio::test]
async fn a_lost_connection_is_made_anew() {
    on_each_engine(async |world: &World| {
        if world.store().engine() == Engine::Sqlite {
            return;
        }
        let partner = scope(&world.partner);
        let mut payment = stored(world).await;
        for _ in 0..2 {
            let after = more_captured(&payment, 1);
            assert!(
                payments::record_alone(world.store(), &partner, &record(&payment, &after))
                    .await
                    .expect("done")
            );
            payment = Payment { version: payment.version + 1, ..after };
            let ended = "SELECT count(pg_terminate_backend(pid)) AS it FROM pg_stat_activity \
                         WHERE application_name = 'purser-write' AND datname = current_database()";
            assert_eq!(world.database.number(ended).await, 1);
        }
        let state = "SELECT count(*) AS it FROM pg_stat_activity WHERE state LIKE 'idle in transaction%' \
                     AND datname = current_database()";
        assert_eq!(world.database.number(state).await, 0);
    })
    .await;
}

/// Benchmarks send the same text without telling the types of its parameters.
#[tokio::test]
async fn the_hot_write_can_be_prepared_by_its_text_alone() {
    on_each_engine(async |world: &World| {
        if world.store().engine() == Engine::Postgres {
            world.database.tamper(&format!("PREPARE hot AS {}", payments::hot_write_sql())).await;
        }
    })
    .await;
}
