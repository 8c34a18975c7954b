//! `cargo xtask test`: everything a change must pass, in order.
//!
//! All steps run even after one has failed, because a slow run should tell all that is wrong at once;
//! the summary at the end names what failed and why, and the last line counts, for programs that read it.

mod browser;
mod prerequisites;

use std::{
    env,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Result, anyhow, bail};
use xtask::postgres::{Postgres, URL_VARIABLE};

use crate::{
    bench, schema,
    shell::{self, Tally},
    tidy, torture, web,
};

/// What a step is given.
struct Session<'a> {
    root: &'a Path,
    tally: Tally,
}

struct Step {
    name: &'static str,
    about: &'static str,
    run: fn(&mut Session<'_>) -> Result<()>,
}

/// In the order in which they run: the quick ones that fail often come first.
const STEPS: [Step; 10] = [
    Step {
        name: "prerequisites",
        about: "install what the later steps need, or say what could not be installed",
        run: |session| prerequisites::run(session.root),
    },
    Step { name: "fmt", about: "sources are formatted", run: fmt },
    Step {
        name: "tidy",
        about: "rules of this repository hold",
        run: |session| tidy::run(session.root, &[]),
    },
    Step { name: "clippy", about: "no lint complains, in any target", run: clippy },
    Step { name: "test", about: "all tests of all crates, on SQLite and on PostgreSQL", run: tests },
    Step {
        name: "schema",
        about: "schema.graphql is what the server serves",
        run: |session| schema::compare(session.root),
    },
    Step {
        name: "web",
        about: "the committed pages come from their sources",
        run: |session| web::compare(session.root),
    },
    Step {
        name: "browser",
        about: "graphql-http's audit and a real browser against the demo",
        run: |session| browser::run(session.root, &mut session.tally),
    },
    Step {
        name: "bench",
        about: "the sample operations send no more statements than they may, however much data there is",
        run: |session| bench::run(session.root, &["--quick".to_owned()]),
    },
    Step {
        name: "torture",
        about: "servers are killed under load, and four books agree; planted bugs are found (only when named)",
        run: |session| torture::step(session.root, &mut session.tally),
    },
];

/// Steps that run only when they are named: they take longer than all others together, and what they find
/// is a reason to look, not yet a reason to stop everybody.
const ON_REQUEST: [&str; 1] = ["torture"];

/// The names of all steps, for the command line.
pub(crate) fn names() -> Vec<&'static str> {
    STEPS.iter().map(|step| step.name).collect()
}

/// Prints what each step is about.
pub(crate) fn list() {
    for step in &STEPS {
        println!("{:<14} {}", step.name, step.about);
    }
}

/// Runs the steps named in `only` (when it is empty, all that do not wait for a request) except those named
/// in `skip`.
pub(crate) fn run(root: &Path, only: &[String], skip: &[String]) -> Result<()> {
    let is_named = |names: &[String], step: &Step| names.iter().any(|name| name == step.name);
    let is_usual = |step: &Step| only.is_empty() && !ON_REQUEST.contains(&step.name);
    let is_chosen = |step: &&Step| (is_usual(step) || is_named(only, step)) && !is_named(skip, step);
    let chosen: Vec<&Step> = STEPS.iter().filter(is_chosen).collect();
    run_steps(root, &chosen)
}

fn run_steps(root: &Path, steps: &[&Step]) -> Result<()> {
    let mut session = Session { root, tally: Tally::default() };
    let begin = Instant::now();
    let mut results: Vec<(&str, Duration, Result<()>)> = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        println!("==> [{}/{}] {}: {}", index + 1, steps.len(), step.name, step.about);
        let (start, failed_before) = (Instant::now(), session.tally.failed);
        let result = (step.run)(&mut session);
        if result.is_err() && session.tally.failed == failed_before {
            // A step that failed without a failed test, by not compiling say, must not look like a success.
            session.tally.failed += 1;
        }
        let verdict = if result.is_ok() { "ok" } else { "FAILED" };
        println!("<== {} {verdict} in {:.1} s", step.name, start.elapsed().as_secs_f64());
        results.push((step.name, start.elapsed(), result));
    }
    summarize(&results, begin.elapsed(), session.tally)
}

fn summarize(results: &[(&str, Duration, Result<()>)], total: Duration, tally: Tally) -> Result<()> {
    println!("\nSummary after {:.1} s", total.as_secs_f64());
    for (name, time, result) in results {
        match result {
            Ok(()) => println!("  ok      {name:<14} {:>7.1} s", time.as_secs_f64()),
            Err(error) => println!("  FAILED  {name:<14} {:>7.1} s  {error:#}", time.as_secs_f64()),
        }
    }
    println!("{} passed, {} failed", tally.passed, tally.failed);
    let failed: Vec<&str> =
        results.iter().filter(|(.., result)| result.is_err()).map(|(name, ..)| *name).collect();
    if failed.is_empty() { Ok(()) } else { bail!("failed: {}", failed.join(", ")) }
}

fn fmt(session: &mut Session<'_>) -> Result<()> {
    let mut command = shell::cargo(session.root);
    shell::run(command.args(["fmt", "--all", "--check"]), &mut session.tally)
        .map_err(|_| anyhow!("run `cargo fmt`"))
}

fn clippy(session: &mut Session<'_>) -> Result<()> {
    let mut command = shell::cargo(session.root);
    command.args(["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]);
    shell::run(&mut command, &mut session.tally)
}

/// Plain `cargo test`, since nextest would leave out the examples in the documentation.
fn tests(session: &mut Session<'_>) -> Result<()> {
    let mut command = shell::cargo(session.root);
    command.args(["test", "--workspace", "--locked", "--no-fail-fast"]);
    // A server that somebody provides is used, so that several runs in a row need not start their own.
    let server = if env::var_os(URL_VARIABLE).is_some() { None } else { Some(Postgres::start()?) };
    if let Some(server) = &server {
        command.env(URL_VARIABLE, server.url("postgres"));
    }
    shell::run(&mut command, &mut session.tally)
}

#[cfg(test)]
mod unit_tests {
    use super::*;

    const GOOD: Step = Step { name: "good", about: "", run: |_| Ok(()) };
    const BAD: Step = Step { name: "bad", about: "", run: |_| bail!("it broke") };
    const COUNTED: Step = Step {
        name: "counted",
        about: "",
        run: |session| {
            session.tally.add(Tally { passed: 3, failed: 1 });
            bail!("a test failed")
        },
    };

    #[test]
    fn a_failed_step_fails_the_run_and_is_named() {
        let outcome = run_steps(Path::new("."), &[&BAD, &GOOD, &COUNTED]);

        assert_eq!(outcome.expect_err("two steps fail").to_string(), "failed: bad, counted");
        assert!(run_steps(Path::new("."), &[&GOOD]).is_ok());
    }

    #[test]
    fn steps_have_names_of_their_own() {
        let mut names = names();
        names.sort_unstable();
        names.dedup();

        assert_eq!(names.len(), STEPS.len());
    }
}
