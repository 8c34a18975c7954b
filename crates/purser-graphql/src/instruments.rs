//! Stored instruments: the object, its look-ups and its changes.

mod chargeable;
mod details;
mod mutations;

use std::sync::Arc;

use async_graphql::{Context, Error, ID, Object, OneofObject};
use purser_services::Ctx;
use purser_services::instruments::{self, InstrumentKey};
use purser_services::views::InstrumentView;
use purser_types::id::InstrumentId;

use crate::connectors::Connector;
use crate::context::{enter, session};
use crate::error::{Nullable, ServiceError, nullable, told};
use crate::node::known;
use crate::profiles::Profile;
use crate::scalars::DateTime;
use crate::words::{InstrumentKind, InstrumentStatus, Shareable};

use details::InstrumentDetails;

pub(crate) use chargeable::ChargeableQuery;
pub(crate) use details::display_name;
pub(crate) use mutations::InstrumentMutation;

/// An instrument that the viewer sees, and the profile that led to it.
#[derive(Clone)]
pub(crate) struct Instrument {
    view: Arc<InstrumentView>,
    profile: Option<Profile>,
}

impl Instrument {
    pub(crate) fn new(view: InstrumentView) -> Self {
        Self { view: Arc::new(view), profile: None }
    }

    /// The same, led to by its profile.
    pub(crate) fn of(self, profile: &Profile) -> Self {
        Self { profile: Some(profile.clone()), ..self }
    }

    /// The name of the method, as clients know it.
    pub(crate) fn method_name(&self) -> &str {
        &self.view.instrument.method
    }

    /// The text that pays.
    pub(crate) fn token(&self) -> &str {
        &self.view.instrument.payment_token
    }

    async fn is_stored_here(&self, gql: &Context<'_>) -> Result<bool, Error> {
        let viewer = session(gql)?.ctx().viewer().tenant();
        Ok(self.view.instrument.stored_by_tenant_id == viewer)
    }
}

/// The instrument that a field leads to; null if there is none that the viewer sees.
pub(crate) async fn instrument(gql: &Context<'_>, id: Option<InstrumentId>) -> Nullable<Instrument> {
    nullable(
        async {
            let session = session(gql)?;
            let Some(id) = id.filter(|_| session.may("Instrument")) else { return Ok(None) };
            Ok(session.loaders().instruments.load(id).await?.map(Instrument::new))
        }
        .await,
    )
}

/// A payment instrument stored in a profile. Nothing here is enough to pay with but `paymentToken`, and
/// that only for those who see the profile.
#[Object]
impl Instrument {
    /// The global id, `pin_…`.
    pub(crate) async fn id(&self) -> ID {
        self.view.instrument.id.into()
    }

    /// The text that pays, `pt::…`. Needs `instruments:use`, null without.
    async fn payment_token(&self, gql: &Context<'_>) -> Nullable<&str> {
        let is_shown = session(gql).map(|session| session.may("Instrument.paymentToken"));
        nullable(is_shown.map(|is_shown| is_shown.then_some(self.view.instrument.payment_token.as_str())))
    }

    /// Whose it is; null without `profiles:read`.
    async fn profile(&self, gql: &Context<'_>) -> Nullable<Profile> {
        match &self.profile {
            Some(profile) => nullable(session(gql).map(|it| it.may("Profile").then(|| profile.clone()))),
            None => crate::profiles::profile(gql, Some(self.view.instrument.profile_id)).await,
        }
    }

    /// The kind of instrument.
    async fn kind(&self) -> InstrumentKind {
        self.view.instrument.kind.into()
    }

    /// The method's name, such as `card`, `paypal`, `momo_mtn`; processors may add names.
    async fn method(&self) -> &str {
        &self.view.instrument.method
    }

    /// One line to recognise it by, such as `Visa •••• 4242`.
    async fn display_name(&self) -> String {
        display_name(&self.view.instrument.details)
    }

    /// What may be shown of it, by its kind.
    async fn details(&self) -> InstrumentDetails {
        InstrumentDetails::new(&self.view.instrument.details, self.view.grant.permissions)
    }

    /// Whether it can pay.
    async fn status(&self) -> InstrumentStatus {
        self.view.instrument.status.into()
    }

    /// Who may see and use it.
    async fn shareable(&self) -> Shareable {
        self.view.instrument.shareable.into()
    }

    /// Whether it is the one to offer first.
    async fn is_preferred(&self) -> bool {
        self.view.is_preferred
    }

    /// Whether your tenant stored it. Another's can be paid with only if your grant says `USE_INSTRUMENT`.
    async fn is_own(&self, gql: &Context<'_>) -> Result<bool, Error> {
        self.is_stored_here(gql).await
    }

    /// The connector that stored it; null if another tenant's did, and without `connectors:read`.
    async fn connector(&self, gql: &Context<'_>) -> Nullable<Connector> {
        match self.is_stored_here(gql).await {
            Ok(true) => {
                let id = self.view.instrument.origin.connector_id;
                crate::connectors::connector(gql, Some(id)).await
            }
            Ok(false) => None,
            Err(error) => Some(Err(error)),
        }
    }

    /// When it was stored.
    async fn created_at(&self) -> DateTime {
        DateTime(self.view.instrument.created_at)
    }

    /// When it last paid at your tenant; null if it never did, and if another tenant stored it.
    async fn last_used_at(&self, gql: &Context<'_>) -> Nullable<DateTime> {
        let is_own = self.is_stored_here(gql).await;
        nullable(is_own.map(|is_own| self.view.instrument.last_used_at.filter(|_| is_own).map(DateTime)))
    }
}

/// One of the keys of an instrument.
#[derive(OneofObject, Debug, Clone)]
pub(crate) enum InstrumentBy {
    /// The global id, `pin_…`.
    Id(ID),
    /// The text that pays, `pt::…`.
    PaymentToken(String),
}

impl InstrumentBy {
    /// The key; none if an id in it names nothing.
    pub(crate) fn key(self) -> Option<InstrumentKey> {
        match self {
            Self::Id(id) => known(&id).map(InstrumentKey::Id),
            Self::PaymentToken(token) => Some(InstrumentKey::PaymentToken(token)),
        }
    }

    /// The id; none if the key names nothing that the viewer sees.
    pub(crate) async fn resolve(self, ctx: &Ctx) -> Result<Option<InstrumentId>, ServiceError> {
        let Some(key) = self.key() else { return Ok(None) };
        Ok(instruments::find(ctx, &key).await?.map(|view| view.instrument.id))
    }
}

#[derive(Default)]
pub(crate) struct InstrumentQuery;

#[Object]
impl InstrumentQuery {
    /// A stored instrument; null if there is none that you can see. Looked up by its payment token, its
    /// profile is linked to your tenant. Needs `instruments:read`.
    async fn instrument(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "By which of its keys.")] by: InstrumentBy,
    ) -> Nullable<Instrument> {
        nullable(
            async {
                let session = enter(gql, "Query.instrument")?;
                let Some(key) = by.key() else { return Ok(None) };
                let view = instruments::find(session.ctx(), &key).await.map_err(|error| told(&error))?;
                Ok(view.map(Instrument::new))
            }
            .await,
        )
    }
}
