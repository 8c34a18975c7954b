//! Proves from outside that no payment is charged twice, lost or left in doubt, or finds one that is.
//!
//! The checker shares no code with the server. It speaks GraphQL to it as a merchant's program does, answers it
//! as a processor does, and reads its database by SQL, so that a mistake in the server's own idea of a payment
//! cannot hide itself.
//!
//! # The four books
//! - *Clients* (`merchant.rs`, `log.rs`) send each request under a key until somebody says what became of it,
//!   and write down what they were told.
//! - *The processor* (`processor/`) keeps its own books of every effect that it had. It fails as a seed says:
//!   errors before and after booking, cut, late, double and contradictory answers, notifications that come
//!   early, twice, in the wrong order or never.
//! - *The database* (`database.rs`): payments, attempts and the ledger.
//! - *The events* that the server publishes, in the same database.
//!
//! A killer (`killer.rs`) ends servers with `kill -9` after milliseconds of life, stops and continues them, and
//! crashes PostgreSQL. Then all faults stop, everything has thirty seconds to come to rest (`settle.rs`), and
//! the books are compared (`compare/`).
//!
//! # The runs
//! - `kills`: the above.
//! - `matrix`: one server for each failpoint × operation × action, one operation, and the comparison.
//! - `races`: concurrent captures, refunds and voids of one payment over two nodes, whose right answers are
//!   known: never too much, and never wrongly refused.
//! - `drops`: requests whose connection is closed after a random number of milliseconds.
//! - `control`: the same runs against a server with a planted bug. A control in which nothing is found fails,
//!   since a check that cannot fail proves nothing.
//!
//! # How to read a result
//! Every "0 of N" comes with its seed, and with counts of the states, operations and faults that were reached.
//! The seed decides faults, requests and kills; the machine decides how they interleave, so that a seed makes a
//! failure likely to come again, not certain.
//!
//! # How to add a check
//! A variant of `compare::Wrong`, a function in `compare/` from the books to findings, and a test that plants
//! one in books made by hand.
#![expect(clippy::print_stdout, reason = "talking to whoever runs it is the program's job")]

mod api;
mod clock;
mod compare;
mod controls;
mod coverage;
mod database;
mod drops;
mod killer;
mod kills;
mod log;
mod matrix;
mod merchant;
mod money;
mod node;
mod options;
mod processor;
mod races;
mod random;
mod report;
mod settle;
mod stage;
mod wire;

use std::process::ExitCode;

use clap::Parser;

use crate::options::Options;

fn main() -> ExitCode {
    let options = Options::parse();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            println!("checker: {error}");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(report::perform(options)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            println!("checker: {error:#}");
            ExitCode::FAILURE
        }
    }
}
