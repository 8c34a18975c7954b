//! One way to send a batch of read statements, over two engines.
//!
//! A batch leaves at once: on PostgreSQL every statement is in the socket before the first answer is
//! awaited, on SQLite one thread runs them all within one read transaction. What a request costs is
//! mostly the number of times it waits, so the read models speak in batches and never in queries.

mod postgres;
mod sqlite;
pub(crate) mod tls;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::row::Row;
use super::statement::{Param, Sql, Statement};
use crate::Error;

pub(super) use postgres::PLANNER;

/// Sends batches of read statements to the engine that the URL names.
pub(crate) struct Executor {
    engine: Engine,
    statements: Arc<AtomicU64>,
}

enum Engine {
    Postgres(Box<postgres::Connections>),
    Sqlite(sqlite::Readers),
}

impl Executor {
    /// Prepares `connections` connections or reader threads for `url`; the first connects now, the others
    /// when they are first needed, and each again when it was lost. `statements` grows by one with every
    /// statement sent.
    ///
    /// # Errors
    /// [`Error::Unavailable`] if the URL names no database that can be read.
    pub(crate) async fn open(url: &str, connections: u32, statements: Arc<AtomicU64>) -> Result<Self, Error> {
        let engine = if url.starts_with("sqlite:") {
            Engine::Sqlite(sqlite::Readers::open(url, connections)?)
        } else {
            Engine::Postgres(Box::new(postgres::Connections::open(url, connections).await?))
        };
        Ok(Self { engine, statements })
    }

    /// The rows of every statement of the batch, in its order.
    pub(crate) async fn run(&self, batch: Vec<Statement>) -> Result<Vec<Vec<Row>>, Error> {
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        self.statements.fetch_add(u64::try_from(batch.len()).unwrap_or(u64::MAX), Ordering::Relaxed);
        match &self.engine {
            Engine::Postgres(connections) => connections.run(&batch).await,
            Engine::Sqlite(readers) => readers.run(batch).await,
        }
    }

    /// The rows of a single statement.
    pub(crate) async fn one(&self, sql: &'static Sql, params: Vec<Param>) -> Result<Vec<Row>, Error> {
        let mut answers = self.run(vec![Statement::new(sql, params)]).await?;
        Ok(answers.pop().unwrap_or_default())
    }
}
