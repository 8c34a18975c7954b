//! Orders: totals that add up, and a status that follows the money.

use purser_services::orders::{self, FulfilOrder, NewDiscount, NewLine, SubmitOrder};
use purser_services::payments::{self, Pay, Terms};
use purser_services::{Code, Error};
use purser_tests::each_database;
use purser_types::{Money, Source};

use super::shop;
use super::till::{Till, card, eur, refusal};

fn line(name: &str, quantity: i64, unit: &str) -> NewLine {
    NewLine {
        sku: None,
        name: name.to_owned(),
        quantity,
        unit_amount: eur(unit),
        discount: None,
        tax: None,
        category: None,
    }
}

/// Three at 3.33 less 1.00, with 0.50 tax and 1.50 shipping, less 1.00 on the whole: 9.99.
fn order(external_id: &str) -> SubmitOrder {
    let books = NewLine { discount: Some(eur("1.00")), tax: Some(eur("0.50")), ..line("book", 3, "3.33") };
    SubmitOrder {
        external_id: external_id.to_owned(),
        profile_id: None,
        lines: vec![books],
        discounts: vec![NewDiscount { name: "spring".to_owned(), amount: eur("1.00") }],
        shipping: Some(eur("1.50")),
        total: eur("9.99"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_stands_as_its_payments_do() {
    each_database(async |world| {
        let shop = shop(world).await;
        let till = Till::of(world, &shop);
        let submitted = orders::submit(&till.ctx, order("o-1")).await.expect("an order");
        assert_eq!(
            (submitted.subtotal, submitted.discount, submitted.tax, submitted.total),
            (999, 200, 50, 999)
        );
        let status = async || {
            let found = orders::find(&till.ctx, submitted.id).await.expect("an answer");
            found.expect("an order").status.to_string()
        };
        let pay = async |id: &str, amount: &str| {
            let terms = Terms { order_id: Some(submitted.id), ..Terms::default() };
            let asked = Pay { amount: eur(amount), terms, ..till.debit(id, card("tok_visa")) };
            payments::pay(&till.ctx, asked).await.expect("a payment").payment_id
        };
        assert_eq!(status().await, "OPEN");

        let part = pay("t-1", "4.00").await;
        assert_eq!(status().await, "PARTIALLY_PAID");
        let rest = pay("t-2", "5.99").await;
        assert_eq!(status().await, "PAID");
        let more = pay("t-3", "0.01").await;
        assert_eq!(status().await, "OVERPAID");
        for id in [part, rest, more] {
            payments::refund(&till.ctx, id, None).await.expect("a refund");
        }
        assert_eq!(status().await, "REFUNDED");

        let delivered_at = Some(world.source().now());
        let fulfilled = FulfilOrder {
            id: submitted.id,
            expected_version: None,
            carrier: Some("post".to_owned()),
            tracking: Some("RR1".to_owned()),
            delivered_at: None,
        };
        let on_its_way = orders::fulfil(&till.ctx, fulfilled.clone()).await.expect("on its way");
        assert_eq!(on_its_way.status.to_string(), "REFUNDED");
        let arrived = FulfilOrder { carrier: None, tracking: None, delivered_at, ..fulfilled };
        let arrived = orders::fulfil(&till.ctx, arrived).await.expect("arrived");
        let fulfilment = arrived.fulfilment.expect("a delivery");
        assert_eq!(arrived.status.to_string(), "FULFILLED");
        assert_eq!((fulfilment.carrier.as_deref(), fulfilment.delivered_at), (Some("post"), delivered_at));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn totals_that_do_not_add_up_are_refused_with_what_they_are() {
    each_database(async |world| {
        let shop = shop(world).await;
        let till = Till::of(world, &shop);
        let wrong = SubmitOrder { total: eur("10.00"), ..order("o-1") };
        let dollars = Money::parse_major("1.50", "USD".parse().expect("a currency")).expect("an amount");

        let mismatch = orders::submit(&till.ctx, wrong).await;
        let foreign =
            orders::submit(&till.ctx, SubmitOrder { shipping: Some(dollars), ..order("o-1") }).await;
        let empty = orders::submit(&till.ctx, SubmitOrder { lines: Vec::new(), ..order("o-1") }).await;
        let none = SubmitOrder { lines: vec![line("book", 0, "9.99")], ..order("o-1") };
        let none = orders::submit(&till.ctx, none).await;

        let Err(Error::Refused(told)) = &mismatch else { panic!("it should be refused: {mismatch:?}") };
        assert!(told.message.contains("9.99 EUR"), "{}", told.message);
        assert_eq!(refusal(mismatch), (Code::OrderTotalMismatch, "total".to_owned()));
        assert_eq!(refusal(foreign), (Code::CurrencyMismatch, "shipping.currency".to_owned()));
        assert_eq!(refusal(empty), (Code::InvalidInput, "lines".to_owned()));
        assert_eq!(refusal(none), (Code::InvalidInput, "lines.0.quantity".to_owned()));
        assert_eq!(orders::by_external_id(&till.ctx, "o-1").await.expect("an answer"), None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_submitted_once_and_called_off_only_while_nothing_is_kept() {
    each_database(async |world| {
        let shop = shop(world).await;
        let till = Till::of(world, &shop);
        let once = till.once("submitOrder", "key-1", "{}");
        let first = orders::submit(&once.ctx, order("o-1")).await.expect("an order");
        let again = orders::submit(&once.ctx, order("o-1")).await.expect("the same order");
        assert_eq!(again.id, first.id);
        let twin = orders::submit(&till.ctx, order("o-1")).await;
        assert_eq!(refusal(twin), (Code::DuplicateOrderId, "externalId".to_owned()));

        let terms = Terms { order_id: Some(first.id), ..Terms::default() };
        let asked = Pay { terms, ..till.debit("t-1", card("tok_visa")) };
        let id = payments::pay(&till.ctx, asked).await.expect("a payment").payment_id;
        let kept = orders::cancel(&till.ctx, first.id, None).await;
        assert_eq!(refusal(kept), (Code::OrderNotOpen, "orderId".to_owned()));
        payments::refund(&till.ctx, id, None).await.expect("a refund");
        let canceled = orders::cancel(&till.ctx, first.id, None).await.expect("called off");

        assert_eq!(canceled.status.to_string(), "CANCELED");
        let stranger = Till::of(world, &world.root_tenant("other").await.shop().await);
        assert_eq!(orders::find(&stranger.ctx, first.id).await.expect("an answer"), None);
        let foreign = orders::cancel(&stranger.ctx, first.id, None).await;
        assert_eq!(refusal(foreign), (Code::OrderNotFound, "orderId".to_owned()));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_was_canceled_is_paid_by_nothing_more() {
    each_database(async |world| {
        let shop = shop(world).await;
        let till = Till::of(world, &shop);
        let id = orders::submit(&till.ctx, order("o-1")).await.expect("an order").id;
        orders::cancel(&till.ctx, id, None).await.expect("a cancellation");

        let terms = Terms { order_id: Some(id), ..Terms::default() };
        let refused = payments::pay(&till.ctx, Pay { terms, ..till.debit("t-1", card("tok_visa")) }).await;

        assert_eq!(refusal(refused), (Code::OrderNotOpen, "orderId".to_owned()));
        assert_eq!(world.gate().sent(), 0);
    })
    .await;
}
