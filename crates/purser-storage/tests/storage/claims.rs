//! A key is claimed once, however many claim it at the same time.

use std::sync::Arc;

use purser_domain::{Environment, Scope};
use purser_storage::idempotency::{self, Claim, Claimed};
use purser_storage::{Store, payments};
use purser_types::Timestamp;
use purser_types::id::{Id, PaymentId};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::database::on_each_engine;
use crate::world::{NOW, World, eur, operator, scope, scope_in};

const TWINS: usize = 20;

fn claim_of(id: PaymentId) -> Claim<'static> {
    Claim { operation: "debitPayment", key: "k-1", fingerprint: [1; 32], resource_id: id.uuid(), now: NOW }
}

async fn claim(store: &Store, scope: &Scope, claim: &Claim<'_>) -> Claimed {
    let write = store.begin().await.expect("a transaction");
    let claimed = idempotency::claim(&write, scope, claim).await.expect("an answer");
    write.commit().await.expect("a commit");
    claimed
}

#[tokio::test]
async fn a_key_is_first_then_a_replay_and_reused_for_anything_else() {
    on_each_engine(async |world: &World| {
        let (store, partner) = (world.store(), scope(&world.partner));
        let first = claim_of(world.mint());
        let other = Claim { resource_id: world.mint::<purser_types::id::Payment>().uuid(), ..first };

        assert_eq!(claim(store, &partner, &first).await, Claimed::First);
        let replay = Claimed::Replay { resource_id: first.resource_id };
        assert_eq!(claim(store, &partner, &other).await, replay);
        assert_eq!(claim(store, &partner, &Claim { fingerprint: [2; 32], ..other }).await, Claimed::Reused);

        assert_eq!(
            claim(store, &partner, &Claim { operation: "refundPayment", ..other }).await,
            Claimed::First
        );
        assert_eq!(claim(store, &partner, &Claim { key: "k-2", ..other }).await, Claimed::First);
        assert_eq!(claim(store, &scope(&world.owner), &other).await, Claimed::First);
        let live = scope_in(&world.partner, Environment::Live, NOW);
        assert_eq!(claim(store, &live, &other).await, Claimed::First);
    })
    .await;
}

#[tokio::test]
async fn a_claim_that_is_rolled_back_leaves_no_record() {
    on_each_engine(async |world: &World| {
        let partner = scope(&world.partner);
        let before = world.database.dump().await;
        let write = world.begin().await;
        let claimed = idempotency::claim(&write, &partner, &claim_of(world.mint())).await;
        assert_eq!(claimed.expect("an answer"), Claimed::First);
        drop(write);

        let second = claim_of(world.mint());
        let write = world.begin().await;
        assert_eq!(idempotency::known(&write, &partner, &second).await.expect("none"), None);
        drop(write);
        assert_eq!(world.database.dump().await, before);
        assert_eq!(claim(world.store(), &partner, &second).await, Claimed::First);
    })
    .await;
}

/// Each twin makes a payment if it is the first. Two nodes take part.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_concurrent_twins_exactly_one_is_the_first() {
    on_each_engine(async |world: &World| {
        let nodes = [world.store().clone(), world.database.another_node().await];
        let barrier = Arc::new(Barrier::new(TWINS));
        let mut tasks = JoinSet::new();
        for twin in 0..TWINS {
            let (store, barrier) = (nodes[twin % 2].clone(), Arc::clone(&barrier));
            let payment = world.payment_of(&world.partner, &format!("t-{twin}"), eur(100));
            let scope = scope(&world.partner);
            tasks.spawn(async move {
                barrier.wait().await;
                let write = store.begin().await.expect("a transaction");
                let claimed =
                    idempotency::claim(&write, &scope, &claim_of(payment.id)).await.expect("an answer");
                if claimed == Claimed::First {
                    payments::insert(&write, &scope, &payment).await.expect("stored");
                }
                write.commit().await.expect("a commit");
                (payment.id, claimed)
            });
        }
        let all = tasks.join_all().await;

        let firsts: Vec<_> = all.iter().filter(|(_, claimed)| *claimed == Claimed::First).collect();
        assert_eq!(firsts.len(), 1);
        let replay = Claimed::Replay { resource_id: firsts[0].0.uuid() };
        assert_eq!(all.iter().filter(|(_, claimed)| *claimed == replay).count(), TWINS - 1);
        assert_eq!(world.database.number("SELECT count(*) AS it FROM payment").await, 1);
    })
    .await;
}

#[tokio::test]
async fn old_keys_are_removed_the_oldest_first_and_no_more_than_asked() {
    on_each_engine(async |world: &World| {
        let (store, partner) = (world.store(), scope(&world.partner));
        for (key, at) in [("c", 3), ("a", 1), ("d", 4), ("b", 2)] {
            let now = Timestamp::from_unix_micros(at);
            let made = Claim {
                key,
                now,
                ..claim_of(Id::from_uuid(world.mint::<purser_types::id::Payment>().uuid()))
            };
            assert_eq!(claim(store, &partner, &made).await, Claimed::First);
        }
        let prune = async |before, limit| {
            let before = Timestamp::from_unix_micros(before);
            idempotency::prune(store, &operator(), before, limit).await.expect("an answer")
        };
        let left = async || world.database.texts("SELECT key AS it FROM idempotency ORDER BY key").await;

        assert_eq!(prune(4, 2).await, 2);
        assert_eq!(left().await, ["c", "d"]);
        assert_eq!(prune(4, 2).await, 1);
        assert_eq!(prune(4, 2).await, 0);
        assert_eq!(left().await, ["d"]);
    })
    .await;
}
