//! The published attacks on GraphQL documents, and that ordinary documents pass.

use proptest::prelude::*;

use super::shape::{Shape, check};
use super::{Fault, Limits};

fn refused(document: &str) -> Fault {
    check(document, &Limits::default()).expect_err("the document must be refused")
}

fn passes(document: &str) -> Shape {
    check(document, &Limits::default()).expect("the document must pass")
}

fn too_many(what: &'static str, limit: u32) -> Fault {
    Fault::TooMany { what, limit }
}

#[test]
fn ordinary_documents_are_counted() {
    let shape = passes(
        "query Q($id: ID!, $n: Int = 5) @a { me: profile(by: {id: $id}) { ...F ... on X { y } name } }\n\
         # a comment with { [ ( and \"\n\
         fragment F on Profile { a(x: \"{[(\" y: \"\"\" \\\"\"\" { \"\"\") b }",
    );
    assert_eq!(shape.expanded_selections, 7);
}

#[test]
fn a_query_of_several_hundred_fields_passes() {
    let fields: String = (0..300).map(|at| format!("field{at} ")).collect();
    assert_eq!(passes(&format!("{{ profile {{ {fields} }} }}")).expanded_selections, 301);
}

#[test]
fn brackets_are_counted_wherever_they_nest() {
    let nested = too_many("nested brackets", 32);
    assert_eq!(refused(&format!("{{a(x:{}", "[".repeat(100_000))), nested);
    assert_eq!(refused(&format!("{{a(x:{}1{})}}", "[".repeat(1_344), "]".repeat(1_344))), nested);
    assert_eq!(refused(&format!("{{a(x:{}", "{b:".repeat(1_248))), nested);
    assert_eq!(refused(&format!("query($v:{}", "[".repeat(200))), nested);
    assert_eq!(refused(&format!("query($v:[A]={}", "[".repeat(200))), nested);
    assert_eq!(refused(&format!("{{a @b(c:{}", "[".repeat(200))), nested);
    assert_eq!(refused(&"{a".repeat(20_000)), too_many("nested selections", 20));
    assert_eq!(refused(&"{...".repeat(20_000)), too_many("nested selections", 20));
}

#[test]
fn unterminated_texts_cannot_hide_brackets() {
    for document in
        ["{a(x:\"", "{a(x:\"\"\" [[[", "{a(x:\"\\", "{a(x:\"\n[\")}", "{a(x:\"\"\"\")}", "{a(x:\"\\é\")"]
    {
        assert!(matches!(refused(document), Fault::Syntax { .. }), "{document}");
    }
}

#[test]
fn aliases_directives_operations_and_variables_have_bounds() {
    let aliases: String = (0..31).map(|at| format!("a{at}:__typename ")).collect();
    assert_eq!(refused(&format!("{{{aliases}}}")), too_many("aliases", 30));
    assert_eq!(refused(&format!("{{a {}}}", "@aa".repeat(5_000))), too_many("directives on one element", 4));
    assert_eq!(refused(&format!("{{{}}}", "a@b@c ".repeat(26))), too_many("directives", 50));
    assert_eq!(refused(&"query A{a}".repeat(11)), too_many("operations", 10));
    assert_eq!(refused(&format!("query({}){{a}}", "$a:B@c".repeat(101))), too_many("directives", 50));
    assert_eq!(refused(&format!("query({}){{a}}", "$a:B ".repeat(101))), too_many("variables", 100));
    assert_eq!(refused(&format!("{{{}}}", "a ".repeat(20_000))), too_many("tokens", 2_000));
    assert_eq!(refused(&format!("{{{}}}", "a ".repeat(31))), too_many("root fields", 30));
    assert_eq!(refused(&format!("{{...{{...{{{}}}}}}}", "a ".repeat(31))), too_many("root fields", 30));
    let halves = format!("{{...F ...F}} fragment F on Q {{{}}}", "a ".repeat(16));
    assert_eq!(refused(&halves), too_many("root fields", 30));
    assert_eq!(refused(&format!("{{a}}{}", "fragment F on A{a}".repeat(51))), too_many("fragments", 50));
}

#[test]
fn a_bomb_of_two_to_the_sixty_fields_is_refused() {
    let mut bomb = String::from("{a{...F0}}");
    for at in 0..40 {
        bomb.push_str(&format!("fragment F{at} on A{{b{{...F{0} ...F{0}}}}}", at + 1));
    }
    bomb.push_str("fragment F40 on A{c}");
    assert_eq!(refused(&bomb), too_many("selections after fragments are expanded", 5_000));

    let hollow = bomb.replace("fragment F40 on A{c}", "");
    assert_eq!(refused(&hollow), too_many("selections after fragments are expanded", 5_000));

    let wide = Limits { fragments: 200, ..Limits::default() };
    let mut wider = String::from("{a{...F0}}");
    for at in 0..100 {
        wider.push_str(&format!("fragment F{at} on A{{...F{0} ...F{0}}}", at + 1));
    }
    wider.push_str("fragment F100 on A{c}");
    assert_eq!(check(&wider, &wide), Err(too_many("selections after fragments are expanded", 5_000)));
}

#[test]
fn circles_are_refused_used_or_not() {
    for document in [
        "{...A} fragment A on Q{...A}",
        "{...A} fragment A on Q{a{...B}} fragment B on Q{...A}",
        "{a} fragment A on Q{...B} fragment B on Q{...A}",
    ] {
        assert_eq!(refused(document), Fault::Cycle, "{document}");
    }
}

#[test]
fn card_numbers_behind_escapes_are_refused() {
    let escaped: String = "4242424242424242".bytes().map(|byte| format!("\\u00{byte:02x}")).collect();
    assert_eq!(refused(&format!("{{a(x:\"{escaped}\")}}")), Fault::CardNumber);
    passes("{a(x:\"\\u0034\\n\")}");
}

#[test]
fn what_is_no_document_is_refused_with_its_position() {
    assert_eq!(refused("{a\n  ~}"), Fault::Syntax { line: 2, column: 3 });
    for document in
        ["", "{", "}", "{a", "a", "{a)}", "{a(b:[}]}", "{a:}", "{@}", "\u{0}", "fragment", "{a(b:)"]
    {
        assert!(check(document, &Limits::default()).is_err() || document == "{a(b:)}", "{document}");
    }
}

proptest! {
    #[test]
    fn arbitrary_text_never_panics(text in any::<String>()) {
        let _ = check(&text, &Limits::default());
    }

    #[test]
    fn arbitrary_tokens_never_panic(tokens in prop::collection::vec(
        prop::sample::select(vec!["{", "}", "(", ")", "[", "]", "a", "on", "fragment", "query", "...", "@", "$",
            ":", "\"", "\"\"\"", "\\", "1", "-", "#", "\n", "=", "!", "é", "\u{feff}"]), 0..200)) {
        let _ = check(&tokens.concat(), &Limits::default());
        let _ = check(&tokens.join(" "), &Limits::default());
    }

    #[test]
    fn what_passes_is_read_alike_by_the_parser(tokens in prop::collection::vec(
        prop::sample::select(vec!["{", "}", "a", "b", "...F", "... on T", "(x: [1])", "@d", "\"s\""]), 1..40)) {
        // The guard is allowed to be more lenient than the grammar, never to crash the parser behind it.
        let document = tokens.join(" ");
        if check(&document, &Limits::default()).is_ok() {
            let _ = async_graphql::parser::parse_query(&document);
        }
    }
}
