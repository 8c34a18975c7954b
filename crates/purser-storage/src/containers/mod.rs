//! Containers, their shares, opt-outs and bindings, and the materialised rule of sharing.

mod access;
mod bindings;
mod shares;

use purser_domain::Scope;
use purser_domain::container::{Container, ContainerStatus, Permissions};
use purser_types::id::ContainerId;
use sea_orm::QueryResult;

pub use access::{Sharing, ids_of_tree, ids_touched_by_tenant, sharing, store_access};
pub use bindings::{bindings, delete_binding, put_binding};
pub use shares::{delete_opt_out, find_share, insert_opt_out, put_share, revoke_share};

use crate::db::{Read, Write, column, columns, one};
use crate::entity::container::{Column, Model};
use crate::error::Error;
use crate::read::view::{ContainerView, Grant};
use crate::sql::Sql;
use crate::visibility::{container_visible, own};

/// Stores a container of the viewer's. Its access is computed and stored apart ([`store_access`]).
///
/// # Errors
/// [`Constraint::ContainerName`](crate::Constraint::ContainerName); [`Error::OutOfScope`] for another
/// tenant's or environment's.
pub async fn insert(w: &Write, scope: &Scope, container: &Container) -> Result<(), Error> {
    let doing = "storing a container";
    own(doing, scope, container.owner_tenant_id, container.environment)?;
    w.execute(doing, Sql::scoped(scope, "").insert(&Model::of(container), &[])).await?;
    Ok(())
}

/// Writes name, description and status of a container of the viewer's, if it still has the expected
/// version.
///
/// # Errors
/// [`Constraint::ContainerName`](crate::Constraint::ContainerName).
pub async fn update(
    w: &Write,
    scope: &Scope,
    container: &Container,
    expected_version: i32,
) -> Result<bool, Error> {
    let model = Model { version: expected_version.saturating_add(1), ..Model::of(container) };
    let columns = [Column::Name, Column::Description, Column::Status, Column::UpdatedAt, Column::Version];
    let condition = "id = $4 AND version = $5 AND owner_tenant_id = $1 AND environment = $2";
    let sql = Sql::scoped(scope, condition)
        .bind(container.id.uuid())
        .bind(expected_version)
        .update(&model, &columns);
    Ok(w.execute("changing a container", sql).await? == 1)
}

/// A container that the viewer owns or has a grant for, with what it may do there. An owner sees its
/// container while it is disabled, with no permission.
///
/// # Errors
/// Faults of the database.
pub async fn find(on: &impl Read, scope: &Scope, id: ContainerId) -> Result<Option<ContainerView>, Error> {
    let doing = "finding a container";
    // One row per grant; they are put together here because SQLite has no aggregate for bits.
    let text = format!(
        "SELECT c.*, a.permissions AS granted FROM container c LEFT JOIN container_access a \
         ON a.container_id = c.id AND a.tenant_id = $1 AND a.expires_at > $3 \
         WHERE c.id = $4 AND {}",
        container_visible("c")
    );
    let rows = on.rows(doing, Sql::scoped(scope, text).bind(id.uuid())).await?;
    let Some(first) = rows.first() else { return Ok(None) };
    let container = columns::<Model>(doing, first, "")?.parse()?;
    let grant =
        Grant { permissions: granted(doing, &rows)?, is_owner: container.owner_tenant_id == scope.tenant() };
    Ok(Some(ContainerView { container, grant }))
}

/// A container that the viewer owns, whatever its status.
///
/// # Errors
/// Faults of the database.
pub async fn find_owned(on: &impl Read, scope: &Scope, id: ContainerId) -> Result<Option<Container>, Error> {
    let text = "SELECT * FROM container WHERE id = $4 AND owner_tenant_id = $1 AND environment = $2";
    let row: Option<Model> = one(on, "finding a container", Sql::scoped(scope, text).bind(id.uuid())).await?;
    row.map(Model::parse).transpose()
}

/// The status of a container that the viewer sees, and what it may do there.
///
/// # Errors
/// Faults of the database.
pub async fn grant(
    on: &impl Read,
    scope: &Scope,
    id: ContainerId,
) -> Result<Option<(ContainerStatus, Grant)>, Error> {
    Ok(find(on, scope, id).await?.map(|view| (view.container.status, view.grant)))
}

/// All permissions in the column `granted` of the rows together.
pub(crate) fn granted(doing: &'static str, rows: &[QueryResult]) -> Result<Permissions, Error> {
    rows.iter().try_fold(Permissions::NONE, |all, row| {
        let bits: Option<i64> = column(doing, row, "granted")?;
        Ok(all.union(Permissions::from_bits(bits.unwrap_or_default())))
    })
}
