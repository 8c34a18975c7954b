//! One profile inside a transaction, before it is changed or paid with.

use std::sync::Arc;

use purser_domain::Scope;
use purser_domain::container::Permission;
use purser_types::id::ProfileId;
use sea_orm::QueryResult;

use crate::containers;
use crate::db::{Read, column, columns};
use crate::entity::{container, profile, profile_link};
use crate::error::Error;
use crate::read::selection::ProfileKey;
use crate::read::view::{ContainerView, Grant, ProfileView};
use crate::sql::{Sql, columns_of};
use crate::visibility::{granted, profile_visible};

/// A profile by any key, with the viewer's overlay and grant, in one statement and without its
/// surroundings. A guid and an identification are capabilities: with a grant to read profiles in the
/// container they need no link, and whoever asks decides whether to make one.
///
/// # Errors
/// Faults of the database.
pub async fn find(on: &impl Read, scope: &Scope, key: &ProfileKey) -> Result<Option<ProfileView>, Error> {
    let reads = granted("p.container_id", &[Permission::ReadProfile]);
    let sees = profile_visible("p");
    let sql = match key {
        ProfileKey::Id(id) => Sql::scoped(scope, viewing(&format!("p.id = $4 AND {sees}"))).bind(id.uuid()),
        ProfileKey::Guid(guid) => {
            Sql::scoped(scope, viewing(&format!("p.guid = $4 AND {reads}"))).bind(guid.as_str())
        }
        ProfileKey::CustomerIdentification { container_id, value } => {
            let condition = format!("p.container_id = $4 AND p.customer_identification = $5 AND {reads}");
            Sql::scoped(scope, viewing(&condition)).bind(container_id.uuid()).bind(value.as_str())
        }
        ProfileKey::ExternalId(value) => {
            let condition = format!("l.external_id = $4 AND l.environment = $2 AND {sees}");
            Sql::scoped(scope, viewing(&condition)).bind(value.as_str())
        }
    };
    view(on, scope, sql).await
}

/// The profile of an instrument whose payment token the viewer presented: the token is the proof, so that
/// a grant to read profiles in the container is enough.
///
/// # Errors
/// Faults of the database.
pub async fn find_proven(on: &impl Read, scope: &Scope, id: ProfileId) -> Result<Option<ProfileView>, Error> {
    let condition = format!("p.id = $4 AND {}", granted("p.container_id", &[Permission::ReadProfile]));
    view(on, scope, Sql::scoped(scope, viewing(&condition)).bind(id.uuid())).await
}

/// One row per grant, with the container and the viewer's link.
fn viewing(condition: &str) -> String {
    format!(
        "SELECT {}, {}, {}, a.permissions AS granted FROM profile p \
         JOIN container c ON c.id = p.container_id JOIN container_access a ON a.container_id = c.id \
         AND a.tenant_id = $1 AND a.expires_at > $3 LEFT JOIN profile_link l ON l.profile_id = p.id \
         AND l.tenant_id = $1 WHERE c.environment = $2 AND {condition}",
        columns_of::<profile::Entity>("p", "p_"),
        columns_of::<container::Entity>("c", "c_"),
        columns_of::<profile_link::Entity>("l", "l_"),
    )
}

async fn view(on: &impl Read, scope: &Scope, sql: Sql) -> Result<Option<ProfileView>, Error> {
    let doing = "finding a profile";
    let rows = on.rows(doing, sql).await?;
    let Some(first) = rows.first() else { return Ok(None) };
    let container = columns::<container::Model>(doing, first, "c_")?.parse()?;
    let grant = Grant {
        permissions: containers::granted(doing, &rows)?,
        is_owner: container.owner_tenant_id == scope.tenant(),
    };
    Ok(Some(ProfileView {
        profile: columns::<profile::Model>(doing, first, "p_")?.parse()?,
        overlay: link(doing, first)?.map(profile_link::Model::parse).transpose()?,
        container: Arc::new(ContainerView { container, grant }),
        instruments: None,
        payments: Vec::new(),
        lines: Vec::new(),
        totals: None,
    }))
}

fn link(doing: &'static str, row: &QueryResult) -> Result<Option<profile_link::Model>, Error> {
    // Asked for by a column that is never empty, so that a row that cannot be read is not taken for none.
    if column::<Option<String>>(doing, row, "l_linked_via")?.is_none() {
        return Ok(None);
    }
    columns(doing, row, "l_").map(Some)
}
