//! What observations and requests do to a payment: examples, and properties over random histories
//! against an independent model.

#![expect(clippy::print_stdout, reason = "a claim of none in so many is printed with what was covered")]

mod convergence;
mod disputes;
mod examples;
mod heard;
mod histories;
mod model;
mod planted;
mod requests;
mod table;
mod totality;
mod world;
