//! Connectors and routers: the objects, their look-ups and their changes.

mod capabilities;
mod mutations;
mod plugins;
mod routers;

use std::sync::Arc;

use async_graphql::{Context, ID, Object};
use purser_domain::connector;
use purser_services::{connectors, reads};
use purser_types::id::ConnectorId;
use purser_types::page::Position;

use crate::containers::EffectiveContainer;
use crate::context::{enter, session};
use crate::error::{Nullable, ServiceError, nullable, told};
use crate::node::known;
use crate::page::{Connection, Listed, PageArguments, asks_for_total, listed};
use crate::scalars::{DateTime, JsonObject};
use crate::words::{ConnectorStatus, Environment};
use capabilities::ConnectorCapabilities;

pub(crate) use mutations::ConnectorMutation;
pub(crate) use plugins::PluginQuery;
pub(crate) use routers::{Router, RouterMutation, RouterQuery, router};

/// One of the viewer's own connectors.
#[derive(Clone)]
pub(crate) struct Connector(Arc<connector::Connector>);

impl Connector {
    pub(crate) fn new(connector: connector::Connector) -> Self {
        Self(Arc::new(connector))
    }
}

impl Listed for Connector {
    const LIST: &'static str = "connectors";

    fn position(&self) -> Position {
        Position { created_at: self.0.created_at, id: self.0.id.uuid() }
    }
}

/// The connector that a field leads to; null if there is none that the viewer sees.
pub(crate) async fn connector(gql: &Context<'_>, id: Option<ConnectorId>) -> Nullable<Connector> {
    nullable(
        async {
            let session = session(gql)?;
            let Some(id) = id.filter(|_| session.may("Connector")) else { return Ok(None) };
            Ok(session.loaders().connectors.load(id).await?.map(Connector::new))
        }
        .await,
    )
}

/// One of your accounts at a processor.
#[Object]
impl Connector {
    /// The global id, `con_…`.
    pub(crate) async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// The name; unique among your connectors of the environment.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// The plugin that speaks to the processor, one of `connectorPlugins`.
    async fn plugin_id(&self) -> &str {
        &self.0.plugin_id
    }

    /// The processor behind it; connectors of one processor may share stored instruments.
    async fn processor(&self) -> &str {
        &self.0.processor
    }

    /// Whether it takes payments.
    async fn status(&self) -> ConnectorStatus {
        self.0.status.into()
    }

    /// Why its settings do not work; null if they do.
    async fn status_reason(&self, gql: &Context<'_>) -> Nullable<String> {
        nullable(
            async {
                match connectors::capabilities(session(gql)?.ctx(), self.0.id).await {
                    Ok(opened) => Ok(opened.err()),
                    Err(ServiceError::Refused(_)) => Ok(None),
                    Err(fault) => Err(told(&fault)),
                }
            }
            .await,
        )
    }

    /// The plugin's settings that are no secrets. Secrets are never shown.
    async fn settings(&self) -> JsonObject {
        JsonObject(self.0.settings.as_object().cloned().unwrap_or_default())
    }

    /// What it can do; null if its settings do not work.
    async fn capabilities(&self, gql: &Context<'_>) -> Nullable<ConnectorCapabilities> {
        nullable(
            async {
                match connectors::capabilities(session(gql)?.ctx(), self.0.id).await {
                    Ok(opened) => Ok(opened.ok().map(ConnectorCapabilities)),
                    Err(ServiceError::Refused(_)) => Ok(None),
                    Err(fault) => Err(told(&fault)),
                }
            }
            .await,
        )
    }

    /// Which container it uses, and why not if it does not; null without `containers:read`.
    async fn container(&self, gql: &Context<'_>) -> Nullable<EffectiveContainer> {
        match session(gql) {
            Ok(session) if session.may("Container") => crate::containers::effective(gql, self.0.id).await,
            Ok(_) => None,
            Err(error) => Some(Err(error)),
        }
    }

    /// Whether your default container does not count for it.
    async fn ignores_tenant_default(&self) -> bool {
        self.0.ignores_tenant_default
    }

    /// Live or sandbox.
    async fn environment(&self) -> Environment {
        self.0.environment.into()
    }

    /// When it was created.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// Grows by one with each change; `updateConnector` takes it as `expectedVersion`.
    async fn version(&self) -> i32 {
        self.0.version
    }
}

#[derive(Default)]
pub(crate) struct ConnectorQuery;

#[Object]
impl ConnectorQuery {
    /// One of your connectors; null if there is none. Needs `connectors:read`.
    async fn connector(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The global id, `con_…`.")] id: ID,
    ) -> Nullable<Connector> {
        match enter(gql, "Query.connector") {
            Ok(_) => connector(gql, known(&id)).await,
            Err(denied) => Some(Err(denied)),
        }
    }

    /// Your connectors, newest first. Needs `connectors:read`.
    async fn connectors(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "How many, from the newest: 1 to 100, 20 if absent.")] first: Option<i32>,
        #[graphql(desc = "Only those after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many, from the oldest: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only those before this cursor.")] before: Option<String>,
    ) -> Nullable<Connection<Connector>> {
        let arguments = PageArguments::new(first, after, last, before);
        nullable(
            async {
                let ctx = enter(gql, "Query.connectors")?.ctx();
                let page = arguments.page::<Connector>(ctx, asks_for_total(gql))?;
                listed(reads::connectors(ctx, page).await, Connector::new).map(Some)
            }
            .await,
        )
    }
}
