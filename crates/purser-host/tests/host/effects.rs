//! Effects that can be believed: what left decides, not what the plugin says.

use std::time::Duration;

use crate::support::{attempt, cut, host, id, ok, recorder, sale, scripted};
use purser_connector::{Effect, Failure, FailureKind, Inbound, NotificationError, OperationKind};
use purser_host::{BreakerConfig, CallContext, Health, Host};

async fn failure(host: &Host, script: &str) -> Failure {
    let connector = scripted(host, script);
    host.authorize(id(), &connector, &attempt().into(), sale()).await.expect_err("a failure")
}

#[tokio::test]
async fn what_never_left_has_no_effect_whatever_the_plugin_says() {
    let service = recorder(ok);
    let host = host(&service, |_| {});

    assert_eq!(failure(&host, "cry_wolf").await.effect, Effect::NotSent);
    let panicked = failure(&host, "panic").await;

    assert_eq!((panicked.effect, panicked.kind), (Effect::NotSent, FailureKind::Protocol));
    assert_eq!(panicked.operation, OperationKind::Sale);
    assert!(service.reached.lock().expect("not poisoned").is_empty());
}

#[tokio::test]
async fn what_left_is_in_doubt_unless_the_processor_refused() {
    let host = host(&recorder(ok), |_| {});

    assert_eq!(failure(&host, "send_and_deny").await.effect, Effect::Unknown);
    assert_eq!(failure(&host, "send_and_panic").await.effect, Effect::Unknown);
    assert_eq!(failure(&host, "send_and_claim_rejected").await.effect, Effect::Rejected);
}

#[tokio::test]
async fn nobody_can_claim_a_refusal_without_an_answer() {
    let host = host(&recorder(cut), |_| {});

    assert_eq!(failure(&host, "send_and_claim_rejected").await.effect, Effect::Unknown);
    assert_eq!(failure(&host, "send").await.effect, Effect::Unknown);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_hangs_ends_in_doubt_at_its_time_limit() {
    let host = host(&recorder(ok), |_| {});
    let connector = scripted(&host, "send_and_hang");
    let context = CallContext { time_limit: Some(Duration::from_secs(3)), ..attempt().into() };
    let began = tokio::time::Instant::now();

    let failure = host.authorize(id(), &connector, &context, sale()).await.expect_err("a failure");

    assert_eq!((failure.effect, failure.kind), (Effect::Unknown, FailureKind::TimedOut));
    assert_eq!(began.elapsed().as_secs(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_full_room_ends_before_anything_is_sent() {
    let service = recorder(ok);
    let host = host(&service, |config| config.concurrency = 1);
    let (connector, connector_id) = (scripted(&host, "send_and_hang"), id());
    let long = CallContext { time_limit: Some(Duration::from_secs(20)), ..attempt().into() };
    let short = CallContext { time_limit: Some(Duration::from_secs(3)), ..attempt().into() };

    let (first, second) = tokio::join!(
        host.authorize(connector_id, &connector, &long, sale()),
        host.authorize(connector_id, &connector, &short, sale()),
    );

    assert_eq!(first.expect_err("hangs").effect, Effect::Unknown);
    assert_eq!(second.expect_err("waits").effect, Effect::NotSent);
    assert_eq!(service.reached.lock().expect("not poisoned").len(), 1);
}

#[tokio::test]
async fn a_breaker_opens_lets_one_try_and_closes() {
    let service = recorder(cut);
    let clock = crate::support::Clock::new();
    let shared = clock.clone();
    let host = host(&service, move |config| {
        config.source = shared;
        config.breaker = BreakerConfig { failures: 2, cool_down: Duration::from_secs(60) };
    });
    let (connector, connector_id) = (scripted(&host, "send"), id());
    let count = || service.reached.lock().expect("not poisoned").len();
    let call = || async {
        host.authorize(connector_id, &connector, &attempt().into(), sale()).await.expect_err("cut").effect
    };

    assert_eq!((call().await, call().await), (Effect::Unknown, Effect::Unknown));
    assert!(matches!(host.health(connector_id), Health::Down { .. }));
    assert_eq!((call().await, count()), (Effect::NotSent, 2));

    // Look-ups go through: they are how doubt ends.
    let _probe = host.probe(connector_id, &connector, &attempt().into()).await;
    assert_eq!(count(), 3);

    clock.advance(Duration::from_secs(61));
    assert_eq!((call().await, count()), (Effect::Unknown, 4));
    assert_eq!((call().await, count()), (Effect::NotSent, 4));

    clock.advance(Duration::from_secs(61));
    *service.reply.lock().expect("not poisoned") = ok;
    let answered = host.authorize(connector_id, &connector, &attempt().into(), sale()).await;
    assert!(answered.is_ok(), "{answered:?}");
    assert_eq!((host.health(connector_id), count()), (Health::Up, 5));
}

#[test]
fn a_notification_that_makes_a_plugin_panic_is_malformed() {
    let host = host(&recorder(ok), |_| {});
    let inbound = Inbound {
        headers: http::HeaderMap::new(),
        query: String::new(),
        body: bytes::Bytes::new(),
        received_at: purser_types::Timestamp::default(),
    };

    let read = host.notification(&scripted(&host, "send"), &inbound);

    assert!(matches!(read, Err(NotificationError::Malformed { .. })), "{read:?}");
}
