//! Clients that go away, queries that take too long, and the end of the process.

use std::sync::atomic::Ordering;

use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::Server;

/// Sends an operation and hangs up as soon as it runs.
async fn send_and_hang_up(server: &Server, query: &str) {
    let body = json!({ "query": query }).to_string();
    let address = server.origin.strip_prefix("http://").expect("an http origin");
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let head = format!(
        "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.expect("sent");
    server.toys.has_begun().await;
    drop(stream);
}

#[tokio::test]
async fn a_write_ends_though_its_client_hangs_up() {
    let server = Server::start().await;

    send_and_hang_up(&server, "mutation { write }").await;
    server.toys.go_on.add_permits(1);
    server.toys.ended.notified().await;

    assert_eq!(server.toys.written.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_slow_query_is_no_longer_waited_for_but_a_mutation_is() {
    let server = Server::with(|config| config.graphql.time_limit_ms = 20).await;

    let query = server.query("{ slow }").await;
    server.toys.has_begun().await;
    assert_eq!((query.status, query.code().as_str()), (504, "TIMEOUT"));
    server.toys.go_on.add_permits(1);

    let (mutation, ()) = tokio::join!(server.query("mutation { write }"), async {
        server.toys.has_begun().await;
        server.toys.go_on.add_permits(1);
    });
    assert_eq!(mutation.body, r#"{"data":{"write":1}}"#);
}

#[tokio::test]
async fn more_operations_than_there_are_slots_are_told_to_try_again() {
    let server = Server::with(|config| config.graphql.concurrency = 1).await;

    let (slow, refused) = tokio::join!(server.query("{ slow }"), async {
        server.toys.has_begun().await;
        let refused = server.query("{ hello }").await;
        server.toys.go_on.add_permits(1);
        refused
    });

    assert_eq!(slow.body, r#"{"data":{"slow":true}}"#);
    assert_eq!((refused.status, refused.code().as_str()), (503, "UNAVAILABLE"));
}

#[tokio::test]
async fn stopping_finishes_what_runs_even_without_a_client() {
    let mut server = Server::start().await;
    assert_eq!(server.get("/readyz").await.status, 200);
    send_and_hang_up(&server, "mutation { write }").await;

    server.stop.take().expect("still running").send(()).expect("the server listens");
    let ended = server.ended.take().expect("still running");
    assert!(!ended.is_finished());
    server.toys.go_on.add_permits(1);

    assert!(ended.await.expect("no panic"), "everything ended in time");
    assert_eq!(server.toys.written.load(Ordering::SeqCst), 1);
    assert!(server.draining.has_begun());
}

#[tokio::test]
async fn stopping_does_not_wait_for_ever() {
    let mut server = Server::with(|config| config.server.drain_timeout_ms = 10).await;
    send_and_hang_up(&server, "mutation { write }").await;

    server.stop.take().expect("still running").send(()).expect("the server listens");

    assert!(!server.ended.take().expect("still running").await.expect("no panic"));
    assert_eq!(server.toys.written.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_draining_server_is_not_ready() {
    let server = Server::start().await;
    server.draining.begin();

    let answer = server.get("/readyz").await;

    assert_eq!((answer.status, answer.body.as_str()), (503, "draining"));
    assert_eq!(server.get("/healthz").await.status, 200);
}
