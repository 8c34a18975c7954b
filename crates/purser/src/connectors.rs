//! The plugins of this binary, and the sandbox's other side.
//!
//! Registration is explicit: a plugin is part of the server because a line here says so.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};
use purser_host::{AllowedHosts, Host, HostConfig, PrivateNetworks, Registry};
use purser_plugin_sandbox::{Journal, Sandbox};
use purser_types::Source;

use crate::config::Connectors;

pub mod remote;

use remote::RemoteSandbox;

/// The registry of plugins.
#[must_use]
pub fn registry() -> Registry {
    Registry::default().with(purser_plugin_sandbox::plugin())
}

/// The host of the plugins, with the simulated processors behind its door: those of this process, or
/// those at `connectors.sandbox_url`.
///
/// # Errors
/// That setting is no URL.
pub fn host(config: &Connectors, sandbox: &Arc<Sandbox>, source: Arc<dyn Source>) -> anyhow::Result<Host> {
    let allowed_hosts = match config.allowed_hosts.as_slice() {
        [] => AllowedHosts::AsDeclared,
        hosts => AllowedHosts::Only(hosts.iter().cloned().chain([Sandbox::HOSTS.to_owned()]).collect()),
    };
    let private_networks =
        if config.allow_loopback { PrivateNetworks::Allowed } else { PrivateNetworks::Refused };
    let elsewhere = config.sandbox().map_err(|expected| anyhow!("connectors.sandbox_url: {expected}"))?;
    let service: Arc<dyn purser_connector::Http> = match elsewhere {
        Some(url) => Arc::new(RemoteSandbox::new(url)),
        None => Arc::clone(sandbox) as _,
    };
    let local_services = vec![(Sandbox::HOSTS.to_owned(), service)];
    let time_limit = Duration::from_millis(config.time_limit_ms);
    let defaults = HostConfig::new(source);
    let config = HostConfig { allowed_hosts, private_networks, local_services, time_limit, ..defaults };
    Ok(Host::new(registry(), config))
}

/// The sandbox with the books that its journal in `directory` tells of.
///
/// # Errors
/// The journal cannot be read or written.
pub fn sandbox(directory: &Path, source: Arc<dyn Source>) -> anyhow::Result<Arc<Sandbox>> {
    let path = directory.join("sandbox.jsonl");
    let mut lines = Vec::new();
    if path.exists() {
        let reader = BufReader::new(File::open(&path).context("reading the sandbox's journal")?);
        for line in reader.lines() {
            lines.push(line.context("reading the sandbox's journal")?);
        }
    }
    let file = OpenOptions::new().create(true).append(true).open(&path);
    let journal = FileJournal(file.with_context(|| format!("opening {}", path.display()))?);
    Ok(Arc::new(Sandbox::open(source, lines, journal)?))
}

struct FileJournal(File);

impl Journal for FileJournal {
    fn append(&mut self, lines: &str) -> std::io::Result<()> {
        self.0.write_all(lines.as_bytes())
    }
}
