//! GraphQL over HTTP: methods, media types, statuses, and what an answer looks like.

use serde_json::json;

use super::Server;

const NEWER: &str = "application/graphql-response+json; charset=utf-8";

#[tokio::test]
async fn an_answer_keeps_the_order_of_the_selection() {
    let server = Server::start().await;

    let answer = server.query("{ pair { zebra ant } hello again: hello }").await;

    assert_eq!((answer.status, answer.content_type.as_str()), (200, NEWER));
    assert_eq!(answer.body, r#"{"data":{"pair":{"zebra":1,"ant":2},"hello":"world","again":"world"}}"#);
    assert_eq!(answer.headers["x-request-id"], "req_00000000000000000000000000000000");
    assert_eq!(answer.headers["cache-control"], "no-store");
    assert_eq!(answer.headers["x-content-type-options"], "nosniff");
}

#[tokio::test]
async fn request_errors_have_no_data_and_a_status_by_media_type() {
    let server = Server::start().await;
    for (query, code) in [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ hello hello( }", "GRAPHQL_PARSE_FAILED"),
        ("{ helo }", "GRAPHQL_VALIDATION_FAILED"),
        ("query A { hello } query B { hello }", "GRAPHQL_VALIDATION_FAILED"),
        ("query($a: Int!) { add(a: $a) }", "BAD_USER_INPUT"),
        ("query Q($a: ID!) { __typename }", "BAD_USER_INPUT"),
    ] {
        let newer = server.query(query).await;
        let request = server.request("POST", "/graphql").header("content-type", "application/json");
        let legacy = server.send(request.body(json!({ "query": query }).to_string())).await;

        assert_eq!((newer.status, newer.code().as_str()), (400, code), "{query}: {}", newer.body);
        assert_eq!((legacy.status, legacy.code().as_str()), (200, code), "{query}: {}", legacy.body);
        assert_eq!(legacy.content_type, "application/json; charset=utf-8");
        assert!(newer.json().get("data").is_none() && legacy.json().get("data").is_none(), "{query}");
        let id = newer.json()["errors"][0]["extensions"]["requestId"].clone();
        assert_eq!(Some(newer.headers["x-request-id"].to_str().expect("ASCII")), id.as_str());
    }
}

#[tokio::test]
async fn the_draft_of_2026_has_its_own_statuses() {
    let server =
        Server::with(|config| config.graphql.status = crate::http::media::StatusMode::Draft2026).await;

    assert_eq!(server.query("{").await.status, 400);
    assert_eq!(server.query("{ helo }").await.status, 422);
    assert_eq!(server.query("{ hello }").await.status, 200);
    assert_eq!(server.query("{ hello uncoded }").await.status, 294);
}

#[tokio::test]
async fn the_operation_is_chosen_by_name() {
    let server = Server::start().await;
    let query = "query A { hello } query B { pair { ant } }";
    let named = |name: &str| json!({ "query": query, "operationName": name }).to_string();

    assert_eq!(server.post(named("B")).await.body, r#"{"data":{"pair":{"ant":2}}}"#);
    assert_eq!(server.post(named("A")).await.body, r#"{"data":{"hello":"world"}}"#);
    assert_eq!(server.post(named("C")).await.code(), "GRAPHQL_VALIDATION_FAILED");
    assert_eq!(server.query("query A { hello } query A { hello }").await.code(), "GRAPHQL_PARSE_FAILED");
    assert_eq!(server.executed(), 2);
}

#[tokio::test]
async fn queries_may_be_got_and_mutations_may_not() {
    let server = Server::start().await;

    let query = server.get("/graphql?query=query($a:Int!)%7Badd(a:$a)%7D&variables=%7B%22a%22:41%7D").await;
    let mutation = server.get("/graphql?query=mutation%7Btouch%7D").await;
    let cross_site =
        server.request("GET", "/graphql?query=%7Bhello%7D").header("sec-fetch-site", "cross-site");
    let cross_site = server.send(cross_site).await;
    let deleted = server.send(server.request("DELETE", "/graphql")).await;

    assert_eq!((query.status, query.body.as_str()), (200, r#"{"data":{"add":42}}"#));
    assert_eq!((mutation.status, mutation.headers["allow"].to_str().expect("ASCII")), (405, "POST"));
    assert_eq!(cross_site.status, 403);
    assert_eq!((deleted.status, deleted.headers["allow"].to_str().expect("ASCII")), (405, "GET, POST"));
    assert_eq!(server.executed(), 1);
}

#[tokio::test]
async fn only_json_in_utf8_is_read() {
    let server = Server::start().await;
    let body = json!({ "query": "mutation { touch }" }).to_string();
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=utf-7",
        "application/json; charset",
        "application/jsonx",
    ] {
        let request = server.request("POST", "/graphql").header("content-type", content_type);
        assert_eq!(server.send(request.body(body.clone())).await.status, 415, "{content_type}");
    }
    let untyped = server.request("POST", "/graphql").body(body.clone());
    assert_eq!(server.send(untyped).await.status, 415);
    let packed = server.request("POST", "/graphql").header("content-type", "application/json");
    assert_eq!(server.send(packed.header("content-encoding", "br").body(body)).await.status, 415);
    let unwanted = server.request("POST", "/graphql").header("accept", "text/html");
    assert_eq!(server.send(unwanted.header("content-type", "application/json").body("{}")).await.status, 406);
    assert_eq!(server.executed(), 0);

    let request =
        server.request("POST", "/graphql").header("content-type", "application/json;charset=\"UTF-8\"");
    assert_eq!(server.send(request.body(json!({ "query": "{hello}" }).to_string())).await.status, 200);
}

#[tokio::test]
async fn credentials_that_do_not_hold_are_never_anonymous() {
    let server = Server::start().await;
    let with = |credential: &str| {
        let request = server.request("POST", "/graphql").header("content-type", "application/json");
        let request = request.header("authorization", credential);
        request.body(json!({ "query": "mutation { touch }" }).to_string())
    };

    for credential in [
        "Bearer sk_test_bad",
        "Bearer a.b.c",
        "Bearer ",
        "Bearer",
        "Basic eDp5",
        "Bearer a b",
        "sk_test_good",
    ] {
        let answer = server.send(with(credential)).await;
        assert_eq!((answer.status, answer.code().as_str()), (401, "UNAUTHENTICATED"), "{credential}");
        assert_eq!(answer.headers["www-authenticate"], "Bearer realm=\"purser\"");
    }
    let down = server.send(with("Bearer sk_test_down")).await;
    assert_eq!((down.status, down.code().as_str()), (503, "UNAVAILABLE"));
    let twice = server.send(with("Bearer sk_test_good").header("authorization", "Bearer sk_test_bad")).await;
    assert_eq!(twice.status, 401);
    let anonymous = server.query("mutation { touch }").await;
    assert_eq!((anonymous.status, anonymous.code().as_str()), (401, "UNAUTHENTICATED"));
    assert_eq!(anonymous.json()["errors"][0]["message"], "A key is needed.");
    assert_eq!(server.executed(), 0);

    assert_eq!(server.send(with("bearer sk_test_good")).await.body, r#"{"data":{"touch":1}}"#);
}

#[tokio::test]
async fn the_pages_and_the_schema_are_served() {
    let server = Server::start().await;

    let page = server.get("/graphiql/").await;
    let settings = server.get("/graphiql/config.json").await;
    let again = server.request("GET", "/graphiql/").header("if-none-match", page.headers["etag"].clone());
    let again = server.send(again).await;

    assert_eq!((page.status, page.content_type.as_str()), (200, "text/html; charset=utf-8"));
    assert_eq!(page.headers["content-security-policy"], purser_web::CONTENT_SECURITY_POLICY);
    assert_eq!(again.status, 304);
    assert_eq!(settings.body, r#"{"endpoint":"/graphql"}"#);
    assert_eq!(server.get("/graphiql/../Cargo.toml").await.status, 404);
    assert_eq!(server.get("/schema.graphql").await.body, super::schema::SDL);
    assert_eq!(server.get("/healthz").await.body, "ok");
    assert_eq!(server.get("/metrics").await.status, 404);
}

#[tokio::test]
async fn pages_of_named_origins_may_call_and_others_may_not() {
    let server =
        Server::with(|config| config.server.cors_origins = vec!["https://shop.example/".to_owned()]).await;
    let ask = |origin: &str| {
        let request = server.request("OPTIONS", "/graphql").header("origin", origin);
        request.header("access-control-request-method", "POST")
    };

    let named = server.send(ask("https://shop.example")).await;
    let other = server.send(ask("https://evil.example")).await;

    assert_eq!(named.headers["access-control-allow-origin"], "https://shop.example");
    assert!(named.headers.get("access-control-allow-credentials").is_none());
    assert!(other.headers.get("access-control-allow-origin").is_none());
}

#[tokio::test]
async fn a_known_document_is_weighed_anew_with_each_set_of_variables() {
    let server = Server::start().await;
    let query = "query($n: Int) { hello(first: $n) { a } }";
    let with = |n: serde_json::Value| json!({ "query": query, "variables": { "n": n } }).to_string();

    for _ in 0..2 {
        assert_eq!(server.post(with(json!(5))).await.code(), "GRAPHQL_VALIDATION_FAILED");
        let costly = server.post(with(json!(5_000))).await;
        let message = "The operation costs 5001 points; 2000 are allowed.";
        assert_eq!(costly.json()["errors"][0]["message"], message);
    }
}

#[tokio::test]
async fn an_idempotency_key_comes_with_one_mutation_field() {
    let server = Server::start().await;
    let ask = |query: &str, key: &str| {
        let request = server.request("POST", "/graphql").header("content-type", "application/json");
        request.header("idempotency-key", key).body(json!({ "query": query }).to_string())
    };

    for key in ["order-1", "\"order-1\""] {
        let answer = server.send(ask("mutation { once }", key)).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, r#"{"data":{"once":"order-1"}}"#));
    }
    let without = server.query("mutation { once }").await;
    let named = json!({ "query": "query A { hello } mutation B { once }", "operationName": "B" });
    let named = server.send(ask("", "order-2").body(named.to_string())).await;
    assert_eq!(without.body, r#"{"data":{"once":null}}"#);
    assert_eq!(named.body, r#"{"data":{"once":"order-2"}}"#);
    assert_eq!(server.executed(), 4);

    let twice = ask("mutation { once }", "a").header("idempotency-key", "a");
    for refused in [
        twice,
        ask("{ hello }", "order-1"),
        ask("mutation { once again: once }", "order-1"),
        ask("mutation { ...F ...F } fragment F on Mutation { once }", "order-1"),
        ask("mutation { once }", ""),
        ask("mutation { once }", "a b"),
        ask("mutation { once }", &"x".repeat(256)),
    ] {
        let answer = server.send(refused).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, "BAD_USER_INPUT"), "{}", answer.body);
    }
    let card = server.send(ask("mutation { once }", "4242424242424242")).await;
    assert_eq!((card.status, card.code().as_str()), (400, "CARD_NUMBER_REFUSED"));
    assert_eq!(server.executed(), 4);
}
