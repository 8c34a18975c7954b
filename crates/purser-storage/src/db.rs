//! The store: one pool to read, one to write, and transactions.
//!
//! SQLite has one writer for the whole file, so the write pool holds one connection and a transaction
//! takes the lock when it begins: deferred transactions that read first and write later fail under
//! contention, immediate ones wait. PostgreSQL reads and writes on separate pools as well, so that
//! writers that wait for a lock never queue readers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, FromQueryResult, QueryResult,
    SqliteTransactionMode, TransactionOptions, TransactionTrait, TryGetable,
};

use crate::connect;
use crate::error::Error;
use crate::read;
use crate::sql::Sql;
use crate::writers::Writers;

/// Which database engine holds the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// One embedded file.
    Sqlite,
    /// A PostgreSQL server.
    Postgres,
}

impl Engine {
    pub(crate) fn backend(self) -> DbBackend {
        match self {
            Self::Sqlite => DbBackend::Sqlite,
            Self::Postgres => DbBackend::Postgres,
        }
    }
}

/// How a store is opened.
#[derive(Clone)]
pub struct StoreOptions {
    /// `sqlite:PATH` or `postgres://…`; `sslmode` is honoured.
    pub url: String,
    /// Connections of each of the two ways to read.
    pub read_connections: u32,
    /// Connections that write; SQLite has one whatever is asked.
    pub write_connections: u32,
}

/// The URL may hold a password.
impl std::fmt::Debug for StoreOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StoreOptions")
            .field("read_connections", &self.read_connections)
            .field("write_connections", &self.write_connections)
            .finish_non_exhaustive()
    }
}

/// The database. Cloning it is cheap and shares the connections.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

struct Shared {
    engine: Engine,
    reader: DatabaseConnection,
    writer: DatabaseConnection,
    reads: read::Executor,
    writers: Option<Writers>,
    statements: Arc<AtomicU64>,
}

impl Store {
    /// Opens the database; an SQLite file that does not exist is created. Migrates nothing.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the database does not answer or the URL is of no known kind.
    pub async fn open(options: &StoreOptions) -> Result<Self, Error> {
        let statements = Arc::new(AtomicU64::new(0));
        let (engine, writer, reader) = connect::open(options).await?;
        let reads =
            read::Executor::open(&options.url, options.read_connections, Arc::clone(&statements)).await?;
        let writers = match engine {
            Engine::Postgres => Some(Writers::open(&options.url, options.write_connections)?),
            Engine::Sqlite => None,
        };
        Ok(Self { shared: Arc::new(Shared { engine, reader, writer, reads, writers, statements }) })
    }

    /// Asks the database whether it is there.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if it is not.
    pub async fn ping(&self) -> Result<(), Error> {
        let doing = "pinging the database";
        self.shared.reader.ping().await.map_err(|error| Error::of_model(doing, error))
    }

    /// Which engine holds the data.
    #[must_use]
    pub fn engine(&self) -> Engine {
        self.shared.engine
    }

    /// How many statements were sent so far, reads and writes; what begins and ends a transaction
    /// does not count.
    #[must_use]
    pub fn statements(&self) -> u64 {
        self.shared.statements.load(Ordering::Relaxed)
    }

    /// Begins a transaction: on SQLite with the write lock taken, on PostgreSQL at READ COMMITTED.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if no connection gets free or the lock stays taken.
    pub async fn begin(&self) -> Result<Write, Error> {
        let doing = "beginning a transaction";
        let options = TransactionOptions {
            isolation_level: None,
            access_mode: None,
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        };
        let begun = self.shared.writer.begin_with_options(options).await;
        Ok(Write {
            transaction: begun.map_err(|error| Error::of_model(doing, error))?,
            engine: self.shared.engine,
            statements: Arc::clone(&self.shared.statements),
            has_failed: AtomicBool::new(false),
        })
    }

    /// The connections for writes that are one statement; SQLite has none.
    pub(crate) fn writers(&self) -> Option<&Writers> {
        self.shared.writers.as_ref()
    }

    /// Counts a statement that was sent around the pools.
    pub(crate) fn count(&self) {
        self.shared.statements.fetch_add(1, Ordering::Relaxed);
    }

    /// Sends a statement that writes, as a transaction of its own, and returns how many rows it changed.
    pub(crate) async fn execute(&self, doing: &'static str, sql: Sql) -> Result<u64, Error> {
        self.shared.statements.fetch_add(1, Ordering::Relaxed);
        let done = self.shared.writer.execute_raw(sql.on(self.shared.engine)).await;
        done.map(|done| done.rows_affected()).map_err(|error| Error::of_model(doing, error))
    }

    /// Sends a statement that writes, as a transaction of its own, and returns the rows that it names.
    pub(crate) async fn changed<M: FromQueryResult>(
        &self,
        doing: &'static str,
        sql: Sql,
    ) -> Result<Vec<M>, Error> {
        self.shared.statements.fetch_add(1, Ordering::Relaxed);
        let rows = self.shared.writer.query_all_raw(sql.on(self.shared.engine)).await;
        let rows = rows.map_err(|error| Error::of_model(doing, error))?;
        rows.iter().map(|row| columns(doing, row, "")).collect()
    }

    /// The pipelined connections and reader threads of the read models.
    #[must_use]
    pub(crate) fn reads(&self) -> &read::Executor {
        &self.shared.reads
    }
}

/// A transaction. Dropped without [`Write::commit`] it is rolled back.
pub struct Write {
    transaction: DatabaseTransaction,
    engine: Engine,
    statements: Arc<AtomicU64>,
    has_failed: AtomicBool,
}

impl Write {
    /// Makes everything that was written here last.
    ///
    /// # Errors
    /// [`Error::Database`] if a statement has failed: PostgreSQL then answers a commit with a rollback
    /// and calls it success. Otherwise what the database answered.
    pub async fn commit(self) -> Result<(), Error> {
        let doing = "committing a transaction";
        if self.has_failed.load(Ordering::Relaxed) {
            return Err(Error::Database { doing, source: "a statement of it has failed".into() });
        }
        self.transaction.commit().await.map_err(|error| Error::of_model(doing, error))
    }

    /// Which engine the transaction runs on.
    pub(crate) fn engine(&self) -> Engine {
        self.engine
    }

    /// Sends a statement and returns how many rows it changed.
    pub(crate) async fn execute(&self, doing: &'static str, sql: Sql) -> Result<u64, Error> {
        self.statements.fetch_add(1, Ordering::Relaxed);
        match self.transaction.execute_raw(sql.on(self.engine)).await {
            Ok(done) => Ok(done.rows_affected()),
            Err(error) => Err(self.failed(doing, error)),
        }
    }

    fn failed(&self, doing: &'static str, error: sea_orm::DbErr) -> Error {
        self.has_failed.store(true, Ordering::Relaxed);
        Error::of_model(doing, error)
    }
}

/// Where rows can be read: a [`Store`], or a [`Write`] that sees its own changes.
///
/// Sealed: every statement passes through the two implementations here, which count it.
pub trait Read: Connection {}

impl Read for Store {}
impl Read for Write {}

/// The part of [`Read`] that stays inside the crate.
pub trait Connection: Send + Sync {
    /// Sends a statement and returns its rows.
    #[doc(hidden)]
    fn rows(
        &self,
        doing: &'static str,
        sql: Sql,
    ) -> impl Future<Output = Result<Vec<QueryResult>, Error>> + Send;
}

impl Connection for Store {
    async fn rows(&self, doing: &'static str, sql: Sql) -> Result<Vec<QueryResult>, Error> {
        self.shared.statements.fetch_add(1, Ordering::Relaxed);
        let rows = self.shared.reader.query_all_raw(sql.on(self.shared.engine)).await;
        rows.map_err(|error| Error::of_model(doing, error))
    }
}

impl Connection for Write {
    async fn rows(&self, doing: &'static str, sql: Sql) -> Result<Vec<QueryResult>, Error> {
        self.statements.fetch_add(1, Ordering::Relaxed);
        let rows = self.transaction.query_all_raw(sql.on(self.engine)).await;
        rows.map_err(|error| self.failed(doing, error))
    }
}

/// The rows of a statement as `M`s.
pub(crate) async fn all<M: FromQueryResult>(
    on: &impl Read,
    doing: &'static str,
    sql: Sql,
) -> Result<Vec<M>, Error> {
    let rows = on.rows(doing, sql).await?;
    rows.iter().map(|row| columns(doing, row, "")).collect()
}

/// The first row of a statement as an `M`.
pub(crate) async fn one<M: FromQueryResult>(
    on: &impl Read,
    doing: &'static str,
    sql: Sql,
) -> Result<Option<M>, Error> {
    Ok(all(on, doing, sql).await?.into_iter().next())
}

/// The columns of a row whose names begin with `prefix` as an `M`.
pub(crate) fn columns<M: FromQueryResult>(
    doing: &'static str,
    row: &QueryResult,
    prefix: &str,
) -> Result<M, Error> {
    M::from_query_result(row, prefix).map_err(|error| Error::of_model(doing, error))
}

/// One column of a row that is not a table's.
pub(crate) fn column<T: TryGetable>(doing: &'static str, row: &QueryResult, name: &str) -> Result<T, Error> {
    row.try_get("", name).map_err(|error| Error::of_model(doing, error))
}
