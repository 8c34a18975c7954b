//! The tables as SeaORM entities, and their mapping from and to domain values.
//!
//! One file per table. The columns are listed once, in `Model`: insertions and changes are written from
//! it, and rows are read into it. Nothing here leaves the crate.

pub(crate) mod access;
pub(crate) mod api_key;
pub(crate) mod attempt;
pub(crate) mod binding;
pub(crate) mod connector;
pub(crate) mod container;
pub(crate) mod dispute;
pub(crate) mod instrument;
pub(crate) mod notification;
pub(crate) mod opt_out;
pub(crate) mod order;
pub(crate) mod payment;
pub(crate) mod profile;
pub(crate) mod profile_link;
pub(crate) mod router;
pub(crate) mod share;
pub(crate) mod tenant;
