//! What the end-to-end tests stand on: the real server, over real HTTP, on both databases.
//!
//! A test of this crate sees what a customer's developer sees.  It starts the server as the binary does,
//! on a port of its own and a database of its own, and speaks GraphQL to it; nothing below the HTTP port is
//! mocked, and the only double is the sandbox, which is part of the product.  A test is written once:
//!
//! ```no_run
//! # use purser_tests::each_database;
//! # use serde_json::json;
//! #[tokio::test(flavor = "multi_thread")]
//! # async fn hidden_from_the_compiler_of_documentation() {}
//! async fn a_debit_is_booked_once() {
//!     each_database(async |world| {
//!         let shop = world.root_tenant("shop").await.shop().await;
//!         let fresh = json!({ "transactionToken": "tok_visa" });
//!         let paid = shop.tenant.debit(json!({ "connectorId": shop.connector, "payWith": fresh })).await;
//!         assert_eq!(paid.text("debitPayment.payment.status"), "SUCCEEDED");
//!         assert_eq!(world.books("northbank").payments().count(), 1);
//!     })
//!     .await;
//! }
//! ```
//!
//! [`each_database`] runs it on SQLite and on PostgreSQL.  PostgreSQL is the server that the environment
//! variable `PURSER_TEST_POSTGRES` names, or one that the process starts for itself.
//!
//! Three things are under the test's hand, so that no test waits and each can be repeated: the clock and
//! the dice ([`TestSource`]), the processors' books ([`World::books`]) and the [`Gate`] that holds back what
//! processors answer.  Shortcuts of [`Tenant`] are GraphQL as well; a shortcut that went around the API
//! would prove nothing about it.  Only roots of trees and the first keys are made by the operator's
//! functions, because only the operator can.
//!
//! The tests themselves are in `it/`, one module per matter.  To add one: a function there, in the module
//! whose matter it is; the name says the behaviour.

mod answer;
mod client;
mod databases;
mod gate;
mod graph;
mod source;
mod tenant;
mod world;

pub use answer::{Answer, UserError, find};
pub use client::Client;
pub use databases::Engine;
pub use gate::{Gate, LookUps};
pub use graph::{Field, Graph};
pub use source::{Dice, TestSource};
pub use tenant::{Shop, Tenant};
pub use world::{World, each_database, each_database_asked_again, each_database_with, eventually};
