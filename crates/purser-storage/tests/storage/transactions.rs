//! What a transaction keeps, and when it does not.

use purser_storage::{Constraint, Error, containers, payments, tenants};

use crate::database::on_each_engine;
use crate::world::{World, eur, operator, scope};

#[tokio::test]
async fn a_dropped_transaction_changes_nothing_and_frees_its_lock() {
    on_each_engine(async |world: &World| {
        let before = world.database.dump().await;
        for _ in 0..3 {
            let write = world.begin().await;
            let tenant = world.child_of(&world.market, "shop");
            tenants::insert(&write, &operator(), &tenant).await.expect("stored");
            assert!(tenants::by_slug(&write, &operator(), "shop").await.expect("an answer").is_some());
            assert!(tenants::by_slug(world.store(), &operator(), "shop").await.expect("none").is_none());
            drop(write);
        }

        assert_eq!(world.database.dump().await, before);
    })
    .await;
}

#[tokio::test]
async fn a_dropped_task_rolls_back_in_the_middle() {
    on_each_engine(async |world: &World| {
        let before = world.database.dump().await;
        let store = world.store().clone();
        let tenant = world.child_of(&world.market, "shop");
        let (stored, wait) = tokio::sync::oneshot::channel();
        let task = tokio::spawn(async move {
            let write = store.begin().await.expect("a transaction");
            tenants::insert(&write, &operator(), &tenant).await.expect("stored");
            stored.send(()).expect("somebody waits");
            std::future::pending::<()>().await;
            write.commit().await.expect("never");
        });
        wait.await.expect("stored");

        task.abort();
        assert!(task.await.expect_err("aborted").is_cancelled());

        // The next one needs the same lock.
        let write = world.begin().await;
        tenants::lock_tree(&write, world.market.id).await.expect("the lock");
        write.commit().await.expect("a commit");
        assert_eq!(world.database.dump().await, before);
    })
    .await;
}

#[tokio::test]
async fn a_transaction_with_a_failed_statement_cannot_be_committed() {
    on_each_engine(async |world: &World| {
        let write = world.begin().await;
        let shop = world.child_of(&world.market, "shop");
        tenants::insert(&write, &operator(), &shop).await.expect("stored");
        let twin = world.child_of(&world.market, "shop");
        let refused = tenants::insert(&write, &operator(), &twin).await.expect_err("refused");
        assert!(matches!(refused, Error::Conflict(Constraint::TenantSlug)), "{refused:?}");

        let commit = write.commit().await.expect_err("refused");

        assert_eq!(commit.to_string(), "committing a transaction: a statement of it has failed");
        assert!(tenants::by_slug(world.store(), &operator(), "shop").await.expect("none").is_none());
    })
    .await;
}

#[tokio::test]
async fn statements_are_counted_and_the_frame_of_a_transaction_is_not() {
    on_each_engine(async |world: &World| {
        let count = || world.store().statements();
        let partner = scope(&world.partner);

        let before = count();
        containers::find(world.store(), &partner, world.customers.id).await.expect("an answer");
        assert_eq!(count() - before, 1);

        let before = count();
        let write = world.begin().await;
        let payment = world.payment_of(&world.partner, "t-1", eur(100));
        payments::insert(&write, &partner, &payment).await.expect("stored");
        write.commit().await.expect("a commit");
        drop(world.begin().await);
        assert_eq!(count() - before, 1);
    })
    .await;
}

#[tokio::test]
async fn a_database_that_is_not_there_is_unavailable() {
    let open = async |url: &str| {
        let options =
            purser_storage::StoreOptions { url: url.to_owned(), read_connections: 1, write_connections: 1 };
        purser_storage::Store::open(&options).await.err().expect("refused")
    };

    for url in ["mysql://localhost/purser", "sqlite::memory:", "sqlite:/nowhere/at/all/purser.db"] {
        let error = open(url).await;
        assert!(matches!(error, Error::Unavailable { doing: "opening the database", .. }), "{error:?}");
    }
}
