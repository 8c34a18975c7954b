//! Documents and variables that are made to hurt: rows G1 to G12 and G18 to G19 of the attack list.

use serde_json::{Value, json};

/// One attack: the row of the list, what it is, the body of the request, and the code that must come back.
pub(super) struct Attack {
    pub(super) row: &'static str,
    pub(super) what: &'static str,
    pub(super) body: String,
    /// The codes that are right; any of them, because some attacks are stopped by whichever bound comes first.
    pub(super) codes: &'static [&'static str],
}

const TOO_COMPLEX: &[&str] = &["QUERY_TOO_COMPLEX"];
const MALFORMED: &[&str] = &["BAD_USER_INPUT"];
const UNFIT: &[&str] = &["GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED"];
const TYPED: &[&str] = &["BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED", "QUERY_TOO_COMPLEX"];

fn attack(row: &'static str, what: &'static str, query: &str, codes: &'static [&'static str]) -> Attack {
    Attack { row, what, body: json!({ "query": query }).to_string(), codes }
}

fn raw(row: &'static str, what: &'static str, body: String, codes: &'static [&'static str]) -> Attack {
    Attack { row, what, body, codes }
}

/// `count` times a text that may name its number as `#`.
pub(super) fn times(count: usize, text: &str) -> String {
    (0..count).map(|at| text.replace('#', &at.to_string())).collect()
}

/// A document whose fragments double at each level: 2^levels fields in a few hundred bytes.
pub(super) fn bomb(levels: usize, spread: &str) -> String {
    let level =
        |at: usize| format!("fragment f{at} on Query {{ {} }} ", spread.replace('#', &(at + 1).to_string()));
    let levels_of: String = (0..levels).map(level).collect();
    format!("{{ ...f0 }} {levels_of} fragment f{levels} on Query {{ __typename }}")
}

/// The attacks that the guard in front of the parser stops, whoever asks.
pub(super) fn guarded() -> Vec<Attack> {
    let mut all = many_of_one();
    all.extend(bombs());
    all.extend(nesting());
    all.extend(batches());
    all.extend(operations());
    all
}

fn many_of_one() -> Vec<Attack> {
    let directives = "@include(if: true) ".repeat(3_000);
    vec![
        attack("G1", "101 aliases", &format!("{{ {} }}", times(101, "a#: __typename ")), TOO_COMPLEX),
        attack("G1", "31 aliases", &format!("{{ {} }}", times(31, "a#: __typename ")), TOO_COMPLEX),
        attack(
            "G1",
            "1,000 guesses",
            &format!("{{ {} }}", times(1_000, "a#: profile(by: {guid: \"#\"}) { email } ")),
            TOO_COMPLEX,
        ),
        attack(
            "G1",
            "200 aliases of a list",
            &format!("{{ {} }}", times(200, "a#: profiles(first: 100) { nodes { id } } ")),
            TOO_COMPLEX,
        ),
        attack(
            "G3",
            "10 unknown directives",
            &format!("{{ __typename {} }}", "@aa ".repeat(10)),
            TOO_COMPLEX,
        ),
        attack("G3", "5,000 directives", &format!("{{ __typename {} }}", "@aa ".repeat(5_000)), TOO_COMPLEX),
        attack("G3", "3,000 times @include", &format!("{{ __typename {directives} }}"), TOO_COMPLEX),
        attack(
            "G3",
            "@skip on every field",
            &format!("{{ {} }}", "viewer @skip(if: false) { kind } ".repeat(60)),
            TOO_COMPLEX,
        ),
        attack("G4", "4,000 times a field", &format!("{{ {} }}", "__typename ".repeat(4_000)), TOO_COMPLEX),
        attack(
            "G4",
            "3,000 times a selection",
            &format!("{{ {} }}", "viewer{kind}".repeat(3_000)),
            TOO_COMPLEX,
        ),
    ]
}

fn bombs() -> Vec<Attack> {
    let unused = times(2_500, "fragment u# on Q{a}");
    vec![
        attack("G5", "2^22 fields", &bomb(22, "...f# ...f#"), TOO_COMPLEX),
        attack("G5", "2^40 fields", &bomb(40, "...f# ...f#"), TOO_COMPLEX),
        attack("G5", "2^60 fields", &bomb(60, "...f# ...f#"), TOO_COMPLEX),
        attack("G5", "2^22 aliased fields", &bomb(22, "a: viewer { kind } ...f# ...f#"), TOO_COMPLEX),
        attack(
            "G6",
            "a circle of two",
            "{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }",
            UNFIT,
        ),
        attack(
            "G6",
            "a circle through a field",
            "{ ...a } fragment a on Query { viewer { tenant { ...b } } } fragment b on Tenant { parent { ...b } }",
            UNFIT,
        ),
        attack("G6", "a spread of itself", "{ ...a } fragment a on Query { ...a }", UNFIT),
        attack("G6", "2,500 unused fragments", &format!("{{ __typename }} {unused}"), TOO_COMPLEX),
    ]
}

fn nesting() -> Vec<Attack> {
    let levels = |count: usize| {
        let inner = "parent { ".repeat(count);
        format!("{{ viewer {{ tenant {{ {inner} id {} }} }} }}", "} ".repeat(count))
    };
    let node = |value: &str| format!("{{ node(id: {value}) {{ id }} }}");
    let objects = format!("{}1{}", "{a:".repeat(3_000), "}".repeat(3_000));
    let introspection = format!(
        "{{ __schema {{ types {{ {} name {} }} }} }}",
        "fields { type { ".repeat(10),
        "} } ".repeat(10)
    );
    let variables = |depth: usize| {
        let value = format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        format!(r#"{{"query":"query($a: JSONObject) {{ __typename }}","variables":{{"a":{value}}}}}"#)
    };
    vec![
        attack("G7", "introspection in circles", &introspection, TOO_COMPLEX),
        attack("G10", "20 levels", &levels(20), TOO_COMPLEX),
        attack("G10", "40 levels", &levels(40), TOO_COMPLEX),
        attack("G10", "20,000 open braces", &"{".repeat(20_000), TOO_COMPLEX),
        attack("G10", "5,000 open brackets", &node(&"[".repeat(5_000)), TOO_COMPLEX),
        attack("G10", "1,344 open brackets", &node(&"[".repeat(1_344)), TOO_COMPLEX),
        attack("G10", "3,000 input objects", &node(&objects), TOO_COMPLEX),
        raw("G10", "65 brackets in variables", variables(65), MALFORMED),
        raw("G10", "30,000 brackets in variables", variables(30_000), MALFORMED),
    ]
}

fn batches() -> Vec<Attack> {
    let one = r#"{"query":"{ __typename }"}"#;
    let batch = |count: usize| format!("[{}]", vec![one; count].join(","));
    vec![
        raw("G2", "10 requests", batch(10), MALFORMED),
        raw("G2", "1,000 requests", batch(1_000), MALFORMED),
        raw("G2", "arrays in arrays", format!("[[{one}],[[{one}]]]"), MALFORMED),
        raw("G2", "an empty array", "[]".to_owned(), MALFORMED),
        raw("G2", "one bad member", format!("[{one},7]"), MALFORMED),
    ]
}

fn operations() -> Vec<Attack> {
    let named = |name: &str, query: &str| json!({ "query": query, "operationName": name }).to_string();
    let variables = times(4_000, "$v#:Int ");
    vec![
        attack("G12", "3,000 operations", &times(3_000, "query q#{a}"), TOO_COMPLEX),
        attack("G12", "4,000 variables", &format!("query q({variables}) {{ __typename }}"), TOO_COMPLEX),
        raw(
            "G12",
            "no such operation",
            named("c", "query a { __typename } query b { __typename }"),
            UNFIT_OR_MALFORMED,
        ),
        raw(
            "G12",
            "an empty name",
            named("", "query a { __typename } query b { __typename }"),
            UNFIT_OR_MALFORMED,
        ),
        attack(
            "G12",
            "two operations, none named",
            "query a { __typename } query b { __typename }",
            UNFIT_OR_MALFORMED,
        ),
        attack("G12", "two of one name", "query a { __typename } query a { __typename }", UNFIT_OR_MALFORMED),
    ]
}

const UNFIT_OR_MALFORMED: &[&str] = &["BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED"];

/// Attacks that need a credential to get anywhere; without one they get no further than that.
pub(super) fn behind_the_credential() -> Vec<Attack> {
    let first = |value: &str| format!("{{ profiles(first: {value}) {{ nodes {{ id }} }} }}");
    let variable = |value: Value| {
        let query = "query($n: Int) { profiles(first: $n) { nodes { id } } }";
        json!({ "query": query, "variables": { "n": value } }).to_string()
    };
    let number = |text: &str| {
        let query = "query($n: Int) { profiles(first: $n) { nodes { id } } }";
        format!(r#"{{"query":"{query}","variables":{{"n":{text}}}}}"#)
    };
    let nested = "{ containers(first: 60) { nodes { profiles(first: 60) { nodes { payments(first: 60) { nodes { id } } } } } } }";
    let most = i32::MAX;
    let overflow = format!(
        "{{ containers(first: {most}) {{ nodes {{ profiles(first: {most}) {{ nodes {{ payments(first: {most}) {{ nodes
        {{ attempts {{ id }} }} }} }} }} }} }} }}"
    );
    let skipped = "query($no: Boolean = false) { containers(first: 100) @include(if: $no) { nodes { profiles(first: 100) {
        nodes { payments(first: 100) { nodes { id } } } } } } }";
    let by_interface = "{ nodes(ids: [\"x\", \"y\"]) { ... on Container { ...c } } }
        fragment c on Container { profiles(first: 100) { nodes { payments(first: 100) { nodes { id } } } } }";
    vec![
        attack("G11", "60 x 60 x 60", nested, TOO_COMPLEX),
        attack("G11", "two billion", &first("2147483647"), TYPED),
        attack("G11", "minus one", &first("-1"), TYPED),
        attack("G11", "none", &first("0"), TYPED),
        raw("G11", "two billion in a variable", variable(json!(2_147_483_647)), TYPED),
        raw("G11", "minus one in a variable", variable(json!(-1)), TYPED),
        attack("G18", "beyond Int", &first("99999999999"), TYPED),
        raw("G18", "beyond Int in a variable", number("99999999999"), TYPED),
        raw("G18", "beyond 64 bits", number("9200000000000000000"), TYPED),
        raw("G18", "an exponent", number("1e2"), TYPED),
        raw("G18", "a fraction", number("1.0"), TYPED),
        raw("G18", "no number", variable(json!("NaN")), TYPED),
        raw("G18", "minus zero", number("-0"), TYPED),
        attack("G19", "a product beyond 64 bits", &overflow, TYPED),
        attack("G19", "under @include(if: false)", skipped, TOO_COMPLEX),
        attack("G19", "through a fragment on an interface", by_interface, TOO_COMPLEX),
    ]
}
