//! Doubt: looked up on demand, and decided by hand where no machine can.

use async_graphql::{Context, Enum, Error, ID, InputObject, Object, SimpleObject};
use purser_services::payments::{self, Resolution, ResolveAttempt as Asked};
use purser_services::reads;

use super::follow_up::{known, settled};
use super::{Payment, PaymentAttempt};
use crate::context::enter;
use crate::error::{Code, Nullable};
use crate::once::enter_keyed;
use crate::page::{Connection, PageArguments, asks_for_total, listed};
use crate::payload::{self, Codes, UserError};

/// What an operator found out about an attempt.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "Resolution")]
pub(crate) enum AttemptOutcome {
    /// The processor did it, for the amount that was asked.
    Succeeded,
    /// The processor did nothing.
    Failed,
}

/// A payment that is looked up.
#[derive(InputObject)]
pub(crate) struct SyncPaymentInput {
    /// Which payment, `pay_…`.
    payment_id: ID,
    /// A text of yours that stands for this request, 1 to 255 visible ASCII characters: sent again with the
    /// same key it is not carried out again, but answered with what there is now. Not checked if absent; the
    /// header `Idempotency-Key` says the same.
    idempotency_key: Option<String>,
}

/// The codes of `syncPayment`.
pub(crate) enum SyncPayment {}
impl Codes for SyncPayment {
    const MUTATION: &'static str = "SyncPayment";
    const CODES: &'static [Code] = &[Code::PaymentNotFound, Code::InvalidInput];
}

/// What became of `syncPayment`.
#[derive(SimpleObject)]
pub(crate) struct SyncPaymentPayload {
    /// The payment with what the processors know of it; null if it was refused.
    payment: Option<Payment>,
    /// Why it was refused; empty if it was not.
    user_errors: Vec<UserError<SyncPayment>>,
}

/// An operator's decision.
#[derive(InputObject)]
pub(crate) struct ResolveAttemptInput {
    /// Which attempt, `att_…`, that is in review.
    attempt_id: ID,
    /// What you found out.
    outcome: AttemptOutcome,
    /// The processor's reference, at most 255 characters; needed for what follows, such as a refund, if the
    /// processor never told it.
    connector_reference: Option<String>,
    /// Where you know it from, at most 255 characters; kept with the attempt.
    reason: String,
    /// A text of yours that stands for this request, 1 to 255 visible ASCII characters: sent again with the
    /// same key it is not carried out again, but answered with what there is now. Not checked if absent; the
    /// header `Idempotency-Key` says the same.
    idempotency_key: Option<String>,
}

/// The codes of `resolveAttempt`.
pub(crate) enum ResolveAttempt {}
impl Codes for ResolveAttempt {
    const MUTATION: &'static str = "ResolveAttempt";
    const CODES: &'static [Code] = &[
        Code::AttemptNotFound,
        Code::AttemptNotInReview,
        Code::ScopeNotHeld,
        Code::IdempotencyKeyReused,
        Code::InvalidInput,
    ];
}

/// What became of `resolveAttempt`.
#[derive(SimpleObject)]
pub(crate) struct ResolveAttemptPayload {
    /// The payment after it; null if it was refused.
    payment: Option<Payment>,
    /// Why it was refused; empty if it was not. Nothing was changed then.
    user_errors: Vec<UserError<ResolveAttempt>>,
}

#[derive(Default)]
pub(crate) struct ReviewQuery;

#[Object]
impl ReviewQuery {
    /// Your attempts about which an operator must decide, by `resolveAttempt`, newest first. Needs
    /// `payments:read`.
    async fn attempts_in_review(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "How many, from the newest: 1 to 100, 20 if absent.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many, from the oldest: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Nullable<Connection<PaymentAttempt>> {
        let arguments = PageArguments::new(first, after, last, before);
        Some(
            async {
                let ctx = enter(gql, "Query.attemptsInReview")?.ctx();
                let page = arguments.page::<PaymentAttempt>(ctx, asks_for_total(gql))?;
                listed(reads::attempts_in_review(ctx, page).await, PaymentAttempt::new)
            }
            .await,
        )
    }
}

#[derive(Default)]
pub(crate) struct ReviewMutation;

#[Object]
impl ReviewMutation {
    /// Asks the processors now what became of everything about a payment that is not finished. What they say
    /// is the payment's state; what they do not know stays in doubt. Needs `payments:write`.
    async fn sync_payment(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Which payment.")] input: SyncPaymentInput,
    ) -> Nullable<SyncPaymentPayload> {
        Some(sync(gql, input).await)
    }

    /// Decides about an attempt in review on the word of somebody who knows. The decision and its reason are
    /// kept. Needs `payments:resolve`.
    async fn resolve_attempt(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The decision.")] input: ResolveAttemptInput,
    ) -> Nullable<ResolveAttemptPayload> {
        Some(resolve(gql, input).await)
    }
}

async fn sync(gql: &Context<'_>, input: SyncPaymentInput) -> Result<SyncPaymentPayload, Error> {
    let keyed = enter_keyed(gql, "Mutation.syncPayment")?;
    // Asking twice changes nothing, so that the key has nothing to hold back.
    let done = keyed.write(|ctx| async move { payments::sync(&ctx, known(&input.payment_id)?).await });
    let (payment, user_errors) = settled(&keyed, done.await).await?;
    Ok(SyncPaymentPayload { payment, user_errors })
}

async fn resolve(gql: &Context<'_>, input: ResolveAttemptInput) -> Result<ResolveAttemptPayload, Error> {
    let keyed = enter_keyed(gql, "Mutation.resolveAttempt")?;
    let done = keyed.write(|ctx| async move {
        let asked = Asked {
            attempt_id: payload::id(&input.attempt_id, Code::AttemptNotFound, "attemptId")?,
            outcome: input.outcome.into(),
            connector_reference: input.connector_reference,
            reason: input.reason,
        };
        payments::resolve(&ctx, asked).await
    });
    let (payment, user_errors) = settled(&keyed, done.await).await?;
    Ok(ResolveAttemptPayload { payment, user_errors })
}
