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
use purser_storage::payments::{self as stored, DueAttempt};
use purser_types::Timestamp;
use purser_types::id::{AttemptId, ConnectorId};
use tokio::task::JoinSet;

use super::patience;
use super::repair::{self, Asker, Repaired};
use crate::app::{App, Ctx};
use crate::error::Error;
use crate::fault::{self, Bug};

/// How long an attempt is kept from other workers. Longer than a look-up; a re-submission may take longer,
/// and is safe to be overtaken.
pub(super) const LEASE: Duration = Duration::from_secs(15);
/// How long a round lasts at most.
const ROUND_LIMIT: Duration = Duration::from_secs(5);

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
    let mut tasks = JoinSet::new();
    let working = async {
        loop {
            while let Some(due) = round.next() {
                let ctx = app.acting_for(due.tenant_id, due.environment);
                let (id, connector) = (due.attempt.id, due.attempt.connector_id);
                tasks.spawn(async move { (connector, one(&ctx, id, Asker::Worker).await) });
            }
            match tasks.join_next().await {
                Some(Ok((connector, repaired))) => {
                    round.ended(connector);
                    tick.count(repaired);
                }
                // The connector is not known any more; its slot stays taken for the rest of the round.
                Some(Err(_panic)) => tick.count(None),
                None => break,
            }
        }
    };
    let _is_over = tokio::time::timeout(ROUND_LIMIT, working).await;
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
pub(super) async fn one(ctx: &Ctx, id: AttemptId, asker: Asker) -> Option<Repaired> {
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

#[cfg(test)]
mod tests {
    use purser_connector::OperationKind;
    use purser_domain::Environment;
    use purser_domain::payment::attempt::{Attempt, AttemptStatus};
    use purser_types::Money;
    use purser_types::id::{PaymentId, TenantId};
    use uuid::Uuid;

    use super::*;

    /// An attempt in doubt, the `nth`, at a connector.
    fn due(nth: u128, connector: u128) -> DueAttempt {
        let attempt = Attempt {
            id: AttemptId::from_uuid(Uuid::from_u128(nth)),
            payment_id: PaymentId::from_uuid(Uuid::from_u128(nth)),
            position: 1,
            operation: OperationKind::Sale,
            connector_id: ConnectorId::from_uuid(Uuid::from_u128(connector)),
            amount: Money::zero("EUR".parse().expect("a currency")),
            status: AttemptStatus::Unknown,
            connector_reference: None,
            decline: None,
            failure: None,
            started_at: Timestamp::from_unix_micros(0),
            finished_at: None,
            action_expires_at: None,
            next_check_at: None,
            checks: 0,
            review: None,
            network_transaction_id: None,
            settled_by: None,
            commit: 1,
            is_final_capture: false,
            is_surplus: false,
            gives_back: None,
        };
        let tenant_id = TenantId::from_uuid(Uuid::nil());
        DueAttempt { attempt, tenant_id, environment: Environment::Sandbox, request: None, action: None }
    }

    /// What a round starts until it has no slot left.
    fn started(round: &mut Round) -> Vec<u128> {
        std::iter::from_fn(|| round.next()).map(|due| due.attempt.id.uuid().as_u128()).collect()
    }

    #[test]
    fn the_oldest_come_first_and_no_more_than_the_width() {
        let mut round = Round::new((1..=6).map(|nth| due(nth, 1)).collect(), 4);

        assert_eq!(started(&mut round), [1, 2, 3, 4]);
        round.ended(due(1, 1).attempt.connector_id);
        assert_eq!(started(&mut round), [5]);
    }

    #[test]
    fn a_connector_that_hangs_leaves_half_of_the_slots_to_the_others() {
        let hanging = (1..=10).map(|nth| due(nth, 1));
        let others = (11..=14).map(|nth| due(nth, 2));
        let mut round = Round::new(hanging.chain(others).collect(), 4);

        assert_eq!(started(&mut round), [1, 2, 11, 12]);
        // The others go on, one after the other, while the first connector answers nothing.
        round.ended(due(11, 2).attempt.connector_id);
        round.ended(due(12, 2).attempt.connector_id);
        assert_eq!(started(&mut round), [13, 14]);
        assert_eq!(round.waiting.len(), 8);
    }

    #[test]
    fn a_width_of_one_still_does_something() {
        let mut round = Round::new(vec![due(1, 1), due(2, 2)], 1);

        assert_eq!(started(&mut round), [1]);
        round.ended(due(1, 1).attempt.connector_id);
        assert_eq!(started(&mut round), [2]);
    }
}
