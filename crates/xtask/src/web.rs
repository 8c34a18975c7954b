//! `cargo xtask web`: the pages, built from their sources.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

use crate::shell::{self, Tally};

const SOURCES: &str = "crates/purser-web";
/// Builds into `BUILT` beside it.
const SCRIPT: &str = "build.sh";
const BUILT: &str = "dist/graphiql";
/// What is made from the sources and is therefore not copied with them.
const MADE: [&str; 3] = ["node_modules", ".bundle", "dist"];

/// Rewrites the committed pages.
///
/// # Errors
/// When the pages do not build.
pub(crate) fn write(root: &Path) -> Result<()> {
    build(&root.join(SOURCES))
}

/// Builds a copy of the sources and compares the result with the committed pages. The copy keeps the
/// check from pulling `node_modules` from under whoever works on the pages meanwhile, and from
/// succeeding thanks to something that lies about there.
///
/// # Errors
/// When the pages do not build, or differ, with the names of the files that do.
pub(crate) fn compare(root: &Path) -> Result<()> {
    let sources = root.join(SOURCES);
    let copy = tempfile::tempdir()?;
    for (path, bytes) in read(&sources, &MADE)? {
        let target = copy.path().join(path);
        fs::create_dir_all(target.parent().context("a file lies in a folder")?)?;
        fs::write(target, bytes)?;
    }
    build(copy.path())?;
    let differing = differences(&read(&sources.join(BUILT), &[])?, &read(&copy.path().join(BUILT), &[])?);
    if !differing.is_empty() {
        bail!(
            "{SOURCES}/{BUILT} does not come from its sources ({}); run `cargo xtask web`",
            differing.join(", ")
        );
    }
    Ok(())
}

fn build(folder: &Path) -> Result<()> {
    let mut command = Command::new("sh");
    shell::run(command.arg(SCRIPT).current_dir(folder), &mut Tally::default())
}

type Files = BTreeMap<PathBuf, Vec<u8>>;

/// All files below a folder, without folders of these names.
fn read(folder: &Path, without: &[&str]) -> Result<Files> {
    let mut files = Files::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).with_context(|| format!("cannot list {}", next.display()))? {
            let path = entry?.path();
            let is_left_out = without.iter().any(|name| path.ends_with(name));
            if path.is_dir() && !is_left_out {
                folders.push(path);
            } else if path.is_file() {
                files.insert(path.strip_prefix(folder)?.to_owned(), fs::read(&path)?);
            }
        }
    }
    Ok(files)
}

/// Names that are in one only, or have other bytes in the other.
fn differences(one: &Files, other: &Files) -> Vec<String> {
    let names = one.keys().chain(other.keys().filter(|name| !one.contains_key(*name)));
    let differing = names.filter(|name| one.get(*name) != other.get(*name));
    differing.map(|name| name.display().to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changed_added_and_lost_files_are_named() {
        let files = |list: &[(&str, &str)]| -> Files {
            list.iter().map(|(name, text)| (PathBuf::from(name), text.as_bytes().to_vec())).collect()
        };
        let committed = files(&[("same", "1"), ("changed", "1"), ("lost", "1")]);
        let built = files(&[("same", "1"), ("changed", "2"), ("added", "1")]);

        assert_eq!(differences(&committed, &built), ["changed", "lost", "added"]);
        assert!(differences(&committed, &committed).is_empty());
    }

    #[test]
    fn files_are_read_with_their_folders_except_those_left_out() {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        fs::create_dir(folder.path().join("a")).expect("the folder is ours");
        fs::write(folder.path().join("a/b"), "c").expect("the folder is ours");
        fs::create_dir(folder.path().join("dist")).expect("the folder is ours");
        fs::write(folder.path().join("dist/d"), "e").expect("the folder is ours");

        let files = read(folder.path(), &["dist"]).expect("it can be read");

        assert_eq!(files.into_iter().collect::<Vec<_>>(), [(PathBuf::from("a/b"), b"c".to_vec())]);
    }
}
