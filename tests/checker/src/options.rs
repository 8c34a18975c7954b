//! The command line.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand, ValueEnum};

use crate::stage::Engine;

/// Compares the books of a server, of its clients and of its processor.
#[derive(Parser)]
#[command(name = "purser-checker")]
pub(crate) struct Options {
    /// The server's program, built with the feature `torture`.
    #[arg(long)]
    pub(crate) purser: PathBuf,
    /// URL of a PostgreSQL server's database `postgres`; needed for everything but SQLite.
    #[arg(long)]
    postgres: Option<String>,
    /// That server's log file, in the directory that has its `data`.
    #[arg(long)]
    postgres_log: Option<PathBuf>,
    /// Decides faults, requests and kills.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Which database.
    #[arg(long, value_enum, default_value = "sqlite")]
    pub(crate) database: Kind,
    /// How many servers share it; two need PostgreSQL.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=4))]
    pub(crate) nodes: u64,
    /// What to run.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// A database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    Sqlite,
    Postgres,
}

/// A run.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Kill servers under load.
    Kills {
        /// How often.
        count: u64,
    },
    /// Every failpoint × operation × action.
    Matrix {
        /// Only so many cells, spread over all.
        #[arg(long)]
        sample: Option<usize>,
        /// Only cells whose failpoint contains this text.
        #[arg(long)]
        only: Option<String>,
    },
    /// Concurrent captures, refunds and voids.
    Races {
        /// How many requests race.
        count: u64,
    },
    /// Requests whose connection is closed halfway.
    Drops {
        /// How many.
        count: u64,
    },
    /// A server with a planted bug.
    Control {
        /// Which; all if absent.
        name: Option<String>,
    },
}

impl Options {
    /// The database to run on.
    pub(crate) fn engine(&self) -> Result<Engine> {
        match self.database {
            Kind::Sqlite => Ok(Engine::Sqlite),
            Kind::Postgres => self.postgres(),
        }
    }

    /// PostgreSQL, whatever was chosen.
    pub(crate) fn postgres(&self) -> Result<Engine> {
        let admin = self.postgres.clone().context("this needs --postgres")?;
        let log = self.postgres_log.clone().context("this needs --postgres-log")?;
        Ok(Engine::Postgres { admin, log })
    }
}
