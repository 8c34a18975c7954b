//! Changes: absent, null and a value differ; a version that was overtaken is a conflict; keys end.

use futures::future::join_all;
use purser_tests::{Answer, Tenant, each_database};
use serde_json::{Value, json};

const FIELDS: &str = "name email phone company version externalId tags metadata isFavorite";

async fn update(tenant: &Tenant<'_>, id: &str, change: &Value) -> Answer {
    let mut input = json!({ "by": { "id": id } });
    input.as_object_mut().expect("an object").extend(change.as_object().cloned().unwrap_or_default());
    tenant.mutate("updateProfile", input, &format!("profile {{ {FIELDS} }}")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn absent_stays_null_clears_and_a_value_sets() {
    each_database(async |world| {
        let shop = world.root_tenant("shop").await.shop().await.tenant;
        let id = shop
            .profile(json!({ "name": "Alex", "email": "alex@example.com", "phone": "+4930123456", "company": "Smith & Co",
                "externalId": "a-1", "tags": ["vip"], "metadata": { "a": 1 } }))
            .await;

        let changed = update(&shop, &id, &json!({ "name": "Alexa", "email": null, "tags": [], "metadata": { "b": null } })).await;
        let expected = json!({ "name": "Alexa", "email": null, "phone": "+4930123456", "company": "Smith & Co", "version": 2,
            "externalId": "a-1", "tags": [], "metadata": { "b": null }, "isFavorite": false });
        assert_eq!(changed.data("updateProfile.profile"), &expected);

        let own = update(&shop, &id, &json!({ "isFavorite": true, "externalId": null })).await;
        assert_eq!(own.data("updateProfile.profile.version"), &json!(2), "what is one's own is not in the shared version");
        assert_eq!(own.data("updateProfile.profile.externalId"), &Value::Null);
        let same = update(&shop, &id, &json!({ "name": "Alexa" })).await;
        assert_eq!(same.data("updateProfile.profile.version"), &json!(2), "the same again changes nothing");
        for (wrong, code) in [
            (json!({ "email": "no address" }), "INVALID_EMAIL"),
            (json!({ "phone": "12" }), "INVALID_PHONE"),
            (json!({ "name": "" }), "INVALID_INPUT"),
        ] {
            let refused = update(&shop, &id, &wrong).await;
            let is_refused = !refused.error_codes().is_empty() || refused.refusal("updateProfile") == code;
            assert!(is_refused, "{wrong}: {refused}");
        }
        let read = shop.query(&format!("query($id: ID!) {{ profile(by: {{id: $id}}) {{ {FIELDS} }} }}"), json!({ "id": id })).await;
        assert_eq!(read.data("profile.name"), "Alexa");
        assert_eq!(read.data("profile.version"), &json!(2), "refusals changed nothing");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_changes_that_expect_one_version_one_is_made() {
    each_database(async |world| {
        let shop = world.root_tenant("shop").await.shop().await.tenant;
        let id = shop.profile(json!({ "name": "Alex" })).await;

        let changes: Vec<Value> =
            (0..8).map(|at| json!({ "name": format!("name {at}"), "expectedVersion": 1 })).collect();
        let answers = join_all(changes.iter().map(|change| update(&shop, &id, change))).await;

        let refusals: Vec<String> = answers
            .iter()
            .map(|answer| answer.refusal("updateProfile"))
            .filter(|code| !code.is_empty())
            .collect();
        assert_eq!(refusals, ["VERSION_CONFLICT"; 7]);
        let winner =
            answers.iter().find(|answer| answer.refusal("updateProfile").is_empty()).expect("one of them");
        let read = shop
            .query("query($id: ID!) { profile(by: {id: $id}) { name version } }", json!({ "id": id }))
            .await;
        assert_eq!(read.data("profile.name"), winner.data("updateProfile.profile.name"));
        assert_eq!(read.data("profile.version"), &json!(2));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upsert_creates_once_and_changes_from_then_on() {
    each_database(async |world| {
        let shop = world.root_tenant("shop").await.shop().await.tenant;
        let upsert = |name: String| {
            let input = json!({ "customerIdentification": "alex", "externalId": "a-1", "name": name });
            shop.mutate("upsertProfile", input, "profile { id } isCreated")
        };

        let answers = join_all((0..6).map(|at| upsert(format!("name {at}")))).await;

        let created =
            answers.iter().filter(|answer| answer.body["data"]["upsertProfile"]["isCreated"] == json!(true));
        assert_eq!(created.count(), 1, "{answers:?}");
        let all = shop.query("{ profiles { totalCount } }", json!({})).await;
        assert_eq!(all.data("profiles.totalCount"), &json!(1));
        let again = upsert("later".to_owned()).await;
        assert_eq!(again.data("upsertProfile.isCreated"), &json!(false), "{again}");
        let neither = shop.mutate("upsertProfile", json!({ "name": "nobody" }), "isCreated").await;
        assert_eq!(neither.refusal("upsertProfile"), "IDENTIFIER_REQUIRED");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_ends_when_it_is_revoked_when_it_expires_and_with_its_tenant() {
    each_database(async |world| {
        let market = world.root_tenant("market").await;
        let shop = market.child("shop").await;
        let asks = async |secret: &str| {
            let client = world.anonymous().with(secret);
            client.query("{ viewer { kind } }", json!({})).await.status
        };
        let hour = std::time::Duration::from_secs(3_600);
        let key = json!({ "kind": "SECRET", "name": "one" });
        let made = shop.mutate("createApiKey", key.clone(), "apiKey { id prefix } secret").await;
        let (id, secret) = (made.text("createApiKey.apiKey.id"), made.text("createApiKey.secret"));
        assert!(
            secret.starts_with("sk_test_") && secret.starts_with(&made.text("createApiKey.apiKey.prefix"))
        );
        assert_eq!(asks(&secret).await, 200);

        market.done("revokeApiKey", json!({ "id": id }), "apiKey { id }", "apiKey.id").await;
        assert_eq!(asks(&secret).await, 401, "with the next request");

        let mut short = key.clone();
        short["expiresAt"] = json!(world.in_future(hour));
        let short = shop.done("createApiKey", short, "secret", "secret").await;
        world.advance(hour);
        assert_eq!(asks(&short).await, 401, "when its time has come");

        let last = shop.done("createApiKey", key, "secret", "secret").await;
        assert_eq!(asks(&last).await, 200);
        let suspend = json!({ "id": shop.id, "status": "SUSPENDED" });
        let refused = market.mutate("updateTenant", suspend.clone(), "tenant { id }").await;
        assert_eq!(refused.refusal("updateTenant"), "INVALID_INPUT", "a test key does not stop what is live");
        market.live().await.done("updateTenant", suspend, "tenant { id }", "tenant.id").await;
        assert_eq!(asks(&last).await, 401, "with its tenant");
        let read = market.query("{ tenants { nodes { apiKeys { nodes { name } } } } }", json!({})).await;
        assert!(!read.raw.contains(&secret) && !read.raw.contains(&short), "no secret is shown twice");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_gives_no_more_than_its_maker_has_and_a_narrow_one_is_held_to_its_scopes() {
    each_database(async |world| {
        let shop = world.root_tenant("shop").await.shop().await.tenant;
        let narrow = shop.with_scopes(&["profiles:read", "keys:admin"]).await;

        let wider = json!({ "kind": "SECRET", "name": "wider", "scopes": ["payments:write"] });
        assert_eq!(
            narrow.mutate("createApiKey", wider, "secret").await.refusal("createApiKey"),
            "SCOPE_NOT_HELD"
        );
        for (document, is_allowed) in [
            ("{ profiles { totalCount } }", true),
            ("{ payments { totalCount } }", false),
            ("{ profiles { nodes { id payments { totalCount } } } }", true),
            ("mutation { createProfile(input: {}) { userErrors { code } } }", false),
            ("{ profiles { totalCount } containers { totalCount } }", false),
        ] {
            let answer = narrow.query(document, json!({})).await;
            assert_eq!(answer.status == 200, is_allowed, "{document}: {answer}");
            assert!(is_allowed || answer.error_codes() == ["FORBIDDEN"], "{document}: {answer}");
        }
        let made = shop.query("{ profiles { totalCount } }", json!({})).await;
        assert_eq!(made.data("profiles.totalCount"), &json!(0), "the refusal made nothing");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_without_profiles_has_none() {
    each_database(async |world| {
        let market = world.root_tenant("market").await;
        let input = json!({ "slug": "plain", "name": "plain", "features": [] });
        let id = market.done("createTenant", input, "tenant { id }", "tenant.id").await;
        let key = json!({ "kind": "SECRET", "name": "plain", "tenantId": id });
        let secret = market.done("createApiKey", key, "secret", "secret").await;
        let plain = world.known_tenant(&id, "plain", &secret);

        let refused = plain.mutate("createContainer", json!({ "name": "customers" }), "container { id }").await;
        assert_eq!(refused.refusal("createContainer"), "FEATURE_DISABLED");
        let more = json!({ "parentId": plain.id, "slug": "below", "name": "below", "features": ["CUSTOMER_PROFILES"] });
        assert_eq!(plain.mutate("createTenant", more, "tenant { id }").await.refusal("createTenant"), "FEATURE_DISABLED");

        let container = market.container("customers").await;
        market.share(&container, &plain, &["READ_PROFILE", "STORE_INSTRUMENT"]).await;
        let connector = plain.connector("cards", "northbank").await;
        plain.bind(&container, Some(&connector)).await;
        let document = "query($id: ID!) { effectiveContainer(connectorId: $id) { deniedBecause } }";
        let effective = plain.query(document, json!({ "id": connector })).await;
        assert_eq!(effective.data("effectiveContainer.deniedBecause"), "FEATURE_DISABLED");
        let paid = plain.debit(json!({ "connectorId": connector, "payWith": { "transactionToken": "tok_visa" } })).await;
        assert_eq!(paid.text("debitPayment.payment.status"), "SUCCEEDED", "payments need no profiles");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn live_and_sandbox_never_meet() {
    each_database(async |world| {
        let shop = world.root_tenant("shop").await.shop().await;
        let token = shop.customer("alex", "tok_visa_alex").await;
        let router = shop.tenant.router("main", &[&shop.connector]).await;
        let document = "query($t: String!) { instrument(by: {paymentToken: $t}) { id profile { id guid } } payments { nodes { id } } }";
        let read = shop.tenant.query(document, json!({ "t": token })).await;
        let guid = read.text("instrument.profile.guid");
        let ids = json!([shop.container, shop.connector, router, read.text("instrument.id"),
            read.text("instrument.profile.id"), read.text("payments.nodes.0.id")]);
        let live = shop.tenant.live().await;

        let document = "query($ids: [ID!]!, $t: String!, $guid: String!) { nodes(ids: $ids) { id }
            instrument(by: {paymentToken: $t}) { id } profile(by: {guid: $guid}) { id }
            containers { totalCount } profiles { totalCount } payments { totalCount } connectors { totalCount } routers { totalCount }
            containerBindings { totalCount } }";
        let seen = live.query(document, json!({ "ids": ids, "t": token, "guid": guid })).await;

        let none = json!({ "totalCount": 0 });
        let expected = json!({ "nodes": [null, null, null, null, null, null], "instrument": null, "profile": null,
            "containers": none, "profiles": none, "payments": none, "connectors": none, "routers": none, "containerBindings": none });
        assert_eq!(seen.body["data"], expected, "{seen}");
        let pay = json!({ "connectorId": shop.connector, "payWith": { "paymentToken": token } });
        assert_eq!(live.debit(pay).await.refusal("debitPayment"), "CONNECTOR_NOT_FOUND");
        let key = json!({ "kind": "SECRET", "name": "live", "environment": "LIVE" });
        assert_eq!(shop.tenant.mutate("createApiKey", key, "secret").await.refusal("createApiKey"), "INVALID_INPUT");
    })
    .await;
}
