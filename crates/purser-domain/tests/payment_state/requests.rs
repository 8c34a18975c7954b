//! Requests that the payment's state refuses, each with its reason, and those that it allows.

use purser_connector::OperationKind;
use purser_domain::payment::attempt::{Attempt, AttemptStatus};
use purser_domain::payment::event::EventKind;
use purser_domain::payment::state::{Refusal, request};
use purser_domain::payment::{Amounts, Payment, PaymentKind, PaymentStatus};
use purser_types::Timestamp;

use super::world::{Terms, attempt, payment};

const NOW: Timestamp = Timestamp::from_unix_micros(1);
const LATER: Timestamp = Timestamp::from_unix_micros(1_000_000);

fn at(status: PaymentStatus) -> Payment {
    let terms = Terms {
        kind: PaymentKind::Preauthorize,
        minor: 1_000,
        commits_max: 3,
        minimum: Some(400),
        takes_less: false,
    };
    Payment { status, ..payment(&terms) }
}

fn holding(status: PaymentStatus, authorized: i64, captured: i64) -> Payment {
    let payment = at(status);
    Payment { amounts: Amounts { authorized, captured, ..payment.amounts }, ..payment }
}

fn open(operation: OperationKind) -> Vec<Attempt> {
    vec![attempt(2, operation, 10)]
}

#[test]
fn a_commit_counts_and_sends_the_payment_on() {
    let moved = request::commit(&at(PaymentStatus::AwaitingInstrument), None, NOW).expect("allowed");

    assert_eq!((moved.status, moved.commits), (PaymentStatus::Processing, 1));
    assert_eq!((moved.event, moved.amounts.requested), (EventKind::PaymentProcessing, 1_000));
}

#[test]
fn a_commit_may_lower_the_amount_only_after_a_lack_of_funds() {
    let lowered = |status, amount| request::commit(&at(status), Some(amount), NOW);

    assert_eq!(lowered(PaymentStatus::Created, 500), Err(Refusal::AmountNotEditable));
    assert_eq!(lowered(PaymentStatus::AwaitingInstrument, 500), Err(Refusal::AmountNotEditable));
    let moved = lowered(PaymentStatus::AwaitingAmount, 500).expect("allowed");
    assert_eq!((moved.amounts.requested, moved.amounts.original), (500, 1_000));
}

#[test]
fn a_commits_amount_lies_between_the_minimum_and_what_was_first_asked_for() {
    let lowered = |amount| request::commit(&at(PaymentStatus::AwaitingAmount), Some(amount), NOW);

    assert_eq!(lowered(399), Err(Refusal::AmountBelowMinimum { minimum: 400 }));
    assert_eq!(lowered(400).map(|moved| moved.amounts.requested), Ok(400));
    assert_eq!(lowered(1_001), Err(Refusal::AmountAboveOriginal { original: 1_000 }));
    assert_eq!(lowered(0), Err(Refusal::AmountNotPositive));
    assert_eq!(lowered(-1), Err(Refusal::AmountNotPositive));
    let fixed = Payment { minimum: None, ..at(PaymentStatus::AwaitingAmount) };
    assert_eq!(request::commit(&fixed, Some(500), NOW), Err(Refusal::AmountNotEditable));
}

#[test]
fn a_commit_is_refused_after_the_last_one_after_the_deadline_and_while_one_runs() {
    let spent = Payment { commits: 3, ..at(PaymentStatus::AwaitingInstrument) };

    assert_eq!(request::commit(&spent, None, NOW), Err(Refusal::CommitsExhausted));
    assert_eq!(request::commit(&at(PaymentStatus::Created), None, LATER), Err(Refusal::Expired));
    for status in [PaymentStatus::Processing, PaymentStatus::Pending, PaymentStatus::Failed] {
        assert_eq!(request::commit(&at(status), None, NOW), Err(Refusal::State(status)));
    }
}

#[test]
fn a_payment_is_canceled_only_while_nobody_knows_of_money_that_moved() {
    let allowed: Vec<&str> = PaymentStatus::ALL
        .iter()
        .filter(|status| request::cancel(&at(**status)).is_ok())
        .map(|status| status.as_str())
        .collect();

    let expected = ["CREATED", "AWAITING_INSTRUMENT", "AWAITING_AMOUNT", "PROCESSING", "REQUIRES_ACTION"];
    assert_eq!(allowed, expected);
}

#[test]
fn a_payment_expires_at_its_deadline_but_not_while_a_processor_is_asked() {
    let waiting = at(PaymentStatus::RequiresAction);
    let mut attempts = open(OperationKind::Authorize);

    let asked = request::expire(&waiting, &attempts, LATER);
    attempts[0].status = AttemptStatus::RequiresAction;
    let early = request::expire(&waiting, &attempts, NOW);
    let over = request::expire(&waiting, &attempts, LATER).expect("allowed");

    assert_eq!(asked, Err(Refusal::State(PaymentStatus::RequiresAction)));
    assert_eq!(early, Err(Refusal::NotExpired));
    assert_eq!((over.status, over.event), (PaymentStatus::Expired, EventKind::PaymentExpired));
    let endless = Payment { expires_at: None, ..waiting };
    assert_eq!(request::expire(&endless, &attempts, LATER), Err(Refusal::NotExpired));
}

#[test]
fn only_an_attempt_that_waits_for_the_customer_is_resumed() {
    let mut attempts = open(OperationKind::Authorize);
    let waiting = at(PaymentStatus::RequiresAction);

    assert!(request::resume(&waiting, &attempts).is_err());
    attempts[0].status = AttemptStatus::RequiresAction;
    assert_eq!(request::resume(&waiting, &attempts).map(|attempt| attempt.id), Ok(attempts[0].id));
    let canceled = at(PaymentStatus::Canceled);
    let refused = Err(Refusal::State(PaymentStatus::Canceled));
    assert_eq!(request::resume(&canceled, &attempts).map(|attempt| attempt.id), refused);
}

#[test]
fn a_capture_takes_what_is_named_or_all_that_is_left_and_never_more() {
    let held = holding(PaymentStatus::PartiallyCaptured, 1_000, 300);

    assert_eq!(request::capture(&held, &[], None), Ok(700));
    assert_eq!(request::capture(&held, &[], Some(700)), Ok(700));
    assert_eq!(request::capture(&held, &[], Some(701)), Err(Refusal::ExceedsAuthorized { left: 700 }));
    assert_eq!(request::capture(&held, &[], Some(0)), Err(Refusal::AmountNotPositive));
    let partly = holding(PaymentStatus::PartiallyAuthorized, 600, 0);
    assert_eq!(request::capture(&partly, &[], None), Ok(600));
}

#[test]
fn a_capture_is_refused_beside_a_void_an_increment_and_a_final_capture() {
    let held = holding(PaymentStatus::Authorized, 1_000, 0);
    let mut last = open(OperationKind::Capture);
    last[0].is_final_capture = true;

    let refused = |attempts: &[Attempt]| request::capture(&held, attempts, Some(1));
    assert_eq!(refused(&open(OperationKind::Void)), Err(Refusal::BeingVoided));
    assert_eq!(refused(&open(OperationKind::Increment)), Err(Refusal::BeingIncremented));
    assert_eq!(refused(&open(OperationKind::Capture)), Ok(1));
    assert_eq!(refused(&last), Err(Refusal::FinallyCaptured));
    let done = Payment { is_final_captured: true, ..held.clone() };
    assert_eq!(request::capture(&done, &[], Some(1)), Err(Refusal::FinallyCaptured));
}

#[test]
fn a_void_excludes_and_is_excluded_by_everything_that_runs() {
    let held = holding(PaymentStatus::Authorized, 1_000, 0);
    let capturing = Payment { amounts: Amounts { capture_pending: 1, ..held.amounts }, ..held.clone() };
    let refunding = holding(PaymentStatus::Succeeded, 1_000, 1_000);
    let refunding = Payment { amounts: Amounts { refund_pending: 1, ..refunding.amounts }, ..refunding };

    assert_eq!(request::void(&held, &[]), Ok(1_000));
    assert_eq!(request::void(&holding(PaymentStatus::PartiallyCaptured, 1_000, 300), &[]), Ok(700));
    assert_eq!(request::void(&holding(PaymentStatus::Succeeded, 1_000, 1_000), &[]), Ok(1_000));
    assert_eq!(request::void(&held, &open(OperationKind::Void)), Err(Refusal::BeingVoided));
    assert_eq!(request::void(&held, &open(OperationKind::Increment)), Err(Refusal::BeingIncremented));
    assert_eq!(request::void(&capturing, &[]), Err(Refusal::BeingCaptured));
    assert_eq!(request::void(&refunding, &[]), Err(Refusal::BeingRefunded));
    let registered = Payment { kind: PaymentKind::Register, ..held };
    assert_eq!(request::void(&registered, &[]), Err(Refusal::Registration));
}

#[test]
fn a_refund_gives_back_what_is_named_or_all_that_is_left_and_never_more() {
    let paid = holding(PaymentStatus::PartiallyRefunded, 1_000, 1_000);
    let paid = Payment { amounts: Amounts { refunded: 100, refund_pending: 200, ..paid.amounts }, ..paid };

    assert_eq!(request::refund(&paid, &[], None), Ok(700));
    assert_eq!(request::refund(&paid, &[], Some(701)), Err(Refusal::ExceedsRefundable { left: 700 }));
    assert_eq!(request::refund(&paid, &open(OperationKind::Void), None), Err(Refusal::BeingVoided));
    let held = holding(PaymentStatus::PartiallyCaptured, 1_000, 300);
    let refused = Err(Refusal::State(PaymentStatus::PartiallyCaptured));
    assert_eq!(request::refund(&held, &[], None), refused);
}

#[test]
fn only_an_uncaptured_authorisation_is_raised() {
    let held = holding(PaymentStatus::Authorized, 1_000, 0);
    let capturing = Payment { amounts: Amounts { capture_pending: 1, ..held.amounts }, ..held.clone() };

    assert_eq!(request::increment(&held, &[], 5), Ok(5));
    assert_eq!(request::increment(&held, &[], 0), Err(Refusal::AmountNotPositive));
    assert_eq!(request::increment(&held, &[], i64::MAX), Err(Refusal::TooLarge));
    assert_eq!(request::increment(&capturing, &[], 5), Err(Refusal::BeingCaptured));
    let captured = holding(PaymentStatus::PartiallyCaptured, 1_000, 300);
    assert_eq!(request::increment(&captured, &[], 5), Err(Refusal::State(PaymentStatus::PartiallyCaptured)));
}
