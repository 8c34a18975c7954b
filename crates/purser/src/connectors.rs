//! The plugins of this binary, and the sandbox's other side.
//!
//! Registration is explicit: a plugin is part of the server because a line here says so.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, Read, Write};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};
use purser_host::{AllowedHosts, Host, HostConfig, PrivateNetworks, Registry};
use purser_plugin_sandbox::{Journal, Sandbox};
use purser_types::Source;
use url::Url;

use crate::config::Config;

pub mod challenge;
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
/// That setting, or the server's public URL, is no URL.
pub fn host(config: &Config, sandbox: &Arc<Sandbox>, source: Arc<dyn Source>) -> anyhow::Result<Host> {
    let public_url = Some(public_url(config)?);
    let config = &config.connectors;
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
    let config =
        HostConfig { allowed_hosts, private_networks, local_services, time_limit, public_url, ..defaults };
    Ok(Host::new(registry(), config))
}

/// Where customers and processors reach this server.
fn public_url(config: &Config) -> anyhow::Result<Url> {
    Url::parse(&config.server.origin()).context("reading server.public_url")
}

/// The sandbox with the books that its journal tells of, and its pages on this server.
///
/// # Errors
/// The journal cannot be read or written, or the server's public URL is none.
pub fn sandbox(config: &Config, source: Arc<dyn Source>) -> anyhow::Result<Arc<Sandbox>> {
    let path = config.data_dir.join("sandbox.jsonl");
    let open = OpenOptions::new().create(true).append(true).read(true).open(&path);
    let mut file = open.with_context(|| format!("opening {}", path.display()))?;
    let lines = whole_lines(&mut file).context("reading the sandbox's journal")?;
    let journal = FileJournal(file);
    let mut pages = public_url(config)?;
    pages.set_path("/sandbox");
    Ok(Arc::new(Sandbox::open(source, lines, journal)?.with_pages(pages)))
}

/// The lines of a journal. What stands behind the last line's end was being written when the process was
/// killed; its request was never answered, so it is cut off.
fn whole_lines(file: &mut File) -> std::io::Result<Vec<String>> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let end = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    if end < bytes.len() {
        file.set_len(u64::try_from(end).unwrap_or(u64::MAX))?;
        bytes.truncate(end);
    }
    bytes.lines().collect()
}

struct FileJournal(File);

impl Journal for FileJournal {
    fn append(&mut self, lines: &str) -> std::io::Result<()> {
        self.0.write_all(lines.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_was_cut_short_is_cut_off() {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(b"one\ntwo\nthr").expect("it can be written");
        std::io::Seek::rewind(&mut file).expect("it can be rewound");

        assert_eq!(whole_lines(&mut file).expect("it can be read"), ["one", "two"]);
        assert_eq!(file.metadata().expect("it is open").len(), 8);
    }
}
