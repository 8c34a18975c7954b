//! What was written of a payment is read by whoever sees the payment.

use purser_domain::payment::dispute::{Dispute, DisputeStage, DisputeStatus};
use purser_domain::payment::event::{Event, EventKind};
use purser_domain::payment::ledger::{self, Account, Transfer};
use purser_domain::payment::{Amounts, Payment, PaymentStatus};
use purser_storage::payments::{self, NewEvent, PaymentRecord};
use purser_storage::{disputes, read};
use purser_types::page::{Direction, Page};

use crate::database::on_each_engine;
use crate::records::{LATER, event};
use crate::world::{NOW, World, eur, scope};

const PAGE: Page = Page { size: 10, from: None, direction: Direction::Forward, with_total: true };

/// Makes a change of a payment of the partner's, and returns the payment after it.
async fn changed(world: &World, before: &Payment, amounts: Amounts, events: &[NewEvent]) -> Payment {
    let after = Payment { amounts, status: PaymentStatus::Succeeded, ..before.clone() };
    let record =
        PaymentRecord { before, after: &after, attempt: None, events, total_delta: None, now: LATER };
    assert!(payments::record_alone(world.store(), &scope(&world.partner), &record).await.expect("recorded"));
    Payment { version: before.version + 1, ..after }
}

#[tokio::test]
async fn events_ledger_and_disputes_are_read_by_their_tenant_alone() {
    on_each_engine(async |world: &World| {
        let partner = scope(&world.partner);
        let payment = world.payment_of(&world.partner, "t-1", eur(900));
        let attempt = world.attempt_of(&payment, 1, "SALE");
        world.stored_payment(&payment, &attempt, &world.partner).await;
        let reported = [
            event(world, EventKind::PaymentSucceeded, Some(attempt.id)),
            event(world, EventKind::InstrumentStored, None),
        ];
        let captured = Amounts { authorized: 900, captured: 900, ..payment.amounts };
        let after = changed(world, &payment, captured, &reported).await;
        let refunded = Amounts { refunded: 100, ..captured };
        let after = changed(world, &after, refunded, &[]).await;
        let dispute = Dispute {
            id: world.mint(),
            payment_id: payment.id,
            connector_reference: "d-1".to_owned(),
            stage: DisputeStage::Dispute,
            status: DisputeStatus::Open,
            reason: None,
            amount: eur(70),
            due_at: None,
            opened_at: NOW,
            resolved_at: None,
        };
        let write = world.begin().await;
        disputes::put(&write, &partner, &dispute).await.expect("stored");
        write.commit().await.expect("a commit");
        let (store, ids) = (world.store(), [world.mint(), payment.id]);

        let events = read::events_of(store, &partner, &ids).await.expect("events");
        let expected = |(position, new): (i32, &NewEvent)| Event {
            id: new.id,
            payment_id: payment.id,
            position,
            kind: new.kind,
            status_from: Some(PaymentStatus::Processing),
            status_to: PaymentStatus::Succeeded,
            origin: new.origin,
            attempt_id: new.attempt_id,
            amount: Some(eur(10)),
            at: LATER,
        };
        assert_eq!(events, [vec![], (1..).zip(&reported).map(expected).collect()]);

        let ledger = read::ledger_of(store, &partner, &ids).await.expect("a ledger").remove(1);
        let transfers: Vec<Transfer> = ledger.iter().map(|entry| entry.transfer).collect();
        let transfer = |debit, credit, minor| Transfer { debit, credit, minor };
        let expected = [
            transfer(Account::Customer, Account::Reserved, 900),
            transfer(Account::Reserved, Account::Captured, 900),
            transfer(Account::Captured, Account::Refunded, 100),
        ];
        assert_eq!(transfers, expected);
        assert_eq!(ledger.iter().map(|entry| entry.position).collect::<Vec<_>>(), [1, 2, 3]);
        assert!(ledger::agrees(&transfers, &after.amounts));

        let found = read::disputes_of(store, &partner, &ids).await.expect("disputes");
        assert_eq!(found, [vec![], vec![dispute]]);
        for tenant in [&world.owner, &world.market, &world.stranger] {
            let scope = scope(tenant);
            assert_eq!(read::events_of(store, &scope, &ids).await.expect("none"), [vec![], vec![]]);
            assert_eq!(read::ledger_of(store, &scope, &ids).await.expect("none"), [vec![], vec![]]);
            assert_eq!(read::disputes_of(store, &scope, &ids).await.expect("none"), [vec![], vec![]]);
        }
    })
    .await;
}

#[tokio::test]
async fn attempts_in_review_are_listed_until_they_are_resolved() {
    on_each_engine(async |world: &World| {
        let partner = scope(&world.partner);
        let payment = world.payment_of(&world.partner, "t-1", eur(900));
        let mut attempt = world.attempt_of(&payment, 1, "SALE");
        attempt.review = Some("integrity".to_owned());
        world.stored_payment(&payment, &attempt, &world.partner).await;
        let store = world.store();

        let listed = read::attempts_in_review(store, &partner, PAGE).await.expect("a page");
        assert_eq!((listed.items, listed.total), (vec![attempt.clone()], Some(1)));
        let ids = [world.mint(), attempt.id];
        let found = read::attempts_by_id(store, &partner, &ids).await.expect("attempts");
        assert_eq!(found, [None, Some(attempt.clone())]);
        for tenant in [&world.owner, &world.market, &world.stranger] {
            let listed = read::attempts_in_review(store, &scope(tenant), PAGE).await.expect("a page");
            assert_eq!((listed.items, listed.total), (vec![], Some(0)));
            let found = read::attempts_by_id(store, &scope(tenant), &ids).await.expect("none");
            assert_eq!(found, [None, None]);
        }

        world.database.tamper("UPDATE attempt SET review = NULL").await;
        let listed = read::attempts_in_review(store, &partner, PAGE).await.expect("a page");
        assert_eq!(listed.total, Some(0));
    })
    .await;
}
