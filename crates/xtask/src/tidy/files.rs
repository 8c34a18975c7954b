//! What may lie at the top of the repository, and where bytes that are not text may lie.

use std::collections::BTreeSet;

use super::{Finding, tree::Tree};

/// The whole table of contents; a newcomer reads it first, so it stays short.
const TOP_LEVEL: [&str; 16] = [
    "Cargo.toml",
    "Cargo.lock",
    "crates",
    "schema.graphql",
    "plugins",
    "migrations",
    "tests",
    "README.md",
    "ARCHITECTURE.md",
    "LICENSE",
    "docs",
    ".ci",
    ".cargo",
    ".gitignore",
    "rustfmt.toml",
    "clippy.toml",
];
/// The built pages, which `cargo xtask test` proves to come from their sources.
const BINARIES: &str = "crates/purser-web/dist/";

/// Entries at the top that are not in the table of contents.
pub(super) fn top_level(tree: &Tree) -> Vec<Finding> {
    let entries: BTreeSet<&str> = tree.files.iter().filter_map(|file| file.path.split('/').next()).collect();
    let foreign = entries.into_iter().filter(|entry| !TOP_LEVEL.contains(entry));
    foreign.map(|entry| Finding::new(entry, 1, "does not belong at the top level")).collect()
}

/// Files that are not text, outside the built pages.
pub(super) fn binary(tree: &Tree) -> Vec<Finding> {
    let blobs = tree.files.iter().filter(|file| file.text().is_none() && !file.path.starts_with(BINARIES));
    blobs.map(|file| Finding::new(&file.path, 1, "is not text, and nobody can review it")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_that_is_not_permitted_at_the_top_is_found_once() {
        let tree = Tree::of(&[
            ("Cargo.toml", ""),
            ("docs/a.md", ""),
            ("notes/a", ""),
            ("notes/b", ""),
            ("x.sh", ""),
        ]);

        let findings = top_level(&tree);

        assert_eq!(
            findings.iter().map(|finding| finding.path.as_str()).collect::<Vec<_>>(),
            ["notes", "x.sh"]
        );
    }

    #[test]
    fn bytes_that_are_not_text_may_lie_among_the_built_pages_only() {
        let tree =
            Tree::of(&[("crates/purser-web/dist/a.gz", "\0"), ("docs/a.png", "\0"), ("docs/a.md", "é")]);

        assert_eq!(
            binary(&tree).iter().map(|finding| finding.path.as_str()).collect::<Vec<_>>(),
            ["docs/a.png"]
        );
    }
}
