//! Jobs in the background: thin loops around one function of the services each.
//!
//! A job is asked for rounds. A round takes what is due, a bounded number of rows with a lease on each, and
//! says whether there may be more. If there may, the next round follows at once; if not, the job rests
//! for `workers.poll_ms`. Nodes that share a database share the work, since a row that one has leased is
//! passed over by the others, and a node that dies loses its leases by the clock.
//!
//! | job | what it takes |
//! |---|---|
//! | [`janitor`] | attempts in doubt: looks them up |
//! | [`notifications`] | what processors sent and nobody has applied yet |
//! | [`captures`] | preauthorisations whose scheduled capture is due |
//! | [`expiries`] | payments that waited too long for their customer |
//! | [`deliveries`] | what simulated processors have to say, if they are in this process |
//! | [`backlog`] | nothing: it counts what waits, for graphs |
//!
//! Every round is a task of its own. One that panics is counted and logged, and the next one comes as if it had
//! failed: nothing that a row can do stops a job. When the process stops, the round that is under way is
//! waited for, as long as requests are.
//!
//! To add a job: a function of the services that does one round and can be tested with a fixed clock, a
//! file here that calls it, a line in [`start`].

mod backlog;
mod captures;
mod deliveries;
mod expiries;
mod janitor;
mod notifications;

use std::convert::Infallible;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use purser_services::payments::Tick;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::app::Parts;
use crate::config::Config;
use crate::http::Receive;
use deliveries::Deliveries;

/// How often what waits is counted.
const COUNT_EVERY: Duration = Duration::from_secs(5);

/// How often the rest is doubled after rounds that failed, so that a database that is down is not
/// asked twice a second by every job of every node.
const DOUBLINGS_MAX: u32 = 4;

/// What a round leaves behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Round {
    /// It took as much as it may, so there may be more.
    Full,
    /// It took all there was.
    Done,
}

impl Round {
    /// The round that took so many, of at most so many.
    #[must_use]
    pub fn of(taken: usize, at_most: u32) -> Self {
        if u32::try_from(taken).is_ok_and(|taken| taken < at_most) { Self::Done } else { Self::Full }
    }
}

/// Jobs that run.
#[derive(Default)]
pub struct Workers {
    stop: watch::Sender<bool>,
    jobs: Vec<JoinHandle<()>>,
}

/// Starts the jobs that the configuration wants. `receive` is the door at which notifications arrive.
#[must_use]
pub fn start<R: Receive>(config: &Config, parts: &Parts, receive: Arc<R>) -> Workers {
    let Parts { app, sandbox, source } = parts;
    let mut workers = Workers::default();
    if !config.workers.enabled {
        return workers;
    }
    let rest = Duration::from_millis(config.workers.poll_ms);
    let shared = || (Arc::clone(app), config.workers.clone());
    let (it, limits) = shared();
    workers.run("janitor", rest, move || janitor::round(Arc::clone(&it), limits.clone()));
    let (it, limits) = shared();
    workers.run("notifications", rest, move || notifications::round(Arc::clone(&it), limits.clone()));
    let (it, limits) = shared();
    workers.run("captures", rest, move || captures::round(Arc::clone(&it), limits.clone()));
    let (it, limits) = shared();
    workers.run("expiries", rest, move || expiries::round(Arc::clone(&it), limits.clone()));
    let counted = Arc::clone(app);
    workers.run("backlog", COUNT_EVERY, move || backlog::round(Arc::clone(&counted)));
    if config.connectors.sandbox_url.is_none() {
        let post = Arc::new(Deliveries::new(Arc::clone(sandbox), receive, Arc::clone(source)));
        workers.run("deliveries", rest, move || {
            let post = Arc::clone(&post);
            async move { Ok::<_, Infallible>(post.round().await) }
        });
    }
    workers
}

/// What a round did, for graphs.
fn count(job: &'static str, tick: Tick) {
    let Tick { leased, repaired, failed } = tick;
    for (result, rows) in [("taken", leased), ("finished", repaired), ("failed", failed)] {
        let rows = u64::try_from(rows).unwrap_or(u64::MAX);
        metrics::counter!("purser_worker_rows_total", "job" => job, "result" => result).increment(rows);
    }
}

impl Workers {
    /// One more job. Its first round is at once.
    pub fn run<J, R, E>(&mut self, name: &'static str, rest: Duration, job: J)
    where
        J: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = Result<Round, E>> + Send + 'static,
        E: std::fmt::Display + Send + 'static,
    {
        self.jobs.push(tokio::spawn(keep_running(name, rest, self.stop.subscribe(), job)));
    }

    /// Lets the rounds under way finish, for a bounded time; answers whether they did.
    pub async fn stop(self, at_most: Duration) -> bool {
        self.stop.send_replace(true);
        let until = Instant::now() + at_most;
        let mut finished = true;
        for mut job in self.jobs {
            if tokio::time::timeout_at(until, &mut job).await.is_err() {
                job.abort();
                finished = false;
            }
        }
        finished
    }
}

async fn keep_running<J, R, E>(name: &'static str, rest: Duration, mut stop: watch::Receiver<bool>, job: J)
where
    J: Fn() -> R,
    R: Future<Output = Result<Round, E>> + Send + 'static,
    E: std::fmt::Display + Send + 'static,
{
    let mut failures = 0;
    loop {
        let began = Instant::now();
        let ended = tokio::spawn(job()).await;
        let elapsed = began.elapsed().as_secs_f64();
        metrics::histogram!("purser_worker_round_seconds", "job" => name).record(elapsed);
        let (pause, has_failed) = match ended {
            Ok(Ok(Round::Full)) => (Duration::ZERO, false),
            Ok(Ok(Round::Done)) => (rest, false),
            Ok(Err(error)) => {
                metrics::counter!("purser_worker_failures_total", "job" => name).increment(1);
                tracing::warn!(job = name, %error, "a round of a background job failed");
                (rest.saturating_mul(1 << failures), true)
            }
            Err(error) => {
                metrics::counter!("purser_worker_panics_total", "job" => name).increment(1);
                tracing::error!(job = name, %error, "a round of a background job panicked");
                (rest.saturating_mul(1 << failures), true)
            }
        };
        failures = if has_failed { DOUBLINGS_MAX.min(failures + 1) } else { 0 };
        // The sender gone means stop as well.
        if tokio::time::timeout(pause, stop.wait_for(|stop| *stop)).await.is_ok() {
            return;
        }
    }
}

#[cfg(test)]
mod tests;
