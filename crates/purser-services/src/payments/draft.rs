//! Attempts that are about to be written down, with what they keep sealed.

use std::time::Duration;

use purser_connector::{Authorize, CustomerData, InstrumentSource, OperationKind, Register, Submission};
use purser_domain::payment::attempt::{Attempt, AttemptStatus};
use purser_domain::payment::{Payment, PaymentKind};
use purser_storage::Write;
use purser_storage::payments::{self, AttemptSeals, NewAttempt};
use purser_types::id::AttemptId;
use purser_types::{Money, Timestamp};
use url::Url;

use super::action::ReturnToken;
use super::request::Order;
use super::route;
use crate::app::Ctx;
use crate::connectors::Opened;
use crate::error::Error;

/// How long after the end of a call its attempt may still be written: what is open then was left behind by
/// a crash, and somebody looks at it.
const WRITING_TAKES: Duration = Duration::from_secs(2);

/// When somebody looks at an attempt that is being sent now.
pub(super) fn left_behind_at(ctx: &Ctx) -> Timestamp {
    ctx.source().now().saturating_add(ctx.app.host.time_limit()).saturating_add(WRITING_TAKES)
}

/// An attempt that is about to be written down.
pub(super) struct Draft {
    pub(super) attempt: Attempt,
    pub(super) order: Order,
    /// What the customer's browser brings back, if it may be sent away.
    pub(super) token: Option<ReturnToken>,
}

/// What is wanted of the first step of a payment, whichever connector does it.
pub(super) struct Wish {
    pub(super) source: InstrumentSource,
    pub(super) customer: CustomerData,
    pub(super) store: bool,
    pub(super) mark_as_preferred: bool,
    /// The network's name for the payment under which the agreement was made.
    pub(super) agreement: Option<String>,
}

impl Draft {
    /// An attempt to take a payment.
    pub(super) fn first(
        ctx: &Ctx,
        payment: &Payment,
        step: &Opened,
        earlier: &[Attempt],
        wish: &Wish,
    ) -> Self {
        let attempt =
            new_attempt(ctx, payment, earlier, route::operation(payment.kind), step, requested(payment));
        let (token, return_url) = ReturnToken::of(ctx, payment);
        let order = Order {
            submission: submission(payment, wish, return_url),
            store: wish.store,
            mark_as_preferred: wish.mark_as_preferred,
            resumed: 0,
        };
        Self { attempt, order, token }
    }

    /// The same at another connector, after the one before proved to have done nothing.
    pub(super) fn next(
        ctx: &Ctx,
        payment: &Payment,
        step: &Opened,
        earlier: &[Attempt],
        order: &Order,
    ) -> Self {
        let operation = route::operation(payment.kind);
        let attempt = new_attempt(ctx, payment, earlier, operation, step, requested(payment));
        let (token, return_url) = ReturnToken::of(ctx, payment);
        let submission = match order.submission.clone() {
            Submission::Authorize(request) => Authorize { return_url, ..request }.into(),
            Submission::Register(request) => Register { return_url, ..request }.into(),
            other => other,
        };
        Self { attempt, order: Order { submission, resumed: 0, ..order.clone() }, token }
    }

    /// An attempt about a payment that was taken.
    pub(super) fn follow_up(
        ctx: &Ctx,
        payment: &Payment,
        step: &Opened,
        earlier: &[Attempt],
        amount: Money,
        submission: impl Into<Submission>,
    ) -> Self {
        let order = Order::plain(submission);
        let attempt = new_attempt(ctx, payment, earlier, order.submission.operation(), step, amount);
        Self { attempt, order, token: None }
    }
}

/// What an attempt keeps sealed beside itself.
pub(super) struct Seals {
    request: Vec<u8>,
    return_token: Option<[u8; 32]>,
}

impl Seals {
    pub(super) fn as_stored(&self) -> AttemptSeals<'_> {
        AttemptSeals { request: Some(&self.request), action: None, return_token: self.return_token.as_ref() }
    }
}

impl Draft {
    pub(super) fn seals(&self, ctx: &Ctx) -> Result<Seals, Error> {
        Ok(Seals {
            request: self.order.seal(ctx, self.attempt.id)?,
            return_token: self.token.as_ref().map(|token| token.hash(ctx)),
        })
    }

    /// Writes the attempt down beside a payment that there is.
    pub(super) async fn insert(&self, ctx: &Ctx, write: &Write) -> Result<(), Error> {
        let seals = self.seals(ctx)?;
        let new = NewAttempt { attempt: &self.attempt, seals: seals.as_stored() };
        Ok(payments::insert_sealed_attempt(write, ctx.scope(), &new).await?)
    }
}

fn submission(payment: &Payment, wish: &Wish, return_url: Option<Url>) -> Submission {
    let (instrument, customer) = (wish.source.clone(), wish.customer.clone());
    match payment.kind {
        PaymentKind::Register => Register { instrument, customer, return_url }.into(),
        PaymentKind::Debit | PaymentKind::Preauthorize => Authorize {
            amount: requested(payment),
            capture: payment.kind.capture_method(),
            instrument,
            store: wish.store,
            initiator: payment.initiator,
            statement_description: payment.description.clone(),
            return_url,
            customer,
            network_transaction_id: wish.agreement.clone(),
            mit_reason: payment.mit_reason,
            accepts_partial: payment.accepts_partial,
        }
        .into(),
    }
}

/// The amount that is asked for; amounts of a payment are never negative.
pub(super) fn requested(payment: &Payment) -> Money {
    money(payment, payment.amounts.requested)
}

/// So many minor units of the payment's currency.
pub(super) fn money(payment: &Payment, minor: i64) -> Money {
    let currency = payment.amounts.currency;
    Money::try_new(minor, currency).unwrap_or_else(|_| Money::zero(currency))
}

fn new_attempt(
    ctx: &Ctx,
    payment: &Payment,
    earlier: &[Attempt],
    operation: OperationKind,
    step: &Opened,
    amount: Money,
) -> Attempt {
    let position = earlier.iter().map(|attempt| attempt.position).max().unwrap_or(0).saturating_add(1);
    Attempt {
        id: AttemptId::mint(ctx.source()),
        payment_id: payment.id,
        position,
        operation,
        connector_id: step.connector.id,
        amount,
        status: AttemptStatus::Started,
        connector_reference: None,
        decline: None,
        failure: None,
        started_at: ctx.source().now(),
        finished_at: None,
        action_expires_at: None,
        next_check_at: Some(left_behind_at(ctx)),
        checks: 0,
        review: None,
        network_transaction_id: None,
        settled_by: None,
        commit: payment.commits,
        is_final_capture: false,
        is_surplus: false,
        gives_back: None,
    }
}
