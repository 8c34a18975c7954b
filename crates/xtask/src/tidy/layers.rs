//! Which crate may use which: the floors of the house, as `ARCHITECTURE.md` draws them.

use super::{Finding, dependencies::manifests, tree::Tree};

/// What one crate may use.
struct Layer {
    package: &'static str,
    /// Our crates below it that it may use.
    ours: &'static [&'static str],
    /// Our crates that its tests may use on top: they run the real thing, with a real database.
    in_tests: &'static [&'static str],
    /// Worlds it must not know.
    unknown: &'static [World],
}

/// Foreign crates that stand for something a layer must not know.
type World = &'static [&'static str];

const RUNTIME: World = &["tokio", "futures"];
const SQL: World =
    &["sea-orm", "sea-orm-migration", "sqlx", "rusqlite", "tokio-postgres", "tokio-postgres-rustls"];
const GRAPHQL: World = &["async-graphql", "async-graphql-axum", "dataloader"];
const HTTP_SERVER: World = &["axum", "hyper", "hyper-util", "tower-http"];
const HTTP_CLIENT: World = &["reqwest"];
const HTTP_VALUES: World = &["http", "http-body-util"];
const CIPHERS: World = &["aes-gcm-siv", "hkdf", "getrandom"];

const TYPES: &str = "purser-types";
const CONNECTOR: &str = "purser-connector";
const TESTKIT: &str = "purser-connector-testkit";
const DOMAIN: &str = "purser-domain";
const VAULT: &str = "purser-vault";
const HOST: &str = "purser-host";
const STORAGE: &str = "purser-storage";
const SERVICES: &str = "purser-services";
const GRAPH: &str = "purser-graphql";
const WEB: &str = "purser-web";
const MIGRATIONS: &str = "purser-migrations";
const SANDBOX: &str = "purser-plugin-sandbox";
/// All plugins: only those who put the parts together may name them.
const PLUGINS: &str = "purser-plugin-";
const XTASK: &str = "xtask";

/// From the ground up. A crate that is not here, and is no plugin, is a finding.
const LAYERS: &[Layer] = &[
    Layer {
        package: TYPES,
        ours: &[],
        in_tests: &[],
        unknown: &[RUNTIME, SQL, GRAPHQL, HTTP_SERVER, HTTP_CLIENT, HTTP_VALUES],
    },
    Layer {
        package: CONNECTOR,
        ours: &[TYPES],
        in_tests: &[],
        unknown: &[RUNTIME, SQL, GRAPHQL, HTTP_SERVER, HTTP_CLIENT, CIPHERS],
    },
    Layer {
        package: DOMAIN,
        ours: &[TYPES, CONNECTOR],
        in_tests: &[],
        unknown: &[RUNTIME, SQL, GRAPHQL, HTTP_SERVER, HTTP_CLIENT, HTTP_VALUES, CIPHERS],
    },
    Layer {
        package: VAULT,
        ours: &[TYPES],
        in_tests: &[],
        unknown: &[RUNTIME, SQL, GRAPHQL, HTTP_SERVER, HTTP_CLIENT, HTTP_VALUES],
    },
    Layer {
        package: TESTKIT,
        ours: &[TYPES, CONNECTOR],
        in_tests: &[],
        unknown: &[SQL, GRAPHQL, HTTP_SERVER],
    },
    Layer {
        package: HOST,
        ours: &[TYPES, CONNECTOR, VAULT],
        in_tests: &[SANDBOX],
        unknown: &[SQL, GRAPHQL, HTTP_SERVER],
    },
    Layer {
        package: STORAGE,
        ours: &[TYPES, DOMAIN, VAULT],
        in_tests: &[MIGRATIONS, XTASK],
        unknown: &[GRAPHQL, HTTP_SERVER, HTTP_CLIENT, HTTP_VALUES],
    },
    Layer {
        package: SERVICES,
        ours: &[TYPES, CONNECTOR, DOMAIN, VAULT, HOST, STORAGE],
        in_tests: &[MIGRATIONS, SANDBOX, XTASK],
        unknown: &[SQL, GRAPHQL, HTTP_SERVER, HTTP_CLIENT],
    },
    Layer {
        package: GRAPH,
        ours: &[TYPES, DOMAIN, SERVICES],
        in_tests: &[CONNECTOR, VAULT, HOST, STORAGE, MIGRATIONS, SANDBOX, XTASK],
        unknown: &[SQL, HTTP_SERVER, HTTP_CLIENT],
    },
    Layer {
        package: WEB,
        ours: &[],
        in_tests: &[],
        unknown: &[RUNTIME, SQL, GRAPHQL, HTTP_SERVER, HTTP_CLIENT],
    },
    Layer {
        package: "purser",
        ours: &[TYPES, CONNECTOR, DOMAIN, VAULT, HOST, STORAGE, SERVICES, GRAPH, WEB, MIGRATIONS, PLUGINS],
        in_tests: &[XTASK],
        unknown: &[],
    },
    Layer {
        package: MIGRATIONS,
        ours: &[],
        in_tests: &[XTASK],
        unknown: &[GRAPHQL, HTTP_SERVER, HTTP_CLIENT],
    },
    Layer {
        package: "purser-tests",
        ours: &[
            TYPES, CONNECTOR, DOMAIN, VAULT, HOST, STORAGE, SERVICES, GRAPH, WEB, MIGRATIONS, PLUGINS,
            TESTKIT, "purser", XTASK,
        ],
        in_tests: &[],
        unknown: &[],
    },
    // It checks what it therefore must not link: see the essay in its lib.rs.
    Layer { package: XTASK, ours: &[], in_tests: &[], unknown: &[SQL, GRAPHQL, HTTP_SERVER] },
    // It measures programs from outside, and seeds their databases itself. Only the hot write, which is
    // compared with a client of the database, is called where it is: at the storage.
    Layer {
        package: "purser-bench",
        ours: &[TYPES, DOMAIN, STORAGE, XTASK],
        in_tests: &[],
        unknown: &[GRAPHQL],
    },
    // It checks the server from outside, so that it shares none of the server's mistakes.
    Layer { package: "purser-checker", ours: &[], in_tests: &[], unknown: &[GRAPHQL, HTTP_SERVER] },
];

/// Each processor's crate is alike: no network, clock, file or environment of its own.
const PLUGIN: Layer = Layer {
    package: PLUGINS,
    ours: &[TYPES, CONNECTOR],
    in_tests: &[TESTKIT],
    unknown: &[RUNTIME, SQL, GRAPHQL, HTTP_SERVER, HTTP_CLIENT],
};

/// Dependencies that a crate's floor does not permit.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for manifest in manifests(tree) {
        let Some(layer) = layer_of(&manifest.package) else {
            let message = format!("`{}` has no floor in crates/xtask/src/tidy/layers.rs", manifest.package);
            findings.push(Finding::new(manifest.path, 1, message));
            continue;
        };
        for dependency in &manifest.dependencies {
            if !layer.permits(&dependency.name, dependency.for_development) {
                let message = format!("`{}` must not depend on `{}`", manifest.package, dependency.name);
                findings.push(Finding::new(manifest.path, dependency.line, message));
            }
        }
    }
    findings
}

fn layer_of(package: &str) -> Option<&'static Layer> {
    let own = LAYERS.iter().find(|layer| layer.package == package);
    own.or_else(|| package.starts_with(PLUGIN.package).then_some(&PLUGIN))
}

impl Layer {
    fn permits(&self, dependency: &str, for_development: bool) -> bool {
        if dependency == "purser" || dependency == XTASK || dependency.starts_with("purser-") {
            let names =
                |known: &&str| *known == dependency || *known == PLUGINS && dependency.starts_with(PLUGINS);
            return self.ours.iter().any(names) || for_development && self.in_tests.iter().any(names);
        }
        let mut unknown = self.unknown.iter().flat_map(|world| world.iter());
        let is_unknown = unknown.any(|known| *known == dependency);
        // Tests of asynchronous code need something to run it.
        !is_unknown || for_development && RUNTIME.contains(&dependency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The findings for a crate with these dependencies and dependencies of its tests.
    fn refused(package: &str, dependencies: &[&str], in_tests: &[&str]) -> Vec<String> {
        let list = |names: &[&str]| {
            names.iter().map(|name| format!("{name}.workspace = true\n")).collect::<String>()
        };
        let text = format!(
            "[package]\nname = \"{package}\"\n[dependencies]\n{}[dev-dependencies]\n{}",
            list(dependencies),
            list(in_tests)
        );
        check(&Tree::of(&[("crates/a/Cargo.toml", &text)]))
            .into_iter()
            .map(|finding| finding.message)
            .collect()
    }

    #[test]
    fn each_layer_refuses_the_layers_above_it() {
        for (floor, layer) in LAYERS.iter().enumerate() {
            let above = LAYERS[floor + 1..].iter().map(|above| above.package);
            for package in above.filter(|package| !["purser-migrations", "xtask"].contains(package)) {
                assert_eq!(
                    refused(layer.package, &[package], &[]).len(),
                    usize::from(!layer.ours.contains(&package)),
                    "{} on {package}",
                    layer.package
                );
            }
        }
    }

    #[test]
    fn permitted_crates_are_really_below() {
        let floor = |package: &str| LAYERS.iter().position(|layer| layer.package == package);
        for layer in LAYERS.iter().filter(|layer| !["purser", "purser-tests"].contains(&layer.package)) {
            assert!(layer.ours.iter().all(|ours| floor(ours) < floor(layer.package)), "{}", layer.package);
        }
    }

    #[test]
    fn a_sibling_or_a_crate_above_is_refused_with_its_line() {
        let text = "[package]\nname = \"purser-storage\"\n[dependencies]\npurser-domain.workspace = true\npurser-host.workspace = true\n";

        let findings = check(&Tree::of(&[("crates/purser-storage/Cargo.toml", text)]));

        let expected = "`purser-storage` must not depend on `purser-host`";
        assert_eq!(findings, [Finding::new("crates/purser-storage/Cargo.toml", 5, expected)]);
    }

    #[test]
    fn foreign_worlds_are_refused_where_they_are_unknown() {
        assert_eq!(refused("purser-graphql", &["axum", "reqwest", "sea-orm", "async-graphql"], &[]).len(), 3);
        assert_eq!(refused("purser-services", &["async-graphql", "axum", "tokio"], &[]).len(), 2);
        assert_eq!(refused("purser-domain", &["tokio", "sea-orm", "axum", "serde"], &[]).len(), 3);
        assert_eq!(refused("purser-plugin-acme", &["reqwest", "purser-domain", "hmac"], &[]).len(), 2);
    }

    #[test]
    fn tests_may_use_a_runtime_and_the_real_thing_but_no_more() {
        assert_eq!(refused("purser-services", &[], &["purser-plugin-sandbox", "tokio"]).len(), 0);
        assert_eq!(refused("purser-services", &["purser-plugin-sandbox"], &[]).len(), 1);
        assert_eq!(refused("purser-plugin-acme", &[], &["purser-connector-testkit", "tokio"]).len(), 0);
        assert_eq!(refused("purser-domain", &[], &["purser-storage"]).len(), 1);
        assert_eq!(refused("purser", &["purser-plugin-acme"], &[]).len(), 0);
    }

    #[test]
    fn a_crate_without_a_floor_is_found() {
        assert_eq!(refused("purser-misc", &[], &[]).len(), 1);
    }
}
