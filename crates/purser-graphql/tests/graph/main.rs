//! The graph in process: real services, an embedded database, simulated processors.

mod ahead;
mod pages;
mod visibility;
mod world;
