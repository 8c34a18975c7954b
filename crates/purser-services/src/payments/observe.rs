//! Observations: the only way that what a processor says reaches a payment.

use purser_connector::{Advice, Effect, Failure, Outcome, StoredInstrument};
use purser_domain::connector::Connector;
use purser_domain::instrument::{self, Instrument, InstrumentStatus, Origin, Shareable};
use purser_domain::payment::attempt::{Attempt, AttemptStatus, describe_failure};
use purser_domain::payment::event::Origin as EventOrigin;
use purser_domain::payment::state::{self, Change, Observation, Outlook};
use purser_domain::payment::{DeclineRecord, Payment, PaymentKind, PaymentStatus};
use purser_storage::payments::{AttemptRecord, AttemptSeals, NewEvent, PaymentRecord, TotalDelta};
use purser_storage::{
    Error as StorageError, Write, instruments as stored_instruments, payments, profiles as stored_profiles,
};
use purser_types::Timestamp;
use purser_types::id::{EventId, InstrumentId};

use super::paying::token_place;
use crate::app::Ctx;
use crate::error::Error;

/// How often recording an answer waits for the database anew. The processor has done its part, so that
/// giving up costs more than a further lock's or connection's time limit.
const WAITS_MAX: u32 = 3;

/// What was learned from one answer.
pub(super) struct Learned<'a> {
    pub(super) observation: Observation,
    pub(super) connector_reference: Option<String>,
    pub(super) method: Option<String>,
    pub(super) failure: Option<String>,
    pub(super) stored: Option<Stored<'a>>,
    /// Whether what paid or is stored becomes the preferred instrument.
    pub(super) mark_as_preferred: bool,
}

impl Learned<'_> {
    pub(super) fn nothing() -> Learned<'static> {
        Learned {
            observation: Observation::Unknown,
            connector_reference: None,
            method: None,
            failure: None,
            stored: None,
            mark_as_preferred: false,
        }
    }
}

/// An instrument that the processor keeps, to be stored in the payment's profile.
pub(super) struct Stored<'a> {
    pub(super) instrument: StoredInstrument,
    pub(super) connector: &'a Connector,
}

/// The attempt that follows a refusal; committed with it.
pub(super) struct Next {
    pub(super) attempt: Attempt,
}

/// What an outcome other than `Done` says.
pub(super) fn of_outcome<T>(outcome: Outcome<T>) -> (Observation, Learned<'static>, Option<Advice>) {
    match outcome {
        Outcome::Done(_) => (Observation::Unknown, Learned::nothing(), None),
        Outcome::Pending(pending) => {
            let connector_reference = pending.connector_reference;
            (Observation::Pending, Learned { connector_reference, ..Learned::nothing() }, None)
        }
        Outcome::ActionRequired(action) => {
            (Observation::ActionRequired(action.kind), Learned::nothing(), None)
        }
        Outcome::Declined(decline) => {
            let advice = decline.advice;
            let record = DeclineRecord {
                code: decline.code,
                advice,
                raw_code: decline.raw_code,
                raw_message: decline.raw_message,
            };
            (Observation::Declined(record), Learned::nothing(), Some(advice))
        }
    }
}

/// What a failure says: nothing happened if that is proven, and doubt otherwise.
pub(super) fn of_failure(failure: &Failure) -> (Observation, Learned<'static>) {
    let observation = match failure.effect {
        Effect::NotSent | Effect::Rejected => Observation::NothingHappened,
        Effect::Unknown => Observation::Unknown,
    };
    (observation, Learned { failure: Some(describe_failure(failure)), ..Learned::nothing() })
}

/// Applies what was learned about an attempt to its payment.
///
/// The money is recorded whatever becomes of the instrument: if the profile, the link or the grant is
/// gone since the processor was called, the payment is kept and nothing is stored.
pub(super) async fn record(
    ctx: &Ctx,
    payment: &Payment,
    attempt: &Attempt,
    learned: &Learned<'_>,
    outlook: Outlook,
    next: Option<&Next>,
) -> Result<(), Error> {
    let step = Step { payment, attempt, learned, outlook, next };
    let mut stored = learned.stored.as_ref();
    let (mut conflicts, mut waits) = (0, 0);
    loop {
        match record_once(ctx, &step, stored).await {
            Err(Error::Storage(StorageError::OutOfScope { .. } | StorageError::Conflict(_)))
                if stored.is_some() =>
            {
                // A twin that stored the same instrument at the same time is found by the second try.
                conflicts += 1;
                stored = stored.filter(|_| conflicts < 2);
            }
            Err(Error::Storage(StorageError::Unavailable { .. })) if waits < WAITS_MAX => waits += 1,
            Err(error) => {
                let (payment, attempt) = (payment.id.to_string(), attempt.id.to_string());
                tracing::error!(
                    payment.id = payment,
                    attempt.id = attempt,
                    "the answer of a processor is not recorded"
                );
                return Err(error);
            }
            Ok(()) => return Ok(()),
        }
    }
}

/// One answer to be recorded, and what follows it.
struct Step<'a> {
    payment: &'a Payment,
    attempt: &'a Attempt,
    learned: &'a Learned<'a>,
    outlook: Outlook,
    next: Option<&'a Next>,
}

/// One transaction, under the payment's lock.
async fn record_once(ctx: &Ctx, step: &Step<'_>, stored: Option<&Stored<'_>>) -> Result<(), Error> {
    let Step { payment, attempt, learned, outlook, next } = *step;
    let write = ctx.store().begin().await?;
    let missing = || Error::Fault { doing: "recording an answer", detail: payment.id.to_string() };
    let current = payments::find_with_lock(&write, ctx.scope(), payment.id).await?.ok_or_else(missing)?;
    let attempts = payments::attempts(&write, ctx.scope(), payment.id).await?;
    let attempt = attempts.iter().find(|other| other.id == attempt.id).ok_or_else(missing)?;
    let now = ctx.source().now();
    let Some(change) = state::apply(&current, &attempts, attempt.id, &learned.observation, outlook) else {
        return Ok(());
    };
    let is_done = change.attempt == AttemptStatus::Succeeded;
    let instrument_id = match stored.filter(|_| is_done) {
        Some(stored) => Some(store(ctx, &write, &current, stored, now).await?),
        None => None,
    };
    if let Some(id) = current.instrument_id.filter(|_| is_done) {
        stored_instruments::touch(&write, ctx.scope(), id, now).await?;
    }
    let preferred = instrument_id.or(current.instrument_id).filter(|_| is_done && learned.mark_as_preferred);
    if let (Some(profile_id), Some(id)) = (current.profile_id, preferred) {
        // If the grant does not allow it, the payment is recorded all the same.
        let _is_preferred = stored_profiles::set_preferred(&write, ctx.scope(), profile_id, Some(id)).await?;
    }
    let after = Payment {
        status: change.status,
        amounts: change.amounts,
        is_final_captured: change.is_final_captured,
        decline: change.decline.clone(),
        next_action: change.next_action.clone(),
        connector_id: Some(next.map_or(attempt.connector_id, |next| next.attempt.connector_id)),
        instrument_id: instrument_id.or(current.instrument_id),
        method: learned.method.clone().or_else(|| current.method.clone()),
        ..current.clone()
    };
    let observed = Attempt {
        status: change.attempt,
        review: change.review.clone(),
        decline: change.attempt_decline.clone(),
        connector_reference: learned.connector_reference.clone(),
        failure: learned.failure.clone(),
        is_surplus: attempt.is_surplus || change.give_back,
        settled_by: change.attempt.is_final().then_some(EventOrigin::Answer),
        ..attempt.clone()
    };
    let event = change.event.map(|kind| NewEvent {
        id: EventId::mint(ctx.source()),
        kind,
        origin: EventOrigin::Answer,
        attempt_id: Some(attempt.id),
        amount: Some(attempt.amount.minor()),
    });
    let record = PaymentRecord {
        before: &current,
        after: &after,
        attempt: Some(AttemptRecord { after: &observed, seals: AttemptSeals::default() }),
        events: event.as_slice(),
        now,
        total_delta: delta(&current, &change, now),
    };
    if !payments::record(&write, ctx.scope(), &record).await? {
        return Err(missing());
    }
    if let Some(next) = next {
        payments::insert_attempt(&write, ctx.scope(), &next.attempt).await?;
    }
    write.commit().await?;
    Ok(())
}

/// Stores an instrument in the payment's profile; the same one stored again takes the new token.
async fn store(
    ctx: &Ctx,
    write: &Write,
    payment: &Payment,
    stored: &Stored<'_>,
    now: Timestamp,
) -> Result<InstrumentId, Error> {
    let missing = || Error::Fault { doing: "storing an instrument", detail: payment.id.to_string() };
    let (Some(profile_id), Some(container_id)) = (payment.profile_id, payment.container_id) else {
        return Err(missing());
    };
    let origin = Origin {
        connector_id: stored.connector.id,
        plugin_id: stored.connector.plugin_id.clone(),
        processor: stored.connector.processor.clone(),
        token_scope: stored.instrument.scope,
    };
    let basis = stored.instrument.fingerprint_basis.as_ref();
    let fingerprint = basis
        .map(|basis| ctx.app.keyring.fingerprint(container_id.uuid().as_bytes(), basis.expose().as_bytes()));
    let known = match &fingerprint {
        Some(fingerprint) => {
            let (plugin_id, processor) = (&origin.plugin_id, &origin.processor);
            let scope = ctx.scope();
            stored_instruments::by_fingerprint(write, scope, profile_id, plugin_id, processor, fingerprint)
                .await?
        }
        None => None,
    };
    let id = known.as_ref().map_or_else(|| InstrumentId::mint(ctx.source()), |known| known.id);
    let token = stored.instrument.token.expose().as_bytes();
    let sealed = ctx.app.keyring.seal(token_place(container_id, id.uuid()).aad(), token);
    let details = stored.instrument.details.clone();
    if known.is_some() {
        stored_instruments::replace_token(write, ctx.scope(), id, &origin, &sealed, &details).await?;
    } else {
        let instrument = Instrument {
            id,
            payment_token: instrument::mint_payment_token(ctx.source()),
            profile_id,
            container_id,
            stored_by_tenant_id: ctx.viewer().tenant(),
            kind: details.method(),
            method: details.method_name().to_owned(),
            details,
            status: InstrumentStatus::Active,
            shareable: Shareable::Container,
            origin,
            created_at: now,
            last_used_at: (payment.kind != PaymentKind::Register).then_some(now),
        };
        stored_instruments::insert(write, ctx.scope(), &instrument, &sealed, fingerprint.as_ref()).await?;
    }
    Ok(id)
}

/// What a payment that was just made adds to the customer's totals.
pub(super) fn counted(payment: &Payment, now: Timestamp) -> Option<TotalDelta> {
    let profile_id = payment.profile_id.filter(|_| payment.kind != PaymentKind::Register)?;
    let currency = payment.amounts.currency;
    Some(TotalDelta {
        profile_id,
        currency,
        payment_count: 1,
        success_count: 0,
        captured: 0,
        refunded: 0,
        at: now,
    })
}

/// What a change of a payment adds to the customer's totals.
fn delta(payment: &Payment, change: &Change, now: Timestamp) -> Option<TotalDelta> {
    let blank = counted(payment, now)?;
    let success_count = i64::from(is_success(change.status)) - i64::from(is_success(payment.status));
    let captured = change.amounts.captured.saturating_sub(payment.amounts.captured);
    let refunded = change.amounts.refunded.saturating_sub(payment.amounts.refunded);
    let is_news = success_count != 0 || captured != 0 || refunded != 0;
    is_news.then_some(TotalDelta { payment_count: 0, success_count, captured, refunded, ..blank })
}

fn is_success(status: PaymentStatus) -> bool {
    match status {
        PaymentStatus::PartiallyCaptured
        | PaymentStatus::Succeeded
        | PaymentStatus::PartiallyRefunded
        | PaymentStatus::Refunded
        | PaymentStatus::Disputed
        | PaymentStatus::ChargedBack => true,
        PaymentStatus::Created
        | PaymentStatus::AwaitingInstrument
        | PaymentStatus::AwaitingAmount
        | PaymentStatus::Processing
        | PaymentStatus::RequiresAction
        | PaymentStatus::Pending
        | PaymentStatus::Authorized
        | PaymentStatus::PartiallyAuthorized
        | PaymentStatus::Reversed
        | PaymentStatus::Voided
        | PaymentStatus::Canceled
        | PaymentStatus::Failed
        | PaymentStatus::Expired => false,
    }
}
