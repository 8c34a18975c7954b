//! `cargo xtask schema`: the schema that the server serves, written down.

use std::{fs, path::Path};

use anyhow::{Context, Result, bail};

use crate::shell;

/// The file, which the program prints with its first line saying that it is generated.
const FILE: &str = "schema.graphql";

/// Rewrites the file.
///
/// # Errors
/// When the program does not build, does not print a schema, or the file cannot be written.
pub(crate) fn write(root: &Path) -> Result<()> {
    fs::write(root.join(FILE), print(root)?).with_context(|| format!("cannot write {FILE}"))
}

/// Compares the file with what the program prints.
///
/// # Errors
/// When they differ, with the first line that does.
pub(crate) fn compare(root: &Path) -> Result<()> {
    let committed = fs::read_to_string(root.join(FILE)).with_context(|| format!("cannot read {FILE}"))?;
    match difference(&committed, &print(root)?) {
        None => Ok(()),
        Some(difference) => bail!("{FILE}, {difference}; run `cargo xtask schema`"),
    }
}

fn print(root: &Path) -> Result<String> {
    let mut command = shell::cargo(root);
    let output =
        shell::capture(command.args(["run", "--quiet", "--locked", "--package", "purser", "--", "schema"]))?;
    String::from_utf8(output).context("the schema is not text")
}

fn difference(committed: &str, printed: &str) -> Option<String> {
    if committed == printed {
        return None;
    }
    let (mut old, mut new) = (committed.lines(), printed.lines());
    for line in 1.. {
        let pair = (old.next(), new.next());
        if pair.0 != pair.1 {
            let show = |text: Option<&str>| text.map_or("nothing".to_owned(), |text| format!("`{text}`"));
            return Some(format!("line {line}: {} is committed, {} is served", show(pair.0), show(pair.1)));
        }
        if pair.0.is_none() {
            break;
        }
    }
    Some("line ends: they differ".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_differing_line_is_told() {
        assert_eq!(difference("a\nb\n", "a\nb\n"), None);
        let expected = "line 2: `b` is committed, `c` is served";
        assert_eq!(difference("a\nb\n", "a\nc\n").as_deref(), Some(expected));
        let expected = "line 2: nothing is committed, `b` is served";
        assert_eq!(difference("a\n", "a\nb\n").as_deref(), Some(expected));
        assert_eq!(difference("a\r\n", "a\n").as_deref(), Some("line ends: they differ"));
    }
}
