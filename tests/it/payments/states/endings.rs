//! Rows of the state table about how payments end: disputed, canceled, expired, and late.

use std::time::Duration;

use purser_tests::{each_database, eventually};
use serde_json::json;

use super::super::stage::{Stage, with};
use super::super::{booked, eur};
use super::NONE;

row!(succeeded_to_disputed_where_nothing_is_refunded, |stage| {
    let id = stage.play("debitPayment", stage.card("tok_createDispute", "9.99")).await;
    stage.stands(&id, "SUCCEEDED", [999, 999, 0, 0]).await;

    stage.world.advance(Duration::from_secs(30));
    stage.hear().await;

    let seen = stage.stands(&id, "DISPUTED", [999, 999, 0, 999]).await;
    assert_eq!(
        (seen.last(), seen.ledger[2..].to_vec()),
        ("PAYMENT_DISPUTED", vec!["CAPTURED>DISPUTED 999".to_owned()])
    );
    stage.refused("refundPayment", json!({ "paymentId": id }), "NOT_REFUNDABLE").await;
    stage.refused("voidPayment", json!({ "paymentId": id }), "NOT_VOIDABLE").await;
});

row!(disputed_to_what_it_was_when_it_is_won, |stage| {
    let id = stage.play("debitPayment", stage.card("tok_disputeWon", "9.99")).await;
    for _ in 0..4 {
        stage.world.advance(Duration::from_secs(30));
        stage.hear().await;
    }

    let seen = stage.stands(&id, "SUCCEEDED", [999, 999, 0, 0]).await;
    assert_eq!(seen.since(2), ["PAYMENT_DISPUTED", "DISPUTE_WON"]);
    assert_eq!(seen.ledger[2..], ["CAPTURED>DISPUTED 999", "DISPUTED>CAPTURED 999"]);
    stage.play("refundPayment", json!({ "paymentId": id })).await;
    stage.stands(&id, "REFUNDED", [999, 999, 999, 0]).await;
});

row!(disputed_to_charged_back_when_it_is_lost, |stage| {
    let id = stage.play("debitPayment", stage.card("tok_disputeLost", "9.99")).await;
    stage.play("refundPayment", json!({ "paymentId": id, "amount": eur("4.00") })).await;
    for _ in 0..4 {
        stage.world.advance(Duration::from_secs(30));
        stage.hear().await;
    }

    let seen = stage.stands(&id, "CHARGED_BACK", [999, 999, 400, 599]).await;
    assert_eq!(seen.since(3), ["PAYMENT_DISPUTED", "DISPUTE_LOST"]);
    stage.refused("refundPayment", json!({ "paymentId": id, "amount": eur("1.00") }), "NOT_REFUNDABLE").await;
    let document = "query($id: ID!) { node(id: $id) { ... on Payment { disputes { id status stage amount { amount } payment { id } } } } }";
    let answer = stage.shop.tenant.query(document, json!({ "id": id })).await;
    assert_eq!(answer.text("node.disputes.0.status"), "LOST");
    assert_eq!(answer.text("node.disputes.0.payment.id"), id);
});

row!(whatever_waits_for_somebody_to_canceled, |stage| {
    let waits = stage.play("createPayment", stage.nothing("9.99")).await;
    let declined = stage.play("createPayment", stage.nothing("9.99")).await;
    let commit = json!({ "paymentId": declined, "payWith": { "transactionToken": "tok_chargeDeclined" } });
    stage.play("commitPayment", commit).await;
    let short =
        with(stage.card("tok_insufficientFundsAbove10", "20.00"), json!({ "minimumAmount": eur("5.00") }));
    let short = stage.play("createPayment", short).await;
    stage.stands(&short, "AWAITING_AMOUNT", NONE).await;
    let challenged = stage.play("debitPayment", stage.card("tok_otp", "9.99")).await;

    for id in [&waits, &declined, &short, &challenged] {
        stage.play("cancelPayment", json!({ "paymentId": id })).await;
        let seen = stage.stands(id, "CANCELED", NONE).await;
        assert_eq!(seen.last(), "PAYMENT_CANCELED");
        stage.refused("cancelPayment", json!({ "paymentId": id }), "NOT_CANCELABLE").await;
        let commit = json!({ "paymentId": id, "payWith": { "transactionToken": "tok_visa" } });
        stage.refused("commitPayment", commit, "NOT_COMMITTABLE").await;
    }
    let paid = stage.play("debitPayment", stage.card("tok_visa", "9.99")).await;
    stage.refused("cancelPayment", json!({ "paymentId": paid }), "NOT_CANCELABLE").await;
    assert_eq!(stage.kept(), 999);
});

row!(whatever_waits_for_somebody_to_expired, |stage| {
    let until = json!({ "expiresAt": stage.world.in_future(Duration::from_secs(300)) });
    let waits = stage.play("createPayment", with(stage.nothing("9.99"), until.clone())).await;
    let challenged = stage.play("debitPayment", with(stage.card("tok_otp", "9.99"), until.clone())).await;
    let paid = stage.play("debitPayment", with(stage.card("tok_visa", "9.99"), until)).await;

    stage.work().await;
    stage.stands(&waits, "AWAITING_INSTRUMENT", NONE).await;
    stage.world.advance(Duration::from_secs(301));
    stage.work().await;
    for id in [&waits, &challenged] {
        let seen = stage.stands(id, "EXPIRED", NONE).await;
        assert_eq!(seen.last(), "PAYMENT_EXPIRED");
    }
    stage.stands(&paid, "SUCCEEDED", [999, 999, 0, 0]).await;
});

row!(requires_action_to_expired_when_the_processor_says_so, |stage| {
    let input = with(stage.card("tok_expires", "9.99"), json!({ "returnUrl": "https://shop.example.org/" }));
    let id = stage.play("debitPayment", input).await;
    stage.stands(&id, "REQUIRES_ACTION", NONE).await;

    stage.play("syncPayment", json!({ "paymentId": id })).await;

    stage.stands(&id, "EXPIRED", NONE).await;
    assert_eq!(stage.kept(), 0);
});

row!(pending_to_expired_when_the_processor_says_so, |stage| {
    stage.world.gate().lose_answers(1);
    let id = stage.play("debitPayment", stage.card("tok_otp", "9.99")).await;
    stage.stands(&id, "PENDING", NONE).await;

    stage.world.advance(Duration::from_secs(16 * 60));
    stage.play("syncPayment", json!({ "paymentId": id })).await;

    let seen = stage.stands(&id, "EXPIRED", NONE).await;
    assert_eq!(seen.last(), "PAYMENT_EXPIRED");
    assert_eq!(stage.kept(), 0);
});

row!(pending_to_requires_action_when_the_question_was_lost, |stage| {
    stage.world.gate().lose_answers(1);
    let id = stage.play("debitPayment", stage.card("tok_otp", "9.99")).await;
    stage.stands(&id, "PENDING", NONE).await;

    stage.play("syncPayment", json!({ "paymentId": id })).await;

    stage.stands(&id, "REQUIRES_ACTION", NONE).await;
    let code = json!([{ "name": "code", "value": "123456" }]);
    stage.play("resumePayment", json!({ "paymentId": id, "parameters": code })).await;
    stage.stands(&id, "SUCCEEDED", [999, 999, 0, 0]).await;
});

row!(failed_to_succeeded_when_the_processor_was_late, |stage| {
    let id = stage.play("debitPayment", stage.card("tok_lateSuccess", "9.99")).await;
    stage.stands(&id, "FAILED", NONE).await;

    stage.world.advance(Duration::from_secs(30));
    stage.hear().await;

    let seen = stage.stands(&id, "SUCCEEDED", [999, 999, 0, 0]).await;
    assert_eq!(seen.events, ["PAYMENT_CREATED", "PAYMENT_FAILED", "LATE_SUCCESS"]);
    assert_eq!(booked(stage.world), [(999, 0)]);
});

row!(expired_to_succeeded_when_the_customer_was_late, |stage| {
    let until = json!({ "expiresAt": stage.world.in_future(Duration::from_secs(60)) });
    let id = stage.play("debitPayment", with(stage.card("tok_qr", "9.99"), until)).await;
    stage.world.advance(Duration::from_secs(61));
    stage.work().await;
    stage.stands(&id, "EXPIRED", NONE).await;

    let books = stage.world.books("northbank");
    let action = books.operations().find_map(|operation| operation.action.clone()).expect("a challenge");
    let sandbox = stage.world.sandbox();
    let answered = sandbox.answer_challenge("northbank", &action.authentication, "authenticated");
    assert!(answered.is_some(), "the challenge is open");
    stage.hear().await;

    let seen = stage.stands(&id, "SUCCEEDED", [999, 999, 0, 0]).await;
    assert_eq!(seen.last(), "LATE_SUCCESS");
});

row!(late_success_beside_a_sibling_goes_back, |stage| {
    let id = stage.play("createPayment", stage.nothing("9.99")).await;
    let commit = |token: &str| json!({ "paymentId": id, "payWith": { "transactionToken": token } });
    stage.play("commitPayment", commit("tok_lateSuccess")).await;
    stage.play("commitPayment", commit("tok_visa")).await;
    stage.stands(&id, "SUCCEEDED", [999, 999, 0, 0]).await;

    stage.world.advance(Duration::from_secs(30));
    stage.hear().await;
    eventually("the second charge went back", async || stage.kept() == 999).await;

    let seen = stage.stands(&id, "SUCCEEDED", [999, 999, 0, 0]).await;
    assert_eq!(seen.attempts, ["SALE SUCCEEDED", "SALE SUCCEEDED", "VOID SUCCEEDED"]);
    assert_eq!(seen.since(4), ["PAYMENT_PROCESSING", "PAYMENT_SUCCEEDED"], "nothing was told of the first");
    assert_eq!(booked(stage.world), [(999, 0), (0, 0)]);
});
