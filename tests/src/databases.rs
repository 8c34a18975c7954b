//! Both databases: a fresh one of each for every test.
//!
//! A file of SQLite is made by the server itself.  On PostgreSQL one database is brought up to date per
//! process, and every test gets a copy of it, which takes a tenth of the time that migrations take.

use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::OnceCell;
use tokio_postgres::NoTls;
use xtask::postgres::{Postgres, URL_VARIABLE};

/// The two engines that everything has to work on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// The embedded one.
    Sqlite,
    /// The one of production.
    Postgres,
}

impl Engine {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Sqlite, Self::Postgres];
}

/// The URL of an empty database that is up to date, or will be once the server opens it.
pub(crate) async fn fresh(engine: Engine, directory: &Path) -> String {
    match engine {
        Engine::Sqlite => format!("sqlite:{}", directory.join("purser.db").display()),
        Engine::Postgres => copy_of_template().await,
    }
}

/// Throws away what [`fresh`] made.
pub(crate) async fn discard(engine: Engine, url: &str) {
    if engine == Engine::Postgres {
        let name = url.rsplit('/').next().expect("a URL has slashes").to_owned();
        execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
    }
}

/// The server's URL: one that runs already, or one of this process, which goes when the process does.
fn server() -> &'static str {
    static SERVER: OnceLock<(String, Option<Postgres>)> = OnceLock::new();
    let (url, _) = SERVER.get_or_init(|| match std::env::var(URL_VARIABLE) {
        Ok(url) => (url, None),
        Err(_) => {
            let server =
                Postgres::start().expect("PostgreSQL is installed, or PURSER_TEST_POSTGRES names one");
            (server.url("postgres"), Some(server))
        }
    });
    url
}

/// The URL of another database of the server.
fn url(name: &str) -> String {
    let (server, _) = server().rsplit_once('/').expect("the URL of a server names a database");
    format!("{server}/{name}")
}

async fn copy_of_template() -> String {
    static TEMPLATE: OnceCell<String> = OnceCell::const_new();
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let template = TEMPLATE
        .get_or_init(|| async {
            let name = format!("purser_template_{}", std::process::id());
            execute(&format!("CREATE DATABASE {name}")).await;
            purser_migrations::migrate(&url(&name)).await.expect("the template is brought up to date");
            name
        })
        .await;
    let name = format!("purser_test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::SeqCst));
    execute(&format!("CREATE DATABASE {name} TEMPLATE {template}")).await;
    url(&name)
}

async fn execute(statement: &str) {
    let (client, connection) = tokio_postgres::connect(server(), NoTls).await.expect("PostgreSQL answers");
    let driving = tokio::spawn(connection);
    client.batch_execute(statement).await.expect("PostgreSQL does it");
    drop(client);
    // How a connection ends that nobody uses any more is of no interest.
    drop(driving.await);
}
