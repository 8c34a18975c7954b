//! The same random selection, reached in every way there is, answers the same.

use purser_tests::{Dice, Graph, Tenant, each_database};
use serde_json::{Value, json};

use super::customers;

const SELECTIONS: usize = 40;
const SEED: u64 = 20_261_120;

/// What a tenant knows of one customer, by all the keys that lead there.
struct Keys {
    profile: String,
    guid: String,
    external_id: String,
    instrument: String,
    payment: String,
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_ahead_and_loading_piece_by_piece_agree() {
    each_database(async |world| {
        let market = world.root_tenant("market").await;
        let container = market.container("customers").await;
        let tenant = market.child("shop").await;
        let all = ["READ_PROFILE", "READ_PII", "USE_INSTRUMENT", "STORE_INSTRUMENT", "UPDATE_PROFILE"];
        market.share(&container, &tenant, &all).await;
        let connector = tenant.connector("cards", "northbank").await;
        tenant.bind(&container, None).await;
        let shop = purser_tests::Shop { tenant, connector, container };
        let token = customers(&shop, 4).await.pop().expect("four customers");
        let keys = keys(&shop.tenant, &token).await;
        let graph = Graph::read(&shop.tenant.client).await;
        let mut dice = Dice::new(SEED);
        let (mut compared, mut bytes) = (0, 0);
        for at in 0..SELECTIONS {
            let depth = at % 3;
            let percent = 25 + dice.below(50);
            let below = graph.selection("Profile", depth, &mut |_, _| dice.chance(percent));
            if below.is_empty() {
                continue;
            }
            let selection = format!("id {below}");
            let read = every_way(&shop.tenant, &keys, &selection).await;
            let (first, ways) = read.split_first().expect("there are ways");
            for way in ways {
                assert_eq!(
                    way.1, first.1,
                    "{} and {} differ (seed {SEED}, {at}): {selection}",
                    first.0, way.0
                );
            }
            compared += ways.len();
            bytes += first.1.to_string().len();
        }
        assert!(compared > 150 && bytes > 10_000, "{compared} comparisons of {bytes} bytes");
    })
    .await;
}

async fn keys(tenant: &Tenant<'_>, token: &str) -> Keys {
    let document = "query($t: String!) { instrument(by: {paymentToken: $t}) { id profile { id guid payments(first: 1) { nodes { id } } } } }";
    let read = tenant.query(document, json!({ "t": token })).await;
    let profile = read.text("instrument.profile.id");
    let input = json!({ "by": { "id": profile }, "externalId": "ours-1", "tags": ["a", "b"], "metadata": { "x": [1] },
        "name": "Alex", "email": "alex@example.com", "preferredInstrument": { "paymentToken": token } });
    tenant.done("updateProfile", input, "profile { id }", "profile.id").await;
    Keys {
        profile,
        guid: read.text("instrument.profile.guid"),
        external_id: "ours-1".to_owned(),
        instrument: read.text("instrument.id"),
        payment: read.text("instrument.profile.payments.nodes.0.id"),
    }
}

/// The selection by each way: where it starts, and what was found there.
async fn every_way(tenant: &Tenant<'_>, keys: &Keys, selection: &str) -> Vec<(&'static str, Value)> {
    let Keys { profile, guid, external_id, instrument, payment } = keys;
    let mut found = Vec::new();
    for (way, document, path) in [
        ("by id", format!("{{ profile(by: {{id: \"{profile}\"}}) {{ {selection} }} }}"), "profile"),
        ("by guid", format!("{{ profile(by: {{guid: \"{guid}\"}}) {{ {selection} }} }}"), "profile"),
        (
            "by external id",
            format!("{{ profile(by: {{externalId: \"{external_id}\"}}) {{ {selection} }} }}"),
            "profile",
        ),
        (
            "under an alias",
            format!(
                "{{ a: profile(by: {{guid: \"{guid}\"}}) {{ id }} b: profile(by: {{id: \"{profile}\"}}) {{ {selection} }} }}"
            ),
            "b",
        ),
        (
            "as a node",
            format!("{{ node(id: \"{profile}\") {{ ... on Profile {{ {selection} }} }} }}"),
            "node",
        ),
        (
            "of an instrument",
            format!("{{ instrument(by: {{id: \"{instrument}\"}}) {{ profile {{ {selection} }} }} }}"),
            "instrument.profile",
        ),
        (
            "of a payment",
            format!("{{ payment(by: {{id: \"{payment}\"}}) {{ profile {{ {selection} }} }} }}"),
            "payment.profile",
        ),
        (
            "through a fragment",
            format!(
                "{{ profile(by: {{id: \"{profile}\"}}) {{ ...all }} }} fragment all on Profile {{ {selection} }}"
            ),
            "profile",
        ),
        ("in a list", format!("{{ profiles(first: 1) {{ nodes {{ {selection} }} }} }}"), "profiles.nodes.0"),
        (
            "in edges",
            format!("{{ profiles(first: 1) {{ edges {{ node {{ {selection} }} }} }} }}"),
            "profiles.edges.0.node",
        ),
    ] {
        let answer = tenant.query(&document, json!({})).await;
        // Some selections cost too much in some ways; that is an answer as well, but not one to compare.
        if answer.error_codes() != ["QUERY_TOO_COMPLEX"] {
            found.push((way, answer.data(path).clone()));
        }
    }
    found
}
