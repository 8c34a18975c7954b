//! Configuration: every key with its meaning, its default and where its value came from.
//!
//! Values come from four places, later ones win: the defaults in these files, a TOML file, variables
//! of the environment (`PURSER_SERVER__LISTEN` is `server.listen`) and flags of the command line.
//! A key that nobody knows is an error in each of them, with its place and the nearest name, since a
//! misspelt limit is a limit that does not hold. `purser config check` loads exactly what the server
//! loads.
//!
//! To add a key: a field in the section's file, with a doc comment (its first line ends up in
//! `docs/purser.sample.toml`) and a default; a test says how to write the sample again. To add a section:
//! a file like the others, a field here, a row in `sections`.

#[macro_use]
mod section;
mod auth;
mod database;
mod gateway;
mod graphql;
mod load;
mod log;
mod sample;
mod server;
#[cfg(feature = "torture")]
pub mod torture;
mod workers;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use auth::{Auth, Environment, Issuer, JwtAlgorithm};
pub use database::{Database, DatabaseUrl};
pub use gateway::{Connectors, Vault};
pub use graphql::{Graphql, Limits};
pub use load::{Loaded, Origin, Problem, Problems, Sources, load};
pub use log::{Log, LogFormat};
pub use sample::{effective, sample};
pub use section::Field;
pub use server::Server;
pub use workers::Workers;

section! {
    /// Configuration of purser.
    pub struct Config {
        /// Directory for the embedded database and for keys made at first start.
        pub data_dir: PathBuf = PathBuf::from("data"),
        /// The HTTP server.
        pub server: Server = Server::default(),
        /// Where everything is stored.
        pub database: Database = Database::default(),
        /// Who may present tokens.
        pub auth: Auth = Auth::default(),
        /// The GraphQL endpoint.
        pub graphql: Graphql = Graphql::default(),
        /// Where connectors may connect to.
        pub connectors: Connectors = Connectors::default(),
        /// Where card numbers and tokens are sealed.
        pub vault: Vault = Vault::default(),
        /// Jobs in the background.
        pub workers: Workers = Workers::default(),
        /// What is logged, and how.
        pub log: Log = Log::default(),
    }
}

/// Every table by its path, with its fields; a path that ends in `[]` is an array of tables.
fn sections() -> [(&'static str, &'static [Field]); 11] {
    [
        ("", Config::FIELDS),
        ("server", Server::FIELDS),
        ("database", Database::FIELDS),
        ("auth", Auth::FIELDS),
        ("auth.issuers[]", Issuer::FIELDS),
        ("graphql", Graphql::FIELDS),
        ("graphql.limits", Limits::FIELDS),
        ("connectors", Connectors::FIELDS),
        ("vault", Vault::FIELDS),
        ("workers", Workers::FIELDS),
        ("log", Log::FIELDS),
    ]
}

impl Config {
    /// Checks what types cannot say: answers each key with what is wrong with its value.
    fn faults(&self) -> Vec<(String, String)> {
        let mut faults = self.server.faults();
        faults.extend(self.database.faults());
        faults.extend(self.auth.faults());
        faults.extend(self.graphql.faults());
        faults.extend(self.connectors.faults());
        faults.extend(self.workers.faults());
        faults.extend(self.log.faults());
        faults
    }
}

/// `purser config check`: loads exactly what the server loads, and writes down what is in force.
///
/// # Errors
/// Everything that is wrong, one line each.
pub fn check(sources: &Sources) -> Result<String, Problems> {
    load(sources).map(|loaded| effective(&loaded.config, &loaded.origins))
}

/// One fault.
fn fault(key: &str, why: &str) -> (String, String) {
    (key.to_owned(), why.to_owned())
}

#[cfg(test)]
mod tests;
