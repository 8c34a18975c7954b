//! What processors tell of their own accord: believed once, in any order, and only about their own attempts.

use std::time::Duration;

use purser_connector::Inbound;
use purser_domain::payment::attempt::AttemptStatus;
use purser_domain::payment::dispute::DisputeStatus;
use purser_domain::payment::event::{EventKind, Origin};
use purser_plugin_sandbox::OutgoingNotification;
use purser_services::payments::{
    self, CustomerProfileData, NotTaken, Pay, Tick, notifications_tick, receive_notification,
};
use purser_tests::{Shop, World, each_database};
use purser_types::Source;
use purser_types::id::PaymentId;

use super::repair::{attempts, events, look, successes};
use super::till::{Till, card, eur, stands};
use super::{booked, shop};

/// A notification as it arrives.
fn inbound(world: &World, sent: &OutgoingNotification) -> Inbound {
    Inbound {
        headers: sent.headers.clone(),
        query: String::new(),
        body: sent.body.clone(),
        received_at: world.source().now(),
    }
}

/// What `northbank` has to say since the last time.
fn news(world: &World) -> Vec<Inbound> {
    world.sandbox().take_notifications("northbank").iter().map(|sent| inbound(world, sent)).collect()
}

/// Hands notifications in, each acknowledged.
async fn deliver(world: &World, shop: &Shop<'_>, notifications: &[Inbound]) {
    for notification in notifications {
        let taken = receive_notification(world.app(), &shop.connector, notification.clone()).await;
        assert!(taken.expect("it is taken").status.is_success());
    }
}

/// A round of the worker.
async fn apply(world: &World) -> Tick {
    notifications_tick(world.app(), 64, world.source().now()).await.expect("a round")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notification_that_comes_before_the_answer_is_the_answer() {
    each_database(async |world| {
        let shop = shop(world).await;
        let till = Till::of(world, &shop);
        world.gate().close();
        let paying = tokio::spawn({
            let till = till.clone();
            async move { payments::pay(&till.ctx, till.debit("t-1", card("tok_visa"))).await }
        });
        world.gate().arrived(1).await;

        deliver(world, &shop, &news(world)).await;
        assert_eq!(apply(world).await.failed, 0);
        let lookup = purser_services::selection::PaymentLookup::TransactionId("t-1".to_owned());
        let early = payments::find(&till.ctx, &lookup).await.expect("no error").expect("a payment");
        assert_eq!((early.status.as_str(), early.amounts.captured), ("SUCCEEDED", 999));

        world.gate().open();
        let paid = paying.await.expect("no panic").expect("a payment");
        assert_eq!(till.standing(paid).await, stands("SUCCEEDED", 999, 999));
        assert_eq!(successes(&till, paid.payment_id).await, 1);
        let settled = attempts(&till, paid.payment_id).await.remove(0);
        assert_eq!(settled.settled_by, Some(Origin::Notification));
        assert_eq!(booked(world), [(999, 0)]);
    })
    .await;
}

/// Where a payment ends whose notifications come in an order, each `times` times.
async fn end(
    world: &World,
    shop: &Shop<'_>,
    till: &Till,
    id: &str,
    order: [usize; 3],
    times: usize,
) -> String {
    let asked = Pay { amount: eur("100.00"), ..till.reserve(id) };
    let reserved = payments::pay(&till.ctx, asked).await.expect("a reservation").payment_id;
    let mut told = vec![news(world)];
    // Neither of these is answered: only the processor knows.
    payments::capture(&till.ctx, reserved, Some(eur("88.00")), true).await.expect("a capture");
    told.push(news(world));
    let asked = Pay { amount: eur("77.00"), ..till.debit(&format!("{id}-b"), card("tok_visa")) };
    let other = payments::pay(&till.ctx, asked).await.expect("a payment").payment_id;
    told.push(news(world));
    for at in order {
        for _ in 0..times {
            deliver(world, shop, &told[at]).await;
            let _tick = apply(world).await;
        }
    }
    let mut ends = String::new();
    for id in [reserved, other] {
        let payment = till.payment(id).await;
        let amounts = payment.amounts;
        ends.push_str(&format!(
            "{} {} {} {} {}; ",
            payment.status,
            amounts.authorized,
            amounts.captured,
            amounts.capture_pending,
            successes(till, id).await
        ));
    }
    ends
}

#[tokio::test(flavor = "multi_thread")]
async fn any_order_and_any_repetition_of_notifications_ends_alike() {
    each_database(async |world| {
        let shop = shop(world).await;
        let till = Till::of(world, &shop);
        let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
        for (at, order) in orders.into_iter().enumerate() {
            for times in [1, 2] {
                let ends = end(world, &shop, &till, &format!("t-{at}-{times}"), order, times).await;
                assert_eq!(ends, "SUCCEEDED 8800 8800 0 1; SUCCEEDED 7700 7700 0 1; ", "{order:?} × {times}");
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_duplicate_is_acknowledged_and_stored_once() {
    each_database(async |world| {
        let shop = shop(world).await;
        let till = Till::of(world, &shop);
        payments::pay(&till.ctx, till.debit("t-1", card("tok_visa"))).await.expect("a payment");
        let told = news(world);
        assert!(!told.is_empty());

        deliver(world, &shop, &told).await;
        deliver(world, &shop, &told).await;

        assert_eq!(apply(world).await, Tick { leased: told.len(), repaired: told.len(), failed: 0 });
        deliver(world, &shop, &told).await;
        assert_eq!(apply(world).await, Tick::default(), "what was applied stays so");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_signed_for_the_connector_is_refused_like_an_unknown_connector() {
    each_database(async |world| {
        let shop = shop(world).await;
        let till = Till::of(world, &shop);
        let other = shop.tenant.connector("other", "northbank").await;
        payments::pay(&till.ctx, till.debit("t-1", card("tok_unknownOutcome"))).await.expect("a payment");
        let told = news(world).remove(0);
        let mut forged = told.clone();
        forged.body = [told.body.as_ref(), b" "].concat().into();
        let old = Inbound {
            received_at: told.received_at.saturating_add(Duration::from_secs(3600)),
            ..told.clone()
        };

        let unknown = "con_01k00000000000000000000000";
        for (connector, notification) in [
            (shop.connector.as_str(), forged),
            (shop.connector.as_str(), old),
            (other.as_str(), told.clone()),
            (unknown, told.clone()),
            ("", told.clone()),
            ("nonsense", told),
        ] {
            let refused = receive_notification(world.app(), connector, notification).await;
            assert_eq!(refused, Err(NotTaken::Unauthentic), "{connector}");
        }
        assert_eq!(apply(world).await, Tick::default(), "nothing was kept");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connector_says_nothing_about_the_attempts_of_another() {
    each_database(async |world| {
        let shop = shop(world).await;
        let till = Till::of(world, &shop);
        // A stranger with the same account at the same processor, down to the key.
        let stranger = world.root_tenant("stranger").await;
        let account = serde_json::json!({ "processor": "northbank", "account": "shop-cards", "api_key": "sbx_shop-cards" });
        let foreign = stranger.connector_with("cards", account).await;
        let unknown = payments::pay(&till.ctx, till.debit("t-1", card("tok_unknownOutcome"))).await;
        let unknown = unknown.expect("a payment");
        let told = news(world).remove(0);

        receive_notification(world.app(), &foreign, told).await.expect("it is authentic");

        assert_eq!(apply(world).await, Tick { leased: 1, repaired: 0, failed: 0 });
        assert_eq!(till.standing(unknown).await, stands("PENDING", 0, 0));
        let mut tries = 1;
        for _ in 0..20 {
            world.advance(Duration::from_secs(3601));
            tries += apply(world).await.leased;
        }
        assert_eq!(tries, 12, "it is given up");
        assert_eq!(till.standing(unknown).await, stands("PENDING", 0, 0));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_success_after_the_refusal_raises_the_payment_with_its_instrument() {
    each_database(async |world| {
        let shop = shop(world).await;
        let till = Till::of(world, &shop);
        let data =
            CustomerProfileData { customer_identification: Some("ann".to_owned()), ..Default::default() };
        let asked = till.debit("t-1", card("tok_lateSuccess"));
        let asked = Pay { customer_profile_data: Some(data), with_register: true, ..asked };
        let declined = payments::pay(&till.ctx, asked).await.expect("a payment");
        assert_eq!(till.standing(declined).await, stands("FAILED", 0, 0));
        assert_eq!(look(world, Duration::from_secs(60)).await.leased, 0, "nobody doubts a refusal");

        for _ in 0..2 {
            deliver(world, &shop, &news(world)).await;
            let _tick = apply(world).await;
        }

        assert_eq!(till.standing(declined).await, stands("SUCCEEDED", 999, 999));
        let told = events(&till, declined.payment_id).await;
        assert_eq!(told.last().map(|(_, origin)| *origin), Some(Origin::Notification));
        assert!(told.contains(&(EventKind::LateSuccess, Origin::Notification)), "{told:?}");
        assert_eq!(successes(&till, declined.payment_id).await, 1);
        assert!(
            till.payment(declined.payment_id).await.instrument_id.is_some(),
            "it is stored as it was to be"
        );
        assert_eq!(attempts(&till, declined.payment_id).await.remove(0).status, AttemptStatus::Succeeded);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_success_after_the_cancellation_goes_back() {
    each_database(async |world| {
        let shop = shop(world).await;
        let till = Till::of(world, &shop);
        let asked = Pay { pay_with: None, ..till.debit("t-1", card("tok_visa")) };
        let terms = payments::Terms { commits_max: Some(2), ..payments::Terms::default() };
        let id = payments::create(&till.ctx, Pay { terms, ..asked }).await.expect("a payment").payment_id;
        let commit = payments::Commit {
            payment_id: id,
            pay_with: card("tok_lateSuccess"),
            amount: None,
            with_register: false,
        };
        payments::commit(&till.ctx, commit).await.expect("a decline");
        payments::cancel(&till.ctx, id).await.expect("called off");

        for _ in 0..3 {
            world.advance(Duration::from_secs(60));
            deliver(world, &shop, &news(world)).await;
            let _tick = apply(world).await;
        }
        let is_back = async || world.books("northbank").payments().any(|payment| payment.held() == 0);
        purser_tests::eventually("the money is back", is_back).await;

        assert_eq!(till.payment(id).await.status.as_str(), "CANCELED");
        assert_eq!(successes(&till, id).await, 0);
        let surplus = attempts(&till, id).await.remove(0);
        assert!(surplus.is_surplus);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn disputes_open_and_end_as_the_bank_decides() {
    each_database(async |world| {
        let shop = shop(world).await;
        let till = Till::of(world, &shop);
        for (token, ends, status, disputed) in [
            ("tok_createDispute", DisputeStatus::Open, "DISPUTED", 999),
            ("tok_disputeWon", DisputeStatus::Won, "SUCCEEDED", 0),
            ("tok_disputeLost", DisputeStatus::Lost, "CHARGED_BACK", 999),
        ] {
            let paid = payments::pay(&till.ctx, till.debit(token, card(token))).await.expect("a payment");
            assert_eq!(till.standing(paid).await, stands("SUCCEEDED", 999, 999), "{token}");
            let mut all = Vec::new();
            for _ in 0..4 {
                all.extend(news(world));
                deliver(world, &shop, &all).await;
                let _tick = apply(world).await;
            }

            let payment = till.payment(paid.payment_id).await;
            assert_eq!((payment.status.as_str(), payment.amounts.disputed), (status, disputed), "{token}");
            let disputes = payments::disputes(&till.ctx, paid.payment_id).await.expect("an answer");
            let known: Vec<DisputeStatus> = disputes.iter().map(|dispute| dispute.status).collect();
            assert_eq!(known, [ends], "{token}");
            let opened = events(&till, paid.payment_id).await;
            let opened = opened.iter().filter(|(kind, _)| *kind == EventKind::PaymentDisputed).count();
            assert_eq!(opened, 1, "{token}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_is_refused_while_the_bank_decides() {
    each_database(async |world| {
        let shop = shop(world).await;
        let till = Till::of(world, &shop);
        let asked = till.debit("t-1", card("tok_createDispute"));
        let id: PaymentId = payments::pay(&till.ctx, asked).await.expect("a payment").payment_id;
        for _ in 0..2 {
            deliver(world, &shop, &news(world)).await;
            let _tick = apply(world).await;
        }

        let refused = payments::refund(&till.ctx, id, None).await;

        assert_eq!(super::till::refusal(refused).0, purser_services::Code::NotRefundable);
        assert_eq!(till.payment(id).await.amounts.refund_pending, 0);
    })
    .await;
}
