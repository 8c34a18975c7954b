//! `cargo xtask torture`: builds the gateway with its failpoints and the checker, and lets the one loose on
//! the other.
//!
//! The checker is a program of its own (`tests/checker`) that shares no code with the gateway; this only
//! starts PostgreSQL, puts the command lines together, and counts what held.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
};

use anyhow::{Result, anyhow, bail};
use clap::{Args, ValueEnum};
use xtask::postgres::Postgres;

use crate::shell::{self, Tally};

/// What `cargo xtask torture` is told. Without any of the parts it kills.
#[derive(Args, Debug, Default)]
pub(crate) struct Options {
    /// Kill servers so often under load.
    #[arg(long)]
    kills: Option<u64>,
    /// Decides faults, requests and kills.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// On which database; on both in turn if absent.
    #[arg(long, value_enum)]
    database: Option<Database>,
    /// How many servers share it; two need PostgreSQL.
    #[arg(long, default_value_t = 1)]
    nodes: u64,
    /// Plant a bug and see whether it is found: its name, or `all`.
    #[arg(long, value_name = "NAME")]
    control: Option<String>,
    /// Try every failpoint × operation × action.
    #[arg(long)]
    matrix: bool,
    /// Only cells of the matrix whose name contains this.
    #[arg(long, value_name = "TEXT", requires = "matrix")]
    only: Option<String>,
    /// Let so many captures, refunds and voids race over two servers.
    #[arg(long)]
    races: Option<u64>,
    /// Drop so many requests halfway.
    #[arg(long)]
    drops: Option<u64>,
    /// Torture a release build, as for long runs.
    #[arg(long)]
    release: bool,
}

/// A database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Database {
    Sqlite,
    Postgres,
}

impl Database {
    const ALL: [Self; 2] = [Self::Sqlite, Self::Postgres];

    fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

/// So many kills if nothing else is asked for; the same as the test step's.
const KILLS: u64 = 300;
/// The test step's races and drops: enough to fail without a condition, few enough to wait for.
const RACES: u64 = 2_400;
const DROPS: u64 = 400;
/// Cells of the matrix that are tried on PostgreSQL too.
const SAMPLE: u64 = 32;

/// One run of the checker.
#[derive(Debug, PartialEq, Eq)]
struct Part {
    name: String,
    words: Vec<String>,
}

impl Part {
    fn new(database: Database, options: &[(&str, u64)], words: &[&str]) -> Self {
        let mut all = vec!["--database".to_owned(), database.name().to_owned()];
        for (name, value) in options {
            all.extend([format!("--{name}"), value.to_string()]);
        }
        all.extend(words.iter().map(|word| (*word).to_owned()));
        Self { name: format!("{} on {}", words.join(" "), database.name()), words: all }
    }
}

/// Runs what is asked for, all of it even when a part fails.
///
/// # Errors
/// Something does not build, or a part did not hold.
pub(crate) fn run(root: &Path, options: &Options) -> Result<()> {
    let parts = parts(options);
    perform(root, options.release, &[parts], &mut Tally::default())
}

/// The step of `cargo xtask test`: everything at a size that one waits for.
///
/// # Errors
/// As [`run`].
pub(crate) fn step(root: &Path, tally: &mut Tally) -> Result<()> {
    let seed = ("seed", 1);
    let (kills, races, drops) = (KILLS.to_string(), RACES.to_string(), DROPS.to_string());
    let sample = SAMPLE.to_string();
    // Servers that start wait as much as they compute, and everybody waits for what settles; two lanes share
    // two cores well.
    let lanes = [
        vec![
            Part::new(Database::Sqlite, &[seed], &["kills", &kills]),
            Part::new(Database::Sqlite, &[seed], &["control"]),
            Part::new(Database::Sqlite, &[seed], &["drops", &drops]),
        ],
        vec![
            Part::new(Database::Postgres, &[seed, ("nodes", 2)], &["kills", &kills]),
            Part::new(Database::Postgres, &[seed], &["races", &races]),
            Part::new(Database::Postgres, &[seed], &["drops", &drops]),
            Part::new(Database::Postgres, &[seed], &["matrix", "--sample", &sample]),
            Part::new(Database::Sqlite, &[seed], &["matrix"]),
        ],
    ];
    perform(root, false, &lanes, tally)
}

fn parts(options: &Options) -> Vec<Part> {
    let databases = options.database.map_or(Database::ALL.to_vec(), |database| vec![database]);
    let mut parts = Vec::new();
    let is_nothing_else =
        options.control.is_none() && !options.matrix && options.races.is_none() && options.drops.is_none();
    let kills = options.kills.or(is_nothing_else.then_some(KILLS));
    for database in databases {
        let nodes = if database == Database::Sqlite { 1 } else { options.nodes };
        let common = [("seed", options.seed), ("nodes", nodes)];
        let mut add = |words: &[&str]| parts.push(Part::new(database, &common, words));
        if let Some(kills) = kills {
            add(&["kills", &kills.to_string()]);
        }
        match options.control.as_deref() {
            None => {}
            Some("all") => add(&["control"]),
            Some(name) => add(&["control", name]),
        }
        if options.matrix {
            match &options.only {
                None => add(&["matrix"]),
                Some(only) => add(&["matrix", "--only", only]),
            }
        }
        if let Some(races) = options.races {
            add(&["races", &races.to_string()]);
        }
        if let Some(drops) = options.drops {
            add(&["drops", &drops.to_string()]);
        }
    }
    parts
}

/// Runs lanes beside each other, the parts of each one after the other on a PostgreSQL of its own, since a part
/// may crash it.
fn perform(root: &Path, release: bool, lanes: &[Vec<Part>], tally: &mut Tally) -> Result<()> {
    let folder = build(root, release)?;
    let folder = folder.as_path();
    let failed = thread::scope(|scope| {
        let lanes: Vec<_> =
            lanes.iter().map(|parts| scope.spawn(move || lane(root, folder, parts))).collect();
        let mut failed = Vec::new();
        for lane in lanes {
            failed.extend(lane.join().map_err(|_| anyhow!("a lane panicked"))??);
        }
        Ok::<_, anyhow::Error>(failed)
    })?;
    let count = lanes.iter().map(Vec::len).sum::<usize>() - failed.len();
    tally.add(Tally { passed: u64::try_from(count)?, failed: u64::try_from(failed.len())? });
    if failed.is_empty() { Ok(()) } else { bail!("did not hold: {}", failed.join(", ")) }
}

/// Runs parts in turn, and answers which did not hold.
fn lane(root: &Path, folder: &Path, parts: &[Part]) -> Result<Vec<String>> {
    let server = Postgres::start()?;
    let mut failed = Vec::new();
    for part in parts {
        let mut checker = Command::new(folder.join("purser-checker"));
        checker
            .current_dir(root)
            .arg("--purser")
            .arg(folder.join("torture/purser"))
            .args(["--postgres", &server.url("postgres")])
            .arg("--postgres-log")
            .arg(server.directory().join("server.log"))
            .args(&part.words);
        // At the end and in one piece, so that lanes do not write into each other.
        let output = checker.stderr(Stdio::inherit()).output()?;
        print!("--- {}\n{}", part.name, String::from_utf8_lossy(&output.stdout));
        if !output.status.success() {
            failed.push(part.name.clone());
        }
    }
    Ok(failed)
}

/// Builds both, and answers where they are. The gateway with failpoints is moved aside, so that nobody takes
/// it for the one that is shipped.
fn build(root: &Path, release: bool) -> Result<PathBuf> {
    let folder = root.join("target").join(if release { "release" } else { "debug" });
    for words in
        [&["--package", "purser", "--features", "purser/torture"][..], &["--package", "purser-checker"]]
    {
        let mut command = shell::cargo(root);
        command.args(["build", "--locked"]).args(words);
        if release {
            command.arg("--release");
        }
        shell::run(&mut command, &mut Tally::default())?;
    }
    let aside = folder.join("torture");
    std::fs::create_dir_all(&aside)?;
    std::fs::copy(folder.join("purser"), aside.join("purser"))?;
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(options: &Options) -> Vec<String> {
        parts(options).into_iter().map(|part| part.name).collect()
    }

    #[test]
    fn without_parts_it_kills_on_both_databases() {
        assert_eq!(names(&Options::default()), ["kills 300 on sqlite", "kills 300 on postgres"]);
    }

    #[test]
    fn parts_are_run_on_the_database_that_is_named() {
        let options = Options {
            database: Some(Database::Postgres),
            control: Some("no_janitor".to_owned()),
            matrix: true,
            races: Some(24),
            ..Options::default()
        };

        let expected = ["control no_janitor on postgres", "matrix on postgres", "races 24 on postgres"];
        assert_eq!(names(&options), expected);
    }

    #[test]
    fn only_postgresql_has_two_servers() {
        let parts = parts(&Options { nodes: 2, seed: 7, ..Options::default() });

        let words = |part: &Part| part.words.join(" ");
        assert_eq!(words(&parts[0]), "--database sqlite --seed 7 --nodes 1 kills 300");
        assert_eq!(words(&parts[1]), "--database postgres --seed 7 --nodes 2 kills 300");
    }
}
