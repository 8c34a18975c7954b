//! The processor, as its clients and its customers see it.

mod books;
mod outcomes;
mod world;
