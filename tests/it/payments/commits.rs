//! Payments that are made first and paid later, in one try or several; and what follows a reservation.

use std::time::Duration;

use purser_connector::MitReason;
use purser_services::payments::{self, Commit, Pay, PayWith, Terms};
use purser_services::{Code, values};
use purser_tests::each_database;
use purser_types::Source;
use purser_types::id::PaymentId;

use super::till::{Till, card, eur, refusal, stands};
use super::{booked, shop};

fn with(payment_id: PaymentId, token: &str) -> Commit {
    Commit { payment_id, pay_with: card(token), amount: None, with_register: false }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_waits_for_its_instrument_and_for_a_better_one() {
    each_database(async |world| {
        let shop = shop(world).await;
        let till = Till::of(world, &shop);
        let asked = Pay { pay_with: None, ..till.debit("t-1", card("tok_visa")) };
        let asked = Pay { terms: Terms { commits_max: Some(3), ..Terms::default() }, ..asked };

        let made = payments::create(&till.ctx, asked).await.expect("a payment");
        assert_eq!(till.standing(made).await, stands("AWAITING_INSTRUMENT", 0, 0));
        assert_eq!(world.gate().sent(), 0, "nobody was asked");
        let declined = payments::commit(&till.ctx, with(made.payment_id, "tok_chargeDeclined")).await;
        assert_eq!(till.standing(declined.expect("a payment")).await, stands("AWAITING_INSTRUMENT", 0, 0));
        let paid = payments::commit(&till.ctx, with(made.payment_id, "tok_visa")).await;
        assert_eq!(till.standing(paid.expect("a payment")).await, stands("SUCCEEDED", 999, 999));

        let payment = till.payment(made.payment_id).await;
        assert_eq!((payment.commits, payment.decline), (2, None));
        let again = payments::commit(&till.ctx, with(made.payment_id, "tok_visa")).await;
        assert_eq!(refusal(again), (Code::NotCommittable, "paymentId".to_owned()));
        assert_eq!(booked(world), [(999, 0)]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_commit_fails_for_good() {
    each_database(async |world| {
        let shop = shop(world).await;
        let till = Till::of(world, &shop);
        let asked = Pay { pay_with: None, ..till.debit("t-1", card("tok_visa")) };
        let asked = Pay { terms: Terms { commits_max: Some(1), ..Terms::default() }, ..asked };
        let id = payments::create(&till.ctx, asked).await.expect("a payment").payment_id;

        let declined = payments::commit(&till.ctx, with(id, "tok_chargeDeclined")).await.expect("a payment");

        assert_eq!(till.standing(declined).await, stands("FAILED", 0, 0));
        let refused = payments::commit(&till.ctx, with(id, "tok_visa")).await;
        assert_eq!(refusal(refused).0, Code::NotCommittable);
        assert_eq!(booked(world), []);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_lack_of_funds_the_amount_may_be_lowered_within_its_bounds() {
    each_database(async |world| {
        let shop = shop(world).await;
        let till = Till::of(world, &shop);
        let terms = Terms { commits_max: Some(5), minimum: Some(eur("50.00")), ..Terms::default() };
        let asked = Pay { amount: eur("66.51"), terms, ..till.debit("t-1", card("tok_visa")) };
        let short = payments::create(&till.ctx, asked).await.expect("a payment");
        assert_eq!(till.standing(short).await, stands("AWAITING_AMOUNT", 0, 0));
        let lowered = |amount: &str| {
            let amount = Some(eur(amount));
            payments::commit(&till.ctx, Commit { amount, ..with(short.payment_id, "tok_visa") })
        };
        let sent = world.gate().sent();

        assert_eq!(refusal(lowered("49.99").await), (Code::AmountBelowMinimum, "amount".to_owned()));
        assert_eq!(refusal(lowered("66.52").await), (Code::AmountIncreaseForbidden, "amount".to_owned()));
        assert_eq!(world.gate().sent(), sent, "refusals are not sent");
        let paid = lowered("60.00").await.expect("a payment");

        assert_eq!(till.standing(paid).await, stands("SUCCEEDED", 6_000, 6_000));
        let amounts = till.payment(paid.payment_id).await.amounts;
        assert_eq!((amounts.original, amounts.requested), (6_651, 6_000));
        assert_eq!(booked(world), [(6_000, 0)]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_stored_instrument_pays_without_its_customer() {
    each_database(async |world| {
        let shop = shop(world).await;
        let till = Till::of(world, &shop);
        let by_merchant = |asked: Pay, mit_reason| Pay {
            initiator: values::Initiator::Merchant,
            terms: Terms { mit_reason, ..Terms::default() },
            ..asked
        };
        let fresh = by_merchant(till.debit("t-1", card("tok_visa")), Some(MitReason::Recurring));
        assert_eq!(refusal(payments::pay(&till.ctx, fresh).await).0, Code::MitNotAllowed);
        let token = till.stored("ann", "tok_threeDSecureRequired").await;
        let stored = || till.debit("t-2", PayWith::PaymentToken(token.clone()));
        let reasoned =
            Pay { terms: Terms { mit_reason: Some(MitReason::NoShow), ..Terms::default() }, ..stored() };
        assert_eq!(refusal(payments::pay(&till.ctx, reasoned).await).0, Code::MitNotAllowed);
        assert_eq!(booked(world), []);

        let paid = payments::pay(&till.ctx, by_merchant(stored(), Some(MitReason::Recurring))).await;

        let paid = paid.expect("a payment");
        assert_eq!(till.standing(paid).await, stands("SUCCEEDED", 999, 999));
        let payment = till.payment(paid.payment_id).await;
        assert_eq!(payment.mit_reason, Some(MitReason::Recurring));
        assert!(payment.network_transaction_id.is_some(), "the agreement is remembered");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reservation_is_raised_and_captured_finally() {
    each_database(async |world| {
        let shop = shop(world).await;
        let till = Till::of(world, &shop);
        let paid = payments::pay(&till.ctx, till.reserve("t-1")).await.expect("a reservation");
        let id = paid.payment_id;

        payments::increment(&till.ctx, id, eur("5.00")).await.expect("an increment");
        assert_eq!(till.standing(paid).await, stands("AUTHORIZED", 1_499, 0));
        payments::capture(&till.ctx, id, Some(eur("12.00")), true).await.expect("a final capture");

        assert_eq!(till.standing(paid).await, stands("SUCCEEDED", 1_200, 1_200));
        assert_eq!(
            refusal(payments::capture(&till.ctx, id, Some(eur("1.00")), false).await).0,
            Code::NotCapturable
        );
        assert_eq!(refusal(payments::increment(&till.ctx, id, eur("1.00")).await).0, Code::NotIncrementable);
        assert_eq!(booked(world), [(1_200, 0)]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scheduled_capture_takes_what_is_left_once() {
    each_database(async |world| {
        let shop = shop(world).await;
        let till = Till::of(world, &shop);
        let capture_at = Some(world.source().now().saturating_add(Duration::from_secs(3_600)));
        let asked = Pay { terms: Terms { capture_at, ..Terms::default() }, ..till.reserve("t-1") };
        let paid = payments::pay(&till.ctx, asked).await.expect("a reservation");

        payments::capture_scheduled(&till.ctx, paid.payment_id).await.expect("a capture");
        payments::capture_scheduled(&till.ctx, paid.payment_id).await.expect("nothing");

        assert_eq!(till.standing(paid).await, stands("SUCCEEDED", 999, 999));
        assert_eq!(booked(world), [(999, 0)]);
        let debit =
            Pay { terms: Terms { capture_at, ..Terms::default() }, ..till.debit("t-2", card("tok_visa")) };
        let refused = payments::pay(&till.ctx, debit).await;
        assert_eq!(refusal(refused), (Code::InvalidInput, "captureAt".to_owned()));
    })
    .await;
}
