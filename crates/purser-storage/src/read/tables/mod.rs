//! The columns that the read models select of each table, and how a row becomes a domain value.
//!
//! Each list and its decoder stand together and have one order; a column that is added to one alone
//! makes every read of the table fail, which any test notices.

pub(super) mod connectors;
pub(super) mod containers;
pub(super) mod history;
pub(super) mod instruments;
pub(super) mod orders;
pub(super) mod payments;
pub(super) mod profiles;
pub(super) mod tenants;
