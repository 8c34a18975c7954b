//! What an operation costs in statements, and that both ways of reading say the same.
//!
//! A selection is read in two ways: ahead, by the root field that knows all of it, or piece by piece, by
//! loaders.  The first is why a large operation needs few statements; the second must never be told apart.

mod agreement;

use purser_tests::{Shop, World, each_database};
use serde_json::{Value, json};

const CUSTOMER_360: &str = include_str!("../../crates/purser-web/samples/1-customer-360.graphql");
const CUSTOMERS: &str = include_str!("../../crates/purser-web/samples/2-customers.graphql");

/// Customers with two instruments each; the first ones have payments, more and more of them.
async fn customers(shop: &Shop<'_>, count: usize) -> Vec<String> {
    let mut tokens = Vec::new();
    for at in 0..count {
        let identification = format!("customer-{at}");
        let token = shop.customer(&identification, "tok_visa_alex").await;
        shop.customer(&identification, "tok_mastercard").await;
        for _ in 0..at.min(3) {
            let input = json!({ "connectorId": shop.connector, "payWith": { "paymentToken": token } });
            assert_eq!(shop.tenant.debit(input).await.refusal("debitPayment"), "");
        }
        tokens.push(token);
    }
    tokens
}

/// How many statements a document sends, and what it answers.
///
/// A credential that was not used for seconds is verified again, which is one statement that has nothing to do
/// with the document: the least of three runs is what the document itself costs.
async fn cost(world: &World, shop: &Shop<'_>, document: &str, variables: Value) -> (u64, Value) {
    let mut least = u64::MAX;
    let mut data = Value::Null;
    for _ in 0..3 {
        let before = world.statements();
        let answer = shop.tenant.query(document, variables.clone()).await;
        least = least.min(world.statements() - before);
        assert_eq!(answer.error_codes(), Vec::<String>::new(), "{answer}");
        data = answer.body["data"].clone();
    }
    (least, data)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_with_everything_costs_four_statements_however_much_there_is() {
    each_database(async |world| {
        let shop = world.root_tenant("shop").await.shop().await;
        customers(&shop, 4).await;
        let of = |identification: &str| {
            let key = json!({ "containerId": shop.container, "customerIdentification": identification });
            json!({ "by": { "customerIdentification": key } })
        };

        let (none, poor) = cost(world, &shop, CUSTOMER_360, of("customer-0")).await;
        let (three, rich) = cost(world, &shop, CUSTOMER_360, of("customer-3")).await;
        let (missing, nothing) = cost(world, &shop, CUSTOMER_360, of("nobody")).await;

        let payments = |data: &Value| data["profile"]["payments"]["nodes"].as_array().map(Vec::len);
        // Two registrations, and what was bought.
        assert_eq!((payments(&poor), payments(&rich)), (Some(2), Some(5)));
        assert_eq!(rich["profile"]["instruments"].as_array().map(Vec::len), Some(2));
        assert!(three <= 4, "{three} statements");
        assert_eq!(none, three, "independent of how many rows come back");
        assert!(missing <= 4 && nothing["profile"].is_null(), "{missing} statements for nothing");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_customers_costs_three_statements_however_long_it_is() {
    each_database(async |world| {
        let shop = world.root_tenant("shop").await.shop().await;
        customers(&shop, 25).await;
        let first = |count: usize| json!({ "first": count, "filter": { "containerId": shop.container } });

        let mut costs = Vec::new();
        for count in [1, 5, 25] {
            let (cost, data) = cost(world, &shop, CUSTOMERS, first(count)).await;
            assert_eq!(data["profiles"]["nodes"].as_array().map(Vec::len), Some(count));
            costs.push(cost);
        }

        assert!(costs[0] <= 3, "{costs:?} statements");
        assert!(costs.iter().all(|cost| *cost == costs[0]), "{costs:?} statements for 1, 5 and 25 customers");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_up_costs_one_statement() {
    each_database(async |world| {
        let shop = world.root_tenant("shop").await.shop().await;
        let token = customers(&shop, 2).await.pop().expect("two customers");
        let router = shop.tenant.router("main", &[&shop.connector]).await;
        let document = "query($t: String!) { instrument(by: {paymentToken: $t}) { id profile { id guid } } payments(first: 1) { nodes { id merchantTransactionId } } }";
        let read = shop.tenant.query(document, json!({ "t": token })).await;
        let (profile, guid) = (read.text("instrument.profile.id"), read.text("instrument.profile.guid"));
        let (instrument, payment) = (read.text("instrument.id"), read.text("payments.nodes.0.id"));
        let order = read.text("payments.nodes.0.merchantTransactionId");
        let Shop { tenant, connector, container } = &shop;
        for look_up in [
            format!("profile(by: {{id: \"{profile}\"}}) {{ id name email version }}"),
            format!("profile(by: {{guid: \"{guid}\"}}) {{ id container {{ name permissions }} externalId tags }}"),
            format!("profile(by: {{customerIdentification: {{containerId: \"{container}\", customerIdentification: \"customer-1\"}}}}) {{ id }}"),
            "profile(by: {externalId: \"none\"}) { id }".to_owned(),
            format!("payment(by: {{id: \"{payment}\"}}) {{ id status amount {{ amount }} }}"),
            format!("payment(by: {{merchantTransactionId: \"{order}\"}}) {{ id status }}"),
            format!("instrument(by: {{id: \"{instrument}\"}}) {{ id displayName isPreferred }}"),
            format!("instrument(by: {{paymentToken: \"{token}\"}}) {{ id displayName }}"),
            format!("container(id: \"{container}\") {{ id name permissions }}"),
            format!("connector(id: \"{connector}\") {{ id name }}"),
            format!("router(id: \"{router}\") {{ id name }}"),
            format!("tenant(by: {{id: \"{}\"}}) {{ id name }}", tenant.id),
            format!("tenant(by: {{slug: \"{}\"}}) {{ id name }}", tenant.slug),
            format!("node(id: \"{profile}\") {{ id ... on Profile {{ name }} }}"),
            format!("nodes(ids: [\"{profile}\", \"{profile}\"]) {{ id }}"),
            "payments(first: 5) { nodes { id status } }".to_owned(),
            "connectors { nodes { id name } }".to_owned(),
        ] {
            let (cost, data) = cost(world, &shop, &format!("{{ {look_up} }}"), json!({})).await;
            assert_eq!(cost, 1, "statements for {look_up}: {data}");
        }
        assert_eq!(cost(world, &shop, "{ viewer { kind scopes } }", json!({})).await.0, 0, "who asks is known");
    })
    .await;
}
