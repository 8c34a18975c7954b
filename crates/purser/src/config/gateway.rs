//! `[connectors]` and `[vault]`

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

section! {
    /// Where connectors may connect to.
    pub struct Connectors {
        /// Hosts that connectors may reach, in addition to declaring them themselves.
        pub allowed_hosts: Vec<String> = Vec::new(),
        /// Let connectors reach this machine. For processors simulated in tests and demos only.
        pub allow_loopback: bool = false,
    }
}

section! {
    /// Where card numbers and tokens are sealed.
    pub struct Vault {
        /// File with the key-encryption key. Nobody but the server's user may read it; back it up apart from the database.
        pub key_file: PathBuf = PathBuf::from("data/vault.key"),
    }
}
