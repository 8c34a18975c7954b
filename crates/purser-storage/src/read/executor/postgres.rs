//! A few PostgreSQL connections on which batches are pipelined.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use futures::future::try_join_all;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Config, NoTls};

use super::super::row::Row;
use super::super::statement::{Sql, Statement};
use super::tls::{self, Tls};
use crate::Error;
use crate::read::fault;

/// How long a connection attempt may take; a server that needs longer is as good as down.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the network may swallow what was sent before the connection counts as lost.
const UNACKNOWLEDGED_MAX: Duration = Duration::from_secs(15);
/// The most time a connection needs to notice an idle peer that is gone.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(30);
/// What every read connection is set to. No read model may take ten seconds.
const SESSION: &str = "SET application_name = 'purser-read'; SET default_transaction_read_only = on; \
    SET statement_timeout = '10s'; SET idle_in_transaction_session_timeout = '10s'";
/// How the planner is told to plan: once per text, and along indexes.
///
/// The texts are written for one plan whatever the parameters, and that plan is chosen blindly: the planner
/// takes a filter that is not set for a narrow one, and then gathers all of a tenant's payments to sort
/// them instead of reading ten off the end of their index (74 ms instead of 0.1 at ten thousand payments).
/// Compiling a plan of this size costs more than running it.
pub(in crate::read) const PLANNER: &str = "SET plan_cache_mode = force_generic_plan; SET jit = off; \
    SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_hashjoin = off; \
    SET enable_mergejoin = off";

/// The read connections to one server.
pub(super) struct Connections {
    config: Config,
    tls: Tls,
    slots: Vec<Slot>,
}

/// The place of one connection, which may be lost and made anew.
#[derive(Default)]
struct Slot {
    live: RwLock<Option<Arc<Connection>>>,
    connecting: tokio::sync::Mutex<()>,
    in_flight: AtomicUsize,
}

/// A connection with the statements that it has prepared, by the address of their text.
struct Connection {
    client: Client,
    prepared: RwLock<HashMap<usize, tokio_postgres::Statement>>,
}

/// Counts a batch as under way until it is dropped, answered or not.
struct InFlight<'a>(&'a AtomicUsize);

impl Connections {
    /// Reads the URL and makes the first connection; the others are made when they are needed.
    pub(super) async fn open(url: &str, connections: u32) -> Result<Self, Error> {
        let (mut config, tls) = tls::configure(url)?;
        config.connect_timeout(CONNECT_TIMEOUT);
        config.tcp_user_timeout(UNACKNOWLEDGED_MAX);
        config.keepalives_idle(KEEPALIVE_IDLE);
        let slots = (0..connections.max(1)).map(|_| Slot::default()).collect();
        let connections = Self { config, tls, slots };
        connections.connected(connections.least_busy()).await?;
        Ok(connections)
    }

    /// Runs a batch on the least busy connection. One that turns out to be lost, or to have forgotten what
    /// it had prepared, is replaced and the batch sent again, once; nothing is written here.
    pub(super) async fn run(&self, batch: &[Statement]) -> Result<Vec<Vec<Row>>, Error> {
        let slot = self.least_busy();
        let _in_flight = InFlight::start(&slot.in_flight);
        let connection = self.connected(slot).await?;
        let answer = match connection.run(batch).await {
            Err(error) if connection.client.is_closed() || is_worth_a_new_connection(&error) => {
                slot.forget(&connection);
                self.connected(slot).await?.run(batch).await
            }
            answer => answer,
        };
        answer.map_err(|error| fault::postgres("reading", &error))
    }

    fn least_busy(&self) -> &Slot {
        let busy = |slot: &&Slot| slot.in_flight.load(Ordering::Relaxed);
        self.slots.iter().min_by_key(busy).expect("`open` makes at least one slot")
    }

    async fn connected(&self, slot: &Slot) -> Result<Arc<Connection>, Error> {
        if let Some(connection) = slot.live() {
            return Ok(connection);
        }
        let _one_at_a_time = slot.connecting.lock().await;
        if let Some(connection) = slot.live() {
            return Ok(connection);
        }
        let connection = Arc::new(self.connect().await?);
        *slot.live.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&connection));
        Ok(connection)
    }

    async fn connect(&self) -> Result<Connection, Error> {
        let client = match &self.tls {
            Tls::Off => drive(self.config.connect(NoTls).await),
            Tls::Verified(tls) => drive(self.config.connect(tls.clone()).await),
        };
        let client = client.map_err(|error| fault::unavailable("connecting to PostgreSQL", error))?;
        let set = client.batch_execute(&format!("{SESSION}; {PLANNER}")).await;
        set.map_err(|error| fault::unavailable("preparing a PostgreSQL session", error))?;
        Ok(Connection { client, prepared: RwLock::default() })
    }
}

/// Starts the task that moves a connection's bytes.
fn drive<S, T>(
    connected: Result<(Client, tokio_postgres::Connection<S, T>), tokio_postgres::Error>,
) -> Result<Client, tokio_postgres::Error>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let (client, connection) = connected?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::warn!(error = %error, "A read connection to PostgreSQL was lost; the next read makes a new one.");
        }
    });
    Ok(client)
}

impl Slot {
    fn live(&self) -> Option<Arc<Connection>> {
        let live = self.live.read().unwrap_or_else(PoisonError::into_inner);
        live.as_ref().filter(|connection| !connection.client.is_closed()).cloned()
    }

    fn forget(&self, connection: &Arc<Connection>) {
        let mut live = self.live.write().unwrap_or_else(PoisonError::into_inner);
        if live.as_ref().is_some_and(|held| Arc::ptr_eq(held, connection)) {
            *live = None;
        }
    }
}

impl Connection {
    /// All statements are written before the first answer is awaited: each future sends its message when
    /// it is first polled, and all are polled before any is ready.
    async fn run(&self, batch: &[Statement]) -> Result<Vec<Vec<Row>>, tokio_postgres::Error> {
        let prepared = try_join_all(batch.iter().map(|statement| self.prepare(statement))).await?;
        let queries = batch.iter().zip(&prepared).map(|(statement, prepared)| async move {
            let params: Vec<&(dyn ToSql + Sync)> =
                statement.params.iter().map(|param| param as &(dyn ToSql + Sync)).collect();
            let rows = self.client.query(prepared, &params).await?;
            Ok::<_, tokio_postgres::Error>(rows.into_iter().map(Row::of_postgres).collect())
        });
        try_join_all(queries).await
    }

    async fn prepare(
        &self,
        statement: &Statement,
    ) -> Result<tokio_postgres::Statement, tokio_postgres::Error> {
        let key = std::ptr::from_ref::<Sql>(statement.sql).addr();
        let known = self.prepared.read().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let types: Vec<Type> =
            statement.params.iter().map(super::super::statement::Param::postgres_type).collect();
        let prepared = self.client.prepare_typed(&statement.sql.postgres, &types).await?;
        self.prepared.write().unwrap_or_else(PoisonError::into_inner).insert(key, prepared.clone());
        Ok(prepared)
    }
}

/// Whether the connection is the reason of the error: it is closed or about to be, since its server is
/// told to stop; or its prepared statements are gone or outgrown, after `DISCARD ALL` by a pooler between
/// us or after a migration changed the type of a column.
fn is_worth_a_new_connection(error: &tokio_postgres::Error) -> bool {
    let reasons = [
        SqlState::ADMIN_SHUTDOWN,
        SqlState::CRASH_SHUTDOWN,
        SqlState::FEATURE_NOT_SUPPORTED,
        SqlState::INVALID_SQL_STATEMENT_NAME,
    ];
    error.is_closed() || error.code().is_some_and(|code| reasons.contains(code))
}

impl<'a> InFlight<'a> {
    fn start(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
