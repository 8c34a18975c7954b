//! The embedded GraphiQL page, as a server sees it.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use purser_web::{Asset, CONTENT_SECURITY_POLICY, graphiql};

fn get(path: &str) -> Asset {
    graphiql(path).unwrap_or_else(|| panic!("{path} is embedded"))
}

fn text(path: &str) -> String {
    String::from_utf8(get(path).plain().bytes.into_owned()).expect("the file is UTF-8")
}

/// The committed files, by the names under which they are served.
fn committed() -> Vec<(String, PathBuf)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("dist/graphiql");
    let mut files = Vec::new();
    for directory in [root.clone(), root.join("assets")] {
        for entry in fs::read_dir(directory).expect("the bundle is committed") {
            let path = entry.expect("the directory can be read").path();
            if path.is_file() {
                let name =
                    path.strip_prefix(&root).expect("it lies below").to_string_lossy().replace('\\', "/");
                files.push((name.strip_suffix(".gz").expect("only .gz is committed").to_owned(), path));
            }
        }
    }
    files
}

/// Every address in the page's `src` and `href` attributes.
fn named_in(page: &str) -> Vec<&str> {
    ["src=\"", "href=\""]
        .iter()
        .flat_map(|attribute| page.split(attribute).skip(1))
        .filter_map(|rest| rest.split_once('"'))
        .map(|(address, _)| address)
        .collect()
}

#[test]
fn the_empty_path_is_the_page() {
    assert_eq!(get(""), get("index.html"));
    assert_eq!(get("").content_type, "text/html; charset=utf-8");
    assert!(text("").contains("<title>purser · GraphiQL</title>"));
}

#[test]
fn every_committed_file_is_embedded_as_it_is() {
    let files = committed();

    assert!(files.len() > 20, "{} files", files.len());
    for (name, path) in files {
        assert_eq!(get(&name).bytes.as_ref(), fs::read(path).expect("the file can be read"), "{name}");
    }
}

#[test]
fn every_file_has_a_content_type_of_its_own() {
    let of = |ending: &str| {
        let types: HashSet<_> = committed()
            .into_iter()
            .filter(|(name, _)| name.ends_with(ending))
            .map(|(name, _)| get(&name).content_type)
            .collect();
        types.into_iter().collect::<Vec<_>>()
    };

    assert_eq!(of(".html"), ["text/html; charset=utf-8"]);
    assert_eq!(of(".js"), ["text/javascript; charset=utf-8"]);
    assert_eq!(of(".css"), ["text/css; charset=utf-8"]);
    assert_eq!(of(".svg"), ["image/svg+xml"]);
    assert_eq!(of(".ttf"), ["font/ttf"]);
    assert_eq!(of(".txt"), ["text/plain; charset=utf-8"]);
    for (name, _) in committed() {
        assert_ne!(get(&name).content_type, "application/octet-stream", "{name}");
    }
}

#[test]
fn every_file_the_page_names_exists() {
    let page = text("");
    let named = named_in(&page);

    assert!(named.len() >= 3, "{named:?}");
    for address in named {
        let path = address.strip_prefix("/graphiql/").unwrap_or_else(|| panic!("{address} leaves the page"));
        assert!(graphiql(path).is_some(), "{address}");
    }
}

#[test]
fn an_unknown_path_is_nothing() {
    for path in [
        "nothing",
        "assets",
        "assets/",
        "assets/nothing.js",
        "index.html.gz",
        "config.json",
        "/",
        "/index.html",
    ] {
        assert_eq!(graphiql(path), None, "{path}");
    }
}

#[test]
fn a_path_that_climbs_is_nothing() {
    for path in
        ["../graphiql/index.html", "assets/../index.html", "./index.html", "..", "%2e%2e/index.html", "a\0"]
    {
        assert_eq!(graphiql(path), None, "{path}");
    }
}

#[test]
fn only_names_with_a_hash_are_kept_for_ever() {
    for (name, _) in committed() {
        assert_eq!(get(&name).immutable, name.starts_with("assets/"), "{name}");
    }
}

#[test]
fn the_plain_form_is_the_unpacked_one_with_a_tag_of_its_own() {
    for (name, _) in committed() {
        let compressed = get(&name);
        let plain = compressed.clone().plain();

        assert!(compressed.is_gzip && !plain.is_gzip, "{name}");
        assert!(compressed.bytes.starts_with(&[0x1f, 0x8b]), "{name}");
        assert!(!plain.bytes.starts_with(&[0x1f, 0x8b]) && !plain.bytes.is_empty(), "{name}");
        assert_ne!(plain.etag, compressed.etag, "{name}");
        assert_eq!(plain.content_type, compressed.content_type, "{name}");
        assert_eq!(plain.clone().plain(), plain, "{name}");
    }
}

#[test]
fn tags_are_quoted_and_differ_by_content() {
    let tags: HashSet<_> = committed().into_iter().map(|(name, _)| get(&name).etag).collect();

    assert_eq!(tags.len(), committed().len());
    for tag in tags {
        assert!(tag.len() == 34 && tag.starts_with('"') && tag.ends_with('"'), "{tag}");
    }
}

#[test]
fn no_time_stamp_is_in_a_compressed_file() {
    for (name, _) in committed() {
        assert_eq!(get(&name).bytes[4..8], [0; 4], "{name}: RFC 1952, MTIME");
    }
}

#[test]
fn the_page_runs_no_inline_script() {
    let page = text("");

    assert_eq!(
        page.matches("<script").count(),
        page.matches("<script type=\"module\" crossorigin src=").count()
    );
    assert!(CONTENT_SECURITY_POLICY.contains("script-src 'self';"));
    assert!(!CONTENT_SECURITY_POLICY.contains('\n') && !CONTENT_SECURITY_POLICY.contains("  "));
}
