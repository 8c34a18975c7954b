//! Connectors and routers: configured, probed, routed over.

use std::sync::Arc;

use purser_connector::{Capabilities, Connector as Plugged, OperationKind};
use purser_domain::Environment;
use purser_domain::connector::{Connector, ConnectorStatus, ROUTER_CONNECTORS_MAX, Router};
use purser_domain::routing::Candidate;
use purser_domain::tenant::Feature;
use purser_host::{CallContext, Health};
use purser_storage::{Sealed, connectors as stored};
use purser_types::id::{AttemptId, ConnectorId, RouterId, TenantId};
use purser_vault::Aad;
use serde_json::{Map, Value};

use crate::app::{App, Ctx};
use crate::error::{Code, Error};
use crate::input;
use crate::once;
use crate::tenants::{expect_version, version_conflict, with_feature};

const NAME_LENGTH_MAX: usize = 100;
/// A new connector.
#[derive(Debug, Clone)]
pub struct CreateConnector {
    /// The plugin that speaks to the processor.
    pub plugin_id: String,
    /// Unique among the tenant's connectors.
    pub name: String,
    /// The plugin's settings, secrets included; those are sealed and never shown.
    pub settings: Map<String, Value>,
    /// Whether the tenant's default container does not count for it.
    pub ignores_tenant_default: bool,
}

/// A change of a connector.
#[derive(Debug, Clone)]
pub struct UpdateConnector {
    /// Which one.
    pub id: ConnectorId,
    /// The version that was read.
    pub expected_version: Option<i32>,
    /// A new name.
    pub name: Option<String>,
    /// All settings, in place of those there are, secrets included.
    pub settings: Option<Map<String, Value>>,
    /// Whether it takes payments.
    pub status: Option<ConnectorStatus>,
    /// Whether the tenant's default container does not count for it.
    pub ignores_tenant_default: Option<bool>,
}

/// Creates a connector with settings that its plugin accepts.
///
/// # Errors
/// `PLUGIN_NOT_FOUND`, `SETTINGS_INVALID`, `CONNECTOR_MODE_MISMATCH`, `CONNECTOR_NAME_TAKEN`,
/// `INVALID_INPUT`, `IDEMPOTENCY_KEY_REUSED`.
pub async fn create(ctx: &Ctx, input: CreateConnector) -> Result<Connector, Error> {
    let now = ctx.now();
    let id = ConnectorId::mint(ctx.source());
    let write = ctx.store().begin().await?;
    if let Some(id) = once::claim(ctx, &write, id.uuid()).await? {
        let made = stored::find(&write, ctx.scope(), ConnectorId::from_uuid(id)).await?;
        let made = made.map(|made| made.connector);
        return made.ok_or_else(|| Error::not_found(Code::ConnectorNotFound, ""));
    }
    let name = input::text(&input.name, "name", NAME_LENGTH_MAX)?;
    let (processor, settings, sealed) = checked_settings(ctx, id, &input.plugin_id, input.settings)?;
    let connector = Connector {
        id,
        tenant_id: ctx.viewer().tenant(),
        environment: ctx.viewer().environment(),
        plugin_id: input.plugin_id,
        processor,
        name,
        status: ConnectorStatus::Active,
        settings,
        ignores_tenant_default: input.ignores_tenant_default,
        created_at: now,
        updated_at: now,
        version: 1,
    };
    stored::insert(&write, ctx.scope(), &connector, &sealed).await?;
    write.commit().await?;
    Ok(connector)
}

/// Changes one of the viewer's connectors.
///
/// # Errors
/// `CONNECTOR_NOT_FOUND`, `PLUGIN_NOT_FOUND`, `SETTINGS_INVALID`, `CONNECTOR_MODE_MISMATCH`,
/// `CONNECTOR_NAME_TAKEN`, `VERSION_CONFLICT`, `INVALID_INPUT`.
pub async fn update(ctx: &Ctx, input: UpdateConnector) -> Result<Connector, Error> {
    let write = ctx.store().begin().await?;
    let found = stored::find(&write, ctx.scope(), input.id).await?;
    let found = found.ok_or_else(|| Error::not_found(Code::ConnectorNotFound, "id"))?;
    let mut connector = found.connector;
    let read_version = connector.version;
    expect_version(input.expected_version, read_version)?;
    if let Some(name) = &input.name {
        connector.name = input::text(name, "name", NAME_LENGTH_MAX)?;
    }
    let mut sealed = None;
    if let Some(settings) = input.settings {
        let checked = checked_settings(ctx, connector.id, &connector.plugin_id, settings)?;
        // Stored instruments belong to the processor; a connector never moves to another one.
        if checked.0 != connector.processor {
            let message = "A connector keeps its processor; create another connector.";
            return Err(Error::refused(Code::SettingsInvalid, "settings", message));
        }
        (connector.settings, sealed) = (checked.1, Some(checked.2));
    }
    connector.status = input.status.unwrap_or(connector.status);
    connector.ignores_tenant_default =
        input.ignores_tenant_default.unwrap_or(connector.ignores_tenant_default);
    connector.version += 1;
    connector.updated_at = ctx.now();
    if !stored::update(&write, ctx.scope(), &connector, sealed.as_deref(), read_version).await? {
        return Err(version_conflict());
    }
    write.commit().await?;
    Ok(connector)
}

/// Checks settings with the plugin and parts them: the processor, what may be shown, what is sealed.
fn checked_settings(
    ctx: &Ctx,
    id: ConnectorId,
    plugin_id: &str,
    settings: Map<String, Value>,
) -> Result<(String, Value, Vec<u8>), Error> {
    let host = &ctx.app.host;
    let Some(plugin) = host.plugin(plugin_id) else {
        let known: Vec<&str> = host.plugins().map(|plugin| plugin.id).collect();
        let message = format!("No such plugin; this server has: {}.", known.join(", "));
        return Err(Error::refused(Code::PluginNotFound, "pluginId", message));
    };
    if plugin.is_simulated && ctx.viewer().environment() == Environment::Live {
        let message = "The plugin simulates a processor; use it with a sandbox key.";
        return Err(Error::refused(Code::ConnectorModeMismatch, "pluginId", message));
    }
    refuse_references(&settings)?;
    let whole = Value::Object(settings.clone());
    host.validate(plugin_id, &whole).map_err(|errors| {
        let first = errors.into_iter().next();
        let (field, message) = first.map(|error| (error.field, error.message)).unwrap_or_default();
        let path = if field.is_empty() { "settings".to_owned() } else { format!("settings.{field}") };
        Error::refused(Code::SettingsInvalid, &path, message)
    })?;
    let plugged = host.configure(plugin_id, &whole);
    let plugged =
        plugged.map_err(|error| Error::refused(Code::SettingsInvalid, "settings", error.message.clone()))?;
    let processor = plugged.capabilities().processor.clone();
    let (secrets, shown): (Map<String, Value>, Map<String, Value>) =
        settings.into_iter().partition(|(name, _)| plugin.secret_fields.contains(&name.as_str()));
    let sealed = seal(&ctx.app, ctx.viewer().tenant(), id, &secrets)?;
    Ok((processor, Value::Object(shown), sealed))
}

/// A reference to the server's own secrets is the operator's to make, never a tenant's.
fn refuse_references(settings: &Map<String, Value>) -> Result<(), Error> {
    let is_reference = |value: &Value| value.get("$secret").is_some();
    match settings.iter().find(|(_, value)| is_reference(value)) {
        Some((name, _)) => {
            let message = "Secret references are for the operator's configuration; send the secret itself.";
            Err(Error::refused(Code::SettingsInvalid, &format!("settings.{name}"), message))
        }
        None => Ok(()),
    }
}

fn place<'a>(tenant: &'a [u8], row: &'a [u8]) -> Aad<'a> {
    Aad { table: "connector", tenant, row, column: "sealed_credentials" }
}

fn seal(
    app: &App,
    tenant: TenantId,
    id: ConnectorId,
    secrets: &Map<String, Value>,
) -> Result<Vec<u8>, Error> {
    let json = serde_json::to_vec(secrets)
        .map_err(|error| Error::Fault { doing: "sealing credentials", detail: error.to_string() })?;
    Ok(app.keyring.seal(place(tenant.uuid().as_bytes(), id.uuid().as_bytes()), &json))
}

/// The configured plugin of a connector, or why there is none.
pub(crate) fn plugged(app: &App, found: &Sealed) -> Result<Arc<dyn Plugged>, String> {
    let connector = &found.connector;
    let key = (connector.id, connector.version);
    if let Some(plugged) = app.connectors.get(key) {
        return Ok(plugged);
    }
    let (tenant, row) = (connector.tenant_id.uuid(), connector.id.uuid());
    let opened = app.keyring.open(place(tenant.as_bytes(), row.as_bytes()), &found.sealed_credentials);
    let opened = opened.map_err(|_| "the sealed credentials do not open with this key file".to_owned())?;
    let secrets: Map<String, Value> =
        serde_json::from_slice(&opened).map_err(|_| "the sealed credentials are damaged".to_owned())?;
    let mut settings = connector.settings.as_object().cloned().unwrap_or_default();
    settings.extend(secrets);
    let plugged = app.host.configure(&connector.plugin_id, &Value::Object(settings));
    let plugged = plugged.map_err(|error| error.to_string())?;
    app.connectors.keep(key, &plugged);
    Ok(plugged)
}

/// What a connector can do, or why it can do nothing.
///
/// # Errors
/// Faults of the storage; `CONNECTOR_NOT_FOUND`.
pub async fn capabilities(ctx: &Ctx, id: ConnectorId) -> Result<Result<Capabilities, String>, Error> {
    let found = stored::find(ctx.store(), ctx.scope(), id).await?;
    let found = found.ok_or_else(|| Error::not_found(Code::ConnectorNotFound, "id"))?;
    Ok(plugged(&ctx.app, &found).map(|plugged| plugged.capabilities().clone()))
}

/// Proves that a connector's credentials work, without moving money.
///
/// # Errors
/// `CONNECTOR_NOT_FOUND`, `CONNECTOR_DISABLED`, `CONNECTOR_UNAVAILABLE`.
pub async fn test(ctx: &Ctx, id: ConnectorId) -> Result<Connector, Error> {
    let found = stored::find(ctx.store(), ctx.scope(), id).await?;
    let found = found.ok_or_else(|| Error::not_found(Code::ConnectorNotFound, "id"))?;
    let plugged =
        plugged(&ctx.app, &found).map_err(|reason| Error::refused(Code::ConnectorDisabled, "id", reason))?;
    let call = CallContext::from(AttemptId::mint(ctx.source()));
    let probed = ctx.app.host.probe(id, &plugged, &call).await;
    probed.map_err(|failure| {
        let message = format!("The processor did not accept the probe: {}.", failure.kind);
        Error::refused(Code::ConnectorUnavailable, "id", message)
    })?;
    Ok(found.connector)
}

/// The plugins of this server.
pub fn plugins(ctx: &Ctx) -> impl Iterator<Item = &purser_connector::Plugin> {
    ctx.app.host.plugins()
}

/// A connector with its configured plugin, ready to be routed over.
pub(crate) struct Opened {
    pub(crate) connector: Connector,
    pub(crate) plugged: Option<Arc<dyn Plugged>>,
    pub(crate) is_healthy: bool,
}

impl Opened {
    pub(crate) fn new(app: &App, found: Sealed) -> Self {
        let plugged = plugged(app, &found);
        if let Err(reason) = &plugged {
            let connector = found.connector.id.to_string();
            tracing::warn!(connector, reason, "the settings of a connector do not work");
        }
        let plugged = plugged.ok();
        let is_healthy = app.host.health(found.connector.id) == Health::Up;
        Self { connector: found.connector, plugged, is_healthy }
    }

    pub(crate) fn candidate(&self) -> Candidate<'_> {
        Candidate {
            connector_id: self.connector.id,
            plugin_id: &self.connector.plugin_id,
            status: self.connector.status,
            capabilities: self.plugged.as_deref().map(Plugged::capabilities),
            is_healthy: self.is_healthy,
            container_id: None,
        }
    }

    pub(crate) fn supports(&self, operation: OperationKind) -> bool {
        self.plugged.as_deref().is_some_and(|plugged| plugged.capabilities().supports(operation))
    }
}

/// A new router.
#[derive(Debug, Clone)]
pub struct CreateRouter {
    /// Unique among the tenant's routers.
    pub name: String,
    /// The connectors in order of preference.
    pub connector_ids: Vec<ConnectorId>,
}

/// A change of a router.
#[derive(Debug, Clone)]
pub struct UpdateRouter {
    /// Which one.
    pub id: RouterId,
    /// The version that was read.
    pub expected_version: Option<i32>,
    /// A new name.
    pub name: Option<String>,
    /// The connectors in order of preference, in place of those there are.
    pub connector_ids: Option<Vec<ConnectorId>>,
}

/// Creates a router over the viewer's connectors.
///
/// # Errors
/// `CONNECTOR_NOT_FOUND`, `ROUTER_NAME_TAKEN`, `FEATURE_DISABLED`, `INVALID_INPUT`,
/// `IDEMPOTENCY_KEY_REUSED`.
pub async fn create_router(ctx: &Ctx, input: CreateRouter) -> Result<Router, Error> {
    let write = ctx.store().begin().await?;
    let id = RouterId::mint(ctx.source());
    if let Some(id) = once::claim(ctx, &write, id.uuid()).await? {
        let made = stored::find_router(&write, ctx.scope(), RouterId::from_uuid(id)).await?;
        return made.ok_or_else(|| Error::not_found(Code::RouterNotFound, ""));
    }
    with_feature(ctx, &write, Feature::Routing).await?;
    check_connectors(ctx, &write, &input.connector_ids).await?;
    let router = Router {
        id,
        tenant_id: ctx.viewer().tenant(),
        environment: ctx.viewer().environment(),
        name: input::text(&input.name, "name", NAME_LENGTH_MAX)?,
        connector_ids: input.connector_ids,
        created_at: ctx.now(),
        updated_at: ctx.now(),
        version: 1,
    };
    stored::insert_router(&write, ctx.scope(), &router).await?;
    write.commit().await?;
    Ok(router)
}

/// Changes one of the viewer's routers.
///
/// # Errors
/// `ROUTER_NOT_FOUND`, `CONNECTOR_NOT_FOUND`, `ROUTER_NAME_TAKEN`, `VERSION_CONFLICT`, `INVALID_INPUT`.
pub async fn update_router(ctx: &Ctx, input: UpdateRouter) -> Result<Router, Error> {
    let write = ctx.store().begin().await?;
    let found = stored::find_router(&write, ctx.scope(), input.id).await?;
    let mut router = found.ok_or_else(|| Error::not_found(Code::RouterNotFound, "id"))?;
    let read_version = router.version;
    expect_version(input.expected_version, read_version)?;
    if let Some(name) = &input.name {
        router.name = input::text(name, "name", NAME_LENGTH_MAX)?;
    }
    if let Some(connector_ids) = input.connector_ids {
        check_connectors(ctx, &write, &connector_ids).await?;
        router.connector_ids = connector_ids;
    }
    router.version += 1;
    router.updated_at = ctx.now();
    if !stored::update_router(&write, ctx.scope(), &router, read_version).await? {
        return Err(version_conflict());
    }
    write.commit().await?;
    Ok(router)
}

async fn check_connectors(
    ctx: &Ctx,
    write: &purser_storage::Write,
    ids: &[ConnectorId],
) -> Result<(), Error> {
    if ids.is_empty() || ids.len() > ROUTER_CONNECTORS_MAX {
        let message = format!("A router has 1 to {ROUTER_CONNECTORS_MAX} connectors.");
        return Err(Error::refused(Code::InvalidInput, "connectorIds", message));
    }
    let found = stored::find_many(write, ctx.scope(), ids).await?;
    for (position, id) in ids.iter().enumerate() {
        let field = format!("connectorIds.{position}");
        if !found.iter().any(|found| found.connector.id == *id) {
            return Err(Error::not_found(Code::ConnectorNotFound, &field));
        }
        if ids.iter().take(position).any(|earlier| earlier == id) {
            return Err(Error::refused(Code::InvalidInput, &field, "The connector is named twice."));
        }
    }
    Ok(())
}
