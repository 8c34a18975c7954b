//! The hot and the batched reads, in SQL written by hand for both engines.

mod executor;
mod fault;
mod row;
pub mod selection;
mod statement;
pub mod view;

pub(crate) use executor::Executor;
