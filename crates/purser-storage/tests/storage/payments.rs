//! Payments and attempts: what is stored comes back, and nobody else reaches it.

use purser_domain::payment::attempt::{Attempt, AttemptStatus};
use purser_domain::payment::event::{EventKind, Origin};
use purser_domain::payment::{Payment, PaymentStatus, Urls};
use purser_domain::profile::Profile;
use purser_domain::routing::{Considered, Route, Verdict};
use purser_storage::idempotency::{Claim, Claimed};
use purser_storage::payments::{self, AttemptSeals, NewAttempt, Opening, TotalDelta};
use purser_storage::{Constraint, Error};
use purser_types::Timestamp;
use serde_json::json;

use crate::database::on_each_engine;
use crate::records::{event, recorded, succeeded};
use crate::world::{NOW, World, currency, eur, operator, scope};

/// A payment of the partner's with everything in it, as it is when it was just made.
fn full_payment(world: &World, profile: &Profile, earlier: &Payment) -> Payment {
    let mut payment = world.payment_of(&world.partner, "t-2", eur(999));
    payment.profile_id = Some(profile.id);
    payment.container_id = Some(profile.container_id);
    payment.connector_id = Some(world.mint());
    payment.metadata.insert("order".to_owned(), json!(17));
    payment.route = Route {
        steps: vec![world.mint()],
        considered: vec![Considered { connector_id: world.mint(), verdict: Verdict::Eligible }],
    };
    payment.capture_at = Some(Timestamp::from_unix_micros(7));
    payment.expires_at = Some(Timestamp::from_unix_micros(8));
    (payment.commits, payment.commits_max) = (2, 5);
    payment.minimum = Some(100);
    payment.amounts.original = 1200;
    payment.accepts_partial = true;
    payment.mit_reason = Some("NO_SHOW".parse().expect("a reason"));
    payment.network_transaction_id = Some("net-1".to_owned());
    payment.reference_payment_id = Some(earlier.id);
    let url = |path: &str| Some(format!("https://example.org/{path}"));
    payment.urls =
        Urls { return_: url("r"), success: url("s"), cancel: url("c"), error: url("e"), callback: url("b") };
    payment
}

fn full_attempt(world: &World, payment: &Payment) -> Attempt {
    Attempt {
        action_expires_at: Some(Timestamp::from_unix_micros(3)),
        next_check_at: Some(Timestamp::from_unix_micros(4)),
        checks: 2,
        review: Some("integrity".to_owned()),
        network_transaction_id: Some("net-2".to_owned()),
        settled_by: Some(Origin::LookUp),
        commit: 2,
        is_final_capture: true,
        is_surplus: true,
        gives_back: Some(world.mint()),
        ..world.attempt_of(payment, 1, "AUTHORIZE")
    }
}

const SEALS: AttemptSeals<'static> =
    AttemptSeals { request: Some(b"request"), action: Some(b"action"), return_token: Some(&[7; 32]) };

async fn earlier(world: &World) -> Payment {
    let payment = world.payment_of(&world.partner, "t-1", eur(500));
    let attempt = world.attempt_of(&payment, 1, "SALE");
    world.stored_payment(&payment, &attempt, &world.partner).await;
    payment
}

#[tokio::test]
async fn payments_and_attempts_come_back_as_they_were_opened() {
    on_each_engine(async |world: &World| {
        let partner = scope(&world.partner);
        let profile = world.stored_profile(&world.partner).await;
        let payment = full_payment(world, &profile, &earlier(world).await);
        let attempt = full_attempt(world, &payment);
        let events = [event(world, EventKind::PaymentCreated, None), event(world, EventKind::PaymentProcessing, None)];
        let opening = Opening {
            claim: None,
            payment: &payment,
            attempt: Some(NewAttempt { attempt: &attempt, seals: SEALS }),
            events: &events,
            total_delta: Some(counted(&profile)),
        };
        let write = world.begin().await;
        assert_eq!(payments::open(&write, &partner, &opening).await.expect("opened"), Claimed::First);
        write.commit().await.expect("a commit");
        let store = world.store();

        let found = payments::find(store, &partner, payment.id).await.expect("an answer");
        assert_eq!(found.as_ref(), Some(&payment));
        let read = purser_storage::read::payments_by_id(store, &partner, &[payment.id]).await.expect("an answer");
        assert_eq!(read, [Some(payment.clone())]);
        let attempts = payments::attempts(store, &partner, payment.id).await.expect("attempts");
        assert_eq!(attempts, std::slice::from_ref(&attempt));
        let read = purser_storage::read::attempts_of(store, &partner, &[payment.id]).await.expect("attempts");
        assert_eq!(read, [vec![attempt.clone()]]);
        let due = payments::by_return_token(store, &operator(), &[7; 32]).await.expect("an answer");
        let due = due.expect("an attempt");
        assert_eq!((due.attempt, due.tenant_id), (attempt.clone(), world.partner.id));
        assert_eq!((due.environment, due.request), (payment.environment, Some(b"request".to_vec())));
        assert_eq!(due.action, Some(b"action".to_vec()));
        let history = "SELECT position || ' ' || kind || ' ' || coalesce(status_from, '-') || ' ' || status_to \
                       || ' ' || origin AS it FROM event ORDER BY position";
        let expected = ["1 PAYMENT_CREATED - PROCESSING REQUEST", "2 PAYMENT_PROCESSING - PROCESSING REQUEST"];
        assert_eq!(world.database.texts(history).await, expected);
        let counted = "SELECT payment_count AS it FROM profile_total";
        assert_eq!(world.database.number(counted).await, 1);
    })
    .await;
}

fn counted(profile: &Profile) -> TotalDelta {
    TotalDelta {
        profile_id: profile.id,
        currency: currency("EUR"),
        payment_count: 1,
        success_count: 0,
        captured: 0,
        refunded: 0,
        at: NOW,
    }
}

#[tokio::test]
async fn a_payment_whose_key_is_known_is_not_opened() {
    on_each_engine(async |world: &World| {
        let partner = scope(&world.partner);
        let first = world.payment_of(&world.partner, "t-1", eur(500));
        let twin = world.payment_of(&world.partner, "t-2", eur(500));
        let open = async |payment: &Payment, fingerprint: u8| {
            let claim = Claim {
                operation: "debitPayment",
                key: "k-1",
                fingerprint: [fingerprint; 32],
                resource_id: payment.id.uuid(),
                now: NOW,
            };
            let created = [event(world, EventKind::PaymentCreated, None)];
            let opening =
                Opening { claim: Some(claim), payment, attempt: None, events: &created, total_delta: None };
            let write = world.begin().await;
            let claimed = payments::open(&write, &partner, &opening).await.expect("an answer");
            write.commit().await.expect("a commit");
            claimed
        };

        assert_eq!(open(&first, 1).await, Claimed::First);
        let before = world.database.dump().await;
        assert_eq!(open(&twin, 1).await, Claimed::Replay { resource_id: first.id.uuid() });
        assert_eq!(open(&twin, 2).await, Claimed::Reused);
        assert_eq!(world.database.dump().await, before);
    })
    .await;
}

#[tokio::test]
async fn an_intent_is_one_statement_on_postgres() {
    on_each_engine(async |world: &World| {
        let partner = scope(&world.partner);
        let payment = world.payment_of(&world.partner, "t-1", eur(500));
        let attempt = world.attempt_of(&payment, 1, "SALE");
        let claim = Claim {
            operation: "debitPayment",
            key: "k-1",
            fingerprint: [0; 32],
            resource_id: payment.id.uuid(),
            now: NOW,
        };
        let created = [event(world, EventKind::PaymentCreated, None)];
        let opening = Opening {
            claim: Some(claim),
            payment: &payment,
            attempt: Some(NewAttempt { attempt: &attempt, seals: AttemptSeals::default() }),
            events: &created,
            total_delta: None,
        };
        let before = world.store().statements();

        let write = world.begin().await;
        payments::open(&write, &partner, &opening).await.expect("opened");
        write.commit().await.expect("a commit");

        let expected = match world.store().engine() {
            purser_storage::Engine::Postgres => 1,
            purser_storage::Engine::Sqlite => 4,
        };
        assert_eq!(world.store().statements() - before, expected);
    })
    .await;
}

#[tokio::test]
async fn an_attempt_is_found_by_its_id_and_by_the_processors_reference() {
    on_each_engine(async |world: &World| {
        let partner = scope(&world.partner);
        let payment = earlier(world).await;
        let attempt = Attempt {
            connector_reference: Some("ref-9".to_owned()),
            ..world.attempt_of(&payment, 2, "CAPTURE")
        };
        let write = world.begin().await;
        payments::insert_attempt(&write, &partner, &attempt).await.expect("stored");
        write.commit().await.expect("a commit");
        let store = world.store();

        assert_eq!(payments::attempt(store, &partner, attempt.id).await.expect("one"), Some(attempt.clone()));
        let by_reference = async |scope, reference| {
            payments::attempt_by_reference(store, &scope, attempt.connector_id, reference)
                .await
                .expect("an answer")
        };
        assert_eq!(by_reference(partner, "ref-9").await, Some(attempt.clone()));
        assert_eq!(by_reference(partner, "ref-8").await, None);
        for tenant in [&world.owner, &world.market, &world.stranger] {
            assert_eq!(by_reference(scope(tenant), "ref-9").await, None);
            assert_eq!(payments::attempt(store, &scope(tenant), attempt.id).await.expect("none"), None);
        }
    })
    .await;
}

#[tokio::test]
async fn nobody_else_reaches_payments() {
    on_each_engine(async |world: &World| {
        let profile = world.stored_profile(&world.partner).await;
        let mut payment = earlier(world).await;
        payment.profile_id = Some(profile.id);
        let store = world.store();
        let attempt =
            payments::attempts(store, &scope(&world.partner), payment.id).await.expect("one").remove(0);
        let before = world.database.dump().await;
        for tenant in [&world.market, &world.stranger] {
            let write = world.begin().await;
            payments::add_total(&write, &scope(tenant), &counted(&profile)).await.expect("nothing added");
            write.commit().await.expect("a commit");
        }
        for tenant in [&world.owner, &world.market, &world.stranger] {
            let scope = scope(tenant);
            let write = world.begin().await;
            assert_eq!(payments::find(&write, &scope, payment.id).await.expect("an answer"), None);
            assert_eq!(payments::find_with_lock(&write, &scope, payment.id).await.expect("none"), None);
            assert_eq!(payments::by_transaction_id(&write, &scope, "t-1").await.expect("none"), None);
            assert_eq!(payments::attempts(&write, &scope, payment.id).await.expect("none"), []);
            assert_eq!(payments::sealed_attempt(&write, &scope, attempt.id).await.expect("none"), None);
            out_of_scope(payments::insert(&write, &scope, &payment).await);
            let opening =
                Opening { claim: None, payment: &payment, attempt: None, events: &[], total_delta: None };
            out_of_scope(payments::open(&write, &scope, &opening).await);
            let more = world.attempt_of(&payment, 2, "CAPTURE");
            out_of_scope(payments::insert_attempt(&write, &scope, &more).await);
            assert!(!payments::reserve_capture(&write, &scope, payment.id, 1, NOW).await.expect("so"));
            assert!(!payments::reserve_refund(&write, &scope, payment.id, 1, NOW).await.expect("so"));
            let (after, observed) = succeeded(&payment, &attempt);
            let events = [event(world, EventKind::PaymentSucceeded, Some(attempt.id))];
            let record = recorded(&payment, &after, &observed, &events);
            assert!(!payments::record(&write, &scope, &record).await.expect("so"));
            write.commit().await.expect("a commit");
            assert!(!payments::record_alone(store, &scope, &record).await.expect("so"));
            assert!(!payments::reschedule(store, &scope, attempt.id, None, 0).await.expect("so"));
        }
        assert_eq!(world.database.dump().await, before);
    })
    .await;
}

fn out_of_scope<T: std::fmt::Debug>(result: Result<T, Error>) {
    let error = result.expect_err("refused");
    assert!(matches!(error, Error::OutOfScope { .. }), "{error:?}");
}

#[tokio::test]
async fn two_attempts_never_share_a_return_token() {
    on_each_engine(async |world: &World| {
        let partner = scope(&world.partner);
        let payment = earlier(world).await;
        let store = async |position| {
            let attempt = world.attempt_of(&payment, position, "SALE");
            let write = world.begin().await;
            let new = NewAttempt { attempt: &attempt, seals: SEALS };
            payments::insert_sealed_attempt(&write, &partner, &new).await?;
            write.commit().await
        };

        store(2).await.expect("stored");
        let refused = store(3).await.expect_err("refused");

        assert!(matches!(refused, Error::Conflict(Constraint::ReturnToken)), "{refused:?}");
    })
    .await;
}

const OPERATIONS: [&str; 8] =
    ["AUTHORIZE", "SALE", "REGISTER", "RESUME", "CAPTURE", "VOID", "REFUND", "INCREMENT"];

/// Every operation and every state can be written and read, so that no constraint is behind the domain.
#[tokio::test]
async fn every_state_and_every_operation_is_kept() {
    on_each_engine(async |world: &World| {
        let partner = scope(&world.partner);
        let write = world.begin().await;
        for (n, status) in PaymentStatus::ALL.iter().enumerate() {
            let payment = world.payment_of(&world.partner, &format!("s-{n}"), eur(10));
            let payment = Payment { status: *status, ..payment };
            payments::insert(&write, &partner, &payment).await.expect("stored");
            let found = payments::find(&write, &partner, payment.id).await.expect("an answer");
            assert_eq!(found.as_ref(), Some(&payment));
            for (at, operation) in (1..).zip(OPERATIONS) {
                let attempt = world.attempt_of(&payment, at, operation);
                payments::insert_attempt(&write, &partner, &attempt).await.expect("stored");
            }
            let first = 1 + i32::try_from(OPERATIONS.len()).expect("few");
            for (at, status) in (first..).zip(AttemptStatus::ALL) {
                let attempt = Attempt { status: *status, ..world.attempt_of(&payment, at, "SALE") };
                payments::insert_attempt(&write, &partner, &attempt).await.expect("stored");
            }
            let expected = OPERATIONS.len() + AttemptStatus::ALL.len();
            assert_eq!(payments::attempts(&write, &partner, payment.id).await.expect("all").len(), expected);
        }
    })
    .await;
}
