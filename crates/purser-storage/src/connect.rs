//! How the pools are opened on each engine.

use std::str::FromStr;
use std::time::Duration;

use sea_orm::{DatabaseConnection, SqlxPostgresConnector, SqlxSqliteConnector};
use sqlx::ConnectOptions;
use sqlx::pool::PoolOptions;
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};

use crate::db::{Engine, StoreOptions};
use crate::error::Error;

/// How long a request waits for a connection; longer than any transaction of ours takes.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long SQLite waits for the lock of another process, such as an operator's command.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// Per connection to PostgreSQL. A statement that runs for half a minute is a mistake; a lock that is
/// held for five seconds is held by somebody who forgot it; a transaction that idles longer than that
/// belongs to a node that is gone.
pub(crate) const POSTGRES_SETTINGS: [(&str, &str); 3] =
    [("statement_timeout", "30s"), ("lock_timeout", "5s"), ("idle_in_transaction_session_timeout", "30s")];

const DOING: &str = "opening the database";

/// Opens the write pool and the read pool.
pub(crate) async fn open(
    options: &StoreOptions,
) -> Result<(Engine, DatabaseConnection, DatabaseConnection), Error> {
    if options.url.starts_with("sqlite:") {
        let (writer, reader) = open_sqlite(options).await?;
        return Ok((Engine::Sqlite, writer, reader));
    }
    if options.url.starts_with("postgres:") || options.url.starts_with("postgresql:") {
        let (writer, reader) = open_postgres(options).await?;
        return Ok((Engine::Postgres, writer, reader));
    }
    Err(refused("the URL starts neither with sqlite: nor with postgres:"))
}

async fn open_sqlite(options: &StoreOptions) -> Result<(DatabaseConnection, DatabaseConnection), Error> {
    if options.url.contains(":memory:") || options.url.contains("mode=memory") {
        // Every connection would have a database of its own.
        return Err(refused("an SQLite database in memory cannot be shared by connections"));
    }
    let file = SqliteConnectOptions::from_str(&options.url)
        .map_err(failed)?
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // Money: a commit that was answered survives a power cut.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        .disable_statement_logging();
    let writer = pool(1).connect_with(file.clone()).await.map_err(failed)?;
    let reading = file.pragma("query_only", "ON");
    let reader = pool(options.read_connections).connect_with(reading).await.map_err(failed)?;
    Ok((
        SqlxSqliteConnector::from_sqlx_sqlite_pool(writer),
        SqlxSqliteConnector::from_sqlx_sqlite_pool(reader),
    ))
}

async fn open_postgres(options: &StoreOptions) -> Result<(DatabaseConnection, DatabaseConnection), Error> {
    let server = PgConnectOptions::from_str(&options.url)
        .map_err(failed)?
        .application_name("purser")
        .options(POSTGRES_SETTINGS)
        .disable_statement_logging();
    let writer = pool(options.write_connections).connect_with(server.clone()).await.map_err(failed)?;
    let reader = pool(options.read_connections).connect_with(server).await.map_err(failed)?;
    Ok((
        SqlxPostgresConnector::from_sqlx_postgres_pool(writer),
        SqlxPostgresConnector::from_sqlx_postgres_pool(reader),
    ))
}

/// A pool that does not ask a connection whether it lives each time it lends it: that doubles the
/// round trips, and a dead connection shows itself in the first statement.
fn pool<D: sqlx::Database>(connections: u32) -> PoolOptions<D> {
    PoolOptions::new()
        .max_connections(connections.max(1))
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .test_before_acquire(false)
}

fn refused(why: &'static str) -> Error {
    Error::Unavailable { doing: DOING, source: why.into() }
}

fn failed(error: sqlx::Error) -> Error {
    // Whatever it is, nothing can be done without the database; the caller may wait for it.
    Error::Unavailable { doing: DOING, source: Box::new(error) }
}
