//! The one door: where it leads, and what it lets through.

use crate::support::{attempt, connector, host, id, ok, recorder, sale};
use bytes::Bytes;
use http::Response;
use purser_connector::{Effect, Failure, FailureKind};
use purser_host::{AllowedHosts, Host, PrivateNetworks};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

async fn call(host: &Host, url: &str, declared: &[&str]) -> Result<(), Failure> {
    let connector = connector(host, "send", url, declared);
    host.authorize(id(), &connector, &attempt().into(), sale()).await.map(|_| ())
}

/// Requires that nothing was sent, because the door is closed.
async fn refused(host: &Host, url: &str, declared: &[&str]) {
    let failure = call(host, url, declared).await.expect_err("refused");
    assert_eq!(
        (failure.effect, failure.kind),
        (Effect::NotSent, FailureKind::Misconfigured),
        "{url}: {failure}"
    );
}

#[tokio::test]
async fn only_declared_hosts_are_reached() {
    let service = recorder(ok);
    let host = host(&service, |_| {});

    refused(&host, "https://api.test.invalid/", &[]).await;
    refused(&host, "https://api.test.invalid/", &["test.invalid"]).await;
    refused(&host, "https://api.test.invalid@evil.example/", &["api.test.invalid"]).await;
    assert!(service.reached.lock().expect("not poisoned").is_empty());

    call(&host, "https://api.test.invalid/", &["api.test.invalid"]).await.expect("declared");
    assert_eq!(service.reached.lock().expect("not poisoned").len(), 1);
}

#[tokio::test]
async fn the_operator_decides_about_hosts_outside() {
    let host = host(&recorder(ok), |config| {
        config.allowed_hosts = AllowedHosts::Only(vec!["*.example.com".to_owned()]);
    });

    refused(&host, "https://api.example.org/", &["api.example.org"]).await;
}

#[tokio::test]
async fn addresses_inside_and_plain_http_are_refused() {
    let host = host(&recorder(ok), |_| {});

    for (url, name) in [
        ("https://127.0.0.1/", "127.0.0.1"),
        ("https://169.254.169.254/latest/meta-data", "169.254.169.254"),
        ("https://[::1]/", "[::1]"),
        ("https://[::ffff:10.0.0.1]/", "[::ffff:10.0.0.1]"),
        ("http://example.com/", "example.com"),
    ] {
        refused(&host, url, &[name]).await;
    }
}

#[tokio::test]
async fn a_name_that_leads_inside_is_not_connected() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("bound").port();
    let host = host(&recorder(ok), |_| {});

    let failure =
        call(&host, &format!("https://localhost:{port}/"), &["localhost"]).await.expect_err("refused");

    assert_eq!(failure.effect, Effect::NotSent, "{failure}");
}

/// Answers one connection with `answer` after reading the request, and returns its address.
async fn server(answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("bound").port();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a caller");
        let mut buffer = [0; 4096];
        let _read = stream.read(&mut buffer).await.expect("a request");
        stream.write_all(answer.as_bytes()).await.expect("an answer");
        stream.shutdown().await.expect("an end");
    });
    format!("http://127.0.0.1:{port}/")
}

fn local(answer_bytes_max: usize) -> Host {
    host(&recorder(ok), |config| {
        config.private_networks = PrivateNetworks::Allowed;
        config.answer_bytes_max = answer_bytes_max;
    })
}

#[tokio::test]
async fn a_real_server_answers_through_the_door() {
    let url = server("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await;

    call(&local(100), &url, &["127.0.0.1"]).await.expect("answered");
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_not_followed() {
    let url =
        server("HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n").await;

    call(&local(100), &url, &["127.0.0.1"]).await.expect("answered");
}

#[tokio::test]
async fn half_an_answer_and_none_leave_doubt() {
    for answer in ["HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n{}", ""] {
        let url = server(answer).await;
        let failure = call(&local(100), &url, &["127.0.0.1"]).await.expect_err("cut");
        assert_eq!((failure.effect, failure.kind), (Effect::Unknown, FailureKind::Unavailable), "{answer:?}");
    }
}

#[tokio::test]
async fn an_answer_that_is_too_long_leaves_doubt() {
    let url = server("HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\n01234567890123456789").await;

    let failure = call(&local(19), &url, &["127.0.0.1"]).await.expect_err("too long");

    assert_eq!((failure.effect, failure.kind), (Effect::Unknown, FailureKind::Protocol));
}

#[tokio::test]
async fn a_local_service_keeps_to_the_limit_too() {
    let service = recorder(|| Ok(Response::new(Bytes::from_static(&[b'x'; 20]))));
    let host = host(&service, |config| config.answer_bytes_max = 19);

    let failure =
        call(&host, "https://api.test.invalid/", &["api.test.invalid"]).await.expect_err("too long");

    assert_eq!((failure.effect, failure.kind), (Effect::Unknown, FailureKind::Protocol));
}

#[tokio::test]
async fn a_connection_that_is_refused_has_no_effect() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("bound"));
    drop(listener);

    let failure = call(&local(100), &url, &["127.0.0.1"]).await.expect_err("refused");

    assert_eq!((failure.effect, failure.kind), (Effect::NotSent, FailureKind::Unavailable));
}
