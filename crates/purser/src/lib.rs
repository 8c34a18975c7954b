//! The server: parse the configuration, build everything, serve HTTP, run workers.
//!
//! This crate is the top floor. It knows all the others and holds no rule: whoever wants to know what a
//! refund may do reads `purser-domain`, and whoever wants to know how it gets there reads
//! `purser-services`. What is decided here is the edge: which bytes are let in, who is believed, how long
//! somebody may take, what is said when something fails, and what is written to the log.
//!
//! | module | what it does |
//! |---|---|
//! | [`config`] | every key with its meaning and default; where each value came from |
//! | [`http`] | from the socket to the schema and back |
//! | [`app`], [`connectors`] | the wiring: parts put together, the list of plugins |
//! | [`cli`], [`commands`] | the command line and what each command does |
//! | [`worker`] | jobs in the background: thin loops around the services |
//! | [`demo`] | an ecosystem of sample data |
//! | [`logging`] | how a line of the log looks, and what is never in one |
//! | [`doctor`] | looks at everything that must be right before the first customer |
//!
//! [`http`] is generic over three small traits (`Authenticate`, `Execute`, `Ready`), which the wiring
//! implements over the services; its tests implement them over a toy schema. The wall clock and the dice
//! are read in this crate only, by the one `purser_types::Source` of the process; everything below is
//! handed that.
//!
//! To add a route: a module under `http` with a function that answers a `Router`, and one line where the
//! wiring merges them. To add a configuration key: see [`config`]. To add a background job: a thin loop
//! here, its logic in `purser-services`, so that a test can run it with a fixed clock.

pub mod app;
pub mod cli;
pub mod commands;
pub mod config;
pub mod connectors;
pub mod demo;
pub mod doctor;
pub mod http;
pub mod logging;
pub mod source;
pub mod worker;
