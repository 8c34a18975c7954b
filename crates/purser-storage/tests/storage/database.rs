//! A fresh, migrated database per test and engine.

use std::sync::atomic::{AtomicU32, Ordering};

use purser_storage::{Store, StoreOptions};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database as Connector, DatabaseConnection, DbBackend, Statement,
};

use crate::world::World;

static DATABASES: AtomicU32 = AtomicU32::new(0);

/// Beside the store, a connection of our own to look at tables.
pub(crate) struct Database {
    pub(crate) store: Store,
    pub(crate) url: String,
    connection: DatabaseConnection,
    _directory: Option<tempfile::TempDir>,
}

/// Runs a check on each engine that is there, with a world in a fresh database.
pub(crate) async fn on_each_engine(check: impl AsyncFn(&World)) {
    check(&World::create(sqlite().await).await).await;
    if let Ok(server) = std::env::var("PURSER_TEST_POSTGRES") {
        check(&World::create(postgres(&server).await).await).await;
    }
}

async fn sqlite() -> Database {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let url = format!("sqlite:{}", directory.path().join("purser.db").display());
    open(&url, Some(directory)).await
}

async fn postgres(server: &str) -> Database {
    let number = DATABASES.fetch_add(1, Ordering::Relaxed);
    let name = format!("storage_{}_{number}", std::process::id());
    let admin = Connector::connect(server).await.expect("a server");
    admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await.expect("a database");
    let (head, _) = server.rsplit_once('/').expect("a URL with a database");
    open(&format!("{head}/{name}"), None).await
}

/// A store as a node has it.
async fn node(url: &str) -> Store {
    let options = StoreOptions { url: url.to_owned(), read_connections: 2, write_connections: 8 };
    Store::open(&options).await.expect("an open store")
}

async fn open(url: &str, directory: Option<tempfile::TempDir>) -> Database {
    let store = node(url).await;
    purser_migrations::migrate(url).await.expect("a migrated database");
    let connection = Connector::connect(url).await.expect("a connection");
    Database { store, url: url.to_owned(), connection, _directory: directory }
}

const TABLES: [&str; 21] = [
    "tenant",
    "api_key",
    "container",
    "container_share",
    "container_opt_out",
    "container_access",
    "connector",
    "router",
    "container_binding",
    "profile",
    "profile_link",
    "instrument",
    "payment",
    "attempt",
    "profile_total",
    "idempotency",
    "event",
    "ledger_transfer",
    "notification",
    "dispute",
    "customer_order",
];

impl Database {
    /// Every row of every table as text, in an order of its own.
    pub(crate) async fn dump(&self) -> Vec<String> {
        let mut rows = Vec::new();
        for table in TABLES {
            let row = match self.connection.get_database_backend() {
                DbBackend::Sqlite => self.quoted_columns(table).await,
                _ => format!("{table}::text"),
            };
            let text = format!("SELECT '{table} ' || {row} AS it FROM {table} ORDER BY 1");
            rows.extend(self.texts(&text).await);
        }
        rows
    }

    /// The number that a query answers.
    pub(crate) async fn number(&self, text: &str) -> i64 {
        let row = self.connection.query_one_raw(self.statement(text)).await.expect("an answer");
        row.expect("a row").try_get("", "it").expect("a column `it` with a number")
    }

    /// Runs a statement behind the store's back.
    pub(crate) async fn tamper(&self, text: &str) {
        self.try_to_tamper(text).await.expect("a statement");
    }

    /// The same, of a statement that the database may refuse; what it says then.
    pub(crate) async fn try_to_tamper(&self, text: &str) -> Result<(), String> {
        let done = self.connection.execute_raw(self.statement(text)).await;
        done.map(drop).map_err(|error| error.to_string())
    }

    /// How SQLite would run a statement.
    pub(crate) async fn explained(&self, text: &str) -> String {
        let statement = self.statement(&format!("EXPLAIN QUERY PLAN {text}"));
        let rows = self.connection.query_all_raw(statement).await.expect("a plan");
        let lines = rows.iter().map(|row| row.try_get::<String>("", "detail").expect("a line"));
        lines.collect::<Vec<_>>().join("\n")
    }

    /// How PostgreSQL would run what was prepared, on a connection of its own that is set up first.
    pub(crate) async fn planned(&self, before: &[&str], text: &str, after: &str) -> String {
        let mut options = ConnectOptions::new(&self.url);
        options.max_connections(1).sqlx_logging(false);
        let connection = Connector::connect(options).await.expect("a connection");
        for text in before {
            connection.execute_unprepared(text).await.expect("a setting");
        }
        let statement = self.statement(&format!("EXPLAIN {text}"));
        let rows = connection.query_all_raw(statement).await.expect("a plan");
        let lines = rows.iter().map(|row| row.try_get_by_index::<String>(0).expect("a line"));
        let plan = lines.collect::<Vec<_>>().join("\n");
        connection.execute_unprepared(after).await.expect("the end");
        plan
    }

    /// The store of another node on the same database.
    pub(crate) async fn another_node(&self) -> Store {
        node(&self.url).await
    }

    async fn quoted_columns(&self, table: &str) -> String {
        let text = format!("SELECT 'quote(' || name || ')' AS it FROM pragma_table_info('{table}')");
        self.texts(&text).await.join(" || ',' || ")
    }

    /// The texts that a query answers.
    pub(crate) async fn texts(&self, text: &str) -> Vec<String> {
        let rows = self.connection.query_all_raw(self.statement(text)).await.expect("rows");
        rows.iter().map(|row| row.try_get("", "it").expect("a column `it` with a text")).collect()
    }

    fn statement(&self, text: &str) -> Statement {
        Statement::from_string(self.connection.get_database_backend(), text)
    }
}
