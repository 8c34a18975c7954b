//! What the graph tells of a payment besides its state: events, ledger, attempts, disputes, orders; and to whom.

use std::time::Duration;

use purser_tests::each_database;
use serde_json::{Value, json};

use super::eur;
use super::stage::{Stage, with};

const NEIGHBOURS: &str = "query($id: ID!) { node(id: $id) { ... on Payment {
    events(first: 1) { nodes { id payment { id } attempt { id } } }
    attempts { id payment { id } } disputes { id payment { id } } order { id payments { nodes { id } } } } } }";

#[tokio::test(flavor = "multi_thread")]
async fn objects_are_found_by_id_and_lead_to_their_neighbours_and_nobody_else_sees_them() {
    each_database(async |world| {
        let stage = Stage::open(world).await;
        let order = json!({ "externalId": "o-1", "lines": [{ "name": "tea", "quantity": 3, "unitAmount": eur("3.00") }],
            "shipping": eur("0.99"), "total": eur("9.99") });
        let order = stage.shop.tenant.done("submitOrder", order, "order { id }", "order.id").await;
        let paying = with(stage.card("tok_createDispute", "9.99"), json!({ "orderId": order }));
        let payment = stage.play("debitPayment", paying).await;
        world.advance(Duration::from_secs(30));
        stage.hear().await;

        let read = stage.shop.tenant.query(NEIGHBOURS, json!({ "id": payment })).await;
        let event = read.text("node.events.nodes.0.id");
        let (attempt, dispute) = (read.text("node.attempts.0.id"), read.text("node.disputes.0.id"));
        for path in ["events.nodes.0.payment.id", "attempts.0.payment.id", "disputes.0.payment.id"] {
            assert_eq!(read.text(&format!("node.{path}")), payment, "{path}");
        }
        assert_eq!(read.text("node.order.payments.nodes.0.id"), payment);
        let ids = json!({ "ids": [event, attempt, dispute, order] });
        let document = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }";
        let own = stage.shop.tenant.query(document, ids.clone()).await;
        let shown = json!([
            { "__typename": "Event", "id": event }, { "__typename": "PaymentAttempt", "id": attempt },
            { "__typename": "Dispute", "id": dispute }, { "__typename": "Order", "id": order },
        ]);
        assert_eq!(own.data("nodes"), &shown);
        let others =
            [world.root_tenant("other").await, stage.shop.tenant.child("below").await, stage.shop.tenant.live().await];
        for other in &others {
            let answer = other.query(document, ids.clone()).await;
            assert_eq!(answer.data("nodes"), &json!([null, null, null, null]), "{other:?}");
        }
        let narrow = stage.shop.tenant.with_scopes(&["payments:read"]).await;
        let answer = narrow.query(document, ids).await;
        assert_eq!(answer.data("nodes.3"), &Value::Null, "orders:read");
        assert_eq!(answer.text("nodes.0.id"), event);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_paged_newest_first_and_counted() {
    each_database(async |world| {
        let stage = Stage::open(world).await;
        let id = stage.play("debitPayment", stage.card("tok_visa", "9.99")).await;
        for _ in 0..5 {
            stage.play("refundPayment", json!({ "paymentId": id, "amount": eur("0.01") })).await;
        }
        let page = async |arguments: &str| {
            let document = format!(
                "{{ node(id: \"{id}\") {{ ... on Payment {{ events({arguments}) {{ totalCount nodes {{ position }}
                    pageInfo {{ hasNextPage hasPreviousPage endCursor startCursor }} }} }} }} }}"
            );
            let answer = stage.shop.tenant.query(&document, json!({})).await;
            let nodes = answer.data("node.events.nodes").as_array().cloned().unwrap_or_default();
            assert_eq!(answer.data("node.events.totalCount"), &json!(7));
            let positions: Vec<i64> = nodes.iter().filter_map(|node| node["position"].as_i64()).collect();
            (positions, answer.data("node.events.pageInfo").clone())
        };

        let (first, info) = page("first: 3").await;
        assert_eq!((first, &info["hasNextPage"]), (vec![7, 6, 5], &json!(true)));
        let (second, info) = page(&format!("first: 3, after: {}", info["endCursor"])).await;
        assert_eq!((second, &info["hasPreviousPage"]), (vec![4, 3, 2], &json!(true)));
        let (third, info) = page(&format!("first: 3, after: {}", info["endCursor"])).await;
        assert_eq!((third, &info["hasNextPage"]), (vec![1], &json!(false)));
        let (last, info) = page("last: 2").await;
        assert_eq!((last, &info["hasPreviousPage"]), (vec![2, 1], &json!(true)));
        let (before, _) = page(&format!("last: 2, before: {}", info["startCursor"])).await;
        assert_eq!(before, [4, 3]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn histories_of_a_list_cost_as_many_statements_as_of_one() {
    each_database(async |world| {
        let stage = Stage::open(world).await;
        for _ in 0..6 {
            stage.play("debitPayment", stage.card("tok_visa", "9.99")).await;
        }
        let mut costs = Vec::new();
        for first in [1, 3, 6] {
            let document = format!(
                "{{ payments(first: {first}) {{ nodes {{ id events {{ nodes {{ kind }} }} ledger {{ debit }} disputes {{ id }}
                    attempts {{ status }} order {{ id }} referencePayment {{ id }} }} }} }}"
            );
            let mut least = u64::MAX;
            for _ in 0..3 {
                let before = world.statements();
                let answer = stage.shop.tenant.query(&document, json!({})).await;
                assert_eq!(answer.count("payments.nodes"), first, "{answer}");
                least = least.min(world.statements() - before);
            }
            costs.push(least);
        }
        assert_eq!(costs, [5, 5, 5], "the list, events, ledgers, disputes, attempts");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_adds_up_and_stands_where_its_payments_put_it() {
    each_database(async |world| {
        let stage = Stage::open(world).await;
        let tenant = &stage.shop.tenant;
        let line = |quantity: i64, price: &str| json!({ "name": "tea", "sku": "t", "quantity": quantity, "unitAmount": eur(price) });
        let order = json!({
            "externalId": "o-1",
            "lines": [with(line(2, "5.00"), json!({ "discount": eur("1.00"), "tax": eur("0.90") })), line(1, "2.10")],
            "discounts": [{ "name": "spring", "amount": eur("2.00") }],
            "shipping": eur("4.00"),
        });
        let wrong = with(order.clone(), json!({ "total": eur("14.01") }));
        let refused = tenant.mutate("submitOrder", wrong, "order { id }").await;
        assert_eq!(refused.refusal("submitOrder"), "ORDER_TOTAL_MISMATCH");
        for (change, code) in [
            (json!({ "shipping": { "amount": "4.00", "currency": "USD" } }), "CURRENCY_MISMATCH"),
            (json!({ "lines": [] }), "INVALID_INPUT"),
            (json!({ "lines": [line(0, "1.00")] }), "INVALID_INPUT"),
            (json!({ "lines": [line(1, "1.001")] }), "INVALID_AMOUNT"),
            (json!({ "profileId": "prf_00000000000000000000000000" }), "PROFILE_NOT_FOUND"),
        ] {
            let wrong = with(with(order.clone(), json!({ "total": eur("14.00") })), change.clone());
            let refused = tenant.mutate("submitOrder", wrong, "order { id }").await;
            assert_eq!(refused.refusal("submitOrder"), code, "{change}: {refused}");
        }
        let right = with(order, json!({ "total": eur("14.00") }));
        let id = tenant.done("submitOrder", right.clone(), "order { id }", "order.id").await;
        let twice = tenant.mutate("submitOrder", right, "order { id }").await;
        assert_eq!(twice.refusal("submitOrder"), "DUPLICATE_ORDER_ID");

        let stands = async |expected: &str| {
            let document = "{ order(by: { externalId: \"o-1\" }) { id status subtotal { amount } discount { amount } tax { amount } total { amount } }
                orders { totalCount nodes { status } } }";
            let answer = tenant.query(document, json!({})).await;
            assert_eq!(answer.text("order.status"), expected, "{answer}");
            assert_eq!(answer.data("orders"), &json!({ "totalCount": 1, "nodes": [{ "status": expected }] }));
            let sums = ["subtotal", "discount", "tax", "total"].map(|sum| answer.text(&format!("order.{sum}.amount")));
            assert_eq!(sums, ["12.10", "3.00", "0.90", "14.00"]);
        };
        stands("OPEN").await;
        let pay = |amount: &str| with(stage.card("tok_visa", amount), json!({ "orderId": id }));
        let first = stage.play("debitPayment", pay("10.00")).await;
        stands("PARTIALLY_PAID").await;
        let second = stage.play("debitPayment", pay("4.00")).await;
        stands("PAID").await;
        let third = stage.play("debitPayment", pay("0.01")).await;
        stands("OVERPAID").await;
        for payment in [&first, &second, &third] {
            stage.play("refundPayment", json!({ "paymentId": payment })).await;
        }
        stands("REFUNDED").await;
        let foreign = with(stage.card("tok_visa", "1.00"), json!({ "orderId": "ord_00000000000000000000000000" }));
        stage.refused("debitPayment", foreign, "ORDER_NOT_FOUND").await;
        let dollars = with(pay("1.00"), json!({ "amount": { "amount": "1.00", "currency": "USD" } }));
        stage.refused("debitPayment", dollars, "CURRENCY_MISMATCH").await;
        let delivered = json!({ "orderId": id, "carrier": "Post", "tracking": "T1", "deliveredAt": world.in_future(Duration::ZERO) });
        let selection = "order { status fulfilment { carrier tracking } }";
        let answer = tenant.mutate("fulfilOrder", delivered, selection).await;
        let expected = json!({ "status": "FULFILLED", "fulfilment": { "carrier": "Post", "tracking": "T1" } });
        assert_eq!(answer.data("fulfilOrder.order"), &expected);
        stands("FULFILLED").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_sees_what_is_in_review_and_decides_with_a_reason() {
    each_database(async |world| {
        let stage = Stage::open(world).await;
        let done = stage.play("debitPayment", stage.card("tok_wrongAmount", "9.99")).await;
        let not_done = stage.play("debitPayment", stage.card("tok_wrongCurrency", "9.99")).await;
        let fine = stage.play("debitPayment", stage.card("tok_visa", "9.99")).await;

        let document = "{ attemptsInReview { totalCount nodes { id review payment { id } } } }";
        let queue = stage.shop.tenant.query(document, json!({})).await;
        let in_review: Vec<(String, String)> = [0, 1]
            .map(|at| {
                let of = |path: &str| queue.text(&format!("attemptsInReview.nodes.{at}.{path}"));
                assert_eq!(of("review"), "integrity");
                (of("id"), of("payment.id"))
            })
            .into();
        assert_eq!((&in_review[0].1, &in_review[1].1), (&not_done, &done), "newest first");
        assert_eq!(queue.data("attemptsInReview.totalCount"), &json!(2));
        let decide = |attempt: &str, outcome: &str| {
            json!({ "attemptId": attempt, "outcome": outcome, "reason": "seen in the processor's dashboard" })
        };
        let narrow = stage.shop.tenant.with_scopes(&["payments:read", "payments:write"]).await;
        let refused = narrow.mutate("resolveAttempt", decide(&in_review[1].0, "SUCCEEDED"), "payment { id }").await;
        assert_eq!(refused.error_codes(), ["FORBIDDEN"], "{refused}");
        let document = format!("{{ node(id: \"{fine}\") {{ ... on Payment {{ attempts {{ id }} }} }} }}");
        let other = stage.shop.tenant.query(&document, json!({})).await.text("node.attempts.0.id");
        stage.refused("resolveAttempt", decide(&other, "FAILED"), "ATTEMPT_NOT_IN_REVIEW").await;
        stage.refused("resolveAttempt", decide("att_00000000000000000000000000", "FAILED"), "ATTEMPT_NOT_FOUND").await;

        stage.play("resolveAttempt", decide(&in_review[1].0, "SUCCEEDED")).await;
        stage.play("resolveAttempt", decide(&in_review[0].0, "FAILED")).await;

        let seen = stage.stands(&done, "SUCCEEDED", [999, 999, 0, 0]).await;
        assert!(seen.events.contains(&"ATTEMPT_RESOLVED".to_owned()), "{seen}");
        stage.stands(&not_done, "FAILED", [0, 0, 0, 0]).await;
        let queue = stage.shop.tenant.query("{ attemptsInReview { totalCount } }", json!({})).await;
        assert_eq!(queue.data("attemptsInReview.totalCount"), &json!(0));
    })
    .await;
}
