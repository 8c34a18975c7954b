//! The attack list of GraphQL, against the real command in a process of its own: rows G1 to G19, G25, G26.
//!
//! Each attack is made without a credential and with one.  It is refused, with one error of a closed code
//! that repeats nothing; nothing is changed; and after all of them the process lives, answers, and never
//! held more than 256 MB.

mod documents;
mod requests;
mod server;

use purser_tests::{Answer, Client};
use serde_json::{Value, json};

use server::Server;

/// 256 MB.
const MEMORY_KIB_MAX: u64 = 256 * 1024;

#[tokio::test(flavor = "multi_thread")]
async fn attacks_are_refused_and_the_server_lives_in_256_mb() {
    let server = Server::start().await;

    for client in [&server.anonymous, &server.publishable, &server.secret] {
        documents_are_refused(client).await;
        requests_are_refused(client).await;
    }
    documents_behind_the_credential_are_refused(&server).await;
    assert_eq!(requests::endless_body(&server.anonymous).await, "HTTP/1.1 413");

    server.assert_alive("all attacks").await;
    let containers = server.secret.query("{ containers { nodes { name } } }", json!({})).await;
    assert_eq!(containers.count("containers.nodes"), 0, "nothing was changed: {containers}");
    let peak = server.peak_memory_kib();
    assert!(peak < MEMORY_KIB_MAX, "the process held {peak} KiB");
}

async fn documents_are_refused(client: &Client) {
    for attack in documents::guarded() {
        let answer = client.post(attack.body).await;
        let which = format!("{} {}", attack.row, attack.what);
        assert_refused(&which, &answer, attack.codes);
        assert_eq!(answer.status, 400, "{which}: {answer}");
    }
}

async fn documents_behind_the_credential_are_refused(server: &Server) {
    for attack in documents::behind_the_credential() {
        let which = format!("{} {}", attack.row, attack.what);
        assert_no_data(&which, &server.secret.post(attack.body.clone()).await, attack.codes);
        let codes: Vec<&str> = attack.codes.iter().copied().chain(["UNAUTHENTICATED"]).collect();
        assert_no_data(&which, &server.anonymous.post(attack.body).await, &codes);
    }
}

async fn requests_are_refused(client: &Client) {
    // The server closes a connection whose body it did not read, and may do so while the next request comes.
    for attack in requests::all(&client.detached()) {
        let which = format!("{} {}", attack.row, attack.what);
        // A body that is refused by its announced length may be hung up on while it is still being sent.
        let Ok(response) = attack.request.send().await else {
            assert_eq!(attack.status, 413, "{which}: no answer");
            continue;
        };
        let status = response.status().as_u16();
        let text = response.text().await.expect("the answer is whole");
        assert_eq!(status, attack.status, "{which}: {text}");
        let body: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(body["errors"].as_array().map(Vec::len), Some(1), "{which}: {text}");
        assert!(body.get("data").is_none(), "{which}: {text}");
    }
}

/// One error, of one of the codes, with nothing beside it.
#[track_caller]
fn assert_refused(which: &str, answer: &Answer, codes: &[&str]) {
    assert_no_data(which, answer, codes);
    assert_eq!(answer.error_codes().len(), 1, "{which}: {answer}");
    assert!(answer.body.get("data").is_none(), "{which}: {answer}");
}

/// Errors of these codes only, and no data but null; no more than a thousand bytes of it.
#[track_caller]
fn assert_no_data(which: &str, answer: &Answer, codes: &[&str]) {
    let told = answer.error_codes();
    assert!(!told.is_empty() && told.iter().all(|code| codes.contains(&code.as_str())), "{which}: {answer}");
    let is_empty = answer.body["data"].as_object().is_none_or(|data| data.values().all(Value::is_null));
    assert!(is_empty, "{which}: {answer}");
    assert!(answer.raw.len() < 1_000, "{which}: {} bytes of answer", answer.raw.len());
    assert_only_documented_members(which, answer);
}

/// G16: an answer has data and errors; an error has a message, a place, a path, a code and the request's id.
#[track_caller]
fn assert_only_documented_members(which: &str, answer: &Answer) {
    let names = |value: &Value| -> Vec<String> {
        value.as_object().map(|object| object.keys().cloned().collect()).unwrap_or_default()
    };
    for name in names(&answer.body) {
        assert!(["data", "errors"].contains(&name.as_str()), "{which}: {answer}");
    }
    for error in answer.body["errors"].as_array().into_iter().flatten() {
        for name in names(error) {
            assert!(
                ["message", "locations", "path", "extensions"].contains(&name.as_str()),
                "{which}: {answer}"
            );
        }
        for name in names(&error["extensions"]) {
            let known = ["code", "requestId", "retryAfter", "field", "limit"];
            assert!(known.contains(&name.as_str()), "{which}: {answer}");
        }
    }
}

/// G4, second half: what is merely repeated is merged, not multiplied.
#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_times_the_same_field_is_one_field() {
    let server = Server::start().await;

    let answer =
        server.anonymous.post(json!({ "query": format!("{{ {} }}", "__typename ".repeat(29)) }).to_string());

    assert_eq!(answer.await.raw, r#"{"data":{"__typename":"Query"}}"#);
    let many = json!({ "query": format!("{{ {} }}", "__typename ".repeat(500)) }).to_string();
    assert_refused("G4 500 times a field", &server.anonymous.post(many).await, &["QUERY_TOO_COMPLEX"]);
}

/// G8: whoever has no credential reads nothing of the schema, however it is asked for.
#[tokio::test(flavor = "multi_thread")]
async fn the_schema_is_not_told_to_strangers() {
    let server = Server::start().await;
    let probes = [
        "{ __schema { types { name } } }",
        "{__schema\n#c\n,,{types{name}}}",
        "{ a: __type(name: \"Query\") { name } }",
        "{ ...f } fragment f on Query { ... { __schema { types { name } } } }",
        "query q { ... on Query { __type(name: \"Profile\") { fields { name } } } }",
    ];
    for probe in probes {
        let answer = server.anonymous.post(json!({ "query": probe }).to_string()).await;
        assert_refused(probe, &answer, &["UNAUTHENTICATED"]);
        assert_eq!(answer.status, 401, "{probe}: {answer}");
        let request = server.anonymous.get(&[("query", probe)]);
        let answer = server.anonymous.send(request).await;
        assert_refused(probe, &answer, &["UNAUTHENTICATED"]);
    }
    for client in [&server.anonymous, &server.secret] {
        let answer = client.post(r#"{"query":"{ _service { sdl } }"}"#).await;
        assert!(!answer.raw.contains("type ") && answer.body.get("data").is_none(), "{answer}");
    }
}

/// G9: no answer suggests a name that it was not told.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_suggested() {
    let server = Server::start().await;
    // Each with the name that was almost met, which the answer must not tell.
    let misspelt = [
        ("{ profil { id } }", "profiles"),
        ("{ viewer { tenantt { id } } }", "\"tenant\\"),
        ("{ profiles(frist: 1) { nodes { id } } }", "\"first\\"),
        ("{ profile(by: {gui: \"x\"}) { id } }", "guid"),
        ("mutation { disableContainers(input: {reach: SUB_TENANT}) { userErrors { code } } }", "SUB_TENANTS"),
        ("{ viewer { ... on Viewr { kind } } }", "\"Viewer\\"),
        ("query($a: CreateTenantInpt!) { viewer { kind } }", "CreateTenantInput"),
    ];
    for client in [&server.anonymous, &server.publishable, &server.secret] {
        for (query, near) in misspelt {
            let answer = client.post(json!({ "query": query }).to_string()).await;
            assert!(answer.body.get("data").is_none(), "{query}: {answer}");
            assert!(!answer.raw.contains(near), "{query}: {answer}");
            let text = answer.raw.to_lowercase();
            assert!(!text.contains("did you mean") && !text.contains("suggest"), "{query}: {answer}");
        }
    }
}

/// G16 and G17: no header brings out internals, no value comes back.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_traced_and_nothing_is_echoed() {
    let server = Server::start().await;
    for (name, value) in
        [("apollo-federation-include-trace", "ftv1"), ("x-apollo-tracing", "1"), ("x-debug", "1")]
    {
        let request = server.secret.request("POST").header("content-type", "application/json");
        let request = request.header(name, value).body(r#"{"query":"{ viewer { kind } }"}"#);
        let answer = server.secret.send(request).await;
        assert_eq!(answer.raw, r#"{"data":{"viewer":{"kind":"SECRET_KEY"}}}"#, "{name}");
    }
    let money =
        "mutation($i: DebitPaymentInput!) { debitPayment(input: $i) { userErrors { code message field } } }";
    let bodies = [
        json!({ "query": "{ nodes(ids: [[\"canary\"]]) { id } }" }),
        json!({ "query": "{ profiles(first: \"canary\") { nodes { id } } }" }),
        json!({ "query": "{ profiles(after: \"canary\") { nodes { id } } }" }),
        json!({ "query": "query($n: Int) { profiles(first: $n) { nodes { id } } }", "variables": { "n": "canary" } }),
        json!({ "query": money, "variables": { "i": { "amount": "canary\u{0}\u{1b}[31m<b>canary</b>" } } }),
        json!({ "query": "\u{1b}[31mcanary <script>" }),
        json!({ "query": "{ viewer { kind } } canary" }),
    ];
    for body in bodies {
        let answer = server.secret.post(body.to_string()).await;
        assert!(!answer.raw.to_lowercase().contains("canary"), "{body}: {answer}");
        assert!(answer.raw.len() < 1_500, "{body}: {} bytes", answer.raw.len());
        assert_ne!(answer.error_codes(), Vec::<String>::new(), "{body}: {answer}");
        assert!(!answer.error_codes().contains(&"INTERNAL".to_owned()), "{body}: {answer}");
        assert_only_documented_members("an echo", &answer);
    }
    let long = json!({ "query": format!("{{ {} }}", "y".repeat(20_000)) });
    let answer = server.secret.post(long.to_string()).await;
    assert!(answer.raw.len() < 1_500, "{} bytes", answer.raw.len());
}

/// G25: what may not be asked looks like what does not exist.
#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_cannot_tell_a_field_that_exists_from_one_that_does_not() {
    let server = Server::start().await;
    let masked = async |client: &Client, query: &str| {
        let answer = client.post(json!({ "query": query }).to_string()).await;
        let id = answer.body["errors"][0]["extensions"]["requestId"].as_str().unwrap_or_default().to_owned();
        (answer.status, answer.raw.replace(&id, "ID"))
    };
    let known = ["{ profiles { nodes { id } } }", "{ containers { totalCount } }", "{ viewer { kind } }"];
    let unknown = ["{ profilez { nodes { id } } }", "{ secrets { totalCount } }", "{ viewer { kinds } }"];
    let told = masked(&server.anonymous, known[0]).await;
    for query in known.iter().chain(&unknown) {
        assert_eq!(masked(&server.anonymous, query).await, told, "{query}");
    }
    let told = masked(&server.publishable, "{ profiles { nodes { id } } }").await;
    assert_eq!(masked(&server.publishable, "{ profilez { nodes { id } } }").await, told);
}

/// G26: what fails in one field leaves its neighbours alone.
#[tokio::test(flavor = "multi_thread")]
async fn an_error_leaves_its_neighbours_alone() {
    let server = Server::start().await;

    let query = "{ payments(after: \"forged\") { nodes { id } } profiles(first: 101) { nodes { id } } viewer { kind } node(id: \"x\") { id } }";
    let answer = server.secret.post(json!({ "query": query }).to_string()).await;

    assert_eq!(answer.error_codes(), ["BAD_USER_INPUT", "BAD_USER_INPUT"], "{answer}");
    let expected =
        json!({ "payments": null, "profiles": null, "viewer": { "kind": "SECRET_KEY" }, "node": null });
    assert_eq!(answer.body["data"], expected);
}
