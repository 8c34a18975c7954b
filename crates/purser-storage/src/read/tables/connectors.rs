//! Connectors, without their sealed credentials, and routers.

use purser_domain::connector::{Connector, Router};

use crate::Error;
use crate::read::row::{Row, Table};

/// Accounts at processors.
pub(in crate::read) static CONNECTOR: Table = Table {
    name: "connector",
    columns: &[
        "id",
        "tenant_id",
        "environment",
        "plugin_id",
        "processor",
        "name",
        "status",
        "settings",
        "ignores_tenant_default",
        "created_at",
        "updated_at",
        "version",
    ],
};

/// Routers over connectors.
pub(in crate::read) static ROUTER: Table = Table {
    name: "router",
    columns: &[
        "id",
        "tenant_id",
        "environment",
        "name",
        "connector_ids",
        "created_at",
        "updated_at",
        "version",
    ],
};

/// A row of [`CONNECTOR`].
pub(in crate::read) fn connector(row: &mut Row) -> Result<Connector, Error> {
    row.begin(&CONNECTOR);
    Ok(Connector {
        id: row.id()?,
        tenant_id: row.id()?,
        environment: row.word()?,
        plugin_id: row.text()?,
        processor: row.text()?,
        name: row.text()?,
        status: row.word()?,
        settings: row.json()?,
        ignores_tenant_default: row.flag()?,
        created_at: row.at()?,
        updated_at: row.at()?,
        version: row.int4()?,
    })
}

/// A row of [`ROUTER`].
pub(in crate::read) fn router(row: &mut Row) -> Result<Router, Error> {
    row.begin(&ROUTER);
    Ok(Router {
        id: row.id()?,
        tenant_id: row.id()?,
        environment: row.word()?,
        name: row.text()?,
        connector_ids: row.json()?,
        created_at: row.at()?,
        updated_at: row.at()?,
        version: row.int4()?,
    })
}
