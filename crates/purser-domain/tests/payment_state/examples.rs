//! The stories of the money path, one by one.

use purser_connector::{Advice, DeclineCode, OperationKind};
use purser_domain::payment::attempt::{Attempt, AttemptStatus};
use purser_domain::payment::event::EventKind;
use purser_domain::payment::ledger::{self, Account, Transfer};
use purser_domain::payment::state::{
    self, Change, Observation, Outlook, REVIEW_INTEGRITY, REVIEW_MISFIT, outlook,
};
use purser_domain::payment::{Amounts, Payment, PaymentKind, PaymentStatus};

use super::world::{Terms, action, attempt, decline, done, payment};

const ASKED: i64 = 999;

fn processing(kind: PaymentKind) -> Payment {
    let terms = Terms { kind, minor: ASKED, commits_max: 2, minimum: Some(500), takes_less: false };
    Payment { status: PaymentStatus::Processing, commits: 1, ..payment(&terms) }
}

fn sale() -> Attempt {
    attempt(1, OperationKind::Sale, ASKED)
}

fn observed(payment: &Payment, attempts: &[Attempt], observation: &Observation, outlook: Outlook) -> Change {
    state::apply(payment, attempts, attempts[0].id, observation, outlook).expect("a change")
}

fn seen(payment: &Payment, attempt: Attempt, observation: &Observation) -> Change {
    observed(payment, &[attempt], observation, Outlook::Exhausted)
}

#[test]
fn a_debit_that_is_done_has_captured_its_amount() {
    let change = seen(&processing(PaymentKind::Debit), sale(), &done(ASKED));

    assert_eq!((change.status, change.attempt), (PaymentStatus::Succeeded, AttemptStatus::Succeeded));
    assert_eq!((change.amounts.authorized, change.amounts.captured), (ASKED, ASKED));
    assert_eq!((change.event, change.give_back), (Some(EventKind::PaymentSucceeded), false));
    let reserved = Transfer { debit: Account::Customer, credit: Account::Reserved, minor: ASKED };
    let captured = Transfer { debit: Account::Reserved, credit: Account::Captured, minor: ASKED };
    assert_eq!(change.transfers, [reserved, captured]);
    assert!(ledger::agrees(&change.transfers, &change.amounts));
}

#[test]
fn an_echo_of_another_amount_currency_or_reference_is_doubt_for_an_operator_and_never_success() {
    let other = |is_same_currency, is_same_reference| Observation::Done {
        minor: ASKED,
        is_same_currency,
        is_same_reference,
    };
    for observation in [done(ASKED + 1), done(ASKED - 1), done(0), other(false, true), other(true, false)] {
        let change = seen(&processing(PaymentKind::Debit), sale(), &observation);

        assert_eq!((change.status, change.attempt), (PaymentStatus::Pending, AttemptStatus::Unknown));
        assert_eq!(change.review.as_deref(), Some(REVIEW_INTEGRITY));
        assert_eq!((change.amounts.captured, change.transfers.len()), (0, 0));
        assert_eq!(change.event, Some(EventKind::AttemptInReview));
    }
}

#[test]
fn a_proof_at_last_ends_the_review() {
    let mut payment = processing(PaymentKind::Debit);
    payment.status = PaymentStatus::Pending;
    let doubted =
        Attempt { status: AttemptStatus::Unknown, review: Some(REVIEW_INTEGRITY.to_owned()), ..sale() };

    let change = seen(&payment, doubted, &done(ASKED));

    assert_eq!((change.status, change.review), (PaymentStatus::Succeeded, None));
}

#[test]
fn an_approval_for_less_is_taken_where_the_merchant_said_so() {
    let debit = Payment { accepts_partial: true, ..processing(PaymentKind::Debit) };
    let hold = Payment { accepts_partial: true, ..processing(PaymentKind::Preauthorize) };

    let paid = seen(&debit, sale(), &done(600));
    let held = seen(&hold, attempt(1, OperationKind::Authorize, ASKED), &done(600));

    assert_eq!((paid.status, paid.amounts.captured), (PaymentStatus::Succeeded, 600));
    assert_eq!(paid.amounts.requested, ASKED);
    assert_eq!((held.status, held.amounts.authorized), (PaymentStatus::PartiallyAuthorized, 600));
    assert_eq!(held.event, Some(EventKind::PaymentPartiallyAuthorized));
    assert_eq!(seen(&debit, sale(), &done(0)).attempt, AttemptStatus::Unknown);
}

#[test]
fn what_follows_a_refusal_is_what_the_payment_allows() {
    let payment = processing(PaymentKind::Debit);
    let spent = Payment { commits: 2, ..payment.clone() };
    let fixed = Payment { minimum: None, ..payment.clone() };
    let cases = [
        (&payment, Outlook::AnotherAttempt, PaymentStatus::Processing),
        (&payment, Outlook::CustomerMayChooseAgain, PaymentStatus::AwaitingInstrument),
        (&payment, Outlook::AmountMayBeLowered, PaymentStatus::AwaitingAmount),
        (&payment, Outlook::Exhausted, PaymentStatus::Failed),
        (&spent, Outlook::CustomerMayChooseAgain, PaymentStatus::Failed),
        (&spent, Outlook::AmountMayBeLowered, PaymentStatus::Failed),
        (&fixed, Outlook::AmountMayBeLowered, PaymentStatus::Failed),
    ];
    for (payment, outlook, expected) in cases {
        let change = observed(payment, &[sale()], &decline(DeclineCode::InsufficientFunds), outlook);

        assert_eq!((change.status, change.attempt), (expected, AttemptStatus::Declined), "{outlook:?}");
        let code = change.decline.map(|decline| decline.code);
        assert_eq!(code, Some(DeclineCode::InsufficientFunds));
    }
}

#[test]
fn the_outlook_follows_the_processors_advice() {
    let payment = processing(PaymentKind::Debit);
    let spent = Payment { commits: 2, ..payment.clone() };
    let elsewhere = match decline(DeclineCode::CardDeclined) {
        Observation::Declined(decline) => Observation::Declined(purser_domain::payment::DeclineRecord {
            advice: Advice::Elsewhere,
            ..decline
        }),
        other => other,
    };
    let declined = decline(DeclineCode::CardDeclined);
    let poor = decline(DeclineCode::InsufficientFunds);
    let nothing = Observation::NothingHappened;

    assert_eq!(outlook(&payment, &elsewhere, true), Outlook::AnotherAttempt);
    assert_eq!(outlook(&payment, &nothing, true), Outlook::AnotherAttempt);
    assert_eq!(outlook(&payment, &declined, true), Outlook::CustomerMayChooseAgain);
    assert_eq!(outlook(&payment, &elsewhere, false), Outlook::CustomerMayChooseAgain);
    assert_eq!(outlook(&payment, &poor, true), Outlook::AmountMayBeLowered);
    assert_eq!(outlook(&spent, &poor, false), Outlook::Exhausted);
    assert_eq!(outlook(&spent, &nothing, false), Outlook::Exhausted);
}

#[test]
fn a_late_success_takes_the_payment_that_failed() {
    let refused = Attempt { status: AttemptStatus::Declined, ..sale() };
    for status in [PaymentStatus::Failed, PaymentStatus::Expired, PaymentStatus::AwaitingInstrument] {
        let payment = Payment { status, ..processing(PaymentKind::Debit) };

        let change = seen(&payment, refused.clone(), &done(ASKED));

        assert_eq!((change.status, change.event), (PaymentStatus::Succeeded, Some(EventKind::LateSuccess)));
        assert_eq!((change.amounts.captured, change.give_back), (ASKED, false));
        assert_eq!(change.decline, None);
    }
}

#[test]
fn the_money_of_a_sibling_that_comes_second_is_given_back() {
    let mut payment = processing(PaymentKind::Debit);
    payment.status = PaymentStatus::Succeeded;
    payment.amounts = Amounts { authorized: ASKED, captured: ASKED, ..payment.amounts };
    let refused = Attempt { status: AttemptStatus::Failed, ..sale() };
    let taker = Attempt { status: AttemptStatus::Succeeded, ..attempt(2, OperationKind::Sale, ASKED) };

    let change = observed(&payment, &[refused, taker], &done(ASKED), Outlook::Exhausted);

    assert_eq!((change.attempt, change.give_back), (AttemptStatus::Succeeded, true));
    assert_eq!((change.status, change.amounts), (payment.status, payment.amounts));
    assert_eq!((change.event, change.transfers.len()), (None, 0));
}

#[test]
fn a_success_after_the_customer_canceled_is_given_back() {
    let payment = Payment { status: PaymentStatus::Canceled, ..processing(PaymentKind::Debit) };

    let change = seen(&payment, sale(), &done(ASKED));

    assert_eq!((change.status, change.give_back), (PaymentStatus::Canceled, true));
    assert_eq!(change.amounts, payment.amounts);
}

#[test]
fn a_success_for_an_amount_that_was_lowered_since_is_given_back() {
    let mut payment = processing(PaymentKind::Debit);
    payment.amounts.requested = 600;
    let refused = Attempt { status: AttemptStatus::Declined, ..sale() };
    let running = attempt(2, OperationKind::Sale, 600);

    let change = observed(&payment, &[refused, running], &done(ASKED), Outlook::Exhausted);

    assert_eq!((change.status, change.give_back), (PaymentStatus::Processing, true));
}

#[test]
fn giving_back_changes_nothing_of_the_payment() {
    let mut payment = processing(PaymentKind::Debit);
    payment.status = PaymentStatus::Succeeded;
    payment.amounts = Amounts { authorized: ASKED, captured: ASKED, ..payment.amounts };
    let giving = Attempt { gives_back: Some(sale().id), ..attempt(3, OperationKind::Refund, ASKED) };

    let change = seen(&payment, giving, &done(ASKED));

    assert_eq!((change.attempt, change.event), (AttemptStatus::Succeeded, None));
    assert_eq!((change.status, change.amounts), (payment.status, payment.amounts));
}

#[test]
fn a_success_is_never_doubted_again() {
    let paid = Attempt { status: AttemptStatus::Succeeded, ..sale() };
    let payment = Payment { status: PaymentStatus::Succeeded, ..processing(PaymentKind::Debit) };
    for observation in
        [done(ASKED), done(1), decline(DeclineCode::FraudSuspected), Observation::Unknown, action()]
    {
        let change =
            state::apply(&payment, std::slice::from_ref(&paid), paid.id, &observation, Outlook::Exhausted);

        assert_eq!(change, None, "{observation:?}");
    }
}

#[test]
fn a_stale_action_is_ignored_once_the_customer_acted_and_doubt_is_not() {
    let payment = processing(PaymentKind::Debit);
    let resuming = Attempt { status: AttemptStatus::Resuming, ..sale() };
    let attempts = [resuming];

    let stale = state::apply(&payment, &attempts, attempts[0].id, &action(), Outlook::Exhausted);
    let doubt = observed(&payment, &attempts, &Observation::Unknown, Outlook::Exhausted);

    assert_eq!(stale, None);
    assert_eq!((doubt.attempt, doubt.status), (AttemptStatus::Resuming, PaymentStatus::Pending));
}

#[test]
fn a_customer_who_mistyped_is_asked_again_and_only_then() {
    let payment = processing(PaymentKind::Debit);
    let Observation::ActionRequired(kind) = action() else { panic!("it is an action") };
    let again = Observation::AskedAgain(kind.clone());

    let asked = seen(&payment, Attempt { status: AttemptStatus::Resuming, ..sale() }, &again);
    assert_eq!((asked.attempt, asked.status), (AttemptStatus::RequiresAction, PaymentStatus::RequiresAction));
    assert_eq!((asked.event, asked.next_action), (Some(EventKind::PaymentActionRequired), Some(kind)));

    for status in [AttemptStatus::Started, AttemptStatus::RequiresAction, AttemptStatus::Declined] {
        let attempts = [Attempt { status, ..sale() }];
        let told = state::apply(&payment, &attempts, attempts[0].id, &again, Outlook::Exhausted);
        assert_eq!(told, None, "{status}");
    }
}

#[test]
fn a_processor_that_has_never_heard_of_the_attempt_proves_nothing() {
    let attempts = [sale()];
    let payment = processing(PaymentKind::Debit);

    let change =
        state::apply(&payment, &attempts, attempts[0].id, &Observation::NotFound, Outlook::Exhausted);

    assert_eq!(change, None);
}

fn held(amounts: Amounts) -> Payment {
    let mut payment = processing(PaymentKind::Preauthorize);
    payment.status = PaymentStatus::Authorized;
    payment.amounts = amounts;
    payment
}

#[test]
fn a_refused_capture_frees_what_was_set_aside_and_changes_nothing_else() {
    let blank = processing(PaymentKind::Preauthorize).amounts;
    let payment = held(Amounts { authorized: ASKED, capture_pending: 400, ..blank });
    let capture = attempt(2, OperationKind::Capture, 400);

    let change = seen(&payment, capture, &decline(DeclineCode::CardDeclined));

    assert_eq!((change.status, change.amounts.capture_pending), (PaymentStatus::Authorized, 0));
    assert_eq!((change.amounts.captured, change.event), (0, Some(EventKind::CaptureFailed)));
    assert_eq!((change.decline, change.attempt_decline.is_some()), (None, true));
}

#[test]
fn a_final_capture_releases_the_rest() {
    let blank = processing(PaymentKind::Preauthorize).amounts;
    let payment = held(Amounts { authorized: ASKED, capture_pending: 400, ..blank });
    let capture = Attempt { is_final_capture: true, ..attempt(2, OperationKind::Capture, 400) };

    let change = seen(&payment, capture, &done(400));

    assert_eq!((change.status, change.is_final_captured), (PaymentStatus::Succeeded, true));
    assert_eq!((change.amounts.authorized, change.amounts.captured), (400, 400));
    assert_eq!(change.event, Some(EventKind::PaymentSucceeded));
    let released = Transfer { debit: Account::Reserved, credit: Account::Customer, minor: 599 };
    assert_eq!(change.transfers.last(), Some(&released));
}

#[test]
fn an_increment_raises_what_is_reserved() {
    let blank = processing(PaymentKind::Preauthorize).amounts;
    let payment = held(Amounts { authorized: ASKED, ..blank });

    let change = seen(&payment, attempt(2, OperationKind::Increment, 100), &done(100));

    assert_eq!((change.status, change.amounts.authorized), (PaymentStatus::Authorized, 1_099));
    assert_eq!(change.event, Some(EventKind::AuthorizationIncremented));
}

#[test]
fn a_success_that_no_longer_fits_is_for_an_operator() {
    let blank = processing(PaymentKind::Preauthorize).amounts;
    let mut payment = held(Amounts { authorized: ASKED, captured: ASKED, ..blank });
    payment.status = PaymentStatus::Succeeded;
    let refused = Attempt { status: AttemptStatus::Declined, ..attempt(2, OperationKind::Capture, 400) };

    let change = seen(&payment, refused, &done(400));

    assert_eq!((change.attempt, change.review.as_deref()), (AttemptStatus::Succeeded, Some(REVIEW_MISFIT)));
    assert_eq!((change.status, change.amounts), (payment.status, payment.amounts));
}

#[test]
fn a_void_releases_what_is_reserved_or_takes_back_what_was_captured() {
    let blank = processing(PaymentKind::Preauthorize).amounts;
    let cases = [
        (PaymentStatus::Authorized, 0, ASKED, PaymentStatus::Reversed, 0),
        (PaymentStatus::PartiallyCaptured, 400, 599, PaymentStatus::Succeeded, 400),
        (PaymentStatus::Succeeded, ASKED, ASKED, PaymentStatus::Voided, 0),
    ];
    for (status, captured, voided, expected, left) in cases {
        let payment = Payment { status, ..held(Amounts { authorized: ASKED, captured, ..blank }) };

        let change = seen(&payment, attempt(2, OperationKind::Void, voided), &done(voided));

        assert_eq!((change.status, change.amounts.captured), (expected, left));
        assert_eq!(change.amounts.authorized, left);
    }
}
