use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{Notify, Semaphore};

use super::*;

/// Longer than any test.
const LONG: Duration = Duration::from_secs(3_600);
const SHORT: Duration = Duration::from_millis(1);

#[tokio::test]
async fn a_round_that_panics_or_fails_does_not_end_the_job() {
    let (rounds, reached) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
    let mut workers = Workers::default();
    let (counted, told) = (Arc::clone(&rounds), Arc::clone(&reached));
    workers.run("test", SHORT, move || {
        let (rounds, reached) = (Arc::clone(&counted), Arc::clone(&told));
        async move {
            match rounds.fetch_add(1, Ordering::SeqCst) {
                0 => panic!("a canary"),
                1 => Err("a fault"),
                2 => Ok(Round::Full),
                _ => {
                    reached.notify_one();
                    Ok(Round::Done)
                }
            }
        }
    });

    reached.notified().await;

    assert!(workers.stop(LONG).await);
    assert!(rounds.load(Ordering::SeqCst) >= 4);
}

#[tokio::test]
async fn a_full_round_is_followed_at_once_and_an_empty_one_rests() {
    let (rounds, reached) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
    let mut workers = Workers::default();
    let (counted, told) = (Arc::clone(&rounds), Arc::clone(&reached));
    workers.run("test", LONG, move || {
        let (rounds, reached) = (Arc::clone(&counted), Arc::clone(&told));
        async move {
            let is_last = rounds.fetch_add(1, Ordering::SeqCst) == 9;
            if is_last {
                reached.notify_one();
            }
            Ok::<_, Infallible>(if is_last { Round::Done } else { Round::Full })
        }
    });

    reached.notified().await;

    assert!(workers.stop(LONG).await, "a job that rests stops at once");
    assert_eq!(rounds.load(Ordering::SeqCst), 10);
}

#[tokio::test]
async fn the_round_under_way_is_waited_for() {
    let (begun, go_on) = (Arc::new(Notify::new()), Arc::new(Semaphore::new(0)));
    let ended = Arc::new(AtomicUsize::new(0));
    let mut workers = Workers::default();
    let (told, held, counted) = (Arc::clone(&begun), Arc::clone(&go_on), Arc::clone(&ended));
    workers.run("test", LONG, move || {
        let (begun, go_on, ended) = (Arc::clone(&told), Arc::clone(&held), Arc::clone(&counted));
        async move {
            begun.notify_one();
            go_on.acquire().await.expect("the semaphore is never closed").forget();
            ended.fetch_add(1, Ordering::SeqCst);
            Ok::<_, Infallible>(Round::Full)
        }
    });
    begun.notified().await;

    let stopping = tokio::spawn(workers.stop(LONG));
    go_on.add_permits(1);

    assert!(stopping.await.expect("it does not panic"));
    assert_eq!(ended.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_round_that_does_not_end_is_not_waited_for_for_ever() {
    let mut workers = Workers::default();
    workers.run("test", LONG, std::future::pending::<Result<Round, Infallible>>);

    assert!(!workers.stop(SHORT).await);
}

#[test]
fn a_round_is_full_when_it_took_what_it_may() {
    assert_eq!([Round::of(0, 2), Round::of(1, 2), Round::of(2, 2)], [Round::Done, Round::Done, Round::Full]);
}
