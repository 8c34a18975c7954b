//! Connectors and routers. Only their own tenant sees them.

use purser_domain::connector::{Connector, Router};
use purser_domain::{Scope, SystemScope};
use purser_types::id::{ConnectorId, RouterId};

use crate::db::{Read, Write, all, one};
use crate::entity::connector::{Column, Model};
use crate::entity::router;
use crate::error::Error;
use crate::sql::Sql;
use crate::visibility::own;

/// A connector with its credentials as the vault sealed them.
#[derive(Debug, Clone, PartialEq)]
pub struct Sealed {
    /// The connector.
    pub connector: Connector,
    /// Its credentials, sealed.
    pub sealed_credentials: Vec<u8>,
}

const OWN: &str = "id = $4 AND tenant_id = $1 AND environment = $2";
const OWN_VERSION: &str = "id = $4 AND tenant_id = $1 AND environment = $2 AND version = $5";

/// Stores a connector of the viewer's with its sealed credentials.
///
/// # Errors
/// [`Constraint::ConnectorName`](crate::Constraint::ConnectorName); [`Error::OutOfScope`] for another
/// tenant's or environment's.
pub async fn insert(w: &Write, scope: &Scope, connector: &Connector, sealed: &[u8]) -> Result<(), Error> {
    let doing = "storing a connector";
    own(doing, scope, connector.tenant_id, connector.environment)?;
    w.execute(doing, Sql::scoped(scope, "").insert(&Model::of(connector, sealed), &[])).await?;
    Ok(())
}

/// Writes name, status, settings and, if given, credentials of a connector of the viewer's, if it still
/// has the expected version. Its plugin stays what it is.
///
/// # Errors
/// [`Constraint::ConnectorName`](crate::Constraint::ConnectorName).
pub async fn update(
    w: &Write,
    scope: &Scope,
    connector: &Connector,
    sealed: Option<&[u8]>,
    expected_version: i32,
) -> Result<bool, Error> {
    let model = Model {
        version: expected_version.saturating_add(1),
        ..Model::of(connector, sealed.unwrap_or_default())
    };
    let mut columns = vec![
        Column::Processor,
        Column::Name,
        Column::Status,
        Column::Settings,
        Column::IgnoresTenantDefault,
        Column::UpdatedAt,
        Column::Version,
    ];
    columns.extend(sealed.map(|_| Column::SealedCredentials));
    let sql = Sql::scoped(scope, OWN_VERSION)
        .bind(connector.id.uuid())
        .bind(expected_version)
        .update(&model, &columns);
    Ok(w.execute("changing a connector", sql).await? == 1)
}

/// A connector of the viewer's.
///
/// # Errors
/// Faults of the database.
pub async fn find(on: &impl Read, scope: &Scope, id: ConnectorId) -> Result<Option<Sealed>, Error> {
    let sql = Sql::scoped(scope, format!("SELECT * FROM connector WHERE {OWN}")).bind(id.uuid());
    let row: Option<Model> = one(on, "finding a connector", sql).await?;
    row.map(sealed).transpose()
}

/// A connector of any tenant, for a request that names it and nothing else.
///
/// # Errors
/// Faults of the database.
pub async fn find_any(
    on: &impl Read,
    system: &SystemScope,
    id: ConnectorId,
) -> Result<Option<Sealed>, Error> {
    let sql = Sql::system(system, "SELECT * FROM connector WHERE id = $1").bind(id.uuid());
    let row: Option<Model> = one(on, "finding a connector", sql).await?;
    row.map(sealed).transpose()
}

/// Those of the connectors that are the viewer's, in the order of the ids.
///
/// # Errors
/// Faults of the database.
pub async fn find_many(on: &impl Read, scope: &Scope, ids: &[ConnectorId]) -> Result<Vec<Sealed>, Error> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let places: Vec<String> = (4..).take(ids.len()).map(|place: usize| format!("${place}")).collect();
    let text = format!(
        "SELECT * FROM connector WHERE tenant_id = $1 AND environment = $2 AND id IN ({})",
        places.join(", ")
    );
    let sql = ids.iter().fold(Sql::scoped(scope, text), |sql, id| sql.bind(id.uuid()));
    let rows: Vec<Model> = all(on, "finding connectors", sql).await?;
    let mut found: Vec<Sealed> = rows.into_iter().map(sealed).collect::<Result<_, _>>()?;
    found.sort_by_key(|found| ids.iter().position(|id| *id == found.connector.id));
    Ok(found)
}

/// Stores a router of the viewer's.
///
/// # Errors
/// [`Constraint::RouterName`](crate::Constraint::RouterName); [`Error::OutOfScope`] for another tenant's
/// or environment's.
pub async fn insert_router(w: &Write, scope: &Scope, router: &Router) -> Result<(), Error> {
    let doing = "storing a router";
    own(doing, scope, router.tenant_id, router.environment)?;
    w.execute(doing, Sql::scoped(scope, "").insert(&router::Model::of(router), &[])).await?;
    Ok(())
}

/// Writes name and connectors of a router of the viewer's, if it still has the expected version.
///
/// # Errors
/// [`Constraint::RouterName`](crate::Constraint::RouterName).
pub async fn update_router(
    w: &Write,
    scope: &Scope,
    router: &Router,
    expected_version: i32,
) -> Result<bool, Error> {
    use router::Column;
    let model = router::Model { version: expected_version.saturating_add(1), ..router::Model::of(router) };
    let columns = [Column::Name, Column::ConnectorIds, Column::UpdatedAt, Column::Version];
    let sql = Sql::scoped(scope, OWN_VERSION)
        .bind(router.id.uuid())
        .bind(expected_version)
        .update(&model, &columns);
    Ok(w.execute("changing a router", sql).await? == 1)
}

/// A router of the viewer's.
///
/// # Errors
/// Faults of the database.
pub async fn find_router(on: &impl Read, scope: &Scope, id: RouterId) -> Result<Option<Router>, Error> {
    let sql = Sql::scoped(scope, format!("SELECT * FROM router WHERE {OWN}")).bind(id.uuid());
    let row: Option<router::Model> = one(on, "finding a router", sql).await?;
    row.map(router::Model::parse).transpose()
}

fn sealed(row: Model) -> Result<Sealed, Error> {
    let (connector, sealed_credentials) = row.parse()?;
    Ok(Sealed { connector, sealed_credentials })
}
