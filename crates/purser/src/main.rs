//! The `purser` binary: reads the command line and calls the library.

use std::process::ExitCode;

use clap::Parser;
use purser::cli::Cli;
use purser::commands;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    commands::run(Cli::parse()).await
}
