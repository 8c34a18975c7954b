//! What the checks need beside a Rust toolchain, installed where that is possible.

use std::{env, fs, path::Path, path::PathBuf, process::Command};

use anyhow::{Context, Result, bail};
use xtask::postgres;

use crate::shell::{self, Tally};

/// A program from the system's packages.
struct Need {
    what: &'static str,
    packages: &'static [&'static str],
    is_there: fn() -> bool,
}

const NEEDS: [Need; 3] = [
    Need {
        what: "PostgreSQL server",
        packages: &["postgresql"],
        is_there: || postgres::binaries().is_some(),
    },
    Need { what: "Chromium", packages: &["chromium"], is_there: || chromium().is_some() },
    Need { what: "Node.js 20.19 or newer, with npm", packages: &["nodejs", "npm"], is_there: has_node },
];
/// The oldest version that the bundler of the pages runs on.
const NODE_MIN: (u32, u32) = (20, 19);

/// Installs what is missing.
///
/// # Errors
/// Names everything that is still missing afterwards, and why.
pub(super) fn run(root: &Path) -> Result<()> {
    let mut problems = Vec::new();
    problems.extend(toolchain(root).err().map(|error| format!("{error:#}")));
    let missing: Vec<&Need> = NEEDS.iter().filter(|need| !(need.is_there)()).collect();
    if !missing.is_empty() {
        let installed = install(&missing);
        let reason =
            installed.err().map_or("the package did not bring it".to_owned(), |error| format!("{error:#}"));
        for need in missing.iter().filter(|need| !(need.is_there)()) {
            problems.push(format!(
                "{} is missing (package {}): {reason}",
                need.what,
                need.packages.join(", ")
            ));
        }
    }
    problems.extend(npm_packages(&root.join("tests/browser")).err().map(|error| format!("{error:#}")));
    if problems.is_empty() { Ok(()) } else { bail!("could not prepare: {}", problems.join("; ")) }
}

/// Formatter and linter are components that a minimal toolchain lacks.
fn toolchain(root: &Path) -> Result<()> {
    for component in ["fmt", "clippy"] {
        if shell::cargo(root)
            .args([component, "--version"])
            .output()
            .is_ok_and(|output| output.status.success())
        {
            continue;
        }
        let name = if component == "fmt" { "rustfmt" } else { component };
        let mut command = Command::new("rustup");
        shell::run(command.current_dir(root).args(["component", "add", name]), &mut Tally::default())
            .with_context(|| format!("the toolchain has no {name}"))?;
    }
    Ok(())
}

fn install(needs: &[&Need]) -> Result<()> {
    if shell::find("apt-get").is_none() {
        bail!("there is no apt-get here; install it with your system's tools");
    }
    let user = shell::capture(Command::new("id").arg("-u"))?;
    if user.trim_ascii() != b"0" {
        let packages: Vec<&str> = needs.iter().flat_map(|need| need.packages).copied().collect();
        bail!("only root can install it; run: sudo apt-get install {}", packages.join(" "));
    }
    apt(&["update"])?;
    let mut outcome = Ok(());
    for need in needs {
        // One after the other, so that a package that the system does not have leaves the rest alone.
        let mut words = vec!["install", "--yes", "--no-install-recommends"];
        words.extend(need.packages);
        outcome = outcome.and(apt(&words));
    }
    outcome
}

fn apt(words: &[&str]) -> Result<()> {
    let mut command = Command::new("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive").arg("--quiet").args(words);
    shell::run(&mut command, &mut Tally::default())
}

/// The browser: the one that `CHROMIUM` names, or the first known name in `PATH`.
pub(super) fn chromium() -> Option<PathBuf> {
    let named = env::var_os("CHROMIUM").map(PathBuf::from).filter(|path| path.is_file());
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
    named.or_else(|| names.into_iter().find_map(shell::find))
}

fn has_node() -> bool {
    let output = Command::new("node").arg("--version").output();
    let version = output.ok().and_then(|output| version(&String::from_utf8_lossy(&output.stdout)));
    version.is_some_and(|version| version >= NODE_MIN) && shell::find("npm").is_some()
}

/// Major and minor of `v20.19.4`.
fn version(text: &str) -> Option<(u32, u32)> {
    let mut numbers = text.trim().strip_prefix('v')?.split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// Installs exactly what the lock file says, unless that has been done since the file was written.
fn npm_packages(folder: &Path) -> Result<()> {
    let written = |name: &str| fs::metadata(folder.join(name)).and_then(|file| file.modified()).ok();
    let locked =
        written("package-lock.json").with_context(|| format!("{} has no lock file", folder.display()))?;
    if written("node_modules/.package-lock.json").is_some_and(|installed| installed >= locked) {
        return Ok(());
    }
    let mut command = Command::new("npm");
    command.args(["ci", "--no-audit", "--no-fund"]).current_dir(folder);
    shell::run(&mut command, &mut Tally::default()).context("npm packages of tests/browser")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_number() {
        assert_eq!(version("v20.19.4\n"), Some((20, 19)));
        assert_eq!(version("20.19"), None);
        assert!(version("v20.9.0") < Some(NODE_MIN) && version("v22.0.0") >= Some(NODE_MIN));
    }

    #[test]
    fn a_folder_without_a_lock_file_is_refused() {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");

        let error = npm_packages(folder.path()).expect_err("there is nothing to install from");

        assert!(error.to_string().ends_with("has no lock file"));
    }
}
