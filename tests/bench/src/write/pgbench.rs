//! The other side: `pgbench` with the storage's statement as a script.
//!
//! `pgbench` makes a parameter of every `:name` in a script, so the first place of each value becomes a name
//! and the others stay numbers: the statement has as many parameters as ours, in another order. All that it
//! can count are numbers, so the values that differ from payment to payment (ids, and the event with its
//! ids) are put together in the statement, from a text and such a number; that takes PostgreSQL a few
//! microseconds of some hundreds.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};
use purser_storage::payments::{self, HotWrite};
use uuid::Uuid;
use xtask::postgres;

use super::{Slice, TWELVE_DIGITS, Template};

/// Stand-ins for the two numbers, such as no other value contains.
const PAYMENT_DIGITS: &str = "777777777777";
const CUSTOMER_DIGITS: &str = "888888888888";

/// A script that can be run on any slice.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    program: PathBuf,
    file: PathBuf,
    settings: String,
    /// The values that are the same for every payment.
    constants: Vec<String>,
}

/// What `pgbench` says about itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Told {
    pub(crate) transactions: i64,
    pub(crate) per_second: f64,
}

/// The program, where PostgreSQL is installed with it.
pub(crate) fn program() -> Option<PathBuf> {
    let program = postgres::binaries()?.join("pgbench");
    program.exists().then_some(program)
}

impl Script {
    /// Writes the script for payments such as the template's.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(super) fn write(program: PathBuf, folder: &Path, template: &Template) -> Result<Self> {
        let number = |digits: &str| digits.parse::<i64>().map(|number| number - TWELVE_DIGITS);
        let settled = template.settle(number(PAYMENT_DIGITS)?, number(CUSTOMER_DIGITS)?)?;
        let write = payments::hot_write(&template.scope, &settled.record())?;
        let file = folder.join("hot_write.pgbench");
        std::fs::write(&file, script(&write)?)?;
        let settings = write.settings.iter().map(|setting| format!("-c {setting}"));
        let constants = write.values.iter().enumerate().filter_map(|(at, value)| {
            let value = value.as_ref().filter(|value| !is_varying(value))?;
            Some(format!("p{}={value}", at + 1))
        });
        let (settings, constants) = (settings.collect::<Vec<_>>().join(" "), constants.collect());
        Ok(Self { program, file, settings, constants })
    }

    /// Settles the payments of the slice.
    ///
    /// # Errors
    /// `pgbench` fails, with what it printed.
    pub(crate) fn run(&self, url: &str, slice: Slice) -> Result<Told> {
        let mut command = Command::new(&self.program);
        command.env("PGOPTIONS", &self.settings);
        command.args(["--no-vacuum", "--protocol=prepared"]);
        // As many threads as our side has.
        let threads = std::thread::available_parallelism()?.get();
        command.arg(format!("--jobs={threads}"));
        command.arg(format!("--client={}", slice.writers)).arg(format!("--transactions={}", slice.each));
        command.arg("--file").arg(&self.file);
        let (first, each, customers) = (slice.first, slice.each, slice.customers);
        let of_slice = [format!("first={first}"), format!("each={each}"), format!("customers={customers}")];
        for define in of_slice.iter().chain(&self.constants) {
            command.arg("--define").arg(define);
        }
        let output = command.args(["--define", "i=-1", url]).output().context("cannot run pgbench")?;
        let printed = String::from_utf8_lossy(&output.stdout);
        match told(&printed) {
            Some(told) if output.status.success() => Ok(told),
            _ => bail!("pgbench failed: {printed}{}", String::from_utf8_lossy(&output.stderr)),
        }
    }
}

/// `number of transactions actually processed: 16000/16000` and `tps = 2750.1 (without …)`.
fn told(printed: &str) -> Option<Told> {
    let after = |start: &str| printed.lines().find_map(|line| line.trim().strip_prefix(start));
    let transactions = after("number of transactions actually processed: ")?.split('/').next()?;
    let per_second = after("tps = ")?.split(' ').next()?;
    Some(Told { transactions: transactions.parse().ok()?, per_second: per_second.parse().ok()? })
}

fn is_varying(value: &str) -> bool {
    value.contains(PAYMENT_DIGITS) || value.contains(CUSTOMER_DIGITS)
}

fn script(write: &HotWrite) -> Result<String> {
    let statement = statement(write)?;
    Ok(format!(
        "\\set i :i + 1\n\
         \\set number :first + :client_id * :each + :i\n\
         \\set payment {TWELVE_DIGITS} + :number\n\
         \\set customer {TWELVE_DIGITS} + :number % :customers\n\
         {statement};\n"
    ))
}

/// The statement with `pgbench`'s names in the places where its parameters are first seen.
fn statement(write: &HotWrite) -> Result<String> {
    let mut parts = write.sql.split('$');
    let mut text = parts.next().unwrap_or_default().to_owned();
    // The values' numbers in the order in which `pgbench` counts them.
    let mut seen: Vec<usize> = Vec::new();
    for part in parts {
        let digits = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
        let number: usize = part[..digits].parse().context("a parameter without a number")?;
        let value = write.values.get(number - 1).context("a parameter without a value")?.as_deref();
        let known = seen.iter().position(|known| *known == number);
        let again = format!("${}", known.unwrap_or(seen.len()) + 1);
        let place = if known.is_some() { again.clone() } else { format!(":{}", name(number, value)) };
        if known.is_none() {
            seen.push(number);
        }
        text += &match value.filter(|value| is_varying(value)) {
            Some(value) => put_together(value, &place, &again),
            None => place,
        };
        text += &part[digits..];
    }
    Ok(text)
}

fn name(number: usize, value: Option<&str>) -> String {
    match value {
        Some(value) if value.contains(PAYMENT_DIGITS) => "payment".to_owned(),
        Some(value) if value.contains(CUSTOMER_DIGITS) => "customer".to_owned(),
        _ => format!("p{number}"),
    }
}

/// An expression that gives the value with the number in it: at `place` first, and at `again` from then on.
fn put_together(value: &str, place: &str, again: &str) -> String {
    let digits = if value.contains(PAYMENT_DIGITS) { PAYMENT_DIGITS } else { CUSTOMER_DIGITS };
    let mut text = String::new();
    for (at, piece) in value.split(digits).enumerate() {
        match at {
            0 => {}
            1 => text += &format!(" || CAST({place} AS text) || "),
            _ => text += &format!(" || CAST({again} AS text) || "),
        }
        // A colon before a letter would begin a name; in JSON a blank may follow it.
        text += &format!("'{}'", piece.replace("\":", "\": "));
    }
    match Uuid::parse_str(value) {
        Ok(_) => format!("CAST({text} AS uuid)"),
        Err(_) => format!("({text})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_value_has_one_name_and_is_known_by_its_number_from_then_on() {
        let id = format!("0190f000-0000-7002-8000-{PAYMENT_DIGITS}");
        let json = format!("[{{\"a\":\"{PAYMENT_DIGITS}\",\"b\":\"{PAYMENT_DIGITS}\"}}]");
        let values = vec![Some(id), None, Some("7".to_owned()), Some(json)];
        let write = HotWrite { sql: "SELECT $3, $1, $2 IS NULL, $1, $4, $3", values, settings: Vec::new() };

        let id =
            |place: &str| format!("CAST('0190f000-0000-7002-8000-' || CAST({place} AS text) || '' AS uuid)");
        let json =
            "('[{\"a\": \"' || CAST(:payment AS text) || '\",\"b\": \"' || CAST($4 AS text) || '\"}]')";
        let expected = format!("SELECT :p3, {}, :p2 IS NULL, {}, {json}, $1", id(":payment"), id("$2"));
        assert_eq!(statement(&write).expect("a script"), expected);
    }

    #[test]
    fn what_pgbench_prints_is_understood() {
        let printed = "number of transactions actually processed: 160/160\nlatency average = 5 ms\n\
                       tps = 2750.5 (without initial connection time)\n";

        assert_eq!(told(printed), Some(Told { transactions: 160, per_second: 2_750.5 }));
        assert_eq!(told("pgbench: error"), None);
    }
}
