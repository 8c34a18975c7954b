//! A request with a key is carried out once, however often it comes.

use futures::future::join_all;
use purser_domain::tenant::ApiKeyKind;
use purser_services::connectors::{self, CreateRouter};
use purser_services::containers::{self, CreateContainer};
use purser_services::keys::{self, CreateApiKey};
use purser_services::payments::{self, Pay, PayWith};
use purser_services::profiles::{self, CreateProfile};
use purser_services::{Code, Once};
use purser_tests::each_database;
use purser_types::Money;

use super::till::{Till, card, eur, refusal, stands};
use super::{booked, shop};

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_again_is_answered_with_the_payment_as_it_is() {
    each_database(async |world| {
        let shop = shop(world).await;
        let till = Till::of(world, &shop);
        let own = till.once("debitPayment", "k-1", "9.99");
        let pay = || payments::pay(&own.ctx, till.debit("t-1", card("tok_visa")));

        let first = pay().await.expect("a payment");
        let again = pay().await.expect("the same payment");

        assert_eq!(again.payment_id, first.payment_id);
        assert_eq!(till.standing(again).await, stands("SUCCEEDED", 999, 999));
        assert_eq!((booked(world), world.gate().sent()), (vec![(999, 0)], 1));

        payments::void(&till.ctx, first.payment_id).await.expect("a void");
        let later = pay().await.expect("the same payment");
        assert_eq!(till.standing(later).await, stands("VOIDED", 0, 0), "the truth of now, not of then");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_comes_with_another_request_is_refused() {
    each_database(async |world| {
        let shop = shop(world).await;
        let till = Till::of(world, &shop);
        let first = till.debit("t-1", card("tok_visa"));
        payments::pay(&till.once("debitPayment", "k-1", "9.99").ctx, first).await.expect("a payment");

        let other = Pay { amount: eur("5.00"), ..till.debit("t-2", card("tok_visa")) };
        let refused = payments::pay(&till.once("debitPayment", "k-1", "5.00").ctx, other).await;

        assert_eq!(refusal(refused), (Code::IdempotencyKeyReused, "idempotencyKey".to_owned()));
        assert_eq!((booked(world), world.gate().sent()), (vec![(999, 0)], 1));
        let other_operation = till.once("preauthorizePayment", "k-1", "9.99");
        payments::pay(&other_operation.ctx, till.reserve("t-3")).await.expect("a key of another operation");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn twins_that_come_at_once_are_one_charge() {
    each_database(async |world| {
        let shop = shop(world).await;
        let till = Till::of(world, &shop);
        world.gate().close();
        let twins = (0..20).map(|_| {
            let till = till.once("debitPayment", "k-1", "9.99");
            tokio::spawn(async move { payments::pay(&till.ctx, till.debit("t-1", card("tok_visa"))).await })
        });
        let twins: Vec<_> = twins.collect();
        world.gate().arrived(1).await;

        world.gate().open();
        let answers = join_all(twins).await;

        let ids: Vec<_> =
            answers.into_iter().map(|it| it.expect("no panic").expect("a payment").payment_id).collect();
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
        assert_eq!((booked(world), world.gate().sent()), (vec![(999, 0)], 1));
        assert_eq!(world.books("northbank").operations().count(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_belongs_to_its_tenant() {
    each_database(async |world| {
        let shop = shop(world).await;
        let neighbour = world.root_tenant("neighbour").await.shop().await;
        for shop in [&shop, &neighbour] {
            let till = Till::of(world, shop).once("debitPayment", "k-1", &shop.tenant.slug);
            payments::pay(&till.ctx, till.debit("t-1", card("tok_visa"))).await.expect("a payment");
        }

        assert_eq!(booked(world), [(999, 0), (999, 0)]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_request_leaves_its_key_free() {
    each_database(async |world| {
        let shop = shop(world).await;
        let till = Till::of(world, &shop).once("debitPayment", "k-1", "0.00");
        let nothing = Pay { amount: Money::zero(eur("1").currency()), ..till.debit("t-1", card("tok_visa")) };
        assert_eq!(refusal(payments::pay(&till.ctx, nothing).await).0, Code::InvalidAmount);

        let corrected = till.once("debitPayment", "k-1", "9.99");
        let paid = payments::pay(&corrected.ctx, till.debit("t-1", card("tok_visa"))).await;

        assert_eq!(till.standing(paid.expect("a payment")).await, stands("SUCCEEDED", 999, 999));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn follow_ups_with_a_key_move_money_once() {
    each_database(async |world| {
        let shop = shop(world).await;
        let till = Till::of(world, &shop);
        let id = payments::pay(&till.ctx, till.reserve("t-1")).await.expect("a reservation").payment_id;
        for _ in 0..2 {
            let capture = till.once("capturePayment", "c-1", "4.00");
            payments::capture(&capture.ctx, id, Some(eur("4.00")), false).await.expect("a capture");
        }
        payments::capture(&till.ctx, id, None, false).await.expect("the rest");
        for _ in 0..2 {
            let refund = till.once("refundPayment", "r-1", "1.00");
            payments::refund(&refund.ctx, id, Some(eur("1.00"))).await.expect("a refund");
        }

        assert_eq!(booked(world), [(999, 100)]);
        let other =
            payments::refund(&till.once("refundPayment", "r-1", "2.00").ctx, id, Some(eur("2.00"))).await;
        assert_eq!(refusal(other).0, Code::IdempotencyKeyReused);
        assert_eq!(booked(world), [(999, 100)]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_made_with_a_key_is_made_once() {
    each_database(async |world| {
        let shop = shop(world).await;
        let till = Till::of(world, &shop);
        let ctx = |operation| till.once(operation, "k-1", "it").ctx;

        let container = || CreateContainer { name: "second".to_owned(), description: None };
        let first = containers::create(&ctx("createContainer"), container()).await.expect("a container");
        let again = containers::create(&ctx("createContainer"), container()).await.expect("the same one");
        assert_eq!(again, first);

        let connector_ids = vec![shop.connector.parse().expect("an id")];
        let router = || CreateRouter { name: "main".to_owned(), connector_ids: connector_ids.clone() };
        let first = connectors::create_router(&ctx("createRouter"), router()).await.expect("a router");
        let again = connectors::create_router(&ctx("createRouter"), router()).await.expect("the same one");
        assert_eq!(again, first);

        let person =
            || CreateProfile { customer_identification: Some("ann".to_owned()), ..Default::default() };
        let first = profiles::create(&ctx("createProfile"), person()).await.expect("a profile");
        let again = profiles::create(&ctx("createProfile"), person()).await.expect("the same one");
        assert_eq!(again, first);
        let found = profiles::upsert(&ctx("upsertProfile"), person()).await.expect("the same one");
        let again = profiles::upsert(&ctx("upsertProfile"), person()).await.expect("the same one");
        assert_eq!((found.id, again.id, again.is_created), (first, first, false));

        let key = || CreateApiKey {
            tenant_id: None,
            kind: ApiKeyKind::Secret,
            environment: None,
            name: "till".to_owned(),
            scopes: None,
            expires_at: None,
        };
        let first = keys::create(&ctx("createApiKey"), key()).await.expect("a key");
        let again = keys::create(&ctx("createApiKey"), key()).await.expect("the same one");
        assert_eq!(again.key.id, first.key.id);
        assert!(first.secret.is_some() && again.secret.is_none(), "the secret is shown once");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_short_and_visible() {
    each_database(async |world| {
        let shop = shop(world).await;
        let till = Till::of(world, &shop);
        for key in ["", "a b", "é", "a\n", &"k".repeat(256)] {
            let refused = Once::try_new(&till.ctx, "debitPayment", key.to_owned(), b"{}");
            assert_eq!(refusal(refused), (Code::InvalidInput, "idempotencyKey".to_owned()), "{key:?}");
        }
        Once::try_new(&till.ctx, "debitPayment", "k".repeat(255), b"{}").expect("255 characters are fine");
    })
    .await;
}

/// Counted on each engine, where PostgreSQL writes everything that belongs together in one statement.
#[tokio::test(flavor = "multi_thread")]
async fn a_debit_of_a_stored_card_costs_few_statements() {
    each_database(async |world| {
        let shop = shop(world).await;
        let till = Till::of(world, &shop);
        let token = till.stored("ann", "tok_visa").await;
        let pay =
            |id: &'static str| payments::pay(&till.ctx, till.debit(id, PayWith::PaymentToken(token.clone())));
        pay("t-1").await.expect("the first one begins the customer's totals");

        let before = world.statements();
        pay("t-2").await.expect("a payment");
        let cost = world.statements() - before;

        let most = match world.engine() {
            purser_tests::Engine::Postgres => 8,
            purser_tests::Engine::Sqlite => 15,
        };
        assert_eq!(cost, most, "statements on {:?}", world.engine());
    })
    .await;
}
