//! What may not be called, and what may not be written at all.
//!
//! Calls are looked for among tokens and not in the syntax tree, because most of what a macro is given
//! has no syntax tree, and not in the text, because comments and strings may name what they like.
//! Clippy's `disallowed-methods` sees through renamed imports but knows neither folders nor tests.

use super::{
    Finding,
    tree::{Rust, Tree},
};

struct Ban {
    /// Any of these sequences of tokens.
    calls: &'static [&'static [&'static str]],
    why: &'static str,
    /// Paths that start so may call it.
    allowed_in: &'static [&'static str],
    /// Whether the ban holds in tests only, everywhere but in tests, or in both.
    holds: Holds,
}

#[derive(PartialEq)]
enum Holds {
    Always,
    InTests,
    OutsideTests,
}

/// The binary is where the world comes in; the end-to-end tests and this program never go with the product.
const EDGES: &[&str] = &["crates/purser/", "crates/xtask/", "tests/"];

const CLOCK: &str = "reads the clock; take the time from `purser_types::Source`";

const BANS: &[Ban] = &[
    Ban {
        calls: &[
            &["SystemTime", "::", "now"],
            &["OffsetDateTime", "::", "now_utc"],
            &["OffsetDateTime", "::", "now_local"],
            &["UtcDateTime", "::", "now"],
        ],
        why: CLOCK,
        allowed_in: EDGES,
        holds: Holds::Always,
    },
    // The host's time limits are waited for by the runtime, so they are told in the runtime's own time.
    Ban {
        calls: &[&["Instant", "::", "now"]],
        why: CLOCK,
        allowed_in: &["crates/purser/", "crates/purser-host/", "crates/xtask/", "tests/"],
        holds: Holds::Always,
    },
    Ban {
        calls: &[&["Uuid", "::", "now_v7"], &["Uuid", "::", "new_v4"]],
        why: "makes an id of its own; take ids from `purser_types::Source`",
        allowed_in: EDGES,
        holds: Holds::Always,
    },
    Ban {
        calls: &[&["reqwest", "::", "Client", "::", "new"], &["reqwest", "::", "get"]],
        why: "has no time limit; build a client with one",
        allowed_in: &[],
        holds: Holds::Always,
    },
    Ban {
        calls: &[&["env", "::", "var"], &["env", "::", "var_os"], &["env", "::", "vars"]],
        why: "reads the environment; configuration is read in `purser::config` only",
        allowed_in: &["crates/purser/src/config", "crates/xtask/", "tests/"],
        holds: Holds::OutsideTests,
    },
    Ban {
        calls: &[&["sleep", "("], &["sleep_until", "("]],
        why: "sleeps in a test; wait for a condition with a deadline",
        allowed_in: &[],
        holds: Holds::InTests,
    },
    Ban {
        calls: &[&["todo", "!"], &["unimplemented", "!"], &["dbg", "!"], &["#", "[", "ignore"]],
        why: "is for unfinished work",
        allowed_in: &[],
        holds: Holds::Always,
    },
];

/// Calls that are banned where they stand.
pub(super) fn calls(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for rust in &tree.rust {
        for ban in
            BANS.iter().filter(|ban| !ban.allowed_in.iter().any(|prefix| rust.path.starts_with(prefix)))
        {
            for call in ban.calls {
                let lines = rust.find(call).filter(|line| ban.holds_at(rust, *line));
                let message = format!("`{}` {}", call.concat(), ban.why);
                findings.extend(lines.map(|line| Finding::new(&rust.path, line, message.clone())));
            }
        }
    }
    findings
}

impl Ban {
    fn holds_at(&self, rust: &Rust, line: usize) -> bool {
        match self.holds {
            Holds::Always => true,
            Holds::InTests => rust.is_test(line),
            Holds::OutsideTests => !rust.is_test(line),
        }
    }
}

/// Marks of unfinished work, in any language. (Three X alone are the ISO 4217 code for "no currency".)
pub(super) fn words(tree: &Tree) -> Vec<Finding> {
    let marks = [concat!("FIX", "ME"), concat!("XX", "X:"), concat!("// XX", "X"), concat!("# XX", "X")];
    find_in_lines(tree, |line| {
        let mark = marks.iter().find(|mark| line.contains(**mark))?;
        Some(format!("`{mark}` marks unfinished work; finish it or open an issue"))
    })
}

/// Paths of somebody's machine, which mean nothing on another.
pub(super) fn machine_paths(tree: &Tree) -> Vec<Finding> {
    let folders = [concat!("/wo", "rk/"), concat!("/ro", "ot/")];
    find_in_lines(tree, |line| {
        let folder = folders.iter().find(|folder| starts_a_path(line, folder))?;
        Some(format!("`{folder}` is a path of one machine"))
    })
}

/// Whether the folder occurs where a path begins, rather than in the middle of a URL or a longer path.
fn starts_a_path(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|before| before.is_alphanumeric() || "._-/*}>".contains(before))
    })
}

fn find_in_lines(tree: &Tree, mut complaint: impl FnMut(&str) -> Option<String>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.files.iter().filter(|file| !file.is_generated()) {
        for (index, line) in file.text().unwrap_or_default().lines().enumerate() {
            findings.extend(complaint(line).map(|message| Finding::new(&file.path, index + 1, message)));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOWHERE: [usize; 0] = [];

    fn lines(path: &str, text: &str) -> Vec<usize> {
        calls(&Tree::of(&[(path, text)])).iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn each_banned_call_is_found_in_a_library() {
        for ban in BANS.iter().filter(|ban| ban.holds != Holds::InTests) {
            for call in ban.calls {
                // An attribute needs an item after it, a call needs a function around it.
                let text = if call[0] == "#" {
                    "\n#[ignore]\nfn a() {}".to_owned()
                } else {
                    format!("fn a() {{\n    {}();\n}}", call.concat())
                };
                assert_eq!(lines("crates/purser-domain/src/a.rs", &text), [2], "{text}");
            }
        }
    }

    #[test]
    fn a_call_inside_a_macro_is_found_but_not_one_in_a_comment_or_string() {
        let text = "// SystemTime::now()\nfn a() {\n    assert!(\"SystemTime::now()\" != b(std::time::SystemTime::now()));\n}";

        assert_eq!(lines("crates/purser-domain/src/a.rs", text), [3]);
        assert_eq!(
            lines("crates/purser-domain/src/a.rs", "// SystemTime::now()\nconst A: &str = \"todo!()\";"),
            NOWHERE
        );
    }

    #[test]
    fn the_clock_may_be_read_in_the_binary_and_the_environment_in_its_configuration() {
        let clock = "fn a() { SystemTime::now(); }";
        let environment = "fn a() { std::env::var(\"A\"); }";

        assert_eq!(lines("crates/purser/src/a.rs", clock), NOWHERE);
        assert_eq!(lines("crates/purser-web/src/a.rs", clock), [1]);
        assert_eq!(lines("crates/purser/src/config/a.rs", environment), NOWHERE);
        assert_eq!(lines("crates/purser/src/a.rs", environment), [1]);
        assert_eq!(lines("crates/purser-storage/tests/a.rs", environment), NOWHERE);
    }

    #[test]
    fn sleeping_is_banned_in_tests_only() {
        let text =
            "fn a() { sleep(1); }\n#[cfg(test)]\nmod tests {\n    fn b() { tokio::time::sleep(1); }\n}";

        assert_eq!(lines("crates/purser-host/src/a.rs", text), [4]);
        assert_eq!(lines("tests/it/a.rs", text), [1, 4]);
    }

    #[test]
    fn marks_of_unfinished_work_are_found_in_any_language() {
        let mark = format!("-- {}{}\nselect 'XXX'", "FIX", "ME");

        let findings = words(&Tree::of(&[("a.sql", &mark)]));

        assert_eq!(findings.iter().map(|finding| finding.line).collect::<Vec<_>>(), [1]);
    }

    #[test]
    fn a_path_of_a_machine_is_found_but_not_the_same_words_in_a_url() {
        let folder = concat!("/wo", "rk/");
        let text = format!("https://host.example{folder}a\nsee `{folder}a`\nplan/../b{folder}\n");

        let findings = machine_paths(&Tree::of(&[("a.md", &text)]));

        assert_eq!(findings.iter().map(|finding| finding.line).collect::<Vec<_>>(), [2]);
    }
}
