//! Where money is lost or taken twice if somebody concludes too early: processors that contradict themselves,
//! customers that never come back, processes that sleep.

use std::time::Duration;

use purser_connector::ActionKind;
use purser_domain::payment::PaymentKind;
use purser_domain::payment::attempt::AttemptStatus;
use purser_services::payments::{self, CustomerProfileData, Pay, Terms};
use purser_services::selection::PaymentLookup;
use purser_tests::{LookUps, each_database};
use purser_types::Money;
use serde_json::json;

use super::repair::{SOON, attempts, look, successes};
use super::till::{Till, card, eur, stands};
use super::{booked, shop};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_who_acted_and_never_came_back_has_paid() {
    each_database(async |world| {
        let shop = shop(world).await;
        let till = Till::of(world, &shop);
        let return_url = Some("https://shop.example/back".parse().expect("an address"));
        let asked = Pay { return_url, ..till.debit("t-1", card("tok_threeDSecureRequired")) };
        let paid = payments::pay(&till.ctx, asked).await.expect("a payment");
        let Some(ActionKind::Redirect { url }) = till.payment(paid.payment_id).await.next_action else {
            panic!("the customer should be sent away")
        };
        let challenge = url.path_segments().and_then(|mut parts| parts.next_back()).expect("a challenge");
        world.sandbox().answer_challenge("northbank", challenge, "authenticated").expect("an answer");

        world.gate().answer_look_ups(LookUps::Pending);
        let _tick = look(world, DAY).await;
        assert_eq!(till.standing(paid).await, stands("REQUIRES_ACTION", 0, 0), "it is not over");
        world.gate().answer_look_ups(LookUps::True);
        let _tick = look(world, DAY).await;

        assert_eq!(till.standing(paid).await, stands("SUCCEEDED", 999, 999));
        assert_eq!(successes(&till, paid.payment_id).await, 1);
        assert_eq!(booked(world), [(999, 0)]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_processor_accepted_and_then_denies_has_not_failed() {
    each_database(async |world| {
        let shop = shop(world).await;
        let till = Till::of(world, &shop);
        let asked = till.debit("t-1", card("tok_delayedSuccess"));
        let paid = payments::pay(&till.ctx, asked).await.expect("a payment");
        assert_eq!(till.standing(paid).await, stands("PENDING", 0, 0));

        // So late that the key protects nothing any more.
        world.gate().answer_look_ups(LookUps::Forgotten);
        let _tick = look(world, 366 * DAY).await;
        assert_eq!(till.standing(paid).await, stands("PENDING", 0, 0), "nobody concludes that it failed");
        world.gate().answer_look_ups(LookUps::True);
        let _tick = look(world, DAY).await;

        assert_eq!(till.standing(paid).await, stands("SUCCEEDED", 999, 999));
        assert_eq!(booked(world), [(999, 0)]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_slept_through_its_time_asks_nobody_else() {
    each_database(async |world| {
        let shop = shop(world).await;
        let settings = json!({ "processor": "strictbank", "api_key": "revoked" });
        let strict = shop.tenant.connector_with("strict", settings).await;
        let router = shop.tenant.router("main", &[&strict, &shop.connector]).await;
        let input = json!({ "merchantTransactionId": "slept", "routerId": router, "amount": super::eur("9.99"),
            "payWith": { "transactionToken": "tok_visa" } });
        let document = "mutation($input: DebitPaymentInput!) { debitPayment(input: $input) { payment { status \
                        attempts { status } } } }";
        world.gate().close();
        let paying = tokio::spawn({
            let client = shop.tenant.client.clone();
            async move { client.query(document, json!({ "input": input })).await }
        });
        world.gate().arrived(1).await;

        // Meanwhile a worker may have sent the same again: this refusal proves nothing about that.
        world.advance(SOON);
        world.gate().open();

        let paid = paying.await.expect("no panic");
        assert_eq!(paid.text("debitPayment.payment.status"), "PENDING", "{paid}");
        assert_eq!(paid.data("debitPayment.payment.attempts"), &json!([{ "status": "UNKNOWN" }]));
        assert_eq!(booked(world), [], "no other connector was asked");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_registration_that_comes_after_the_end_has_no_money_to_give_back() {
    each_database(async |world| {
        let shop = shop(world).await;
        let till = Till::of(world, &shop);
        let data =
            CustomerProfileData { customer_identification: Some("ann".to_owned()), ..Default::default() };
        let asked = Pay {
            kind: PaymentKind::Register,
            amount: Money::zero(eur("1.00").currency()),
            customer_profile_data: Some(data),
            terms: Terms { commits_max: Some(2), ..Terms::default() },
            ..till.debit("t-1", card("tok_visa"))
        };
        world.gate().close();
        let paying = tokio::spawn({
            let till = till.clone();
            async move { payments::pay(&till.ctx, asked).await }
        });
        world.gate().arrived(1).await;
        // The answer takes a year, and meanwhile the customer is told to choose again.
        world.gate().answer_look_ups(LookUps::Forgotten);
        let _tick = look(world, 366 * DAY).await;
        let id = payments::find(&till.ctx, &PaymentLookup::TransactionId("t-1".to_owned())).await;
        let id = id.expect("an answer").expect("a payment").id;
        assert_eq!(till.payment(id).await.status.as_str(), "AWAITING_INSTRUMENT");
        payments::cancel(&till.ctx, id).await.expect("called off");

        world.gate().open();
        paying.await.expect("no panic").expect("a payment");
        let _tick = look(world, SOON).await;

        let settled = attempts(&till, id).await;
        let ended: Vec<_> = settled.iter().map(|it| (it.status, it.is_surplus, it.next_check_at)).collect();
        assert_eq!(ended, [(AttemptStatus::Succeeded, true, None)], "nothing is voided or refunded");
        assert_eq!(till.payment(id).await.status.as_str(), "CANCELED");
    })
    .await;
}
