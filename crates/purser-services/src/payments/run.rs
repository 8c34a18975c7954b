//! The calls of a payment's first step: one connector after the other, as far as that is safe.

use purser_connector::{
    Advice, Authorize, Connector as Plugged, Failure, InstrumentSource, Outcome, Register, Reply, Settled,
    StoredInstrument,
};
use purser_domain::payment::PaymentKind;
use purser_domain::payment::state::{Observation, Outlook};
use purser_host::CallContext;
use std::sync::Arc;

use super::intent::{Intent, customer_data, new_attempt, requested};
use super::observe::{self, Learned, Next, Stored};
use super::route::operation;
use super::{Paid, paid};
use crate::app::Ctx;
use crate::connectors::Opened;
use crate::error::Error;

/// Tries the steps of an intent until one takes the payment, refuses it for good, or leaves doubt.
pub(super) async fn to_the_end(ctx: &Ctx, mut intent: Intent) -> Result<Paid, Error> {
    let payment_id = intent.payment.id;
    let steps = std::mem::take(&mut intent.steps);
    let mut upcoming = steps.iter().peekable();
    while let Some(step) = upcoming.next() {
        let answered = ask(ctx, &intent, step).await;
        let next = upcoming.peek().copied().filter(|_| may_go_on(&answered));
        let outlook = if next.is_some() { Outlook::AnotherAttempt } else { Outlook::Exhausted };
        let next = next.map(|next| {
            let position = intent.attempt.position.saturating_add(1);
            let operation = operation(intent.payment.kind);
            let amount = requested(&intent.payment);
            Next { attempt: new_attempt(ctx, &intent.payment, position, operation, next, amount) }
        });
        let stored = answered.stored.map(|stored| Stored { instrument: stored, connector: &step.connector });
        let mark_as_preferred = intent.mark_as_preferred;
        let learned =
            Learned { observation: answered.observation, stored, mark_as_preferred, ..answered.learned };
        observe::record(ctx, &intent.payment, &intent.attempt, &learned, outlook, next.as_ref()).await?;
        match next {
            Some(next) => intent.attempt = next.attempt,
            None => break,
        }
    }
    paid(ctx, payment_id).await
}

/// An answer of a connector, in the words of this floor.
struct Answered {
    observation: Observation,
    learned: Learned<'static>,
    stored: Option<StoredInstrument>,
    advice: Option<Advice>,
}

/// Another connector may be tried only when it is proven that this one did nothing, or when the
/// processor declined and said that another one might not. After doubt: never.
fn may_go_on(answered: &Answered) -> bool {
    match &answered.observation {
        Observation::NothingHappened => true,
        Observation::Declined(_) => answered.advice == Some(Advice::Elsewhere),
        Observation::Done { .. }
        | Observation::Pending
        | Observation::ActionRequired(_)
        | Observation::Resumed
        | Observation::Expired
        | Observation::NotFound
        | Observation::Unknown => false,
    }
}

async fn ask(ctx: &Ctx, intent: &Intent, step: &Opened) -> Answered {
    let Some(plugged) = &step.plugged else {
        return failed(&Failure::invalid_request(
            operation(intent.payment.kind),
            "the connector is not configured",
        ));
    };
    let call = CallContext::from(intent.attempt.id);
    match intent.payment.kind {
        PaymentKind::Register => register(ctx, intent, step, plugged, &call).await,
        PaymentKind::Debit | PaymentKind::Preauthorize => authorize(ctx, intent, step, plugged, &call).await,
    }
}

async fn authorize(
    ctx: &Ctx,
    intent: &Intent,
    step: &Opened,
    plugged: &Arc<dyn Plugged>,
    call: &CallContext,
) -> Answered {
    let request = Authorize {
        amount: requested(&intent.payment),
        capture: intent.payment.kind.capture_method(),
        instrument: intent.instrument.clone(),
        store: intent.store,
        initiator: intent.payment.initiator,
        statement_description: intent.payment.description.clone(),
        return_url: intent.asked.return_url.clone(),
        customer: customer_data(intent),
        network_transaction_id: None,
        mit_reason: None,
        accepts_partial: false,
    };
    let reply: Reply<Settled> = ctx.app.host.authorize(step.connector.id, plugged, call, request).await;
    let currency = intent.payment.amounts.currency;
    match reply {
        Ok(Outcome::Done(settled)) => Answered {
            observation: Observation::Done {
                minor: settled.amount.minor(),
                is_same_currency: settled.amount.currency() == currency,
                is_same_reference: true,
            },
            learned: Learned {
                connector_reference: Some(settled.connector_reference),
                method: settled.instrument.as_ref().map(|details| details.method_name().to_owned()),
                ..Learned::nothing()
            },
            stored: settled.stored.filter(|_| intent.store),
            advice: None,
        },
        Ok(other) => answered(other),
        Err(failure) => failed(&failure),
    }
}

async fn register(
    ctx: &Ctx,
    intent: &Intent,
    step: &Opened,
    plugged: &Arc<dyn Plugged>,
    call: &CallContext,
) -> Answered {
    let request = Register {
        instrument: match &intent.instrument {
            InstrumentSource::Token(token) => InstrumentSource::Token(token.clone()),
            InstrumentSource::Stored { token } => InstrumentSource::Stored { token: token.clone() },
        },
        customer: customer_data(intent),
        return_url: intent.asked.return_url.clone(),
    };
    let reply = ctx.app.host.register(step.connector.id, plugged, call, request).await;
    match reply {
        Ok(Outcome::Done(stored)) => Answered {
            observation: Observation::Done { minor: 0, is_same_currency: true, is_same_reference: true },
            learned: Learned { method: Some(stored.details.method_name().to_owned()), ..Learned::nothing() },
            stored: Some(stored),
            advice: None,
        },
        Ok(other) => answered(other),
        Err(failure) => failed(&failure),
    }
}

fn answered<T>(outcome: Outcome<T>) -> Answered {
    let (observation, learned, advice) = observe::of_outcome(outcome);
    Answered { observation, learned, stored: None, advice }
}

fn failed(failure: &Failure) -> Answered {
    let (observation, learned) = observe::of_failure(failure);
    Answered { observation, learned, stored: None, advice: None }
}
