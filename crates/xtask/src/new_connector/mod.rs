//! `cargo xtask new-connector NAME`: the skeleton of a plugin that compiles, can prove its credentials,
//! declares nothing else, and has a failing trial for everything that is still to be shown.

use std::{fs, path::Path};

use anyhow::{Context, Result, ensure};

/// Where each template goes inside the plugin's folder. The templates are a plugin called Acme.
const TEMPLATES: [(&str, &str); 9] = [
    ("Cargo.toml", include_str!("template/Cargo.toml.txt")),
    ("README.md", include_str!("template/README.md.txt")),
    ("src/lib.rs", include_str!("template/lib.rs.txt")),
    ("src/config.rs", include_str!("template/config.rs.txt")),
    ("src/request.rs", include_str!("template/request.rs.txt")),
    ("src/wire.rs", include_str!("template/wire.rs.txt")),
    ("src/response.rs", include_str!("template/response.rs.txt")),
    ("src/notification.rs", include_str!("template/notification.rs.txt")),
    ("tests/conformance.rs", include_str!("template/conformance.rs.txt")),
];
/// Long enough for any company, short enough for a host name.
const NAME_LENGTH_MAX: usize = 30;

/// Writes the plugin's folder and prints what is left to do by hand.
///
/// # Errors
/// When the name is no name, when the plugin is there already, or when it cannot be written.
pub(crate) fn run(root: &Path, name: &str) -> Result<()> {
    ensure!(is_name(name), "`{name}`: a name is a letter, then at most 29 of a-z, 0-9 and '-'");
    let folder = root.join("plugins").join(name);
    ensure!(!folder.exists(), "plugins/{name} exists");
    for (path, text) in render(name) {
        let file = folder.join(path);
        fs::create_dir_all(file.parent().context("a file lies in a folder")?)?;
        fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
        println!("plugins/{name}/{path}");
    }
    println!("{}", hint(name));
    Ok(())
}

fn is_name(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    name.len() <= NAME_LENGTH_MAX
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && !name.ends_with('-')
        && !name.contains("--")
        && name.bytes().all(is_plain)
}

fn render(name: &str) -> Vec<(&'static str, String)> {
    let identifier = format!("purser_plugin_{}", name.replace('-', "_"));
    let title: String = name.split('-').map(capitalized).collect();
    let fill = |text: &str| {
        let text = text.replace("purser_plugin_acme", &identifier);
        text.replace("Acme", &title).replace("acme", name)
    };
    TEMPLATES.iter().map(|(path, text)| (*path, fill(text))).collect()
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

fn hint(name: &str) -> String {
    let identifier = name.replace('-', "_");
    format!(
        "Three lines are left to write:
  Cargo.toml                        purser-plugin-{name} = {{ path = \"plugins/{name}\" }}
  crates/purser/Cargo.toml          purser-plugin-{name}.workspace = true
  crates/purser/src/connectors.rs   .with(purser_plugin_{identifier}::plugin())
Then run `cargo fmt` and `cargo test --package purser-plugin-{name}`; its trials say what is to be shown."
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_make_a_crate_and_a_host_are_accepted() {
        assert!(["acme", "acme-pay", "a2"].iter().all(|name| is_name(name)));
        let long = "a".repeat(31);
        let bad = ["", "Acme", "2a", "a_b", "a-", "a--b", "../a", long.as_str()];
        assert!(bad.iter().all(|name| !is_name(name)));
    }

    #[test]
    fn every_rendered_file_is_valid_and_names_the_plugin() {
        for (path, text) in render("north-pay") {
            assert!(!text.to_lowercase().contains("acme"), "{path}");
            if path.ends_with(".rs") {
                assert!(syn::parse_file(&text).is_ok(), "{path}");
            }
        }
        let files = render("north-pay");
        assert!(files[0].1.contains("name = \"purser-plugin-north-pay\""));
        assert!(files[2].1.contains("impl Connector for NorthPay"));
        assert!(files[8].1.contains("use purser_plugin_north_pay::plugin;"));
        assert_eq!(files[8].1.matches("#[test]").count(), 14);
    }

    #[test]
    fn a_plugin_that_exists_is_left_alone() {
        let root = tempfile::tempdir().expect("a temporary folder can be made");
        run(root.path(), "acme").expect("nothing is in the way");
        let manifest = root.path().join("plugins/acme/Cargo.toml");
        fs::write(&manifest, "mine").expect("the folder is ours");

        assert!(run(root.path(), "acme").is_err());

        assert_eq!(fs::read_to_string(&manifest).expect("it is there"), "mine");
    }
}
