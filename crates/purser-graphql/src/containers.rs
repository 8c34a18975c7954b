//! Containers: the object, its shares, bindings and opt-outs, and its look-ups.

mod bindings;
mod mutations;
mod opt_outs;
mod shares;

use std::sync::Arc;

use async_graphql::{Context, ID, Object};
use purser_services::reads;
use purser_services::views::ContainerView;
use purser_types::id::ContainerId;
use purser_types::page::Position;

use crate::context::{enter, session};
use crate::error::{Nullable, nullable};
use crate::node::known;
use crate::page::{Connection, Listed, PageArguments, asks_for_total, listed};
use crate::profiles::Profile;
use crate::scalars::DateTime;
use crate::tenants::Tenant;
use crate::words::{ContainerStatus, Environment, Permission};

pub(crate) use bindings::{BindingMutation, BindingQuery, EffectiveContainer, effective};
pub(crate) use mutations::ContainerMutation;
pub(crate) use opt_outs::{OptOutMutation, OptOutQuery};
pub(crate) use shares::{ContainerShare, ShareMutation};

/// A container that the viewer sees.
#[derive(Clone)]
pub(crate) struct Container(Arc<ContainerView>);

impl Container {
    pub(crate) fn new(view: ContainerView) -> Self {
        Self(Arc::new(view))
    }

    pub(crate) fn shared(view: &Arc<ContainerView>) -> Self {
        Self(Arc::clone(view))
    }
}

impl Listed for Container {
    const LIST: &'static str = "containers";

    fn position(&self) -> Position {
        Position { created_at: self.0.container.created_at, id: self.0.container.id.uuid() }
    }
}

/// The container that a field leads to; null if there is none that the viewer sees.
pub(crate) async fn container(gql: &Context<'_>, id: Option<ContainerId>) -> Nullable<Container> {
    nullable(
        async {
            let session = session(gql)?;
            let Some(id) = id.filter(|_| session.may("Container")) else { return Ok(None) };
            Ok(session.loaders().containers.load(id).await?.map(Container::new))
        }
        .await,
    )
}

/// A container of customer profiles. One tenant owns it and can share it with others of its tree.
#[Object]
impl Container {
    /// The global id, `cnt_…`.
    pub(crate) async fn id(&self) -> ID {
        self.0.container.id.into()
    }

    /// The name; unique among the owner's containers of the environment.
    async fn name(&self) -> &str {
        &self.0.container.name
    }

    /// What it is for, in the owner's words; null if the owner did not say.
    async fn description(&self) -> Option<&str> {
        self.0.container.description.as_deref()
    }

    /// What can be done with it.
    async fn status(&self) -> ContainerStatus {
        self.0.container.status.into()
    }

    /// Whether its profiles are live or sandbox ones.
    async fn environment(&self) -> Environment {
        self.0.container.environment.into()
    }

    /// Who owns it; null if the tenant is gone.
    async fn owner(&self, gql: &Context<'_>) -> Nullable<Tenant> {
        nullable(
            async {
                let found = session(gql)?.loaders().tenants.load(self.0.container.owner_tenant_id).await?;
                Ok(found.map(Tenant::new))
            }
            .await,
        )
    }

    /// What you may do in it now, all your grants together; empty while it is disabled for you.
    async fn permissions(&self) -> Vec<Permission> {
        self.0.grant.permissions.iter().map(Permission::from).collect()
    }

    /// Whether your tenant owns it.
    async fn is_owner(&self) -> bool {
        self.0.grant.is_owner
    }

    /// With whom it is shared, newest first: all shares for the owner, its own for a grantee.
    async fn shares(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "How many, from the newest: 1 to 100, 20 if absent.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many, from the oldest: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Nullable<Connection<ContainerShare>> {
        let arguments = PageArguments::new(first, after, last, before);
        nullable(
            async {
                let ctx = session(gql)?.ctx();
                let page = arguments.page::<ContainerShare>(ctx, asks_for_total(gql))?;
                let slice = reads::shares(ctx, self.0.container.id, page).await;
                listed(slice, ContainerShare::new).map(Some)
            }
            .await,
        )
    }

    /// Its profiles that you see, newest first: all of them for the owner, the linked ones for a
    /// grantee. Null without `profiles:read`.
    async fn profiles(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "How many, from the newest: 1 to 100, 20 if absent.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many, from the oldest: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Nullable<Connection<Profile>> {
        let arguments = PageArguments::new(first, after, last, before);
        crate::profiles::of_container(gql, self.0.container.id, &arguments).await
    }

    /// When it was created.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.container.created_at)
    }

    /// Grows by one with each change; `updateContainer` takes it as `expectedVersion`.
    async fn version(&self) -> i32 {
        self.0.container.version
    }
}

#[derive(Default)]
pub(crate) struct ContainerQuery;

#[Object]
impl ContainerQuery {
    /// A container that you own or that is shared with you; null if there is none that you can see. Needs
    /// `containers:read`.
    async fn container(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The global id, `cnt_…`.")] id: ID,
    ) -> Nullable<Container> {
        match enter(gql, "Query.container") {
            Ok(_) => container(gql, known(&id)).await,
            Err(denied) => Some(Err(denied)),
        }
    }

    /// The containers that you own or that are shared with you, newest first. Needs `containers:read`.
    async fn containers(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "How many, from the newest: 1 to 100, 20 if absent.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many, from the oldest: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Nullable<Connection<Container>> {
        let arguments = PageArguments::new(first, after, last, before);
        nullable(
            async {
                let ctx = enter(gql, "Query.containers")?.ctx();
                let page = arguments.page::<Container>(ctx, asks_for_total(gql))?;
                listed(reads::containers(ctx, page).await, Container::new).map(Some)
            }
            .await,
        )
    }
}
