//! The room of a connector: a limit of concurrent calls and a circuit breaker.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use purser_connector::{Effect, Failure, FailureKind, OperationKind};
use purser_types::Timestamp;
use tokio::sync::Semaphore;

/// When a connector is left alone for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerConfig {
    /// After so many failures in a row.
    pub failures: u32,
    /// For so long; then one call may try.
    pub cool_down: Duration,
}

/// How a connector is doing, for the router and for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// Calls go through.
    Up,
    /// Calls that move money are refused until the instant, then one may try.
    Down {
        /// When.
        until: Timestamp,
    },
}

#[derive(Default)]
struct Breaker {
    failures: u32,
    open_until: Option<Timestamp>,
}

/// What one connector has to itself, so that it cannot starve the others.
pub(crate) struct Room {
    pub(crate) slots: Semaphore,
    breaker: Mutex<Breaker>,
    config: BreakerConfig,
}

impl Room {
    pub(crate) fn new(concurrency: usize, config: BreakerConfig) -> Self {
        Self { slots: Semaphore::new(concurrency), breaker: Mutex::default(), config }
    }

    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether forgetting the room would forget something.
    pub(crate) fn has_failed(&self) -> bool {
        self.breaker().failures > 0
    }

    pub(crate) fn health(&self, now: Timestamp) -> Health {
        match self.breaker().open_until {
            Some(until) if until > now => Health::Down { until },
            _ => Health::Up,
        }
    }

    /// Lets a call in, or refuses it before anything is sent.
    ///
    /// Look-ups and probes always go through: they are how doubt ends and health is seen again.
    pub(crate) fn enter(&self, operation: OperationKind, now: Timestamp) -> Result<(), Failure> {
        if matches!(operation, OperationKind::Lookup | OperationKind::Probe) {
            return Ok(());
        }
        let mut breaker = self.breaker();
        match breaker.open_until {
            None => Ok(()),
            Some(until) if until > now => {
                let detail = "the connector failed too often and is left alone for a while";
                Err(Failure::new(operation, FailureKind::Unavailable, Effect::NotSent, detail)
                    .with_retry_after(Some(until.since(now))))
            }
            Some(_) => {
                // Half open: this call tries, the next ones wait for its result.
                breaker.open_until = Some(now.saturating_add(self.config.cool_down));
                Ok(())
            }
        }
    }

    /// Learns from how a call ended.
    pub(crate) fn leave(&self, failure: Option<&Failure>, now: Timestamp) {
        let mut breaker = self.breaker();
        let counts = failure.is_some_and(|failure| match failure.kind {
            FailureKind::Unavailable | FailureKind::TimedOut | FailureKind::Protocol => true,
            FailureKind::Unsupported
            | FailureKind::InvalidRequest
            | FailureKind::Misconfigured
            | FailureKind::Unauthorized
            | FailureKind::RateLimited => failure.effect == Effect::Unknown,
        });
        if !counts {
            *breaker = Breaker::default();
            return;
        }
        breaker.failures = breaker.failures.saturating_add(1);
        if breaker.failures >= self.config.failures {
            breaker.open_until = Some(now.saturating_add(self.config.cool_down));
        }
    }
}
