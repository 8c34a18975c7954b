//! Every dependency is declared once, in the root manifest, under a sentence that says what it is for.

use toml::{Table, Value};

use super::{Finding, tree::Tree};

const ROOT: &str = "Cargo.toml";

/// Dependencies without a reason, and members that declare a version of their own.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = tree.text(ROOT).map(reasons).unwrap_or_default();
    for manifest in manifests(tree) {
        for dependency in manifest.dependencies {
            if !dependency.inherited {
                let message = format!("`{}` must be `workspace = true`", dependency.name);
                findings.push(Finding::new(manifest.path, dependency.line, message));
            }
        }
    }
    findings
}

/// A member of the workspace with all that it depends on.
pub(super) struct Manifest<'a> {
    pub(super) path: &'a str,
    pub(super) package: String,
    pub(super) dependencies: Vec<Dependency>,
}

pub(super) struct Dependency {
    pub(super) name: String,
    pub(super) line: usize,
    pub(super) for_development: bool,
    inherited: bool,
}

/// The manifests of all members; one that is not TOML is Cargo's business.
pub(super) fn manifests(tree: &Tree) -> Vec<Manifest<'_>> {
    let manifests = tree.files.iter().filter(|file| file.path.ends_with("/Cargo.toml"));
    manifests.filter_map(|file| parse(&file.path, file.text()?)).collect()
}

fn parse<'a>(path: &'a str, text: &str) -> Option<Manifest<'a>> {
    let table: Table = text.parse().ok()?;
    let package = table.get("package")?.get("name")?.as_str()?.to_owned();
    let mut dependencies = Vec::new();
    collect(&table, text, &mut dependencies);
    for platform in table.get("target").and_then(Value::as_table).into_iter().flat_map(Table::values) {
        collect(platform.as_table()?, text, &mut dependencies);
    }
    Some(Manifest { path, package, dependencies })
}

fn collect(table: &Table, text: &str, dependencies: &mut Vec<Dependency>) {
    for kind in ["dependencies", "dev-dependencies", "build-dependencies"] {
        let Some(entries) = table.get(kind).and_then(Value::as_table) else { continue };
        for (name, value) in entries {
            dependencies.push(Dependency {
                name: name.clone(),
                line: line_of(text, kind, name),
                for_development: kind == "dev-dependencies",
                inherited: value.get("workspace").and_then(Value::as_bool) == Some(true),
            });
        }
    }
}

/// The line of a key below the heading of its table, or the first when it is written some other way.
fn line_of(text: &str, kind: &str, name: &str) -> usize {
    let lines = || text.lines().enumerate();
    let heading =
        lines().find(|(_, line)| line.trim_end().ends_with(&format!("{kind}]"))).map_or(0, |(at, _)| at);
    let is_key = |line: &str| line.split(['.', '=', ' ']).next() == Some(name);
    lines().skip(heading).find(|(_, line)| is_key(line)).map_or(1, |(at, _)| at + 1)
}

/// Foreign dependencies whose contiguous group does not start below a comment.
fn reasons(text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let (mut in_section, mut has_reason) = (false, false);
    for (index, line) in text.lines().enumerate() {
        let line = line.trim_end();
        if line.starts_with('[') {
            in_section = line == "[workspace.dependencies]";
        } else if line.is_empty() || line.starts_with("# ---") {
            has_reason = false;
        } else if line.starts_with('#') {
            has_reason = true;
        } else if in_section && !has_reason && is_foreign(line) {
            let name = line.split(['.', '=', ' ']).next().unwrap_or_default();
            findings.push(Finding::new(
                ROOT,
                index + 1,
                format!("`{name}` has no sentence above it that says what for"),
            ));
        }
    }
    findings
}

/// Our own crates explain themselves; and a line that is indented continues a list.
fn is_foreign(line: &str) -> bool {
    line.starts_with(|first: char| first.is_alphanumeric()) && !line.contains("path = ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dependency_needs_a_comment_above_it_or_above_its_group() {
        let text = "[workspace]\nmembers = []\n[workspace.dependencies]\nours = { path = \"ours\" }\n# --- theirs ---\nbare = \"1\"\n\
                    # Why.\nreasoned = \"1\"\nalong = { version = \"1\", features = [\n  \"a\",\n] }\n\nalone = \"1\"\n";

        let findings = check(&Tree::of(&[("Cargo.toml", text)]));

        assert_eq!(findings.iter().map(|finding| finding.line).collect::<Vec<_>>(), [6, 13]);
    }

    #[test]
    fn a_member_must_inherit_whatever_it_depends_on() {
        let text = "[package]\nname = \"a\"\n[dependencies]\nserde.workspace = true\nbytes = \"1\"\n[dev-dependencies]\n\
                    serde = { version = \"1\" }\n[target.'cfg(unix)'.dependencies]\nnix = \"1\"\n";

        let findings = check(&Tree::of(&[("crates/a/Cargo.toml", text)]));

        let messages: Vec<_> =
            findings.iter().map(|finding| (finding.line, finding.message.as_str())).collect();
        let expected = [
            (5, "`bytes` must be `workspace = true`"),
            (7, "`serde` must be `workspace = true`"),
            (9, "`nix` must be `workspace = true`"),
        ];
        assert_eq!(messages, expected);
    }
}
