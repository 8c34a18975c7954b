//! Everything that a partner keeps for itself is marked, everything that the others can see is read.

use purser_tests::{Graph, Shop, Tenant, each_database_asked_again};
use serde_json::{Value, json};

use super::{ALEX, Market, alex, market};

/// A partner's private words: each is written in one place, and none may come to another tenant.
const PLACES: [&str; 13] = [
    "external",
    "metakey",
    "metavalue",
    "tag",
    "order",
    "description",
    "sourceid",
    "source",
    "paymeta",
    "connector",
    "router",
    "key",
    "optout",
];

/// The kinds of nodes by the prefixes of their ids.
const PREFIXES: [(&str, &str); 11] = [
    ("att_", "PaymentAttempt"),
    ("evt_", "Event"),
    ("dsp_", "Dispute"),
    ("ord_", "Order"),
    ("cnt_", "Container"),
    ("con_", "Connector"),
    ("pay_", "Payment"),
    ("pin_", "Instrument"),
    ("prf_", "Profile"),
    ("rtr_", "Router"),
    ("ten_", "Tenant"),
];

fn canary(who: &str, place: &str) -> String {
    format!("canary-{who}-{place}")
}

/// Writes all of a partner's private words.
async fn write(shop: &Shop<'_>, who: &str) {
    let say = |place: &str| canary(who, place);
    let tenant = &shop.tenant;
    let update = json!({
        "by": { "customerIdentification": { "containerId": shop.container, "customerIdentification": ALEX } },
        "externalId": say("external"), "tags": [say("tag")], "isFavorite": true,
        "metadata": { (say("metakey")): { "deep": [say("metavalue")] } },
    });
    tenant.done("updateProfile", update, "profile { id }", "profile.id").await;
    let connector = tenant.connector(&say("connector"), "northbank").await;
    let router = tenant.router(&say("router"), &[&connector]).await;
    let pay = json!({
        "routerId": router, "payWith": { "transactionToken": "tok_visa" },
        "customerProfileData": { "customerIdentification": ALEX }, "merchantTransactionId": say("order"),
        "description": say("description"), "source": "PAYMENT_LINK", "sourceId": say("sourceid"),
        "sourceDescription": say("source"), "metadata": { "note": say("paymeta") },
    });
    assert_eq!(tenant.debit(pay).await.text("debitPayment.payment.status"), "SUCCEEDED");
    let key = json!({ "kind": "SECRET", "name": say("key"), "scopes": [] });
    tenant.done("createApiKey", key, "apiKey { id }", "apiKey.id").await;
    let opt_out = json!({ "reach": "SUB_TENANTS", "reason": say("optout") });
    tenant.done("disableContainers", opt_out, "optOut { id }", "optOut.id").await;
}

/// Everything that a tenant can reach, as it came.
async fn everything(graph: &Graph, tenant: &Tenant<'_>, ids: &[String]) -> String {
    let own = format!("tenant(by: {{slug: \"{}\"}})", tenant.slug);
    let mut documents = Vec::new();
    for (root, ty, depth) in [
        ("viewer", "Viewer", 1),
        (own.as_str(), "Tenant", 1),
        ("profiles(first: 2)", "ProfileConnection", 1),
        ("payments(first: 3)", "PaymentConnection", 1),
        ("containers(first: 2)", "ContainerConnection", 1),
        ("connectors(first: 3)", "ConnectorConnection", 1),
        ("routers(first: 3)", "RouterConnection", 1),
        ("tenants(first: 3)", "TenantConnection", 1),
        ("containerBindings(first: 3)", "ContainerBindingConnection", 1),
        ("containerOptOuts(first: 3)", "ContainerOptOutConnection", 1),
    ] {
        documents.extend(graph.everything(root, ty, depth));
    }
    assert_eq!(graph.members("Node").len(), PREFIXES.len(), "a kind of node has no prefix here");
    for (prefix, member) in PREFIXES {
        let ids: Vec<&String> = ids.iter().filter(|id| id.starts_with(prefix)).collect();
        let root = format!("nodes(ids: {})", json!(ids));
        for document in graph.everything("it", member, 1) {
            let below = document.trim_start_matches("{ it {").trim_end_matches("} }");
            documents.push(format!("{{ {root} {{ ... on {member} {{ {below} }} }} }}"));
        }
    }
    let mut all = String::new();
    for document in documents {
        let answer = tenant.query(&document, json!({})).await;
        assert_eq!(answer.error_codes(), Vec::<String>::new(), "{document}: {answer}");
        all += &answer.raw;
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_a_partner_keeps_for_itself_reaches_another_tenant() {
    each_database_asked_again(async |world| {
        let Market { owner, container, one, two, .. } = market(world).await;
        let token = one.customer(ALEX, "tok_visa_alex").await;
        assert_eq!(alex(&two.tenant, &container, "id").await.body["errors"], Value::Null);
        for (shop, who) in [(&one, "one"), (&two, "two")] {
            write(shop, who).await;
        }
        let stranger = world.root_tenant("stranger").await;
        let graph = Graph::read(&owner.client).await;
        let ids = ids(&one, &two, &token).await;

        for (tenant, own) in
            [(&one.tenant, "one"), (&two.tenant, "two"), (&owner, "market"), (&stranger, "none")]
        {
            let seen = everything(&graph, tenant, &ids).await;
            for who in ["one", "two"] {
                for place in PLACES {
                    let is_seen = seen.contains(&canary(who, place));
                    // The tenant above administers the keys of those below, and sees nothing else of them.
                    let is_above = own == "market" && place == "key";
                    assert_eq!(
                        is_seen,
                        own == who || is_above,
                        "{} of {who}, seen by {}",
                        place,
                        tenant.slug
                    );
                }
            }
        }
    })
    .await;
}

/// The ids of everything that both partners have.
async fn ids(one: &Shop<'_>, two: &Shop<'_>, token: &str) -> Vec<String> {
    let mut ids = vec![one.container.clone(), one.tenant.id.clone(), two.tenant.id.clone()];
    for shop in [one, two] {
        let document = "query($t: String!) { payments(first: 3) { nodes { id } } connectors(first: 2) { nodes { id } } routers(first: 2) { nodes { id } }
            instrument(by: {paymentToken: $t}) { id profile { id } } }";
        let read = shop.tenant.query(document, json!({ "t": token })).await;
        for path in ["payments.nodes", "connectors.nodes", "routers.nodes"] {
            let nodes = read.data(path).as_array().cloned().unwrap_or_default();
            ids.extend(nodes.iter().filter_map(|node| node["id"].as_str()).map(str::to_owned));
        }
        ids.extend([read.text("instrument.id"), read.text("instrument.profile.id")]);
    }
    ids.sort_unstable();
    ids.dedup();
    ids
}

#[tokio::test(flavor = "multi_thread")]
async fn anothers_words_find_nothing_and_are_free_to_use() {
    each_database_asked_again(async |world| {
        let Market { owner, container, one, two, .. } = market(world).await;
        one.customer(ALEX, "tok_visa_alex").await;
        write(&one, "one").await;
        let document = format!(
            "{{ external: profile(by: {{externalId: \"{}\"}}) {{ id }}
               tagged: profiles(filter: {{tag: \"{}\"}}) {{ totalCount nodes {{ id }} }}
               order: payment(by: {{merchantTransactionId: \"{}\"}}) {{ id }} }}",
            canary("one", "external"),
            canary("one", "tag"),
            canary("one", "order")
        );
        let nothing = json!({ "external": null, "tagged": { "totalCount": 0, "nodes": [] }, "order": null });
        let guid = alex(&two.tenant, &container, "guid totals { currency } payments { totalCount }").await;
        assert_eq!(guid.data("profile.totals"), &json!([]), "what was paid elsewhere is not counted here");
        assert_eq!(guid.data("profile.payments.totalCount"), &json!(0));
        for tenant in [&two.tenant, &owner] {
            assert_eq!(tenant.query(&document, json!({})).await.body["data"], nothing, "{tenant:?}");
        }

        // The same words, written by another, meet nothing of the first.
        let own = tenant_words(&two).await;
        assert_eq!(own, json!({ "external": true, "order": true }));
        let mine = one.tenant.query(&document, json!({})).await;
        assert_eq!(mine.data("tagged.totalCount"), &json!(1), "{mine}");
        let ours =
            alex(&one.tenant, &container, "externalId tags totals { paymentCount captured { amount } }")
                .await;
        let expected = json!({ "externalId": canary("one", "external"), "tags": [canary("one", "tag")],
            "totals": [{ "paymentCount": "1", "captured": { "amount": "9.99" } }] });
        assert_eq!(ours.data("profile"), &expected);
    })
    .await;
}

/// The second partner writes the first one's external id and order number, about another customer.
async fn tenant_words(shop: &Shop<'_>) -> Value {
    let input = json!({ "customerIdentification": "another", "externalId": canary("one", "external") });
    let made = shop.tenant.mutate("createProfile", input, "profile { id }").await;
    let mut pay = json!({ "connectorId": shop.connector, "payWith": { "transactionToken": "tok_visa" } });
    pay["merchantTransactionId"] = json!(canary("one", "order"));
    let paid = shop.tenant.debit(pay).await;
    json!({ "external": made.refusal("createProfile").is_empty(), "order": paid.refusal("debitPayment").is_empty() })
}
