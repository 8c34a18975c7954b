//! The calls of a payment's attempts: one connector after the other, as far as that is safe.

use purser_connector::OperationKind;
use purser_domain::payment::attempt::Attempt;
use purser_domain::payment::event::Origin;
use purser_domain::payment::state::{self, Observation, Outlook};
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
            None => ask_in_time(ctx, step, &attempt, &order).await?,
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
    let learned = ask_in_time(ctx, opened, &attempt, order).await?;
    let recorded = told(ctx, known, attempt_id, &learned).await?;
    Ok(Paid::of(&recorded.known.payment))
}

/// Asks a connector while the attempt is this process's own.
///
/// A process that was stopped for so long that the attempt became due has lost it to the workers: one of them
/// may have found that nothing happened, or have sent the same again. It sends nothing any more; and when its
/// own copy came to nothing, that says nothing about the other.
async fn ask_in_time(ctx: &Ctx, opened: &Opened, attempt: &Attempt, order: &Order) -> Result<Learned, Error> {
    let is_lost = || attempt.next_check_at.is_some_and(|at| at <= ctx.source().now());
    let lost = |why: &str| Learned {
        failure: Some(why.to_owned()),
        ..Learned::only(Observation::Unknown, Origin::Answer)
    };
    if is_lost() {
        return Ok(lost("it was not sent in time"));
    }
    let learned = call::ask(ctx, opened, attempt, order).await?;
    if learned.observation == Observation::NothingHappened && is_lost() {
        return Ok(lost("nothing happened, but it may have been sent again meanwhile"));
    }
    // Whoever has lost the attempt may have been answered after the customer came back once more.
    if order.submission.operation() == OperationKind::Resume && !is_lost() {
        return Ok(learned.in_answer_to_resume());
    }
    Ok(learned)
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
