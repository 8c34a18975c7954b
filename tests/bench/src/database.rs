//! The throw-away PostgreSQL: seeding it, and asking it what it did.

use std::{fs, time::Duration};

use anyhow::{Context, Result, bail};
use purser_types::{Timestamp, id::TenantId};
use tokio_postgres::{Client, NoTls};
use uuid::Uuid;
use xtask::postgres::Postgres;

use crate::{operation::Asked, process};

const NAME: &str = "bench";
const TENANTS: &str = include_str!("tenants.sql");
const CUSTOMERS: &str = include_str!("customers.sql");
/// Which profiles are asked for: enough that they are not one row, few enough to list.
const PROFILES_ASKED: i64 = 2_000;
/// How long the sessions of a client that has gone may take to follow it.
const REST_INTERVAL: Duration = Duration::from_millis(50);
const REST_CHECKS: usize = 100;

/// Who is who in the seeded data.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cast {
    /// The marketplace.
    pub(crate) root: Uuid,
    /// The merchant that asks.
    pub(crate) shop: Uuid,
    pub(crate) neighbour: Uuid,
    pub(crate) container: Uuid,
}

impl Cast {
    /// Under a marketplace that exists; the others are always the same.
    pub(crate) fn under(root: TenantId) -> Self {
        let uuid = |number: u128| Uuid::from_u128(0x018b_cfe5_6800_7000_8000_0000_0000_0000 | number);
        Self { root: root.uuid(), shop: uuid(1), neighbour: uuid(2), container: uuid(3) }
    }

    /// The text with every `:NAME` replaced. Longer names come first, since some begin with others.
    fn fill(&self, text: &str) -> String {
        let path = |id: Uuid| format!("/{}/{}/", TenantId::from_uuid(self.root), TenantId::from_uuid(id));
        let text = text.replace(":NEIGHBOUR_PATH", &path(self.neighbour));
        let text = text.replace(":SHOP_PATH", &path(self.shop));
        let text = text.replace(":NEIGHBOUR", &self.neighbour.to_string());
        let text = text.replace(":SHOP", &self.shop.to_string());
        let text = text.replace(":CONTAINER", &self.container.to_string());
        let text = text.replace(":ROOT", &self.root.to_string());
        text.replace(":NEVER", &Timestamp::NEVER.unix_micros().to_string())
    }
}

pub(crate) struct Database {
    server: Postgres,
    /// On another database of the same server, so that it does not disturb what is counted.
    control: Client,
}

impl Database {
    /// Starts a server with one empty database.
    ///
    /// # Errors
    /// PostgreSQL is not installed or does not start.
    pub(crate) async fn start() -> Result<Self> {
        let server = Postgres::start()?;
        let control = connect(&server.url("postgres")).await?;
        // Nobody but the cells shall use the server's CPU.
        for setting in ["autovacuum = off", "log_statement = 'none'", "log_min_duration_statement = -1"] {
            control.batch_execute(&format!("ALTER SYSTEM SET {setting}")).await?;
        }
        control.batch_execute("SELECT pg_reload_conf()").await?;
        control.batch_execute(&format!("CREATE DATABASE {NAME}")).await?;
        Ok(Self { server, control })
    }

    pub(crate) fn url(&self) -> String {
        self.server.url(NAME)
    }

    /// # Errors
    /// What the database answered.
    pub(crate) async fn seed_tenants(&self, cast: &Cast) -> Result<()> {
        let client = connect(&self.url()).await?;
        client.batch_execute(&cast.fill(TENANTS)).await.context("seeding tenants")
    }

    /// Adds the customers of these numbers.
    ///
    /// # Errors
    /// What the database answered.
    pub(crate) async fn seed_customers(&self, cast: &Cast, from: i64, to: i64) -> Result<()> {
        let text = CUSTOMERS.replace(":FROM", &from.to_string()).replace(":TO", &to.to_string());
        self.seed(cast, &text).await.context("seeding customers")
    }

    /// Adds what a text adds, in which only the cast is left to be named.
    ///
    /// # Errors
    /// What the database answered.
    pub(crate) async fn seed(&self, cast: &Cast, text: &str) -> Result<()> {
        let client = connect(&self.url()).await?;
        client.batch_execute(&cast.fill(text)).await?;
        client.batch_execute("VACUUM (ANALYZE, FREEZE)").await?;
        client.batch_execute("CHECKPOINT").await?;
        Ok(())
    }

    /// The numbers of a query's one row.
    ///
    /// # Errors
    /// What the database answered, or not only numbers.
    pub(crate) async fn numbers(&self, text: &str) -> Result<Vec<i64>> {
        let row = connect(&self.url()).await?.query_one(text, &[]).await?;
        (0..row.len()).map(|at| Ok(row.try_get(at)?)).collect()
    }

    /// Some profiles in no order, but always the same.
    ///
    /// # Errors
    /// What the database answered.
    pub(crate) async fn some_profiles(&self) -> Result<Vec<Asked>> {
        let client = connect(&self.url()).await?;
        let text = "SELECT id, customer_identification FROM profile ORDER BY md5(id::text) LIMIT $1";
        let rows = client.query(text, &[&PROFILES_ASKED]).await?;
        Ok(rows.iter().map(|row| Asked { id: row.get(0), identification: row.get(1) }).collect())
    }

    /// The CPU time that the server and all its processes have used so far.
    ///
    /// # Errors
    /// The server has ended.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        let file = self.server.directory().join("data/postmaster.pid");
        let text = fs::read_to_string(file)?;
        let pid = text.lines().next().and_then(|line| line.trim().parse().ok());
        process::cpu(pid.context("the server's file has no process id")?)
    }

    /// The same, once nobody is connected any more: what a session has used is told when it has ended.
    ///
    /// # Errors
    /// As of [`Database::cpu`]; somebody stays connected.
    pub(crate) async fn cpu_at_rest(&self) -> Result<Duration> {
        let text = "SELECT count(*) FROM pg_stat_activity WHERE datname = $1";
        let mut interval = tokio::time::interval(REST_INTERVAL);
        // The first tick comes at once.
        interval.tick().await;
        for _ in 0..REST_CHECKS {
            if self.control.query_one(text, &[&NAME]).await?.get::<_, i64>(0) == 0 {
                // The process itself ends a moment later than its session.
                interval.tick().await;
                return self.cpu();
            }
            interval.tick().await;
        }
        bail!("somebody stays connected to the database")
    }

    /// Has every statement written to the log, or none any more.
    ///
    /// # Errors
    /// What the database answered.
    pub(crate) async fn log_statements(&self, is_logged: bool) -> Result<()> {
        let value = if is_logged { "all" } else { "none" };
        self.control.batch_execute(&format!("ALTER SYSTEM SET log_statement = '{value}'")).await?;
        self.control.batch_execute("SELECT pg_reload_conf()").await?;
        Ok(())
    }

    /// How many statements the log tells of; what begins and ends a transaction is none.
    ///
    /// # Errors
    /// The log cannot be read.
    pub(crate) fn logged_statements(&self) -> Result<usize> {
        let log = fs::read(self.server.directory().join("server.log"))?;
        Ok(String::from_utf8_lossy(&log).lines().filter(|line| is_statement(line)).count())
    }

    /// How many pages the database's sessions have looked at, as far as they have reported it.
    ///
    /// # Errors
    /// What the database answered.
    pub(crate) async fn buffers(&self) -> Result<i64> {
        let text = "SELECT blks_hit + blks_read FROM pg_stat_database WHERE datname = $1";
        Ok(self.control.query_one(text, &[&NAME]).await?.get(0))
    }
}

/// `… LOG:  execute s1: SELECT …` or `… LOG:  statement: SELECT …`
fn is_statement(line: &str) -> bool {
    let Some((_, rest)) = line.split_once("LOG:  ") else { return false };
    let text = match rest.strip_prefix("statement: ") {
        Some(text) => Some(text),
        None => rest.strip_prefix("execute ").and_then(|rest| Some(rest.split_once(": ")?.1)),
    };
    text.is_some_and(|text| {
        let control = ["BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "START TRANSACTION"];
        !control.iter().any(|word| text.to_ascii_uppercase().starts_with(word))
    })
}

/// A connection that lasts as long as its client.
///
/// # Errors
/// The server does not answer.
pub(crate) async fn connect(url: &str) -> Result<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_told_from_transactions_and_from_the_rest_of_the_log() {
        let is = |text: &str| is_statement(&format!("2026-01-01 00:00:00.000 UTC [42] {text}"));

        assert!(is("LOG:  execute s0: SELECT 1") && is("LOG:  statement: select 1"));
        assert!(is("LOG:  execute <unnamed>: WITH a AS (SELECT 1) SELECT * FROM a"));
        assert!(!is("LOG:  execute <unnamed>: BEGIN READ WRITE") && !is("LOG:  statement: COMMIT"));
        assert!(
            !is("LOG:  received SIGHUP") && !is("DETAIL:  parameters: $1 = 'x'") && !is("  FROM profile")
        );
    }

    #[test]
    fn a_text_is_filled_to_the_last_name() {
        let cast = Cast::under(TenantId::from_uuid(Uuid::from_u128(7)));

        let filled = cast.fill(TENANTS) + &cast.fill(CUSTOMERS);

        let left = ["ROOT", "SHOP", "NEIGHBOUR", "CONTAINER", "NEVER"].map(|name| format!(":{name}"));
        assert!(left.iter().all(|name| !filled.contains(name.as_str())));
        assert!(filled.contains(":FROM") && filled.contains(":TO"));
    }
}
