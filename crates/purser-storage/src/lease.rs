//! Rows that a worker takes for a while, so that many nodes share the work.
//!
//! A row is due at an instant that stands in it, and taken by writing down until when. Taking is one
//! statement: on PostgreSQL it passes over rows that another worker is just taking, on SQLite there is one
//! writer. A worker that is stopped for longer than its lease is overtaken; what it writes then is held
//! off by the version of the payment, not by the lease.

use purser_domain::SystemScope;
use purser_types::Timestamp;
use sea_orm::FromQueryResult;

use crate::db::{Engine, Store};
use crate::error::Error;
use crate::sql::Sql;
use crate::{notifications, payments};

/// Which rows are due.
pub(crate) struct Due {
    /// The table, which has the columns `id` and `lease_until`.
    pub(crate) table: &'static str,
    /// The column that says when.
    pub(crate) at: &'static str,
    /// More of the condition, beginning with `AND`, as the partial index spells it.
    pub(crate) also: String,
    /// The column that counts how often a row was taken.
    pub(crate) counting: Option<&'static str>,
}

impl Due {
    /// Takes rows, in no order.
    pub(crate) async fn lease<M: FromQueryResult>(
        &self,
        store: &Store,
        system: &SystemScope,
        now: Timestamp,
        lease_until: Timestamp,
        limit: u32,
    ) -> Result<Vec<M>, Error> {
        let sql = Sql::system(system, self.text(store.engine()))
            .bind(now.unix_micros())
            .bind(lease_until.unix_micros())
            .bind(i64::from(limit));
        store.changed("taking rows that are due", sql).await
    }

    /// `$1` now, `$2` the end of the lease, `$3` how many.
    pub(crate) fn text(&self, engine: Engine) -> String {
        let Self { table, at, also, counting } = self;
        let counted = counting.map(|column| format!(", {column} = {column} + 1")).unwrap_or_default();
        let due = format!(
            "SELECT id FROM {table} WHERE {at} IS NOT NULL AND {at} <= $1 {also} \
             AND (lease_until IS NULL OR lease_until <= $1) ORDER BY {at}, id LIMIT $3"
        );
        let due = match engine {
            // As an array it is evaluated once; as a subquery a planner may ask it again for each row.
            Engine::Postgres => format!("= ANY (ARRAY({due} FOR UPDATE SKIP LOCKED))"),
            Engine::Sqlite => format!("IN ({due})"),
        };
        format!("UPDATE {table} SET lease_until = $2{counted} WHERE id {due} RETURNING *")
    }
}

/// A statement of workers as both engines are given it, for whoever asks an engine how it would run it.
#[derive(Debug, Clone)]
pub struct DueStatement {
    /// What it takes.
    pub name: &'static str,
    /// The text for PostgreSQL: `$1` now, `$2` the end of the lease, `$3` how many.
    pub postgres: String,
    /// The text for SQLite.
    pub sqlite: String,
}

/// Every statement by which workers take what is due.
#[must_use]
pub fn due_statements() -> [DueStatement; 4] {
    let all = [
        ("attempts", payments::attempts_due()),
        ("captures", payments::captures_due()),
        ("expiries", payments::expiries_due()),
        ("notifications", notifications::due()),
    ];
    all.map(|(name, due)| DueStatement {
        name,
        postgres: due.text(Engine::Postgres),
        sqlite: due.text(Engine::Sqlite),
    })
}
