//! `[database]`

use std::fmt;

use purser_types::Secret;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use url::Url;

use super::fault;

section! {
    /// Where everything is stored.
    pub struct Database {
        /// "sqlite:path/to/file.db" for the embedded database, or "postgres://user:password@host/name".
        pub url: DatabaseUrl = DatabaseUrl::from("sqlite:data/purser.db"),
        /// Connections kept open.
        pub pool_min: u32 = 1,
        /// Connections at most.
        pub pool_max: u32 = 16,
        /// Milliseconds to wait for a connection before the request is told to try again.
        pub acquire_timeout_ms: u64 = 1_000,
        /// Threads or connections that only read.
        pub readers: u32 = 4,
    }
}

impl Database {
    pub(super) fn faults(&self) -> Vec<(String, String)> {
        let url = self.url.expose();
        let mut faults = Vec::new();
        if !["sqlite:", "postgres://", "postgresql://"].iter().any(|scheme| url.starts_with(scheme)) {
            faults.push(fault("database.url", "expected \"sqlite:<path>\" or \"postgres://…\""));
        }
        if self.pool_max == 0 || self.pool_max < self.pool_min {
            faults.push(fault("database.pool_max", "expected at least 1 and at least pool_min"));
        }
        if self.readers == 0 {
            faults.push(fault("database.readers", "expected more than 0"));
        }
        faults
    }
}

/// A database's address, which may hold a password: prints and serialises without it.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(Secret);

impl DatabaseUrl {
    /// The address with its password.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// Whether it is the embedded database.
    #[must_use]
    pub fn is_embedded(&self) -> bool {
        self.expose().starts_with("sqlite:")
    }
}

impl From<&str> for DatabaseUrl {
    fn from(text: &str) -> Self {
        Self(Secret::from(text))
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_embedded() {
            return f.write_str(self.expose());
        }
        match Url::parse(self.expose()) {
            Ok(mut url) => {
                // Passwords may also be given as parameters; both setters fail only for URLs without a host.
                let hidden = url.password().is_none() || url.set_password(Some("***")).is_ok();
                url.set_query(url.query().map(|_| "***").map(str::to_owned).as_deref());
                f.write_str(if hidden { url.as_str() } else { "***" })
            }
            Err(_) => f.write_str("***"),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for DatabaseUrl {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for DatabaseUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Secret::new(text)))
    }
}
