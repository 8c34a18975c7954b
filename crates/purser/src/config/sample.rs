//! Writes a configuration down: the sample with every key explained, and what is in force.

use std::collections::BTreeMap;
use std::fmt::Write;

use toml::{Table, Value};

use super::{Config, Field, Issuer, Origin, sections};

/// The file `docs/purser.sample.toml`.
///
/// # Panics
/// Never: texts and numbers can be written as TOML.
#[must_use]
pub fn sample() -> String {
    let mut text = String::from(
        "# Generated from crates/purser/src/config; `PURSER_TEST_BLESS=1 cargo test -p purser sample` writes it again.\n\
         #\n\
         # Every key with its default. Keys without a default are commented out. The same keys can be set as\n\
         # variables of the environment: server.listen is PURSER_SERVER__LISTEN.\n\n",
    );
    let defaults = table_of(&Config::default());
    for (path, fields) in sections() {
        if let Some(array) = path.strip_suffix("[]") {
            let example = table_of(&Issuer::default());
            let _ = write!(text, "\n# [[{array}]]\n");
            write_fields(&mut text, fields, &example, "# ", path, &|_| None);
            continue;
        }
        let table = find(&defaults, path);
        if !path.is_empty() {
            let _ = write!(text, "\n[{path}]\n");
        }
        write_fields(&mut text, fields, &table, "", path, &|_| None);
    }
    text
}

/// The configuration in force, each key with where it came from. Passwords are `***`.
#[must_use]
pub fn effective(config: &Config, origins: &BTreeMap<String, Origin>) -> String {
    let values = table_of(config);
    let mut text = String::new();
    for (path, fields) in sections() {
        if path.ends_with("[]") {
            continue;
        }
        if !path.is_empty() {
            let _ = write!(text, "\n[{path}]\n");
        }
        let origin = |name: &str| {
            let key = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
            Some(origins.get(&key).map_or_else(|| Origin::Default.to_string(), ToString::to_string))
        };
        write_fields(&mut text, fields, &find(&values, path), "", path, &origin);
    }
    text
}

fn table_of<T: serde::Serialize>(value: &T) -> Table {
    Table::try_from(value).expect("texts, numbers and lists can be written as TOML")
}

fn find(table: &Table, path: &str) -> Table {
    let mut parts = path.split('.').filter(|part| !part.is_empty());
    let found = parts.try_fold(table, |table, part| table.get(part)?.as_table());
    found.cloned().unwrap_or_default()
}

/// Writes the fields of a table that are no tables. `origin` answers the comment after a value; with it
/// the doc comments are left out, and so are keys that have no value.
fn write_fields(
    text: &mut String,
    fields: &[Field],
    values: &Table,
    indent: &str,
    path: &str,
    origin: &dyn Fn(&str) -> Option<String>,
) {
    for Field { name, docs } in fields {
        let value = values.get(*name);
        if matches!(value, Some(Value::Table(_))) {
            continue;
        }
        let is_array_of_tables = sections().iter().any(|(section, _)| {
            section.strip_suffix("[]").and_then(|array| array.strip_prefix(path)?.strip_prefix('.'))
                == Some(name)
        });
        // Writing to a String cannot fail.
        let _ = match (origin(name), value) {
            (Some(_), None) => Ok(()),
            (Some(origin), Some(value)) => writeln!(text, "{name} = {value}  # {origin}"),
            (None, _) if is_array_of_tables => write_docs(text, docs),
            (None, Some(value)) => {
                write_docs(text, docs).and_then(|()| writeln!(text, "{indent}{name} = {value}"))
            }
            (None, None) => write_docs(text, docs).and_then(|()| writeln!(text, "# {name} =")),
        };
    }
}

fn write_docs(text: &mut String, docs: &[&str]) -> std::fmt::Result {
    docs.iter().try_for_each(|line| writeln!(text, "#{line}"))
}
