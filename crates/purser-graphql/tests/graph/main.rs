//! The graph in process: real services, an embedded database, simulated processors.

mod ahead;
mod pages;
mod plans;
mod visibility;
mod world;
