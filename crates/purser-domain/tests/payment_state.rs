//! What an observation does to a payment: examples, and properties over random histories.

use proptest::prelude::*;
use purser_connector::{Advice, DeclineCode, Initiator, OperationKind};
use purser_domain::Environment;
use purser_domain::payment::attempt::{Attempt, AttemptStatus};
use purser_domain::payment::state::{self, Change, Observation, Outlook};
use purser_domain::payment::{
    Amounts, DeclineRecord, Payment, PaymentKind, PaymentSource, PaymentStatus, SourceSnapshot, Urls,
};
use purser_domain::routing::Route;
use purser_types::id::{AttemptId, ConnectorId, PaymentId, TenantId};
use purser_types::{Money, Timestamp};
use uuid::Uuid;

const ASKED: i64 = 999;

fn payment(kind: PaymentKind) -> Payment {
    let amount = Money::try_new(ASKED, "EUR".parse().expect("EUR")).expect("amount");
    Payment {
        id: PaymentId::from_uuid(Uuid::from_u128(1)),
        tenant_id: TenantId::from_uuid(Uuid::from_u128(2)),
        environment: Environment::Sandbox,
        kind,
        merchant_transaction_id: "order-1".to_owned(),
        profile_id: None,
        container_id: None,
        instrument_id: None,
        connector_id: None,
        router_id: None,
        status: PaymentStatus::Processing,
        amounts: Amounts::requested(amount),
        method: None,
        description: None,
        source: SourceSnapshot { source: PaymentSource::Api, source_id: None, description: None },
        initiator: Initiator::Customer,
        decline: None,
        next_action: None,
        capture_at: None,
        expires_at: None,
        commits: 1,
        commits_max: 1,
        minimum: None,
        accepts_partial: false,
        mit_reason: None,
        network_transaction_id: None,
        reference_payment_id: None,
        urls: Urls::default(),
        order_id: None,
        is_final_captured: false,
        route: Route::default(),
        metadata: serde_json::Map::new(),
        created_at: Timestamp::default(),
        updated_at: Timestamp::default(),
        version: 1,
    }
}

fn attempt(operation: OperationKind, minor: i64) -> Attempt {
    Attempt {
        id: AttemptId::from_uuid(Uuid::from_u128(3)),
        payment_id: PaymentId::from_uuid(Uuid::from_u128(1)),
        position: 1,
        operation,
        connector_id: ConnectorId::from_uuid(Uuid::from_u128(4)),
        amount: Money::try_new(minor, "EUR".parse().expect("EUR")).expect("amount"),
        status: AttemptStatus::Started,
        connector_reference: None,
        decline: None,
        failure: None,
        started_at: Timestamp::default(),
        finished_at: None,
        action_expires_at: None,
        next_check_at: None,
        checks: 0,
        review: None,
        network_transaction_id: None,
        settled_by: None,
        commit: 1,
        is_final_capture: false,
        is_surplus: false,
        gives_back: None,
    }
}

fn done(minor: i64) -> Observation {
    Observation::Done { minor, is_same_currency: true, is_same_reference: true }
}

fn apply(
    payment: &Payment,
    attempt: &Attempt,
    observation: &Observation,
    outlook: Outlook,
) -> Option<Change> {
    state::apply(payment, std::slice::from_ref(attempt), attempt.id, observation, outlook)
}

fn declined() -> Observation {
    Observation::Declined(DeclineRecord {
        code: DeclineCode::CardDeclined,
        advice: Advice::NewInstrument,
        raw_code: "05".to_owned(),
        raw_message: "no".to_owned(),
    })
}

fn applied(payment: &Payment, change: &Change) -> Payment {
    Payment { status: change.status, amounts: change.amounts, ..payment.clone() }
}

#[test]
fn a_debit_that_is_done_has_captured_its_amount() {
    let change = apply(
        &payment(PaymentKind::Debit),
        &attempt(OperationKind::Sale, ASKED),
        &done(ASKED),
        Outlook::Exhausted,
    )
    .expect("a change");

    assert_eq!((change.status, change.attempt), (PaymentStatus::Succeeded, AttemptStatus::Succeeded));
    assert_eq!((change.amounts.authorized, change.amounts.captured), (ASKED, ASKED));
}

#[test]
fn an_echo_of_another_amount_or_currency_is_doubt_and_never_success() {
    for observation in [
        done(ASKED + 1),
        done(0),
        Observation::Done { minor: ASKED, is_same_currency: false, is_same_reference: true },
    ] {
        let sale = attempt(OperationKind::Sale, ASKED);
        let change =
            apply(&payment(PaymentKind::Debit), &sale, &observation, Outlook::Exhausted).expect("a change");

        assert_eq!((change.status, change.attempt), (PaymentStatus::Pending, AttemptStatus::Unknown));
        assert_eq!(change.amounts.captured, 0);
    }
}

#[test]
fn a_decline_ends_the_payment_only_when_nobody_else_is_tried() {
    let sale = attempt(OperationKind::Sale, ASKED);
    let last = apply(&payment(PaymentKind::Debit), &sale, &declined(), Outlook::Exhausted).expect("a change");
    let more =
        apply(&payment(PaymentKind::Debit), &sale, &declined(), Outlook::AnotherAttempt).expect("a change");

    assert_eq!((last.status, more.status), (PaymentStatus::Failed, PaymentStatus::Processing));
    assert_eq!(more.attempt, AttemptStatus::Declined);
}

#[test]
fn what_is_final_stays() {
    let sale = attempt(OperationKind::Sale, ASKED);
    for status in [AttemptStatus::Succeeded, AttemptStatus::Declined, AttemptStatus::Failed] {
        let closed = Attempt { status, ..sale.clone() };
        for observation in [declined(), Observation::Unknown, Observation::NothingHappened] {
            assert_eq!(apply(&payment(PaymentKind::Debit), &closed, &observation, Outlook::Exhausted), None);
        }
    }
}

#[test]
fn a_refused_capture_frees_what_was_set_aside_and_changes_nothing_else() {
    let mut held = payment(PaymentKind::Preauthorize);
    held.status = PaymentStatus::Authorized;
    held.amounts = Amounts { authorized: ASKED, capture_pending: 400, ..held.amounts };

    let change = apply(&held, &attempt(OperationKind::Capture, 400), &declined(), Outlook::Exhausted)
        .expect("a change");

    assert_eq!((change.status, change.amounts.capture_pending), (PaymentStatus::Authorized, 0));
    assert_eq!(change.amounts.captured, 0);
}

/// A follow-up of a random history: how much, and what the processor said.
#[derive(Debug, Clone)]
struct Step {
    operation: OperationKind,
    share_percent: i64,
    observation: Observation,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let operation =
        prop_oneof![Just(OperationKind::Capture), Just(OperationKind::Refund), Just(OperationKind::Void)];
    let observation = prop_oneof![
        4 => Just(None),
        1 => Just(Some(declined())),
        1 => Just(Some(Observation::NothingHappened)),
        1 => Just(Some(Observation::Unknown)),
        1 => Just(Some(Observation::Pending)),
    ];
    let step =
        (operation, 1..=100_i64, observation).prop_map(|(operation, share_percent, observation)| Step {
            operation,
            share_percent,
            observation: observation.unwrap_or(Observation::Done {
                minor: -1,
                is_same_currency: true,
                is_same_reference: true,
            }),
        });
    proptest::collection::vec(step, 0..12)
}

/// Sets the amount aside as the conditional update of the database does; `None` if it refuses.
fn reserved(payment: &Payment, step: &Step) -> Option<(Payment, i64)> {
    use purser_domain::payment::state::{is_capturable, is_refundable, is_voidable};
    let mut payment = payment.clone();
    let part = |left: i64| (left * step.share_percent / 100).max(1).min(left);
    let minor = match step.operation {
        OperationKind::Capture if is_capturable(payment.status) => part(payment.amounts.capturable()),
        OperationKind::Refund if is_refundable(payment.status) => part(payment.amounts.refundable()),
        OperationKind::Void if is_voidable(&payment) => payment.amounts.voidable(),
        _ => 0,
    };
    match step.operation {
        _ if minor == 0 => return None,
        OperationKind::Capture => payment.amounts.capture_pending += minor,
        OperationKind::Refund => payment.amounts.refund_pending += minor,
        _ => {}
    }
    Some((payment, minor))
}

fn check_amounts(amounts: &Amounts) {
    assert!(amounts.captured >= 0 && amounts.refunded >= 0 && amounts.authorized >= 0, "{amounts:?}");
    assert!(amounts.captured + amounts.capture_pending <= amounts.authorized, "{amounts:?}");
    assert!(amounts.refunded + amounts.refund_pending <= amounts.captured, "{amounts:?}");
}

proptest! {
    /// Whatever follows an authorisation, captured never exceeds authorised, refunded never exceeds
    /// captured, and an observation that comes again changes nothing.
    #[test]
    fn amounts_stay_within_their_bounds(kind in prop_oneof![Just(PaymentKind::Debit), Just(PaymentKind::Preauthorize)], steps in steps()) {
        let operation = if kind == PaymentKind::Debit { OperationKind::Sale } else { OperationKind::Authorize };
        let asked = payment(kind);
        let change = apply(&asked, &attempt(operation, ASKED), &done(ASKED), Outlook::Exhausted).expect("a change");
        let mut current = applied(&asked, &change);
        for step in steps {
            check_amounts(&current.amounts);
            let Some((held, minor)) = reserved(&current, &step) else { continue };
            let observation = match step.observation {
                Observation::Done { .. } => done(minor),
                other => other,
            };
            let follow_up = attempt(step.operation, minor);
            let Some(change) = apply(&held, &follow_up, &observation, Outlook::Exhausted) else { continue };
            let again = Attempt { status: change.attempt, ..follow_up };
            current = applied(&held, &change);
            prop_assert_eq!(apply(&current, &again, &observation, Outlook::Exhausted), None);
        }
        check_amounts(&current.amounts);
    }
}
