//! Capture, void, refund, declines, challenges, currencies: one after the other.

use std::time::Duration;

use purser_tests::each_database;
use serde_json::{Value, json};

use super::{attempts, booked, ended, eur, fresh, fresh_for, shop, standing, stands};

#[tokio::test(flavor = "multi_thread")]
async fn a_reservation_is_captured_in_parts_and_not_beyond() {
    each_database(async |world| {
        let shop = shop(world).await;
        let reserved = shop.tenant.preauthorize(fresh(&shop, "tok_visa")).await;
        let id = reserved.text("preauthorizePayment.payment.id");
        assert_eq!(standing(&reserved, "preauthorizePayment"), stands("AUTHORIZED", "0.00", "0.00"));
        assert_eq!(reserved.text("preauthorizePayment.payment.capturable.amount"), "9.99");

        let part = shop.tenant.capture(&id, Some(eur("5.00"))).await;
        assert_eq!(standing(&part, "capturePayment"), stands("PARTIALLY_CAPTURED", "5.00", "0.00"));
        let beyond = shop.tenant.capture(&id, Some(eur("5.00"))).await;
        let refusal = ("AMOUNT_EXCEEDS_AUTHORIZED".to_owned(), "amount".to_owned());
        assert_eq!(beyond.user_errors("capturePayment"), [refusal]);
        assert_eq!(booked(world), [(500, 0)], "the refusal was not sent");
        let rest = shop.tenant.capture(&id, None).await;
        assert_eq!(standing(&rest, "capturePayment"), stands("SUCCEEDED", "9.99", "0.00"));
        assert_eq!(rest.text("capturePayment.payment.capturable.amount"), "0.00");
        assert_eq!(shop.tenant.capture(&id, None).await.refusal("capturePayment"), "NOT_CAPTURABLE");

        assert_eq!(booked(world), [(999, 0)]);
        let all = [("AUTHORIZE", "SUCCEEDED"), ("CAPTURE", "SUCCEEDED"), ("CAPTURE", "SUCCEEDED")];
        assert_eq!(attempts(&rest, "capturePayment"), ended(&all));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_void_releases_a_reservation_and_undoes_a_debit_before_settlement() {
    each_database(async |world| {
        let shop = shop(world).await;
        let reserved = shop.tenant.preauthorize(fresh(&shop, "tok_visa")).await;
        let reserved = reserved.text("preauthorizePayment.payment.id");
        let taken = shop.tenant.debit(fresh(&shop, "tok_visa")).await.text("debitPayment.payment.id");

        let released = shop.tenant.void(&reserved).await;
        let undone = shop.tenant.void(&taken).await;

        assert_eq!(standing(&released, "voidPayment"), stands("REVERSED", "0.00", "0.00"));
        assert_eq!(standing(&undone, "voidPayment"), stands("VOIDED", "0.00", "0.00"));
        assert_eq!(booked(world), [(0, 0), (0, 0)]);
        assert_eq!(shop.tenant.capture(&reserved, None).await.refusal("capturePayment"), "NOT_CAPTURABLE");
        assert_eq!(shop.tenant.void(&reserved).await.refusal("voidPayment"), "NOT_VOIDABLE");
        assert_eq!(shop.tenant.refund(&taken, None).await.refusal("refundPayment"), "NOT_REFUNDABLE");

        let late = shop.tenant.debit(fresh(&shop, "tok_visa")).await.text("debitPayment.payment.id");
        world.advance(Duration::from_secs(25 * 3_600));
        let late = shop.tenant.void(&late).await;
        assert_eq!(standing(&late, "voidPayment"), stands("SUCCEEDED", "9.99", "0.00"), "{late}");
        assert_eq!(booked(world), [(0, 0), (0, 0), (999, 0)], "what is settled stays taken");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_gives_back_a_part_or_all_and_not_more() {
    each_database(async |world| {
        let shop = shop(world).await;
        let id = shop.tenant.debit(fresh(&shop, "tok_visa")).await.text("debitPayment.payment.id");

        let part = shop.tenant.refund(&id, Some(eur("4.00"))).await;
        assert_eq!(standing(&part, "refundPayment"), stands("PARTIALLY_REFUNDED", "9.99", "4.00"));
        assert_eq!(part.text("refundPayment.payment.refundable.amount"), "5.99");
        let beyond = shop.tenant.refund(&id, Some(eur("6.00"))).await;
        let refusal = ("AMOUNT_EXCEEDS_REFUNDABLE".to_owned(), "amount".to_owned());
        assert_eq!(beyond.user_errors("refundPayment"), [refusal]);
        assert_eq!(booked(world), [(999, 400)], "the refusal was not sent");
        let rest = shop.tenant.refund(&id, None).await;
        assert_eq!(standing(&rest, "refundPayment"), stands("REFUNDED", "9.99", "9.99"));
        assert_eq!(shop.tenant.refund(&id, None).await.refusal("refundPayment"), "NOT_REFUNDABLE");

        assert_eq!(booked(world), [(999, 999)]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn amounts_that_are_none_are_refused_before_anything_is_kept_or_sent() {
    each_database(async |world| {
        let shop = shop(world).await;
        let with = |amount: &str, currency: &str| {
            let mut input = fresh(&shop, "tok_visa");
            input["amount"] = json!({ "amount": amount, "currency": currency });
            input
        };
        for (amount, currency) in
            [("0", "EUR"), ("0.00", "EUR"), ("9.999", "EUR"), ("9.99", "JPY"), ("1.2345", "KWD")]
        {
            let refused = shop.tenant.debit(with(amount, currency)).await;
            assert_eq!(refused.refusal("debitPayment"), "INVALID_AMOUNT", "{amount} {currency}: {refused}");
        }
        for (amount, currency) in [
            ("-1", "EUR"),
            ("1e2", "EUR"),
            ("9,99", "EUR"),
            (" 9", "EUR"),
            ("0x10", "EUR"),
            ("NaN", "EUR"),
            ("9.99", "eur"),
            ("9.99", "EU"),
        ] {
            let refused = shop.tenant.debit(with(amount, currency)).await;
            let is_refused = !refused.error_codes().is_empty() || !refused.refusal("debitPayment").is_empty();
            assert!(
                is_refused && !refused.error_codes().contains(&"INTERNAL".to_owned()),
                "{amount} {currency}: {refused}"
            );
        }
        let reserved = shop.tenant.preauthorize(fresh(&shop, "tok_visa")).await;
        let reserved = reserved.text("preauthorizePayment.payment.id");
        let dollars = json!({ "amount": "1.00", "currency": "USD" });
        let refused = shop.tenant.capture(&reserved, Some(dollars)).await;
        assert_eq!(refused.refusal("capturePayment"), "CURRENCY_MISMATCH");

        let kept = shop.tenant.query("{ payments { totalCount } }", json!({})).await;
        assert_eq!(kept.data("payments.totalCount"), &json!(1));
        assert_eq!(world.books("northbank").operations().count(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn yen_have_no_decimals_and_dinars_have_three() {
    each_database(async |world| {
        let shop = shop(world).await;
        for (amount, currency, minor, part, rest) in
            [("500", "JPY", "500", "1", "499"), ("1.234", "KWD", "1234", "0.001", "1.233")]
        {
            let money = |amount: &str| json!({ "amount": amount, "currency": currency });
            let mut input = fresh(&shop, "tok_visa");
            input["amount"] = money(amount);
            let paid = shop.tenant.debit(input).await;
            let expected = json!({ "amount": amount, "currency": currency, "minorUnits": minor });
            assert_eq!(paid.data("debitPayment.payment.amount"), &expected);
            let id = paid.text("debitPayment.payment.id");
            let back = shop.tenant.refund(&id, Some(money(part))).await;
            assert_eq!(back.text("refundPayment.payment.refundable.amount"), rest);
        }
        assert_eq!(booked(world), [(500, 1), (1_234, 1)]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decline_is_a_state_of_the_payment_with_a_code_and_an_advice() {
    each_database(async |world| {
        let shop = shop(world).await;
        for (token, code, advice) in [
            ("tok_chargeDeclined", "CARD_DECLINED", "ELSEWHERE"),
            ("tok_chargeDeclinedInsufficientFunds", "INSUFFICIENT_FUNDS", "LATER"),
            ("tok_chargeDeclinedLostCard", "LOST", "NEVER"),
            ("tok_chargeDeclinedStolenCard", "STOLEN", "NEVER"),
            ("tok_chargeDeclinedExpiredCard", "EXPIRED_CARD", "NEW_INSTRUMENT"),
            ("tok_chargeDeclinedIncorrectCvc", "CVC_MISMATCH", "NEW_INSTRUMENT"),
            ("tok_chargeDeclinedFraudulent", "FRAUD_SUSPECTED", "NEVER"),
        ] {
            let declined = shop.tenant.debit(fresh(&shop, token)).await;
            assert_eq!(declined.user_errors("debitPayment"), [], "{token}");
            assert_eq!(standing(&declined, "debitPayment"), stands("FAILED", "0.00", "0.00"), "{token}");
            let at = |path: &str| declined.text(&format!("debitPayment.payment.decline.{path}"));
            assert_eq!((at("code").as_str(), at("advice").as_str()), (code, advice), "{token}");
            assert_eq!(attempts(&declined, "debitPayment"), ended(&[("SALE", "DECLINED")]), "{token}");
        }
        let mut unknown = fresh_for(&shop, "tok_visa", "66.99");
        unknown["withRegister"] = json!(true);
        unknown["customerProfileData"] = json!({ "customerIdentification": "alex" });
        let unknown = shop.tenant.debit(unknown).await;
        assert_eq!(unknown.text("debitPayment.payment.decline.code"), "UNKNOWN");
        assert_eq!(unknown.text("debitPayment.payment.decline.rawCode"), "code_from_the_future");
        assert_eq!(unknown.data("debitPayment.instrument"), &Value::Null, "what was declined is not stored");
        assert!(booked(world).iter().all(|(captured, _)| *captured == 0));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_challenge_is_a_state_with_the_next_action() {
    each_database(async |world| {
        let shop = shop(world).await;
        let mut input = fresh(&shop, "tok_threeDSecureRequired");
        input["returnUrl"] = json!("https://shop.example.org/back");
        input["merchantTransactionId"] = json!("challenged");

        let challenged = shop.tenant.debit(input).await;
        let without_return = shop.tenant.debit(fresh(&shop, "tok_threeDSecureRequired")).await;

        assert_eq!(standing(&challenged, "debitPayment"), stands("REQUIRES_ACTION", "0.00", "0.00"));
        let document = "{ payment(by: { merchantTransactionId: \"challenged\" }) { status nextAction { ... on RedirectAction { url } } } }";
        let read = shop.tenant.query(document, json!({})).await;
        let url = read.text("payment.nextAction.url");
        assert!(url.contains("/challenge/") && url.contains("%2Freturn%2F"), "{url}");
        assert!(!url.contains("shop.example.org"), "the browser comes back to us first: {url}");
        assert_eq!(without_return.text("debitPayment.payment.status"), "FAILED");
        assert_eq!(without_return.text("debitPayment.payment.decline.code"), "SCA_REQUIRED");
        assert!(booked(world).iter().all(|(captured, _)| *captured == 0), "nothing is taken yet");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_is_found_by_its_own_id_and_by_the_merchants_and_lists_filter() {
    each_database(async |world| {
        let shop = shop(world).await;
        let mut input = fresh(&shop, "tok_visa");
        input["merchantTransactionId"] = json!("order-7");
        input["source"] = json!("PAYMENT_LINK");
        input["sourceId"] = json!("lnk_1");
        input["sourceDescription"] = json!("Summer sale");
        let id = shop.tenant.debit(input).await.text("debitPayment.payment.id");
        assert_eq!(shop.tenant.debit(fresh(&shop, "tok_chargeDeclined")).await.refusal("debitPayment"), "");
        let reserved = shop.tenant.preauthorize(fresh(&shop, "tok_visa")).await;
        assert_eq!(reserved.refusal("preauthorizePayment"), "");

        let document = "query($id: ID!) {
            one: payment(by: { id: $id }) { id source sourceId sourceDescription }
            other: payment(by: { merchantTransactionId: \"order-7\" }) { id source sourceId sourceDescription }
            failed: payments(filter: { statuses: [FAILED] }) { totalCount nodes { status } }
            reserved: payments(filter: { kinds: [PREAUTHORIZE] }) { totalCount nodes { kind } }
            linked: payments(filter: { source: PAYMENT_LINK }) { totalCount nodes { id } }
            all: payments(first: 2) { totalCount nodes { kind } pageInfo { hasNextPage } } }";
        let read = shop.tenant.query(document, json!({ "id": id })).await;

        let expected = json!({ "id": id, "source": "PAYMENT_LINK", "sourceId": "lnk_1", "sourceDescription": "Summer sale" });
        assert_eq!((read.data("one"), read.data("other")), (&expected, &expected));
        assert_eq!(read.data("failed"), &json!({ "totalCount": 1, "nodes": [{ "status": "FAILED" }] }));
        assert_eq!(read.data("reserved"), &json!({ "totalCount": 1, "nodes": [{ "kind": "PREAUTHORIZE" }] }));
        assert_eq!(read.data("linked"), &json!({ "totalCount": 1, "nodes": [{ "id": id }] }));
        let expected = json!({ "totalCount": 3, "nodes": [{ "kind": "PREAUTHORIZE" }, { "kind": "DEBIT" }], "pageInfo": { "hasNextPage": true } });
        assert_eq!(read.data("all"), &expected);
    })
    .await;
}
