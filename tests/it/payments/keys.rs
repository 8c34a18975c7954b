//! Idempotency keys as clients send them: in the input, in the header, and both.

use purser_tests::{Answer, each_database};
use serde_json::{Value, json};

use super::stage::{Stage, with};
use super::{booked, eur};

const DEBIT: &str = "mutation($input: DebitPaymentInput!) { debitPayment(input: $input) { payment { id status } userErrors { code field message } } }";

/// Posts a document with an `Idempotency-Key`.
async fn post(stage: &Stage<'_>, key: &str, document: &str, variables: Value) -> Answer {
    let client = &stage.shop.tenant.client;
    let body = json!({ "query": document, "variables": variables }).to_string();
    let request = client.request("POST").header("content-type", "application/json");
    client.send(request.header("idempotency-key", key).body(body)).await
}

fn id(answer: &Answer) -> String {
    answer.text("debitPayment.payment.id")
}

#[tokio::test(flavor = "multi_thread")]
async fn header_and_input_are_one_key() {
    each_database(async |world| {
        let stage = Stage::open(world).await;
        let input = stage.card("tok_visa", "9.99");
        let keyed = with(input.clone(), json!({ "idempotencyKey": "k-1" }));

        let by_input = stage.shop.tenant.query(DEBIT, json!({ "input": keyed })).await;
        let by_header = post(&stage, "k-1", DEBIT, json!({ "input": input })).await;
        let quoted = post(&stage, "\"k-1\"", DEBIT, json!({ "input": input })).await;
        let both = post(&stage, "k-1", DEBIT, json!({ "input": keyed })).await;

        for again in [&by_header, &quoted, &both] {
            assert_eq!(id(again), id(&by_input), "{again}");
        }
        assert_eq!((booked(world), world.gate().sent()), (vec![(999, 0)], 1));
        let differ = post(&stage, "k-2", DEBIT, json!({ "input": keyed })).await;
        assert_eq!(differ.error_codes(), ["BAD_USER_INPUT"], "{differ}");
        assert_eq!(world.gate().sent(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_may_be_spelled_in_many_ways() {
    each_database(async |world| {
        let stage = Stage::open(world).await;
        let connector = &stage.shop.connector;
        let documents = [
            format!(
                "mutation {{ debitPayment(input: {{ merchantTransactionId: \"t-1\", connectorId: \"{connector}\", source: API,
                    payWith: {{ transactionToken: \"tok_visa\" }}, amount: {{ amount: \"9.99\", currency: \"EUR\" }} }}) {{ payment {{ id }} }} }}"
            ),
            format!(
                "mutation {{ debitPayment(input: {{ amount: {{ currency: \"EUR\", amount: \"9.99\" }}, payWith: {{ transactionToken: \"tok_visa\" }},
                    source: API, connectorId: \"{connector}\", merchantTransactionId: \"t-1\" }}) {{ payment {{ id status version }} userErrors {{ code }} }} }}"
            ),
            format!(
                "mutation($amount: MoneyInput!, $source: PaymentSource, $t: String!) {{ debitPayment(input: {{ amount: $amount, payWith: {{ transactionToken: $t }},
                    source: $source, connectorId: \"{connector}\", merchantTransactionId: \"t-1\" }}) {{ payment {{ id }} }} }}"
            ),
        ];
        let variables = json!({ "amount": eur("9.99"), "source": "API", "t": "tok_visa" });
        let mut ids = Vec::new();
        for document in &documents {
            let given = if document.contains('$') { variables.clone() } else { json!({}) };
            ids.push(id(&post(&stage, "k-1", document, given).await));
        }

        assert_eq!(ids, vec![ids[0].clone(); 3]);
        assert_eq!(booked(world), [(999, 0)]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_comes_with_anything_else_is_refused() {
    each_database(async |world| {
        let stage = Stage::open(world).await;
        let input = with(stage.card("tok_visa", "9.99"), json!({ "idempotencyKey": "k-1" }));
        let first = stage.shop.tenant.query(DEBIT, json!({ "input": input })).await;
        let payment = id(&first);

        for change in [
            json!({ "amount": eur("9.98") }),
            json!({ "payWith": { "transactionToken": "tok_mastercard" } }),
            json!({ "merchantTransactionId": "another" }),
            json!({ "description": "more" }),
            json!({ "metadata": { "a": 1 } }),
            json!({ "customer": { "ipAddress": "192.0.2.1" } }),
        ] {
            let other = with(input.clone(), change.clone());
            let refused = stage.shop.tenant.query(DEBIT, json!({ "input": other })).await;
            let expected = [("IDEMPOTENCY_KEY_REUSED".to_owned(), "idempotencyKey".to_owned())];
            assert_eq!(refused.user_errors("debitPayment"), expected, "{change}");
        }
        let refund =
            |amount: &str| json!({ "paymentId": payment, "amount": eur(amount), "idempotencyKey": "k-1" });
        stage.play("refundPayment", refund("1.00")).await;
        stage.play("refundPayment", refund("1.00")).await;
        stage.refused("refundPayment", refund("2.00"), "IDEMPOTENCY_KEY_REUSED").await;
        stage.stands(&payment, "PARTIALLY_REFUNDED", [999, 999, 100, 0]).await;
        assert_eq!(booked(world), [(999, 100)], "a key belongs to its mutation");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_request_leaves_its_key_free_and_a_bad_key_is_refused() {
    each_database(async |world| {
        let stage = Stage::open(world).await;
        let good = with(stage.card("tok_visa", "9.99"), json!({ "idempotencyKey": "k-1" }));
        stage
            .refused("debitPayment", with(good.clone(), json!({ "amount": eur("0") })), "INVALID_AMOUNT")
            .await;
        let other = with(good.clone(), json!({ "connectorId": "con_00000000000000000000000000" }));
        stage.refused("debitPayment", other, "CONNECTOR_NOT_FOUND").await;
        stage.play("debitPayment", good.clone()).await;
        assert_eq!(booked(world), [(999, 0)]);

        for key in ["", " ", "a b", "é", "a\nb", "\u{7f}", &"x".repeat(256)] {
            let bad = with(stage.card("tok_visa", "9.99"), json!({ "idempotencyKey": key }));
            let refused = stage.ask("debitPayment", bad).await;
            let expected = [("INVALID_INPUT".to_owned(), "idempotencyKey".to_owned())];
            assert_eq!(refused.user_errors("debitPayment"), expected, "{key:?}");
        }
        assert_eq!(world.gate().sent(), 1);
    })
    .await;
}

/// Every mutation that takes a key, with an input that is carried out and what is selected of the answer.
async fn cases(stage: &Stage<'_>) -> Vec<(&'static str, Value, &'static str)> {
    let (tenant, connector) = (&stage.shop.tenant, &stage.shop.connector);
    let account = json!({ "processor": "northbank", "account": "twice", "api_key": "sbx_twice" });
    let reserved = stage.play("preauthorizePayment", stage.card("tok_visa", "9.99")).await;
    let waiting = stage.play("createPayment", stage.nothing("9.99")).await;
    let idle = stage.play("createPayment", stage.nothing("9.99")).await;
    let acting = stage.play("debitPayment", stage.card("tok_otp", "9.99")).await;
    let spare = tenant.child("spare").await;
    let code = json!([{ "name": "code", "value": "123456" }]);
    let line = json!({ "name": "tea", "unitAmount": eur("9.99") });
    vec![
        ("createTenant", json!({ "slug": "twice", "name": "twice" }), "tenant { id }"),
        ("createApiKey", json!({ "kind": "SECRET", "name": "twice" }), "apiKey { id }"),
        ("createContainer", json!({ "name": "twice" }), "container { id }"),
        (
            "shareContainer",
            json!({ "containerId": stage.shop.container, "granteeTenantId": spare.id, "permissions": ["READ_PROFILE"] }),
            "share { id }",
        ),
        ("createProfile", json!({ "name": "twice" }), "profile { id }"),
        ("upsertProfile", json!({ "customerIdentification": "twice" }), "profile { id }"),
        (
            "createConnector",
            json!({ "pluginId": "sandbox", "name": "twice", "settings": account }),
            "connector { id }",
        ),
        ("createRouter", json!({ "name": "twice", "connectorIds": [connector] }), "router { id }"),
        ("debitPayment", stage.card("tok_visa", "9.99"), "payment { id }"),
        ("preauthorizePayment", stage.card("tok_visa", "9.99"), "payment { id }"),
        ("createPayment", stage.nothing("9.99"), "payment { id }"),
        (
            "registerInstrument",
            json!({ "merchantTransactionId": "twice", "connectorId": connector, "payWith": { "transactionToken": "tok_visa" },
                "customerProfileData": { "customerIdentification": "twice" } }),
            "payment { id }",
        ),
        (
            "commitPayment",
            json!({ "paymentId": waiting, "payWith": { "transactionToken": "tok_visa" } }),
            "payment { id status }",
        ),
        ("resumePayment", json!({ "paymentId": acting, "parameters": code }), "payment { id status }"),
        ("cancelPayment", json!({ "paymentId": idle }), "payment { id status }"),
        (
            "incrementAuthorization",
            json!({ "paymentId": reserved, "amount": eur("1.00") }),
            "payment { id authorized { amount } }",
        ),
        (
            "capturePayment",
            json!({ "paymentId": reserved, "amount": eur("1.00") }),
            "payment { id captured { amount } }",
        ),
        ("voidPayment", json!({ "paymentId": reserved }), "payment { id status }"),
        (
            "refundPayment",
            json!({ "paymentId": reserved, "amount": eur("0.50") }),
            "payment { id refunded { amount } }",
        ),
        ("syncPayment", json!({ "paymentId": reserved }), "payment { id }"),
        (
            "submitOrder",
            json!({ "externalId": "twice", "lines": [line], "total": eur("9.99") }),
            "order { id }",
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_mutation_that_makes_or_moves_answers_a_repetition_with_what_there_is() {
    each_database(async |world| {
        let stage = Stage::open(world).await;
        let tenant = &stage.shop.tenant;
        for (mutation, input, selection) in cases(&stage).await {
            let keyed = with(input, json!({ "idempotencyKey": format!("key-of-{mutation}") }));
            let first = tenant.mutate(mutation, keyed.clone(), selection).await;
            assert_eq!(first.user_errors(mutation), [], "{mutation}");
            let sent = world.gate().sent();
            let again = tenant.mutate(mutation, keyed, selection).await;
            assert_eq!(again.body, first.body, "{mutation}");
            assert_eq!(world.gate().sent(), sent, "{mutation} was sent twice");
        }
    })
    .await;
}
