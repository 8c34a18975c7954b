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
//!
//! Every round is a task of its own. One that panics is counted and logged, and the next one comes as if it had
//! failed: nothing that a row can do stops a job. When the process stops, the round that is under way is
//! waited for, as long as requests are.
//!
//! To add a job: a function of the services that does one round and can be tested with a fixed clock, a
//! file here that calls it, a line in [`start`].

use std::future::Future;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

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
