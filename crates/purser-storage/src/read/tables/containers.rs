//! Containers, their shares, opt-outs and bindings.

use purser_domain::container::{Binding, Container, OptOut, Permissions, Share};

use crate::Error;
use crate::read::row::{Row, Table};

/// Containers of profiles.
pub(in crate::read) static CONTAINER: Table = Table {
    name: "container",
    columns: &[
        "id",
        "owner_tenant_id",
        "environment",
        "name",
        "description",
        "status",
        "created_at",
        "updated_at",
        "version",
    ],
};

/// Grants of a container.
pub(in crate::read) static SHARE: Table = Table {
    name: "container_share",
    columns: &[
        "id",
        "container_id",
        "grantee_tenant_id",
        "include_descendants",
        "permissions",
        "status",
        "granted_by",
        "expires_at",
        "created_at",
        "updated_at",
    ],
};

/// Decisions that containers are disabled.
pub(in crate::read) static OPT_OUT: Table = Table {
    name: "container_opt_out",
    columns: &["id", "tenant_id", "environment", "reach", "container_id", "reason", "created_at"],
};

/// Containers bound to connectors.
pub(in crate::read) static BINDING: Table = Table {
    name: "container_binding",
    columns: &["id", "tenant_id", "environment", "connector_id", "container_id", "created_at"],
};

/// A row of [`CONTAINER`].
pub(in crate::read) fn container(row: &mut Row) -> Result<Container, Error> {
    row.begin(&CONTAINER);
    Ok(Container {
        id: row.id()?,
        owner_tenant_id: row.id()?,
        environment: row.word()?,
        name: row.text()?,
        description: row.text_or_none()?,
        status: row.word()?,
        created_at: row.at()?,
        updated_at: row.at()?,
        version: row.int4()?,
    })
}

/// A row of [`SHARE`].
pub(in crate::read) fn share(row: &mut Row) -> Result<Share, Error> {
    row.begin(&SHARE);
    Ok(Share {
        id: row.id()?,
        container_id: row.id()?,
        grantee_tenant_id: row.id()?,
        include_descendants: row.flag()?,
        permissions: Permissions::from_bits(row.int()?),
        status: row.word()?,
        granted_by: row.text()?,
        expires_at: row.at()?,
        created_at: row.at()?,
        updated_at: row.at()?,
    })
}

/// A row of [`OPT_OUT`].
pub(in crate::read) fn opt_out(row: &mut Row) -> Result<OptOut, Error> {
    row.begin(&OPT_OUT);
    Ok(OptOut {
        id: row.id()?,
        tenant_id: row.id()?,
        environment: row.word()?,
        reach: row.word()?,
        container_id: row.id_or_none()?,
        reason: row.text_or_none()?,
        created_at: row.at()?,
    })
}

/// A row of [`BINDING`].
pub(in crate::read) fn binding(row: &mut Row) -> Result<Binding, Error> {
    row.begin(&BINDING);
    Ok(Binding {
        id: row.id()?,
        tenant_id: row.id()?,
        environment: row.word()?,
        connector_id: row.id_or_none()?,
        container_id: row.id()?,
        created_at: row.at()?,
    })
}
