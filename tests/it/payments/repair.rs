//! How doubt ends: by asking the processor, by sending the same again where that is safe, or never by guessing.

use std::time::Duration;

use purser_domain::payment::PaymentKind;
use purser_domain::payment::attempt::{Attempt, AttemptStatus};
use purser_domain::payment::event::{EventKind, Origin};
use purser_services::payments::{self, CustomerProfileData, Pay, Tick, janitor_tick};
use purser_services::selection::PaymentLookup;
use purser_services::{Code, reads};
use purser_tests::{World, each_database};
use purser_types::Source;
use purser_types::id::PaymentId;

use super::till::{Till, card, eur, refusal, stands};
use super::{booked, shop};

/// A round of the janitor, a while later.
pub(super) async fn look(world: &World, later: Duration) -> Tick {
    world.advance(later);
    janitor_tick(world.app(), 16, 64, world.source().now()).await.expect("a round")
}

/// A while after which everything that came into doubt just now is due.
pub(super) const SOON: Duration = Duration::from_secs(40);

pub(super) async fn attempts(till: &Till, id: PaymentId) -> Vec<Attempt> {
    reads::attempts_of(&till.ctx, &[id]).await.expect("an answer").remove(0)
}

/// The kinds of a payment's events with who told, the first first.
pub(super) async fn events(till: &Till, id: PaymentId) -> Vec<(EventKind, Origin)> {
    let events = reads::events_of(&till.ctx, &[id]).await.expect("an answer").remove(0);
    events.iter().map(|event| (event.kind, event.origin)).collect()
}

/// How often a payment was reported successful.
pub(super) async fn successes(till: &Till, id: PaymentId) -> usize {
    events(till, id).await.iter().filter(|(kind, _)| kind.is_success()).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_booked_without_an_answer_is_found_and_counted_once() {
    each_database(async |world| {
        let shop = shop(world).await;
        let till = Till::of(world, &shop);
        for (at, amount) in ["77.00", "77.01", "77.05"].into_iter().enumerate() {
            let asked = Pay { amount: eur(amount), ..till.debit(amount, card("tok_visa")) };
            let unknown = payments::pay(&till.ctx, asked).await.expect("a payment");
            assert_eq!(till.standing(unknown).await, stands("PENDING", 0, 0), "{amount}");

            let tick = look(world, SOON).await;

            let minor = eur(amount).minor();
            assert_eq!(tick, Tick { leased: 1, repaired: 1, failed: 0 }, "{amount}");
            assert_eq!(till.standing(unknown).await, stands("SUCCEEDED", minor, minor), "{amount}");
            let settled = attempts(&till, unknown.payment_id).await.remove(0);
            assert_eq!(
                (settled.status, settled.settled_by),
                (AttemptStatus::Succeeded, Some(Origin::LookUp))
            );
            assert_eq!(settled.next_check_at, None);
            assert_eq!(successes(&till, unknown.payment_id).await, 1);
            assert_eq!(booked(world).len(), at + 1, "{amount} is booked once");
        }
        assert_eq!(look(world, SOON).await, Tick::default(), "nothing is left to look at");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_never_arrived_is_sent_again_with_the_same_key() {
    each_database(async |world| {
        let shop = shop(world).await;
        let till = Till::of(world, &shop);
        world.gate().lose(1);
        let lost = payments::pay(&till.ctx, till.debit("t-1", card("tok_visa"))).await.expect("a payment");
        assert_eq!(till.standing(lost).await, stands("PENDING", 0, 0));
        assert_eq!(booked(world), []);
        let sent = world.gate().sent();

        let tick = look(world, SOON).await;

        assert_eq!(tick, Tick { leased: 1, repaired: 1, failed: 0 });
        assert_eq!(world.gate().sent(), sent + 2, "one look, one repetition");
        assert_eq!(till.standing(lost).await, stands("SUCCEEDED", 999, 999));
        assert_eq!(booked(world), [(999, 0)]);
        assert_eq!(attempts(&till, lost.payment_id).await.len(), 1, "it is the same attempt");
        assert_eq!(successes(&till, lost.payment_id).await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repetition_whose_answer_is_lost_too_is_booked_once() {
    each_database(async |world| {
        let shop = shop(world).await;
        let till = Till::of(world, &shop);
        let asked = Pay { amount: eur("77.04"), ..till.debit("t-1", card("tok_visa")) };
        let lost = payments::pay(&till.ctx, asked).await.expect("a payment");

        // This processor cuts the connection each time and books nothing.
        for _ in 0..4 {
            assert_eq!(look(world, Duration::from_secs(3600)).await.repaired, 0);
        }

        assert_eq!(till.standing(lost).await, stands("PENDING", 0, 0));
        assert_eq!(booked(world), []);
        let attempt = attempts(&till, lost.payment_id).await.remove(0);
        assert_eq!((attempt.status, attempt.checks), (AttemptStatus::Unknown, 4));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_processor_that_does_not_answer_is_asked_ever_more_rarely_and_then_an_operator_is() {
    each_database(async |world| {
        let shop = shop(world).await;
        let till = Till::of(world, &shop);
        let asked = Pay { amount: eur("77.00"), ..till.debit("t-1", card("tok_visa")) };
        let unknown = payments::pay(&till.ctx, asked).await.expect("a payment");
        world.gate().cut("northbank");

        let mut pauses = Vec::new();
        for _ in 0..8 {
            let _tick = look(world, Duration::from_secs(3601)).await;
            let attempt = attempts(&till, unknown.payment_id).await.remove(0);
            let next = attempt.next_check_at.expect("it is looked at again");
            pauses.push(next.since(world.source().now()).as_secs());
        }
        // A twentieth of the hours since it was sent, less a quarter at most.
        for (pause, whole) in pauses.iter().zip((1..).map(|hours| hours * 3600 / 20)) {
            assert!(*pause <= whole + 1 && *pause + 1 >= whole * 3 / 4, "{pauses:?}");
        }
        for _ in 0..23 {
            let _tick = look(world, Duration::from_secs(3601)).await;
        }

        let attempt = attempts(&till, unknown.payment_id).await.remove(0);
        assert!(attempt.review.is_some_and(|reason| reason.contains("NOT_SENT")));
        assert_eq!(attempt.next_check_at, None);
        assert_eq!(till.standing(unknown).await, stands("PENDING", 0, 0), "nobody guesses");
        let told = events(&till, unknown.payment_id).await;
        assert_eq!(told.last(), Some(&(EventKind::AttemptInReview, Origin::Time)));
        // The processor is back, and somebody asks.
        world.gate().mend("northbank");
        payments::sync(&till.ctx, unknown.payment_id).await.expect("a look");
        assert_eq!(till.standing(unknown).await, stands("SUCCEEDED", 7700, 7700));
        assert_eq!(attempts(&till, unknown.payment_id).await.remove(0).review, None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_later_comes() {
    each_database(async |world| {
        let shop = shop(world).await;
        let till = Till::of(world, &shop);
        let pay = async |id: &str, token: &str| {
            payments::pay(&till.ctx, till.debit(id, card(token))).await.expect("a payment")
        };
        let done = pay("t-1", "tok_delayedSuccess").await;
        let declined = pay("t-2", "tok_delayedDecline").await;

        let _first = look(world, SOON).await;
        let _second = look(world, SOON).await;

        assert_eq!(till.standing(done).await, stands("SUCCEEDED", 999, 999));
        assert_eq!(till.standing(declined).await, stands("FAILED", 0, 0));
        assert_eq!(look(world, SOON).await.leased, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn captures_and_refunds_in_doubt_end_with_what_was_set_aside_moved_or_free() {
    each_database(async |world| {
        let shop = shop(world).await;
        let till = Till::of(world, &shop);
        let reserve = Pay { amount: eur("100.00"), ..till.reserve("t-1") };
        let id = payments::pay(&till.ctx, reserve).await.expect("a reservation").payment_id;

        payments::capture(&till.ctx, id, Some(eur("88.00")), false).await.expect("a capture");
        assert_eq!(till.payment(id).await.amounts.capture_pending, 8_800);
        assert_eq!(look(world, SOON).await.repaired, 1);
        let captured = till.payment(id).await;
        assert_eq!((captured.status.as_str(), captured.amounts.captured), ("PARTIALLY_CAPTURED", 8_800));
        assert_eq!(captured.amounts.capture_pending, 0);
        payments::void(&till.ctx, id).await.expect("the rest is released");
        payments::refund(&till.ctx, id, Some(eur("88.00"))).await.expect("a refund");
        assert_eq!(till.payment(id).await.amounts.refund_pending, 8_800);
        assert_eq!(look(world, SOON).await.repaired, 1);

        let refunded = till.payment(id).await;
        assert_eq!((refunded.status.as_str(), refunded.amounts.refunded), ("REFUNDED", 8_800));
        assert_eq!(refunded.amounts.refund_pending, 0);
        assert_eq!(booked(world), [(8_800, 8_800)]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_reads_like_a_success_and_is_none_is_an_operators_matter() {
    each_database(async |world| {
        let shop = shop(world).await;
        let till = Till::of(world, &shop);
        for token in ["tok_wrongAmount", "tok_wrongCurrency"] {
            let wrong = payments::pay(&till.ctx, till.debit(token, card(token))).await.expect("a payment");
            let _tick = look(world, SOON).await;

            assert_eq!(till.standing(wrong).await, stands("PENDING", 0, 0), "{token}");
            let attempt = attempts(&till, wrong.payment_id).await.remove(0);
            assert_eq!(attempt.review.as_deref(), Some("integrity"), "{token}");
            assert_eq!((attempt.status, attempt.next_check_at), (AttemptStatus::Unknown, None), "{token}");
            assert_eq!(successes(&till, wrong.payment_id).await, 0, "{token}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_action_that_nobody_took_expires_after_the_processor_was_asked() {
    each_database(async |world| {
        let shop = shop(world).await;
        let till = Till::of(world, &shop);
        let return_url = Some("https://shop.example/back".parse().expect("an address"));
        let asked = Pay { return_url, ..till.debit("t-1", card("tok_threeDSecureRequired")) };
        let waits = payments::pay(&till.ctx, asked).await.expect("a payment");
        assert_eq!(till.standing(waits).await, stands("REQUIRES_ACTION", 0, 0));
        assert_eq!(look(world, Duration::from_secs(60)).await.leased, 0, "the customer has time");

        let tick = look(world, Duration::from_secs(24 * 3600)).await;

        assert_eq!((tick.leased, tick.repaired), (1, 1));
        assert_eq!(till.standing(waits).await, stands("EXPIRED", 0, 0));
        assert_eq!(attempts(&till, waits.payment_id).await.remove(0).status, AttemptStatus::Expired);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instrument_whose_answer_was_lost_is_stored_when_it_is_found() {
    each_database(async |world| {
        let shop = shop(world).await;
        let till = Till::of(world, &shop);
        let data = CustomerProfileData {
            customer_identification: Some("ann".to_owned()),
            mark_as_preferred: true,
            ..CustomerProfileData::default()
        };
        let asked = till.debit("t-1", card("tok_unknownOutcome"));
        let asked = Pay { customer_profile_data: Some(data), with_register: true, ..asked };
        let unknown = payments::pay(&till.ctx, asked).await.expect("a payment");
        assert_eq!(unknown.instrument_id, None);

        let _tick = look(world, SOON).await;

        let payment = till.payment(unknown.payment_id).await;
        assert_eq!(payment.status.as_str(), "SUCCEEDED");
        let instrument = payment.instrument_id.expect("it is stored");
        let found = reads::instruments_by_id(&till.ctx, &[instrument]).await.expect("an answer").remove(0);
        assert_eq!(Some(found.expect("an instrument").instrument.profile_id), payment.profile_id);
        let told = events(&till, unknown.payment_id).await;
        assert!(told.contains(&(EventKind::InstrumentStored, Origin::LookUp)), "{told:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_reads_a_payment_in_doubt_gets_the_truth_and_asks_once() {
    each_database(async |world| {
        let shop = shop(world).await;
        let till = Till::of(world, &shop);
        let asked = Pay { amount: eur("77.00"), ..till.debit("t-1", card("tok_visa")) };
        let unknown = payments::pay(&till.ctx, asked).await.expect("a payment");
        let sent = world.gate().sent();

        let lookup = PaymentLookup::TransactionId("t-1".to_owned());
        let readers = (0..8).map(|_| payments::find(&till.ctx, &lookup));
        let read = futures::future::join_all(readers).await;

        assert_eq!(world.gate().sent(), sent + 1, "one of them asked");
        let is_paid = |found: &Option<purser_domain::payment::Payment>| {
            found.as_ref().is_some_and(|payment| payment.status.as_str() == "SUCCEEDED")
        };
        assert!(read.into_iter().any(|found| is_paid(&found.expect("no error"))));
        assert_eq!(till.standing(unknown).await, stands("SUCCEEDED", 7700, 7700));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_never_fails_because_a_processor_does() {
    each_database(async |world| {
        let shop = shop(world).await;
        let till = Till::of(world, &shop);
        let asked = Pay { amount: eur("77.00"), ..till.debit("t-1", card("tok_visa")) };
        let unknown = payments::pay(&till.ctx, asked).await.expect("a payment");
        world.gate().cut("northbank");

        let read = payments::find(&till.ctx, &PaymentLookup::TransactionId("t-1".to_owned())).await;

        assert_eq!(read.expect("no error").expect("a payment").status.as_str(), "PENDING");
        assert_eq!(
            attempts(&till, unknown.payment_id).await.remove(0).checks,
            0,
            "readers' looks do not count"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_on_its_way_is_not_looked_up() {
    each_database(async |world| {
        let shop = shop(world).await;
        let till = Till::of(world, &shop);
        world.gate().close();
        let paying = tokio::spawn({
            let till = till.clone();
            async move { payments::pay(&till.ctx, till.debit("t-1", card("tok_visa"))).await }
        });
        world.gate().arrived(1).await;

        let found = payments::find(&till.ctx, &PaymentLookup::TransactionId("t-1".to_owned())).await;
        assert_eq!(found.expect("no error").expect("a payment").status.as_str(), "PROCESSING");
        assert_eq!(look(world, Duration::from_secs(1)).await.leased, 0);
        assert_eq!(world.gate().sent(), 1);

        world.gate().open();
        paying.await.expect("no panic").expect("a payment");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_oldest_doubt_is_taken_first_and_shared_between_nodes() {
    each_database(async |world| {
        let shop = shop(world).await;
        let till = Till::of(world, &shop);
        let mut ids = Vec::new();
        for at in 0..6 {
            let asked = till.debit(&format!("t-{at}"), card("tok_unknownOutcome"));
            ids.push(payments::pay(&till.ctx, asked).await.expect("a payment").payment_id);
            world.advance(Duration::from_secs(1));
        }
        world.advance(SOON);
        let now = world.source().now();

        let tick = janitor_tick(world.app(), 2, 2, now).await.expect("a round");
        assert_eq!(tick, Tick { leased: 2, repaired: 2, failed: 0 });
        let mut settled = Vec::new();
        for id in &ids {
            settled.push(till.payment(*id).await.status.as_str() == "SUCCEEDED");
        }
        assert_eq!(settled, [true, true, false, false, false, false]);

        let rounds = (0..4).map(|_| janitor_tick(world.app(), 16, 64, now));
        let rounds = futures::future::join_all(rounds).await;
        let leased: usize = rounds.into_iter().map(|tick| tick.expect("a round").leased).sum();
        assert_eq!(leased, 4, "each was taken by one node");
        for id in ids {
            assert_eq!(successes(&till, id).await, 1);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_looks_a_payment_up_that_is_not_theirs() {
    each_database(async |world| {
        let shop = shop(world).await;
        let till = Till::of(world, &shop);
        let asked = Pay { amount: eur("77.00"), ..till.debit("t-1", card("tok_visa")) };
        let unknown = payments::pay(&till.ctx, asked).await.expect("a payment");
        let other = world.root_tenant("other").await.shop().await;
        let stranger = Till::of(world, &other);
        let sent = world.gate().sent();

        let refused = payments::sync(&stranger.ctx, unknown.payment_id).await;
        payments::repair_on_read(&stranger.ctx, unknown.payment_id).await;

        assert_eq!(refusal(refused), (Code::PaymentNotFound, "paymentId".to_owned()));
        assert_eq!(world.gate().sent(), sent);
        assert_eq!(till.payment(unknown.payment_id).await.kind, PaymentKind::Debit);
    })
    .await;
}
