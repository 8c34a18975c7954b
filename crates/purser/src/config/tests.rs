//! Where values come from, what is refused, and that the sample is true.

use std::path::{Path, PathBuf};

use super::*;

fn sources(file: &str) -> (tempfile::TempDir, Sources) {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("purser.toml");
    std::fs::write(&path, file).expect("a file");
    (directory, Sources { file: Some((path, true)), ..Sources::default() })
}

fn variable(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

fn refused(sources: &Sources) -> Vec<String> {
    let problems = load(sources).expect_err("the configuration must be refused").0;
    let without_directory = |problem: &Problem| match &problem.origin {
        Origin::File(path, line) => {
            let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let origin = Origin::File(PathBuf::from(file), *line);
            Problem { origin, ..problem.clone() }.to_string()
        }
        _ => problem.to_string(),
    };
    problems.iter().map(without_directory).collect()
}

#[test]
fn without_sources_the_defaults_hold() {
    let missing =
        Sources { file: Some((PathBuf::from("/nowhere/purser.toml"), false)), ..Sources::default() };
    assert_eq!(load(&missing).expect("defaults are good").config, Config::default());
}

#[test]
fn later_sources_win() {
    let (_directory, mut sources) =
        sources("[server]\nlisten = \"127.0.0.1:1\"\nconnections = 5\n[log]\nlevel = \"warn\"\n");
    sources.environment = vec![
        variable("PURSER_SERVER__LISTEN", "127.0.0.1:2"),
        variable("PURSER_LOG__LEVEL", "debug"),
        variable("PURSER_CONNECTORS__ALLOWED_HOSTS", "a.example, b.example"),
        variable("PURSER_CONNECTORS__ALLOW_LOOPBACK", "true"),
        variable("PURSER_DATA_DIR", "42"),
        variable("PURSER_CONFIG", "ignored"),
        variable("OTHER", "ignored"),
    ];
    sources.flags = vec![variable("server.listen", "127.0.0.1:3")];

    let loaded = load(&sources).expect("the configuration is good");

    assert_eq!(loaded.config.server.listen.port(), 3);
    assert_eq!(loaded.config.server.connections, 5);
    assert_eq!(loaded.config.log.level, "debug");
    assert_eq!(loaded.config.data_dir, PathBuf::from("42"));
    assert_eq!(loaded.config.connectors.allowed_hosts, ["a.example", "b.example"]);
    assert!(loaded.config.connectors.allow_loopback);
    assert_eq!(loaded.origins["log.level"], Origin::Environment("PURSER_LOG__LEVEL".to_owned()));
}

#[test]
fn unknown_keys_are_refused_with_place_and_nearest_name() {
    let (_directory, mut sources) = sources(
        "data_dir = \"x\"\n[server]\nlistn = \"127.0.0.1:1\"\n[[auth.issuers]]\nissuer = \"i\"\naudiense = \"a\"\n[zzz]\n",
    );
    sources.environment =
        vec![variable("PURSER_GRAPHQL__LIMITS__TOKNES", "1"), variable("PURSER_SERVER", "1")];

    assert_eq!(
        refused(&sources),
        [
            "purser.toml:6: auth.issuers[0].audiense: unknown key; did you mean auth.issuers[].audience?",
            "purser.toml:3: server.listn: unknown key; did you mean server.listen?",
            "purser.toml:7: zzz: unknown key",
            "environment variable PURSER_GRAPHQL__LIMITS__TOKNES: graphql.limits.toknes: unknown key; did you mean graphql.limits.tokens?",
            "environment variable PURSER_SERVER: server: a section; set its keys one by one",
        ]
    );
}

#[test]
fn values_of_the_wrong_kind_are_refused_with_their_place() {
    let (_directory, wrong_type) = sources("\n[server]\nconnections = \"many\"\n");
    assert_eq!(
        refused(&wrong_type),
        ["purser.toml:3: server.connections: invalid type: found string \"many\", expected usize"]
    );

    let (_directory, no_toml) = sources("[server\n");
    assert!(refused(&no_toml)[0].starts_with("purser.toml:1: "), "{:?}", refused(&no_toml));

    let (_directory, mut senseless) =
        sources("[database]\nurl = \"mysql://h\"\n[server]\npublic_url = \"pay\"\n");
    senseless.environment = vec![variable("PURSER_GRAPHQL__TIME_LIMIT_MS", "0")];
    assert_eq!(
        refused(&senseless),
        [
            "purser.toml:4: server.public_url: expected an origin such as \"https://pay.example.com\"",
            "purser.toml:2: database.url: expected \"sqlite:<path>\" or \"postgres://…\"",
            "environment variable PURSER_GRAPHQL__TIME_LIMIT_MS: graphql.time_limit_ms: expected more than 0",
        ]
    );
}

#[test]
fn a_file_that_was_asked_for_must_exist() {
    let missing = Sources { file: Some((PathBuf::from("/nowhere/purser.toml"), true)), ..Sources::default() };
    assert!(refused(&missing)[0].contains("cannot read the file"));
}

#[test]
fn an_issuer_needs_exactly_one_origin_of_keys() {
    let (_directory, sources) = sources("[[auth.issuers]]\nissuer = \"i\"\naudience = \"a\"\n");
    assert_eq!(
        refused(&sources),
        ["purser.toml:1: auth.issuers[0].jwks_url: an issuer needs either jwks_file or jwks_url"]
    );
}

#[test]
fn an_environment_is_spelled_as_the_api_spells_it() {
    let issuer = |environment: &str| {
        sources(&format!(
            "[[auth.issuers]]\nissuer = \"i\"\naudience = \"a\"\njwks_file = \"x\"\nenvironment = \"{environment}\"\n"
        ))
    };

    for (text, meant) in [("LIVE", Environment::Live), ("SANDBOX", Environment::Sandbox)] {
        let (_directory, sources) = issuer(text);
        let loaded = load(&sources).expect("the configuration is good");
        assert_eq!(loaded.config.auth.issuers[0].environment, meant);
    }
    for text in ["live", "test"] {
        let (_directory, sources) = issuer(text);
        let expected = format!("found `{text}`, expected ``LIVE` or `SANDBOX``");
        assert!(refused(&sources)[0].contains(&expected), "{:?}", refused(&sources));
    }
}

#[test]
fn passwords_are_not_printed() {
    let (_directory, sources) =
        sources("[database]\nurl = \"postgres://user:hunter2@host/db?password=hunter2\"\n");

    let loaded = load(&sources).expect("the configuration is good");
    let printed = effective(&loaded.config, &loaded.origins);

    assert_eq!(loaded.config.database.url.expose(), "postgres://user:hunter2@host/db?password=hunter2");
    assert!(!printed.contains("hunter2") && !format!("{loaded:?}").contains("hunter2"), "{printed}");
    assert!(printed.contains("url = \"postgres://user:***@host/db?***\""), "{printed}");
    assert!(printed.contains("format = \"pretty\"  # default"), "{printed}");
}

#[test]
fn the_sample_is_current_and_says_the_defaults() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/purser.sample.toml");
    if std::env::var_os("PURSER_TEST_BLESS").is_some() {
        std::fs::write(&path, sample()).expect("the sample can be written");
    }
    let committed = std::fs::read_to_string(&path).expect("the sample is there");
    assert_eq!(committed, sample(), "write it again with PURSER_TEST_BLESS=1");

    let (_directory, sources) = sources(&committed);
    assert_eq!(load(&sources).expect("the sample is good").config, Config::default());
}
