//! What a viewer may not see is null, wherever it is reached from.

use async_graphql::Request;
use purser_domain::{KeyScope, KeyScopes};
use serde_json::json;

use crate::world::World;

fn without(missing: &[KeyScope]) -> KeyScopes {
    KeyScope::ALL.iter().copied().filter(|scope| !missing.contains(scope)).collect()
}

#[tokio::test]
async fn without_the_scope_personal_data_is_masked() {
    let world = World::new().await;
    let connector = world.shop().await;
    let id = world.customer(&connector, "ann", 0).await;
    let document = "query($id: ID!) { profile(by: { id: $id }) { email emailMasked phone addresses { line1 }
        metadata instruments { paymentToken details { ... on CardDetails { holder lastFourDigits } } } } }";
    let scopes = without(&[KeyScope::ProfilesPii, KeyScope::MetadataRead, KeyScope::InstrumentsUse]);

    let answer = world.ask_with(scopes, document, json!({ "id": id })).await;

    let details = json!({ "holder": null, "lastFourDigits": "4242" });
    let expected = json!({ "profile": { "email": null, "emailMasked": "a***@example.org", "phone": null,
        "addresses": null, "metadata": null, "instruments": [{ "paymentToken": null, "details": details }] } });
    assert_eq!((answer.data, answer.errors), (expected, vec![]));
    let open =
        world.ask("query($id: ID!) { profile(by: { id: $id }) { email metadata } }", json!({ "id": id }));
    assert_eq!(open.await, json!({ "profile": { "email": "ann@example.org", "metadata": {} } }));
}

#[tokio::test]
async fn an_object_of_a_kind_that_is_not_to_be_seen_is_null_everywhere() {
    let world = World::new().await;
    let connector = world.shop().await;
    let id = world.customer(&connector, "ann", 1).await;
    let document = "query($id: ID!, $connector: ID!) {
        payments { nodes { status profile { id } instrument { id } connector { id } container { id } router { id } } }
        node(id: $id) { id } nodes(ids: [$id, $connector]) { id } }";
    let scopes = [KeyScope::PaymentsRead].into_iter().collect();

    let answer = world.ask_with(scopes, document, json!({ "id": id, "connector": connector })).await;

    let payment = json!({ "status": "SUCCEEDED", "profile": null, "instrument": null, "connector": null,
        "container": null, "router": null });
    let expected =
        json!({ "payments": { "nodes": [payment, payment] }, "node": null, "nodes": [null, null] });
    assert_eq!((answer.data, answer.errors), (expected, vec![]));
}

#[tokio::test]
async fn a_profile_without_the_neighbours_scopes_fetches_no_neighbours() {
    let world = World::new().await;
    let connector = world.shop().await;
    let id = world.customer(&connector, "ann", 1).await;
    let document = "query($id: ID!) { profile(by: { id: $id }) { firstName instruments { id }
        preferredInstrument { id } payments { nodes { id } } totals { currency } container { id } } }";
    let scopes = [KeyScope::ProfilesRead].into_iter().collect();

    let answer = world.ask_with(scopes, document, json!({ "id": id })).await;

    let expected = json!({ "profile": { "firstName": "ann", "instruments": null, "preferredInstrument": null,
        "payments": null, "totals": null, "container": null } });
    assert_eq!((answer.data, answer.errors), (expected, vec![]));
}

#[tokio::test]
async fn a_strangers_objects_malformed_ids_and_unknown_ids_are_alike() {
    let world = World::new().await;
    let connector = world.shop().await;
    let id = world.customer(&connector, "ann", 1).await;
    let stranger = world.stranger().await;
    let document = "query($id: ID!) { node(id: $id) { id } profile(by: { id: $id }) { id }
        payment(by: { id: $id }) { id } instrument(by: { id: $id }) { id } container(id: $id) { id }
        connector(id: $id) { id } router(id: $id) { id } effectiveContainer(connectorId: $id) { via }
        payments(filter: { profileId: $id }) { totalCount } profiles(filter: { containerId: $id }) { totalCount } }";
    let nothing = json!({ "node": null, "profile": null, "payment": null, "instrument": null,
        "container": null, "connector": null, "router": null, "effectiveContainer": null,
        "payments": { "totalCount": 0 }, "profiles": { "totalCount": 0 } });

    for asked in [id.as_str(), connector.as_str(), "prf_01h455vb4pex5vsknk084sn02q", "prf_", "", "💳", "1"]
    {
        let answer = world.ask_as(stranger, KeyScopes::all(), document, json!({ "id": asked })).await;
        assert_eq!((answer.data, answer.errors), (nothing.clone(), vec![]), "{asked}");
    }
}

#[tokio::test]
async fn a_resolver_does_not_rely_on_the_guard_in_front() {
    let world = World::new().await;

    let anonymous = world.execute(Request::new("{ viewer { kind } profiles { nodes { id } } }")).await;
    let reader = [KeyScope::PaymentsRead].into_iter().collect();
    let forbidden = world.ask_with(reader, "{ profiles { nodes { id } } }", json!({})).await;
    let input = json!({ "input": { "name": "x" } });
    let document =
        "mutation($input: CreateContainerInput!) { createContainer(input: $input) { container { id } } }";
    let refused = world.ask_with(reader, document, input).await;

    let both = [("viewer", "UNAUTHENTICATED"), ("profiles", "UNAUTHENTICATED")];
    assert_eq!(anonymous.errors, both.map(|(path, code)| (path.to_owned(), code.to_owned())));
    assert_eq!(forbidden.errors, [("profiles".to_owned(), "FORBIDDEN".to_owned())]);
    assert_eq!(refused.errors, [("createContainer".to_owned(), "FORBIDDEN".to_owned())]);
    let there = world.ask("{ containers { totalCount } }", json!({})).await;
    assert_eq!(there, json!({ "containers": { "totalCount": 0 } }));
}

#[tokio::test]
async fn a_part_of_an_input_needs_its_scope() {
    let world = World::new().await;
    let connector = world.shop().await;
    world.customer(&connector, "ann", 0).await;
    let token = world.ask("{ profiles { nodes { instruments { paymentToken } } } }", json!({})).await;
    let token = token["profiles"]["nodes"][0]["instruments"][0]["paymentToken"].clone();
    let document = "mutation($input: DebitPaymentInput!) { debitPayment(input: $input) {
        payment { id } userErrors { code field } } }";
    let input = json!({ "merchantTransactionId": "one", "connectorId": connector,
        "payWith": { "paymentToken": token }, "amount": { "amount": "1", "currency": "EUR" } });

    let scopes = without(&[KeyScope::InstrumentsUse]);
    let answer = world.ask_with(scopes, document, json!({ "input": input })).await;

    let errors = json!([{ "code": "SCOPE_NOT_HELD", "field": ["payWith", "paymentToken"] }]);
    assert_eq!(answer.data, json!({ "debitPayment": { "payment": null, "userErrors": errors } }));
    let made = world.ask("{ payments(filter: { kinds: [DEBIT] }) { totalCount } }", json!({})).await;
    assert_eq!(made, json!({ "payments": { "totalCount": 0 } }));
}

#[tokio::test]
async fn a_mutation_sees_what_the_one_before_it_did() {
    let world = World::new().await;
    let connector = world.shop().await;
    let id = world.customer(&connector, "ann", 0).await;
    let document = "mutation($id: ID!) {
        a: updateProfile(input: { by: { id: $id }, lastName: \"One\" }) { profile { lastName version } }
        b: updateProfile(input: { by: { id: $id }, lastName: null }) { profile { firstName lastName version } }
        c: updateProfile(input: { by: { id: $id }, expectedVersion: 1 }) { profile { id } userErrors { code } } }";

    let answer = world.ask(document, json!({ "id": id })).await;

    let version = answer["a"]["profile"]["version"].as_i64().expect("a version");
    assert_eq!(answer["a"]["profile"]["lastName"], "One");
    assert_eq!(
        answer["b"]["profile"],
        json!({ "firstName": "ann", "lastName": null, "version": version + 1 })
    );
    assert_eq!(answer["c"], json!({ "profile": null, "userErrors": [{ "code": "VERSION_CONFLICT" }] }));
}
