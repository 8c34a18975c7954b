//! `[connectors]` and `[vault]`

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use url::Url;

use super::fault;

section! {
    /// Where connectors may connect to.
    pub struct Connectors {
        /// Hosts that connectors may reach, in addition to declaring them themselves.
        pub allowed_hosts: Vec<String> = Vec::new(),
        /// Let connectors reach this machine. For processors simulated in tests and demos only.
        pub allow_loopback: bool = false,
        /// Milliseconds that a call of a processor may take; what became of it is looked up afterwards.
        pub time_limit_ms: u64 = 30_000,
        /// URL of simulated processors outside this process. Without it the simulated processors are inside.
        pub sandbox_url: Option<String> = None,
    }
}

/// Longer than any processor takes, and shorter than anybody waits.
const TIME_LIMIT_MAX_MS: u64 = 600_000;

impl Connectors {
    /// Where the simulated processors are, unless they are in this process.
    ///
    /// # Errors
    /// What is expected of the setting.
    pub fn sandbox(&self) -> Result<Option<Url>, &'static str> {
        const EXPECTED: &str = "expected an http or https URL without user, query and fragment";
        let Some(text) = &self.sandbox_url else { return Ok(None) };
        let url = Url::parse(text).map_err(|_| EXPECTED)?;
        let is_plain = url.username().is_empty() && url.query().is_none() && url.fragment().is_none();
        match url.scheme() {
            "http" | "https" if is_plain => Ok(Some(url)),
            _ => Err(EXPECTED),
        }
    }

    pub(super) fn faults(&self) -> Vec<(String, String)> {
        let mut faults = Vec::new();
        if !(1..=TIME_LIMIT_MAX_MS).contains(&self.time_limit_ms) {
            faults.push(fault("connectors.time_limit_ms", "expected 1 to 600000"));
        }
        if let Err(expected) = self.sandbox() {
            faults.push(fault("connectors.sandbox_url", expected));
        }
        faults
    }
}

section! {
    /// Where card numbers and tokens are sealed.
    pub struct Vault {
        /// File with the key-encryption key. Nobody but the server's user may read it; back it up apart from the database.
        pub key_file: PathBuf = PathBuf::from("data/vault.key"),
    }
}
