//! What is fetched ahead: in few statements, and with the answer that the loaders would give.

use serde_json::{Value, json};

use crate::world::World;

const AROUND: &str = "fragment Around on Profile {
    id guid firstName container { id name isOwner }
    instruments { id kind displayName isPreferred profile { id } }
    preferredInstrument { id } preferredMethod
    totals { currency paymentCount captured { amount } }
    payments(first: 2) { totalCount nodes { id status instrument { id } profile { id } } pageInfo { hasNextPage } }
    oldest: payments(last: 1) { edges { node { merchantTransactionId } } }
    none: payments(filter: { statuses: [FAILED] }) { nodes { id } }
}";

/// Asks for a profile by its look-up, which fetches ahead, and as a node, which loads; answers both.
async fn both_ways(world: &World, id: &str, fields: &str, more: Value) -> (Value, Value) {
    let mut variables = more;
    variables["id"] = json!(id);
    let declared = if variables.get("flag").is_some() { ", $flag: Boolean!" } else { "" };
    // A fragment that is not used would be an error.
    let around = if fields.contains("...Around") { AROUND } else { "" };
    let document = |root: &str, close: &str| {
        format!("query($id: ID!{declared}) {{ it: {root} {{ {fields} }} {close} }} {around}")
    };
    let ahead = document("profile(by: { id: $id })", "");
    let loaded = document("node(id: $id) { ... on Profile", "}");
    (world.ask(&ahead, variables.clone()).await, world.ask(&loaded, variables).await)
}

#[tokio::test]
async fn look_ahead_and_loaders_answer_alike() {
    let world = World::new().await;
    let connector = world.shop().await;
    let profile = world.customer(&connector, "ann", 3).await;
    let documents = [
        ("...Around", json!({})),
        ("id ... on Profile { ...Around }", json!({})),
        ("...Around payments(first: 2) { nodes { captured { minorUnits } } }", json!({})),
        ("id ...Around @include(if: $flag)", json!({ "flag": true })),
        ("id ...Around @skip(if: $flag)", json!({ "flag": true })),
        (
            "a: instruments { id } b: instruments { details { ... on CardDetails { lastFourDigits } } }",
            json!({}),
        ),
    ];
    for (fields, variables) in documents {
        let (ahead, loaded) = both_ways(&world, &profile, fields, variables).await;
        assert_eq!(ahead, loaded, "{fields}");
        assert!(ahead["it"].is_object(), "{fields}");
    }
}

#[tokio::test]
async fn aliases_with_different_arguments_are_kept_apart() {
    let world = World::new().await;
    let connector = world.shop().await;
    let profile = world.customer(&connector, "ann", 3).await;
    let document = "query($id: ID!) { profile(by: { id: $id }) {
        newest: payments(first: 1) { totalCount nodes { merchantTransactionId } }
        oldest: payments(last: 1) { nodes { merchantTransactionId } }
        cards: payments(filter: { kinds: [REGISTER] }) { nodes { merchantTransactionId } } } }";

    let answer = world.ask(document, json!({ "id": profile })).await;

    let expected = json!({ "profile": {
        "newest": { "totalCount": 4, "nodes": [{ "merchantTransactionId": "ann-2" }] },
        "oldest": { "nodes": [{ "merchantTransactionId": "ann-card" }] },
        "cards": { "nodes": [{ "merchantTransactionId": "ann-card" }] },
    } });
    assert_eq!(answer, expected);
}

#[tokio::test]
async fn a_customer_with_everything_around_takes_four_statements() {
    let world = World::new().await;
    let connector = world.shop().await;
    let profile = world.customer(&connector, "ann", 3).await;
    let document = "query($id: ID!) { profile(by: { id: $id }) { firstName container { name }
        instruments { id } totals { paymentCount }
        payments(first: 10) { nodes { status instrument { displayName } profile { id } } } } }";

    let (answer, statements) = world.count(document, json!({ "id": profile })).await;

    assert_eq!(answer["profile"]["payments"]["nodes"][0]["instrument"]["displayName"], "Visa •••• 4242");
    assert_eq!(statements, 4);
}

#[tokio::test]
async fn what_is_skipped_is_not_fetched() {
    let world = World::new().await;
    let connector = world.shop().await;
    let profile = world.customer(&connector, "ann", 1).await;
    let document = "query($id: ID!, $more: Boolean!) { profile(by: { id: $id }) { id
        instruments @include(if: $more) { id } ...Money @include(if: $more) } }
        fragment Money on Profile { totals { currency } payments { nodes { id } } }";

    let (_, without) = world.count(document, json!({ "id": profile, "more": false })).await;
    let (_, with) = world.count(document, json!({ "id": profile, "more": true })).await;

    assert_eq!((without, with), (1, 4));
}

#[tokio::test]
async fn a_directive_sees_the_default_of_its_variable() {
    let world = World::new().await;
    let document = "query($yes: Boolean = true, $no: Boolean = false, $first: Int = 7) {
        viewer @include(if: $yes) { kind @skip(if: $yes) environment @skip(if: $no) }
        containers(first: $first) @skip(if: $no) { totalCount } }";

    let defaulted = world.ask(document, json!({})).await;
    let given = world.ask(document, json!({ "yes": false, "no": true, "first": 1 })).await;

    let expected = json!({ "viewer": { "environment": "SANDBOX" }, "containers": { "totalCount": 0 } });
    assert_eq!((defaulted, given), (expected, json!({})));
}

#[tokio::test]
async fn a_list_takes_as_many_statements_as_one_customer() {
    let world = World::new().await;
    let connector = world.shop().await;
    for name in ["ann", "bob", "cem"] {
        world.customer(&connector, name, 2).await;
    }
    let document = "{ profiles { nodes { firstName instruments { id } payments(first: 1) { nodes {
        merchantTransactionId instrument { id } } } } } }";

    let (answer, statements) = world.count(document, json!({})).await;

    let newest = |index: usize| {
        answer["profiles"]["nodes"][index]["payments"]["nodes"][0]["merchantTransactionId"].clone()
    };
    assert_eq!([newest(0), newest(1), newest(2)], ["cem-1", "bob-1", "ann-1"]);
    assert_eq!(statements, 3);
}

#[tokio::test]
async fn neighbours_of_a_list_are_loaded_in_one_batch_each() {
    let world = World::new().await;
    let connector = world.shop().await;
    for name in ["ann", "bob", "cem"] {
        world.customer(&connector, name, 2).await;
    }
    let document = "{ payments { nodes { profile { firstName } instrument { kind } connector { name }
        tenant { slug } attempts { status } } } }";

    let (answer, statements) = world.count(document, json!({})).await;

    let nodes = answer["payments"]["nodes"].as_array().expect("payments");
    assert_eq!(nodes.len(), 9);
    assert!(nodes.iter().all(|node| node["profile"].is_object() && node["instrument"].is_object()));
    assert_eq!(statements, 6);
}
