//! The limit: a handler that knows no GraphQL and sends one statement which returns the JSON.
//!
//! It is as quick as we could make it: a few pipelined connections that any request may use, statements
//! prepared once with a plan for all parameters, the same runtime and allocator as the gateway.  It enforces
//! the sharing rule for one tenant that it is told at start, and checks no credential.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::Result;
use axum::{
    Router,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use tokio::net::TcpListener;
use tokio_postgres::{Client, NoTls, Statement};
use uuid::Uuid;

use crate::operation;

/// As many as the gateway has for its reads.
const CONNECTIONS: usize = 4;
/// The gateway's own session settings.
const SESSION: &str = "SET plan_cache_mode = force_generic_plan; SET jit = off";

#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Options {
    #[arg(long)]
    url: String,
    #[arg(long)]
    tenant: Uuid,
    #[arg(long)]
    container: Uuid,
}

struct Connection {
    client: Client,
    customer: Statement,
    list: Statement,
    look_up: Statement,
}

struct Limit {
    options: Options,
    connections: Vec<Connection>,
    next: AtomicUsize,
}

/// Serves until the process is ended.
///
/// # Errors
/// The database or the address cannot be used.
pub(crate) async fn serve(options: Options) -> Result<()> {
    let mut connections = Vec::with_capacity(CONNECTIONS);
    for _ in 0..CONNECTIONS {
        connections.push(Connection::open(&options.url).await?);
    }
    let limit = Arc::new(Limit { options, connections, next: AtomicUsize::new(0) });
    let router = Router::new()
        .route("/customer/{id}", get(customer))
        .route("/list", get(list))
        .route("/look-up/{id}", get(look_up))
        .with_state(limit);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{{\"address\":\"{}\"}}", listener.local_addr()?);
    axum::serve(listener, router).await?;
    Ok(())
}

impl Connection {
    async fn open(url: &str) -> Result<Self> {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
        tokio::spawn(connection);
        client.batch_execute(SESSION).await?;
        Ok(Self {
            customer: client.prepare(operation::CUSTOMER_SQL).await?,
            list: client.prepare(operation::LIST_SQL).await?,
            look_up: client.prepare(operation::LOOK_UP_SQL).await?,
            client,
        })
    }

    async fn answer(&self, statement: &Statement, tenant: Uuid, id: Uuid) -> Response {
        let row = self.client.query_opt(statement, &[&tenant, &id, &now()]).await;
        match row.map(|row| row.map(|row| row.get::<_, String>(0))) {
            Ok(Some(json)) => ([(header::CONTENT_TYPE, "application/json")], json).into_response(),
            Ok(None) => StatusCode::NOT_FOUND.into_response(),
            Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
        }
    }
}

impl Limit {
    fn connection(&self) -> &Connection {
        &self.connections[self.next.fetch_add(1, Ordering::Relaxed) % self.connections.len()]
    }
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

async fn customer(State(limit): State<Arc<Limit>>, Path(id): Path<Uuid>) -> Response {
    let connection = limit.connection();
    connection.answer(&connection.customer, limit.options.tenant, id).await
}

async fn list(State(limit): State<Arc<Limit>>) -> Response {
    let connection = limit.connection();
    connection.answer(&connection.list, limit.options.tenant, limit.options.container).await
}

async fn look_up(State(limit): State<Arc<Limit>>, Path(id): Path<Uuid>) -> Response {
    let connection = limit.connection();
    connection.answer(&connection.look_up, limit.options.tenant, id).await
}
