//! Each finding is planted in books that are otherwise in order, and must be found, alone.

use super::*;
use crate::database::{Attempt, Event, Payment, Transfer};
use crate::log::{Outcome, Seen};
use crate::money::Amount;
use crate::processor::books::{Command, Head};
use crate::processor::faults::Mood;
use crate::wire::{FollowUp, PaymentRequest};

/// Three books that agree about one sale of 10.00 EUR, of which 3.00 EUR went back.
struct World {
    told: Vec<Told>,
    processor: Books,
    recorded: Recorded,
}

const PAYMENT: &str = "pay_00000000000000000000000001";
const SALE: &str = "att_00000000000000000000000002";
const REFUND: &str = "att_00000000000000000000000003";

fn hex(id: &str) -> String {
    hex_of(id).expect("it is an id")
}

fn head(key: &str) -> Head {
    Head { account: "shop".to_owned(), key: key.to_owned(), request: key.as_bytes().to_vec() }
}

fn sale(processor: &mut Books, reference: &str, key: &str, order: &str) {
    let request = PaymentRequest {
        reference: reference.to_owned(),
        amount: Amount::new(1_000, "EUR"),
        capture: "AUTOMATIC".to_owned(),
        source: "tok_visa".to_owned(),
        store: false,
        initiator: "CUSTOMER".to_owned(),
        description: Some(order.to_owned()),
        return_url: None,
    };
    assert!(processor.perform(&head(key), Command::Pay(Kind::Sale, request), None).is_ok());
}

fn refund(processor: &mut Books, reference: &str, key: &str) {
    let amount = Some(Amount::new(300, "EUR"));
    let request = FollowUp { reference: reference.to_owned(), amount, is_final: false };
    let command = Command::FollowUp(Kind::Refund, "pay_00000001".to_owned(), request);
    assert!(processor.perform(&head(key), command, None).is_ok());
}

fn told(kind: Kind, minor: i64, refunded: i64) -> Told {
    let status = "SUCCEEDED".to_owned();
    let seen = Seen { payment: PAYMENT.to_owned(), status, authorized: 1_000, captured: 1_000, refunded };
    Told {
        order: "order-1".to_owned(),
        kind,
        key: format!("key-{}", kind.name()),
        amount: Some(Amount::new(minor, "EUR")),
        tries: 1,
        outcome: Outcome::Accepted(seen),
    }
}

fn attempt(operation: &str, amount: i64) -> Attempt {
    Attempt {
        payment: hex(PAYMENT),
        operation: operation.to_owned(),
        currency: "EUR".to_owned(),
        amount,
        status: "SUCCEEDED".to_owned(),
        review: None,
        settled_by: Some("ANSWER".to_owned()),
    }
}

fn transfer(debit: &str, credit: &str, minor: i64) -> Transfer {
    let (payment, currency) = (hex(PAYMENT), "EUR".to_owned());
    Transfer { payment, debit: debit.to_owned(), credit: credit.to_owned(), minor, currency }
}

impl World {
    fn new() -> Self {
        let mut processor = Books::of(&Mood { ignores_keys: true, is_lenient: true, ..Mood::calm() });
        sale(&mut processor, SALE, "key-1", "order-1");
        refund(&mut processor, REFUND, "key-2");
        let payment = Payment {
            order: "order-1".to_owned(),
            kind: "DEBIT".to_owned(),
            status: "PARTIALLY_REFUNDED".to_owned(),
            currency: "EUR".to_owned(),
            authorized: 1_000,
            captured: 1_000,
            capture_pending: 0,
            refunded: 300,
            refund_pending: 0,
        };
        let event = |kind: &str| Event { payment: hex(PAYMENT), kind: kind.to_owned() };
        let recorded = Recorded {
            payments: BTreeMap::from([(hex(PAYMENT), payment)]),
            attempts: BTreeMap::from([
                (hex(SALE), attempt("SALE", 1_000)),
                (hex(REFUND), attempt("REFUND", 300)),
            ]),
            transfers: vec![
                transfer("CUSTOMER", "RESERVED", 1_000),
                transfer("RESERVED", "CAPTURED", 1_000),
                transfer("CAPTURED", "REFUNDED", 300),
            ],
            events: ["PAYMENT_CREATED", "PAYMENT_SUCCEEDED", "PAYMENT_PARTIALLY_REFUNDED"]
                .map(event)
                .to_vec(),
        };
        Self { told: vec![told(Kind::Sale, 1_000, 0), told(Kind::Refund, 300, 300)], processor, recorded }
    }

    fn payment(&mut self) -> &mut Payment {
        self.recorded.payments.get_mut(&hex(PAYMENT)).expect("it is there")
    }

    fn attempt(&mut self, id: &str) -> &mut Attempt {
        self.recorded.attempts.get_mut(&hex(id)).expect("it is there")
    }

    /// What is found, by count.
    fn found(&self) -> Vec<(Wrong, usize)> {
        let findings = compare(&self.told, &self.processor, &self.recorded);
        let counts = Wrong::ALL.map(|wrong| (wrong, findings.count(wrong)));
        counts.into_iter().filter(|(_, count)| *count > 0).collect()
    }
}

#[test]
fn books_that_agree_are_in_order() {
    assert_eq!(World::new().found(), []);
}

#[test]
fn a_second_charge_of_an_order_is_found() {
    let mut world = World::new();
    sale(&mut world.processor, "att_00000000000000000000000009", "key-9", "order-1");

    let found = world.found();

    assert_eq!(found, [(Wrong::DoubleCharge, 1), (Wrong::WithoutIntent, 1), (Wrong::AmountDiffers, 1)]);
}

#[test]
fn the_same_refund_twice_is_found_by_its_reference_and_by_its_client() {
    let mut world = World::new();
    refund(&mut world.processor, REFUND, "key-3");

    assert_eq!(world.found(), [(Wrong::DoubleCharge, 2), (Wrong::AmountDiffers, 1)]);
}

#[test]
fn a_second_run_of_one_request_is_found_although_both_are_recorded() {
    let mut world = World::new();
    let second = "att_00000000000000000000000004";
    refund(&mut world.processor, second, "key-3");
    world.recorded.attempts.insert(hex(second), attempt("REFUND", 300));
    world.recorded.transfers.push(transfer("CAPTURED", "REFUNDED", 300));
    world.payment().refunded = 600;

    assert_eq!(world.found(), [(Wrong::DoubleCharge, 2)]);
}

#[test]
fn a_charge_that_is_not_recorded_as_done_is_lost() {
    for status in ["FAILED", "DECLINED", "EXPIRED"] {
        let mut world = World::new();
        world.attempt(REFUND).status = status.to_owned();

        assert_eq!(world.found(), [(Wrong::Lost, 1)], "{status}");
    }
}

#[test]
fn a_charge_without_any_record_is_found() {
    let mut world = World::new();
    sale(&mut world.processor, "att_00000000000000000000000009", "key-9", "order-9");

    assert_eq!(world.found(), [(Wrong::WithoutIntent, 1)]);
}

#[test]
fn a_record_of_what_never_happened_is_a_phantom() {
    let mut world = World::new();
    world.recorded.attempts.insert(hex("att_0000000000000000000000000a"), attempt("VOID", 0));
    world.told.push(Told { amount: None, ..told(Kind::Void, 0, 300) });

    assert_eq!(world.found(), [(Wrong::Phantom, 1)]);
}

#[test]
fn what_nobody_knows_is_in_doubt_until_an_operator_has_it() {
    let mut world = World::new();
    world.recorded.attempts.insert(hex("att_0000000000000000000000000a"), attempt("CAPTURE", 1));
    world.told.push(told(Kind::Capture, 1, 300));
    for status in ["STARTED", "PENDING", "UNKNOWN", "RESUMING"] {
        world.attempt("att_0000000000000000000000000a").status = status.to_owned();
        assert_eq!(world.found(), [(Wrong::InDoubt, 1)], "{status}");
    }

    world.attempt("att_0000000000000000000000000a").review = Some("it cannot be looked up".to_owned());

    assert_eq!(world.found(), [(Wrong::InReview, 1)]);
}

#[test]
fn amounts_are_compared_to_the_minor_unit() {
    let mut world = World::new();
    world.payment().captured = 999;

    // The record no longer is what the processor has, what the client was told, or what the ledger says.
    let expected = [(Wrong::Missing, 1), (Wrong::AmountDiffers, 1), (Wrong::LedgerDiffers, 1)];
    assert_eq!(world.found(), expected);

    let mut world = World::new();
    world.attempt(REFUND).amount = 301;
    assert_eq!(world.found(), [(Wrong::AmountDiffers, 1)]);

    let mut world = World::new();
    world.payment().refund_pending = 1;
    assert_eq!(world.found(), [(Wrong::AmountDiffers, 1)]);
}

#[test]
fn a_ledger_that_does_not_fold_is_found() {
    let mut world = World::new();
    world.recorded.transfers.pop();

    assert_eq!(world.found(), [(Wrong::LedgerDiffers, 1)]);
}

#[test]
fn success_is_told_once() {
    let mut world = World::new();
    world.recorded.events.retain(|event| event.kind != "PAYMENT_SUCCEEDED");
    assert_eq!(world.found(), [(Wrong::EventCount, 1)]);

    let mut world = World::new();
    world.recorded.events.push(Event { payment: hex(PAYMENT), kind: "LATE_SUCCESS".to_owned() });
    assert_eq!(world.found(), [(Wrong::EventCount, 1)]);
}

#[test]
fn what_was_acknowledged_must_be_there() {
    let mut world = World::new();
    world.told.push(Told { amount: Some(Amount::new(200, "EUR")), ..told(Kind::Refund, 200, 300) });

    assert_eq!(world.found(), [(Wrong::Missing, 1)]);

    let mut world = World::new();
    let Outcome::Accepted(seen) = &mut world.told[1].outcome else { return };
    seen.payment = "pay_0000000000000000000000000z".to_owned();
    assert_eq!(world.found(), [(Wrong::Missing, 1)]);
}

#[test]
fn a_first_step_may_not_be_refused_and_every_request_is_answered() {
    let mut world = World::new();
    let refused = Outcome::Refused(vec!["DUPLICATE_TRANSACTION_ID".to_owned()]);
    world.told.push(Told { order: "order-2".to_owned(), outcome: refused, ..told(Kind::Sale, 1, 0) });
    world.told.push(Told {
        order: "order-3".to_owned(),
        outcome: Outcome::Unanswered,
        ..told(Kind::Sale, 1, 0)
    });

    assert_eq!(world.found(), [(Wrong::WronglyRefused, 1), (Wrong::Unanswered, 1)]);
}

#[test]
fn more_than_there_is_is_found() {
    let mut world = World::new();
    for (reference, key) in [
        ("att_00000000000000000000000004", "k4"),
        ("att_00000000000000000000000005", "k5"),
        ("att_00000000000000000000000006", "k6"),
    ] {
        refund(&mut world.processor, reference, key);
        world.recorded.attempts.insert(hex(reference), attempt("REFUND", 300));
        world.recorded.transfers.push(transfer("CAPTURED", "REFUNDED", 300));
        world.told.push(told(Kind::Refund, 300, 300));
    }
    world.payment().refunded = 1_200;

    // Once at the processor, and once in the record.
    assert_eq!(world.found(), [(Wrong::TooMuch, 2)]);
}
