//! One server process: started, asked whether it is ready, killed, stopped and continued.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tokio::process::{Child, Command};

use crate::clock::pause;

/// How often a server that starts is asked whether it is ready.
const READY_POLL: Duration = Duration::from_millis(4);
/// A server that does not start in this time is broken, not slow.
const START_LIMIT: Duration = Duration::from_secs(60);
const READY_LIMIT: Duration = Duration::from_secs(3);

/// How to start a server.
#[derive(Debug, Clone)]
pub(crate) struct Start {
    pub(crate) program: PathBuf,
    pub(crate) config: PathBuf,
    pub(crate) log: PathBuf,
    pub(crate) port: u16,
    /// Variables of the environment: failpoints, planted bugs.
    pub(crate) environment: Vec<(String, String)>,
}

/// A server, running or not.
pub(crate) struct Node {
    start: Start,
    child: Option<Child>,
    http: reqwest::Client,
}

impl Node {
    pub(crate) fn new(start: Start) -> Result<Self> {
        let builder = reqwest::Client::builder().no_proxy().timeout(READY_LIMIT).pool_max_idle_per_host(0);
        Ok(Self { start, child: None, http: builder.build()? })
    }

    pub(crate) fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.start.port)
    }

    /// The variables that the next start gives the process.
    pub(crate) fn set_environment(&mut self, environment: Vec<(String, String)>) {
        self.start.environment = environment;
    }

    /// Starts the process, without waiting for anything.
    pub(crate) fn spawn(&mut self) -> Result<()> {
        let log = log_file(&self.start.log)?;
        let mut command = Command::new(&self.start.program);
        command
            .arg("--config")
            .arg(&self.start.config)
            .args(["serve", "--listen", &format!("127.0.0.1:{}", self.start.port)])
            .envs(self.start.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(true);
        self.child = Some(command.spawn().context("the server cannot be started")?);
        Ok(())
    }

    /// Starts the process if it does not run, again if it ends, and waits until it is ready.
    pub(crate) async fn ready(&mut self) -> Result<()> {
        let deadline = Instant::now() + START_LIMIT;
        while Instant::now() < deadline {
            if !self.is_running() {
                self.spawn()?;
            }
            let address = format!("{}/readyz", self.origin());
            if self.http.get(address).send().await.is_ok_and(|response| response.status().is_success()) {
                return Ok(());
            }
            pause(READY_POLL).await;
        }
        bail!("the server did not become ready: see {}", self.start.log.display())
    }

    /// Whether the process is there.
    pub(crate) fn is_running(&mut self) -> bool {
        self.child.as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(None)))
    }

    /// `kill -9`, and waits for the kernel to have cleared up.
    pub(crate) async fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It may have ended by itself, which is as well.
            drop(child.kill().await);
        }
    }

    /// Sends a signal by name, as `kill` knows it.
    pub(crate) async fn signal(&mut self, name: &str) -> Result<()> {
        let Some(id) = self.child.as_ref().and_then(Child::id) else { return Ok(()) };
        Command::new("kill").args([&format!("-{name}"), &id.to_string()]).status().await?;
        Ok(())
    }

    /// Asks it to stop, and waits until it has.
    pub(crate) async fn stop(&mut self) -> Result<()> {
        self.signal("TERM").await?;
        if let Some(mut child) = self.child.take()
            && tokio::time::timeout(START_LIMIT, child.wait()).await.is_err()
        {
            drop(child.kill().await);
            bail!("the server does not stop when it is asked to");
        }
        Ok(())
    }
}

fn log_file(path: &Path) -> Result<File> {
    OpenOptions::new().create(true).append(true).open(path).with_context(|| path.display().to_string())
}
