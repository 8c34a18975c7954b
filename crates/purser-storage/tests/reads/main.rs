//! The read models against a plain reading of the rule, on both engines.
//!
//! Both are asked the same of the same made-up world and must give exactly what `rule` computes in memory,
//! so they also give the same as each other.

mod counts;
mod database;
mod faults;
mod lists;
mod pages;
mod people;
mod plans;
mod rule;
mod views;
mod world;
