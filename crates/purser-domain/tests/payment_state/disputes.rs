//! Disputes: several of one payment, heard of in any order.

use proptest::prelude::*;
use purser_domain::payment::dispute::{Dispute, DisputeStage, DisputeStatus};
use purser_domain::payment::event::EventKind;
use purser_domain::payment::ledger::{Account, Transfer};
use purser_domain::payment::state::{Refusal, dispute, request};
use purser_domain::payment::{Amounts, Payment, PaymentKind, PaymentStatus};
use purser_types::Timestamp;
use purser_types::id::DisputeId;
use uuid::Uuid;

use super::world::{Terms, eur, payment};

fn captured(refunded: i64) -> Payment {
    let terms =
        Terms { kind: PaymentKind::Debit, minor: 100, commits_max: 1, minimum: None, takes_less: false };
    let mut payment = payment(&terms);
    payment.status = if refunded > 0 { PaymentStatus::PartiallyRefunded } else { PaymentStatus::Succeeded };
    payment.amounts = Amounts { authorized: 100, captured: 100, refunded, ..payment.amounts };
    payment
}

fn opened(number: u128, minor: i64) -> Dispute {
    Dispute {
        id: DisputeId::from_uuid(Uuid::from_u128(number)),
        payment_id: captured(0).id,
        connector_reference: format!("dispute-{number}"),
        stage: DisputeStage::Dispute,
        status: DisputeStatus::Open,
        reason: Some("not received".to_owned()),
        amount: eur(minor),
        due_at: None,
        opened_at: Timestamp::default(),
        resolved_at: None,
    }
}

fn with(dispute: &Dispute, status: DisputeStatus) -> Dispute {
    Dispute { status, ..dispute.clone() }
}

#[test]
fn a_dispute_holds_its_amount_and_a_won_one_gives_it_back() {
    let mut payment = captured(0);
    let dispute = opened(1, 40);

    let held = dispute::opened(&payment, std::slice::from_ref(&dispute)).expect("a change");
    payment.status = held.status;
    payment.amounts = held.amounts;
    let won = dispute::won(&payment, &[with(&dispute, DisputeStatus::Won)]).expect("a change");

    assert_eq!((held.status, held.amounts.disputed), (PaymentStatus::Disputed, 40));
    assert_eq!(held.event, EventKind::PaymentDisputed);
    let there = Transfer { debit: Account::Captured, credit: Account::Disputed, minor: 40 };
    assert_eq!(held.transfers, [there]);
    assert_eq!((won.status, won.amounts.disputed), (PaymentStatus::Succeeded, 0));
    assert_eq!(won.event, EventKind::DisputeWon);
    let back = Transfer { debit: Account::Disputed, credit: Account::Captured, minor: 40 };
    assert_eq!(won.transfers, [back]);
}

#[test]
fn a_lost_dispute_keeps_its_amount() {
    let mut payment = captured(0);
    let dispute = opened(1, 100);
    let held = dispute::opened(&payment, std::slice::from_ref(&dispute)).expect("a change");
    payment.status = held.status;
    payment.amounts = held.amounts;

    let lost = dispute::lost(&payment, &[with(&dispute, DisputeStatus::Lost)]).expect("a change");

    assert_eq!((lost.status, lost.amounts.disputed), (PaymentStatus::ChargedBack, 100));
    assert_eq!((lost.event, lost.transfers.len()), (EventKind::DisputeLost, 0));
}

#[test]
fn the_status_of_before_comes_back_from_the_amounts() {
    let mut payment = captured(30);
    let dispute = opened(1, 100);
    let held = dispute::opened(&payment, std::slice::from_ref(&dispute)).expect("a change");
    payment.status = held.status;
    payment.amounts = held.amounts;

    let won = dispute::won(&payment, &[with(&dispute, DisputeStatus::Won)]).expect("a change");

    // The bank disputes all, but only 70 were left.
    assert_eq!(held.amounts.disputed, 70);
    assert_eq!(won.status, PaymentStatus::PartiallyRefunded);
}

#[test]
fn an_inquiry_holds_nothing() {
    let inquiry = Dispute { stage: DisputeStage::Inquiry, ..opened(1, 40) };

    assert_eq!(dispute::opened(&captured(0), &[inquiry]), None);
}

#[test]
fn what_was_not_captured_cannot_be_disputed() {
    for status in [PaymentStatus::Authorized, PaymentStatus::Failed, PaymentStatus::Voided] {
        let payment = Payment { status, ..captured(0) };

        assert_eq!(dispute::opened(&payment, &[opened(1, 40)]), None, "{status}");
    }
}

#[test]
fn a_disputed_payment_is_neither_refunded_nor_voided() {
    let payment = Payment { status: PaymentStatus::Disputed, ..captured(0) };

    let refused = Refusal::State(PaymentStatus::Disputed);
    assert_eq!(request::refund(&payment, &[], Some(1)), Err(refused));
    assert_eq!(request::void(&payment, &[]), Err(refused));
}

/// Learns a message and applies all disputes, as the floors above do.
fn hear(payment: &mut Payment, disputes: &mut [Dispute], which: usize, status: DisputeStatus) {
    let dispute = &mut disputes[which];
    dispute.learn(DisputeStage::Dispute, status, Timestamp::default());
    let moved = match dispute.status {
        DisputeStatus::Open => dispute::opened(payment, disputes),
        DisputeStatus::Won => dispute::won(payment, disputes),
        DisputeStatus::Lost => dispute::lost(payment, disputes),
    };
    if let Some(moved) = moved {
        payment.status = moved.status;
        payment.amounts = moved.amounts;
    }
}

fn messages() -> impl Strategy<Value = Vec<(usize, DisputeStatus)>> {
    let one = |which: usize| {
        proptest::sample::select(DisputeStatus::ALL).prop_map(move |end| {
            vec![(which, DisputeStatus::Open), (which, end), (which, DisputeStatus::Open), (which, end)]
        })
    };
    (one(0), one(1), one(2)).prop_map(|(a, b, c)| [a, b, c].concat())
}

proptest! {
    #[test]
    fn any_order_and_repetition_of_messages_ends_the_same(
        (first, second) in messages().prop_flat_map(|all| (Just(all.clone()).prop_shuffle(), Just(all).prop_shuffle()))
    ) {
        let end = |messages: &[(usize, DisputeStatus)]| {
            let mut payment = captured(0);
            // Not heard of yet, a dispute is an inquiry: it counts for nothing.
            let mut disputes: Vec<Dispute> = [20, 30, 60]
                .iter()
                .zip(1..)
                .map(|(minor, number)| Dispute { stage: DisputeStage::Inquiry, ..opened(number, *minor) })
                .collect();
            for (which, status) in messages {
                hear(&mut payment, &mut disputes, *which, *status);
                assert!(payment.amounts.are_sound(), "{:?}", payment.amounts);
            }
            (payment.status, payment.amounts)
        };

        prop_assert_eq!(end(&first), end(&second));
    }
}
