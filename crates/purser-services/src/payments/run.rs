//! The calls of a payment's attempts: one connector after the other, as far as that is safe.

use purser_domain::payment::state::{self, Outlook};
use purser_types::id::AttemptId;

use super::call::{self, Learned};
use super::draft::Draft;
use super::intent::Intent;
use super::observe::{self, Known, Recorded, Told};
use super::request::Order;
use super::{Paid, give_back};
use crate::app::Ctx;
use crate::connectors::Opened;
use crate::error::Error;

/// Tries the steps of an intent until one takes the payment, refuses it for good, or leaves doubt.
pub(super) async fn to_the_end(ctx: &Ctx, intent: Intent) -> Result<Paid, Error> {
    let Intent { payment, attempts, mut order, steps, mut answered } = intent;
    let mut known = Known { payment, attempts };
    let mut upcoming = steps.iter().peekable();
    while let (Some(step), Some(attempt)) = (upcoming.next(), known.attempts.last().cloned()) {
        let learned = match answered.take() {
            Some(answered) => answered,
            None => call::ask(ctx, step, &attempt, &order).await?,
        };
        let candidate = upcoming.peek().copied();
        let outlook = state::outlook(&known.payment, &learned.observation, candidate.is_some());
        let next = candidate
            .filter(|_| outlook == Outlook::AnotherAttempt)
            .map(|step| Draft::next(ctx, &known.payment, step, &known.attempts, &order));
        let told = Told { attempt_id: attempt.id, learned: &learned, outlook, next: next.as_ref() };
        let recorded = observe::record(ctx, known, &told).await?;
        hand_over(ctx, &recorded, attempt.id);
        let goes_on = recorded.goes_on;
        known = recorded.known;
        match next {
            Some(next) if goes_on => order = next.order,
            Some(_) | None => break,
        }
    }
    Ok(Paid::of(&known.payment))
}

/// Asks one connector what an order says and writes its answer down; nobody else is asked after it.
pub(super) async fn asked(
    ctx: &Ctx,
    known: Known,
    attempt_id: AttemptId,
    order: &Order,
    opened: &Opened,
) -> Result<Paid, Error> {
    let attempt = known.attempt(attempt_id).cloned();
    let attempt = attempt
        .ok_or_else(|| Error::Fault { doing: "asking a connector", detail: attempt_id.to_string() })?;
    let learned = call::ask(ctx, opened, &attempt, order).await?;
    let recorded = told(ctx, known, attempt_id, &learned).await?;
    Ok(Paid::of(&recorded.known.payment))
}

/// Writes down what was learned about an attempt by whoever learned it, with what follows for a payment
/// that no other connector is asked about: what a worker or an operator learns, too.
pub(crate) async fn told(
    ctx: &Ctx,
    known: Known,
    attempt_id: AttemptId,
    learned: &Learned,
) -> Result<Recorded, Error> {
    let outlook = state::outlook(&known.payment, &learned.observation, false);
    let told = Told { attempt_id, learned, outlook, next: None };
    let recorded = observe::record(ctx, known, &told).await?;
    hand_over(ctx, &recorded, attempt_id);
    Ok(recorded)
}

/// Begins to give money back that came too late, in a task that nobody waits for. If the process ends
/// before, the attempt is due and a worker does.
fn hand_over(ctx: &Ctx, recorded: &Recorded, attempt_id: AttemptId) {
    if !recorded.gives_back() {
        return;
    }
    let (ctx, payment_id) = (ctx.clone(), recorded.known.payment.id);
    tokio::spawn(async move {
        if let Err(error) = give_back(&ctx, payment_id, attempt_id).await {
            let (payment, attempt) = (payment_id.to_string(), attempt_id.to_string());
            tracing::error!(
                payment.id = payment,
                attempt.id = attempt,
                error = %error,
                "money that has to go back is not on its way; it is tried again"
            );
        }
    });
}
