//! What observations and requests do to a payment: examples, and properties over random histories
//! against an independent model.

mod convergence;
mod disputes;
mod examples;
mod histories;
mod model;
mod planted;
mod requests;
mod table;
mod world;
