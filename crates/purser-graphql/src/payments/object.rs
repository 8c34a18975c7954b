//! The payment as the graph shows it.

use async_graphql::{Context, ID, Object};

use super::action::{Decline, NextAction};
use super::attempt::PaymentAttempt;
use super::{Payment, Route};
use crate::connectors::{Connector, Router};
use crate::containers::Container;
use crate::context::session;
use crate::error::{Nullable, nullable};
use crate::instruments::Instrument;
use crate::money::Money;
use crate::profiles::Profile;
use crate::scalars::{DateTime, JsonObject};
use crate::tenants::Tenant;
use crate::words::{Environment, Initiator, PaymentKind, PaymentSource, PaymentStatus};

impl Payment {
    fn money(&self, minor: i64) -> Money {
        Money::of(minor, self.payment.amounts.currency)
    }
}

/// A payment of your tenant: what was asked for, and what became of it. Nobody else ever sees it.
#[Object]
impl Payment {
    /// The global id, `pay_…`.
    pub(crate) async fn id(&self) -> ID {
        self.payment.id.into()
    }

    /// What was asked for.
    async fn kind(&self) -> PaymentKind {
        self.payment.kind.into()
    }

    /// Your own id of the transaction, unique per tenant and environment.
    async fn merchant_transaction_id(&self) -> &str {
        &self.payment.merchant_transaction_id
    }

    /// The id in the shape of IXOPAY's purchase ids: the date of the payment and 32 hexadecimal digits.
    async fn purchase_id(&self) -> String {
        let date = self.payment.created_at.date().to_string().replace('-', "");
        format!("{date}-{}", self.payment.id.uuid().simple())
    }

    /// Live or sandbox.
    async fn environment(&self) -> Environment {
        self.payment.environment.into()
    }

    /// Where it stands.
    async fn status(&self) -> PaymentStatus {
        self.payment.status.into()
    }

    /// How much was asked for; zero for a registration.
    async fn amount(&self) -> Money {
        self.money(self.payment.amounts.requested)
    }

    /// How much the processor reserved.
    async fn authorized(&self) -> Money {
        self.money(self.payment.amounts.authorized)
    }

    /// How much was captured.
    async fn captured(&self) -> Money {
        self.money(self.payment.amounts.captured)
    }

    /// How much a further capture may take.
    async fn capturable(&self) -> Money {
        self.money(self.payment.amounts.capturable())
    }

    /// How much went back.
    async fn refunded(&self) -> Money {
        self.money(self.payment.amounts.refunded)
    }

    /// How much a further refund may give back.
    async fn refundable(&self) -> Money {
        self.money(self.payment.amounts.refundable())
    }

    /// The name of the method, such as `card`; null until the processor tells. Processors may add names.
    async fn method(&self) -> Option<&str> {
        self.payment.method.as_deref()
    }

    /// The text for the card statement; null if there was none.
    async fn description(&self) -> Option<&str> {
        self.payment.description.as_deref()
    }

    /// The kind of source it came from.
    async fn source(&self) -> PaymentSource {
        self.payment.source.source.into()
    }

    /// The source's id, such as a payment link's; null for plain API payments.
    async fn source_id(&self) -> Option<&str> {
        self.payment.source.source_id.as_deref()
    }

    /// The source's name when the payment was made; null for plain API payments.
    async fn source_description(&self) -> Option<&str> {
        self.payment.source.description.as_deref()
    }

    /// Who started it.
    async fn initiator(&self) -> Initiator {
        self.payment.initiator.into()
    }

    /// Why it was declined; null if it was not.
    async fn decline(&self) -> Option<Decline> {
        self.payment.decline.clone().map(Decline)
    }

    /// What the customer has to do before it can go on; null if nothing.
    async fn next_action(&self) -> Option<NextAction> {
        self.payment.next_action.clone().map(NextAction::from)
    }

    /// Which connectors were considered when it was made, and why.
    async fn route(&self) -> Route {
        Route::new(self.payment.route.clone())
    }

    /// The customer's profile; null if it has none, the profile is gone or no longer yours to see, and
    /// without `profiles:read`.
    async fn profile(&self, gql: &Context<'_>) -> Nullable<Profile> {
        match &self.profile {
            Some(profile) if self.payment.profile_id == Some(profile.key()) => {
                nullable(session(gql).map(|session| session.may("Profile").then(|| profile.clone())))
            }
            _ => crate::profiles::profile(gql, self.payment.profile_id).await,
        }
    }

    /// The container of the profile; null as the profile is, and without `containers:read`.
    async fn container(&self, gql: &Context<'_>) -> Nullable<Container> {
        crate::containers::container(gql, self.payment.container_id).await
    }

    /// The stored instrument that paid or was stored; null if there is none that you see, and without
    /// `instruments:read`.
    async fn instrument(&self, gql: &Context<'_>) -> Nullable<Instrument> {
        let id = self.payment.instrument_id?;
        let fetched = self.profile.as_ref().and_then(|profile| Some((profile, profile.instrument(id)?)));
        let Some((profile, view)) = fetched else {
            return crate::instruments::instrument(gql, Some(id)).await;
        };
        let show = || Instrument::new(view).of(profile);
        nullable(session(gql).map(|session| session.may("Instrument").then(show)))
    }

    /// The connector that took it; null before one did, if it is gone, and without `connectors:read`.
    async fn connector(&self, gql: &Context<'_>) -> Nullable<Connector> {
        crate::connectors::connector(gql, self.payment.connector_id).await
    }

    /// The router that picked the connector; null if none did, if it is gone, and without `routing:read`.
    async fn router(&self, gql: &Context<'_>) -> Nullable<Router> {
        crate::connectors::router(gql, self.payment.router_id).await
    }

    /// Whose payment it is: your tenant.
    async fn tenant(&self, gql: &Context<'_>) -> Nullable<Tenant> {
        nullable(
            async {
                let found = session(gql)?.loaders().tenants.load(self.payment.tenant_id).await?;
                Ok(found.map(Tenant::new))
            }
            .await,
        )
    }

    /// Your own data about it. Needs `metadata:read`, null without.
    async fn metadata(&self, gql: &Context<'_>) -> Nullable<JsonObject> {
        let show = || JsonObject(self.payment.metadata.clone());
        nullable(session(gql).map(|session| session.may("Payment.metadata").then(show)))
    }

    /// The requests to processors that it took, in their order; null if they cannot be read.
    async fn attempts(&self, gql: &Context<'_>) -> Nullable<Vec<PaymentAttempt>> {
        nullable(
            async {
                let found = session(gql)?.loaders().attempts_of.load(self.payment.id).await?;
                Ok(Some(found.into_iter().map(PaymentAttempt).collect()))
            }
            .await,
        )
    }

    /// When it was made.
    async fn created_at(&self) -> DateTime {
        DateTime(self.payment.created_at)
    }

    /// When it last changed.
    async fn updated_at(&self) -> DateTime {
        DateTime(self.payment.updated_at)
    }

    /// Grows by one with each change.
    async fn version(&self) -> i32 {
        self.payment.version
    }
}
