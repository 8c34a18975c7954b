//! The servers that are measured, each a process of its own.

use std::{
    env, fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};

use crate::{operation::Subject, peers::Peer, process};

/// A debug build beside other builds has been seen to need ten seconds.
const START_TIMEOUT: Duration = Duration::from_mins(1);
/// How often a server's output is looked at while it starts.
const POLL_INTERVAL: Duration = Duration::from_millis(5);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Engine {
    Postgres,
    Sqlite,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Limit,
    Purser(Engine),
    Peer(Peer),
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Limit => "limit (one statement, no GraphQL)",
            Self::Purser(Engine::Postgres) => "**purser, PostgreSQL**",
            Self::Purser(Engine::Sqlite) => "**purser, SQLite**",
            Self::Peer(peer) => peer.name(),
        }
    }

    pub(crate) fn is_on_postgres(self) -> bool {
        self != Self::Purser(Engine::Sqlite)
    }
}

/// How the gateway is run by this benchmark.
#[derive(Clone, Debug)]
pub(crate) struct Purser {
    pub(crate) binary: PathBuf,
    /// Where its data and its output go.
    pub(crate) folder: PathBuf,
    pub(crate) postgres_url: String,
}

impl Purser {
    /// The gateway with these arguments on one of the databases. What is in our environment is not
    /// in its, and its keys are the same on both databases, so that one secret opens both.
    pub(crate) fn command(&self, engine: Engine, arguments: &[&str]) -> Command {
        let url = match engine {
            Engine::Postgres => self.postgres_url.clone(),
            Engine::Sqlite => format!("sqlite:{}", self.sqlite_file().display()),
        };
        let mut command = Command::new(&self.binary);
        for (name, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PURSER_")) {
            command.env_remove(name);
        }
        command
            .current_dir(&self.folder)
            .args(arguments)
            .env("PURSER_DATABASE__URL", url)
            .env("PURSER_DATA_DIR", self.folder.join("data"))
            .env("PURSER_VAULT__KEY_FILE", self.folder.join("vault.key"))
            .env("PURSER_LOG__FORMAT", "json")
            // No line per request, as at the peers; only the line that says where it listens.
            .env("PURSER_LOG__LEVEL", "warn,purser::commands=info");
        command
    }

    pub(crate) fn sqlite_file(&self) -> PathBuf {
        self.folder.join("purser.db")
    }

    /// What a command of the operator prints.
    ///
    /// # Errors
    /// It fails.
    pub(crate) fn run(&self, engine: Engine, arguments: &[&str]) -> Result<String> {
        let output = self.command(engine, arguments).output();
        let output = output.with_context(|| format!("cannot run {}", self.binary.display()))?;
        if !output.status.success() {
            bail!("purser {} failed: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr));
        }
        Ok(String::from_utf8(output.stdout)?)
    }
}

/// A running server, ended when dropped.
pub(crate) struct Cell {
    pub(crate) kind: Kind,
    pub(crate) address: SocketAddr,
    /// From nothing to a bound port.
    pub(crate) started_in: Duration,
    child: Child,
}

impl Cell {
    /// # Errors
    /// It ends or says nothing; with what it printed.
    pub(crate) async fn start(
        kind: Kind,
        purser: &Purser,
        subject: &Subject,
        node: Option<&Path>,
    ) -> Result<Self> {
        let command = match kind {
            Kind::Purser(engine) => purser.command(engine, &["serve", "--listen", "127.0.0.1:0"]),
            Kind::Peer(peer) => peer.command(node.context("there is no Node")?, &purser.postgres_url),
            Kind::Limit => {
                let mut command = Command::new(env::current_exe()?);
                command.args(["limit", "--url", &purser.postgres_url]);
                command.args(["--tenant", &subject.tenant.to_string()]);
                command.args(["--container", &subject.container.to_string()]);
                command
            }
        };
        let output = tempfile::Builder::new().prefix("output-").tempfile_in(&purser.folder)?.keep()?.1;
        Self::spawn(kind, command, &output).await.with_context(|| format!("starting {}", kind.name()))
    }

    async fn spawn(kind: Kind, mut command: Command, output: &Path) -> Result<Self> {
        let file = fs::File::create(output)?;
        let start = Instant::now();
        let child = command.stdin(Stdio::null()).stderr(file.try_clone()?).stdout(file).spawn()?;
        let mut cell =
            Self { kind, address: SocketAddr::from(([127, 0, 0, 1], 0)), started_in: Duration::ZERO, child };
        let mut interval = tokio::time::interval(POLL_INTERVAL);
        while start.elapsed() < START_TIMEOUT {
            interval.tick().await;
            let printed = fs::read_to_string(output)?;
            if let Some(address) = announced(&printed) {
                cell.address = address;
                cell.started_in = start.elapsed();
                return Ok(cell);
            }
            if let Some(status) = cell.child.try_wait()? {
                bail!("it ended ({status}): {printed}");
            }
        }
        bail!("it did not say where it listens: {}", fs::read_to_string(output)?)
    }

    /// The CPU time that it has used so far, without PostgreSQL's.
    ///
    /// # Errors
    /// It has ended.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        process::cpu(self.child.id())
    }

    /// # Errors
    /// It has ended.
    pub(crate) fn peak_memory(&self) -> Result<u64> {
        process::peak_memory(self.child.id())
    }
}

impl Drop for Cell {
    fn drop(&mut self) {
        // It may have ended already, which whoever asked it has noticed.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The address in `… "address":"127.0.0.1:4000" …`, be it a line of ours or of the gateway's log.
fn announced(printed: &str) -> Option<SocketAddr> {
    let rest = printed.split_once("\"address\":\"")?.1;
    rest.split_once('"')?.0.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_found_once_it_is_printed_whole() {
        let line = r#"{"level":"INFO","fields":{"message":"serving","address":"127.0.0.1:4000"}}"#;

        assert_eq!(announced(line), Some(SocketAddr::from(([127, 0, 0, 1], 4000))));
        assert_eq!(announced(r#"{"address":"127.0.0.1:40"#), None);
        assert_eq!(announced(""), None);
    }
}
