//! Attempts: the requests to processors that a payment took.

use async_graphql::{Context, ID, Object};
use purser_domain::payment::attempt::Attempt;

use super::action::Decline;
use crate::connectors::Connector;
use crate::error::Nullable;
use crate::money::Money;
use crate::scalars::DateTime;
use crate::words::{AttemptStatus, Operation};

/// An attempt of one of the viewer's payments.
pub(crate) struct PaymentAttempt(pub(crate) Attempt);

/// One request to one processor about a payment.
#[Object]
impl PaymentAttempt {
    /// The id, `att_…`; also our reference at the processor and the idempotency key there.
    async fn id(&self) -> ID {
        self.0.id.into()
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
}
