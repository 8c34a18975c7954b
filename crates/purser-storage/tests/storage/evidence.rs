//! Orders and disputes come back as they were stored, and nobody else reaches them.

use purser_domain::order::{Fulfilment, Order, OrderDiscount, OrderLine, OrderStatus};
use purser_domain::payment::dispute::{Dispute, DisputeStage, DisputeStatus};
use purser_domain::payment::{Amounts, Payment};
use purser_storage::orders::{self, OrderChange};
use purser_storage::{Constraint, Error, disputes, payments, read};
use purser_types::Timestamp;
use purser_types::page::{Direction, Page};

use crate::database::on_each_engine;
use crate::records::LATER;
use crate::world::{NOW, World, currency, eur, scope};

fn order_of(world: &World, external_id: &str) -> Order {
    let line = |name: &str, quantity, unit_amount| OrderLine {
        sku: Some(format!("sku-{name}")),
        name: name.to_owned(),
        quantity,
        unit_amount,
        discount: 10,
        tax: 20,
        category: None,
    };
    Order {
        id: world.mint(),
        tenant_id: world.partner.id,
        environment: scope(&world.partner).environment(),
        external_id: external_id.to_owned(),
        profile_id: Some(world.mint()),
        currency: currency("EUR"),
        lines: vec![line("tea", 2, 300), line("cup", 1, 500)],
        discounts: vec![OrderDiscount { name: "spring".to_owned(), amount: 30 }],
        shipping: 400,
        subtotal: 1_100,
        discount: 50,
        tax: 40,
        total: 1_490,
        status: OrderStatus::Open,
        fulfilment: None,
        created_at: NOW,
        updated_at: NOW,
        version: 1,
    }
}

async fn store(world: &World, order: &Order) -> Result<(), Error> {
    let write = world.begin().await;
    orders::insert(&write, &scope(&world.partner), order).await?;
    write.commit().await
}

#[tokio::test]
async fn orders_come_back_and_are_changed_under_their_version() {
    on_each_engine(async |world: &World| {
        let partner = scope(&world.partner);
        let mut order = order_of(world, "o-1");
        store(world, &order).await.expect("stored");
        let found = orders::find(world.store(), &partner, order.id).await.expect("an answer");
        assert_eq!(found.as_ref(), Some(&order));

        let fulfilment = Fulfilment {
            carrier: Some("post".to_owned()),
            tracking: Some("1Z".to_owned()),
            delivered_at: Some(NOW),
        };
        let delivered =
            OrderChange { status: OrderStatus::Fulfilled, fulfilment: Some(fulfilment.clone()), now: LATER };
        let write = world.begin().await;
        let found = orders::find_with_lock(&write, &partner, order.id).await.expect("an answer");
        assert_eq!(found.as_ref(), Some(&order));
        assert!(orders::update(&write, &partner, order.id, 1, &delivered).await.expect("changed"));
        let canceled = OrderChange { status: OrderStatus::Canceled, fulfilment: None, now: LATER };
        assert!(!orders::update(&write, &partner, order.id, 1, &canceled).await.expect("another version"));
        assert!(orders::update(&write, &partner, order.id, 2, &canceled).await.expect("changed"));
        write.commit().await.expect("a commit");

        (order.status, order.fulfilment) = (OrderStatus::Canceled, Some(fulfilment));
        (order.updated_at, order.version) = (LATER, 3);
        let found = orders::by_external_id(world.store(), &partner, "o-1").await.expect("an answer");
        assert_eq!(found, Some(order));
    })
    .await;
}

#[tokio::test]
async fn an_order_has_its_own_id_and_adds_up() {
    on_each_engine(async |world: &World| {
        store(world, &order_of(world, "o-1")).await.expect("stored");
        let before = world.database.dump().await;

        let refused = store(world, &order_of(world, "o-1")).await.expect_err("refused");
        assert!(matches!(refused, Error::Conflict(Constraint::OrderExternalId)), "{refused:?}");
        let odd = Order { total: 1_491, ..order_of(world, "o-2") };
        let refused = store(world, &odd).await.expect_err("refused");
        assert!(matches!(refused, Error::Conflict(Constraint::Check(_))), "{refused:?}");
        assert_eq!(world.database.dump().await, before);
    })
    .await;
}

#[tokio::test]
async fn what_the_payments_of_an_order_captured_and_gave_back_adds_up() {
    on_each_engine(async |world: &World| {
        let partner = scope(&world.partner);
        let order = order_of(world, "o-1");
        store(world, &order).await.expect("stored");
        let nothing = Amounts::requested(eur(0));
        assert_eq!(
            orders::paid(world.store(), &partner, order.id, order.currency).await.expect("so"),
            nothing
        );
        let write = world.begin().await;
        for (name, captured, refunded) in [("t-1", 1_000, 100), ("t-2", 500, 0)] {
            let amounts = Amounts { authorized: captured, captured, refunded, ..nothing };
            let payment = world.payment_of(&world.partner, name, eur(captured));
            let payment = Payment { order_id: Some(order.id), amounts, ..payment };
            payments::insert(&write, &partner, &payment).await.expect("stored");
        }
        write.commit().await.expect("a commit");

        let paid = async |scope| {
            orders::paid(world.store(), &scope, order.id, order.currency).await.expect("an answer")
        };
        assert_eq!(paid(partner).await, Amounts { captured: 1_500, refunded: 100, ..nothing });
        assert_eq!(paid(scope(&world.owner)).await, nothing);
    })
    .await;
}

fn dispute_of(world: &World, payment: &Payment) -> Dispute {
    Dispute {
        id: world.mint(),
        payment_id: payment.id,
        connector_reference: "d-1".to_owned(),
        stage: DisputeStage::Inquiry,
        status: DisputeStatus::Open,
        reason: Some("not received".to_owned()),
        amount: eur(70),
        due_at: Some(LATER),
        opened_at: NOW,
        resolved_at: None,
    }
}

#[tokio::test]
async fn a_dispute_comes_back_with_what_was_learned_of_it() {
    on_each_engine(async |world: &World| {
        let partner = scope(&world.partner);
        let payment = world.payment_of(&world.partner, "t-1", eur(100));
        let attempt = world.attempt_of(&payment, 1, "SALE");
        world.stored_payment(&payment, &attempt, &world.partner).await;
        let mut dispute = dispute_of(world, &payment);
        let id = dispute.id;
        let write = world.begin().await;
        disputes::put(&write, &partner, &dispute).await.expect("stored");
        assert!(dispute.learn(DisputeStage::Dispute, DisputeStatus::Lost, LATER));
        // Whoever learns more need not know the id of before.
        dispute.id = world.mint();
        disputes::put(&write, &partner, &dispute).await.expect("stored");
        write.commit().await.expect("a commit");

        dispute.id = id;
        let found = disputes::find(world.store(), &partner, payment.id, "d-1").await.expect("an answer");
        assert_eq!(found.as_ref(), Some(&dispute));
        let all = disputes::of_payment(world.store(), &partner, payment.id).await.expect("an answer");
        assert_eq!(all, [dispute]);
    })
    .await;
}

#[tokio::test]
async fn orders_and_what_pays_them_are_listed_for_their_tenant_alone() {
    on_each_engine(async |world: &World| {
        let partner = scope(&world.partner);
        let order = order_of(world, "o-1");
        store(world, &order).await.expect("stored");
        let payment =
            Payment { order_id: Some(order.id), ..world.payment_of(&world.partner, "t-1", eur(10)) };
        let write = world.begin().await;
        payments::insert(&write, &partner, &payment).await.expect("stored");
        write.commit().await.expect("a commit");
        let (store, ids) = (world.store(), [order.id, world.mint()]);
        let page = Page { size: 10, from: None, direction: Direction::Backward, with_total: true };

        let found = read::orders_by_id(store, &partner, &ids).await.expect("orders");
        assert_eq!(found, [Some(order.clone()), None]);
        let found = read::order_by_external_id(store, &partner, "o-1").await.expect("an answer");
        assert_eq!(found.as_ref(), Some(&order));
        let listed = read::orders(store, &partner, page).await.expect("a page");
        assert_eq!((listed.items, listed.total), (vec![order.clone()], Some(1)));
        let paying = read::payments_of_order(store, &partner, order.id, page).await.expect("a page");
        assert_eq!((paying.items, paying.total), (vec![payment], Some(1)));

        for tenant in [&world.owner, &world.market, &world.stranger] {
            let scope = scope(tenant);
            assert_eq!(read::orders_by_id(store, &scope, &ids).await.expect("none"), [None, None]);
            assert_eq!(read::order_by_external_id(store, &scope, "o-1").await.expect("none"), None);
            assert_eq!(read::orders(store, &scope, page).await.expect("a page").total, Some(0));
            let paying = read::payments_of_order(store, &scope, order.id, page).await.expect("a page");
            assert_eq!((paying.items, paying.total), (vec![], Some(0)));
        }
    })
    .await;
}

#[tokio::test]
async fn nobody_else_reaches_orders_and_disputes() {
    on_each_engine(async |world: &World| {
        let order = order_of(world, "o-1");
        store(world, &order).await.expect("stored");
        let payment = world.payment_of(&world.partner, "t-1", eur(100));
        let attempt = world.attempt_of(&payment, 1, "SALE");
        world.stored_payment(&payment, &attempt, &world.partner).await;
        let dispute = dispute_of(world, &payment);
        let write = world.begin().await;
        disputes::put(&write, &scope(&world.partner), &dispute).await.expect("stored");
        write.commit().await.expect("a commit");
        let before = world.database.dump().await;

        for tenant in [&world.owner, &world.market, &world.stranger] {
            let scope = scope(tenant);
            let write = world.begin().await;
            assert_eq!(orders::find(&write, &scope, order.id).await.expect("none"), None);
            assert_eq!(orders::find_with_lock(&write, &scope, order.id).await.expect("none"), None);
            assert_eq!(orders::by_external_id(&write, &scope, "o-1").await.expect("none"), None);
            let change = OrderChange { status: OrderStatus::Paid, fulfilment: None, now: Timestamp::NEVER };
            assert!(!orders::update(&write, &scope, order.id, 1, &change).await.expect("so"));
            assert!(matches!(orders::insert(&write, &scope, &order).await, Err(Error::OutOfScope { .. })));
            assert_eq!(disputes::find(&write, &scope, payment.id, "d-1").await.expect("none"), None);
            assert_eq!(disputes::of_payment(&write, &scope, payment.id).await.expect("none"), []);
            assert!(matches!(disputes::put(&write, &scope, &dispute).await, Err(Error::OutOfScope { .. })));
            write.commit().await.expect("a commit");
        }
        assert_eq!(world.database.dump().await, before);
    })
    .await;
}
