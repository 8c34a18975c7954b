//! API keys. The secret never comes here, only its keyed hash.

use purser_domain::tenant::{ApiKey, Tenant};
use purser_domain::{Scope, SystemScope};
use purser_types::id::{ApiKeyId, TenantId};

use crate::db::{Read, Write, all, columns, one};
use crate::entity::api_key::{self, Model};
use crate::entity::tenant;
use crate::error::Error;
use crate::sql::{Sql, columns_of};
use crate::tenants::LIST_MAX;
use crate::visibility::tenant_below;

/// Stores a key of the viewer's tenant or one below it; false if its tenant is neither.
///
/// # Errors
/// Faults of the database.
pub async fn insert(w: &Write, scope: &Scope, key: &ApiKey, hash: &[u8; 32]) -> Result<bool, Error> {
    let condition = format!("FROM tenant t WHERE t.id = $4 AND {}", tenant_below("t"));
    let sql = Sql::scoped(scope, condition).bind(key.tenant_id.uuid()).insert(&Model::of(key, hash), &[]);
    Ok(w.execute("storing an API key", sql).await? == 1)
}

/// Stores a key of any tenant.
///
/// # Errors
/// Faults of the database.
pub async fn insert_system(
    w: &Write,
    scope: &SystemScope,
    key: &ApiKey,
    hash: &[u8; 32],
) -> Result<(), Error> {
    let sql = Sql::system(scope, "").insert(&Model::of(key, hash), &[]);
    w.execute("storing an API key", sql).await?;
    Ok(())
}

/// The key of a hash and its tenant, whether or not it still works, in one statement.
///
/// # Errors
/// Faults of the database.
pub async fn by_hash(
    on: &impl Read,
    scope: &SystemScope,
    hash: &[u8; 32],
) -> Result<Option<(ApiKey, Tenant)>, Error> {
    let doing = "verifying an API key";
    let text = format!(
        "SELECT {}, {} FROM api_key k JOIN tenant t ON t.id = k.tenant_id WHERE k.hash = $1",
        columns_of::<api_key::Entity>("k", "k_"),
        columns_of::<tenant::Entity>("t", "t_")
    );
    let rows = on.rows(doing, Sql::system(scope, text).bind(hash.to_vec())).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let key: Model = columns(doing, row, "k_")?;
    let tenant: tenant::Model = columns(doing, row, "t_")?;
    Ok(Some((key.parse()?, tenant.parse()?)))
}

/// A key of the viewer's tenant or one below it.
///
/// # Errors
/// Faults of the database.
pub async fn find(on: &impl Read, scope: &Scope, id: ApiKeyId) -> Result<Option<ApiKey>, Error> {
    let text = format!(
        "SELECT k.* FROM api_key k JOIN tenant t ON t.id = k.tenant_id WHERE k.id = $4 AND {}",
        tenant_below("t")
    );
    parsed(one(on, "finding an API key", Sql::scoped(scope, text).bind(id.uuid())).await?)
}

/// Revokes a key of the viewer's tenant or one below it, and returns it. A key that was revoked before
/// keeps its instant.
///
/// # Errors
/// Faults of the database.
pub async fn revoke(w: &Write, scope: &Scope, id: ApiKeyId) -> Result<Option<ApiKey>, Error> {
    let text = format!(
        "UPDATE api_key SET revoked_at = COALESCE(revoked_at, $3) WHERE api_key.id = $4 AND EXISTS \
         (SELECT 1 FROM tenant t WHERE t.id = api_key.tenant_id AND {}) RETURNING *",
        tenant_below("t")
    );
    parsed(one(w, "revoking an API key", Sql::scoped(scope, text).bind(id.uuid())).await?)
}

/// Revokes a key of any tenant, and returns it.
///
/// # Errors
/// Faults of the database.
pub async fn revoke_system(w: &Write, scope: &SystemScope, id: ApiKeyId) -> Result<Option<ApiKey>, Error> {
    let text = "UPDATE api_key SET revoked_at = COALESCE(revoked_at, $1) WHERE id = $2 RETURNING *";
    let sql = Sql::system(scope, text).bind(scope.now().unix_micros()).bind(id.uuid());
    parsed(one(w, "revoking an API key", sql).await?)
}

/// The keys of one tenant or of all, newest first, at most ten thousand.
///
/// # Errors
/// Faults of the database.
pub async fn list_system(
    on: &impl Read,
    scope: &SystemScope,
    tenant_id: Option<TenantId>,
) -> Result<Vec<ApiKey>, Error> {
    let order = format!("ORDER BY created_at DESC, id DESC LIMIT {LIST_MAX}");
    let sql = match tenant_id {
        Some(id) => Sql::system(scope, "SELECT * FROM api_key WHERE tenant_id = $1").bind(id.uuid()),
        None => Sql::system(scope, "SELECT * FROM api_key"),
    };
    let rows: Vec<Model> = all(on, "listing API keys", sql.then(&order)).await?;
    rows.into_iter().map(Model::parse).collect()
}

fn parsed(row: Option<Model>) -> Result<Option<ApiKey>, Error> {
    row.map(Model::parse).transpose()
}
