use axum::Router;
use axum::body::Body;
use axum::extract::Request as Received;
use axum::routing::any;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

async fn at(listener: &TcpListener, path: &str) -> RemoteSandbox {
    let address = listener.local_addr().expect("a bound listener has an address");
    RemoteSandbox::new(format!("http://{address}{path}").parse().expect("an address is a URL"))
}

fn payment() -> Request<Bytes> {
    Request::post("https://northbank.sandbox.invalid/v1/payments?mode=x%20y")
        .header("idempotency-key", "k1")
        .header("sandbox-account", "acct")
        .body(Bytes::from_static(b"{\"reference\":\"r1\"}"))
        .expect("a request")
}

/// Answers with what it was sent, as text.
async fn echo(request: Received) -> Response<Body> {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1024).await.expect("a short body");
    let header =
        |name: &str| head.headers.get(name).map(|it| String::from_utf8_lossy(it.as_bytes()).into_owned());
    let text = format!(
        "{} {} {:?} {:?} {:?} {}",
        head.method,
        head.uri,
        header("sandbox-processor"),
        header("idempotency-key"),
        header("sandbox-account"),
        String::from_utf8_lossy(&body),
    );
    Response::builder().status(402).header("x-answer", "kept").body(Body::from(text)).expect("a response")
}

#[tokio::test]
async fn a_request_arrives_whole_with_the_processors_name() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let remote = at(&listener, "/books/").await;
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(any(echo))).await });
    let answer = remote.send(payment()).await.expect("an answer");
    assert_eq!(answer.status(), 402);
    assert_eq!(answer.headers()["x-answer"], "kept");
    assert_eq!(
        String::from_utf8_lossy(answer.body()),
        "POST /books/v1/payments?mode=x%20y Some(\"northbank\") Some(\"k1\") Some(\"acct\") {\"reference\":\"r1\"}"
    );
}

#[tokio::test]
async fn nothing_was_sent_where_nobody_listens() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let remote = at(&listener, "").await;
    drop(listener);
    let error = remote.send(payment()).await.expect_err("nobody listens");
    assert_eq!((error.sent, error.kind), (false, HttpErrorKind::Connect));
}

/// Reads the head of a request, then says `answer` and hangs up.
async fn says(answer: &'static [u8]) -> HttpError {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let remote = at(&listener, "").await;
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let mut seen = Vec::new();
        while !seen.windows(4).any(|bytes| bytes == b"\r\n\r\n") {
            let mut piece = [0; 1024];
            let length = stream.read(&mut piece).await.expect("a request");
            seen.extend_from_slice(&piece[..length]);
        }
        stream.write_all(answer).await.expect("somebody listens");
    });
    remote.send(payment()).await.expect_err("no whole answer")
}

#[tokio::test]
async fn whatever_happens_after_the_connection_was_made_may_have_been_sent() {
    let hung_up = says(b"").await;
    assert_eq!((hung_up.sent, hung_up.kind), (true, HttpErrorKind::Cut));
    let cut = says(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf").await;
    assert_eq!((cut.sent, cut.kind), (true, HttpErrorKind::Cut));
}

#[tokio::test]
async fn an_answer_without_end_is_not_kept() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let remote = at(&listener, "").await;
    let flood = || async { vec![b'x'; ANSWER_BYTES_MAX + 1] };
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(any(flood))).await });
    let error = remote.send(payment()).await.expect_err("too long");
    assert_eq!((error.sent, error.kind), (true, HttpErrorKind::TooLarge));
}

#[tokio::test]
async fn other_hosts_are_not_forwarded() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let remote = at(&listener, "").await;
    let request = Request::get("https://api.example.com/").body(Bytes::new()).expect("a request");
    let error = remote.send(request).await.expect_err("not a simulated processor");
    assert_eq!((error.sent, error.kind), (false, HttpErrorKind::Refused));
}
