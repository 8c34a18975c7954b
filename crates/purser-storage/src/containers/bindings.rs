//! Which container a tenant's connectors keep their customers in.

use purser_domain::Scope;
use purser_domain::container::Binding;
use purser_types::id::ConnectorId;

use crate::db::{Read, Write, all};
use crate::entity::binding::Model;
use crate::error::Error;
use crate::sql::Sql;
use crate::visibility::{container_visible, own, reached};

/// Binds a container that the viewer sees to a connector of its own, or to all of them, in the place of
/// what was bound there.
///
/// # Errors
/// [`Error::OutOfScope`] if the viewer does not see the container or the connector is not its own.
pub async fn put_binding(w: &Write, scope: &Scope, binding: &Binding) -> Result<(), Error> {
    let doing = "binding a container";
    own(doing, scope, binding.tenant_id, binding.environment)?;
    let condition = format!(
        "FROM container c WHERE c.id = $4 AND {} AND ($5 IS NULL OR EXISTS (SELECT 1 FROM connector n \
         WHERE n.id = $5 AND n.tenant_id = $1 AND n.environment = $2))",
        container_visible("c")
    );
    // The two unique indexes: one row per connector, one default per tenant and environment.
    let place = match binding.connector_id {
        Some(_) => "(connector_id)",
        None => "(tenant_id, environment) WHERE connector_id IS NULL",
    };
    let sql = Sql::scoped(scope, condition)
        .bind(binding.container_id.uuid())
        .bind(binding.connector_id.map(ConnectorId::uuid))
        .insert(&Model::of(binding), &[])
        .then(&format!(
            "ON CONFLICT {place} DO UPDATE SET id = excluded.id, container_id = excluded.container_id, \
             created_at = excluded.created_at"
        ));
    reached(doing, w.execute(doing, sql).await?)
}

/// Takes away the viewer's binding of a connector, or its default; false if there is none.
///
/// # Errors
/// Faults of the database.
pub async fn delete_binding(w: &Write, scope: &Scope, connector: Option<ConnectorId>) -> Result<bool, Error> {
    let own = "DELETE FROM container_binding WHERE tenant_id = $1 AND environment = $2";
    let sql = match connector {
        Some(id) => Sql::scoped(scope, own).then("AND connector_id = $4").bind(id.uuid()),
        None => Sql::scoped(scope, own).then("AND connector_id IS NULL"),
    };
    Ok(w.execute("deleting a binding", sql).await? == 1)
}

/// The viewer's binding of a connector and its default, as far as there are such.
///
/// # Errors
/// Faults of the database.
pub async fn bindings(
    on: &impl Read,
    scope: &Scope,
    connector: Option<ConnectorId>,
) -> Result<Vec<Binding>, Error> {
    let text = "SELECT * FROM container_binding WHERE tenant_id = $1 AND environment = $2 \
                AND (connector_id IS NULL OR connector_id = $4) ORDER BY id";
    let sql = Sql::scoped(scope, text).bind(connector.map(ConnectorId::uuid));
    let rows: Vec<Model> = all(on, "finding bindings", sql).await?;
    rows.into_iter().map(Model::parse).collect()
}
