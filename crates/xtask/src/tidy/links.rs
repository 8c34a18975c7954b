//! Links between documents lead somewhere.

use super::{Finding, tree::Tree};

/// Relative links in Markdown whose target does not exist.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.files.iter().filter(|file| file.has_extension(&["md"])) {
        for (line, target) in targets(file.text().unwrap_or_default()) {
            let path = target.split(['#', '?']).next().unwrap_or_default();
            if !path.is_empty() && !tree.contains(&resolve(&file.path, path)) {
                findings.push(Finding::new(
                    &file.path,
                    line,
                    format!("the link to `{target}` leads nowhere"),
                ));
            }
        }
    }
    findings
}

/// Targets inside the repository, with their lines; code is not looked at.
fn targets(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut in_code = false;
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        } else if !in_code {
            let prose = line.split('`').step_by(2);
            let inline =
                prose.flat_map(|prose| prose.split("](").skip(1)).filter_map(|rest| rest.split(')').next());
            let reference = line.starts_with('[').then(|| line.split_once("]: ")).flatten();
            let all = inline.chain(reference.map(|(_, target)| target));
            let words = all.filter_map(|target| target.split_whitespace().next());
            found.extend(words.filter(|target| !target.contains(':')).map(|target| (index + 1, target)));
        }
    }
    // A link whose text is code, [`like this`](path), is cut in two by the backticks but keeps its "](".
    found
}

/// The path of a target as seen from a file, relative to the repository's root.
fn resolve(file: &str, target: &str) -> String {
    let mut parts: Vec<&str> = file.split('/').collect();
    parts.pop();
    if target.starts_with('/') {
        parts.clear();
    }
    for part in target.split('/').filter(|part| !part.is_empty() && *part != ".") {
        if part == ".." {
            if parts.pop().is_none() {
                return format!("outside the repository: {target}");
            }
        } else {
            parts.push(part);
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_that_leads_nowhere_is_found() {
        let text =
            "[a](b.md) and [`c`](../README.md#x \"title\")\n[gone](gone.md)\n[out](../../x)\n[ref]: lost/\n";
        let tree = Tree::of(&[("docs/a.md", text), ("docs/b.md", ""), ("README.md", "")]);

        let findings = check(&tree);

        assert_eq!(findings.iter().map(|finding| finding.line).collect::<Vec<_>>(), [2, 3, 4]);
    }

    #[test]
    fn urls_anchors_folders_and_code_are_fine() {
        let text = "[a](https://b.example/c) [d](#e) [f](adr/) `[g](h)`\n```\n[i](j)\n```\n[k](mailto:l@m)\n";

        assert_eq!(check(&Tree::of(&[("docs/a.md", text), ("docs/adr/0001.md", "")])), []);
    }
}
