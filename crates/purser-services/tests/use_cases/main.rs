//! Use cases over a real store and the sandbox's processor, where the graph above them shows too little.

mod identities;
mod read_only;
mod voids;
mod world;
