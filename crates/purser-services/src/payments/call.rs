//! One question to one connector, and its answer in the words of this floor.

use std::sync::Arc;
use std::time::Duration;

use purser_connector::{
    Connector as Plugged, Decline, Effect, Failure, NextAction, OperationKind, Outcome, Pending, Reply,
    Settled, StoredInstrument, Submission,
};
use purser_domain::instrument::Origin as InstrumentOrigin;
use purser_domain::payment::DeclineRecord;
use purser_domain::payment::attempt::{Attempt, describe_failure};
use purser_domain::payment::event::Origin;
use purser_domain::payment::state::Observation;
use purser_host::CallContext;

use super::request::Order;
use super::words;
use crate::app::Ctx;
use crate::connectors::Opened;
use crate::error::Error;
use crate::fault::{self, Bug, Step};

/// What was learned about an attempt, from whoever told.
#[derive(Debug, Clone)]
pub(crate) struct Learned {
    /// What it says about the attempt.
    pub(crate) observation: Observation,
    /// Who told.
    pub(crate) origin: Origin,
    /// The processor's reference, if it named one.
    pub(crate) connector_reference: Option<String>,
    /// The card network's name for the movement.
    pub(crate) network_transaction_id: Option<String>,
    /// The method's name, if the processor told it.
    pub(crate) method: Option<String>,
    /// Why there was no answer, for operators.
    pub(crate) failure: Option<String>,
    /// What the customer has to do, with the plugin's notes.
    pub(crate) action: Option<NextAction>,
    /// When a look-up is first worth the while.
    pub(crate) check_after: Option<Duration>,
    /// The instrument that the processor keeps, if it is to be stored in the payment's profile.
    pub(crate) stored: Option<Stored>,
    /// Whether what paid or is stored becomes the preferred instrument.
    pub(crate) mark_as_preferred: bool,
}

/// An instrument that the processor keeps, to be stored in the payment's profile.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    /// The instrument.
    pub(crate) instrument: StoredInstrument,
    /// Where it came from.
    pub(crate) origin: InstrumentOrigin,
}

impl Stored {
    /// What a connector gave, with where it came from.
    pub(crate) fn new(opened: &Opened, instrument: StoredInstrument) -> Self {
        let connector = &opened.connector;
        let origin = InstrumentOrigin {
            connector_id: connector.id,
            plugin_id: connector.plugin_id.clone(),
            processor: connector.processor.clone(),
            token_scope: instrument.scope,
        };
        Self { instrument, origin }
    }
}

impl Learned {
    /// Nothing but an observation.
    pub(crate) fn only(observation: Observation, origin: Origin) -> Self {
        Self {
            observation,
            origin,
            connector_reference: None,
            network_transaction_id: None,
            method: None,
            failure: None,
            action: None,
            check_after: None,
            stored: None,
            mark_as_preferred: false,
        }
    }

    /// Whether it leaves the outcome open.
    pub(crate) fn is_doubt(&self) -> bool {
        matches!(self.observation, Observation::Pending | Observation::Unknown)
    }

    /// Money that moved, as the processor says.
    pub(crate) fn of_settled(
        opened: &Opened,
        attempt: &Attempt,
        order: Option<&Order>,
        settled: Settled,
        origin: Origin,
    ) -> Self {
        let observation = Observation::Done {
            minor: settled.amount.minor(),
            is_same_currency: settled.amount.currency() == attempt.amount.currency(),
            // The plugin has read the answer to this very request; what is found otherwise is compared.
            is_same_reference: true,
        };
        let stored = settled.stored.filter(|_| order.is_some_and(|order| order.store));
        Self {
            connector_reference: Some(settled.connector_reference),
            network_transaction_id: settled.network_transaction_id,
            method: settled.instrument.as_ref().map(|details| details.method_name().to_owned()),
            stored: stored.map(|stored| Stored::new(opened, stored)),
            mark_as_preferred: order.is_some_and(|order| order.mark_as_preferred),
            ..Self::only(observation, origin)
        }
    }

    /// An instrument that is kept without money having moved.
    pub(crate) fn of_stored(
        opened: &Opened,
        order: Option<&Order>,
        stored: StoredInstrument,
        origin: Origin,
    ) -> Self {
        let observation = Observation::Done { minor: 0, is_same_currency: true, is_same_reference: true };
        Self {
            method: Some(stored.details.method_name().to_owned()),
            stored: Some(Stored::new(opened, stored)),
            mark_as_preferred: order.is_some_and(|order| order.mark_as_preferred),
            ..Self::only(observation, origin)
        }
    }

    /// Something that is under way.
    pub(crate) fn of_pending(pending: Pending, origin: Origin) -> Self {
        Self {
            connector_reference: pending.connector_reference,
            check_after: pending.check_after,
            ..Self::only(Observation::Pending, origin)
        }
    }

    /// Something that the customer has to do.
    pub(crate) fn of_action(action: NextAction, origin: Origin) -> Self {
        // Nobody can do this; whether the processor waits for it, it will tell.
        if !words::is_askable(&action.kind) {
            return Self::only(Observation::Pending, origin);
        }
        let observation = Observation::ActionRequired(action.kind.clone());
        Self { action: Some(action), ..Self::only(observation, origin) }
    }

    /// The same in answer to what the customer brought back, which then was not what was asked for.
    pub(super) fn in_answer_to_resume(self) -> Self {
        match self.observation {
            Observation::ActionRequired(kind) => Self { observation: Observation::AskedAgain(kind), ..self },
            _ => self,
        }
    }

    /// A refusal.
    pub(crate) fn of_decline(decline: Decline, origin: Origin) -> Self {
        let record = DeclineRecord {
            code: decline.code,
            advice: decline.advice,
            raw_code: words::kept(decline.raw_code),
            raw_message: words::kept(decline.raw_message),
        };
        Self::only(Observation::Declined(record), origin)
    }

    /// No answer: nothing happened if that is proven, and doubt otherwise.
    pub(crate) fn of_failure(failure: &Failure, origin: Origin) -> Self {
        let observation = match failure.effect {
            Effect::NotSent | Effect::Rejected => Observation::NothingHappened,
            Effect::Unknown => Observation::Unknown,
        };
        Self { failure: Some(words::kept(describe_failure(failure))), ..Self::only(observation, origin) }
    }
}

/// Asks a connector what an attempt's order says, under the attempt's reference and key. The same order
/// asked again is the same request.
///
/// # Errors
/// Planted faults; what a connector does wrong is an answer.
pub(crate) async fn ask(
    ctx: &Ctx,
    opened: &Opened,
    attempt: &Attempt,
    order: &Order,
) -> Result<Learned, Error> {
    fault::point(attempt.operation, Step::BeforeSend).await?;
    let learned = match &opened.plugged {
        Some(plugged) => Box::pin(submit(ctx, opened, plugged, attempt, order)).await,
        None => {
            let failure = Failure::invalid_request(attempt.operation, "the connector is not configured");
            Learned::of_failure(&failure, Origin::Answer)
        }
    };
    fault::point(attempt.operation, Step::AfterReply).await?;
    Ok(learned)
}

/// Under which reference and key the order goes out: an attempt's own, and a further key for each time
/// that a customer came back.
fn context(ctx: &Ctx, attempt: &Attempt, order: &Order) -> CallContext {
    let context = match order.submission.operation() {
        OperationKind::Resume => CallContext::resume(attempt.id, order.resumed),
        _ => CallContext::from(attempt.id),
    };
    if fault::is_planted(Bug::NoProcessorKey) {
        return CallContext::from(purser_types::id::AttemptId::mint(ctx.source()));
    }
    context
}

async fn submit(
    ctx: &Ctx,
    opened: &Opened,
    plugged: &Arc<dyn Plugged>,
    attempt: &Attempt,
    order: &Order,
) -> Learned {
    let host = &ctx.app.host;
    let call = context(ctx, attempt, order);
    let id = opened.connector.id;
    let reply: Reply<Settled> = match order.submission.clone() {
        Submission::Register(request) => {
            let reply = host.register(id, plugged, &call, request).await;
            return told(reply, |stored| Learned::of_stored(opened, Some(order), stored, Origin::Answer));
        }
        Submission::Authorize(request) => host.authorize(id, plugged, &call, request).await,
        Submission::Resume(request) => host.resume(id, plugged, &call, request).await,
        Submission::Capture(request) => host.capture(id, plugged, &call, request).await,
        Submission::Increment(request) => host.increment(id, plugged, &call, request).await,
        Submission::Void(request) => host.void(id, plugged, &call, request).await,
        Submission::Refund(request) => host.refund(id, plugged, &call, request).await,
    };
    told(reply, |settled| Learned::of_settled(opened, attempt, Some(order), settled, Origin::Answer))
}

fn told<T>(reply: Reply<T>, done: impl FnOnce(T) -> Learned) -> Learned {
    match reply {
        Ok(Outcome::Done(value)) => done(value),
        Ok(Outcome::Pending(pending)) => Learned::of_pending(pending, Origin::Answer),
        Ok(Outcome::ActionRequired(action)) => Learned::of_action(action, Origin::Answer),
        Ok(Outcome::Declined(decline)) => Learned::of_decline(decline, Origin::Answer),
        Err(failure) => Learned::of_failure(&failure, Origin::Answer),
    }
}
