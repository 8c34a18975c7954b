//! Plans answer what the executor answers, byte for byte, or not at all.
//!
//! Every question of the other tests here is asked both ways as well: see `World::ask_as`.

use async_graphql::Variables;
use async_graphql::parser::types::{BaseType, FieldDefinition, TypeKind, TypeSystemDefinition};
use async_graphql::parser::{parse_query, parse_schema};
use purser_domain::{KeyScope, KeyScopes};
use purser_graphql::Plan;
use serde_json::{Value, json};

use crate::world::World;

/// Where a plan shows each type, how it is reached, and which of its fields are left to the executor.
const TYPES: [(&str, &str, &[&str]); 10] = [
    ("Profile", "@", &["preferredMethod", "metadata", "createdBy"]),
    ("Container", "container { @ }", &["owner", "shares", "profiles"]),
    ("Address", "addresses { @ }", &[]),
    ("Instrument", "instruments { @ }", &["profile", "connector"]),
    ("CardDetails", "instruments { details { ... on CardDetails { @ } } }", &[]),
    ("IbanDetails", "instruments { details { ... on IbanDetails { @ } } }", &[]),
    ("ProfileTotal", "totals { @ }", &[]),
    ("Payment", "payments { nodes { @ } }", LEFT_OF_PAYMENTS),
    ("Money", "payments { nodes { amount { @ } } }", &[]),
    ("PageInfo", "payments(first: 1) { pageInfo { @ } }", &[]),
];

/// What lines of lists do not show.
const LEFT_OF_PAYMENTS: &[&str] = &[
    "purchaseId",
    "environment",
    "authorized",
    "captured",
    "capturable",
    "refunded",
    "refundable",
    "method",
    "description",
    "source",
    "sourceId",
    "sourceDescription",
    "initiator",
    "decline",
    "nextAction",
    "route",
    "profile",
    "container",
    "connector",
    "router",
    "tenant",
    "metadata",
    "attempts",
    "updatedAt",
    "version",
    "originalAmount",
    "minimumAmount",
    "acceptsPartialAuthorization",
    "disputed",
    "captureAt",
    "expiresAt",
    "commits",
    "commitsMax",
    "isFinalCaptured",
    "mitReason",
    "networkTransactionId",
    "referencePayment",
    "urls",
    "events",
    "ledger",
    "disputes",
    "order",
];

/// The fields of a type of the schema.
fn fields(ty: &str) -> Vec<FieldDefinition> {
    let document = parse_schema(purser_graphql::sdl()).expect("the schema parses");
    let found = document.definitions.into_iter().find_map(|definition| match definition {
        TypeSystemDefinition::Type(it) if it.node.name.node == ty => Some(it.node.kind),
        _ => None,
    });
    match found {
        Some(TypeKind::Object(object)) => object.fields.into_iter().map(|field| field.node).collect(),
        _ => panic!("{ty} is no object"),
    }
}

/// Something that can be selected of a field of this type.
fn below(ty: &BaseType) -> &'static str {
    match ty {
        BaseType::List(item) => below(&item.base),
        BaseType::Named(name) => match name.as_str() {
            "Money" => "{ amount currency minorUnits }",
            "Profile" | "Container" | "Instrument" | "Address" | "Connector" | "Router" | "Tenant"
            | "ProfileTotal" | "InstrumentDetails" | "Decline" | "Route" | "NextAction"
            | "PaymentAttempt" | "Payment" | "PaymentUrls" | "Transfer" | "Dispute" | "Order" => {
                "{ __typename }"
            }
            name if name.ends_with("Connection") => "{ __typename totalCount pageInfo { __typename } }",
            _ => "",
        },
    }
}

async fn planned(world: &World, scopes: KeyScopes, document: &str, variables: Value) -> Option<String> {
    world.planned(world.viewer(scopes), document, &Variables::from_json(variables)).await
}

/// A customer of whom everything is known, with texts that JSON has to escape.
async fn ann(world: &World) -> String {
    let connector = world.shop().await;
    let id = world.customer(&connector, "ann", 2).await;
    let address = json!({ "kind": "HOME", "line1": "1 \"Main\" St\\", "city": "Zürich", "country": "CH" });
    let known = json!({ "by": { "id": id }, "name": "Ann 💳", "lastName": "O\"Neill", "company": "A & <B>",
        "birthDate": "1970-01-31", "gender": "F", "phone": "+14155552671", "locale": "de-CH",
        "addresses": [address], "externalId": "c-1", "tags": ["a", "b\\c"], "isFavorite": true });
    world.done("updateProfile", known, "profile { id }").await;
    id
}

#[tokio::test]
async fn every_field_of_the_tables_is_shown_alike_whoever_looks() {
    let world = World::new().await;
    let id = ann(&world).await;
    let all = KeyScopes::all();
    let few: KeyScopes =
        [KeyScope::ProfilesRead, KeyScope::InstrumentsRead, KeyScope::PaymentsRead].into_iter().collect();
    let bare: KeyScopes = [KeyScope::ProfilesRead].into_iter().collect();
    for (ty, way, left) in TYPES {
        for field in fields(ty) {
            let name = field.name.node.as_str();
            let selected = format!("it: {name} {}", below(&field.ty.node.base));
            let document = format!(
                "query($id: ID!) {{ profile(by: {{ id: $id }}) {{ {} }} }}",
                way.replace('@', &selected)
            );
            for scopes in [all, few, bare] {
                // Compares by itself what is planned.
                let answer = world.ask_with(scopes, &document, json!({ "id": id })).await;
                assert_eq!(answer.errors, [], "{document}");
                let plan = planned(&world, scopes, &document, json!({ "id": id })).await;
                assert_eq!(plan.is_none(), left.contains(&name), "{ty}.{name}: {document}");
            }
        }
    }
}

#[tokio::test]
async fn the_documents_that_are_measured_are_plans() {
    let world = World::new().await;
    let id = ann(&world).await;
    let customer = include_str!("../../../../tests/bench/operations/customer.graphql");
    let list = include_str!("../../../../tests/bench/operations/list.graphql");
    let sample = include_str!("../../../purser-web/samples/2-customers.graphql");
    let profile =
        world.ask("query($id: ID!) { profile(by: { id: $id }) { container { id } } }", json!({ "id": id }));
    let container = profile.await["profile"]["container"]["id"].clone();
    let asked = [
        (customer, json!({ "id": id })),
        (list, json!({ "container": container })),
        (sample, json!({ "first": 3, "filter": { "containerId": container } })),
        (sample, json!({ "first": 3, "after": null })),
    ];

    for (document, variables) in asked {
        let plan = planned(&world, KeyScopes::all(), document, variables.clone()).await;
        assert_eq!(plan, Some(world.ask_with(KeyScopes::all(), document, variables).await.text));
    }
}

#[tokio::test]
async fn fragments_type_names_and_aliases_are_planned() {
    let world = World::new().await;
    let id = ann(&world).await;
    let documents = [
        "query($id: ID!) { it: profile(by: { id: $id }) { ...A __typename } } \
         fragment A on Profile { guid ... on Profile { status } ... { kind } __typename }",
        "query($id: ID!) { profile(by: { id: $id }) { instruments { details { __typename \
         ... on CardDetails { brand __typename } ... on WalletDetails { __typename } ...B } } } } \
         fragment B on IbanDetails { bic }",
        "query($id: ID!, $n: Int) { profile(by: { id: $id }) { a: payments(first: $n) { nodes { id } totalCount } \
         b: payments(last: 1) { nodes { instrument { id } } pageInfo { startCursor hasPreviousPage } } \
         c: payments(filter: { statuses: [FAILED, SUCCEEDED] }) { nodes { id } } \
         d: payments(filter: { instrumentId: \"nothing\" }) { nodes { id } totalCount } } }",
    ];
    for document in documents {
        let variables = json!({ "id": id, "n": 1 });
        let plan = planned(&world, KeyScopes::all(), document, variables.clone()).await;
        let answer = world.ask_with(KeyScopes::all(), document, variables).await;
        assert_eq!((plan, answer.errors), (Some(answer.text), vec![]), "{document}");
    }
}

#[test]
fn what_is_out_of_the_ordinary_has_no_plan() {
    for document in [
        "mutation { deleteProfile(input: {}) { __typename } }",
        "{ viewer { kind } }",
        "{ profiles { nodes { id } } viewer { kind } }",
        "query($x: Boolean!) { profiles { nodes { id @skip(if: $x) } } }",
        "{ profiles { nodes { id ... on Node { id } } } }",
        "{ profiles { nodes { container { id } container { name } } } }",
        "{ profiles { edges { cursor } } }",
        "query($n: Int = 3) { profiles(first: $n) { nodes { id } } }",
        "query($by: ProfileBy!) { profile(by: $by) { id } }",
        "{ profiles { nodes { instruments { details { ... on WalletDetails { walletType } } } } } }",
    ] {
        let document = parse_query(document).expect("the document parses");
        assert!(Plan::of(&document, None).is_none(), "{document:?}");
    }
}

#[tokio::test]
async fn a_plan_gives_up_where_the_executor_would_refuse() {
    let world = World::new().await;
    let id = ann(&world).await;
    let all = KeyScopes::all();
    let list = "query($n: Int, $after: String, $filter: ProfileFilterInput) { \
                profiles(first: $n, after: $after, filter: $filter) { nodes { id } } }";
    for variables in [
        json!({ "n": 0 }),
        json!({ "n": "1" }),
        json!({ "n": 1.5 }),
        json!({ "n": 3_000_000_000_i64 }),
        json!({ "after": "nowhere" }),
        json!({ "after": 1 }),
        json!({ "filter": { "nosuch": "x" } }),
        json!({ "filter": { "tag": 1 } }),
        json!({ "filter": "x" }),
    ] {
        assert_eq!(planned(&world, all, list, variables.clone()).await, None, "{variables}");
    }
    let one = "query($id: ID!) { profile(by: { id: $id }) { id } }";
    assert_eq!(planned(&world, all, one, json!({ "id": 7 })).await, None);
    let none = [KeyScope::PaymentsRead].into_iter().collect();
    assert_eq!(planned(&world, none, one, json!({ "id": id })).await, None);
    assert!(planned(&world, all, one, json!({ "id": "nothing" })).await.is_some());
}
