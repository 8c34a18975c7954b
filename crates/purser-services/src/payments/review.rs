//! The operator's queue: attempts about which no machine can decide.
//!
//! An attempt gets here when the processor contradicts itself or does not answer for too long. Here it
//! stays, unless the processor settles it after all, until somebody who knows resolves it by hand. That is
//! an observation like any other, with its origin and its reason written down.

use std::time::Duration;

use purser_domain::KeyScope;
use purser_domain::payment::attempt::{Attempt, AttemptStatus};
use purser_domain::payment::event::{EventKind, Origin};
use purser_domain::payment::state::Observation;
use purser_storage::payments::{self as stored, AttemptRecord, AttemptSeals, NewEvent, PaymentRecord};
use purser_types::id::{AttemptId, EventId};

use super::call::Learned;
use super::observe::Known;
use super::{Paid, paid, run, task};
use crate::app::Ctx;
use crate::error::{Code, Error};
use crate::{input, once};

/// The longest reason and the longest reference.
const TEXT_LENGTH_MAX: usize = 255;
/// If what follows from a decision is not recorded by then, the processor is asked again.
const FOLLOWS_WITHIN: Duration = Duration::from_secs(60);

/// What an operator found out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution {
    /// The processor did it, for the amount that was asked.
    Succeeded,
    /// The processor did nothing.
    Failed,
}

/// A decision about an attempt in review.
#[derive(Debug, Clone)]
pub struct ResolveAttempt {
    /// Which attempt.
    pub attempt_id: AttemptId,
    /// What the operator found out.
    pub outcome: Resolution,
    /// The processor's reference, if the operator knows it.
    pub connector_reference: Option<String>,
    /// Where the operator knows it from.
    pub reason: String,
}

/// Decides about an attempt in review, on the word of somebody who knows.
///
/// # Errors
/// `ATTEMPT_NOT_FOUND`, `ATTEMPT_NOT_IN_REVIEW`, `SCOPE_NOT_HELD`, `INVALID_INPUT`, `IDEMPOTENCY_KEY_REUSED`.
pub async fn resolve(ctx: &Ctx, input: ResolveAttempt) -> Result<Paid, Error> {
    if !ctx.may(KeyScope::PaymentsResolve) {
        let message = "Deciding by hand needs the scope payments:resolve.";
        return Err(Error::refused(Code::ScopeNotHeld, "", message));
    }
    let reason = input::text(&input.reason, "reason", TEXT_LENGTH_MAX)?;
    let reference =
        input::optional(input.connector_reference.as_deref(), "connectorReference", TEXT_LENGTH_MAX)?;
    let ctx = ctx.clone();
    let work = async move {
        let note = format!("{}: {reason}", ctx.viewer().actor().label());
        let Some(attempt) = decide(&ctx, &input, reference.as_deref(), &note).await? else {
            let found = stored::attempt(ctx.store(), ctx.scope(), input.attempt_id).await?;
            let found = found.ok_or_else(|| Error::not_found(Code::AttemptNotFound, "attemptId"))?;
            return paid(&ctx, found.payment_id).await;
        };
        if is_told(&attempt, input.outcome) {
            conclude(&ctx, &attempt, input.outcome, reference, note).await?;
        }
        paid(&ctx, attempt.payment_id).await
    };
    task::own("resolving an attempt", work).await
}

/// Whether the decision says something about the attempt that is not known. That a processor did after all
/// what it had refused is such; that it did nothing is not.
fn is_told(attempt: &Attempt, outcome: Resolution) -> bool {
    match outcome {
        Resolution::Succeeded => attempt.status != AttemptStatus::Succeeded,
        Resolution::Failed => attempt.is_open(),
    }
}

/// Writes the decision down; none if that was done with the same key before. Until what follows is recorded
/// the attempt is due like any other in doubt, so that a crash in between forgets nothing.
async fn decide(
    ctx: &Ctx,
    input: &ResolveAttempt,
    reference: Option<&str>,
    note: &str,
) -> Result<Option<Attempt>, Error> {
    let write = ctx.store().begin().await?;
    if once::claim(ctx, &write, input.attempt_id.uuid()).await?.is_some() {
        return Ok(None);
    }
    let missing = || Error::not_found(Code::AttemptNotFound, "attemptId");
    let named = stored::attempt(&write, ctx.scope(), input.attempt_id).await?.ok_or_else(missing)?;
    let payment = stored::find_with_lock(&write, ctx.scope(), named.payment_id).await?.ok_or_else(missing)?;
    let current = stored::attempt(&write, ctx.scope(), named.id).await?.ok_or_else(missing)?;
    if current.review.is_none() {
        let message = "Nobody has to decide about this attempt.";
        return Err(Error::refused(Code::AttemptNotInReview, "attemptId", message));
    }
    if current.status == AttemptStatus::Succeeded && input.outcome == Resolution::Failed {
        let message = "The processor has proven that it did this; what is left to decide is done by hand.";
        return Err(Error::refused(Code::InvalidInput, "outcome", message));
    }
    let now = ctx.source().now();
    let next_check_at = current.is_open().then(|| now.saturating_add(FOLLOWS_WITHIN));
    // Nobody looks at a refused attempt any more: it stays in the queue until its success is recorded.
    let is_raised = current.status.is_refusal() && input.outcome == Resolution::Succeeded;
    let after = Attempt {
        review: current.review.clone().filter(|_| is_raised),
        next_check_at,
        failure: Some(note.to_owned()),
        connector_reference: reference.map(str::to_owned).or_else(|| current.connector_reference.clone()),
        ..current
    };
    let event = event(ctx, &after, EventKind::AttemptResolved, Origin::Operator);
    let record = PaymentRecord {
        before: &payment,
        after: &payment,
        attempt: Some(AttemptRecord { after: &after, seals: AttemptSeals::default() }),
        events: &[event],
        total_delta: None,
        now,
    };
    if !stored::record(&write, ctx.scope(), &record).await? {
        return Err(Error::Fault { doing: "resolving an attempt", detail: after.id.to_string() });
    }
    write.commit().await?;
    Ok(Some(after))
}

/// The decision as an observation.
async fn conclude(
    ctx: &Ctx,
    attempt: &Attempt,
    outcome: Resolution,
    connector_reference: Option<String>,
    note: String,
) -> Result<(), Error> {
    let observation = match outcome {
        Resolution::Succeeded => Observation::Done {
            minor: attempt.amount.minor(),
            is_same_currency: true,
            is_same_reference: true,
        },
        Resolution::Failed => Observation::NothingHappened,
    };
    let learned =
        Learned { connector_reference, failure: Some(note), ..Learned::only(observation, Origin::Operator) };
    let payment = stored::find(ctx.store(), ctx.scope(), attempt.payment_id).await?;
    let payment = payment.ok_or_else(|| Error::not_found(Code::AttemptNotFound, "attemptId"))?;
    let attempts = stored::attempts(ctx.store(), ctx.scope(), payment.id).await?;
    run::told(ctx, Known { payment, attempts }, attempt.id, &learned).await.map(drop)
}

/// Hands an attempt to an operator, with the reason.
pub(super) async fn put(ctx: &Ctx, attempt: &Attempt, reason: &str) -> Result<(), Error> {
    let write = ctx.store().begin().await?;
    let found = stored::find_with_lock(&write, ctx.scope(), attempt.payment_id).await?;
    let missing = || Error::Fault { doing: "handing an attempt over", detail: attempt.id.to_string() };
    let payment = found.ok_or_else(missing)?;
    let current = stored::attempt(&write, ctx.scope(), attempt.id).await?.ok_or_else(missing)?;
    if current.review.is_some() {
        return Ok(());
    }
    let reason: String = reason.chars().take(TEXT_LENGTH_MAX).collect();
    tracing::warn!(attempt.id = %attempt.id, reason, "an operator must decide about an attempt");
    let after = Attempt { review: Some(reason), next_check_at: None, ..current };
    let event = event(ctx, &after, EventKind::AttemptInReview, Origin::Time);
    let record = PaymentRecord {
        before: &payment,
        after: &payment,
        attempt: Some(AttemptRecord { after: &after, seals: AttemptSeals::default() }),
        events: &[event],
        total_delta: None,
        now: ctx.source().now(),
    };
    if !stored::record(&write, ctx.scope(), &record).await? {
        return Err(missing());
    }
    write.commit().await?;
    Ok(())
}

fn event(ctx: &Ctx, attempt: &Attempt, kind: EventKind, origin: Origin) -> NewEvent {
    let amount = Some(attempt.amount.minor()).filter(|minor| *minor > 0);
    NewEvent { id: EventId::mint(ctx.source()), kind, origin, attempt_id: Some(attempt.id), amount }
}

#[cfg(test)]
mod tests {
    use purser_connector::OperationKind;
    use purser_types::id::{ConnectorId, PaymentId};
    use purser_types::{Money, Timestamp};
    use uuid::Uuid;

    use super::*;

    fn attempt(status: AttemptStatus) -> Attempt {
        Attempt {
            id: AttemptId::from_uuid(Uuid::nil()),
            payment_id: PaymentId::from_uuid(Uuid::nil()),
            position: 1,
            operation: OperationKind::Sale,
            connector_id: ConnectorId::from_uuid(Uuid::nil()),
            amount: Money::zero("EUR".parse().expect("a currency")),
            status,
            connector_reference: None,
            decline: None,
            failure: None,
            started_at: Timestamp::from_unix_micros(0),
            finished_at: None,
            action_expires_at: None,
            next_check_at: None,
            checks: 0,
            review: Some("integrity".to_owned()),
            network_transaction_id: None,
            settled_by: None,
            commit: 1,
            is_final_capture: false,
            is_surplus: false,
            gives_back: None,
        }
    }

    #[test]
    fn a_success_counts_after_a_refusal_and_a_failure_does_not() {
        for (status, success, failure) in [
            (AttemptStatus::Unknown, true, true),
            (AttemptStatus::Pending, true, true),
            (AttemptStatus::Declined, true, false),
            (AttemptStatus::Failed, true, false),
            (AttemptStatus::Expired, true, false),
            (AttemptStatus::Succeeded, false, false),
        ] {
            let attempt = attempt(status);
            assert_eq!(is_told(&attempt, Resolution::Succeeded), success, "{status}");
            assert_eq!(is_told(&attempt, Resolution::Failed), failure, "{status}");
        }
    }
}
