//! `cargo xtask bench`: not there yet; the step joins `cargo xtask test` when it is.

use anyhow::{Result, bail};

/// Measures the sample operations.
///
/// # Errors
/// Always, for now.
pub(crate) fn run(_quick: bool) -> Result<()> {
    bail!("the benchmarks are not written yet")
}
