//! What is in doubt stays in doubt: never repeated, never sent elsewhere, never forgotten.

use std::time::Duration;

use purser_tests::{each_database, eventually};
use serde_json::{Value, json};

use super::{attempts, booked, ended, eur, fresh, fresh_for, shop, standing, stands};

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_outcome_is_pending_and_asked_for_once() {
    each_database(async |world| {
        let shop = shop(world).await;
        let other = shop.tenant.connector("other", "southbank").await;
        let router = shop.tenant.router("main", &[&shop.connector, &other]).await;
        let through_router = |token: &str, amount: &str| {
            json!({ "routerId": router, "payWith": { "transactionToken": token }, "amount": eur(amount) })
        };
        for (token, amount, is_booked) in [
            ("tok_unknownOutcome", "9.99", true),
            ("tok_slowAnswer", "9.99", true),
            ("tok_visa", "77.00", true),
            ("tok_visa", "77.01", true),
            ("tok_visa", "77.04", false),
            ("tok_visa", "77.05", true),
            ("tok_visa", "77.07", false),
        ] {
            let (sent, before) = (world.gate().sent(), booked(world).len());
            let unknown = shop.tenant.debit(through_router(token, amount)).await;
            assert_eq!(standing(&unknown, "debitPayment"), stands("PENDING", "0.00", "0.00"), "{token} {amount}");
            assert_eq!(attempts(&unknown, "debitPayment"), ended(&[("SALE", "UNKNOWN")]), "{token} {amount}");
            assert_eq!(world.gate().sent(), sent + 1, "{token} {amount} was sent once");
            assert_eq!(booked(world).len(), before + usize::from(is_booked), "{token} {amount}");
        }
        assert_eq!(world.books("southbank").operations().count(), 0, "nobody else was asked");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_processor_will_tell_later_is_pending() {
    each_database(async |world| {
        let shop = shop(world).await;
        for (token, amount) in [
            ("tok_delayedSuccess", "9.99"),
            ("tok_delayedDecline", "9.99"),
            ("tok_visa", "77.02"),
            ("tok_bank_transfer", "9.99"),
        ] {
            let pending = shop.tenant.debit(fresh_for(&shop, token, amount)).await;
            assert_eq!(
                standing(&pending, "debitPayment"),
                stands("PENDING", "0.00", "0.00"),
                "{token} {amount}"
            );
            assert_eq!(attempts(&pending, "debitPayment"), ended(&[("SALE", "PENDING")]), "{token} {amount}");
            let id = pending.text("debitPayment.payment.id");
            assert_eq!(shop.tenant.refund(&id, None).await.refusal("refundPayment"), "NOT_REFUNDABLE");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_capture_or_refund_in_doubt_keeps_its_amount_set_aside() {
    each_database(async |world| {
        let shop = shop(world).await;
        let reserved = shop.tenant.preauthorize(fresh_for(&shop, "tok_visa", "100.00")).await;
        let reserved = reserved.text("preauthorizePayment.payment.id");
        let taken =
            shop.tenant.debit(fresh_for(&shop, "tok_visa", "100.00")).await.text("debitPayment.payment.id");

        let capture = shop.tenant.capture(&reserved, Some(eur("88.00"))).await;
        let refund = shop.tenant.refund(&taken, Some(eur("88.00"))).await;

        assert_eq!(standing(&capture, "capturePayment"), stands("AUTHORIZED", "0.00", "0.00"));
        assert_eq!(capture.text("capturePayment.payment.capturable.amount"), "12.00");
        assert_eq!(standing(&refund, "refundPayment"), stands("SUCCEEDED", "100.00", "0.00"));
        assert_eq!(refund.text("refundPayment.payment.refundable.amount"), "12.00");
        let beyond = shop.tenant.capture(&reserved, Some(eur("12.01"))).await;
        assert_eq!(beyond.refusal("capturePayment"), "AMOUNT_EXCEEDS_AUTHORIZED");
        let beyond = shop.tenant.refund(&taken, Some(eur("12.01"))).await;
        assert_eq!(beyond.refusal("refundPayment"), "AMOUNT_EXCEEDS_REFUNDABLE");
        let declined = shop.tenant.refund(&taken, Some(eur("12.00"))).await;
        assert_eq!(standing(&declined, "refundPayment"), stands("PARTIALLY_REFUNDED", "100.00", "12.00"));
        assert_eq!(booked(world), [(8_800, 0), (10_000, 10_000)]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_declined_refund_leaves_the_payment_as_it_was() {
    each_database(async |world| {
        let shop = shop(world).await;
        let taken =
            shop.tenant.debit(fresh_for(&shop, "tok_visa", "100.00")).await.text("debitPayment.payment.id");

        let declined = shop.tenant.refund(&taken, Some(eur("88.01"))).await;

        assert_eq!(standing(&declined, "refundPayment"), stands("SUCCEEDED", "100.00", "0.00"));
        assert_eq!(
            declined.text("refundPayment.payment.refundable.amount"),
            "100.00",
            "nothing stays set aside"
        );
        assert_eq!(
            attempts(&declined, "refundPayment"),
            ended(&[("SALE", "SUCCEEDED"), ("REFUND", "DECLINED")])
        );
        assert_eq!(booked(world), [(10_000, 0)]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_is_recorded_before_the_processor_is_asked() {
    each_database(async |world| {
        let shop = shop(world).await;
        let mut input = fresh(&shop, "tok_visa");
        input["merchantTransactionId"] = json!("slow");
        world.gate().close();
        let paying = tokio::spawn({
            let (client, input) = (shop.tenant.client.clone(), json!({ "input": input_with_amount(input) }));
            async move { client.query("mutation($input: DebitPaymentInput!) { debitPayment(input: $input) { payment { status } } }", input).await }
        });
        world.gate().arrived(1).await;

        let document = "{ payment(by: { merchantTransactionId: \"slow\" }) { status attempts { operation status finishedAt } } }";
        let read = shop.tenant.query(document, json!({})).await;
        let expected = json!({ "status": "PROCESSING", "attempts": [{ "operation": "SALE", "status": "STARTED", "finishedAt": null }] });
        assert_eq!(read.data("payment"), &expected);

        world.gate().open();
        let paid = paying.await.expect("no panic");
        assert_eq!(paid.text("debitPayment.payment.status"), "SUCCEEDED");
    })
    .await;
}

fn input_with_amount(mut input: Value) -> Value {
    input["amount"] = eur("9.99");
    input
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_hangs_up_in_the_middle_changes_nothing() {
    each_database(async |world| {
        let shop = shop(world).await;
        let mut input = input_with_amount(fresh(&shop, "tok_visa_alex"));
        input["merchantTransactionId"] = json!("gone");
        input["customerProfileData"] = json!({ "customerIdentification": "alex", "markAsPreferred": true });
        let document = "mutation($input: DebitPaymentInput!) { debitPayment(input: $input) { payment { status } } }";
        world.gate().close();
        let paying = tokio::spawn({
            // A client of its own has a connection of its own, which goes with it.
            let client = shop.tenant.client.detached();
            async move { client.query(document, json!({ "input": input })).await }
        });
        world.gate().arrived(1).await;

        paying.abort();
        assert!(paying.await.is_err(), "the client is gone");
        world.gate().open();

        let read = async || {
            let document = "{ payment(by: { merchantTransactionId: \"gone\" }) { status captured { amount }
                instrument { isPreferred } profile { customerIdentification instruments { method } } attempts { status } } }";
            shop.tenant.query(document, json!({})).await.data("payment").clone()
        };
        eventually("the payment is recorded", async || read().await["status"] == json!("SUCCEEDED")).await;
        let expected = json!({ "status": "SUCCEEDED", "captured": { "amount": "9.99" },
            "instrument": { "isPreferred": true },
            "profile": { "customerIdentification": "alex", "instruments": [{ "method": "card" }] },
            "attempts": [{ "status": "SUCCEEDED" }] });
        assert_eq!(read().await, expected);
        assert_eq!(booked(world), [(999, 0)]);
    })
    .await;
}

/// The moments straddle everything between the first byte and the last: before the payment is written down,
/// while the processor is asked, while its answer is written down.
#[tokio::test(flavor = "multi_thread")]
async fn clients_that_hang_up_at_any_moment_leave_our_records_equal_to_the_books() {
    const CLIENTS: u64 = 60;
    each_database(async |world| {
        let shop = shop(world).await;
        let document =
            "mutation($input: DebitPaymentInput!) { debitPayment(input: $input) { payment { status } } }";
        let mut cut = 0;
        for at in 0..CLIENTS {
            let mut input = input_with_amount(fresh(&shop, "tok_visa"));
            input["merchantTransactionId"] = json!(format!("order-{at}"));
            let client = shop.tenant.client.detached();
            let paying = client.query(document, json!({ "input": input }));
            // Close together at first and further apart later, since machines differ in how long a payment takes.
            let patience = Duration::from_micros(3 * at * at);
            cut += u64::from(tokio::time::timeout(patience, paying).await.is_err());
        }

        let read = async || {
            let document = "{ payments(first: 100) { nodes { status captured { minorUnits } } } }";
            let answer = shop.tenant.query(document, json!({})).await;
            answer.data("payments.nodes").as_array().cloned().unwrap_or_default()
        };
        let is_settled = async || {
            let payments = read().await;
            // What a client that is gone had asked for may still arrive between two looks: one look says it all.
            let is_done = |payment: &Value| {
                payment["status"] == json!("SUCCEEDED") && payment["captured"]["minorUnits"] == json!("999")
            };
            payments.iter().all(is_done) && payments.len() == booked(world).len()
        };
        eventually("all that was asked for is settled, as often as it is booked", is_settled).await;
        let paid = booked(world).len();
        assert!(cut >= 5 && paid >= 5, "{cut} clients of {CLIENTS} hung up, {paid} paid");
    })
    .await;
}
