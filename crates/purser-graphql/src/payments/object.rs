//! The payment as the graph shows it.

use async_graphql::{Context, ID, Object};

use super::action::{Decline, NextAction};
use super::attempt::PaymentAttempt;
use super::history::{Dispute, Event, Transfer, page_of};
use super::urls::PaymentUrls;
use super::{Payment, Route};
use crate::connectors::{Connector, Router};
use crate::containers::Container;
use crate::context::session;
use crate::error::{Nullable, nullable};
use crate::instruments::Instrument;
use crate::money::Money;
use crate::orders::Order;
use crate::page::{Connection, PageArguments, asks_for_total};
use crate::profiles::Profile;
use crate::scalars::{DateTime, JsonObject};
use crate::tenants::Tenant;
use crate::words::{Environment, Initiator, MitReason, PaymentKind, PaymentSource, PaymentStatus};

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

    /// How much is asked for; zero for a registration.
    async fn amount(&self) -> Money {
        self.money(self.payment.amounts.requested)
    }

    /// How much was asked for first; more than `amount` after the customer lowered it.
    async fn original_amount(&self) -> Money {
        self.money(self.payment.amounts.original)
    }

    /// The least to which the customer may lower the amount after a decline for lack of funds; null if the
    /// amount is fixed.
    async fn minimum_amount(&self) -> Option<Money> {
        self.payment.minimum.map(|minimum| self.money(minimum))
    }

    /// Whether an approval for less than `amount` is taken.
    async fn accepts_partial_authorization(&self) -> bool {
        self.payment.accepts_partial
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

    /// How much the customer's bank holds or has taken back in disputes.
    async fn disputed(&self) -> Money {
        self.money(self.payment.amounts.disputed)
    }

    /// When what is reserved is captured by itself; null if only `capturePayment` does that.
    async fn capture_at(&self) -> Option<DateTime> {
        self.payment.capture_at.map(DateTime)
    }

    /// Until when it may be committed and the customer may act; null if it does not expire.
    async fn expires_at(&self) -> Option<DateTime> {
        self.payment.expires_at.map(DateTime)
    }

    /// How often it was committed: sent to a processor on somebody's word.
    async fn commits(&self) -> i32 {
        self.payment.commits
    }

    /// How often it may be committed.
    async fn commits_max(&self) -> i32 {
        self.payment.commits_max
    }

    /// Whether a final capture was done, after which nothing more is captured.
    async fn is_final_captured(&self) -> bool {
        self.payment.is_final_captured
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

    /// Why the merchant started it; null if the customer did.
    async fn mit_reason(&self) -> Option<MitReason> {
        self.payment.mit_reason.map(Into::into)
    }

    /// The card network's id of it, for later merchant-initiated payments; null if the processor told none.
    async fn network_transaction_id(&self) -> Option<&str> {
        self.payment.network_transaction_id.as_deref()
    }

    /// The earlier payment whose instrument pays; null if it refers to none.
    async fn reference_payment(&self, gql: &Context<'_>) -> Nullable<Payment> {
        super::payment(gql, self.payment.reference_payment_id).await
    }

    /// Where customers and your server are told of the outcome.
    async fn urls(&self) -> PaymentUrls {
        PaymentUrls::from(self.payment.urls.clone())
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
                Ok(Some(found.into_iter().map(PaymentAttempt::new).collect()))
            }
            .await,
        )
    }

    /// What happened to it, the newest first: within reach are its newest 100 events; `totalCount` counts all.
    async fn events(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "How many, from the newest: 1 to 100, 20 if absent.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many, from the oldest: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Nullable<Connection<Event>> {
        let arguments = PageArguments::new(first, after, last, before);
        Some(
            async {
                let session = session(gql)?;
                let page = arguments.page::<Event>(session.ctx(), asks_for_total(gql))?;
                let found = session.loaders().events_of.load(self.payment.id).await?;
                Ok(Connection::of(page_of(found, &page), Event::new))
            }
            .await,
        )
    }

    /// Its ledger by the position: every movement of its money, at most the newest 1,000; null if it cannot be
    /// read.
    async fn ledger(&self, gql: &Context<'_>) -> Nullable<Vec<Transfer>> {
        nullable(
            async {
                let found = session(gql)?.loaders().ledgers_of.load(self.payment.id).await?;
                Ok(Some(found.into_iter().map(Transfer).collect()))
            }
            .await,
        )
    }

    /// What customers' banks contest about it, the first first; null if it cannot be read.
    async fn disputes(&self, gql: &Context<'_>) -> Nullable<Vec<Dispute>> {
        nullable(
            async {
                let found = session(gql)?.loaders().disputes_of.load(self.payment.id).await?;
                Ok(Some(found.into_iter().map(Dispute::new).collect()))
            }
            .await,
        )
    }

    /// The order that it pays; null if there is none, and without `orders:read`.
    async fn order(&self, gql: &Context<'_>) -> Nullable<Order> {
        crate::orders::order(gql, self.payment.order_id).await
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
