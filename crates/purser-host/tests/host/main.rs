//! The host, through its public face: one door, one room, settings that are named.

mod context;
mod door;
mod effects;
mod settings;
mod support;
