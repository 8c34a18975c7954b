//! Shares, which a container's owner grants, and opt-outs, which any tenant declares.

use purser_domain::Scope;
use purser_domain::container::{OptOut, Share};
use purser_types::Timestamp;
use purser_types::id::{ContainerId, OptOutId, ShareId};

use crate::db::{Read, Write, one};
use crate::entity::{opt_out, share};
use crate::error::Error;
use crate::sql::Sql;
use crate::visibility::{container_owned, own, reached};

/// Grants a container of the viewer's: a new row, or the row that its grantee has already with the new
/// permissions, in force again. Returns the row as it is now, with its first id.
///
/// # Errors
/// [`Error::OutOfScope`] if the viewer does not own the container.
pub async fn put_share(w: &Write, scope: &Scope, share: &Share) -> Result<Share, Error> {
    let doing = "granting a container";
    let sql = Sql::scoped(scope, format!("WHERE {}", container_owned("$4")))
        .bind(share.container_id.uuid())
        .insert(&share::Model::of(share), &[])
        .then(
            "ON CONFLICT (container_id, grantee_tenant_id) DO UPDATE SET \
             include_descendants = excluded.include_descendants, permissions = excluded.permissions, \
             status = excluded.status, granted_by = excluded.granted_by, \
             expires_at = excluded.expires_at, updated_at = excluded.updated_at RETURNING *",
        );
    let row: Option<share::Model> = one(w, doing, sql).await?;
    row.ok_or(Error::OutOfScope { doing })?.parse()
}

/// A share of a container that the viewer owns.
///
/// # Errors
/// Faults of the database.
pub async fn find_share(on: &impl Read, scope: &Scope, id: ShareId) -> Result<Option<Share>, Error> {
    let text = format!(
        "SELECT s.* FROM container_share s WHERE s.id = $4 AND {}",
        container_owned("s.container_id")
    );
    let row: Option<share::Model> =
        one(on, "finding a share", Sql::scoped(scope, text).bind(id.uuid())).await?;
    row.map(share::Model::parse).transpose()
}

/// Takes a share of a container of the viewer's back; false if it is not in force.
///
/// # Errors
/// Faults of the database.
pub async fn revoke_share(w: &Write, scope: &Scope, id: ShareId, now: Timestamp) -> Result<bool, Error> {
    let text = format!(
        "UPDATE container_share SET status = 'REVOKED', updated_at = $5 \
         WHERE container_share.id = $4 AND container_share.status = 'ACTIVE' AND {}",
        container_owned("container_share.container_id")
    );
    let sql = Sql::scoped(scope, text).bind(id.uuid()).bind(now.unix_micros());
    Ok(w.execute("revoking a share", sql).await? == 1)
}

/// Stores an opt-out of the viewer's, of all containers or of one in its own tree and environment.
///
/// # Errors
/// [`Constraint::OptOut`](crate::Constraint::OptOut); [`Error::OutOfScope`] for another tenant's, or for a
/// container elsewhere.
pub async fn insert_opt_out(w: &Write, scope: &Scope, opt_out: &OptOut) -> Result<(), Error> {
    let doing = "storing an opt-out";
    own(doing, scope, opt_out.tenant_id, opt_out.environment)?;
    // A tenant may disable below it what only those below it were granted, so that the container need
    // not be visible; it must be of the same tree, where the opt-out has an effect.
    let condition = "FROM tenant v WHERE v.id = $1 AND ($4 IS NULL OR EXISTS (SELECT 1 FROM container c \
                     JOIN tenant o ON o.id = c.owner_tenant_id WHERE c.id = $4 AND c.environment = $2 \
                     AND o.root_id = v.root_id))";
    let sql = Sql::scoped(scope, condition)
        .bind(opt_out.container_id.map(ContainerId::uuid))
        .insert(&opt_out::Model::of(opt_out), &[]);
    reached(doing, w.execute(doing, sql).await?)
}

/// Takes an opt-out of the viewer's back, and returns what it was.
///
/// # Errors
/// Faults of the database.
pub async fn delete_opt_out(w: &Write, scope: &Scope, id: OptOutId) -> Result<Option<OptOut>, Error> {
    let text =
        "DELETE FROM container_opt_out WHERE id = $4 AND tenant_id = $1 AND environment = $2 RETURNING *";
    let row: Option<opt_out::Model> =
        one(w, "deleting an opt-out", Sql::scoped(scope, text).bind(id.uuid())).await?;
    row.map(opt_out::Model::parse).transpose()
}
