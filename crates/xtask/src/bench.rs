//! `cargo xtask bench`: builds the gateway and the benchmark, and runs the one against the other.
//!
//! The benchmark is a program of its own (`tests/bench`), because it links a runtime and two databases, and
//! the rest of this one shall be built in seconds.

use std::{path::Path, process::Command};

use anyhow::Result;

use crate::shell::{self, Tally};

/// The profile that is measured is the one that is packaged.
const PROFILE: &str = "dist";

/// Builds and measures; `options` are the benchmark's own, which `--help` lists.
///
/// # Errors
/// Something does not build, or the benchmark fails: with `--quick` because a count is too high.
pub(crate) fn run(root: &Path, options: &[String]) -> Result<()> {
    // What is only counted is the same in a debug build, which the tests have left behind.
    let is_quick = options.iter().any(|option| ["--quick", "--help", "-h"].contains(&option.as_str()));
    let mut build = shell::cargo(root);
    build.args(["build", "--locked", "--package", "purser", "--package", "purser-bench"]);
    if !is_quick {
        build.args(["--profile", PROFILE]);
    }
    shell::run(&mut build, &mut Tally::default())?;
    let folder = root.join("target").join(if is_quick { "debug" } else { PROFILE });
    let mut bench = Command::new(folder.join("purser-bench"));
    bench.current_dir(root).arg("--purser").arg(folder.join("purser")).args(options);
    shell::run(&mut bench, &mut Tally::default())
}
