//! Use cases: authorise the actor, apply the rules, talk to storage and connectors.
//!
//! One module per domain, with the name that it has in every layer, and one function per use case:
//! `profiles::update(ctx, input)`. Each loads, lets the domain decide, stores, and answers with ids;
//! reading back is the caller's matter, through [`reads`], in as few statements as its selection needs.
//! Nothing here knows that GraphQL or HTTP exist.
//!
//! | module | its use cases |
//! |---|---|
//! | [`tenants`], [`keys`] | the tree, API keys, and the viewer that a credential stands for |
//! | [`containers`] | create, share, disable, bind, explain |
//! | [`profiles`], [`instruments`] | create, upsert, update, delete, prefer |
//! | [`connectors`] | connectors, routers, what they can do |
//! | [`payments`] | register, debit, preauthorize, commit, resume, capture, increment, void, refund, cancel, simulate |
//! | [`orders`] | submit, fulfil, cancel |
//!
//! Rules that every function keeps:
//! - it is given a [`Ctx`], whose viewer was verified, and passes the viewer's scope to every query;
//! - what may not be seen does not exist: both are the same refusal;
//! - an attempt is committed before a connector is called, and no transaction is open during the call;
//! - calls that move money run in a task of their own, so that a client that hangs up changes nothing;
//! - a request that brings an idempotency key is carried out once, however often it comes: see [`Once`];
//! - a refusal is a value with a code of [`Code`]; a fault tells the client nothing.
//!
//! To add a use case: an input struct, a function that returns `Result<_, Error>`, its codes in the
//! doc comment. Unlisted modules below are what the use cases share.

mod app;
pub mod connectors;
pub mod containers;
pub mod cursor;
mod error;
mod fault;
mod input;
pub mod instruments;
pub mod keys;
mod once;
pub mod orders;
pub mod payments;
mod person;
mod pool;
pub mod profiles;
pub mod reads;
mod sharing;
pub mod task;
pub mod tenants;

pub use app::{App, Ctx};
pub use error::{Code, Error, Refusal};
#[cfg(feature = "torture")]
pub use fault::begin_torture;
pub use input::Patch;
pub use once::{KEY_LENGTH_MAX, Once};
pub use person::PersonInput;
pub use purser_connector::{self as values, Plugin};
pub use purser_storage::ProfileKey;
pub use purser_storage::read::{selection, view as views};
