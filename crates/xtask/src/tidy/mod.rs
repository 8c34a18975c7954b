//! `cargo xtask tidy`: rules of this repository that no compiler knows.
//!
//! Each check is a function from the tree to its findings; none reads anything else, so all of them
//! together take about a second. A finding can be excused in `exceptions.rs`, with a reason; an excuse
//! that excuses nothing is itself a finding, so that the list can only shrink.

mod connector_docs;
mod dependencies;
mod exceptions;
mod files;
mod layers;
mod links;
mod module_order;
mod sizes;
mod tree;
mod words;

use std::{fmt, path::Path};

use anyhow::{Result, ensure};
use exceptions::{EXCEPTIONS, Exception};
use tree::Tree;

/// One broken rule at one place.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    path: String,
    line: usize,
    check: &'static str,
    message: String,
}

impl Finding {
    /// The check's name is filled in by whoever runs it.
    fn new(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, check: "", message: message.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}: {} [{}]", self.path, self.line, self.message, self.check)
    }
}

type Check = fn(&Tree) -> Vec<Finding>;

/// Every check by its name, which is what an exception refers to.
const CHECKS: [(&str, Check); 13] = [
    ("syntax", syntax),
    ("layers", layers::check),
    ("module-order", module_order::check),
    ("function-length", sizes::functions),
    ("file-length", sizes::files),
    ("banned-calls", words::calls),
    ("banned-words", words::words),
    ("machine-paths", words::machine_paths),
    ("dependency-reasons", dependencies::check),
    ("top-level", files::top_level),
    ("binary-files", files::binary),
    ("links", links::check),
    ("connector-errors", connector_docs::check),
];

/// Prints every finding below one of `paths` (everywhere when there are none), and fails if there is any.
pub(crate) fn run(root: &Path, paths: &[String]) -> Result<()> {
    let tree = Tree::load(root)?;
    let mut findings = check(&tree, EXCEPTIONS);
    if !paths.is_empty() {
        findings.retain(|finding| paths.iter().any(|path| finding.path.starts_with(path.as_str())));
    }
    for finding in &findings {
        println!("{finding}");
    }
    println!("tidy: {} checks, {} files, {} findings", CHECKS.len(), tree.files.len(), findings.len());
    ensure!(findings.is_empty(), "{} findings", findings.len());
    Ok(())
}

fn check(tree: &Tree, exceptions: &[Exception]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, check) in CHECKS {
        findings.extend(check(tree).into_iter().map(|finding| Finding { check: name, ..finding }));
    }
    let mut kept = exceptions::apply(findings, exceptions);
    kept.sort();
    kept
}

/// A file that does not parse would silently escape every other check.
fn syntax(tree: &Tree) -> Vec<Finding> {
    tree.unparsed.iter().map(|(path, error)| Finding::new(path, 1, format!("is not Rust: {error}"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_names_file_line_and_check() {
        let tree = Tree::of(&[("crates/purser-types/src/lib.rs", "\nfn a() { todo!() }\n")]);

        let findings = check(&tree, &[]);

        assert_eq!(findings.len(), 1);
        let text = findings[0].to_string();
        assert!(text.starts_with("crates/purser-types/src/lib.rs:2: "), "{text}");
        assert!(text.ends_with("[banned-calls]"), "{text}");
    }

    #[test]
    fn a_file_that_does_not_parse_is_found() {
        let tree = Tree::of(&[("crates/purser-types/src/lib.rs", "fn (")]);

        assert_eq!(check(&tree, &[]).iter().map(|finding| finding.check).collect::<Vec<_>>(), ["syntax"]);
    }

    #[test]
    fn an_empty_tree_is_tidy() {
        assert_eq!(check(&Tree::of(&[]), &[]), []);
    }
}
