//! The attack list through the front door: each is refused, and nothing is executed.

use std::sync::{Arc, Mutex};

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tracing::instrument::WithSubscriber;

use super::Server;
use crate::config::{Log, LogFormat};

#[tokio::test]
async fn attacks_on_the_document_are_refused_before_it_runs() {
    let server = Server::start().await;
    let aliases: String = (0..1_000).map(|at| format!("a{at}:hello ")).collect();
    let bomb: String =
        (0..40).map(|at| format!("fragment F{at} on Query{{...F{0} ...F{0}}}", at + 1)).collect();
    for (query, code) in [
        (format!("{{{aliases}}}"), "QUERY_TOO_COMPLEX"),
        (format!("{{add(a:{}", "[".repeat(20_000)), "QUERY_TOO_COMPLEX"),
        (format!("{{a{{...F0}}}}{bomb}fragment F40 on Query{{hello hello}}"), "QUERY_TOO_COMPLEX"),
        (
            "{...A} fragment A on Query{...B} fragment B on Query{...A}".to_owned(),
            "GRAPHQL_VALIDATION_FAILED",
        ),
        (format!("{{hello {}}}", "@aa".repeat(5_000)), "QUERY_TOO_COMPLEX"),
        ("{a(first:60){b(first:60){c(first:60){d}}}}".to_owned(), "QUERY_TOO_COMPLEX"),
        (format!("{}{}", "{a".repeat(16), "}".repeat(16)), "QUERY_TOO_COMPLEX"),
        ("{__schema{types{fields{type{fields{type{fields{name}}}}}}}}".to_owned(), "QUERY_TOO_COMPLEX"),
        ("{add(a:4242424242424242)}".to_owned(), "CARD_NUMBER_REFUSED"),
        ("subscription { a }".to_owned(), "BAD_USER_INPUT"),
    ] {
        let answer = server.query(&query).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, code), "{}", answer.body);
    }
    assert_eq!(server.executed(), 0);
}

#[tokio::test]
async fn attacks_on_the_body_are_refused_before_it_is_parsed() {
    let server = Server::start().await;
    let deep = format!(r#"{{"query":"{{hello}}","variables":{{"a":{}"#, "[".repeat(50_000));
    for body in [
        r#"[{"query":"{hello}"}]"#.to_owned(),
        "[]".to_owned(),
        "\u{feff}{\"query\":\"{hello}\"}".to_owned(),
        r#"{"query":"{hello}","query":"mutation{touch}"}"#.to_owned(),
        r#"{"query":"{hello}"}x"#.to_owned(),
        r#"{"query":null}"#.to_owned(),
        deep,
    ] {
        let answer = server.post(body).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "BAD_USER_INPUT"), "{}", answer.body);
    }
    let announced = server.post(" ".repeat(64 * 1024 + 1)).await;
    assert_eq!(announced.status, 413);
    assert_eq!(server.executed(), 0);
}

#[tokio::test]
async fn a_body_without_a_length_is_cut_off() {
    let server = Server::start().await;
    let mut stream = connect(&server).await;
    let head = "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).await.expect("sent");
    let chunk = format!("400\r\n{}\r\n", " ".repeat(0x400));
    for _ in 0..65 {
        // The server may have answered and closed before all of it is sent.
        if stream.write_all(chunk.as_bytes()).await.is_err() {
            break;
        }
    }

    let mut answer = [0_u8; 12];
    stream.read_exact(&mut answer).await.expect("an answer before the body ends");

    assert_eq!(&answer, b"HTTP/1.1 413");
    assert_eq!(server.executed(), 0);
}

#[tokio::test]
async fn slow_heads_and_slow_bodies_are_hung_up_on() {
    let server = Server::with(|config| {
        config.server.header_timeout_ms = 50;
        config.server.body_timeout_ms = 50;
    })
    .await;
    for bytes in ["", "P", "PRI * HTTP/2", "POST /graphql HT", "GET / HTTP/1.1\r\nhost: x\r\nx-"] {
        let mut stream = connect(&server).await;
        stream.write_all(bytes.as_bytes()).await.expect("sent");
        let mut rest = Vec::new();
        // Ends only when the server hangs up; the test runner's own time limit is the deadline.
        let _ = stream.read_to_end(&mut rest).await;
        let answer = String::from_utf8_lossy(&rest);
        assert!(rest.is_empty() || answer.starts_with("HTTP/1.1 408"), "{bytes:?}: {answer}");
    }
    let mut stream = connect(&server).await;
    let head =
        "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{";
    stream.write_all(head.as_bytes()).await.expect("sent");
    let mut answer = [0_u8; 12];
    stream.read_exact(&mut answer).await.expect("an answer before the body ends");
    assert_eq!(&answer, b"HTTP/1.1 408");
    assert_eq!(server.executed(), 0);
}

async fn connect(server: &Server) -> TcpStream {
    let address = server.origin.strip_prefix("http://").expect("an http origin");
    TcpStream::connect(address).await.expect("a connection")
}

#[tokio::test]
async fn errors_tell_codes_and_no_internals() {
    let server = Server::start().await;

    let answer = server.query("{ uncoded coded hello }").await;

    assert_eq!(answer.status, 200);
    let id = answer.headers["x-request-id"].to_str().expect("ASCII");
    assert_eq!(
        answer.json(),
        json!({
            "data": { "uncoded": null, "coded": null, "hello": "world" },
            "errors": [
                {
                    "message": "Internal error. Quote the request id when you ask about it.",
                    "locations": [{ "line": 1, "column": 3 }],
                    "path": ["uncoded"],
                    "extensions": { "code": "INTERNAL", "requestId": id },
                },
                {
                    "message": "Not yours.",
                    "locations": [{ "line": 1, "column": 11 }],
                    "path": ["coded"],
                    "extensions": { "code": "FORBIDDEN", "requestId": id },
                },
            ],
        })
    );
}

#[tokio::test]
async fn a_panic_is_an_internal_error_and_the_server_lives() {
    let server = Server::start().await;

    let answer = server.query("{ broken }").await;

    assert_eq!((answer.status, answer.code().as_str()), (500, "INTERNAL"));
    assert!(!answer.body.contains("canary"), "{}", answer.body);
    assert_eq!(server.query("{ hello }").await.status, 200);
}

#[tokio::test]
async fn no_answer_repeats_what_was_sent_or_suggests() {
    let server = Server::start().await;
    for body in [
        json!({ "query": "{ hello canary( }" }),
        json!({ "query": "\u{1b}[31mcanary" }),
        json!({ "query": "{ paint(colour: CANARY) }" }),
        json!({ "query": "{ paint(colour: \"canary\") }" }),
        json!({ "query": "{ add(a: \"canary\") }" }),
        json!({ "query": "query($a: Int!) { add(a: $a) }", "variables": { "a": "canary" } }),
        json!({ "query": "query($c: Colour!) { paint(colour: $c) }", "variables": { "c": "canary" } }),
        json!({ "query": "{ echo(date: \"canary\") }" }),
        json!({ "query": "query($d: Odd!) { echo(date: $d) }", "variables": { "d": "canary" } }),
        json!({ "query": "query($d: Odd!) { echo(date: $d) }", "variables": { "d": { "x": "canary" } } }),
        json!({ "query": "{ helo }" }),
        json!({ "query": "{ pair { zebr } }" }),
    ] {
        let answer = server.post(body.to_string()).await;
        let text = answer.body.to_lowercase();
        assert!(!text.contains("canary") && !text.contains("did you mean"), "{body}: {}", answer.body);
        assert_ne!(answer.code(), "INTERNAL", "{body}: {}", answer.body);
        assert_ne!(answer.code(), "", "{body}: {}", answer.body);
    }
}

#[tokio::test]
async fn numbers_beyond_their_type_are_typed_errors() {
    let server = Server::start().await;
    for number in ["99999999999", "9200000000000000000", "1e2", "1.0"] {
        let body = format!(r#"{{"query":"query($a: Int!) {{ add(a: $a) }}","variables":{{"a":{number}}}}}"#);
        let answer = server.post(body).await;
        assert!(
            ["GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT"].contains(&answer.code().as_str()),
            "{}",
            answer.body
        );
    }
}

#[tokio::test]
async fn introspection_can_be_off_however_it_is_asked_for() {
    let server = Server::with(|config| config.graphql.introspection = false).await;
    for query in [
        "{__schema{types{name}}}",
        "{__schema\n#c\n{types{name}}}",
        "{a:__type(name:\"Query\"){name}}",
        "{...F} fragment F on Query{...{__schema{types{name}}}}",
        "{_service{sdl}}",
    ] {
        let answer = server.query(query).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "FORBIDDEN"), "{query}");
    }
    assert_eq!(server.executed(), 0);
    assert_eq!(server.query("{__typename}").await.status, 200);
}

#[tokio::test]
async fn the_standard_introspection_passes_every_limit() {
    let server = Server::start().await;

    let answer = server.query(INTROSPECTION).await;

    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.json()["data"]["__schema"]["queryType"]["name"], "Query");
}

/// `getIntrospectionQuery()` of graphql 16.15 with every option that the library knows.
const INTROSPECTION: &str = "query IntrospectionQuery { __schema { description queryType { name kind } mutationType { name kind }
  subscriptionType { name kind } types { ...FullType }
  directives { name description isRepeatable locations args(includeDeprecated: true) { ...InputValue } } } }
fragment FullType on __Type { kind name description specifiedByURL isOneOf
  fields(includeDeprecated: true) { name description args(includeDeprecated: true) { ...InputValue }
    type { ...TypeRef } isDeprecated deprecationReason }
  inputFields(includeDeprecated: true) { ...InputValue } interfaces { ...TypeRef }
  enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason }
  possibleTypes { ...TypeRef } }
fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue isDeprecated deprecationReason }
fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name
  ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } } } }";

#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("nobody panics while writing").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The subscriber is this task's alone; the edge is called without a socket so that it stays here.
#[tokio::test]
async fn the_log_has_no_document_no_variable_no_header_and_no_name() {
    use axum::body::Body;
    use tower::ServiceExt;
    let buffer = Buffer::default();
    let writer = buffer.clone();
    let log = Log { format: LogFormat::Json, level: "trace".to_owned() };
    let subscriber = crate::logging::subscriber(&log, move || writer.clone());
    let toys = Arc::new(super::Toys::default());
    let (router, _landed) =
        super::router(&crate::config::Config::default(), toys, super::Draining::default());
    let body = json!({
        "query": "query Canary1 { canary2: hello add(a: 1, b: 2) uncoded canary3: broken }",
        "operationName": "Canary1",
        "variables": { "canary4": "canary5" },
    });
    let request = |key: &str| {
        axum::http::Request::post("/graphql?canary6")
            .header("content-type", "application/json")
            .header("user-agent", "canary7")
            .header("authorization", format!("Bearer {key}"))
            .header("x-request-id", "canary9")
            .body(Body::from(body.to_string()))
            .expect("a request")
    };
    let requests = [request("sk_test_canary8"), request("sk_test_good")];

    let statuses = async move {
        let mut statuses = Vec::new();
        for request in requests {
            let response = router.clone().oneshot(request).await.expect("routers do not fail");
            statuses.push(response.status().as_u16());
        }
        statuses
    };
    let statuses = statuses.with_subscriber(subscriber).await;

    let written = String::from_utf8(buffer.0.lock().expect("nobody panicked").clone()).expect("UTF-8");
    assert_eq!(statuses, [401, 500]);
    for part in [
        r#""http.status":401"#,
        r#""http.status":500"#,
        r#""http.route":"/graphql""#,
        r#""error.code":"UNAUTHENTICATED""#,
        r#""tenant.id":"ten_1""#,
        r#""operation.kind":"query""#,
        r#""operation.hash":""#,
    ] {
        assert!(written.contains(part), "{part}: {written}");
    }
    assert!(!written.to_lowercase().contains("canary"), "{written}");
}
