//! The commands of `cargo xtask`; the library beside it says what they are for.
#![expect(clippy::print_stdout, reason = "talking to whoever runs it is the program's job")]

mod bench;
mod new_connector;
mod schema;
mod shell;
mod test;
mod tidy;
mod torture;
mod web;

use std::{path::Path, process::ExitCode};

use anyhow::{Context, Result};
use clap::{Parser, Subcommand, builder::PossibleValuesParser};
use xtask::postgres::{Postgres, URL_VARIABLE};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Automation of the purser repository")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Check the rules that the compiler does not know.
    Tidy {
        /// Show only what is found below these paths.
        paths: Vec<String>,
    },
    /// Run everything that the build server runs.
    Test {
        /// Run only this step; may be given several times.
        #[arg(long, value_name = "STEP", value_parser = PossibleValuesParser::new(test::names()))]
        only: Vec<String>,
        /// Leave this step out; may be given several times.
        #[arg(long, value_name = "STEP", value_parser = PossibleValuesParser::new(test::names()))]
        skip: Vec<String>,
        /// Print the steps and run none.
        #[arg(long)]
        list: bool,
    },
    /// Rewrite schema.graphql.
    Schema,
    /// Rebuild the committed pages from their sources.
    Web,
    /// Write the skeleton of a connector plugin.
    NewConnector {
        /// The plugin's id: lower case, for ever.
        name: String,
    },
    /// Measure the sample operations.
    Bench {
        /// `--quick` counts and asserts on small data; `-- --help` lists all.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        options: Vec<String>,
    },
    /// Kill servers under load and compare the books.
    Torture(torture::Options),
    /// Start a throw-away PostgreSQL server, print its URL, stop it on Ctrl-C.
    Postgres,
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<()> {
    let root = root()?;
    match command {
        Command::Tidy { paths } => tidy::run(root, &paths),
        Command::Test { list: true, .. } => {
            test::list();
            Ok(())
        }
        Command::Test { only, skip, .. } => test::run(root, &only, &skip),
        Command::Schema => schema::write(root),
        Command::Web => web::write(root),
        Command::NewConnector { name } => new_connector::run(root, &name),
        Command::Bench { options } => bench::run(root, &options),
        Command::Torture(options) => torture::run(root, &options),
        Command::Postgres => postgres(),
    }
}

/// The repository that this program was built in.
fn root() -> Result<&'static Path> {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).context("xtask lies two folders deep")
}

/// Serves until somebody ends this process; the server ends with it.
fn postgres() -> Result<()> {
    let server = Postgres::start()?;
    println!("{}", server.url("postgres"));
    println!("For tests: export {URL_VARIABLE}={}", server.url("postgres"));
    println!("Press Ctrl-C to stop it and throw its data away.");
    loop {
        std::thread::park();
    }
}
