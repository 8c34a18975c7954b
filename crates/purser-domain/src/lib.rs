//! Entities, state machines and decisions as pure functions.
//!
//! This floor is where purser's rules are: who may see a profile in a shared container, which
//! connector may charge a stored instrument, what a processor's answer does to a payment. Every
//! rule is a function from values to values. There is no I/O here, no clock, no randomness and no
//! macro of the floors above, so that a rule can be read on one screen and tested against a model.
//!
//! | module | what it decides |
//! |---|---|
//! | [`scope`] | environments, the viewer, and the scope that every query of storage is given |
//! | [`tenant`] | the one tree of tenants; a merchant is a tenant |
//! | [`container`] | what a share grants, what an opt-out takes away, which container a connector uses |
//! | [`contact`] | normal forms of e-mail addresses and telephone numbers |
//! | [`profile`] | profiles, their shared core and every tenant's private overlay |
//! | [`instrument`] | stored instruments and who may see and use one |
//! | [`connector`] | connectors and routers as their owners configure them |
//! | [`routing`] | which connectors may serve a payment, in which order, and why not the others |
//! | [`payment`] | the payment, its attempts, its ledger, and the one function that changes its state |
//! | [`order`] | what a payment pays for: lines, totals, fulfilment |
//!
//! Modules import only modules above them in this table; `cargo xtask tidy` holds them to it.
//!
//! To add a rule, write the function beside the entity it is about, and its table test under it.
//! To add a field, add it here first: storage and the schema follow, and the compiler shows where.

pub mod connector;
pub mod contact;
pub mod container;
pub mod instrument;
pub mod order;
pub mod payment;
pub mod profile;
pub mod routing;
pub mod scope;
pub mod tenant;

pub use scope::{Environment, KeyScope, KeyScopes, Scope, SystemScope, Viewer};
