//! The hot and the batched reads, in SQL written by hand for both engines.
//!
//! A request costs what it waits for. So the functions here take what a document selects and send every
//! statement for it in one flush: a profile with its instruments, its last payments and its totals is
//! four statements and one wait; a list of profiles with the same is two waits, whatever its length.
//! Nets take many ids and send one statement; they answer every id in its order, `None` or nothing where
//! the viewer does not see it, so that "absent" and "not allowed" are one answer.
//!
//! Every statement is given the scope as its first parameters and repeats the rule of visibility itself
//! (`visibility`, `key`); nothing is filtered later. Texts are few and fixed: batches are arrays, optional
//! parts of a filter are parameters that may be NULL, pages are ranges between two positions (`keyset`),
//! so that both engines prepare each text once per connection. Column lists and decoders stand together
//! in `tables`.
//!
//! What can go wrong is the same everywhere: [`Error::Unavailable`](crate::Error::Unavailable) if the
//! database does not answer, [`Error::Inconsistent`](crate::Error::Inconsistent) for a row that this version
//! cannot read, [`Error::Database`](crate::Error::Database) for anything else, which is a fault of ours.
//!
//! To add a read, write its text beside the function that sends it, in the dialect of
//! [`statement::Sql::both`], take what decides visibility from `visibility` or `key`, and add it to the
//! differential test, which holds both engines to one answer and both to a plain reading of the rule.

mod attempts;
mod connectors;
mod containers;
mod executor;
mod fault;
mod history;
mod key;
mod keyset;
mod list;
mod net;
mod orders;
mod payments;
mod plans;
mod profile_pages;
mod profiles;
mod row;
pub mod selection;
mod statement;
mod surroundings;
mod tables;
mod tenants;
pub mod view;
mod visibility;

pub use attempts::{attempts_by_id, attempts_in_review};
pub use connectors::{connectors, connectors_by_id, routers, routers_by_id};
pub use containers::{bindings, containers, containers_by_id, opt_outs, shares};
pub(crate) use executor::{Executor, tls};
pub use history::{
    EVENTS_MAX, TRANSFERS_MAX, disputes_by_id, disputes_of, events_by_id, events_of, ledger_of,
};
pub use orders::{order_by_external_id, orders, orders_by_id, payments_of_order};
pub use payments::{attempts_of, payment, payments, payments_by_id, payments_of};
pub use plans::{HotStatement, POSTGRES_PLANNER, hot_statements};
pub use profiles::{instruments_by_id, instruments_of, profile, profiles, profiles_by_id, totals_of};
pub use selection::{PaymentFilter, PaymentLookup, PaymentsKey, ProfileKey, ProfileSelection};
pub use tenants::{keys, tenants_below, tenants_by_id};
pub use view::{
    ContainerView, Grant, InstrumentView, PaymentLine, ProfileFilter, ProfileTotal, ProfileView, TenantView,
};
