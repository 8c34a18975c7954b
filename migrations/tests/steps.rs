//! The changes of the schema, up and down, over rows of before; on SQLite always, and on PostgreSQL if
//! `PURSER_TEST_POSTGRES` names a server (`cargo xtask postgres` starts one).

use std::sync::atomic::{AtomicU32, Ordering};

use purser_migrations::Migrator;
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, Statement};

/// How many changes there were before a payment had a ledger.
const BEFORE_THE_LEDGER: u32 = 15;

static DATABASES: AtomicU32 = AtomicU32::new(0);

async fn on_each_engine(check: impl AsyncFn(&DatabaseConnection)) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path = directory.path().join("purser.db");
    check(&connect(&format!("sqlite:{}?mode=rwc", path.display())).await).await;
    let Ok(server) = std::env::var("PURSER_TEST_POSTGRES") else { return };
    let number = DATABASES.fetch_add(1, Ordering::Relaxed);
    let name = format!("steps_{}_{number}", std::process::id());
    let admin = connect(&server).await;
    admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await.expect("a database");
    let (head, _) = server.rsplit_once('/').expect("a URL with a database");
    check(&connect(&format!("{head}/{name}")).await).await;
}

async fn connect(url: &str) -> DatabaseConnection {
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    Database::connect(options).await.expect("a connection")
}

async fn number(connection: &DatabaseConnection, text: &str) -> i64 {
    let statement = Statement::from_string(connection.get_database_backend(), text);
    let row = connection.query_one_raw(statement).await.expect("an answer").expect("a row");
    row.try_get("", "it").expect("a column `it` with a number")
}

/// A tenant with one payment of 1,000 that was captured for 700 and refunded for 200, and an attempt of it
/// that nobody knows the end of.
async fn store_payment(connection: &DatabaseConnection) {
    let id = match connection.get_database_backend() {
        sea_orm::DbBackend::Sqlite => "x'00000000000000000000000000000001'",
        _ => "'00000000-0000-0000-0000-000000000001'::uuid",
    };
    for text in [
        format!("INSERT INTO tenant VALUES ({id}, NULL, {id}, 'p', 's', 'n', 'ACTIVE', 0, 'EUR', 1, 1, 1)"),
        format!(
            "INSERT INTO payment (id, tenant_id, environment, kind, merchant_transaction_id, status, currency, \
             amount, amount_authorized, amount_captured, amount_capture_pending, amount_refunded, \
             amount_refund_pending, source, initiator, route, metadata, created_at, updated_at, version) \
             VALUES ({id}, {id}, 'SANDBOX', 'DEBIT', 't', 'PARTIALLY_REFUNDED', 'EUR', 1000, 1000, 700, 0, 200, \
             0, 'API', 'CUSTOMER', '{{}}', '{{}}', 5, 6, 3)"
        ),
        format!(
            "INSERT INTO attempt (id, payment_id, tenant_id, position, operation, connector_id, currency, \
             amount, status, started_at) VALUES ({id}, {id}, {id}, 1, 'REFUND', {id}, 'EUR', 100, 'UNKNOWN', 9)"
        ),
    ] {
        connection.execute_unprepared(&text).await.expect("a row");
    }
}

#[tokio::test]
async fn what_was_there_before_gets_a_ledger_and_is_looked_at() {
    on_each_engine(async |connection| {
        Migrator::up(connection, Some(BEFORE_THE_LEDGER)).await.expect("the first changes");
        store_payment(connection).await;

        Migrator::up(connection, None).await.expect("the others");

        let sum = |account: &str| {
            format!(
                "SELECT CAST(coalesce(sum(CASE WHEN credit = '{account}' THEN minor ELSE 0 END) \
                 - sum(CASE WHEN debit = '{account}' THEN minor ELSE 0 END), 0) AS bigint) AS it \
                 FROM ledger_transfer"
            )
        };
        for (account, balance) in
            [("CUSTOMER", -1000), ("RESERVED", 300), ("CAPTURED", 500), ("REFUNDED", 200), ("DISPUTED", 0)]
        {
            assert_eq!(number(connection, &sum(account)).await, balance, "{account}");
        }
        assert_eq!(number(connection, "SELECT amount_original AS it FROM payment").await, 1000);
        let due = "SELECT next_check_at AS it FROM attempt WHERE environment = 'SANDBOX'";
        assert_eq!(number(connection, due).await, 9);
    })
    .await;
}

#[tokio::test]
async fn every_change_can_be_taken_back_and_made_again() {
    on_each_engine(async |connection| {
        Migrator::up(connection, None).await.expect("all changes");

        Migrator::down(connection, None).await.expect("none");
        Migrator::up(connection, None).await.expect("all changes again");

        assert_eq!(number(connection, "SELECT count(*) AS it FROM payment").await, 0);
    })
    .await;
}
