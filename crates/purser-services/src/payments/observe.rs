//! Observations: the only way that what is learned about an attempt reaches its payment.
//!
//! Whoever learns something (the call that got an answer, a look-up, a notification, the clock, an operator)
//! hands it to [`record`]. What follows is decided by the domain from the payment and its attempts, and is
//! written down only if the payment still is what the decision was made from; otherwise it is read again
//! under its lock and decided anew. Recording is idempotent: what is known already changes nothing, so that
//! everybody may tell everything any number of times, and a database whose answer was lost is simply told
//! again.

use std::time::Duration;

use purser_domain::payment::attempt::{Attempt, AttemptStatus};
use purser_domain::payment::event::{EventKind, Origin};
use purser_domain::payment::state::{self, Change, Observation, Outlook};
use purser_domain::payment::{Payment, PaymentStatus};
use purser_storage::payments::{self, AttemptRecord, AttemptSeals, NewEvent, PaymentRecord};
use purser_storage::{Error as StorageError, Write, profiles as stored_profiles};
use purser_types::Timestamp;
use purser_types::id::{AttemptId, EventId, InstrumentId, PaymentId};

use super::call::{Learned, Stored};
use super::draft::{Draft, left_behind_at};
use super::patience::PAUSE_MAX;
use super::request::{Order, seal_action};
use super::{give_back, store};
use crate::app::Ctx;
use crate::error::{Code, Error};
use crate::fault::{self, Step};

/// How often recording an answer waits for the database anew. The processor has done its part, so that
/// giving up costs more than a further lock's or connection's time limit.
const WAITS_MAX: u32 = 3;
/// How often somebody else may be quicker. Under the payment's lock nobody is, so that this is for the compiler.
const OVERTAKEN_MAX: u32 = 3;
/// When somebody first asks about an attempt whose answer was lost.
const UNKNOWN_CHECK_AFTER: Duration = Duration::from_secs(1);
/// When somebody first asks about an attempt that is under way, if the processor does not say.
const PENDING_CHECK_AFTER: Duration = Duration::from_secs(5);
/// How long a customer may take to do something, if the processor does not say.
const ACTION_TAKES: Duration = Duration::from_secs(60 * 60);
/// How long after the end of an action its processor is asked what became of it.
const ACTION_CHECK_AFTER: Duration = Duration::from_secs(5);

/// A payment with its attempts, as far as the process knows.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    /// The payment.
    pub(crate) payment: Payment,
    /// All its attempts.
    pub(crate) attempts: Vec<Attempt>,
}

impl Known {
    /// One of the attempts.
    pub(crate) fn attempt(&self, id: AttemptId) -> Option<&Attempt> {
        self.attempts.iter().find(|attempt| attempt.id == id)
    }
}

/// What somebody learned about one attempt, and what follows it.
pub(crate) struct Told<'a> {
    /// The attempt.
    pub(crate) attempt_id: AttemptId,
    /// What was learned.
    pub(crate) learned: &'a Learned,
    /// What follows a refusal.
    pub(crate) outlook: Outlook,
    /// The attempt at another connector that follows a refusal; committed with it.
    pub(crate) next: Option<&'a Draft>,
}

/// What became of something that was told.
#[derive(Debug)]
pub(crate) struct Recorded {
    /// The payment with its attempts, after it.
    pub(crate) known: Known,
    /// What it changed; none if it was no news.
    pub(crate) change: Option<Change>,
    /// Whether the attempt that was to follow is committed, and so is to be sent.
    pub(super) goes_on: bool,
}

impl Recorded {
    /// Whether the attempt's money has to go back, which is the caller's to begin; if its process ends
    /// before, the attempt is due and a worker does.
    pub(crate) fn gives_back(&self) -> bool {
        self.change.as_ref().is_some_and(|change| change.give_back)
    }
}

/// Writes down what was learned about an attempt.
///
/// `known` is the payment as the caller knows it; nothing is read before the first try. The money is
/// recorded whatever becomes of the instrument: if the profile, the link or the grant is gone since the
/// processor was called, the payment is kept and nothing is stored.
///
/// # Errors
/// Faults of the storage that last. The attempt is then left open, and is due later.
pub(crate) async fn record(ctx: &Ctx, known: Known, told: &Told<'_>) -> Result<Recorded, Error> {
    let payment_id = known.payment.id;
    let mut known = Some(known);
    let mut stored = told.learned.stored.as_ref();
    let (mut conflicts, mut waits, mut overtaken) = (0, 0, 0);
    loop {
        // Boxed: it holds the payment several times over, and is awaited by everything.
        match Box::pin(record_once(ctx, payment_id, known.take(), told, stored)).await {
            Ok(Some(recorded)) => return Ok(recorded),
            // Somebody else changed the payment since it was read: once more, under its lock.
            Ok(None) if overtaken < OVERTAKEN_MAX => overtaken += 1,
            Ok(None) => return Err(gone(payment_id)),
            Err(Error::Storage(StorageError::OutOfScope { .. } | StorageError::Conflict(_)))
                if stored.is_some() =>
            {
                // A twin that stored the same instrument at the same time is found by the second try.
                conflicts += 1;
                stored = stored.filter(|_| conflicts < 2);
            }
            // Whether the database did it is not known: the next try finds out.
            Err(Error::Storage(StorageError::Unavailable { .. })) if waits < WAITS_MAX => waits += 1,
            Err(error) => {
                let (payment, attempt) = (payment_id.to_string(), told.attempt_id.to_string());
                tracing::error!(
                    payment.id = payment,
                    attempt.id = attempt,
                    "what was learned about an attempt is not recorded"
                );
                return Err(error);
            }
        }
    }
}

/// One try: with what is known, or else with what is read under the payment's lock. Nothing if the payment
/// is no longer what was known.
async fn record_once(
    ctx: &Ctx,
    payment_id: PaymentId,
    known: Option<Known>,
    told: &Told<'_>,
    stored: Option<&Stored>,
) -> Result<Option<Recorded>, Error> {
    let (write, known) = match known {
        Some(known) => (None, known),
        None => {
            let write = ctx.store().begin().await?;
            let known = locked(ctx, &write, payment_id).await?;
            (Some(write), known)
        }
    };
    let Known { payment, attempts } = &known;
    let observation = &told.learned.observation;
    let Some(change) = state::apply(payment, attempts, told.attempt_id, observation, told.outlook) else {
        return Ok(Some(Recorded { known, change: None, goes_on: false }));
    };
    let attempt = known.attempt(told.attempt_id).ok_or_else(|| gone(payment_id))?;
    fault::point(attempt.operation, Step::BeforeResult).await?;
    let operation = attempt.operation;
    let writing = Writing { ctx, known: &known, attempt, told, change, now: ctx.source().now() };
    let written = match write {
        None if writing.is_alone(stored) => writing.alone().await?,
        write => writing.with_what_follows(write, stored).await?,
    };
    let Some(after) = written else { return Ok(None) };
    let goes_on = writing.next().is_some();
    let change = writing.change;
    fault::point(operation, Step::AfterResult).await?;
    Ok(Some(Recorded { known: after, change: Some(change), goes_on }))
}

/// A change that is about to be written down.
struct Writing<'a> {
    ctx: &'a Ctx,
    known: &'a Known,
    attempt: &'a Attempt,
    told: &'a Told<'a>,
    change: Change,
    now: Timestamp,
}

impl Writing<'_> {
    fn is_done(&self) -> bool {
        self.change.attempt == AttemptStatus::Succeeded && !self.change.give_back
    }

    /// Whether nothing else is to be written in the same transaction.
    fn is_alone(&self, stored: Option<&Stored>) -> bool {
        let moves_order =
            self.known.payment.order_id.is_some() && self.change.amounts != self.known.payment.amounts;
        let stores = self.is_done() && (stored.is_some() || self.told.learned.mark_as_preferred);
        self.told.next.is_none() && !moves_order && !stores && self.refused_give_back().is_none()
    }

    /// The attempt that follows, unless somebody called the payment off or took it in the meantime.
    fn next(&self) -> Option<&Draft> {
        let is_open = self.change.status == PaymentStatus::Processing && self.change.attempt.is_refusal();
        self.told.next.filter(|_| is_open)
    }

    /// The surplus attempt whose money did not go back by this one.
    fn refused_give_back(&self) -> Option<AttemptId> {
        self.attempt.gives_back.filter(|_| self.change.attempt.is_refusal())
    }

    /// One statement, without a transaction around it.
    async fn alone(&self) -> Result<Option<Known>, Error> {
        let (after, events) = self.after(None);
        fault::point(self.attempt.operation, Step::BeforeOutbox).await?;
        let payment = &self.known.payment;
        let action = self.sealed_action();
        let record = self.record(&after, &events, action.as_deref(), payment);
        if !payments::record_alone(self.ctx.store(), self.ctx.scope(), &record).await? {
            return Ok(None);
        }
        fault::point(self.attempt.operation, Step::AfterOutbox).await?;
        Ok(Some(after))
    }

    /// Everything in one transaction.
    async fn with_what_follows(
        &self,
        write: Option<Write>,
        stored: Option<&Stored>,
    ) -> Result<Option<Known>, Error> {
        let ctx = self.ctx;
        let write = match write {
            Some(write) => write,
            None => ctx.store().begin().await?,
        };
        let instrument_id = match stored.filter(|_| self.is_done()) {
            Some(stored) => Some(store::store(ctx, &write, &self.known.payment, stored, self.now).await?),
            None => None,
        };
        let (mut after, events) = self.after(instrument_id);
        fault::point(self.attempt.operation, Step::BeforeOutbox).await?;
        let action = self.sealed_action();
        let record = self.record(&after, &events, action.as_deref(), &self.known.payment);
        if !payments::record(&write, ctx.scope(), &record).await? {
            return Ok(None);
        }
        fault::point(self.attempt.operation, Step::AfterOutbox).await?;
        self.prefer(&write, after.payment.instrument_id).await?;
        if let Some(next) = self.next() {
            next.insert(ctx, &write).await?;
            after.attempts.push(next.attempt.clone());
        }
        if let Some(surplus) = self.refused_give_back().and_then(|id| after.attempt(id).cloned()) {
            let at = self.now.saturating_add(GIVE_BACK_AGAIN_AFTER);
            let surplus = Attempt { next_check_at: Some(at), ..surplus };
            give_back::mark(ctx, &write, &mut after, surplus, None).await?;
        }
        store::move_order(ctx, &write, &after.payment, &self.known.payment).await?;
        write.commit().await?;
        Ok(Some(after))
    }

    /// The payment and its attempts after the change, and what is reported.
    fn after(&self, instrument_id: Option<InstrumentId>) -> (Known, Vec<NewEvent>) {
        let (learned, change) = (self.told.learned, &self.change);
        let mut after = self.known.clone();
        let payment = &mut after.payment;
        payment.status = change.status;
        payment.amounts = change.amounts;
        payment.is_final_captured = change.is_final_captured;
        payment.decline = change.decline.clone();
        payment.next_action = change.next_action.clone();
        payment.instrument_id = instrument_id.or(payment.instrument_id);
        payment.updated_at = self.now;
        payment.version += 1;
        if self.attempt.is_first_step() && !change.give_back {
            let next = self.next().map(|next| next.attempt.connector_id);
            payment.connector_id = Some(next.unwrap_or(self.attempt.connector_id));
            payment.method = learned.method.clone().or(payment.method.take());
            let named = learned.network_transaction_id.clone();
            payment.network_transaction_id = named.or(payment.network_transaction_id.take());
        }
        let attempt = self.attempt_after();
        let mut events = Vec::with_capacity(2);
        events.extend(change.event.map(|kind| self.event(kind, &attempt)));
        if instrument_id.is_some() {
            events.push(self.event(EventKind::InstrumentStored, &attempt));
        }
        let place = after.attempts.iter_mut().find(|other| other.id == attempt.id);
        if let Some(place) = place {
            *place = attempt;
        }
        (after, events)
    }

    fn attempt_after(&self) -> Attempt {
        let (learned, change) = (self.told.learned, &self.change);
        let mut attempt = self.attempt.clone();
        let is_settled = change.attempt.is_final() && !attempt.status.is_final();
        attempt.status = change.attempt;
        attempt.decline = change.attempt_decline.clone();
        attempt.failure = learned.failure.clone().or(attempt.failure.take());
        attempt.review = change.review.clone();
        attempt.is_surplus = attempt.is_surplus || change.give_back;
        attempt.connector_reference =
            learned.connector_reference.clone().or(attempt.connector_reference.take());
        let named = learned.network_transaction_id.clone();
        attempt.network_transaction_id = named.or(attempt.network_transaction_id.take());
        if let Some(action) = &learned.action {
            let at = action.expires_at.unwrap_or_else(|| self.now.saturating_add(ACTION_TAKES));
            attempt.action_expires_at = Some(at);
        }
        if is_settled || change.attempt == AttemptStatus::Succeeded {
            attempt.settled_by = Some(learned.origin);
            attempt.finished_at = Some(self.now);
        }
        attempt.next_check_at = self.next_check_at(&attempt);
        attempt
    }

    /// When somebody looks at the attempt next. A success whose money has to go back is due at once: should
    /// this process end before it has begun with that, another one does.
    fn next_check_at(&self, attempt: &Attempt) -> Option<Timestamp> {
        let after = |delay| Some(self.now.saturating_add(delay));
        match attempt.status {
            _ if self.change.give_back => Some(self.now),
            _ if attempt.review.is_some() => None,
            AttemptStatus::Succeeded
            | AttemptStatus::Declined
            | AttemptStatus::Failed
            | AttemptStatus::Expired => None,
            AttemptStatus::Started | AttemptStatus::Resuming if self.told.learned.is_doubt() => {
                after(UNKNOWN_CHECK_AFTER)
            }
            AttemptStatus::Started | AttemptStatus::Resuming => attempt.next_check_at,
            AttemptStatus::Unknown => after(UNKNOWN_CHECK_AFTER),
            AttemptStatus::Pending => {
                let wish = self.told.learned.check_after.unwrap_or(PENDING_CHECK_AFTER);
                after(wish.min(PAUSE_MAX))
            }
            AttemptStatus::RequiresAction => {
                attempt.action_expires_at.map(|at| at.saturating_add(ACTION_CHECK_AFTER))
            }
        }
    }

    fn event(&self, kind: EventKind, attempt: &Attempt) -> NewEvent {
        let amount = attempt.amount.minor();
        NewEvent {
            id: EventId::mint(self.ctx.source()),
            kind,
            origin: self.told.learned.origin,
            attempt_id: Some(attempt.id),
            amount: (amount > 0).then_some(amount),
        }
    }

    fn sealed_action(&self) -> Option<Vec<u8>> {
        let action = self.told.learned.action.as_ref()?;
        Some(seal_action(self.ctx, self.attempt.id, &action.state))
    }

    fn record<'r>(
        &'r self,
        after: &'r Known,
        events: &'r [NewEvent],
        action: Option<&'r [u8]>,
        before: &'r Payment,
    ) -> PaymentRecord<'r> {
        let seals = AttemptSeals { action, ..AttemptSeals::default() };
        let attempt = after.attempt(self.attempt.id).map(|after| AttemptRecord { after, seals });
        PaymentRecord {
            before,
            after: &after.payment,
            attempt,
            events,
            total_delta: store::delta(before, &self.change, self.now),
            now: self.now,
        }
    }

    /// Makes the instrument that paid or was stored the preferred one, if that was asked.
    async fn prefer(&self, write: &Write, instrument_id: Option<InstrumentId>) -> Result<(), Error> {
        let wanted = instrument_id.filter(|_| self.is_done() && self.told.learned.mark_as_preferred);
        if let (Some(profile_id), Some(id)) = (self.known.payment.profile_id, wanted) {
            let scope = self.ctx.scope();
            // If the grant does not allow it, the payment is recorded all the same.
            let _is_preferred = stored_profiles::set_preferred(write, scope, profile_id, Some(id)).await?;
        }
        Ok(())
    }
}

/// How long after a refusal money that has to go back is sent again.
const GIVE_BACK_AGAIN_AFTER: Duration = Duration::from_secs(60);

/// What cannot be: attempts and payments are never deleted.
fn gone(payment_id: PaymentId) -> Error {
    Error::Fault { doing: "recording what was learned", detail: payment_id.to_string() }
}

/// A payment with its attempts, which nobody else changes until the transaction ends.
///
/// # Errors
/// `PAYMENT_NOT_FOUND`.
pub(crate) async fn locked(ctx: &Ctx, write: &Write, id: PaymentId) -> Result<Known, Error> {
    let payment = payments::find_with_lock(write, ctx.scope(), id).await?;
    let payment = payment.ok_or_else(|| Error::not_found(Code::PaymentNotFound, "paymentId"))?;
    let attempts = payments::attempts(write, ctx.scope(), id).await?;
    Ok(Known { payment, attempts })
}

/// Writes down that an attempt goes on, with what the processor is about to be asked.
///
/// # Errors
/// Faults of the storage.
pub(super) async fn resumed(
    ctx: &Ctx,
    write: Write,
    known: Known,
    attempt_id: AttemptId,
    order: &Order,
) -> Result<Known, Error> {
    let fault = || gone(known.payment.id);
    let learned = Learned::only(Observation::Resumed, Origin::Request);
    let observation = &learned.observation;
    let (payment, attempts) = (&known.payment, &known.attempts);
    let change = state::apply(payment, attempts, attempt_id, observation, Outlook::Exhausted);
    let attempt = known.attempt(attempt_id).ok_or_else(fault)?;
    let told = Told { attempt_id, learned: &learned, outlook: Outlook::Exhausted, next: None };
    let change = change.ok_or_else(fault)?;
    let writing = Writing { ctx, known: &known, attempt, told: &told, change, now: ctx.source().now() };
    let (mut after, events) = writing.after(None);
    if let Some(attempt) = after.attempts.iter_mut().find(|attempt| attempt.id == attempt_id) {
        attempt.next_check_at = Some(left_behind_at(ctx));
    }
    let request = order.seal(ctx, attempt_id)?;
    let mut record = writing.record(&after, &events, None, payment);
    if let Some(attempt) = &mut record.attempt {
        attempt.seals.request = Some(&request);
    }
    if !payments::record(&write, ctx.scope(), &record).await? {
        return Err(fault());
    }
    write.commit().await?;
    Ok(after)
}
