//! What the clock does: captures on schedule, and the end of payments that wait for nobody.

use std::time::Duration;

use purser_domain::payment::event::{EventKind, Origin};
use purser_services::payments::{self, Pay, Terms, Tick, captures_tick, expiries_tick};
use purser_tests::each_database;
use purser_types::Source;

use super::repair::{events, look};
use super::till::{Till, card, stands};
use super::{booked, shop};

const DAY: Duration = Duration::from_secs(24 * 3600);

#[tokio::test(flavor = "multi_thread")]
async fn a_scheduled_capture_is_made_once_when_its_time_has_come() {
    each_database(async |world| {
        let shop = shop(world).await;
        let till = Till::of(world, &shop);
        let capture_at = Some(world.source().now().saturating_add(DAY));
        let asked = till.reserve("t-1");
        let asked = Pay { terms: Terms { capture_at, ..Terms::default() }, ..asked };
        let reserved = payments::pay(&till.ctx, asked).await.expect("a reservation");
        let tick = async || captures_tick(world.app(), 64, world.source().now()).await.expect("a round");
        assert_eq!(tick().await, Tick::default(), "it is too early");

        world.advance(DAY);
        let rounds = futures::future::join_all((0..4).map(|_| tick())).await;

        assert_eq!(rounds.iter().map(|tick| tick.leased).sum::<usize>(), 1, "one node takes it");
        assert_eq!(till.standing(reserved).await, stands("SUCCEEDED", 999, 999));
        assert_eq!(booked(world), [(999, 0)]);
        world.advance(DAY);
        assert_eq!(tick().await, Tick::default());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scheduled_capture_of_what_was_captured_by_hand_is_none() {
    each_database(async |world| {
        let shop = shop(world).await;
        let till = Till::of(world, &shop);
        let capture_at = Some(world.source().now().saturating_add(DAY));
        let asked = Pay { terms: Terms { capture_at, ..Terms::default() }, ..till.reserve("t-1") };
        let id = payments::pay(&till.ctx, asked).await.expect("a reservation").payment_id;
        payments::capture(&till.ctx, id, None, false).await.expect("a capture");
        let sent = world.gate().sent();

        world.advance(DAY);
        let tick = captures_tick(world.app(), 64, world.source().now()).await.expect("a round");

        assert_eq!(tick.failed, 0);
        assert_eq!(world.gate().sent(), sent, "nobody is asked");
        assert_eq!(booked(world), [(999, 0)]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn payments_that_wait_for_the_customer_expire_and_others_do_not() {
    each_database(async |world| {
        let shop = shop(world).await;
        let till = Till::of(world, &shop);
        let expires_at = Some(world.source().now().saturating_add(DAY));
        let terms = || Terms { expires_at, ..Terms::default() };
        let waiting = Pay { pay_with: None, terms: terms(), ..till.debit("t-1", card("tok_visa")) };
        let waiting = payments::create(&till.ctx, waiting).await.expect("a payment");
        let paid = Pay { terms: terms(), ..till.debit("t-2", card("tok_visa")) };
        let paid = payments::pay(&till.ctx, paid).await.expect("a payment");
        let in_doubt = Pay { terms: terms(), ..till.debit("t-3", card("tok_unknownOutcome")) };
        let in_doubt = payments::pay(&till.ctx, in_doubt).await.expect("a payment");
        let tick = async || expiries_tick(world.app(), 64, world.source().now()).await.expect("a round");
        assert_eq!(tick().await, Tick::default(), "it is too early");

        world.advance(DAY);
        let ended = tick().await;

        assert_eq!(ended.failed, 0);
        assert_eq!(till.standing(waiting).await, stands("EXPIRED", 0, 0));
        assert_eq!(till.standing(paid).await, stands("SUCCEEDED", 999, 999));
        assert_eq!(till.standing(in_doubt).await, stands("PENDING", 0, 0), "nobody knows what happened");
        let told = events(&till, waiting.payment_id).await;
        assert_eq!(told.last(), Some(&(EventKind::PaymentExpired, Origin::Time)));
        assert_eq!(tick().await.repaired, 0);
        let _tick = look(world, Duration::from_secs(60)).await;
        assert_eq!(till.standing(in_doubt).await, stands("SUCCEEDED", 999, 999));
    })
    .await;
}
