//! What a run can be told.

use std::{path::PathBuf, time::Duration};

use clap::{Args, ValueEnum};

/// Which databases the gateway is measured on. The limit is always PostgreSQL's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Databases {
    Postgres,
    Sqlite,
    Both,
}

/// A part of the benchmark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// The operations that read, through the gateways.
    Read,
    /// The hot write, beside `pgbench`.
    Write,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct Options {
    /// Count statements and buffers on small data and assert them; time almost nothing.
    #[arg(long)]
    pub(crate) quick: bool,
    /// Measure only this part.
    #[arg(long, value_enum)]
    only: Option<Part>,
    /// The databases under the gateway.
    #[arg(long, value_enum, default_value = "both")]
    database: Databases,
    /// Customers; each has 2.5 instruments and ten payments [default: 20000, or 1000 with --quick].
    #[arg(long)]
    profiles: Option<i64>,
    /// Rounds over all cells [default: 5, or 1 with --quick].
    #[arg(long)]
    repeats: Option<usize>,
    /// Seconds that a cell is measured in each round [default: 4, or 1 with --quick].
    #[arg(long)]
    seconds: Option<u64>,
    /// Payments that each side settles in a round of the hot write [default: 16000, or 1600 with --quick].
    #[arg(long)]
    writes: Option<i64>,
    /// Clients that send one request after the other.
    #[arg(long, default_value_t = 8)]
    pub(crate) clients: usize,
    /// Leave the gateways of others out.
    #[arg(long)]
    no_peers: bool,
    /// The gateway's binary; `cargo xtask bench` builds and names it.
    #[arg(long, hide = true, default_value = "target/dist/purser")]
    pub(crate) purser: PathBuf,
}

impl Options {
    pub(crate) fn on_postgres(&self) -> bool {
        self.database != Databases::Sqlite
    }

    pub(crate) fn on_sqlite(&self) -> bool {
        self.database != Databases::Postgres
    }

    /// Whether a part is measured.
    pub(crate) fn has(&self, part: Part) -> bool {
        self.only.is_none_or(|only| only == part)
    }

    pub(crate) fn writes(&self) -> i64 {
        self.writes.unwrap_or(if self.quick { 1_600 } else { 16_000 })
    }

    pub(crate) fn with_peers(&self) -> bool {
        !self.no_peers && !self.quick
    }

    /// Whether the gateway was built to be fast.
    pub(crate) fn is_fast(&self) -> bool {
        !self.purser.components().any(|part| part.as_os_str() == "debug")
    }

    pub(crate) fn profiles(&self) -> i64 {
        self.profiles.unwrap_or(if self.quick { 1_000 } else { 20_000 })
    }

    pub(crate) fn repeats(&self) -> usize {
        self.repeats.unwrap_or(if self.quick { 1 } else { 5 }).max(1)
    }

    pub(crate) fn window(&self) -> Duration {
        Duration::from_secs(self.seconds.unwrap_or(if self.quick { 1 } else { 4 }).max(1))
    }
}
