//! Repair: what ends doubt.
//!
//! The processor is asked about our own reference, and whatever it says is an observation like any other.
//! When it has never heard of the reference, the answer depends on what the connector declares
//! ([`purser_connector::Idempotency`]): the kept request is sent once more, with the same key and to the
//! same connector, or nothing is done until no copy of it can be on its way any more; then nothing
//! happened. It is never sent to anybody else. What cannot be found out is handed to an operator.
//!
//! Whoever calls holds the attempt's lease. The lease only spares work: two repairs of one attempt at a time
//! are harmless, since observations are idempotent and re-submissions are declared to be.

use std::time::Duration;

use purser_connector::{
    self as connector, Capabilities, Failure, FailureKind, Idempotency, Lookup, OwnReference,
};
use purser_domain::payment::PaymentStatus;
use purser_domain::payment::attempt::{Attempt, AttemptStatus, describe_failure};
use purser_domain::payment::event::Origin;
use purser_domain::payment::state::Observation;
use purser_host::CallContext;
use purser_storage::connectors as stored_connectors;
use purser_storage::payments as stored;
use purser_types::Timestamp;
use purser_types::id::AttemptId;

use super::call::{self, Learned};
use super::findings::{self, Found};
use super::observe::Known;
use super::patience::{MARGIN, PENDING_MAX, is_hopeless, next_look};
use super::request::Order;
use super::{disputes, give_back, review, run};
use crate::app::Ctx;
use crate::connectors::Opened;
use crate::error::Error;
use crate::fault::{self, Step};

/// How long a look-up may take. Shorter than a payment's call: nobody waits for it, and the lease does.
const LOOK_UP_LIMIT: Duration = Duration::from_secs(8);

/// What a look at an attempt came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repaired {
    /// The doubt has ended.
    Settled,
    /// It is looked at again later.
    Waiting,
    /// An operator must decide.
    InReview,
}

impl Repaired {
    /// The name in metrics.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Settled => "settled",
            Self::Waiting => "waiting",
            Self::InReview => "in_review",
        }
    }
}

/// Who asks for a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asker {
    /// A worker, whose looks are counted: the more there were, the longer the next pause.
    Worker,
    /// Somebody who reads, as often as they like.
    Reader,
}

/// An attempt with everything that repair has to know.
pub(super) struct Case {
    pub(super) known: Known,
    pub(super) attempt: Attempt,
    pub(super) opened: Opened,
    /// What the processor was asked, until the attempt is final.
    pub(super) order: Option<Order>,
    asker: Asker,
}

/// What a look-up brought.
#[derive(Default)]
struct Heard {
    /// Whether the processor knows the attempt at all.
    is_known: bool,
    /// Whether it waits for the customer.
    waits_for_customer: bool,
    /// Whether it is at work on the attempt, and the customer has nothing to do any more.
    is_under_way: bool,
    check_after: Option<Duration>,
}

/// Looks at one attempt that somebody has to find out about.
pub(super) async fn repair(ctx: &Ctx, id: AttemptId, asker: Asker) -> Result<Repaired, Error> {
    let Some(case) = Case::open(ctx, id, asker).await? else { return Ok(Repaired::Settled) };
    if let Some(repaired) = settled(ctx, &case).await? {
        return Ok(repaired);
    }
    fault::point(case.attempt.operation, Step::BeforeLookup).await?;
    let looked = look_up(ctx, &case).await;
    fault::point(case.attempt.operation, Step::AfterLookup).await?;
    let heard = match looked {
        Ok(observations) => case.hear(ctx, observations, Origin::LookUp).await?,
        Err(failure) => {
            return case.wait_or_review(ctx, failure.retry_after, &describe_failure(&failure)).await;
        }
    };
    let Some(case) = Case::open(ctx, id, asker).await? else { return Ok(Repaired::Settled) };
    match settled(ctx, &case).await? {
        Some(repaired) => Ok(repaired),
        None => conclude(ctx, case, &heard).await,
    }
}

/// What there is to do about an attempt whose outcome is known; none if it is not.
async fn settled(ctx: &Ctx, case: &Case) -> Result<Option<Repaired>, Error> {
    let attempt = &case.attempt;
    if !attempt.status.is_final() {
        return Ok(None);
    }
    let is_due = attempt.next_check_at.is_some();
    if attempt.is_surplus && is_due && attempt.review.is_none() {
        // Takes the mark away when the money is on its way, and puts it back when that was refused.
        give_back(ctx, attempt.payment_id, attempt.id).await?;
    } else if is_due {
        case.leave(ctx).await?;
    }
    Ok(Some(Repaired::Settled))
}

impl Case {
    /// None if there is no such attempt of the tenant's, or its connector is gone.
    pub(super) async fn open(ctx: &Ctx, id: AttemptId, asker: Asker) -> Result<Option<Self>, Error> {
        let (store, scope) = (ctx.store(), ctx.scope());
        let Some(found) = stored::sealed_attempt(store, scope, id).await? else { return Ok(None) };
        let connector = stored_connectors::find(store, scope, found.attempt.connector_id).await?;
        let payment = stored::find(store, scope, found.attempt.payment_id).await?;
        let (Some(connector), Some(payment)) = (connector, payment) else { return Ok(None) };
        let attempts = stored::attempts(store, scope, payment.id).await?;
        // A request that does not open cannot be sent again; that is all.
        let order = found.request.and_then(|sealed| Order::open(ctx, id, &sealed).ok());
        // One that is paused is asked too: pausing stops new payments, not the truth about old ones.
        let opened = Opened::new(&ctx.app, connector);
        let known = Known { payment, attempts };
        Ok(Some(Self { known, attempt: found.attempt, opened, order, asker }))
    }

    /// Whether an instrument that the processor keeps is stored. When the request is no longer there, the
    /// processor's word counts: it keeps an instrument only if it was asked to.
    pub(super) fn may_store(&self) -> bool {
        self.known.payment.profile_id.is_some() && self.order.as_ref().is_none_or(|order| order.store)
    }

    /// Hands what was learned to the one place that changes payments.
    pub(super) async fn tell(&self, ctx: &Ctx, learned: &Learned) -> Result<(), Error> {
        run::told(ctx, self.known.clone(), self.attempt.id, learned).await.map(drop)
    }

    /// Records everything that a processor said.
    async fn hear(
        &self,
        ctx: &Ctx,
        observations: Vec<connector::Observation>,
        origin: Origin,
    ) -> Result<Heard, Error> {
        let mut heard = Heard::default();
        for observed in observations {
            heard.is_known = true;
            match findings::read(self, observed, origin) {
                Found::Attempt(learned) => {
                    heard.waits_for_customer |= matches!(learned.observation, Observation::ActionRequired(_));
                    heard.is_under_way |= learned.is_doubt();
                    heard.check_after = heard.check_after.max(learned.check_after);
                    self.tell(ctx, &learned).await?;
                }
                Found::Dispute(dispute) => {
                    let _is_applied = disputes::hear(ctx, &self.attempt, &dispute, origin).await?;
                }
                Found::Nothing => {}
            }
        }
        Ok(heard)
    }

    /// Leaves the attempt for later; after too many looks without an answer an operator is asked.
    async fn wait_or_review(
        &self,
        ctx: &Ctx,
        wish: Option<Duration>,
        reason: &str,
    ) -> Result<Repaired, Error> {
        let (attempt, now) = (&self.attempt, ctx.source().now());
        if attempt.review.is_some() {
            self.leave(ctx).await?;
            return Ok(Repaired::InReview);
        }
        if is_hopeless(attempt, now) {
            return self.hand_over(ctx, reason).await;
        }
        tracing::debug!(attempt.id = %attempt.id, reason, "an attempt stays in doubt");
        self.wait(ctx, wish).await
    }

    async fn hand_over(&self, ctx: &Ctx, reason: &str) -> Result<Repaired, Error> {
        review::put(ctx, &self.attempt, reason).await?;
        Ok(Repaired::InReview)
    }

    async fn wait(&self, ctx: &Ctx, wish: Option<Duration>) -> Result<Repaired, Error> {
        let at = next_look(&self.attempt, wish, ctx.source(), ctx.source().now());
        self.wait_until(ctx, at).await
    }

    async fn wait_until(&self, ctx: &Ctx, at: Timestamp) -> Result<Repaired, Error> {
        let checks = self.attempt.checks.saturating_add(i32::from(self.asker == Asker::Worker));
        stored::reschedule(ctx.store(), ctx.scope(), self.attempt.id, Some(at), checks).await?;
        Ok(Repaired::Waiting)
    }

    /// No further look is planned.
    async fn leave(&self, ctx: &Ctx) -> Result<(), Error> {
        let (id, checks) = (self.attempt.id, self.attempt.checks);
        stored::reschedule(ctx.store(), ctx.scope(), id, None, checks).await?;
        Ok(())
    }
}

/// Leaves an attempt for later that could not even be looked at.
pub(super) async fn failed(ctx: &Ctx, id: AttemptId, reason: &str) -> Result<(), Error> {
    if let Some(case) = Case::open(ctx, id, Asker::Worker).await? {
        case.wait_or_review(ctx, None, reason).await?;
    }
    Ok(())
}

async fn look_up(ctx: &Ctx, case: &Case) -> Result<Vec<connector::Observation>, Failure> {
    let Case { attempt, opened, .. } = case;
    let Some(plugged) = &opened.plugged else {
        let detail = "the settings of the connector do not work";
        return Err(Failure::rejected(attempt.operation, FailureKind::Misconfigured, detail));
    };
    let time_limit = LOOK_UP_LIMIT.min(ctx.app.host.time_limit());
    let call = CallContext { time_limit: Some(time_limit), ..CallContext::from(attempt.id) };
    let request = Lookup {
        own: OwnReference::from(attempt.id),
        operation: attempt.operation,
        connector_reference: attempt.connector_reference.clone(),
    };
    ctx.app.host.lookup(opened.connector.id, plugged, &call, request).await
}

/// What follows for an attempt that is still open.
async fn conclude(ctx: &Ctx, case: Case, heard: &Heard) -> Result<Repaired, Error> {
    let now = ctx.source().now();
    let attempt = &case.attempt;
    if attempt.review.is_some() {
        case.leave(ctx).await?;
        return Ok(Repaired::InReview);
    }
    let is_resuming = attempt.status == AttemptStatus::Resuming;
    match attempt.status {
        // The customer acted in time and did not come back: what the processor makes of it is still to come.
        AttemptStatus::RequiresAction if heard.is_under_way => under_way(ctx, &case, heard, now).await,
        AttemptStatus::RequiresAction if is_over(attempt, now) => expired(ctx, &case).await,
        AttemptStatus::RequiresAction => {
            let ends = attempt.action_expires_at.map(|at| at.saturating_add(MARGIN));
            let at = ends.unwrap_or_else(|| next_look(attempt, None, ctx.source(), now));
            case.wait_until(ctx, at).await
        }
        // The processor still waits for the customer, so it never heard of the resumption.
        _ if !heard.is_known || (is_resuming && heard.waits_for_customer) => {
            not_found(ctx, case, heard, now).await
        }
        _ => under_way(ctx, &case, heard, now).await,
    }
}

/// The processor is at work on it: it is asked again, but not for ever.
async fn under_way(ctx: &Ctx, case: &Case, heard: &Heard, now: Timestamp) -> Result<Repaired, Error> {
    if now.since(case.attempt.started_at) > PENDING_MAX {
        return case.hand_over(ctx, "the processor has said \"pending\" for a month").await;
    }
    case.wait(ctx, heard.check_after).await
}

async fn expired(ctx: &Ctx, case: &Case) -> Result<Repaired, Error> {
    case.tell(ctx, &Learned::only(Observation::Expired, Origin::Time)).await?;
    Ok(Repaired::Settled)
}

/// Whether the time in which the customer could act is over.
fn is_over(attempt: &Attempt, now: Timestamp) -> bool {
    attempt.action_expires_at.is_some_and(|at| at.saturating_add(MARGIN) <= now)
}

/// What to do about a request that the processor does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Missing {
    /// Send it again: the connector declares that safe.
    Resubmit,
    /// Until then it may still be on its way.
    Wait(Timestamp),
    /// It can be on its way no longer.
    NeverHappened,
}

/// The rule of [`Idempotency`]'s table. `may_resubmit` says whether the request is there and still wanted.
pub(super) fn missing(
    capabilities: &Capabilities,
    sent_at: Timestamp,
    may_resubmit: bool,
    now: Timestamp,
) -> Missing {
    let is_safe = match capabilities.idempotency {
        // The key must still be remembered when the request arrives, however long it takes.
        Idempotency::Native { ttl } => now.since(sent_at).saturating_add(MARGIN) < ttl,
        Idempotency::OwnReference => true,
        Idempotency::None => false,
    };
    if is_safe && may_resubmit {
        return Missing::Resubmit;
    }
    // A copy that was sent when the key was about to be forgotten is the last to arrive.
    let last_sent = match capabilities.idempotency {
        Idempotency::Native { ttl } if may_resubmit => sent_at.saturating_add(ttl),
        _ => sent_at,
    };
    let over = last_sent.saturating_add(capabilities.in_flight_horizon);
    if over <= now { Missing::NeverHappened } else { Missing::Wait(over) }
}

async fn not_found(ctx: &Ctx, case: Case, heard: &Heard, now: Timestamp) -> Result<Repaired, Error> {
    let attempt = &case.attempt;
    let Some(plugged) = &case.opened.plugged else {
        return case.wait_or_review(ctx, None, "the connector is not configured").await;
    };
    let is_wanted = is_wanted(&case);
    // A resumption was sent when the payment last changed; a request that is no longer wanted may have been
    // sent again until then.
    let changed_at = case.known.payment.updated_at.max(attempt.started_at);
    let sent_at = match attempt.status {
        AttemptStatus::Resuming => changed_at,
        _ if !is_wanted => changed_at,
        _ => attempt.started_at,
    };
    let may_resubmit = case.order.is_some() && is_wanted;
    match missing(plugged.capabilities(), sent_at, may_resubmit, now) {
        Missing::Resubmit if is_hopeless(attempt, now) => {
            case.hand_over(ctx, "the processor does not know it, however often it is sent").await
        }
        Missing::Resubmit => resubmit(ctx, &case, plugged.capabilities()).await,
        Missing::Wait(over) => {
            let at = next_look(attempt, None, ctx.source(), now).min(over.saturating_add(MARGIN));
            case.wait_until(ctx, at).await
        }
        // The processor knows the payment and waits for the customer, whose time is over.
        Missing::NeverHappened if heard.is_known && is_over(attempt, now) => expired(ctx, &case).await,
        Missing::NeverHappened if heard.is_known => case.wait(ctx, heard.check_after).await,
        // A processor that had it and does not know it contradicts itself, which proves nothing.
        Missing::NeverHappened if was_accepted(attempt) => {
            case.wait_or_review(ctx, None, "the processor no longer knows what it had accepted").await
        }
        Missing::NeverHappened => {
            case.tell(ctx, &Learned::only(Observation::NothingHappened, Origin::LookUp)).await?;
            Ok(Repaired::Settled)
        }
    }
}

/// Whether the processor once said that it has the attempt: that it works on it, or under which name.
const fn was_accepted(attempt: &Attempt) -> bool {
    attempt.connector_reference.is_some()
        || matches!(attempt.status, AttemptStatus::Pending | AttemptStatus::RequiresAction)
}

/// Whether the payment still wants what the attempt asked for. One that was canceled, has expired or was
/// taken by another attempt does not: sending the request again would only make money to give back.
fn is_wanted(case: &Case) -> bool {
    let Case { known: Known { payment, attempts }, attempt, .. } = case;
    if !attempt.is_first_step() {
        return true;
    }
    let is_latest = !attempts.iter().any(|other| other.is_first_step() && other.position > attempt.position);
    let is_underway = matches!(
        payment.status,
        PaymentStatus::Processing | PaymentStatus::RequiresAction | PaymentStatus::Pending
    );
    is_latest && is_underway && attempt.amount.minor() == payment.amounts.requested
}

/// Sends the request of an attempt once more, with the same key and to the same connector.
///
/// A refusal of the repetition is no refusal of the first: that may have arrived meanwhile, so that it is
/// looked up again before anything is believed.
async fn resubmit(ctx: &Ctx, case: &Case, capabilities: &Capabilities) -> Result<Repaired, Error> {
    let Case { attempt, opened, order, .. } = case;
    let Some(order) = order else { return case.wait(ctx, None).await };
    let learned = call::ask(ctx, opened, attempt, order).await?;
    let is_keyed = matches!(capabilities.idempotency, Idempotency::Native { .. });
    match learned.observation {
        Observation::NothingHappened => {
            let reason = learned.failure.as_deref().unwrap_or("the processor refused a repetition");
            case.wait_or_review(ctx, None, reason).await
        }
        // Without a key a decline may be of the repetition, as a duplicate.
        Observation::Declined(_) if !is_keyed => case.wait(ctx, None).await,
        Observation::Pending | Observation::Unknown => {
            case.tell(ctx, &learned).await?;
            case.wait_or_review(ctx, learned.check_after, "no answer to a repetition").await
        }
        _ => {
            case.tell(ctx, &learned).await?;
            Ok(Repaired::Settled)
        }
    }
}

#[cfg(test)]
mod tests {
    use purser_connector::Notifications;

    use super::*;

    const HORIZON: Duration = Duration::from_secs(300);

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_unix_micros(0).saturating_add(Duration::from_secs(seconds))
    }

    fn capabilities(idempotency: Idempotency) -> Capabilities {
        Capabilities {
            processor: "bank".to_owned(),
            methods: Vec::new(),
            idempotency,
            notifications: Notifications::None,
            partial_authorization: false,
            in_flight_horizon: HORIZON,
        }
    }

    /// What happens to a request that was sent at 0 and is not known `after` so many seconds.
    fn missing_after(idempotency: Idempotency, may_resubmit: bool, after: u64) -> Missing {
        missing(&capabilities(idempotency), at(0), may_resubmit, at(after))
    }

    #[test]
    fn a_request_without_protection_is_never_sent_again() {
        for may_resubmit in [true, false] {
            for (after, expected) in [
                (0, Missing::Wait(at(300))),
                (299, Missing::Wait(at(300))),
                (300, Missing::NeverHappened),
                (100_000, Missing::NeverHappened),
            ] {
                assert_eq!(missing_after(Idempotency::None, may_resubmit, after), expected, "{after}");
            }
        }
    }

    #[test]
    fn a_key_protects_while_it_is_remembered_and_then_the_last_copy_must_have_arrived() {
        let native = || Idempotency::Native { ttl: Duration::from_secs(60) };
        for (after, expected) in [
            (0, Missing::Resubmit),
            (57, Missing::Resubmit),
            (58, Missing::Wait(at(360))),
            (359, Missing::Wait(at(360))),
            (360, Missing::NeverHappened),
        ] {
            assert_eq!(missing_after(native(), true, after), expected, "{after}");
        }
    }

    #[test]
    fn our_reference_protects_for_ever() {
        for after in [0, 300, 100_000] {
            assert_eq!(missing_after(Idempotency::OwnReference, true, after), Missing::Resubmit, "{after}");
        }
    }

    #[test]
    fn what_is_no_longer_wanted_is_not_sent_again_however_safe() {
        for idempotency in [Idempotency::Native { ttl: Duration::from_secs(60) }, Idempotency::OwnReference] {
            assert_eq!(missing_after(idempotency.clone(), false, 10), Missing::Wait(at(300)));
            assert_eq!(missing_after(idempotency, false, 300), Missing::NeverHappened);
        }
    }
}
