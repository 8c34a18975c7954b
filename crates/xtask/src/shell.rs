//! Running other programs, and counting the tests that they report.

use std::{
    env,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, ensure};

/// How many tests or checks passed and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
}

impl Tally {
    /// Reads `test result: ok. 3 passed; 0 failed; …` (libtest) or `3 passed, 0 failed` (our scripts).
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let line = line.trim();
        let counts = match line.strip_prefix("test result: ") {
            Some(rest) => rest.split_once(". ")?.1,
            None => line,
        };
        let mut words = counts.split([' ', ';', ',']).filter(|word| !word.is_empty());
        let passed = words.next()?.parse().ok()?;
        let is_passed = words.next()? == "passed";
        let failed = words.next()?.parse().ok()?;
        (is_passed && words.next()? == "failed").then_some(Self { passed, failed })
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

/// Cargo, in the repository, as if it had been called by hand: what the Cargo that runs us has told us
/// about ourselves would otherwise make build scripts believe that something changed.
pub(crate) fn cargo(root: &Path) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root);
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_CRATE_", "CARGO_BIN_", "CARGO_PRIMARY_"]
            .iter()
            .any(|prefix| text.starts_with(prefix))
        {
            command.env_remove(&name);
        }
    }
    if env::var_os("CARGO_BUILD_JOBS").is_none() {
        // Two of our larger crates at once fill 4 GB; more at once fill a small build machine.
        command.env("CARGO_BUILD_JOBS", "2");
    }
    command
}

/// Runs a program, lets its output through, and counts the tests that it reports into `tally`.
///
/// # Errors
/// When the program cannot be run or reports failure.
pub(crate) fn run(command: &mut Command, tally: &mut Tally) -> Result<()> {
    let name = describe(command);
    println!("    $ {name}");
    let mut child = command.stdout(Stdio::piped()).spawn().with_context(|| format!("cannot run {name}"))?;
    let output = child.stdout.take().context("standard output was asked for")?;
    for line in BufReader::new(output).split(b'\n') {
        let line = String::from_utf8_lossy(&line?).into_owned();
        println!("{line}");
        if let Some(counted) = Tally::parse(&line) {
            tally.add(counted);
        }
    }
    let status = child.wait()?;
    ensure!(status.success(), "`{name}` failed ({status})");
    Ok(())
}

/// Runs a program and returns its standard output.
///
/// # Errors
/// When the program cannot be run or reports failure.
pub(crate) fn capture(command: &mut Command) -> Result<Vec<u8>> {
    let name = describe(command);
    let output = command.stderr(Stdio::inherit()).output().with_context(|| format!("cannot run {name}"))?;
    ensure!(output.status.success(), "`{name}` failed ({})", output.status);
    Ok(output.stdout)
}

/// The command as one would type it.
fn describe(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default();
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// Where a program of this name is, if it is in `PATH`.
pub(crate) fn find(program: &str) -> Option<std::path::PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_of_report_are_counted() {
        let libtest =
            "test result: FAILED. 12 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1s";

        assert_eq!(Tally::parse(libtest), Some(Tally { passed: 12, failed: 3 }));
        assert_eq!(Tally::parse("61 passed, 0 failed"), Some(Tally { passed: 61, failed: 0 }));
    }

    #[test]
    fn other_lines_are_not_counted() {
        for line in [
            "",
            "3 passed",
            "running 4 tests",
            "12 failed, 1 passed",
            "test result: ok",
            "x 1 passed, 2 failed",
        ] {
            assert_eq!(Tally::parse(line), None, "{line}");
        }
    }

    #[test]
    fn reports_of_a_program_are_counted_although_it_fails() {
        let mut tally = Tally::default();

        let outcome = run(Command::new("sh").args(["-c", "echo 2 passed, 1 failed; exit 1"]), &mut tally);

        assert!(outcome.is_err());
        assert_eq!(tally, Tally { passed: 2, failed: 1 });
    }
}
