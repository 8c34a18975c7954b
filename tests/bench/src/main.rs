//! Measures the gateway beside the least that its work can cost, and beside other gateways.
//!
//! Throughput and latency of a shared machine mostly measure the neighbours.  What is compared here is CPU
//! time per request, the gateway's and PostgreSQL's together, as the operating system counts it, divided by
//! that of the *limit* of the same run: a handler that knows no GraphQL and sends one hand-written statement
//! which returns the finished JSON.  A ratio of one run moves little from day to day; a time does.
//!
//! # What runs
//! A *cell* is one server: the limit (`limit.rs`, this same program under another command), `purser` on
//! PostgreSQL, `purser` on SQLite, PostGraphile and Mercurius (`peers/`).  All of them answer the same
//! *operations* (`operations/`) over the same rows (`tenants.sql`, `customers.sql`; SQLite gets a copy of
//! PostgreSQL's).  Before anything is measured, each cell's answers must name the same payments in the same
//! order, so that nobody wins by answering less.
//!
//! # What is counted and what is timed
//! - `counts.rs` sends requests one after the other and counts statements (in PostgreSQL's own log) and
//!   buffers (in its statistics).  Counts do not move with the neighbours, so they are asserted: with
//!   `--quick` nothing else decides.
//! - `measure.rs` lets closed-loop clients run against one cell after the other, round after round, and
//!   reports medians.  Nothing timed is ever asserted.
//!
//! - `write.rs` has two clients settle payments in PostgreSQL in turn: the storage, and `pgbench` with the same
//!   statement.
//!
//! # What keeps it honest
//! - The limit returns instants and amounts as the database has them.  The gateway formats them as its schema
//!   promises, checks the key and the sharing rule, and counts its metrics; that is part of its ratio.
//! - What is measured is built as it is packaged, and has seen each document before: a gateway's customers
//!   send the same few documents all day.
//! - Node is warmed for ten seconds before it is measured; a cold one would flatter us.
//! - Peers see the whole database and check nothing; their relations and indices are told to them.
//! - Nobody writes a log line per request.
//! - Every server listens on port 0 and says where: a left-over of another run is never measured.
//!
//! # How to add a cell
//! A variant of `cell::Kind` with the command that starts it, and its text of each operation in
//! `operation.rs`.  A peer is also a file in `peers/` that prints `{"address":"127.0.0.1:PORT"}`.
#![expect(clippy::print_stdout, reason = "talking to whoever runs it is the program's job")]

mod cell;
mod counts;
mod database;
mod fields;
mod limit;
mod load;
mod measure;
mod operation;
mod options;
mod peers;
mod process;
mod report;
mod session;
mod sqlite;
mod write;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};
use options::Options;

/// The same allocator as the gateway's, so that it makes no difference.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
#[command(name = "cargo xtask bench", about = "Measure the sample operations")]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    options: Options,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the limit; started by the benchmark itself.
    #[command(hide = true)]
    Limit(limit::Options),
    /// Settle payments; started by the benchmark itself.
    #[command(hide = true)]
    Write(write::driver::Options),
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<()> {
    match arguments.command {
        Some(Command::Limit(options)) => runtime(true)?.block_on(limit::serve(options)),
        Some(Command::Write(options)) => runtime(true)?.block_on(write::driver::run(options)),
        // The load comes from one thread, so that the servers have what is left of the machine.
        None => runtime(false)?.block_on(session::run(arguments.options)),
    }
}

fn runtime(is_server: bool) -> Result<tokio::runtime::Runtime> {
    let mut builder = match is_server {
        true => tokio::runtime::Builder::new_multi_thread(),
        false => tokio::runtime::Builder::new_current_thread(),
    };
    Ok(builder.enable_all().build()?)
}
