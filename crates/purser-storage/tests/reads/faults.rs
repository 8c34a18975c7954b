//! What goes wrong is told apart: a row that cannot be read, a connection that was lost.

use purser_storage::read::{self, PaymentFilter};
use purser_storage::{Error, Store, StoreOptions};

use crate::database::{databases, statement};
use crate::pages::first;
use crate::world::{OWNER, World};

/// Changes rows behind the back of the store.
async fn tamper(url: &str, text: &str) {
    match url.strip_prefix("sqlite:") {
        Some(path) => {
            let file = rusqlite::Connection::open(path).expect("the file opens");
            file.execute_batch(text).expect("the statement runs");
        }
        None => statement(url, text).await,
    }
}

#[tokio::test]
async fn a_row_that_cannot_be_read_is_named_without_its_content() {
    let world = World::new();
    let scope = world.live(OWNER);
    let cases = [
        ("status = 'sold'", "status"),
        ("status = 'FAILED', currency = 'XXX'", "currency"),
        ("currency = 'EUR', route = '{\"steps\": \"sold\"}'", "route"),
    ];
    for database in databases(&world).await {
        for (change, expected) in cases {
            tamper(&database.url, &format!("UPDATE payment SET {change}")).await;
            let answer = read::payments(&database.store, &scope, &PaymentFilter::default(), first(1)).await;
            let Err(Error::Inconsistent { table, column, row }) = answer else {
                panic!("expected an inconsistent row, found {answer:?}");
            };
            assert_eq!((table, column), ("payment", expected));
            assert!(!row.contains("sold") && !row.contains("XXX"), "{row}");
            assert!(world.payments.iter().any(|payment| row.starts_with(&payment.id.uuid().to_string())));
        }
    }
}

#[tokio::test]
async fn a_read_survives_the_loss_of_its_connection() {
    let world = World::new();
    let scope = world.live(OWNER);
    let databases = databases(&world).await;
    for database in databases.iter().filter(|database| database.url.starts_with("postgres")) {
        let read =
            async || read::payments(&database.store, &scope, &PaymentFilter::default(), first(1)).await;
        let before = read().await.expect("a page");
        for _ in 0..3 {
            let others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                WHERE application_name = 'purser-read' AND datname = current_database()";
            statement(&database.url, others).await;
            assert_eq!(read().await.expect("a page over a new connection"), before);
        }
    }
}

#[tokio::test]
async fn an_address_where_nothing_is_is_unavailable() {
    for url in [
        "sqlite:/nowhere/at/all.sqlite",
        "postgres://nobody@127.0.0.1:1/nothing",
        "postgres://nobody@127.0.0.1:1/nothing?sslmode=sometimes",
        "mysql://nobody@127.0.0.1/nothing",
    ] {
        let options = StoreOptions { url: url.to_owned(), read_connections: 2, write_connections: 1 };
        let opened = Store::open(&options).await.err();
        assert!(matches!(opened, Some(Error::Unavailable { .. })), "{url}: {opened:?}");
    }
}
