//! After the last kill and the last fault: everything must come to rest in a bounded time.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::clock::pause;
use crate::database::Doubt;
use crate::stage::Stage;

/// The promise: nothing is in doubt so long after the last kill.
pub(crate) const SETTLE_LIMIT: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(100);

/// How it came to rest.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settled {
    /// What was in doubt at the beginning.
    pub(crate) before: Doubt,
    /// What still is.
    pub(crate) after: Doubt,
    /// How long it took, or how long it was waited for.
    pub(crate) took: Duration,
}

impl Settled {
    pub(crate) fn is_settled(&self) -> bool {
        self.after.attempts == 0 && self.after.notifications == 0
    }

    /// Attempts whose doubt ended, per second.
    pub(crate) fn rate(&self) -> f64 {
        let repaired = self.before.attempts.saturating_sub(self.after.attempts);
        let repaired = f64::from(u32::try_from(repaired).unwrap_or(u32::MAX));
        repaired / self.took.as_secs_f64().max(0.001)
    }
}

/// Waits for a stage to come to rest, at most so long. The processor is calm by now, and the nodes run.
pub(crate) async fn settle(stage: &Stage, limit: Duration) -> Result<Settled> {
    let before = doubt(stage).await?;
    let begin = Instant::now();
    let mut after = before;
    loop {
        if let Ok(found) = stage.database.doubt().await {
            after = found;
        }
        let is_over = after.attempts == 0 && after.notifications == 0 && stage.processor.undelivered() == 0;
        if is_over || begin.elapsed() > limit {
            break;
        }
        pause(POLL).await;
    }
    Ok(Settled { before, after, took: begin.elapsed() })
}

/// What is in doubt now; a database that was just restarted may need a second try.
async fn doubt(stage: &Stage) -> Result<Doubt> {
    for _ in 0..50 {
        if let Ok(doubt) = stage.database.doubt().await {
            return Ok(doubt);
        }
        pause(POLL).await;
    }
    stage.database.doubt().await
}
