//! Connectors and routers as their owners configure them.

use purser_types::Timestamp;
use purser_types::id::{ConnectorId, RouterId, TenantId};

use crate::scope::Environment;
use purser_types::spelled;

/// The most connectors of one router (IXOPAY allows nine retries; a route is cut long before).
pub const ROUTER_CONNECTORS_MAX: usize = 20;

spelled! {
    /// Whether a connector takes payments.
    pub enum ConnectorStatus {
        /// It does.
        Active = "ACTIVE",
        /// Its owner paused it: follow-ups go on, new payments do not.
        Paused = "PAUSED",
        /// Its settings do not work; see the reason.
        Disabled = "DISABLED",
    }
}

/// One tenant's account at one processor.
#[derive(Debug, Clone, PartialEq)]
pub struct Connector {
    /// The connector's id.
    pub id: ConnectorId,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// Live or sandbox.
    pub environment: Environment,
    /// The plugin that speaks to the processor.
    pub plugin_id: String,
    /// The processor behind it; accounts of one processor may share tokens.
    pub processor: String,
    /// Unique among the tenant's connectors of the environment.
    pub name: String,
    /// Whether it takes payments.
    pub status: ConnectorStatus,
    /// The settings that are no secrets.
    pub settings: serde_json::Value,
    /// Whether the tenant's default container does not count for it.
    pub ignores_tenant_default: bool,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Grows by one with each change.
    pub version: i32,
}

/// A router over connectors (IXOPAY: meta-connector). Addressable wherever a connector is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Router {
    /// The router's id.
    pub id: RouterId,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// Live or sandbox.
    pub environment: Environment,
    /// Unique among the tenant's routers of the environment.
    pub name: String,
    /// The connectors in order of preference, at most [`ROUTER_CONNECTORS_MAX`].
    pub connector_ids: Vec<ConnectorId>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Grows by one with each change.
    pub version: i32,
}
