//! The plugins of the server.

use async_graphql::{Context, Object};
use purser_services::{Plugin, connectors};

use crate::context::enter;
use crate::error::Nullable;
use crate::scalars::JsonObject;

/// A plugin.
pub(crate) struct ConnectorPlugin(Plugin);

/// A plugin of this server: what a connector can be made of.
#[Object]
impl ConnectorPlugin {
    /// The name, lower case; `createConnector` takes it as `pluginId`.
    async fn id(&self) -> &'static str {
        self.0.id
    }

    /// What people read.
    async fn title(&self) -> &'static str {
        self.0.title
    }

    /// The plugin's own version.
    async fn version(&self) -> &'static str {
        self.0.version
    }

    /// Whether it only simulates a processor: nothing of value ever moves.
    async fn is_simulated(&self) -> bool {
        self.0.is_simulated
    }

    /// The JSON Schema, draft 2020-12, of its settings.
    async fn config_schema(&self) -> JsonObject {
        JsonObject(self.0.config_schema.as_object().cloned().unwrap_or_default())
    }

    /// A complete example of its settings, without real secrets.
    async fn sample_settings(&self) -> JsonObject {
        JsonObject(self.0.sample_config.as_object().cloned().unwrap_or_default())
    }

    /// The settings that are secret: written, sealed, never shown.
    async fn secret_fields(&self) -> &'static [&'static str] {
        self.0.secret_fields
    }

    /// Patterns of the hosts that its connectors call.
    async fn hosts(&self) -> &'static [&'static str] {
        self.0.hosts
    }
}

#[derive(Default)]
pub(crate) struct PluginQuery;

#[Object]
impl PluginQuery {
    /// The plugins of this server. Needs `connectors:read`.
    async fn connector_plugins(&self, gql: &Context<'_>) -> Nullable<Vec<ConnectorPlugin>> {
        let session = enter(gql, "Query.connectorPlugins");
        let plugins = |ctx| connectors::plugins(ctx).cloned().map(ConnectorPlugin).collect();
        Some(session.map(|session| plugins(session.ctx())))
    }
}
