//! Tenants: the object, its look-ups and its changes.

mod keys;
mod mutations;

use std::sync::Arc;

use async_graphql::{Context, Error, ID, Object, OneofObject};
use purser_domain::tenant;
use purser_services::views::TenantView;
use purser_services::{containers, reads, tenants};
use purser_types::id::TenantId;
use purser_types::page::Position;

use crate::containers::Container;
use crate::context::{enter, session};
use crate::error::{Nullable, nullable, told};
use crate::node::known;
use crate::page::{Connection, Listed, PageArguments, asks_for_total, listed};
use crate::scalars::{CurrencyCode, DateTime};
use crate::words::{Feature, TenantStatus};

pub(crate) use keys::{ApiKey, KeyMutation};
pub(crate) use mutations::TenantMutation;

/// A tenant that the viewer sees, in full or by its name only.
#[derive(Clone)]
pub(crate) struct Tenant(Arc<TenantView>);

impl Tenant {
    pub(crate) fn new(view: TenantView) -> Self {
        Self(Arc::new(view))
    }

    /// A tenant at or below the viewer's own.
    pub(crate) fn full(tenant: tenant::Tenant) -> Self {
        Self::new(TenantView { tenant, is_full: true })
    }

    /// What a field shows of a tenant that the viewer sees in full, if the table lets it.
    fn shown<T>(
        &self,
        gql: &Context<'_>,
        subject: &str,
        show: impl FnOnce(&tenant::Tenant) -> T,
    ) -> Nullable<T> {
        let is_shown = session(gql).map(|session| self.0.is_full && session.may(subject));
        nullable(is_shown.map(|is_shown| is_shown.then(|| show(&self.0.tenant))))
    }
}

impl Listed for Tenant {
    const LIST: &'static str = "tenants";

    fn position(&self) -> Position {
        Position { created_at: self.0.tenant.created_at, id: self.0.tenant.id.uuid() }
    }
}

/// A tenant: a marketplace, a merchant, a store. There is one tree of tenants; a merchant is a tenant that
/// has connectors. Of partners outside of your own part of the tree you see name and slug only.
#[Object]
impl Tenant {
    /// The global id, `ten_…`.
    pub(crate) async fn id(&self) -> ID {
        self.0.tenant.id.into()
    }

    /// A unique, readable name for command lines and addresses: lower-case letters, digits, dashes.
    async fn slug(&self) -> &str {
        &self.0.tenant.slug
    }

    /// The name that people see.
    async fn name(&self) -> &str {
        &self.0.tenant.name
    }

    /// Whether the tenant may act. Null for partners, and without `tenants:read`.
    async fn status(&self, gql: &Context<'_>) -> Nullable<TenantStatus> {
        self.shown(gql, "Tenant.status", |tenant| tenant.status.into())
    }

    /// What the tenant's plan includes. Null for partners, and without `tenants:read`.
    async fn features(&self, gql: &Context<'_>) -> Nullable<Vec<Feature>> {
        self.shown(gql, "Tenant.features", |tenant| tenant.features.iter().map(Feature::from).collect())
    }

    /// The currency of amounts that name none, ISO 4217. Null for partners, and without `tenants:read`.
    async fn default_currency(&self, gql: &Context<'_>) -> Nullable<CurrencyCode> {
        self.shown(gql, "Tenant.defaultCurrency", |tenant| CurrencyCode(tenant.default_currency))
    }

    /// The tenant above. Null for a root, for partners, and without `tenants:read`.
    async fn parent(&self, gql: &Context<'_>) -> Nullable<Tenant> {
        let parent_id = self.shown(gql, "Tenant.parent", |tenant| tenant.parent_id).transpose();
        nullable(
            async {
                let Some(id) = parent_id?.flatten() else { return Ok(None) };
                Ok(session(gql)?.loaders().tenants.load(id).await?.map(Tenant::new))
            }
            .await,
        )
    }

    /// The tenants directly below, newest first. Null for partners, and without `tenants:read`.
    async fn children(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "How many, from the newest: 1 to 100, 20 if absent.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many, from the oldest: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Nullable<Connection<Tenant>> {
        let arguments = PageArguments::new(first, after, last, before);
        let id = self.shown(gql, "Tenant.children", |tenant| tenant.id)?;
        Some(match id {
            Ok(id) => below(gql, id, &arguments).await,
            Err(error) => Err(error),
        })
    }

    /// The container that is bound as the default of your own tenant; null if none is, of other tenants,
    /// and without `containers:read`.
    async fn default_container(&self, gql: &Context<'_>) -> Nullable<Container> {
        nullable(
            async {
                let session = session(gql)?;
                let is_own = self.0.tenant.id == session.ctx().viewer().tenant();
                if !is_own || !session.may("Tenant.defaultContainer") {
                    return Ok(None);
                }
                let id = containers::default_of_tenant(session.ctx()).await.map_err(|error| told(&error))?;
                crate::containers::container(gql, id).await.transpose()
            }
            .await,
        )
    }

    /// The tenant's API keys of your environment, newest first, revoked ones included. Null for
    /// partners, and without `keys:admin`.
    async fn api_keys(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "How many, from the newest: 1 to 100, 20 if absent.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many, from the oldest: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Nullable<Connection<ApiKey>> {
        let arguments = PageArguments::new(first, after, last, before);
        let id = self.shown(gql, "Tenant.apiKeys", |tenant| tenant.id)?;
        Some(match id {
            Ok(id) => keys::of_tenant(gql, id, &arguments).await,
            Err(error) => Err(error),
        })
    }

    /// When the tenant was created. Null for partners, and without `tenants:read`.
    async fn created_at(&self, gql: &Context<'_>) -> Nullable<DateTime> {
        self.shown(gql, "Tenant.createdAt", |tenant| DateTime(tenant.created_at))
    }

    /// Grows by one with each change; `updateTenant` takes it as `expectedVersion`. Null for partners,
    /// and without `tenants:read`.
    async fn version(&self, gql: &Context<'_>) -> Nullable<i32> {
        self.shown(gql, "Tenant.version", |tenant| tenant.version)
    }
}

/// The tenants directly below one that the viewer sees in full.
async fn below(
    gql: &Context<'_>,
    parent: TenantId,
    arguments: &PageArguments,
) -> Result<Connection<Tenant>, Error> {
    let ctx = session(gql)?.ctx();
    let page = arguments.page::<Tenant>(ctx, asks_for_total(gql))?;
    listed(reads::tenants_below(ctx, parent, page).await, Tenant::full)
}

/// One of the keys of a tenant.
#[derive(OneofObject)]
pub(crate) enum TenantBy {
    /// The global id, `ten_…`.
    Id(ID),
    /// The unique slug.
    Slug(String),
}

#[derive(Default)]
pub(crate) struct TenantQuery;

#[Object]
impl TenantQuery {
    /// A tenant; null if there is none that you can see: your own, those below it, and by id the
    /// partners you share containers with. Needs `tenants:read`.
    async fn tenant(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "By which of its keys.")] by: TenantBy,
    ) -> Nullable<Tenant> {
        nullable(
            async {
                let session = enter(gql, "Query.tenant")?;
                let found = match by {
                    TenantBy::Id(id) => match known(&id) {
                        Some(id) => session.loaders().tenants.load(id).await?.map(Tenant::new),
                        None => None,
                    },
                    TenantBy::Slug(slug) => {
                        let found = tenants::find_by_slug(session.ctx(), &slug).await;
                        found.map_err(|error| told(&error))?.map(Tenant::full)
                    }
                };
                Ok(found)
            }
            .await,
        )
    }

    /// The tenants directly below one, newest first; null below what is no tenant. Needs
    /// `tenants:read`.
    async fn tenants(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Below which tenant; your own if absent.")] parent_id: Option<ID>,
        #[graphql(desc = "How many, from the newest: 1 to 100, 20 if absent.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many, from the oldest: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Nullable<Connection<Tenant>> {
        let arguments = PageArguments::new(first, after, last, before);
        nullable(
            async {
                let session = enter(gql, "Query.tenants")?;
                let parent = match &parent_id {
                    Some(id) => known(id),
                    None => Some(session.ctx().viewer().tenant()),
                };
                let Some(parent) = parent else { return Ok(None) };
                below(gql, parent, &arguments).await.map(Some)
            }
            .await,
        )
    }
}
