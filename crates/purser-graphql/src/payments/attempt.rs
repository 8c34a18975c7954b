//! Attempts: the requests to processors that a payment took.

use async_graphql::{Context, ID, Object};
use purser_domain::payment::attempt::Attempt;
use purser_types::id::AttemptId;
use purser_types::page::Position;

use super::action::Decline;
use super::{Payment, payment};
use crate::connectors::Connector;
use crate::context::session;
use crate::error::{Nullable, nullable};
use crate::money::Money;
use crate::page::Listed;
use crate::scalars::DateTime;
use crate::words::{AttemptStatus, EventOrigin, Operation};

/// An attempt of one of the viewer's payments.
#[derive(Clone)]
pub(crate) struct PaymentAttempt(pub(crate) Attempt);

impl PaymentAttempt {
    pub(crate) fn new(attempt: Attempt) -> Self {
        Self(attempt)
    }
}

impl Listed for PaymentAttempt {
    const LIST: &'static str = "attempts";

    fn position(&self) -> Position {
        Position { created_at: self.0.started_at, id: self.0.id.uuid() }
    }
}

/// An attempt that another object leads to.
pub(crate) async fn attempt(gql: &Context<'_>, id: Option<AttemptId>) -> Nullable<PaymentAttempt> {
    let id = id?;
    nullable(
        async {
            let session = session(gql)?;
            if !session.may("PaymentAttempt") {
                return Ok(None);
            }
            Ok(session.loaders().attempts.load(id).await?.map(PaymentAttempt))
        }
        .await,
    )
}

/// One request to one processor about a payment.
#[Object]
impl PaymentAttempt {
    /// The global id, `att_…`; also our reference at the processor and the idempotency key there.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The payment it is about; null without `payments:read`.
    async fn payment(&self, gql: &Context<'_>) -> Nullable<Payment> {
        payment(gql, Some(self.0.payment_id)).await
    }

    /// The position among the payment's attempts, from 1.
    async fn position(&self) -> i32 {
        self.0.position
    }

    /// What was asked.
    async fn operation(&self) -> Operation {
        self.0.operation.into()
    }

    /// Who was asked; null without `connectors:read`.
    async fn connector(&self, gql: &Context<'_>) -> Nullable<Connector> {
        crate::connectors::connector(gql, Some(self.0.connector_id)).await
    }

    /// How much was asked for; zero for a registration.
    async fn amount(&self) -> Money {
        self.0.amount.into()
    }

    /// How it ended, if it did.
    async fn status(&self) -> AttemptStatus {
        self.0.status.into()
    }

    /// The processor's reference; null if it told none.
    async fn connector_reference(&self) -> Option<&str> {
        self.0.connector_reference.as_deref()
    }

    /// Why the processor declined; null if it did not.
    async fn decline(&self) -> Option<Decline> {
        self.0.decline.clone().map(Decline)
    }

    /// Why there was no answer, for operators; null if there was one.
    async fn failure(&self) -> Option<&str> {
        self.0.failure.as_deref()
    }

    /// When it was committed, before the processor was asked.
    async fn started_at(&self) -> DateTime {
        DateTime(self.0.started_at)
    }

    /// When it ended; null if it has not.
    async fn finished_at(&self) -> Option<DateTime> {
        self.0.finished_at.map(DateTime)
    }

    /// Who told how it ended; null if it has not.
    async fn settled_by(&self) -> Option<EventOrigin> {
        self.0.settled_by.map(Into::into)
    }

    /// Why an operator must decide about it, by `resolveAttempt`; null if none must.
    async fn review(&self) -> Option<&str> {
        self.0.review.as_deref()
    }

    /// How often the processor was asked what became of it.
    async fn checks(&self) -> i32 {
        self.0.checks
    }

    /// When the processor is asked next what became of it; null if it will not be.
    async fn next_check_at(&self) -> Option<DateTime> {
        self.0.next_check_at.map(DateTime)
    }

    /// Until when the customer may act; null if nothing was asked of the customer, or for ever.
    async fn action_expires_at(&self) -> Option<DateTime> {
        self.0.action_expires_at.map(DateTime)
    }

    /// Which commit of the payment it belongs to, from 1; attempts at several connectors for one commit share
    /// the number.
    async fn commit(&self) -> i32 {
        self.0.commit
    }

    /// Whether it is a capture after which the rest is released.
    async fn is_final_capture(&self) -> bool {
        self.0.is_final_capture
    }

    /// Whether it succeeded although another attempt had taken the payment, or the payment was canceled: its
    /// money is none of the payment's amounts and goes back by itself.
    async fn is_surplus(&self) -> bool {
        self.0.is_surplus
    }

    /// The card network's id of the movement; null if the processor told none.
    async fn network_transaction_id(&self) -> Option<&str> {
        self.0.network_transaction_id.as_deref()
    }
}
