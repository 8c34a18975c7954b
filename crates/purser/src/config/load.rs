//! Merges the sources and says what is wrong with them, and where.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use figment::Figment;
use figment::providers::Serialized;
use toml::de::{DeTable, DeValue};
use toml::{Spanned, Table, Value};

use super::{Config, sections};

/// How every variable of the environment that is a key begins.
const PREFIX: &str = "PURSER_";
/// Variables that begin so and are no keys: which file to read, and switches of tests.
#[cfg(not(feature = "torture"))]
const NOT_KEYS: [&str; 2] = ["PURSER_CONFIG", "PURSER_TEST_"];
/// The same, and what the checker tells its builds.
#[cfg(feature = "torture")]
const NOT_KEYS: [&str; 3] = ["PURSER_CONFIG", "PURSER_TEST_", "PURSER_PLANTED_BUG"];

/// Where values are taken from. Handed in, so that tests need no environment of their own.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The file, and whether it was asked for: one that was asked for must exist.
    pub file: Option<(PathBuf, bool)>,
    /// All variables of the environment.
    pub environment: Vec<(String, String)>,
    /// Dotted keys with values, from flags.
    pub flags: Vec<(String, String)>,
}

impl Sources {
    /// What a process has: `flag` is `--config`, then comes `PURSER_CONFIG`, then `./purser.toml`.
    #[must_use]
    pub fn of_process(flag: Option<PathBuf>, flags: Vec<(String, String)>) -> Self {
        let environment: Vec<(String, String)> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let named = environment.iter().find(|(name, _)| name == "PURSER_CONFIG").map(|(_, path)| path.into());
        let file = match flag.or(named) {
            Some(path) => (path, true),
            None => (PathBuf::from("purser.toml"), false),
        };
        Self { file: Some(file), environment, flags }
    }
}

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Nobody set it.
    Default,
    /// A file and a line.
    File(PathBuf, usize),
    /// A variable of the environment.
    Environment(String),
    /// A flag.
    Flag(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path, line) => write!(f, "{}:{line}", path.display()),
            Self::Environment(name) => write!(f, "environment variable {name}"),
            Self::Flag(name) => write!(f, "flag {name}"),
        }
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub origin: Origin,
    /// Which key, or empty.
    pub key: String,
    /// What is expected.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.key.as_str() {
            "" => write!(f, "{}: {}", self.origin, self.message),
            key => write!(f, "{}: {key}: {}", self.origin, self.message),
        }
    }
}

/// Everything that is wrong, so that one run finds it all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

/// A configuration and the origin of each key that somebody set.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The values.
    pub config: Config,
    /// Dotted key to origin.
    pub origins: BTreeMap<String, Origin>,
}

/// Loads the configuration.
///
/// # Errors
/// Every unknown key, every value of the wrong type, every value that makes no sense.
pub fn load(sources: &Sources) -> Result<Loaded, Problems> {
    let mut layers = Layers::default();
    layers.read_file(sources);
    let variables = sources.environment.iter().filter(|(name, _)| is_key(name));
    for (name, value) in variables {
        let key = name[PREFIX.len()..].to_ascii_lowercase().replace("__", ".");
        layers.set(&key, value, &Origin::Environment(name.clone()));
    }
    for (key, value) in &sources.flags {
        layers.set(key, value, &Origin::Flag(key.clone()));
    }
    layers.finish()
}

fn is_key(name: &str) -> bool {
    name.starts_with(PREFIX) && !NOT_KEYS.iter().any(|other| name.starts_with(other))
}

#[derive(Default)]
struct Layers {
    table: Table,
    origins: BTreeMap<String, Origin>,
    problems: Vec<Problem>,
}

impl Layers {
    fn problem(&mut self, origin: Origin, key: &str, message: impl Into<String>) {
        self.problems.push(Problem { origin, key: key.to_owned(), message: message.into() });
    }

    fn read_file(&mut self, sources: &Sources) {
        let Some((path, is_required)) = &sources.file else { return };
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !is_required => return,
            Err(error) => {
                let message = format!("cannot read the file: {error}");
                return self.problem(Origin::File(path.clone(), 0), "", message);
            }
        };
        let at_line = |offset: usize| {
            let before = text.as_bytes().iter().take(offset);
            Origin::File(path.clone(), before.filter(|byte| **byte == b'\n').count() + 1)
        };
        match (DeTable::parse(&text), text.parse::<Table>()) {
            (Ok(tree), Ok(table)) => {
                self.walk(tree.get_ref(), "", "", &at_line);
                self.table = table;
            }
            (Err(error), _) | (_, Err(error)) => {
                let offset = error.span().map_or(0, |span| span.start);
                self.problem(at_line(offset), "", error.message());
            }
        }
    }

    /// Notes the line of each key, and complains about those that nobody knows.
    fn walk(&mut self, tree: &DeTable<'_>, path: &str, section: &str, at: &impl Fn(usize) -> Origin) {
        for (name, value) in tree {
            let key = join(path, name.get_ref());
            let origin = at(name.span().start);
            if !fields_of(section).contains(&name.get_ref().as_ref()) {
                let message = unknown(&key, &join(section, name.get_ref()));
                self.problem(origin, &key, message);
                continue;
            }
            self.origins.insert(key.clone(), origin);
            let inner = join(section, name.get_ref());
            match value.get_ref() {
                DeValue::Table(table) if is_section(&inner) => self.walk(table, &key, &inner, at),
                DeValue::Array(items) => self.walk_items(items, &key, &format!("{inner}[]"), at),
                _ => {}
            }
        }
    }

    fn walk_items(
        &mut self,
        items: &[Spanned<DeValue<'_>>],
        path: &str,
        section: &str,
        at: &impl Fn(usize) -> Origin,
    ) {
        for (index, item) in items.iter().enumerate() {
            if let (DeValue::Table(table), true) = (item.get_ref(), is_section(section)) {
                self.walk(table, &format!("{path}[{index}]"), section, at);
            }
        }
    }

    fn set(&mut self, key: &str, raw: &str, origin: &Origin) {
        let (section, name) = key.rsplit_once('.').unwrap_or(("", key));
        if is_section(key) {
            return self.problem(origin.clone(), key, "a section; set its keys one by one");
        }
        if !fields_of(section).contains(&name) {
            let message = unknown(key, key);
            return self.problem(origin.clone(), key, message);
        }
        let value = interpret(key, raw);
        let mut table = &mut self.table;
        for part in section.split('.').filter(|part| !part.is_empty()) {
            let entry = table.entry(part).or_insert_with(|| Value::Table(Table::new()));
            let Value::Table(inner) = entry else { return };
            table = inner;
        }
        table.insert(name.to_owned(), value);
        self.origins.insert(key.to_owned(), origin.clone());
    }

    fn finish(mut self) -> Result<Loaded, Problems> {
        if !self.problems.is_empty() {
            return Err(Problems(self.problems));
        }
        let config = match Figment::from(Serialized::defaults(&self.table)).extract::<Config>() {
            Ok(config) => config,
            Err(errors) => {
                for error in errors {
                    let key = error.path.join(".");
                    let origin = self.origin(&key);
                    self.problem(origin, &key, error.kind.to_string());
                }
                return Err(Problems(self.problems));
            }
        };
        for (key, why) in config.faults() {
            let origin = self.origin(&key);
            self.problem(origin, &key, why);
        }
        match self.problems.is_empty() {
            true => Ok(Loaded { config, origins: self.origins }),
            false => Err(Problems(self.problems)),
        }
    }

    /// The origin of a key, or of the nearest table around it.
    fn origin(&self, key: &str) -> Origin {
        let mut key = key;
        loop {
            if let Some(origin) = self.origins.get(key) {
                return origin.clone();
            }
            match key.rfind(['.', '[']) {
                Some(at) => key = &key[..at],
                None => return Origin::Default,
            }
        }
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn is_section(path: &str) -> bool {
    sections().iter().any(|(section, _)| *section == path)
}

fn fields_of(path: &str) -> Vec<&'static str> {
    let section = sections().into_iter().find(|(section, _)| *section == path);
    section.map(|(_, fields)| fields.iter().map(|field| field.name).collect()).unwrap_or_default()
}

/// How far a name may be from the nearest one to be mentioned.
const SIMILAR: f64 = 0.7;

fn unknown(key: &str, schema_key: &str) -> String {
    let known = sections()
        .into_iter()
        .flat_map(|(section, fields)| fields.iter().map(move |field| join(section, field.name)));
    let scored = known.map(|name| (strsim::jaro_winkler(&name, schema_key), name));
    let nearest = scored.max_by(|(one, _), (other, _)| one.total_cmp(other));
    match nearest {
        Some((score, name)) if score > SIMILAR && name != key => format!("unknown key; did you mean {name}?"),
        _ => "unknown key".to_owned(),
    }
}

/// A text from the environment or a flag, as the type of the key's default wants it.
fn interpret(key: &str, raw: &str) -> Value {
    let text = || Value::String(raw.to_owned());
    let defaults = Value::try_from(Config::default()).unwrap_or(Value::Table(Table::new()));
    let default = key.split('.').try_fold(&defaults, |value, part| value.get(part));
    match default {
        // Keys without a default are texts: URLs and paths.
        None | Some(Value::String(_)) => text(),
        Some(Value::Array(_)) if !raw.trim_start().starts_with('[') => {
            let parts = raw.split(',').map(str::trim).filter(|part| !part.is_empty());
            Value::Array(parts.map(|part| Value::String(part.to_owned())).collect())
        }
        Some(_) => {
            let parsed = format!("value = {raw}").parse::<Table>();
            parsed.ok().and_then(|mut table| table.remove("value")).unwrap_or_else(text)
        }
    }
}
