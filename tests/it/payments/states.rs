//! Every row of the state table, played through the API with the simulated processor.
//!
//! A row is named by the state that it leaves and the one that it reaches. Each also holds its guard: what the
//! table does not list does not happen. That the ledger folds to the amounts, and that the events lead to the
//! status without a gap, is held at every look (see `Stage::seen`).

use std::time::Duration;

use purser_tests::each_database;
use serde_json::json;

use super::stage::{Stage, with, without};
use super::{booked, eur};

const NONE: [i64; 4] = [0, 0, 0, 0];

/// A test for a row, on both databases.
macro_rules! row {
    ($(#[$doc:meta])* $name:ident, |$stage:ident| $body:block) => {
        $(#[$doc])*
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            each_database(async |world| {
                let $stage = Stage::open(world).await;
                $body
            })
            .await;
        }
    };
}

mod endings;

row!(nothing_to_created_once_per_transaction_id, |stage| {
    let input = stage.nothing("9.99");
    let id = stage.play("createPayment", input.clone()).await;

    let seen = stage.seen(&id).await;
    assert_eq!(seen.events[0], "PAYMENT_CREATED");
    stage.refused("createPayment", input, "DUPLICATE_TRANSACTION_ID").await;
    assert_eq!(stage.seen(&id).await, seen, "the refusal changed nothing");
});

row!(created_to_awaiting_instrument, |stage| {
    let id = stage.play("createPayment", stage.nothing("9.99")).await;

    let seen = stage.stands(&id, "AWAITING_INSTRUMENT", NONE).await;
    assert_eq!(seen.events, ["PAYMENT_CREATED", "PAYMENT_AWAITING_INSTRUMENT"]);
    assert_eq!((seen.ledger.len(), seen.attempts.len(), stage.world.gate().sent()), (0, 0, 0));
    stage.refused("capturePayment", json!({ "paymentId": id }), "NOT_CAPTURABLE").await;
    stage.refused("voidPayment", json!({ "paymentId": id }), "NOT_VOIDABLE").await;
    stage.refused("refundPayment", json!({ "paymentId": id }), "NOT_REFUNDABLE").await;
    stage.refused("resumePayment", json!({ "paymentId": id }), "NOT_RESUMABLE").await;
});

row!(awaiting_instrument_to_processing_while_commits_are_left, |stage| {
    let id = stage.play("createPayment", with(stage.nothing("9.99"), json!({ "commitsMax": 1 }))).await;
    let commit = json!({ "paymentId": id, "payWith": { "transactionToken": "tok_visa" } });

    stage.world.gate().close();
    let committing = stage.ask("commitPayment", commit.clone());
    let looking = async {
        stage.world.gate().arrived(1).await;
        let seen = stage.stands(&id, "PROCESSING", NONE).await;
        stage.world.gate().open();
        seen
    };
    let (committed, seen) = futures::join!(committing, looking);

    assert_eq!(seen.attempts, ["SALE STARTED"]);
    assert_eq!(seen.last(), "PAYMENT_PROCESSING");
    assert_eq!(committed.text("commitPayment.payment.status"), "SUCCEEDED");
    stage.refused("commitPayment", commit, "NOT_COMMITTABLE").await;
    assert_eq!(booked(stage.world), [(999, 0)]);
});

row!(awaiting_instrument_that_has_expired_is_not_committed, |stage| {
    let until = stage.world.in_future(Duration::from_secs(60));
    let id = stage.play("createPayment", with(stage.nothing("9.99"), json!({ "expiresAt": until }))).await;
    stage.world.advance(Duration::from_secs(61));

    let commit = json!({ "paymentId": id, "payWith": { "transactionToken": "tok_visa" } });
    stage.refused("commitPayment", commit, "PAYMENT_EXPIRED").await;
});

row!(processing_to_requires_action, |stage| {
    for (token, action) in [
        ("tok_threeDSecureRequired", "RedirectAction"),
        ("tok_otp", "OtpAction"),
        ("tok_qr", "DisplayAction"),
    ] {
        let input = with(stage.card(token, "9.99"), json!({ "returnUrl": "https://shop.example.org/back" }));
        let id = stage.play("debitPayment", input).await;

        let seen = stage.stands(&id, "REQUIRES_ACTION", NONE).await;
        assert_eq!(seen.last(), "PAYMENT_ACTION_REQUIRED", "{token}");
        let document = "query($id: ID!) { node(id: $id) { ... on Payment { nextAction { __typename } } } }";
        let answer = stage.shop.tenant.query(document, json!({ "id": id })).await;
        assert_eq!(answer.text("node.nextAction.__typename"), action, "{token}");
    }
    assert_eq!(stage.kept(), 0);
});

row!(requires_action_to_processing_and_on, |stage| {
    let id = stage.play("debitPayment", stage.card("tok_otp", "9.99")).await;
    let resume = |code: &str| json!({ "paymentId": id, "parameters": [{ "name": "code", "value": code }] });

    let before = stage.world.gate().sent();
    stage.world.gate().close();
    let resuming = stage.ask("resumePayment", resume("123456"));
    let looking = async {
        stage.world.gate().arrived(before + 1).await;
        let seen = stage.stands(&id, "PROCESSING", NONE).await;
        stage.world.gate().open();
        seen
    };
    let (resumed, seen) = futures::join!(resuming, looking);

    assert_eq!((seen.last(), seen.tried()), ("PAYMENT_PROCESSING", vec!["SALE RESUMING"]));
    assert_eq!(resumed.text("resumePayment.payment.status"), "SUCCEEDED");
    stage.stands(&id, "SUCCEEDED", [999, 999, 0, 0]).await;
    assert_eq!(booked(stage.world), [(999, 0)]);
});

row!(processing_to_requires_action_again_if_the_customer_mistyped, |stage| {
    let id = stage.play("debitPayment", stage.card("tok_otp", "9.99")).await;
    let resume = |code: &str| json!({ "paymentId": id, "parameters": [{ "name": "code", "value": code }] });

    let wrong = stage.ask("resumePayment", resume("000000")).await;
    assert_eq!(wrong.text("resumePayment.payment.status"), "REQUIRES_ACTION");
    let seen = stage.stands(&id, "REQUIRES_ACTION", NONE).await;
    assert_eq!((seen.last(), seen.tried()), ("PAYMENT_ACTION_REQUIRED", vec!["SALE REQUIRES_ACTION"]));

    let right = stage.ask("resumePayment", resume("123456")).await;
    assert_eq!(right.text("resumePayment.payment.status"), "SUCCEEDED");
    stage.stands(&id, "SUCCEEDED", [999, 999, 0, 0]).await;
    assert_eq!(booked(stage.world), [(999, 0)]);

    let id = stage.play("debitPayment", stage.card("tok_otp", "9.99")).await;
    let resume = |code: &str| json!({ "paymentId": id, "parameters": [{ "name": "code", "value": code }] });
    for (code, status) in [("1", "REQUIRES_ACTION"), ("2", "REQUIRES_ACTION"), ("3", "FAILED")] {
        let answer = stage.ask("resumePayment", resume(code)).await;
        assert_eq!(answer.text("resumePayment.payment.status"), status, "{code}");
    }
});

row!(processing_to_succeeded_if_the_answer_has_integrity, |stage| {
    let id = stage.play("debitPayment", stage.card("tok_visa", "9.99")).await;

    let seen = stage.stands(&id, "SUCCEEDED", [999, 999, 0, 0]).await;
    assert_eq!(seen.events, ["PAYMENT_CREATED", "PAYMENT_SUCCEEDED"]);
    assert_eq!(seen.ledger, ["CUSTOMER>RESERVED 999", "RESERVED>CAPTURED 999"]);
    assert_eq!(booked(stage.world), [(999, 0)]);

    for token in ["tok_wrongAmount", "tok_wrongCurrency"] {
        let id = stage.play("debitPayment", stage.card(token, "9.99")).await;
        let seen = stage.stands(&id, "PENDING", NONE).await;
        assert_eq!((seen.last(), seen.ledger.len()), ("ATTEMPT_IN_REVIEW", 0), "{token}: {seen}");
        assert_eq!(seen.tried(), ["SALE UNKNOWN (integrity)"], "{token}");
    }
    // An answer about something else is no answer.
    let id = stage.play("debitPayment", stage.card("tok_wrongReference", "9.99")).await;
    stage.stands(&id, "PENDING", NONE).await;
    stage.play("syncPayment", json!({ "paymentId": id })).await;
    let seen = stage.stands(&id, "PENDING", NONE).await;
    assert_eq!(seen.ledger.len(), 0, "{seen}");
});

row!(processing_to_authorized, |stage| {
    let id = stage.play("preauthorizePayment", stage.card("tok_visa", "9.99")).await;

    let seen = stage.stands(&id, "AUTHORIZED", [999, 0, 0, 0]).await;
    assert_eq!(seen.events, ["PAYMENT_CREATED", "PAYMENT_AUTHORIZED"]);
    assert_eq!(seen.ledger, ["CUSTOMER>RESERVED 999"]);
    stage.refused("refundPayment", json!({ "paymentId": id }), "NOT_REFUNDABLE").await;
    assert_eq!(stage.reserved(), 999);
});

row!(processing_to_partially_authorized_if_that_is_welcome, |stage| {
    let less = || stage.card("tok_partialApproval", "10.00");
    let welcome = with(less(), json!({ "acceptPartialAuthorization": true }));
    let id = stage.play("preauthorizePayment", welcome).await;

    let seen = stage.stands(&id, "PARTIALLY_AUTHORIZED", [500, 0, 0, 0]).await;
    assert_eq!(seen.last(), "PAYMENT_PARTIALLY_AUTHORIZED");
    stage
        .refused(
            "capturePayment",
            json!({ "paymentId": id, "amount": eur("5.01") }),
            "AMOUNT_EXCEEDS_AUTHORIZED",
        )
        .await;
    stage.play("capturePayment", json!({ "paymentId": id })).await;
    stage.stands(&id, "SUCCEEDED", [500, 500, 0, 0]).await;

    let unwelcome = stage.play("preauthorizePayment", less()).await;
    stage.stands(&unwelcome, "FAILED", NONE).await;
    assert_eq!(stage.kept(), 500);
});

row!(processing_to_the_next_attempt_while_candidates_are_left, |stage| {
    let other = stage.shop.tenant.connector("other", "southbank").await;
    let router = stage.shop.tenant.router("main", &[&other, &stage.shop.connector]).await;
    let routed =
        |token: &str| with(without(stage.card(token, "9.99"), "connectorId"), json!({ "routerId": router }));
    stage.world.gate().cut("southbank");

    let id = stage.play("debitPayment", routed("tok_visa")).await;
    let seen = stage.stands(&id, "SUCCEEDED", [999, 999, 0, 0]).await;
    assert_eq!(seen.attempts, ["SALE FAILED", "SALE SUCCEEDED"]);
    assert_eq!(seen.events, ["PAYMENT_CREATED", "PAYMENT_PROCESSING", "PAYMENT_SUCCEEDED"]);
    let declined = stage.play("debitPayment", routed("tok_chargeDeclinedLostCard")).await;
    let seen = stage.stands(&declined, "FAILED", NONE).await;
    assert_eq!(seen.attempts, ["SALE FAILED", "SALE DECLINED"], "the one that said never is the last");
    assert_eq!(booked(stage.world), [(999, 0)]);
});

row!(processing_to_awaiting_instrument_after_a_decline, |stage| {
    let id = stage.play("createPayment", stage.nothing("9.99")).await;
    let commit = |token: &str| json!({ "paymentId": id, "payWith": { "transactionToken": token } });

    stage.play("commitPayment", commit("tok_chargeDeclined")).await;
    let seen = stage.stands(&id, "AWAITING_INSTRUMENT", NONE).await;
    assert_eq!(seen.since(2), ["PAYMENT_PROCESSING", "PAYMENT_AWAITING_INSTRUMENT"]);
    stage.play("commitPayment", commit("tok_visa")).await;
    let seen = stage.stands(&id, "SUCCEEDED", [999, 999, 0, 0]).await;
    assert_eq!(seen.since(4), ["PAYMENT_PROCESSING", "PAYMENT_SUCCEEDED"]);
    assert_eq!(booked(stage.world), [(999, 0)]);
});

row!(processing_to_awaiting_amount_for_lack_of_funds, |stage| {
    let made = with(stage.nothing("20.00"), json!({ "minimumAmount": eur("5.00") }));
    let id = stage.play("createPayment", made).await;
    let commit = |amount: Option<&str>| {
        let all =
            json!({ "paymentId": id, "payWith": { "transactionToken": "tok_insufficientFundsAbove10" } });
        amount.map_or(all.clone(), |amount| with(all, json!({ "amount": eur(amount) })))
    };

    stage.refused("commitPayment", commit(Some("10.00")), "AMOUNT_NOT_EDITABLE").await;
    stage.play("commitPayment", commit(None)).await;
    let seen = stage.stands(&id, "AWAITING_AMOUNT", NONE).await;
    assert_eq!(seen.last(), "PAYMENT_AWAITING_AMOUNT");
    stage.refused("commitPayment", commit(Some("4.99")), "AMOUNT_BELOW_MINIMUM").await;
    stage.refused("commitPayment", commit(Some("20.01")), "AMOUNT_INCREASE_FORBIDDEN").await;
    stage.play("commitPayment", commit(Some("10.00"))).await;
    stage.stands(&id, "SUCCEEDED", [1_000, 1_000, 0, 0]).await;
    let document = "query($id: ID!) { node(id: $id) { ... on Payment { amount { amount } originalAmount { amount } commits } } }";
    let answer = stage.shop.tenant.query(document, json!({ "id": id })).await;
    let expected =
        json!({ "amount": { "amount": "10.00" }, "originalAmount": { "amount": "20.00" }, "commits": 2 });
    assert_eq!(answer.data("node"), &expected);
    assert_eq!(booked(stage.world), [(1_000, 0)]);
});

row!(processing_to_failed, |stage| {
    for token in ["tok_chargeDeclined", "tok_chargeDeclinedStolenCard", "tok_chargeDeclinedInsufficientFunds"]
    {
        let id = stage.play("debitPayment", stage.card(token, "9.99")).await;
        let seen = stage.stands(&id, "FAILED", NONE).await;
        assert_eq!(seen.events, ["PAYMENT_CREATED", "PAYMENT_FAILED"], "{token}");
        assert_eq!((seen.tried(), seen.ledger.len()), (vec!["SALE DECLINED"], 0), "{token}");
    }
    assert_eq!(stage.kept(), 0);
});

row!(processing_to_pending_without_an_answer, |stage| {
    let id = stage.play("debitPayment", stage.card("tok_unknownOutcome", "9.99")).await;

    let seen = stage.stands(&id, "PENDING", NONE).await;
    assert_eq!((seen.last(), seen.tried()), ("PAYMENT_PENDING", vec!["SALE UNKNOWN"]));
    for (mutation, code) in [
        ("capturePayment", "NOT_CAPTURABLE"),
        ("voidPayment", "NOT_VOIDABLE"),
        ("refundPayment", "NOT_REFUNDABLE"),
        ("cancelPayment", "NOT_CANCELABLE"),
    ] {
        stage.refused(mutation, json!({ "paymentId": id }), code).await;
    }
    let document = "query($id: ID!) { payment(by: {id: $id}) { status attempts { settledBy checks } } }";
    let read = stage.shop.tenant.query(document, json!({ "id": id })).await;
    assert_eq!(read.text("payment.status"), "SUCCEEDED", "whoever looks ends the doubt");
    assert_eq!(read.text("payment.attempts.0.settledBy"), "LOOK_UP");
    assert_eq!(booked(stage.world), [(999, 0)]);
});

row!(pending_to_succeeded_authorized_and_failed_by_a_look_up, |stage| {
    for (mutation, token, status, amounts, last) in [
        ("debitPayment", "tok_delayedSuccess", "SUCCEEDED", [999, 999, 0, 0], "PAYMENT_SUCCEEDED"),
        ("preauthorizePayment", "tok_delayedSuccess", "AUTHORIZED", [999, 0, 0, 0], "PAYMENT_AUTHORIZED"),
        ("debitPayment", "tok_delayedDecline", "FAILED", NONE, "PAYMENT_FAILED"),
    ] {
        let id = stage.play(mutation, stage.card(token, "9.99")).await;
        stage.stands(&id, "PENDING", NONE).await;
        stage.play("syncPayment", json!({ "paymentId": id })).await;
        let seen = stage.stands(&id, status, amounts).await;
        assert_eq!((seen.last(), seen.events.len()), (last, 3), "{mutation} {token}");
        stage.hear().await;
        assert_eq!(stage.seen(&id).await, seen, "the notification of the same changes nothing");
    }
});

row!(pending_to_succeeded_authorized_and_failed_by_a_notification, |stage| {
    let mut ids = Vec::new();
    for (mutation, token) in [
        ("debitPayment", "tok_delayedSuccess"),
        ("preauthorizePayment", "tok_delayedSuccess"),
        ("debitPayment", "tok_delayedDecline"),
    ] {
        ids.push(stage.play(mutation, stage.card(token, "9.99")).await);
    }
    stage.world.advance(Duration::from_secs(30));
    stage.hear().await;

    for (id, status, amounts) in [
        (&ids[0], "SUCCEEDED", [999, 999, 0, 0]),
        (&ids[1], "AUTHORIZED", [999, 0, 0, 0]),
        (&ids[2], "FAILED", NONE),
    ] {
        let seen = stage.stands(id, status, amounts).await;
        stage.play("syncPayment", json!({ "paymentId": id })).await;
        assert_eq!(stage.seen(id).await, seen, "a look-up of the same changes nothing");
    }
});

row!(authorized_to_partially_captured_to_succeeded_and_not_beyond, |stage| {
    let id = stage.play("preauthorizePayment", stage.card("tok_visa", "9.99")).await;
    let capture = |amount: &str| json!({ "paymentId": id, "amount": eur(amount) });

    stage.play("capturePayment", capture("9.98")).await;
    let seen = stage.stands(&id, "PARTIALLY_CAPTURED", [999, 998, 0, 0]).await;
    assert_eq!(seen.last(), "PAYMENT_PARTIALLY_CAPTURED");
    stage.refused("capturePayment", capture("0.02"), "AMOUNT_EXCEEDS_AUTHORIZED").await;
    stage.refused("incrementAuthorization", capture("1.00"), "NOT_INCREMENTABLE").await;
    stage.play("capturePayment", capture("0.01")).await;
    let seen = stage.stands(&id, "SUCCEEDED", [999, 999, 0, 0]).await;
    assert_eq!(seen.last(), "PAYMENT_SUCCEEDED");
    assert_eq!(seen.ledger, ["CUSTOMER>RESERVED 999", "RESERVED>CAPTURED 998", "RESERVED>CAPTURED 1"]);
    assert_eq!(booked(stage.world), [(999, 0)]);
});

row!(authorized_to_succeeded_by_a_final_capture, |stage| {
    let id = stage.play("preauthorizePayment", stage.card("tok_visa", "9.99")).await;

    stage.play("capturePayment", json!({ "paymentId": id, "amount": eur("4.00"), "isFinal": true })).await;

    let seen = stage.stands(&id, "SUCCEEDED", [400, 400, 0, 0]).await;
    assert_eq!(seen.last(), "PAYMENT_SUCCEEDED");
    assert_eq!(seen.ledger, ["CUSTOMER>RESERVED 999", "RESERVED>CAPTURED 400", "RESERVED>CUSTOMER 599"]);
    assert_eq!((booked(stage.world), stage.reserved()), (vec![(400, 0)], 0));
});

row!(authorized_to_succeeded_by_a_scheduled_capture, |stage| {
    let at = stage.world.in_future(Duration::from_secs(3_600));
    let input = with(stage.card("tok_visa", "9.99"), json!({ "captureAt": at }));
    let id = stage.play("preauthorizePayment", input).await;

    stage.work().await;
    stage.stands(&id, "AUTHORIZED", [999, 0, 0, 0]).await;
    stage.world.advance(Duration::from_secs(3_601));
    stage.work().await;
    stage.stands(&id, "SUCCEEDED", [999, 999, 0, 0]).await;
    stage.work().await;
    assert_eq!(booked(stage.world), [(999, 0)], "once");
});

row!(authorized_grows_by_an_increment, |stage| {
    let id = stage.play("preauthorizePayment", stage.card("tok_visa", "9.99")).await;

    stage.play("incrementAuthorization", json!({ "paymentId": id, "amount": eur("5.01") })).await;

    let seen = stage.stands(&id, "AUTHORIZED", [1_500, 0, 0, 0]).await;
    assert_eq!(seen.last(), "AUTHORIZATION_INCREMENTED");
    assert_eq!(seen.ledger, ["CUSTOMER>RESERVED 999", "CUSTOMER>RESERVED 501"]);
    assert_eq!(stage.reserved(), 1_500);
});

row!(authorized_to_reversed, |stage| {
    let id = stage.play("preauthorizePayment", stage.card("tok_visa", "9.99")).await;

    stage.play("voidPayment", json!({ "paymentId": id })).await;

    let seen = stage.stands(&id, "REVERSED", NONE).await;
    assert_eq!(seen.last(), "PAYMENT_REVERSED");
    assert_eq!(seen.ledger, ["CUSTOMER>RESERVED 999", "RESERVED>CUSTOMER 999"]);
    stage.refused("voidPayment", json!({ "paymentId": id }), "NOT_VOIDABLE").await;
    stage.refused("capturePayment", json!({ "paymentId": id }), "NOT_CAPTURABLE").await;
    assert_eq!(stage.reserved(), 0);
});

row!(partially_captured_to_succeeded_when_the_rest_is_released, |stage| {
    let id = stage.play("preauthorizePayment", stage.card("tok_visa", "9.99")).await;
    stage.play("capturePayment", json!({ "paymentId": id, "amount": eur("4.00") })).await;

    stage.play("voidPayment", json!({ "paymentId": id })).await;

    let seen = stage.stands(&id, "SUCCEEDED", [400, 400, 0, 0]).await;
    assert_eq!(seen.last(), "PAYMENT_SUCCEEDED");
    assert_eq!(seen.ledger[2..], ["RESERVED>CUSTOMER 599"]);
    assert_eq!((booked(stage.world), stage.reserved()), (vec![(400, 0)], 0));
});

row!(succeeded_to_voided_before_settlement_and_not_after, |stage| {
    let id = stage.play("debitPayment", stage.card("tok_visa", "9.99")).await;
    let late = stage.play("debitPayment", stage.card("tok_visa", "5.00")).await;

    stage.play("voidPayment", json!({ "paymentId": id })).await;
    let seen = stage.stands(&id, "VOIDED", NONE).await;
    assert_eq!(
        (seen.last(), seen.ledger.last().map(String::as_str)),
        ("PAYMENT_VOIDED", Some("CAPTURED>CUSTOMER 999"))
    );
    stage.refused("voidPayment", json!({ "paymentId": id }), "NOT_VOIDABLE").await;
    stage.world.advance(Duration::from_secs(25 * 3_600));
    stage.play("voidPayment", json!({ "paymentId": late })).await;
    let seen = stage.stands(&late, "SUCCEEDED", [500, 500, 0, 0]).await;
    assert_eq!((seen.last(), seen.attempts.last().map(String::as_str)), ("VOID_FAILED", Some("VOID FAILED")));
    assert_eq!(booked(stage.world), [(0, 0), (500, 0)]);
});

row!(succeeded_to_partially_refunded_to_refunded, |stage| {
    let id = stage.play("debitPayment", stage.card("tok_visa", "9.99")).await;
    let refund = |amount: &str| json!({ "paymentId": id, "amount": eur(amount) });

    stage.play("refundPayment", refund("9.98")).await;
    let seen = stage.stands(&id, "PARTIALLY_REFUNDED", [999, 999, 998, 0]).await;
    assert_eq!(seen.last(), "PAYMENT_PARTIALLY_REFUNDED");
    stage.refused("refundPayment", refund("0.02"), "AMOUNT_EXCEEDS_REFUNDABLE").await;
    stage.refused("voidPayment", json!({ "paymentId": id }), "NOT_VOIDABLE").await;
    stage.play("refundPayment", refund("0.01")).await;
    let seen = stage.stands(&id, "REFUNDED", [999, 999, 999, 0]).await;
    assert_eq!(seen.last(), "PAYMENT_REFUNDED");
    assert_eq!(seen.ledger[2..], ["CAPTURED>REFUNDED 998", "CAPTURED>REFUNDED 1"]);
    stage.refused("refundPayment", json!({ "paymentId": id }), "NOT_REFUNDABLE").await;
    assert_eq!(booked(stage.world), [(999, 999)]);
});
