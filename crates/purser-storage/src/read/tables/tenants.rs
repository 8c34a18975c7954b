//! Tenants and their keys.

use purser_domain::KeyScopes;
use purser_domain::tenant::{ApiKey, Features, Path, Tenant};

use crate::Error;
use crate::read::row::{Row, Table};

/// The one tree.
pub(in crate::read) static TENANT: Table = Table {
    name: "tenant",
    columns: &[
        "id",
        "parent_id",
        "root_id",
        "path",
        "slug",
        "name",
        "status",
        "features",
        "default_currency",
        "created_at",
        "updated_at",
        "version",
    ],
};

/// API keys without their hash.
pub(in crate::read) static API_KEY: Table = Table {
    name: "api_key",
    columns: &[
        "id",
        "tenant_id",
        "kind",
        "environment",
        "name",
        "prefix",
        "scopes",
        "expires_at",
        "revoked_at",
        "created_at",
        "created_by",
    ],
};

/// A row of [`TENANT`].
pub(in crate::read) fn tenant(row: &mut Row) -> Result<Tenant, Error> {
    row.begin(&TENANT);
    Ok(Tenant {
        id: row.id()?,
        parent_id: row.id_or_none()?,
        root_id: row.id()?,
        path: Path::from_stored(row.text()?),
        slug: row.text()?,
        name: row.text()?,
        status: row.word()?,
        features: Features::from_bits(row.int()?),
        default_currency: row.word()?,
        created_at: row.at()?,
        updated_at: row.at()?,
        version: row.int4()?,
    })
}

/// A row of [`API_KEY`].
pub(in crate::read) fn api_key(row: &mut Row) -> Result<ApiKey, Error> {
    row.begin(&API_KEY);
    Ok(ApiKey {
        id: row.id()?,
        tenant_id: row.id()?,
        kind: row.word()?,
        environment: row.word()?,
        name: row.text()?,
        prefix: row.text()?,
        scopes: KeyScopes::from_bits(row.int()?),
        expires_at: row.at()?,
        revoked_at: row.at_or_none()?,
        created_at: row.at()?,
        created_by: row.text()?,
    })
}
