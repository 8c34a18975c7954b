//! The part of the project's automation that tests may use too.
//!
//! `cargo xtask` is a program of this repository, written in the language of this repository, so that
//! a fresh clone needs nothing but a Rust toolchain to be checked, and so that the checks themselves
//! are tested. The commands live in the binary beside this library, one file each:
//!
//! - `tidy` reads sources and says where they break a rule that a compiler does not know: which crate
//!   may use which, which module may use which, how long a function may be, what may not be called.
//! - `test` runs everything that the build server runs, in order, and installs what is missing.
//! - `schema` and `web` rewrite the two things that are generated and committed.
//! - `postgres` starts a throw-away server and prints its URL.
//! - `new-connector` writes the skeleton of a connector plugin.
//! - `bench` measures.
//! - `torture` kills servers under load and lets a separate program compare the books.
//!
//! # What it refuses to know
//! Nothing here depends on a crate of the product: a check that links what it checks cannot run when
//! the product does not compile. The product is built and run as any user would, through Cargo.
//!
//! # How to add a check to `tidy`
//! Write a file beside the others in `tidy/`, with a function from a `Tree` to findings, a row in
//! `tidy::CHECKS`, and tests that plant one violation of each kind in a `Tree` made in memory. A check
//! that was never seen to fail is no check.
//!
//! # How to add a step to `test`
//! Write the function, add a row to `test::STEPS`. Steps after a failed one still run, because one
//! slow run should tell everything that is wrong.

pub mod postgres;
