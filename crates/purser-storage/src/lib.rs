//! Where the customer graph is kept.
//!
//! The floor above asks for profiles, containers and payments and gets domain values; which engine
//! holds them, an embedded SQLite file or a PostgreSQL server, is known here and nowhere else. No row
//! type leaves the crate: every column is read by a function that says what it expects, and a row that
//! holds something else is an [`Error::Inconsistent`] with the table, the column and the row's key.
//!
//! **The scope is a predicate.** Every function takes the [`Scope`](purser_domain::Scope) of the
//! request (or a [`SystemScope`](purser_domain::SystemScope) with its reason), and every statement
//! carries the rule of who may see or change the row in its `WHERE`. Nothing is loaded first and judged
//! afterwards: a check that is not part of the statement can be forgotten, and its outcome can be told
//! from its timing. A row that the scope does not reach is the same as no row. The predicates are
//! written once, in `visibility`.
//!
//! **Two ways to the data.** What is not hot is a SeaORM entity (`entity`, one file per table) and a
//! statement in the module of its noun: [`tenants`], [`keys`], [`containers`], [`connectors`],
//! [`profiles`], [`instruments`], [`payments`], [`disputes`], [`orders`], [`notifications`],
//! [`idempotency`]. What every page of the graph asks for is in [`read`]:
//! hand-written statements, pipelined on PostgreSQL and on reader threads on SQLite. Both count their
//! statements in [`Store::statements`], which tests hold against the plan.
//!
//! **Writes** go through [`Write`], one transaction, which is rolled back unless it is committed. A
//! transaction in which a statement has failed cannot be committed any more, on either engine; to go on
//! after a [`Constraint`], begin another one. What must not be overtaken is a condition of the
//! statement that writes (`WHERE version = $5`, `WHERE authorized - captured >= $6`), and the function
//! answers whether it held. Nobody checks first and inserts later: the database refuses the second of
//! two equal rows, and [`Constraint`] says which rule it was.
//!
//! The hot write is one statement and needs no transaction around it: [`payments::record_alone`] sends it over
//! connections of its own, so that a writer who waits for a lock queues nobody else. Workers take rows that
//! are due with a lease, and act for the tenant of the row (`Scope::on_behalf`).
//!
//! The crate refuses to know what a tenant may *do*: which refusal follows from an absent row, which
//! fields are masked, when a link is made. It decides only what is reachable. It keeps secrets as the
//! sealed bytes and keyed hashes that it is given.
//!
//! To add a table: a migration, a file in `entity` that maps it in both directions, functions in the
//! module of its noun, and a row in the tests of round trips and of foreign tenants.
//! To add a column: the migration, the entity's field and its two mappings; the compiler shows the rest.

mod connect;
mod db;
mod entity;
mod error;
mod lease;
mod parse;
mod sql;
mod visibility;
mod writers;

pub mod connectors;
pub mod containers;
pub mod disputes;
pub mod idempotency;
pub mod instruments;
pub mod keys;
pub mod notifications;
pub mod orders;
pub mod payments;
pub mod profiles;
pub mod read;
pub mod tenants;

pub use connectors::Sealed;
pub use db::{Engine, Read, Store, StoreOptions, Write};
pub use error::{Constraint, Error};
#[doc(hidden)]
pub use lease::{DueStatement, due_statements};
pub use read::selection::ProfileKey;
