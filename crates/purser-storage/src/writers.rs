//! PostgreSQL connections for writes that are one statement and a transaction of their own.
//!
//! They are few and apart from those that read, so that a writer who waits for a row's lock queues nobody
//! who reads. Each is used by one writer at a time and taken out of the pool meanwhile: a writer that is
//! dropped, or whose statement fails, takes its connection with it, so that none is ever handed on with
//! something half done. Nothing here begins a transaction.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use sea_orm::Value;
use tokio::sync::Semaphore;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{IsNull, Json, ToSql, Type, to_sql_checked};
use tokio_postgres::{Client, Config, NoTls};

use crate::connect::POSTGRES_SETTINGS;
use crate::error::Error;
use crate::read::tls::{self, Tls};

/// How long a connection attempt may take; a server that needs longer is as good as down.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a writer waits for its turn; longer than any statement of ours may take twice.
const TURN_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the network may swallow what was sent before the connection counts as lost.
const UNACKNOWLEDGED_MAX: Duration = Duration::from_secs(15);
/// More writers at a time than this do not make one server quicker.
const CONNECTIONS_MAX: u32 = 16;

/// The write connections to one server.
pub(crate) struct Writers {
    config: Config,
    tls: Tls,
    turns: Semaphore,
    idle: Mutex<Vec<Connection>>,
}

/// A connection with the statements that it has prepared, by their text.
struct Connection {
    client: Client,
    prepared: HashMap<&'static str, tokio_postgres::Statement>,
}

impl Writers {
    /// Reads the URL; connections are made when they are needed.
    pub(crate) fn open(url: &str, connections: u32) -> Result<Self, Error> {
        let (mut config, tls) = tls::configure(url)?;
        config.connect_timeout(CONNECT_TIMEOUT);
        config.tcp_user_timeout(UNACKNOWLEDGED_MAX);
        let settings = POSTGRES_SETTINGS.map(|(name, value)| format!("-c {name}={value}"));
        config.application_name("purser-write").options(settings.join(" "));
        let turns = Semaphore::new(usize::try_from(connections.clamp(1, CONNECTIONS_MAX)).unwrap_or(1));
        Ok(Self { config, tls, turns, idle: Mutex::default() })
    }

    /// Sends a statement that answers with one number, as a transaction of its own.
    ///
    /// If the connection turns out to be lost the statement is sent once more: it may have been done, so
    /// only statements whose condition does not hold a second time may be sent here.
    pub(crate) async fn number(
        &self,
        doing: &'static str,
        text: &'static str,
        values: &[Value],
    ) -> Result<i64, Error> {
        let turn = tokio::time::timeout(TURN_TIMEOUT, self.turns.acquire()).await;
        let _turn =
            turn.map_err(|_| Error::Unavailable { doing, source: "all connections are busy".into() })?;
        let idle = self.take();
        let is_used = idle.is_some();
        let mut connection = match idle {
            Some(connection) => connection,
            None => self.connect(doing).await?,
        };
        let answer = match connection.number(text, values).await {
            Err(error) if is_used && is_lost(&error) => {
                connection = self.connect(doing).await?;
                connection.number(text, values).await
            }
            answer => answer,
        };
        let number = answer.map_err(|error| Error::of_postgres(doing, &error))?;
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        Ok(number)
    }

    fn take(&self) -> Option<Connection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        // The one that was used last, so that the others can be lost without anybody waiting for it.
        std::iter::from_fn(|| idle.pop()).find(|connection| !connection.client.is_closed())
    }

    async fn connect(&self, doing: &'static str) -> Result<Connection, Error> {
        let client = match &self.tls {
            Tls::Off => drive(self.config.connect(NoTls).await),
            Tls::Verified(tls) => drive(self.config.connect(tls.clone()).await),
        };
        let client = client.map_err(|error| Error::of_postgres(doing, &error))?;
        let planned = client.batch_execute(crate::read::POSTGRES_PLANNER).await;
        planned.map_err(|error| Error::of_postgres(doing, &error))?;
        Ok(Connection { client, prepared: HashMap::new() })
    }
}

/// Starts the task that moves a connection's bytes; it ends with the client.
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
            tracing::warn!(error = %error, "A write connection to PostgreSQL was lost; the next write makes a new one.");
        }
    });
    Ok(client)
}

impl Connection {
    async fn number(&mut self, text: &'static str, values: &[Value]) -> Result<i64, tokio_postgres::Error> {
        let prepared = match self.prepared.get(text) {
            Some(prepared) => prepared.clone(),
            None => {
                let types: Vec<Type> = values.iter().map(postgres_type).collect();
                let prepared = self.client.prepare_typed(text, &types).await?;
                self.prepared.insert(text, prepared.clone());
                prepared
            }
        };
        let bound: Vec<Bound<'_>> = values.iter().map(Bound).collect();
        let bound: Vec<&(dyn ToSql + Sync)> =
            bound.iter().map(|value| value as &(dyn ToSql + Sync)).collect();
        self.client.query_one(&prepared, &bound).await?.try_get(0)
    }
}

/// Whether the connection is the reason of the error, or its server that comes or goes, or what it had
/// prepared is outgrown.
fn is_lost(error: &tokio_postgres::Error) -> bool {
    let reasons = [
        SqlState::ADMIN_SHUTDOWN,
        SqlState::CRASH_SHUTDOWN,
        SqlState::FEATURE_NOT_SUPPORTED,
        SqlState::INVALID_SQL_STATEMENT_NAME,
    ];
    error.is_closed() || error.code().is_some_and(|code| reasons.contains(code))
}

/// The type by which PostgreSQL is told of a value; the model's library tells the same.
fn postgres_type(value: &Value) -> Type {
    match value {
        Value::Uuid(_) => Type::UUID,
        Value::BigInt(_) => Type::INT8,
        Value::Int(_) => Type::INT4,
        Value::Bool(_) => Type::BOOL,
        Value::Json(_) => Type::JSONB,
        Value::Bytes(_) => Type::BYTEA,
        _ => Type::TEXT,
    }
}

/// A value as the driver takes it.
#[derive(Debug)]
struct Bound<'a>(&'a Value);

impl ToSql for Bound<'_> {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self.0 {
            Value::Uuid(value) => value.to_sql(ty, out),
            Value::BigInt(value) => value.to_sql(ty, out),
            Value::Int(value) => value.to_sql(ty, out),
            Value::Bool(value) => value.to_sql(ty, out),
            Value::Json(value) => value.as_deref().map(Json).to_sql(ty, out),
            Value::Bytes(value) => value.to_sql(ty, out),
            Value::String(value) => value.to_sql(ty, out),
            other => Err(format!("no column holds {other:?}").into()),
        }
    }

    // The type is the one that `postgres_type` told the server.
    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}
