//! Tokens over HTTP: of all that look like one, the server believes those that an issuer meant for it.
//!
//! Whatever is wrong with a token, the answer is the one to an unknown key, to the last byte and header;
//! it repeats nothing, and nothing was done.  After each list of attacks a good token of every algorithm
//! is believed, without which a server that believes nothing would pass.

mod attacks;
mod fixtures;
mod forge;

use std::time::Duration;

use http::{HeaderMap, HeaderValue, header};
use jsonwebtoken::Algorithm;
use purser_tests::{Client, Engine, Tenant, World, each_database_with};
use serde_json::{Value, json};
use tempfile::TempDir;

use forge::{Forge, KEYS};

/// What every token here is tried with; it may, if the token is believed.
const DOCUMENT: &str = "mutation($input: CreateContainerInput!) { createContainer(input: $input) {
    container { id } userErrors { code } } }";
const VIEWER: &str = "{ viewer { kind environment scopes } }";
/// Later than keys are looked at again for a key id that is unknown.
const LATER: Duration = Duration::from_secs(11);

/// All that a client is told, but for the time and the request's id.
#[derive(Debug, PartialEq)]
struct Told {
    status: u16,
    headers: HeaderMap,
    body: String,
}

/// Asks with a credential, whatever bytes it has.
async fn ask(client: &Client, credential: &[u8]) -> Told {
    let value = HeaderValue::from_bytes(&[b"Bearer ", credential].concat()).expect("bytes of a header");
    let body = json!({ "query": DOCUMENT, "variables": { "input": { "name": "forged" } } }).to_string();
    let request = client.request("POST").header(header::AUTHORIZATION, value);
    let response = request.header("content-type", "application/json").body(body).send().await;
    let response = response.expect("the server answers");
    let status = response.status().as_u16();
    let mut headers = response.headers().clone();
    headers.remove(header::DATE);
    let id = headers.remove("x-request-id").expect("every answer has one");
    let body = response.text().await.expect("the answer is whole");
    Told { status, headers, body: body.replace(id.to_str().expect("letters"), "ID") }
}

/// What is told to whoever shows a key that was never made.
async fn told_to_strangers(world: &World) -> Told {
    let told = ask(world.anonymous(), b"psk_test_unknown").await;
    assert_eq!(told.status, 401, "{told:?}");
    assert_eq!(told.headers[header::WWW_AUTHENTICATE], "Bearer realm=\"purser\"");
    let message = "A valid credential is needed: Authorization: Bearer <key or token>.";
    let extensions = json!({ "code": "UNAUTHENTICATED", "requestId": "ID" });
    let body: Value = serde_json::from_str(&told.body).expect("JSON");
    assert_eq!(body, json!({ "errors": [{ "message": message, "extensions": extensions }] }));
    told
}

/// Good tokens of every key are believed, and say what they say.
async fn assert_good_tokens_are_believed(world: &World, forge: &Forge) {
    let scopes = ["containers:read", "containers:admin"];
    let expected = json!({ "kind": "TOKEN", "environment": "SANDBOX", "scopes": scopes });
    for (kid, algorithm) in KEYS {
        let answer = world.anonymous().with(&forge.good(kid, algorithm)).query(VIEWER, json!({})).await;
        assert_eq!(answer.data("viewer"), &expected, "{kid}");
    }
}

fn issuers() -> TempDir {
    tempfile::tempdir().expect("a temporary directory")
}

async fn containers(tenant: &Tenant<'_>) -> usize {
    tenant.query("{ containers { nodes { name } } }", json!({})).await.count("containers.nodes")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_not_believed_is_a_key_that_is_not_known() {
    let keys = issuers();
    let world = World::start_with(Engine::Sqlite, |config| forge::configure(config, keys.path())).await;
    let tenant = world.root_tenant("target").await;
    let forge = Forge::new(&world, &tenant.id);
    let expected = told_to_strangers(&world).await;

    let attacks = attacks::all(&forge);
    assert!(attacks.len() > 400, "{} attacks", attacks.len());
    for (what, credential) in attacks {
        let told = ask(world.anonymous(), credential.as_bytes()).await;
        assert_eq!(told, expected, "{what}: {credential:.300}");
    }

    assert_eq!(containers(&tenant).await, 0, "nothing was done");
    assert_good_tokens_are_believed(&world, &forge).await;
    world.stop().await;
}

/// A token as long as a megabyte is not even a request; one as long as a head may be is a bad token.
#[tokio::test(flavor = "multi_thread")]
async fn long_tokens_are_refused_within_bounds() {
    let keys = issuers();
    let world = World::start_with(Engine::Sqlite, |config| forge::configure(config, keys.path())).await;
    let tenant = world.root_tenant("target").await;
    let forge = Forge::new(&world, &tenant.id);
    let expected = told_to_strangers(&world).await;
    let kid = |bytes: usize| forge.headed(&json!({ "alg": "EdDSA", "kid": "k".repeat(bytes) }).to_string());

    assert_eq!(ask(world.anonymous(), kid(20_000).as_bytes()).await, expected);
    let client = world.anonymous().detached();
    let request = client.request("POST").bearer_auth(kid(1_000_000)).body("{}");
    // The server may hang up while the rest is still being sent.
    if let Ok(response) = request.send().await {
        assert_eq!(response.status().as_u16(), 431);
    }

    assert_good_tokens_are_believed(&world, &forge).await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_believed_from_five_seconds_before_it_begins_to_five_after_it_ends() {
    let keys = issuers();
    let world = World::start_with(Engine::Sqlite, |config| forge::configure(config, keys.path())).await;
    let tenant = world.root_tenant("target").await;
    let forge = Forge::new(&world, &tenant.id);
    let claims = |begins: i64, ends: i64| {
        let mut claims = forge.having("exp", json!(forge.now + ends));
        claims["nbf"] = json!(forge.now + begins);
        claims["iat"] = claims["nbf"].clone();
        claims
    };

    for (begins, ends, status) in
        [(-10, -4, 200), (-10, -5, 401), (5, 600, 200), (7, 600, 401), (-10, 3_590, 200), (-10, 3_591, 401)]
    {
        let client = world.anonymous().with(&forge::usual(&claims(begins, ends)));
        let answer = client.query(VIEWER, json!({})).await;
        assert_eq!(answer.status, status, "from {begins} to {ends}: {answer}");
    }
    world.stop().await;
}

/// `tid` is the one claim that is looked up: a token sees its tenant, and no other by any of its claims.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_of_its_tenant_alone() {
    let keys = issuers();
    each_database_with(
        |config| forge::configure(config, keys.path()),
        async |world| {
            let (shop, other) = (world.root_tenant("shop").await, world.root_tenant("other").await);
            let secret = other.container("secret").await;
            let forge = Forge::new(world, &shop.id);

            let mut claims = forge.claims();
            for claim in ["tenant", "tenantId", "tenant_id", "act", "org"] {
                claims[claim] = json!(other.id);
            }
            claims["sub"] = json!(other.id);
            claims["scope"] = json!("tenants:admin");
            claims["scp"] = json!("containers:read read admin *:* CONTAINERS:ADMIN");
            let client = world.anonymous().with(&forge::usual(&claims));

            let viewer = json!({ "kind": "TOKEN", "environment": "SANDBOX", "scopes": ["containers:read"] });
            let answer = client.query(VIEWER, json!({})).await;
            assert_eq!(answer.data("viewer"), &viewer, "unknown scopes give nothing");
            let document = "query($id: ID!) { container(id: $id) { name } node(id: $id) { id }
                containers { totalCount } }";
            let seen = client.query(document, json!({ "id": secret })).await;
            let nothing = json!({ "container": null, "node": null, "containers": { "totalCount": 0 } });
            assert_eq!(seen.body["data"], nothing, "{seen}");
            let told = ask(world.anonymous(), forge::usual(&claims).as_bytes()).await;
            assert!(told.body.contains("FORBIDDEN"), "{told:?}");

            // The same claims of the other tenant see it, so that it was the tenant that did not.
            let theirs = forge::usual(&Forge::new(world, &other.id).claims());
            let seen = world.anonymous().with(&theirs).query(document, json!({ "id": secret })).await;
            assert_eq!(seen.data("container.name"), "secret");
            assert_eq!((containers(&shop).await, containers(&other).await), (0, 1));
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_a_suspended_tenant_are_refused_with_the_next_request() {
    let keys = issuers();
    each_database_with(
        |config| forge::configure(config, keys.path()),
        async |world| {
            let market = world.root_tenant("market").await;
            let shop = market.child("shop").await;
            let forge = Forge::new(world, &shop.id);
            let expected = told_to_strangers(world).await;
            let token = forge.good("ed", Algorithm::EdDSA);
            let live = market.live().await;
            let turn = async |status: &str| {
                let input = json!({ "id": shop.id, "status": status });
                live.done("updateTenant", input, "tenant { id }", "tenant.id").await;
            };
            assert_good_tokens_are_believed(world, &forge).await;

            turn("SUSPENDED").await;
            assert_eq!(ask(world.anonymous(), token.as_bytes()).await, expected);
            turn("ACTIVE").await;
            assert_eq!(containers(&shop).await, 0, "nothing was done");
            assert_good_tokens_are_believed(world, &forge).await;
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_live_token_sees_what_is_live_and_a_sandbox_token_the_rest() {
    let keys = issuers();
    each_database_with(
        |config| forge::configure(config, keys.path()),
        async |world| {
            let shop = world.root_tenant("shop").await;
            let (tested, sold) = (shop.container("tested").await, shop.live().await.container("sold").await);
            let forge = Forge::new(world, &shop.id);
            let mut claims = forge.having("iss", json!(forge::LIVE));
            claims["env"] = json!("LIVE");
            let key = forge::ed(fixtures::ED_LIVE);
            let live =
                forge::sign(r#"{"alg":"EdDSA","kid":"live"}"#, &claims.to_string(), &key, Algorithm::EdDSA);

            let document = "query($other: ID!) { viewer { environment } container(id: $other) { id }
                containers { nodes { id name } } }";
            for (token, environment, own, name, other) in [
                (forge.good("ed", Algorithm::EdDSA), "SANDBOX", &tested, "tested", &sold),
                (live, "LIVE", &sold, "sold", &tested),
            ] {
                let seen = world.anonymous().with(&token).query(document, json!({ "other": other })).await;
                let expected = json!({ "viewer": { "environment": environment }, "container": null,
                    "containers": { "nodes": [{ "id": own, "name": name }] } });
                assert_eq!(seen.body["data"], expected, "{seen}");
            }
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_was_rotated_out_is_unknown() {
    let keys = issuers();
    let world = World::start_with(Engine::Sqlite, |config| forge::configure(config, keys.path())).await;
    let tenant = world.root_tenant("target").await;
    let expected = told_to_strangers(&world).await;
    let file = keys.path().join("keys.json");
    let pair = forge::ed(fixtures::ED_LIVE);
    let next = forge::jwk(&pair, Algorithm::EdDSA, "next");
    let header = r#"{"alg":"EdDSA","kid":"next"}"#;
    let new = |forge: &Forge| forge::sign(header, &forge.claims().to_string(), &pair, Algorithm::EdDSA);
    let forge = Forge::new(&world, &tenant.id);
    assert_eq!(ask(world.anonymous(), new(&forge).as_bytes()).await, expected, "not yet known");

    let both = [forge::usual_keys(), vec![next.clone()]].concat();
    forge::write_keys(&file, &both);
    world.advance(LATER);
    let forge = Forge::new(&world, &tenant.id);
    let client = world.anonymous().with(&new(&forge));
    assert_eq!(client.query(VIEWER, json!({})).await.status, 200, "known at once");
    assert_good_tokens_are_believed(&world, &forge).await;

    forge::write_keys(&file, &[next]);
    world.advance(LATER);
    let forge = Forge::new(&world, &tenant.id);
    // A key id that nobody knows makes the server look; so would its watch, within seconds.
    let unknown = forge.headed(r#"{"alg":"EdDSA","kid":"unknown"}"#);
    assert_eq!(ask(world.anonymous(), unknown.as_bytes()).await, expected);
    for (kid, algorithm) in KEYS {
        let token = forge.good(kid, algorithm);
        assert_eq!(ask(world.anonymous(), token.as_bytes()).await, expected, "{kid}");
    }
    assert_eq!(client.with(&new(&forge)).query(VIEWER, json!({})).await.status, 200);
    assert_eq!(containers(&tenant).await, 0, "nothing was done");
    world.stop().await;
}
