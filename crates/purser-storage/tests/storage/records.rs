//! Changes of a payment are written whole or not at all, within a transaction and alone.

use purser_domain::payment::attempt::{Attempt, AttemptStatus};
use purser_domain::payment::event::{EventKind, Origin};
use purser_domain::payment::{Amounts, Payment, PaymentStatus};
use purser_domain::routing::Route;
use purser_storage::payments::{
    self, AttemptRecord, AttemptSeals, NewAttempt, NewEvent, PaymentRecord, TotalDelta,
};
use purser_storage::{Constraint, Engine, Error};
use purser_types::Timestamp;
use purser_types::id::AttemptId;

use crate::database::on_each_engine;
use crate::world::{NOW, World, eur, scope};

/// When changes are recorded.
pub(crate) const LATER: Timestamp = Timestamp::from_unix_micros(NOW.unix_micros() + 1);

/// An event of ten minor units that somebody asked for.
pub(crate) fn event(world: &World, kind: EventKind, attempt_id: Option<AttemptId>) -> NewEvent {
    NewEvent { id: world.mint(), kind, origin: Origin::Request, attempt_id, amount: Some(10) }
}

/// The payment and its attempt after the processor took all of it.
pub(crate) fn succeeded(payment: &Payment, attempt: &Attempt) -> (Payment, Attempt) {
    let requested = payment.amounts.requested;
    let amounts = Amounts { authorized: requested, captured: requested, ..payment.amounts };
    let after = Payment { status: PaymentStatus::Succeeded, amounts, ..payment.clone() };
    (after, Attempt { status: AttemptStatus::Succeeded, ..attempt.clone() })
}

/// The record of a change without a customer.
pub(crate) fn recorded<'a>(
    before: &'a Payment,
    after: &'a Payment,
    observed: &'a Attempt,
    events: &'a [NewEvent],
) -> PaymentRecord<'a> {
    let attempt = AttemptRecord { after: observed, seals: AttemptSeals::default() };
    PaymentRecord { before, after, attempt: Some(attempt), events, total_delta: None, now: LATER }
}

#[derive(Clone, Copy, Debug)]
enum Way {
    Within,
    Alone,
}

impl Way {
    async fn record(self, world: &World, record: &PaymentRecord<'_>) -> Result<bool, Error> {
        let partner = scope(&world.partner);
        match self {
            Self::Alone => payments::record_alone(world.store(), &partner, record).await,
            Self::Within => {
                let write = world.begin().await;
                let is_changed = payments::record(&write, &partner, record).await?;
                write.commit().await?;
                Ok(is_changed)
            }
        }
    }
}

const SEALS: AttemptSeals<'static> =
    AttemptSeals { request: Some(b"request"), action: Some(b"action"), return_token: Some(&[9; 32]) };

/// A payment of a customer with an attempt that is on its way.
async fn started(world: &World, way: Way) -> (Payment, Attempt) {
    let profile = world.stored_profile(&world.partner).await;
    let mut payment = world.payment_of(&world.partner, &format!("t-{way:?}"), eur(900));
    payment.profile_id = Some(profile.id);
    payment.container_id = Some(profile.container_id);
    let attempt = world.attempt_of(&payment, 1, "SALE");
    let attempt = Attempt { next_check_at: Some(NOW), ..attempt };
    let write = world.begin().await;
    payments::insert(&write, &scope(&world.partner), &payment).await.expect("a payment");
    let token = [way as u8; 32];
    let new = NewAttempt { attempt: &attempt, seals: AttemptSeals { return_token: Some(&token), ..SEALS } };
    payments::insert_sealed_attempt(&write, &scope(&world.partner), &new).await.expect("an attempt");
    write.commit().await.expect("a commit");
    (payment, attempt)
}

#[tokio::test]
async fn a_change_is_written_with_all_that_follows_from_it_either_way() {
    on_each_engine(async |world: &World| {
        let partner = scope(&world.partner);
        for way in [Way::Within, Way::Alone] {
            let (payment, attempt) = started(world, way).await;
            let (mut after, mut observed) = succeeded(&payment, &attempt);
            after.amounts = Amounts { requested: 800, refunded: 300, ..after.amounts };
            after.connector_id = Some(attempt.connector_id);
            after.method = Some("card".to_owned());
            after.route = Route { steps: vec![world.mint()], considered: Vec::new() };
            after.network_transaction_id = Some("net-1".to_owned());
            after.expires_at = Some(LATER);
            (after.commits, after.is_final_captured) = (0, true);
            observed.connector_reference = Some("ref-1".to_owned());
            (observed.next_check_at, observed.settled_by) = (None, Some(Origin::LookUp));
            let succeeded = event(world, EventKind::PaymentSucceeded, Some(attempt.id));
            let events = [succeeded, event(world, EventKind::InstrumentStored, None)];
            let delta = TotalDelta {
                profile_id: payment.profile_id.expect("a profile"),
                currency: payment.amounts.currency,
                payment_count: 0,
                success_count: 1,
                captured: 900,
                refunded: 300,
                at: LATER,
            };
            let record = recorded(&payment, &after, &observed, &events);
            let record = PaymentRecord { total_delta: Some(delta), ..record };

            assert!(way.record(world, &record).await.expect("recorded"), "{way:?}");

            (after.updated_at, after.version) = (LATER, 2);
            let found = payments::find(world.store(), &partner, payment.id).await.expect("an answer");
            assert_eq!(found, Some(after.clone()), "{way:?}");
            observed.finished_at = Some(LATER);
            let found =
                payments::sealed_attempt(world.store(), &partner, attempt.id).await.expect("an answer");
            let found = found.expect("an attempt");
            assert_eq!(found.attempt, observed, "{way:?}");
            assert_eq!((found.request, found.action), (None, None), "what is final is not sent again");
            check_books(world, &payment, way).await;
        }
    })
    .await;
}

/// The history, the ledger and the totals after the change of before.
async fn check_books(world: &World, payment: &Payment, way: Way) {
    let id = payment.merchant_transaction_id.as_str();
    let of = format!("payment_id = (SELECT id FROM payment WHERE merchant_transaction_id = '{id}')");
    let history = format!(
        "SELECT position || ' ' || kind || ' ' || status_from || ' ' || status_to || ' ' || amount || ' ' \
         || currency || ' ' || (attempt_id IS NULL) AS it FROM event WHERE {of} ORDER BY position"
    );
    let is_null = |text: &str| match world.store().engine() {
        Engine::Postgres => text.replace('1', "true").replace('0', "false"),
        Engine::Sqlite => text.to_owned(),
    };
    let expected = [
        format!("1 PAYMENT_SUCCEEDED PROCESSING SUCCEEDED 10 EUR {}", is_null("0")),
        format!("2 INSTRUMENT_STORED PROCESSING SUCCEEDED 10 EUR {}", is_null("1")),
    ];
    assert_eq!(world.database.texts(&history).await, expected, "{way:?}");
    let ledger = format!(
        "SELECT position || ' ' || debit || ' ' || credit || ' ' || minor || ' ' || currency AS it \
         FROM ledger_transfer WHERE {of} AND attempt_id IS NOT NULL ORDER BY position"
    );
    let expected =
        ["1 CUSTOMER RESERVED 900 EUR", "2 RESERVED CAPTURED 900 EUR", "3 CAPTURED REFUNDED 300 EUR"];
    assert_eq!(world.database.texts(&ledger).await, expected, "{way:?}");
    let profile =
        format!("profile_id = (SELECT profile_id FROM payment WHERE merchant_transaction_id = '{id}')");
    let totals = format!(
        "SELECT payment_count || ' ' || success_count || ' ' || captured || ' ' || refunded AS it \
         FROM profile_total WHERE {profile}"
    );
    assert_eq!(world.database.texts(&totals).await, ["0 1 900 300"], "{way:?}");
}

#[tokio::test]
async fn positions_go_on_and_totals_add_up_over_several_changes() {
    on_each_engine(async |world: &World| {
        for way in [Way::Within, Way::Alone] {
            let (mut payment, attempt) = started(world, way).await;
            for (n, kind) in (1..).zip([EventKind::PaymentPartiallyCaptured, EventKind::PaymentSucceeded]) {
                let amounts = Amounts { authorized: 900, captured: 450 * n, ..payment.amounts };
                let after = Payment { amounts, ..payment.clone() };
                let events = [event(world, kind, None)];
                let record = PaymentRecord { attempt: None, ..recorded(&payment, &after, &attempt, &events) };
                assert!(way.record(world, &record).await.expect("recorded"));
                payment = Payment { version: payment.version + 1, ..after };
            }

            let of = format!(
                "payment_id = (SELECT id FROM payment WHERE merchant_transaction_id = '{}')",
                payment.merchant_transaction_id
            );
            let ledger = format!(
                "SELECT position || ' ' || debit || ' ' || minor AS it FROM ledger_transfer WHERE {of} \
                 ORDER BY position"
            );
            let expected = ["1 CUSTOMER 900", "2 RESERVED 450", "3 RESERVED 450"];
            assert_eq!(world.database.texts(&ledger).await, expected);
            let history =
                format!("SELECT position || ' ' || kind AS it FROM event WHERE {of} ORDER BY position");
            let expected = ["1 PAYMENT_PARTIALLY_CAPTURED", "2 PAYMENT_SUCCEEDED"];
            assert_eq!(world.database.texts(&history).await, expected);
        }
    })
    .await;
}

#[tokio::test]
async fn a_change_of_an_older_version_or_of_another_attempt_changes_nothing() {
    on_each_engine(async |world: &World| {
        for way in [Way::Within, Way::Alone] {
            let (payment, attempt) = started(world, way).await;
            let (after, observed) = succeeded(&payment, &attempt);
            let events = [event(world, EventKind::PaymentSucceeded, Some(attempt.id))];
            let before = world.database.dump().await;

            let moved_on = Payment { version: 2, ..payment.clone() };
            let record = recorded(&moved_on, &after, &observed, &events);
            assert!(!way.record(world, &record).await.expect("an answer"));
            let stranger = world.attempt_of(&payment, 2, "SALE");
            let record = recorded(&payment, &after, &stranger, &events);
            assert!(!way.record(world, &record).await.expect("an answer"));
            assert_eq!(world.database.dump().await, before);

            let record = recorded(&payment, &after, &observed, &events);
            assert!(way.record(world, &record).await.expect("recorded"));
            let before = world.database.dump().await;
            assert!(!way.record(world, &record).await.expect("the same again"));
            let current = Payment { version: 2, ..after.clone() };
            let fallen = Attempt { status: AttemptStatus::Failed, ..observed.clone() };
            let record = recorded(&current, &after, &fallen, &[]);
            assert!(!way.record(world, &record).await.expect("a success stays"));
            assert_eq!(world.database.dump().await, before);
        }
    })
    .await;
}

#[tokio::test]
async fn a_payment_succeeds_once_and_its_amounts_never_contradict_each_other() {
    on_each_engine(async |world: &World| {
        for way in [Way::Within, Way::Alone] {
            let (payment, attempt) = started(world, way).await;
            let (after, observed) = succeeded(&payment, &attempt);
            let events = [event(world, EventKind::PaymentSucceeded, Some(attempt.id))];
            let record = recorded(&payment, &after, &observed, &events);
            assert!(way.record(world, &record).await.expect("recorded"));
            let current = Payment { version: 2, ..after };
            let before = world.database.dump().await;

            let again = [event(world, EventKind::LateSuccess, Some(attempt.id))];
            let refused = way.record(world, &recorded(&current, &current, &observed, &again)).await;
            let refused = refused.expect_err("refused");
            assert!(matches!(refused, Error::Conflict(Constraint::PaymentSuccess)), "{refused:?}");
            let blank = current.amounts;
            for amounts in [
                Amounts { captured: 901, ..blank },
                Amounts { refunded: 500, refund_pending: 500, ..blank },
                Amounts { refunded: 500, disputed: 401, ..blank },
                Amounts { disputed: -1, ..blank },
            ] {
                let after = Payment { amounts, ..current.clone() };
                let refused = way.record(world, &recorded(&current, &after, &observed, &[])).await;
                let refused = refused.expect_err("refused");
                assert!(matches!(refused, Error::Conflict(Constraint::Check(_))), "{refused:?}");
            }
            assert_eq!(world.database.dump().await, before);
        }
    })
    .await;
}

#[tokio::test]
async fn a_change_is_one_statement_on_postgres() {
    on_each_engine(async |world: &World| {
        let (payment, attempt) = started(world, Way::Alone).await;
        let (after, observed) = succeeded(&payment, &attempt);
        let events = [event(world, EventKind::PaymentSucceeded, Some(attempt.id))];
        let before = world.store().statements();

        let record = recorded(&payment, &after, &observed, &events);
        assert!(Way::Alone.record(world, &record).await.expect("recorded"));

        let expected = match world.store().engine() {
            Engine::Postgres => 1,
            Engine::Sqlite => 4,
        };
        assert_eq!(world.store().statements() - before, expected);
    })
    .await;
}

#[tokio::test]
async fn the_ledger_is_never_changed() {
    on_each_engine(async |world: &World| {
        let (payment, attempt) = started(world, Way::Alone).await;
        let (after, observed) = succeeded(&payment, &attempt);
        let record = recorded(&payment, &after, &observed, &[]);
        assert!(Way::Alone.record(world, &record).await.expect("recorded"));
        let before = world.database.dump().await;

        for text in [
            "UPDATE ledger_transfer SET minor = minor + 1",
            "UPDATE ledger_transfer SET position = position",
            "DELETE FROM ledger_transfer",
            "TRUNCATE ledger_transfer",
        ] {
            let refused = world.database.try_to_tamper(text).await.expect_err("refused");
            let is_said = refused.contains("transfers of the ledger are never");
            // SQLite knows no such word.
            assert!(is_said || text.starts_with("TRUNCATE"), "{refused}");
        }
        assert_eq!(world.database.dump().await, before);
    })
    .await;
}
