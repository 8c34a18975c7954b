//! The processor's books: what was moved, once, and what survives a restart.

use std::collections::BTreeMap;
use std::sync::Arc;

use purser_connector::{
    Authorize, Effect, FailureKind, Finding, InstrumentDetails, InstrumentSource, OperationKind, Outcome,
};
use purser_connector_testkit::FixedClock;
use purser_plugin_sandbox::{Journal, Sandbox, plugin};
use purser_types::Source;
use serde_json::json;

use crate::world::{Lines, World, connector, done, failed, sale, world};

#[tokio::test]
async fn the_card_of_alex_is_the_one_of_the_documentation() {
    let settled = done(world().authorize("a", sale("tok_visa_alex", 999)).await);

    let Some(InstrumentDetails::Card(card)) = settled.instrument else { panic!("a card") };
    assert_eq!(card.brand, "visa");
    assert_eq!(card.holder.as_deref(), Some("Alex Smith"));
    assert_eq!((card.bin6.as_deref(), card.last4.as_str()), (Some("411111"), "1111"));
    assert_eq!((card.exp_month, card.exp_year), (9, 2029));
}

#[tokio::test]
async fn an_answer_that_is_lost_is_booked_once_however_often_it_is_asked() {
    let world = world();

    for token_or_amount in [sale("tok_unknownOutcome", 500), sale("tok_visa", 7700), sale("tok_visa", 7705)] {
        let own = format!("a-{}-{}", token_or_amount.amount.minor(), world.balance());
        let before = world.balance();
        let first = failed(world.authorize(&own, token_or_amount.clone()).await);
        assert_eq!(first.effect, Effect::Unknown, "{own}");
        let _again = world.authorize(&own, token_or_amount.clone()).await;
        assert_eq!(world.balance() - before, token_or_amount.amount.minor(), "{own}");
        assert!(matches!(world.found(&own).await[..], [Finding::Settled(_)]), "{own}");
    }
}

#[tokio::test]
async fn a_slow_answer_is_booked_and_out_of_time() {
    let world = world();

    let failure = failed(world.authorize("a", sale("tok_slowAnswer", 500)).await);

    assert_eq!((failure.kind, failure.effect), (FailureKind::TimedOut, Effect::Unknown));
    assert_eq!(world.balance(), 500);
}

#[tokio::test]
async fn amounts_that_book_nothing_leave_nothing() {
    for (minor, kind, effect) in [
        (7704, FailureKind::Unavailable, Effect::Unknown),
        (7706, FailureKind::RateLimited, Effect::Rejected),
        (7707, FailureKind::Unavailable, Effect::Unknown),
    ] {
        let world = world();
        let failure = failed(world.authorize("a", sale("tok_visa", minor)).await);
        assert_eq!((failure.kind, failure.effect), (kind, effect), "{minor}");
        assert_eq!(world.sandbox.books("northbank").operations().count(), 0, "{minor}");
        assert!(world.found("a").await.is_empty(), "{minor}");
    }
}

#[tokio::test]
async fn what_is_pending_is_decided_by_the_first_look_up() {
    let world = world();
    for (own, request) in [("a", sale("tok_bank_transfer", 500)), ("b", sale("tok_visa", 7703))] {
        assert!(matches!(world.authorize(own, request).await, Ok(Outcome::Pending(_))), "{own}");
    }
    assert_eq!(world.balance(), 0);

    assert!(matches!(world.found("a").await[..], [Finding::Settled(_)]));
    assert!(
        matches!(&world.found("b").await[..], [Finding::Declined(decline)] if decline.raw_code == "do_not_honor")
    );

    assert_eq!(world.balance(), 500);
}

#[tokio::test]
async fn a_key_used_for_another_request_is_refused_and_books_nothing() {
    let world = world();
    done(world.authorize("a", sale("tok_visa", 500)).await);

    let failure = failed(world.authorize("a", sale("tok_visa", 501)).await);

    assert_eq!((failure.effect, failure.detail.as_str()), (Effect::Rejected, "idempotency_key_reused"));
    assert_eq!(world.balance(), 500);
}

#[tokio::test]
async fn follow_ups_of_another_account_find_no_payment() {
    let world = world();
    let settled = done(world.authorize("a", sale("tok_visa", 500)).await);
    let stranger = World { connector: connector("northbank", "acct-2"), ..world };

    let failure =
        failed(stranger.follow_up("b", OperationKind::Refund, &settled.connector_reference, 500).await);

    assert_eq!((failure.effect, failure.detail.as_str()), (Effect::Rejected, "unknown_payment"));
    assert_eq!(stranger.balance(), 500);
}

#[tokio::test]
async fn a_capture_is_undone_by_a_void_until_it_is_settled() {
    let world = world();
    let early = done(world.authorize("a", sale("tok_visa", 500)).await);
    let late = done(world.authorize("b", sale("tok_visa", 700)).await);

    done(world.follow_up("c", OperationKind::Void, &early.connector_reference, 0).await);
    assert_eq!(world.balance(), 700);
    world.clock.advance(std::time::Duration::from_secs(25 * 60 * 60));
    let failure = failed(world.follow_up("d", OperationKind::Void, &late.connector_reference, 0).await);

    assert_eq!(failure.detail, "not_voidable");
    assert_eq!(world.balance(), 700);
}

#[tokio::test]
async fn a_refund_on_its_way_cannot_be_refunded_again() {
    let world = world();
    let settled = done(world.authorize("a", sale("tok_visa", 8802)).await);
    let reference = settled.connector_reference;

    let pending = world.follow_up("b", OperationKind::Refund, &reference, 8802).await;
    assert!(matches!(pending, Ok(Outcome::Pending(_))), "{pending:?}");
    let failure = failed(world.follow_up("c", OperationKind::Refund, &reference, 1).await);

    assert_eq!(failure.detail, "amount_too_large");
    assert!(matches!(world.found("b").await[..], [Finding::Settled(_)]));
    assert_eq!(world.balance(), 0);
}

#[tokio::test]
async fn a_challenge_without_a_way_back_is_declined() {
    let reply = world().authorize("a", sale("tok_threeDSecureRequired", 500)).await;

    let Ok(Outcome::Declined(decline)) = reply else { panic!("declined") };
    assert_eq!(decline.code.as_str(), "SCA_REQUIRED");
}

#[tokio::test]
async fn a_wrong_api_key_is_unauthorised_and_books_nothing() {
    let settings = json!({"processor": "northbank", "account": "a", "api_key": "revoked"});
    let world = World { connector: (plugin().configure)(settings).expect("settings"), ..world() };

    let failure = failed(world.authorize("a", sale("tok_visa", 500)).await);

    assert_eq!((failure.kind, failure.effect), (FailureKind::Unauthorized, Effect::Rejected));
    assert_eq!(world.balance(), 0);
}

struct Full;

impl Journal for Full {
    fn append(&mut self, _lines: &str) -> std::io::Result<()> {
        Err(std::io::Error::other("disk full"))
    }
}

#[tokio::test]
async fn the_books_survive_a_restart() {
    let lines = Lines::default();
    let world = world();
    let source: Arc<dyn Source> = world.clock.clone();
    let sandbox = Sandbox::open(Arc::clone(&source), [], lines.clone()).expect("empty journal");
    let world = World { sandbox, ..world };
    let stored = done(world.authorize("a", Authorize { store: true, ..sale("tok_visa", 500) }).await);
    let _pending = world.authorize("b", sale("tok_delayedSuccess", 300)).await;

    let journal = lines.text();
    let sandbox = Sandbox::open(source, journal.lines().map(str::to_owned), lines).expect("own journal");
    assert!(sandbox.books("northbank") == world.sandbox.books("northbank"));
    let world = World { sandbox, ..world };

    let token = stored.stored.expect("stored").token;
    let request = Authorize { instrument: InstrumentSource::Stored { token }, ..sale("tok_visa", 100) };
    let settled = done(world.authorize("c", request).await);
    assert_ne!(settled.connector_reference, stored.connector_reference);
    assert!(matches!(world.found("b").await[..], [Finding::Settled(_)]));
    assert_eq!(world.balance(), 900);
}

#[tokio::test]
async fn what_cannot_be_written_down_is_not_booked() {
    let world = world();
    let source: Arc<dyn Source> = world.clock.clone();
    let world = World { sandbox: Sandbox::open(source, [], Full).expect("empty journal"), ..world };

    let failure = failed(world.authorize("a", sale("tok_visa", 500)).await);

    assert_eq!(failure.effect, Effect::Unknown);
    assert_eq!(world.sandbox.books("northbank").balance(), BTreeMap::new());
}

#[test]
fn a_journal_that_cannot_be_read_names_its_line() {
    let source: Arc<dyn Source> = Arc::new(FixedClock::new());
    let opened = Sandbox::open(source, ["{\"processor\":1}".to_owned()], Full);
    assert_eq!(opened.err().map(|error| error.line), Some(1));
}
