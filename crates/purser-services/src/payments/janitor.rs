//! The janitor: takes attempts in doubt, the oldest first, and repairs many at once.
//!
//! Many nodes share the work by leases. What a repair costs is mostly waiting for a processor, so a round
//! is wide; and since one processor that hangs must not keep the others waiting, no connector gets more
//! than its share of a round's slots, and no round waits for long. What it did not come to is given back,
//! behind what else is due.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use purser_domain::SystemScope;
use purser_domain::payment::attempt::{Attempt, AttemptStatus};
use purser_storage::payments::{self as stored, DueAttempt};
use purser_types::Timestamp;
use purser_types::id::{AttemptId, ConnectorId, PaymentId};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::repair::{self, Asker, Repaired};
use super::{Paid, paid, patience, task};
use crate::app::{App, Ctx};
use crate::error::{Code, Error};
use crate::fault::{self, Bug};

/// How long an attempt is kept from other workers. Longer than a look-up; a re-submission may take longer,
/// and is safe to be overtaken.
const LEASE: Duration = Duration::from_secs(15);
/// How long a round lasts at most.
const ROUND_LIMIT: Duration = Duration::from_secs(5);
/// How long a reader waits for the truth before it gets what is known.
const READ_PATIENCE: Duration = Duration::from_secs(2);

/// What a round came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tick {
    /// How many rows were taken.
    pub leased: usize,
    /// How many of them need no more work.
    pub repaired: usize,
    /// How many could not be worked on, by our own fault.
    pub failed: usize,
}

/// Repairs attempts that are due at `now`: at most `limit`, `width` at a time, the oldest first.
///
/// # Errors
/// Faults of the storage while taking them. What goes wrong with one attempt is counted and logged.
pub async fn janitor_tick(app: &Arc<App>, width: usize, limit: u32, now: Timestamp) -> Result<Tick, Error> {
    if fault::is_planted(Bug::NoJanitor) {
        return Ok(Tick::default());
    }
    let system = SystemScope::new("repair of attempts of every tenant", now);
    let lease_until = now.saturating_add(LEASE);
    let leased = stored::lease_due_attempts(&app.store, &system, now, lease_until, limit).await?;
    let mut tick = Tick { leased: leased.len(), ..Tick::default() };
    let mut round = Round::new(leased, width);
    let ends_at = Instant::now() + ROUND_LIMIT;
    let mut tasks = JoinSet::new();
    loop {
        while let Some(due) = round.next() {
            let ctx = app.acting_for(due.tenant_id, due.environment);
            tasks.spawn(
                async move { (due.attempt.connector_id, one(&ctx, due.attempt.id, Asker::Worker).await) },
            );
        }
        match tokio::time::timeout_at(ends_at, tasks.join_next()).await {
            Ok(Some(Ok((connector, repaired)))) => {
                round.ended(connector);
                tick.count(repaired);
            }
            // The connector is not known any more; its slot stays taken for the rest of the round.
            Ok(Some(Err(_panic))) => tick.count(None),
            Ok(None) => break,
            Err(_elapsed) => break,
        }
    }
    for due in &round.waiting {
        give_back(app, due, now).await?;
    }
    // What hangs goes on by itself, inside its time limit and its lease.
    tasks.detach_all();
    Ok(tick)
}

impl Tick {
    fn count(&mut self, repaired: Option<Repaired>) {
        match repaired {
            Some(Repaired::Settled | Repaired::InReview) => self.repaired += 1,
            Some(Repaired::Waiting) => {}
            None => self.failed += 1,
        }
    }
}

/// What is left of a round, and who is being asked.
struct Round {
    /// The oldest first.
    waiting: VecDeque<DueAttempt>,
    running: HashMap<ConnectorId, usize>,
    width: usize,
    /// How many of the slots one connector may have.
    share: usize,
}

impl Round {
    fn new(leased: Vec<DueAttempt>, width: usize) -> Self {
        let connectors: HashSet<ConnectorId> = leased.iter().map(|due| due.attempt.connector_id).collect();
        // The one that hangs leaves the others half of the slots; one that is alone needs to leave none.
        let share = if connectors.len() > 1 { width.div_ceil(2) } else { width };
        Self { waiting: leased.into(), running: HashMap::new(), width: width.max(1), share: share.max(1) }
    }

    /// The oldest attempt whose connector has a slot left.
    fn next(&mut self) -> Option<DueAttempt> {
        if self.running.values().sum::<usize>() >= self.width {
            return None;
        }
        let has_slot = |due: &DueAttempt| {
            self.running.get(&due.attempt.connector_id).is_none_or(|running| *running < self.share)
        };
        let due = self.waiting.remove(self.waiting.iter().position(has_slot)?)?;
        *self.running.entry(due.attempt.connector_id).or_default() += 1;
        Some(due)
    }

    fn ended(&mut self, connector: ConnectorId) {
        if let Some(running) = self.running.get_mut(&connector) {
            *running = running.saturating_sub(1);
        }
    }
}

/// Repairs one attempt; none if that failed by our own fault. It is looked at again all the same.
async fn one(ctx: &Ctx, id: AttemptId, asker: Asker) -> Option<Repaired> {
    match repair::repair(ctx, id, asker).await {
        Ok(repaired) => {
            metrics::counter!("purser_repairs_total", "result" => repaired.as_str()).increment(1);
            Some(repaired)
        }
        Err(error) => {
            metrics::counter!("purser_repairs_total", "result" => "failed").increment(1);
            tracing::error!(attempt.id = %id, %error, "an attempt could not be repaired");
            // If this fails too, the lease ends by the clock.
            let _left_for_later = repair::failed(ctx, id, "it could not be repaired").await;
            None
        }
    }
}

/// Leaves an attempt that was not started to the next round, behind what else is due.
async fn give_back(app: &Arc<App>, due: &DueAttempt, now: Timestamp) -> Result<(), Error> {
    let ctx = app.acting_for(due.tenant_id, due.environment);
    let at = now.saturating_add(patience::pause(1, app.source()));
    let (id, checks) = (due.attempt.id, due.attempt.checks);
    stored::reschedule(&app.store, ctx.scope(), id, Some(at), checks).await?;
    Ok(())
}

/// Looks at the attempts of a payment that are in doubt, because somebody reads it: waits a little for the
/// truth, never long, and never fails. What takes longer goes on by itself.
pub async fn repair_on_read(ctx: &Ctx, payment_id: PaymentId) {
    let own = ctx.clone();
    let looking =
        task::own("looking at a payment", async move { look_at(&own, payment_id, Asked::ByReading).await });
    if let Ok(Err(error)) = tokio::time::timeout(READ_PATIENCE, looking).await {
        tracing::warn!(payment.id = %payment_id, %error, "a look at a payment failed");
    }
}

/// Looks at all open attempts of a payment now, whatever was planned for them.
///
/// # Errors
/// `PAYMENT_NOT_FOUND`.
pub async fn sync(ctx: &Ctx, payment_id: PaymentId) -> Result<Paid, Error> {
    let found = stored::find(ctx.store(), ctx.scope(), payment_id).await?;
    found.ok_or_else(|| Error::not_found(Code::PaymentNotFound, "paymentId"))?;
    let own = ctx.clone();
    task::own("looking a payment up", async move { look_at(&own, payment_id, Asked::ByName).await }).await?;
    paid(ctx, payment_id).await
}

/// Why somebody who is no worker wants to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    ByReading,
    ByName,
}

async fn look_at(ctx: &Ctx, payment_id: PaymentId, asked: Asked) -> Result<(), Error> {
    let attempts = stored::attempts(ctx.store(), ctx.scope(), payment_id).await?;
    let now = ctx.source().now();
    let mut tasks = JoinSet::new();
    for attempt in attempts.into_iter().filter(|attempt| is_askable(attempt, asked, now)) {
        if asked == Asked::ByReading && !ctx.app.looks.is_first(attempt.id) {
            continue;
        }
        let lease_until = now.saturating_add(LEASE);
        // Whoever has the lease finds out for everybody.
        let leased = stored::lease_attempt(ctx.store(), ctx.scope(), attempt.id, now, lease_until).await?;
        if leased.is_none() {
            continue;
        }
        let ctx = ctx.clone();
        tasks.spawn(async move { one(&ctx, attempt.id, Asker::Reader).await });
    }
    while tasks.join_next().await.is_some() {}
    Ok(())
}

/// Whether a look at an attempt may tell anything. While the first call runs, its own answer is nearer.
fn is_askable(attempt: &Attempt, asked: Asked, now: Timestamp) -> bool {
    let is_running =
        attempt.status == AttemptStatus::Started && attempt.next_check_at.is_some_and(|at| at > now);
    let is_open = attempt.is_open() && !is_running;
    match asked {
        Asked::ByReading => is_open && attempt.review.is_none(),
        Asked::ByName => is_open,
    }
}
