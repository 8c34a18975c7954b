//! Requests that are made to hurt or to slip through: rows G13 to G15 of the attack list.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use purser_tests::Client;
use reqwest::RequestBuilder;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::documents::times;

/// One request and the status that it must get.
pub(super) struct Attack {
    pub(super) row: &'static str,
    pub(super) what: &'static str,
    pub(super) request: RequestBuilder,
    pub(super) status: u16,
}

const MUTATION: &str = "mutation { createContainer(input: {name: \"forged\"}) { userErrors { code } } }";

/// All of them, from one client.
pub(super) fn all(client: &Client) -> Vec<Attack> {
    let mut all = huge(client);
    all.extend(forged(client));
    all.extend(disguised(client));
    all
}

fn huge(client: &Client) -> Vec<Attack> {
    let post = |body: String| client.request("POST").header("content-type", "application/json").body(body);
    let document = |query: &str| post(json!({ "query": query }).to_string());
    let brackets = |count: usize| format!("{}{}", "[".repeat(count), "]".repeat(count));
    let attack = |what, request| Attack { row: "G13", what, request, status: 413 };
    let value = "v".repeat(20_000_000);
    let variables = format!(r#"{{"query":"{{ __typename }}","variables":{{"a":{}}}}}"#, brackets(100_000));
    vec![
        attack(
            "a variable of 20 MB",
            post(json!({ "query": "{ __typename }", "variables": { "v": value } }).to_string()),
        ),
        attack("a comment of 5 MB", document(&format!("{{ __typename }} #{}", "c".repeat(5_000_000)))),
        attack("5 MB of commas", document(&format!("{{ __typename {} }}", ",".repeat(5_000_000)))),
        attack(
            "100,000 nested brackets",
            document(&format!("{{ node(id: {}) {{ id }} }}", brackets(100_000))),
        ),
        attack("100,000 nested brackets in variables", post(variables)),
        attack("20,000 times a field", document(&format!("{{ {} }}", "__typename ".repeat(20_000)))),
        attack(
            "5,000 fragments",
            document(&format!("{{ a }} {}", times(5_000, "fragment u# on Q { aaaa }"))),
        ),
    ]
}

fn forged(client: &Client) -> Vec<Attack> {
    let attack = |what, request, status| Attack { row: "G14", what, request, status };
    let body = json!({ "query": MUTATION }).to_string();
    let typed = |ty: &str| client.request("POST").header("content-type", ty).body(body.clone());
    let part = format!(
        "--b\r\ncontent-disposition: form-data; name=\"operations\"\r\n\r\n{body}\r\n--b\r\ncontent-disposition: form-data; name=\"map\"\r\n\r\n{{}}\r\n--b--\r\n"
    );
    let query = [("query", MUTATION)];
    let hidden = format!("query q {{ __typename }} {}", MUTATION.replace("mutation", "mutation m"));
    vec![
        attack("a mutation by GET", client.get(&query), 405),
        attack(
            "a mutation by GET, hidden behind a query",
            client.get(&[("query", &hidden), ("operationName", "m")]),
            405,
        ),
        attack("a form", typed("application/x-www-form-urlencoded"), 415),
        attack("JSON as text", typed("text/plain"), 415),
        attack("JSON without a type", client.request("POST").body(body.clone()), 415),
        attack(
            "multipart",
            client.request("POST").header("content-type", "multipart/form-data; boundary=b").body(part),
            415,
        ),
        attack("a method in a header", client.get(&query).header("x-http-method-override", "POST"), 405),
        attack(
            "PUT",
            client.request("PUT").header("content-type", "application/json").body(body.clone()),
            405,
        ),
        attack(
            "a GET from another site",
            client.get(&[("query", "{ __typename }")]).header("sec-fetch-site", "cross-site"),
            403,
        ),
    ]
}

fn disguised(client: &Client) -> Vec<Attack> {
    let attack = |what, request, status| Attack { row: "G15", what, request, status };
    let json = || client.request("POST").header("content-type", "application/json");
    let body = r#"{"query":"{ __typename }"}"#;
    let utf16: Vec<u8> = body.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let twice = format!(r#"{{"query":"{{ __typename }}","query":{}}}"#, json!(MUTATION));
    let charset = |name: &str| {
        client.request("POST").header("content-type", format!("application/json;charset={name}"))
    };
    let encoded = |coding: &str, bytes: Vec<u8>| json().header("content-encoding", coding).body(bytes);
    vec![
        attack("utf-7", charset("utf-7").body(body), 415),
        attack("utf-16, said", charset("utf-16").body(utf16.clone()), 415),
        attack("utf-16, unsaid", json().body(utf16), 400),
        attack("a byte order mark", json().body(format!("\u{feff}{body}")), 400),
        attack("a key twice", json().body(twice), 400),
        attack("no document", json().body(r#"{"query":null}"#), 400),
        attack("a number for a document", json().body(r#"{"query":7}"#), 400),
        attack("rubbish after the end", json().body(format!("{body}x")), 400),
        attack("no JSON", json().body("{query}"), 400),
        attack("nothing", json().body(""), 400),
        attack("brotli", encoded("br", vec![11, 2, 128]), 415),
        attack("a gzip bomb", encoded("gzip", gzip_bomb()), 415),
    ]
}

/// 60 kB that become 60 MB.
fn gzip_bomb() -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    for _ in 0..60 {
        encoder.write_all(&[b' '; 1_000_000]).expect("memory takes it");
    }
    encoder.finish().expect("memory takes it")
}

/// A body that never says how long it is and never ends; answers the head of what came back.
pub(super) async fn endless_body(client: &Client) -> String {
    let address = client.origin().strip_prefix("http://").expect("an http origin");
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let head = "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).await.expect("sent");
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
    // A gigabyte, if the server takes it.
    for _ in 0..16_384 {
        if stream.write_all(chunk.as_bytes()).await.is_err() {
            break;
        }
    }
    let mut answer = [0_u8; 12];
    match stream.read_exact(&mut answer).await {
        Ok(_) => String::from_utf8_lossy(&answer).into_owned(),
        // The server has hung up on what was still being sent, which resets the connection.
        Err(_) => "HTTP/1.1 413".to_owned(),
    }
}
