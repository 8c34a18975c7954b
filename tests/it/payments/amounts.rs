//! Amounts that are none, amounts at their bounds, and amounts that no longer fit: each is told what it is, and
//! nothing is kept or sent.

use purser_tests::{Answer, each_database};
use serde_json::{Value, json};

use super::stage::{Stage, with};
use super::{booked, eur};

/// The largest payment in minor units.
const MAX: i64 = 1_000_000_000_000_000;

fn money(amount: &str, currency: &str) -> Value {
    json!({ "amount": { "amount": amount, "currency": currency } })
}

/// Minor units as the text of an amount with so many decimals.
fn major(minor: i64, decimals: usize) -> String {
    let digits = format!("{minor:0width$}", width = decimals + 1);
    let (whole, rest) = digits.split_at(digits.len() - decimals);
    if decimals == 0 { digits } else { format!("{whole}.{rest}") }
}

/// How many payments there are, and how many requests were sent.
async fn traces(stage: &Stage<'_>) -> (Value, usize) {
    let answer = stage.shop.tenant.query("{ payments { totalCount } }", json!({})).await;
    (answer.data("payments.totalCount").clone(), stage.world.gate().sent())
}

async fn debit(stage: &Stage<'_>, amount: Value) -> Answer {
    stage.shop.tenant.debit(with(stage.card("tok_visa", "1.00"), amount)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_amount_of_its_currency_is_refused_and_leaves_no_trace() {
    each_database(async |world| {
        let stage = Stage::open(world).await;
        let before = traces(&stage).await;
        // Zero, one below and one above the bounds, and the bounds of other machines, in each exponent.
        for (decimals, currency) in [(0, "JPY"), (2, "EUR"), (3, "KWD"), (4, "CLF")] {
            let too_precise = format!("1.{}1", "0".repeat(decimals));
            for amount in [
                "0",
                "-0",
                "-1",
                &major(MAX + 1, decimals),
                &major((1 << 53) + 1, decimals),
                &major(i64::MAX, decimals),
                "9223372036854775808",
                "99999999999999999999999999999999",
                &too_precise,
            ] {
                let refused = debit(&stage, money(amount, currency)).await;
                let error = [("INVALID_AMOUNT".to_owned(), "amount".to_owned())];
                assert_eq!(refused.user_errors("debitPayment"), error, "{amount} {currency}");
            }
        }
        for amount in [
            "", " ", " 9", "9 ", "+9", "9.", ".9", "9..9", "9.9.9", "9,99", "1_000", "1,000", "1'000", "1e2",
            "1E2", "1e-7", "0x10", "0b1", "1.005", "NaN", "inf", "-inf", "٩٫٩٩", "９", "9\u{a0}", "9\0",
            "one", "--1", "½",
        ] {
            let refused = debit(&stage, money(amount, "EUR")).await;
            assert_eq!(refused.refusal("debitPayment"), "INVALID_AMOUNT", "{amount:?}: {refused}");
            assert!(
                amount.trim().len() < 3 || !refused.raw.contains(amount),
                "no echo of {amount:?}: {refused}"
            );
        }
        for amount in [json!(9.99), json!(999), json!(true), json!(["9.99"]), json!({}), Value::Null] {
            let refused = debit(&stage, json!({ "amount": { "amount": amount, "currency": "EUR" } })).await;
            assert_eq!(refused.error_codes(), ["GRAPHQL_VALIDATION_FAILED"], "{amount}: {refused}");
        }
        assert_eq!(traces(&stage).await, before);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_currency_is_refused_and_leaves_no_trace() {
    each_database(async |world| {
        let stage = Stage::open(world).await;
        let before = traces(&stage).await;
        for currency in [
            "",
            "EU",
            "EURO",
            "eur",
            "Eur",
            "€",
            "\u{415}UR",
            "EUR ",
            " EUR",
            "XXX",
            "XTS",
            "XAU",
            "ZZZ",
            "AAA",
            "HRK",
            "SLL",
            "BGN",
            "ZWL",
            "978",
            "DEM",
            "BTC",
        ] {
            let refused = debit(&stage, money("9.99", currency)).await;
            assert_eq!(refused.error_codes(), ["GRAPHQL_VALIDATION_FAILED"], "{currency:?}: {refused}");
        }
        assert_eq!(traces(&stage).await, before);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn amounts_at_their_bounds_are_taken_to_the_minor_unit() {
    each_database(async |world| {
        let stage = Stage::open(world).await;
        let mut expected = Vec::new();
        for (decimals, currency) in [(0, "JPY"), (2, "EUR"), (3, "KWD"), (4, "CLF")] {
            for minor in [1, (1 << 31) - 1, 1 << 31, MAX] {
                let text = major(minor, decimals);
                let paid = debit(&stage, money(&text, currency)).await;
                let shown = json!({ "amount": text, "currency": currency, "minorUnits": minor.to_string() });
                assert_eq!(paid.data("debitPayment.payment.amount"), &shown, "{paid}");
                assert_eq!(paid.text("debitPayment.payment.status"), "SUCCEEDED", "{paid}");
                expected.push((minor, 0));
            }
        }
        assert_eq!(booked(world), expected);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn partial_captures_and_refunds_leave_one_minor_unit_and_take_it() {
    each_database(async |world| {
        let stage = Stage::open(world).await;
        for (currency, decimals) in [("JPY", 0), ("EUR", 2), ("KWD", 3), ("CLF", 4)] {
            let of = |minor: i64| json!({ "amount": major(minor, decimals), "currency": currency });
            let input = with(stage.card("tok_visa", "1.00"), json!({ "amount": of(1_000) }));
            let id = stage.play("preauthorizePayment", input).await;
            let asking = |minor: i64| json!({ "paymentId": id, "amount": of(minor) });

            stage.play("capturePayment", asking(999)).await;
            stage.stands(&id, "PARTIALLY_CAPTURED", [1_000, 999, 0, 0]).await;
            stage.refused("capturePayment", asking(2), "AMOUNT_EXCEEDS_AUTHORIZED").await;
            stage.refused("capturePayment", asking(0), "INVALID_AMOUNT").await;
            stage.play("capturePayment", asking(1)).await;
            stage.refused("capturePayment", asking(1), "NOT_CAPTURABLE").await;
            for third in [333, 333, 333] {
                stage.play("refundPayment", asking(third)).await;
            }
            stage.stands(&id, "PARTIALLY_REFUNDED", [1_000, 1_000, 999, 0]).await;
            stage.refused("refundPayment", asking(2), "AMOUNT_EXCEEDS_REFUNDABLE").await;
            stage.refused("refundPayment", asking(0), "INVALID_AMOUNT").await;
            stage.play("refundPayment", asking(1)).await;
            stage.stands(&id, "REFUNDED", [1_000, 1_000, 1_000, 0]).await;
            stage.refused("refundPayment", asking(1), "NOT_REFUNDABLE").await;
        }
        assert_eq!(booked(world), [(1_000, 1_000); 4]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_the_payment_is_refused() {
    each_database(async |world| {
        let stage = Stage::open(world).await;
        let reserved = stage.play("preauthorizePayment", stage.card("tok_visa", "9.99")).await;
        let taken = stage.play("debitPayment", stage.card("tok_visa", "9.99")).await;
        let disputed = stage.play("debitPayment", stage.card("tok_createDispute", "9.99")).await;
        let voided = stage.play("debitPayment", stage.card("tok_visa", "9.99")).await;
        stage.play("voidPayment", json!({ "paymentId": voided })).await;
        world.advance(std::time::Duration::from_secs(30));
        stage.hear().await;

        let dollars = json!({ "amount": "1.00", "currency": "USD" });
        for (mutation, id, amount, code) in [
            ("capturePayment", &reserved, Some(dollars.clone()), "CURRENCY_MISMATCH"),
            ("incrementAuthorization", &reserved, Some(dollars.clone()), "CURRENCY_MISMATCH"),
            ("refundPayment", &taken, Some(dollars), "CURRENCY_MISMATCH"),
            ("capturePayment", &reserved, Some(eur("10.00")), "AMOUNT_EXCEEDS_AUTHORIZED"),
            ("capturePayment", &reserved, Some(eur("9.999")), "INVALID_AMOUNT"),
            ("incrementAuthorization", &reserved, Some(eur("0")), "INVALID_AMOUNT"),
            ("incrementAuthorization", &reserved, Some(eur("9999999999999.99")), "INVALID_AMOUNT"),
            ("refundPayment", &taken, Some(eur("10.00")), "AMOUNT_EXCEEDS_REFUNDABLE"),
            ("refundPayment", &disputed, Some(eur("1.00")), "NOT_REFUNDABLE"),
            ("refundPayment", &voided, None, "NOT_REFUNDABLE"),
            ("voidPayment", &voided, None, "NOT_VOIDABLE"),
            ("capturePayment", &voided, None, "NOT_CAPTURABLE"),
        ] {
            let before = stage.seen(id).await;
            let mut input = json!({ "paymentId": id });
            if let Some(amount) = amount {
                input = with(input, json!({ "amount": amount }));
            }
            stage.refused(mutation, input, code).await;
            assert_eq!(stage.seen(id).await, before, "{mutation} changed something");
        }
    })
    .await;
}
