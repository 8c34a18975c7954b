//! Checks of a running server: the demo, asked by an independent implementation and by a browser.

use std::{
    io::{self, BufRead, BufReader, Read},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tempfile::TempDir;

use super::prerequisites;
use crate::shell::{self, Tally};

/// Building the demo's data takes seconds in a release build and, at worst, minutes in this one.
const DEMO_TIMEOUT: Duration = Duration::from_mins(5);
/// Where the screenshots go, for whoever wants to look at them.
const SCREENSHOTS: &str = "target/browser";

/// Builds and serves the demo, then runs both scripts against it, the second even when the first fails.
///
/// # Errors
/// When the demo does not come up, or a script fails.
pub(super) fn run(root: &Path, tally: &mut Tally) -> Result<()> {
    let chromium = prerequisites::chromium().context("there is no Chromium; run the step `prerequisites`")?;
    shell::run(shell::cargo(root).args(["build", "--locked", "--package", "purser"]), tally)?;
    let demo = Demo::start(root)?;
    let audit = script(root, "audit.mjs", &[&demo.graphql, &demo.token]);
    let graphiql = script(root, "graphiql.mjs", &[&demo.graphiql, SCREENSHOTS]);
    let outcomes = [audit, graphiql].map(|mut script| shell::run(script.env("CHROMIUM", &chromium), tally));
    outcomes.into_iter().collect()
}

fn script(root: &Path, name: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new("node");
    command.current_dir(root).arg(format!("tests/browser/{name}")).args(arguments);
    command
}

/// A running demo, stopped when dropped.
struct Demo {
    child: Child,
    graphql: String,
    graphiql: String,
    token: String,
    _data: TempDir,
}

impl Demo {
    fn start(root: &Path) -> Result<Self> {
        let data = tempfile::tempdir()?;
        let mut command = shell::cargo(root);
        // Cargo replaces itself by the program, so that stopping the child stops the program.
        command.args(["run", "--quiet", "--locked", "--package", "purser", "--"]);
        command.args(["demo", "--listen", "127.0.0.1:0", "--json", "--data"]).arg(data.path());
        let mut child = command.stdout(Stdio::piped()).spawn().context("cannot run the demo")?;
        let output = child.stdout.take().context("standard output was asked for")?;
        let announced = announcement(output);
        let facts = announced.and_then(|line| Facts::parse(&line));
        match facts {
            Ok(Facts { graphql, graphiql, token }) => {
                Ok(Self { child, graphql, graphiql, token, _data: data })
            }
            Err(error) => {
                drop(child.kill());
                drop(child.wait());
                Err(error.context("the demo did not come up"))
            }
        }
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        // It may have died already, which the scripts will have noticed.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The line of JSON that the demo prints when it serves. What it prints later is read and dropped,
/// since a full pipe would stop it.
fn announcement(output: ChildStdout) -> Result<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut reader = BufReader::new(output);
        let line = reader.by_ref().lines().map_while(io::Result::ok).find(|line| line.starts_with('{'));
        // Nobody listens after the deadline, which has then been reported.
        drop(sender.send(line));
        drop(io::copy(&mut reader, &mut io::sink()));
    });
    receiver
        .recv_timeout(DEMO_TIMEOUT)
        .context("it said nothing in time")?
        .context("it ended without serving")
}

#[derive(Debug, PartialEq, Eq)]
struct Facts {
    graphql: String,
    graphiql: String,
    token: String,
}

impl Facts {
    fn parse(line: &str) -> Result<Self> {
        let value: Value = serde_json::from_str(line)?;
        let text = |pointer: &str| {
            let text = value.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
            text.with_context(|| format!("it did not say {pointer}"))
        };
        let facts = Self {
            graphql: text("/graphql")?,
            graphiql: text("/graphiql")?,
            token: text("/tenants/0/secretKey")?,
        };
        ensure!(facts.graphql.starts_with("http://127.0.0.1:"), "it serves at {}", facts.graphql);
        Ok(facts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_announcement_is_read() {
        let line = r#"{"graphql":"http://127.0.0.1:1/graphql","graphiql":"http://127.0.0.1:1/graphiql/",
            "tenants":[{"slug":"market","id":"tnt_1","secretKey":"sk_test_1","publishableKey":"pk"}],"container":"c"}"#;

        let facts = Facts::parse(line).expect("everything is there");

        assert_eq!(facts.token, "sk_test_1");
        assert_eq!(facts.graphiql, "http://127.0.0.1:1/graphiql/");
    }

    #[test]
    fn a_missing_fact_is_named() {
        let error = Facts::parse(r#"{"graphql":"http://127.0.0.1:1/graphql"}"#).expect_err("two are missing");

        assert_eq!(error.to_string(), "it did not say /graphiql");
    }
}
