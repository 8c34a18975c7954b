//! Inside `purser-domain` and `purser-services` a module imports only what stands to its left.
//!
//! The modules there are crates in all but name; kept in order, each can become one by moving a file.
//! A module that is not in the order is vocabulary: everyone may import it, and it may import only
//! vocabulary, since otherwise it would be a way around the order.

use super::{
    Finding,
    tree::{Rust, Token, Tree},
};

/// The order by crate, from left to right.
const ORDERS: &[Order] = &[
    Order {
        sources: "crates/purser-domain/src/",
        modules: &[
            "tenant",
            "container",
            "profile",
            "identity",
            "instrument",
            "connector",
            "routing",
            "payment",
            "order",
            "payout",
            "link",
            "subscription",
            "insight",
            "event",
        ],
    },
    Order {
        sources: "crates/purser-services/src/",
        modules: &[
            "tenants",
            "containers",
            "profiles",
            "instruments",
            "connectors",
            "routing",
            "payments",
            "orders",
            "notifications",
            "payouts",
            "billing",
            "insights",
            "events",
        ],
    },
];

struct Order {
    sources: &'static str,
    modules: &'static [&'static str],
}

/// Imports and paths to the right, in code that is not for tests.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for order in ORDERS {
        for rust in tree.rust.iter().filter(|rust| rust.path.starts_with(order.sources)) {
            findings.extend(order.check(rust));
        }
    }
    findings
}

impl Order {
    fn check(&self, rust: &Rust) -> Vec<Finding> {
        let inside = rust.path[self.sources.len()..].trim_end_matches(".rs");
        let place: Vec<&str> = inside.split('/').filter(|name| *name != "mod").collect();
        let own = place[0];
        if own == "lib" || own == "tests" {
            return Vec::new();
        }
        let complaint = |(module, line): (&str, usize)| {
            let theirs = self.rank(module)?;
            let message = match self.rank(own) {
                Some(ours) if theirs <= ours => return None,
                Some(_) => format!("`{own}` imports `{module}`, which stands to its right"),
                None => format!("`{own}` imports `{module}` without having a place in the module order"),
            };
            (!rust.is_test(line)).then(|| Finding::new(&rust.path, line, message))
        };
        imports(&rust.tokens, place.len()).into_iter().filter_map(complaint).collect()
    }

    fn rank(&self, module: &str) -> Option<usize> {
        self.modules.iter().position(|known| *known == module)
    }
}

/// The modules at the crate's root that are named here, through `crate` or `super`, with their lines.
fn imports(tokens: &[Token], depth: usize) -> Vec<(&str, usize)> {
    let mut found = Vec::new();
    let mut braces = 0;
    // How many braces are open around each inline module.
    let mut inline: Vec<usize> = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        match tokens[at].text.as_str() {
            "{" => {
                braces += 1;
                if at >= 2 && tokens[at - 2].text == "mod" {
                    inline.push(braces);
                }
            }
            "}" => {
                if inline.last() == Some(&braces) {
                    inline.pop();
                }
                braces -= 1;
            }
            "crate" if follows(tokens, at, "::") => at = heads(tokens, at + 2, &mut found),
            "super" if follows(tokens, at, "::") && !precedes(tokens, at) => {
                let mut supers = 1;
                while tokens.get(at + 2).is_some_and(|next| next.text == "super") {
                    (at, supers) = (at + 2, supers + 1);
                }
                if supers == depth + inline.len() {
                    at = heads(tokens, at + 2, &mut found);
                }
            }
            _ => {}
        }
        at += 1;
    }
    found
}

fn follows(tokens: &[Token], at: usize, text: &str) -> bool {
    tokens.get(at + 1).is_some_and(|next| next.text == text)
}

/// Whether this token continues a path, as the second `super` of `super::super` does.
fn precedes(tokens: &[Token], at: usize) -> bool {
    at > 0 && tokens[at - 1].text == "::"
}

/// Notes the first name of each path that starts at `at`, be it one or a group in braces, and says
/// where the last token of them stands.
fn heads<'a>(tokens: &'a [Token], at: usize, found: &mut Vec<(&'a str, usize)>) -> usize {
    let Some(first) = tokens.get(at) else { return at };
    if first.text != "{" {
        found.push((&first.text, first.line));
        return at;
    }
    let (mut open, mut last) = (0, at);
    for (index, token) in tokens.iter().enumerate().skip(at) {
        last = index;
        match token.text.as_str() {
            "{" => open += 1,
            "}" => open -= 1,
            _ if open == 1 && ["{", ","].contains(&tokens[index - 1].text.as_str()) => {
                found.push((&token.text, token.line));
            }
            _ => {}
        }
        if open == 0 {
            break;
        }
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOWHERE: [usize; 0] = [];

    fn lines(file: &str, text: &str) -> Vec<usize> {
        let path = format!("crates/purser-services/src/{file}");
        check(&Tree::of(&[(&path, text)])).iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn an_import_from_the_left_is_fine_and_one_from_the_right_is_found() {
        assert_eq!(lines("profiles.rs", "use crate::{containers, error::Error};\n"), NOWHERE);
        assert_eq!(lines("profiles.rs", "use crate::profiles::Profile;\n"), NOWHERE);
        assert_eq!(lines("profiles.rs", "use crate::error;\nuse crate::payments::capture;\n"), [2]);
    }

    #[test]
    fn groups_paths_and_macros_are_seen_through() {
        let group =
            "use crate::{\n    containers::{payments, self},\n    payments::{containers},\n    events,\n};\n";
        assert_eq!(lines("profiles.rs", group), [3, 4]);
        assert_eq!(lines("profiles.rs", "fn a() {\n    assert!(crate::payments::find());\n}\n"), [2]);
    }

    #[test]
    fn super_leads_to_the_root_from_where_it_does() {
        assert_eq!(lines("profiles.rs", "use super::payments;\n"), [1]);
        assert_eq!(lines("profiles/mod.rs", "use super::payments;\n"), [1]);
        assert_eq!(lines("profiles/merge.rs", "use super::payments;\nuse super::super::payments;\n"), [2]);
        assert_eq!(
            lines("profiles.rs", "mod a {\n    use super::payments;\n    use super::super::payments;\n}\n"),
            [3]
        );
        assert_eq!(lines("profiles.rs", "mod a {\n    fn b() {}\n}\nuse super::payments;\n"), [4]);
    }

    #[test]
    fn a_module_without_a_place_may_be_imported_but_not_import() {
        assert_eq!(lines("tenants.rs", "use crate::actor::Actor;\n"), NOWHERE);
        assert_eq!(lines("actor.rs", "use crate::error::Error;\nuse crate::tenants;\n"), [2]);
    }

    #[test]
    fn the_root_and_tests_may_import_everything() {
        assert_eq!(lines("lib.rs", "use crate::payments;\n"), NOWHERE);
        assert_eq!(lines("profiles.rs", "#[cfg(test)]\nmod tests {\n    use crate::payments;\n}\n"), NOWHERE);
    }

    #[test]
    fn the_domain_has_an_order_too() {
        let tree = Tree::of(&[("crates/purser-domain/src/tenant.rs", "use crate::payment::Payment;\n")]);

        assert_eq!(check(&tree).len(), 1);
    }
}
