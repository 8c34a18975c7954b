//! The two doors that nobody needs a key for: notifications and returns.

use super::{Answer, Server};
use crate::http::notifications;

fn received(server: &Server) -> usize {
    server.toys.received.lock().expect("no test panics there").len()
}

fn notification(server: &Server, connector_id: &str) -> reqwest::RequestBuilder {
    server.request("POST", &format!("/connectors/{connector_id}/notifications?live=1"))
}

/// Everything of an answer that does not name the request.
fn shape(mut answer: Answer) -> (u16, axum::http::HeaderMap, String) {
    for name in ["x-request-id", "date"] {
        answer.headers.remove(name);
    }
    (answer.status, answer.headers, answer.body)
}

#[tokio::test]
async fn a_notification_is_handed_over_as_it_came_and_answered_as_the_plugin_wants() {
    let server = Server::start().await;
    let body: Vec<u8> = (0..=255).collect();

    let request = notification(&server, "con_good").header("signature", "good").header("X-Other", "a");
    let answer = server.send(request.body(body.clone())).await;

    assert_eq!((answer.status, answer.content_type.as_str()), (202, "text/plain"));
    assert_eq!(answer.body, "[accepted]");
    let received = server.toys.received.lock().expect("no test panics there");
    let [inbound] = received.as_slice() else { panic!("{} notifications", received.len()) };
    assert_eq!((inbound.query.as_str(), inbound.body.as_ref()), ("live=1", body.as_slice()));
    assert_eq!(inbound.headers["signature"], "good");
    assert_eq!(inbound.headers["x-other"], "a");
    assert_eq!(inbound.received_at.unix_micros(), 1_800_000_000_000_000);
}

#[tokio::test]
async fn unknown_connectors_and_wrong_signatures_look_alike() {
    let server = Server::start().await;
    let unknown = server.send(notification(&server, "con_unknown").header("signature", "good")).await;
    let (status, headers, body) = shape(unknown);
    assert_eq!((status, body.as_str()), (401, "The notification was not accepted.\n"));

    let unsigned = notification(&server, "con_good");
    let wrong = notification(&server, "con_good").header("signature", "bad").body("{}");
    let malformed = notification(&server, "%00%F0%9F%92%A5").body("{}");
    for request in [unsigned, wrong, malformed] {
        assert_eq!(shape(server.send(request).await), (401, headers.clone(), body.clone()));
    }
    assert_eq!(received(&server), 0);
}

#[tokio::test]
async fn notifications_have_one_method_and_a_bound() {
    let server = Server::start().await;

    let got = server.get("/connectors/con_good/notifications").await;
    let long = notification(&server, "con_good").header("signature", "good");
    let long = server.send(long.body(vec![b'x'; notifications::BODY_MAX + 1])).await;
    let longest = notification(&server, "con_good").header("signature", "good");
    let longest = server.send(longest.body(vec![b'x'; notifications::BODY_MAX])).await;

    assert_eq!((got.status, long.status, longest.status), (405, 413, 202));
    assert_eq!(received(&server), 1);
}

#[tokio::test]
async fn what_cannot_be_stored_may_come_again() {
    let server = Server::start().await;
    for connector_id in ["con_down", "con_broken"] {
        let answer = server.send(notification(&server, connector_id)).await;
        assert_eq!((answer.status, answer.body.as_str()), (503, "Try again.\n"), "{connector_id}");
        assert_eq!(answer.headers["retry-after"], "30");
    }
}

#[tokio::test]
async fn a_processor_that_hangs_up_does_not_stop_the_storing() {
    let server = Server::start().await;
    let request = notification(&server, "con_slow").send();
    let asked = tokio::spawn(request);
    server.toys.has_begun().await;

    asked.abort();
    let _ = asked.await;
    server.toys.go_on.add_permits(1);
    server.toys.ended.notified().await;

    assert_eq!(received(&server), 1);
}

fn client() -> reqwest::Client {
    let builder = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
    builder.build().expect("a client")
}

async fn back(server: &Server, method: &str, path: &str) -> Answer {
    let method = method.parse().expect("a method");
    server.send(client().request(method, format!("{}/return/{path}", server.origin))).await
}

#[tokio::test]
async fn a_customer_who_comes_back_is_sent_on() {
    let server = Server::start().await;

    let got = back(
        &server,
        "GET",
        "shop?result=authenticated&x=%C3%A9&result=again&return_url=https://evil.example",
    )
    .await;
    let form = client().post(format!("{}/return/shop?a=1", server.origin));
    let form = form.header("content-type", "application/x-www-form-urlencoded; charset=utf-8");
    let posted = server.send(form.body("PaRes=eJzV%2B&a=2")).await;

    for answer in [&got, &posted] {
        assert_eq!(answer.status, 303);
        assert_eq!(answer.headers["location"], "https://shop.example/thanks?status=SUCCEEDED");
        assert_eq!(answer.headers["referrer-policy"], "no-referrer");
        assert_eq!(answer.headers["cache-control"], "no-store");
    }
    let pairs = |pairs: &[(&str, &str)]| {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<Vec<_>>()
    };
    assert_eq!(
        *server.toys.returned.lock().expect("no test panics there"),
        [
            pairs(&[("result", "authenticated"), ("x", "\u{e9}"), ("return_url", "https://evil.example")]),
            pairs(&[("a", "1"), ("PaRes", "eJzV+")]),
        ]
    );
}

#[tokio::test]
async fn a_customer_with_nowhere_to_go_reads_a_page() {
    let server = Server::start().await;
    for (path, status, text) in [
        ("nowhere", 200, "You may close this window."),
        ("down", 503, "load this page again"),
        ("unknown", 404, "or no longer"),
        ("%3Cscript%3E", 404, "or no longer"),
        (&"x".repeat(200), 404, "or no longer"),
    ] {
        let answer = back(&server, "GET", path).await;
        assert_eq!(
            (answer.status, answer.content_type.as_str()),
            (status, "text/html; charset=utf-8"),
            "{path}"
        );
        assert!(answer.body.contains(text), "{}", answer.body);
        assert!(!answer.body.contains("<script"));
        let policy = answer.headers["content-security-policy"].to_str().expect("ASCII");
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    }
}

#[tokio::test]
async fn what_a_browser_brings_back_is_bounded() {
    let server = Server::start().await;
    let many: String = (0..65).map(|number| format!("p{number}=1&")).collect();
    let long_name = "n".repeat(129);
    let post = |content_type: &str, body: String| {
        client()
            .post(format!("{}/return/shop", server.origin))
            .header("content-type", content_type)
            .body(body)
    };
    const FORM: &str = "application/x-www-form-urlencoded";

    for (request, status) in [
        (client().get(format!("{}/return/shop?{many}", server.origin)), 400),
        (post(FORM, many.clone()), 400),
        (post(FORM, format!("{long_name}=1")), 400),
        (post(FORM, format!("a={}", "x".repeat(40 * 1024))), 400),
        (post(FORM, format!("a={}", "x".repeat(70 * 1024))), 413),
        (post("application/json", "{}".to_owned()), 415),
    ] {
        let answer = server.send(request).await;
        assert_eq!(answer.status, status, "{}", answer.body);
    }
    // What previews of links send uses no token up.
    for method in ["HEAD", "PUT", "OPTIONS"] {
        let answer = back(&server, method, "shop").await;
        assert_eq!((answer.status, answer.headers["allow"].to_str().expect("ASCII")), (405, "GET, POST"));
    }
    assert_eq!(server.toys.returned.lock().expect("no test panics there").len(), 0);
}
