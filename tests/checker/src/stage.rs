//! A stage: a fresh database with one merchant, a processor, and the servers between them.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Command;

use crate::api::Api;
use crate::database::Database;
use crate::node::{Node, Start};
use crate::processor::Processor;
use crate::processor::faults::Mood;

/// What signs notifications and opens the processor.
const API_KEY: &str = "sbx_checker";
/// Databases of one run are numbered.
static COUNTER: AtomicU64 = AtomicU64::new(0);

/// Which database the server uses.
#[derive(Debug, Clone)]
pub(crate) enum Engine {
    Sqlite,
    /// The URL of a database of the server's, from which others can be made, and where its log is.
    Postgres {
        admin: String,
        log: PathBuf,
    },
}

impl Engine {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres { .. } => "postgres",
        }
    }
}

/// What a stage is made of.
#[derive(Debug, Clone)]
pub(crate) struct Setup {
    /// The server's program.
    pub(crate) purser: PathBuf,
    pub(crate) engine: Engine,
    pub(crate) nodes: usize,
    pub(crate) seed: u64,
    pub(crate) mood: Mood,
    /// The server's deadline for a call of the processor.
    pub(crate) time_limit: Duration,
    /// Variables of the servers' environment.
    pub(crate) environment: Vec<(String, String)>,
}

/// Everything that runs.
pub(crate) struct Stage {
    pub(crate) setup: Setup,
    pub(crate) database: Database,
    pub(crate) processor: Arc<Processor>,
    pub(crate) nodes: Vec<Node>,
    /// The merchant's key.
    pub(crate) key: String,
    /// The merchant's connector to the processor.
    pub(crate) connector: String,
    pub(crate) directory: TempDir,
}

/// A stage that was taken down: its database with the merchant in it, to set up others from.
pub(crate) struct Template {
    stage: Stage,
}

impl Stage {
    /// Makes the database and the merchant, starts everything and waits until it is ready.
    pub(crate) async fn build(setup: Setup) -> Result<Self> {
        let directory = directory()?;
        let database = fresh(&setup.engine, directory.path(), None).await?;
        let mut stage = Self::on(setup, directory, database).await?;
        stage.operator(&["tenant", "create", "shop", "--json"]).await?;
        let made = stage.operator(&["key", "create", "--tenant", "shop", "--json"]).await?;
        made["secret"].as_str().context("the key has no secret")?.clone_into(&mut stage.key);
        stage.start().await?;
        let api = stage.api()?;
        let container = api
            .must("createContainer", &json!({ "name": "customers" }), "container { id }", "/container/id")
            .await?;
        api.must("bindContainer", &json!({ "containerId": container }), "binding { id }", "/binding/id")
            .await?;
        let settings = json!({ "processor": "checker", "account": "shop", "api_key": API_KEY });
        let input = json!({ "pluginId": "sandbox", "name": "cards", "settings": settings });
        stage.connector = api.must("createConnector", &input, "connector { id }", "/connector/id").await?;
        stage.tell();
        Ok(stage)
    }

    /// The same merchant on a copy of its database; nothing runs yet.
    pub(crate) async fn copy(template: &Template, setup: Setup) -> Result<Self> {
        let directory = directory()?;
        let database = fresh(&setup.engine, directory.path(), Some(&template.stage)).await?;
        fs::copy(template.stage.directory.path().join("vault.key"), directory.path().join("vault.key"))?;
        let mut stage = Self::on(setup, directory, database).await?;
        stage.key.clone_from(&template.stage.key);
        stage.connector.clone_from(&template.stage.connector);
        stage.tell();
        Ok(stage)
    }

    /// Stops the servers and keeps the database.
    pub(crate) async fn take_down(mut self) -> Result<Template> {
        for node in &mut self.nodes {
            node.stop().await?;
        }
        if let Database::Sqlite(_) = self.database {
            // What is still in the log beside the file would not be copied.
            self.database.rows("PRAGMA wal_checkpoint(TRUNCATE)").await?;
        }
        Ok(Template { stage: self })
    }

    async fn on(setup: Setup, directory: TempDir, database: Database) -> Result<Self> {
        let processor = Processor::start(setup.seed, setup.mood.clone()).await?;
        let mut nodes = Vec::new();
        for number in 0..setup.nodes {
            let config = config(&setup, directory.path(), &database, number, &processor)?;
            let log = directory.path().join(format!("node-{number}.log"));
            let program = setup.purser.clone();
            let environment = setup.environment.clone();
            nodes.push(Node::new(Start { program, config, log, port: free_port()?, environment })?);
        }
        let (key, connector) = (String::new(), String::new());
        Ok(Self { setup, database, processor, nodes, key, connector, directory })
    }

    /// Starts all servers and waits until they are ready.
    pub(crate) async fn start(&mut self) -> Result<()> {
        for node in &mut self.nodes {
            node.ready().await?;
        }
        Ok(())
    }

    fn tell(&self) {
        self.processor.tell(self.origins(), &self.connector, API_KEY);
    }

    pub(crate) fn origins(&self) -> Vec<String> {
        self.nodes.iter().map(Node::origin).collect()
    }

    /// A client of the merchant.
    pub(crate) fn api(&self) -> Result<Api> {
        Api::new(self.origins(), &self.key, true)
    }

    /// Where the log of a server is.
    pub(crate) fn log(&self, node: usize) -> PathBuf {
        self.directory.path().join(format!("node-{node}.log"))
    }

    /// Runs a command of the server's operator, and reads the JSON that it prints.
    async fn operator(&self, words: &[&str]) -> Result<Value> {
        let mut command = Command::new(&self.setup.purser);
        command.arg("--config").arg(self.directory.path().join("purser-0.toml")).args(words);
        let output = command.output().await.context("the server's program cannot be run")?;
        if !output.status.success() {
            bail!("purser {words:?}: {}", String::from_utf8_lossy(&output.stderr));
        }
        let text = String::from_utf8_lossy(&output.stdout);
        let line = text.lines().find(|line| line.starts_with('{')).context("it printed no JSON")?;
        Ok(serde_json::from_str(line)?)
    }

    /// Keeps the logs and the database for whoever wants to look at a failure.
    pub(crate) fn keep(&mut self) -> PathBuf {
        self.directory.disable_cleanup(true);
        self.directory.path().to_owned()
    }
}

fn directory() -> Result<TempDir> {
    Ok(tempfile::Builder::new().prefix("purser-checker-").tempdir()?)
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// A new database, empty or a copy.
async fn fresh(engine: &Engine, directory: &Path, copied: Option<&Stage>) -> Result<Database> {
    match engine {
        Engine::Sqlite => {
            let path = directory.join("purser.db");
            if let Some(Stage { database: Database::Sqlite(from), .. }) = copied {
                fs::copy(from, &path)?;
            }
            Ok(Database::Sqlite(path))
        }
        Engine::Postgres { admin, .. } => {
            let number = COUNTER.fetch_add(1, Ordering::SeqCst);
            let name = format!("checker_{}_{number}", std::process::id());
            let template = match copied.map(|stage| &stage.database) {
                Some(Database::Postgres(url)) => {
                    format!(" TEMPLATE {}", url.rsplit_once('/').context("the URL names no database")?.1)
                }
                _ => String::new(),
            };
            let server = Database::Postgres(admin.clone());
            server.rows(&format!("CREATE DATABASE {name}{template}")).await?;
            // The throw-away server does without it; a crash would then lose what was committed.
            server.rows(&format!("ALTER DATABASE {name} SET synchronous_commit = on")).await?;
            let (base, _) = admin.rsplit_once('/').context("the URL names no database")?;
            Ok(Database::Postgres(format!("{base}/{name}")))
        }
    }
}

/// Writes the configuration of a server.
fn config(
    setup: &Setup,
    directory: &Path,
    database: &Database,
    number: usize,
    processor: &Processor,
) -> Result<PathBuf> {
    let data = directory.join(format!("data-{number}"));
    fs::create_dir_all(&data)?;
    let url = match database {
        Database::Sqlite(path) => format!("sqlite:{}", path.display()),
        Database::Postgres(url) => url.clone(),
    };
    let text = format!(
        "data_dir = {data:?}\n\n[server]\nmetrics = true\n\n[database]\nurl = {url:?}\nacquire_timeout_ms = 10000\n\n\
         [connectors]\nsandbox_url = \"http://{address}\"\ntime_limit_ms = {limit}\n\n\
         [vault]\nkey_file = {key:?}\n\n[log]\nformat = \"json\"\nlevel = \"warn\"\n",
        address = processor.address,
        limit = setup.time_limit.as_millis(),
        key = directory.join("vault.key"),
    );
    let path = directory.join(format!("purser-{number}.toml"));
    fs::write(&path, text)?;
    Ok(path)
}
