//! Routers: the object, its look-ups and its changes.

use std::sync::Arc;

use async_graphql::{Context, Error, ID, InputObject, Object, SimpleObject};
use purser_domain::connector;
use purser_services::{connectors, reads};
use purser_types::id::{ConnectorId, RouterId};
use purser_types::page::Position;

use super::Connector;
use crate::context::{enter, session};
use crate::error::{Code, Nullable, ServiceError, nullable};
use crate::node::known;
use crate::once::enter_keyed;
use crate::page::{Connection, Listed, PageArguments, asks_for_total, listed};
use crate::payload::{self, Codes, UserError, settle};
use crate::scalars::DateTime;
use crate::words::Environment;

/// One of the viewer's own routers.
#[derive(Clone)]
pub(crate) struct Router(Arc<connector::Router>);

impl Router {
    pub(crate) fn new(router: connector::Router) -> Self {
        Self(Arc::new(router))
    }
}

impl Listed for Router {
    const LIST: &'static str = "routers";

    fn position(&self) -> Position {
        Position { created_at: self.0.created_at, id: self.0.id.uuid() }
    }
}

/// The router that a field leads to; null if there is none that the viewer sees.
pub(crate) async fn router(gql: &Context<'_>, id: Option<RouterId>) -> Nullable<Router> {
    nullable(
        async {
            let session = session(gql)?;
            let Some(id) = id.filter(|_| session.may("Router")) else { return Ok(None) };
            Ok(session.loaders().routers.load(id).await?.map(Router::new))
        }
        .await,
    )
}

/// A router over your connectors: a payment sent to it goes to the first connector that can serve it, and
/// a stored instrument to the connector that it is tied to.
#[Object]
impl Router {
    /// The global id, `rtr_…`.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The name; unique among your routers of the environment.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The connectors in order of preference, at most 20; null without `connectors:read`.
    async fn connectors(&self, gql: &Context<'_>) -> Nullable<Vec<Connector>> {
        nullable(
            async {
                let session = session(gql)?;
                if !session.may("Connector") {
                    return Ok(None);
                }
                let found = session.loaders().connectors.load_many(&self.0.connector_ids).await?;
                Ok(Some(found.into_iter().flatten().map(Connector::new).collect()))
            }
            .await,
        )
    }

    /// Live or sandbox.
    async fn environment(&self) -> Environment {
        self.0.environment.into()
    }

    /// When it was created.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// Grows by one with each change; `updateRouter` takes it as `expectedVersion`.
    async fn version(&self) -> i32 {
        self.0.version
    }
}

#[derive(Default)]
pub(crate) struct RouterQuery;

#[Object]
impl RouterQuery {
    /// One of your routers; null if there is none. Needs `routing:read`.
    async fn router(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The global id, `rtr_…`.")] id: ID,
    ) -> Nullable<Router> {
        match enter(gql, "Query.router") {
            Ok(_) => router(gql, known(&id)).await,
            Err(denied) => Some(Err(denied)),
        }
    }

    /// Your routers, newest first. Needs `routing:read`.
    async fn routers(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "How many, from the newest: 1 to 100, 20 if absent.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many, from the oldest: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Nullable<Connection<Router>> {
        let arguments = PageArguments::new(first, after, last, before);
        nullable(
            async {
                let ctx = enter(gql, "Query.routers")?.ctx();
                let page = arguments.page::<Router>(ctx, asks_for_total(gql))?;
                listed(reads::routers(ctx, page).await, Router::new).map(Some)
            }
            .await,
        )
    }
}

/// A new router.
#[derive(InputObject)]
pub(crate) struct CreateRouterInput {
    /// Unique among your routers of the environment, at most 100 characters.
    name: String,
    /// Your connectors in order of preference, 1 to 20, each once.
    connector_ids: Vec<ID>,
    /// A text of yours that stands for this request, 1 to 255 visible ASCII characters: sent again with the
    /// same key it is not carried out again, but answered with what there is now. Not checked if absent; the
    /// header `Idempotency-Key` says the same.
    idempotency_key: Option<String>,
}

/// The codes of `createRouter`.
pub(crate) enum CreateRouter {}
impl Codes for CreateRouter {
    const MUTATION: &'static str = "CreateRouter";
    const CODES: &'static [Code] = &[
        Code::FeatureDisabled,
        Code::ConnectorNotFound,
        Code::RouterNameTaken,
        Code::InvalidInput,
        Code::IdempotencyKeyReused,
    ];
}

/// What became of `createRouter`.
#[derive(SimpleObject)]
pub(crate) struct CreateRouterPayload {
    /// The new router; null if it was refused.
    router: Option<Router>,
    /// Why it was refused; empty if it was not.
    user_errors: Vec<UserError<CreateRouter>>,
}

/// A change of a router.
#[derive(InputObject)]
pub(crate) struct UpdateRouterInput {
    /// Which one: yours.
    id: ID,
    /// The version that you read; a change in between is refused with `VERSION_CONFLICT`. Not checked if absent.
    expected_version: Option<i32>,
    /// A new name, at most 100 characters; unchanged if absent.
    name: Option<String>,
    /// Your connectors in order of preference, 1 to 20, each once; unchanged if absent.
    connector_ids: Option<Vec<ID>>,
}

/// The codes of `updateRouter`.
pub(crate) enum UpdateRouter {}
impl Codes for UpdateRouter {
    const MUTATION: &'static str = "UpdateRouter";
    const CODES: &'static [Code] = &[
        Code::RouterNotFound,
        Code::FeatureDisabled,
        Code::ConnectorNotFound,
        Code::RouterNameTaken,
        Code::VersionConflict,
        Code::InvalidInput,
    ];
}

/// What became of `updateRouter`.
#[derive(SimpleObject)]
pub(crate) struct UpdateRouterPayload {
    /// The changed router; null if it was refused.
    router: Option<Router>,
    /// Why it was refused; empty if it was not.
    user_errors: Vec<UserError<UpdateRouter>>,
}

#[derive(Default)]
pub(crate) struct RouterMutation;

#[Object]
impl RouterMutation {
    /// Creates a router over your connectors. Needs `routing:write`.
    async fn create_router(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The new router.")] input: CreateRouterInput,
    ) -> Nullable<CreateRouterPayload> {
        Some(create(gql, input).await)
    }

    /// Changes one of your routers; payments under way are not touched. Needs `routing:write`.
    async fn update_router(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The change.")] input: UpdateRouterInput,
    ) -> Nullable<UpdateRouterPayload> {
        Some(update(gql, input).await)
    }
}

fn connector_ids(ids: &[ID]) -> Result<Vec<ConnectorId>, ServiceError> {
    let parsed = ids
        .iter()
        .enumerate()
        .map(|(position, id)| payload::id(id, Code::ConnectorNotFound, &format!("connectorIds.{position}")));
    parsed.collect()
}

async fn create(gql: &Context<'_>, input: CreateRouterInput) -> Result<CreateRouterPayload, Error> {
    let keyed = enter_keyed(gql, "Mutation.createRouter")?;
    let done = keyed.write(|ctx| async move {
        let connector_ids = connector_ids(&input.connector_ids)?;
        connectors::create_router(&ctx, connectors::CreateRouter { name: input.name, connector_ids }).await
    });
    let (router, user_errors) = settle(done.await)?;
    Ok(CreateRouterPayload { router: router.map(Router::new), user_errors })
}

async fn update(gql: &Context<'_>, input: UpdateRouterInput) -> Result<UpdateRouterPayload, Error> {
    let session = enter(gql, "Mutation.updateRouter")?;
    let done = session.write(|ctx| async move {
        let input = connectors::UpdateRouter {
            id: payload::id(&input.id, Code::RouterNotFound, "id")?,
            expected_version: input.expected_version,
            name: input.name,
            connector_ids: input.connector_ids.as_deref().map(connector_ids).transpose()?,
        };
        connectors::update_router(&ctx, input).await
    });
    let (router, user_errors) = settle(done.await)?;
    Ok(UpdateRouterPayload { router: router.map(Router::new), user_errors })
}
