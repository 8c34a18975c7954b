//! The tree of tenants.

use purser_domain::tenant::Tenant;
use purser_domain::{Scope, SystemScope};
use purser_types::id::TenantId;

use crate::db::{self, Connection, Engine, Read, Write, column, columns, one};
use crate::entity::tenant::{Column, Model};
use crate::error::Error;
use crate::read::view::TenantView;
use crate::sql::Sql;
use crate::visibility::{tenant_below, tenant_visible};

/// The most rows that an operator's list prints.
pub(crate) const LIST_MAX: u32 = 10_000;

/// Stores a tenant anywhere, such as a root.
///
/// # Errors
/// [`Constraint::TenantSlug`](crate::Constraint::TenantSlug).
pub async fn insert(w: &Write, scope: &SystemScope, tenant: &Tenant) -> Result<(), Error> {
    w.execute("storing a tenant", Sql::system(scope, "").insert(&Model::of(tenant), &[])).await?;
    Ok(())
}

/// Stores a tenant under the viewer or below it; false if its parent is neither, or if its path does
/// not continue its parent's.
///
/// # Errors
/// [`Constraint::TenantSlug`](crate::Constraint::TenantSlug).
pub async fn insert_child(w: &Write, scope: &Scope, tenant: &Tenant) -> Result<bool, Error> {
    let condition = format!(
        "WHERE EXISTS (SELECT 1 FROM tenant parent WHERE parent.id = $4 AND parent.root_id = $5 \
         AND parent.path || $6 = $7 AND {})",
        tenant_below("parent")
    );
    let sql = Sql::scoped(scope, condition)
        .bind(tenant.parent_id.map(TenantId::uuid))
        .bind(tenant.root_id.uuid())
        .bind(format!("{}/", tenant.id))
        .bind(tenant.path.as_str())
        .insert(&Model::of(tenant), &[]);
    Ok(w.execute("storing a tenant", sql).await? == 1)
}

/// Writes name, status and features of the viewer or a tenant below it, if it still has the expected
/// version.
///
/// # Errors
/// Faults of the database.
pub async fn update(w: &Write, scope: &Scope, tenant: &Tenant, expected_version: i32) -> Result<bool, Error> {
    let model = Model { version: expected_version.saturating_add(1), ..Model::of(tenant) };
    let condition = format!("tenant.id = $4 AND tenant.version = $5 AND {}", tenant_below("tenant"));
    let columns = [Column::Name, Column::Status, Column::Features, Column::UpdatedAt, Column::Version];
    let sql =
        Sql::scoped(scope, condition).bind(tenant.id.uuid()).bind(expected_version).update(&model, &columns);
    Ok(w.execute("changing a tenant", sql).await? == 1)
}

/// A tenant that the viewer may know of.
///
/// # Errors
/// Faults of the database.
pub async fn find(on: &impl Read, scope: &Scope, id: TenantId) -> Result<Option<TenantView>, Error> {
    let doing = "finding a tenant";
    let text = format!(
        "SELECT t.*, {} AS is_full FROM tenant t WHERE t.id = $4 AND {}",
        tenant_below("t"),
        tenant_visible("t")
    );
    let rows = on.rows(doing, Sql::scoped(scope, text).bind(id.uuid())).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let tenant = columns::<Model>(doing, row, "")?.parse()?;
    Ok(Some(TenantView { tenant, is_full: column(doing, row, "is_full")? }))
}

/// The viewer itself or a tenant below it.
///
/// # Errors
/// Faults of the database.
pub async fn find_full(on: &impl Read, scope: &Scope, id: TenantId) -> Result<Option<Tenant>, Error> {
    let text = format!("SELECT t.* FROM tenant t WHERE t.id = $4 AND {}", tenant_below("t"));
    parsed(one(on, "finding a tenant", Sql::scoped(scope, text).bind(id.uuid())).await?)
}

/// The viewer itself or a tenant below it, by its slug.
///
/// # Errors
/// Faults of the database.
pub async fn find_by_slug_full(on: &impl Read, scope: &Scope, slug: &str) -> Result<Option<Tenant>, Error> {
    let text = format!("SELECT t.* FROM tenant t WHERE t.slug = $4 AND {}", tenant_below("t"));
    parsed(one(on, "finding a tenant", Sql::scoped(scope, text).bind(slug)).await?)
}

/// Any tenant by its slug.
///
/// # Errors
/// Faults of the database.
pub async fn by_slug(on: &impl Read, scope: &SystemScope, slug: &str) -> Result<Option<Tenant>, Error> {
    let sql = Sql::system(scope, "SELECT * FROM tenant WHERE slug = $1").bind(slug);
    parsed(one(on, "finding a tenant", sql).await?)
}

/// Any tenant by its id.
///
/// # Errors
/// Faults of the database.
pub async fn by_id(on: &impl Read, scope: &SystemScope, id: TenantId) -> Result<Option<Tenant>, Error> {
    let sql = Sql::system(scope, "SELECT * FROM tenant WHERE id = $1").bind(id.uuid());
    parsed(one(on, "finding a tenant", sql).await?)
}

/// Every tenant, parents before children, at most ten thousand.
///
/// # Errors
/// Faults of the database.
pub async fn all(on: &impl Read, scope: &SystemScope) -> Result<Vec<Tenant>, Error> {
    let text = format!("SELECT * FROM tenant ORDER BY path LIMIT {LIST_MAX}");
    let rows: Vec<Model> = db::all(on, "listing tenants", Sql::system(scope, text)).await?;
    rows.into_iter().map(Model::parse).collect()
}

/// Makes everything else that changes access in the tree of `root` wait for this transaction.
///
/// # Errors
/// [`Error::Unavailable`] if the lock stays taken.
pub async fn lock_tree(w: &Write, root: TenantId) -> Result<(), Error> {
    if w.engine() == Engine::Sqlite {
        // The transaction has the only write lock since it began.
        return Ok(());
    }
    // Not FOR UPDATE, which would hold up every insertion of a row that refers to the tenant.
    let text = "SELECT id FROM tenant WHERE id = $1 FOR NO KEY UPDATE";
    w.rows("locking a tree of tenants", Sql::internal(text).bind(root.uuid())).await?;
    Ok(())
}

/// A tenant of the viewer's own tree, to name it as a grantee.
///
/// # Errors
/// Faults of the database.
pub async fn in_same_tree(on: &impl Read, scope: &Scope, id: TenantId) -> Result<Option<Tenant>, Error> {
    let text = "SELECT t.* FROM tenant t JOIN tenant v ON v.root_id = t.root_id \
                WHERE t.id = $4 AND v.id = $1";
    parsed(one(on, "finding a tenant", Sql::scoped(scope, text).bind(id.uuid())).await?)
}

fn parsed(row: Option<Model>) -> Result<Option<Tenant>, Error> {
    row.map(Model::parse).transpose()
}
