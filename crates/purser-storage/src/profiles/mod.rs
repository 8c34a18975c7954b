//! Profiles: their shared core, and every tenant's own overlay, which is its link.
//!
//! What a page of the graph shows of them is read in [`crate::read`]; here is what changes them, and what
//! a change looks at first.

mod lookup;

use purser_domain::Scope;
use purser_domain::container::Permission;
use purser_domain::profile::{Overlay, Profile};
use purser_types::Timestamp;
use purser_types::id::{InstrumentId, ProfileId};

pub use lookup::{find, find_proven};

use crate::db::{Connection, Engine, Read, Write, column};
use crate::entity::profile::{Column, Model};
use crate::entity::profile_link;
use crate::error::Error;
use crate::sql::Sql;
use crate::visibility::{granted, instrument_visible, own, profile_visible, reached};

/// What goes and what stays when a profile is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeletionCounts {
    /// The instruments of the profile that the viewer sees.
    pub instruments: i64,
    /// The viewer's own payments of the profile.
    pub own_payments: i64,
}

/// The permissions with which a tenant can come to know a profile: reading it, or having made it.
const LINKING: [Permission; 2] = [Permission::ReadProfile, Permission::StoreInstrument];

/// Stores a profile in a container where the viewer may.
///
/// # Errors
/// [`Constraint::CustomerIdentification`](crate::Constraint::CustomerIdentification);
/// [`Error::OutOfScope`] without the permission to store in the container.
pub async fn insert(w: &Write, scope: &Scope, profile: &Profile) -> Result<(), Error> {
    let doing = "storing a profile";
    let condition = format!("WHERE {}", granted("$4", &[Permission::StoreInstrument]));
    let sql =
        Sql::scoped(scope, condition).bind(profile.container_id.uuid()).insert(&Model::of(profile), &[]);
    reached(doing, w.execute(doing, sql).await?)
}

/// Writes the shared core of a profile that the viewer sees and may update, if it still has the expected
/// version. Its container, guid and creation stay; an instrument of another profile is not preferred.
///
/// # Errors
/// [`Constraint::CustomerIdentification`](crate::Constraint::CustomerIdentification).
pub async fn update(
    w: &Write,
    scope: &Scope,
    profile: &Profile,
    expected_version: i32,
) -> Result<bool, Error> {
    use sea_orm::Iterable;
    let model = Model { version: expected_version.saturating_add(1), ..Model::of(profile) };
    let fixed = |column: &Column| {
        matches!(
            column,
            Column::Id
                | Column::ContainerId
                | Column::Guid
                | Column::CreatedByTenantId
                | Column::CreatedVia
                | Column::CreatedAt
        )
    };
    let columns: Vec<Column> = Column::iter().filter(|column| !fixed(column)).collect();
    let condition = format!(
        "profile.id = $4 AND profile.version = $5 AND {} AND {} AND ($6 IS NULL OR EXISTS \
         (SELECT 1 FROM instrument i WHERE i.id = $6 AND i.profile_id = profile.id))",
        profile_visible("profile"),
        granted("profile.container_id", &[Permission::UpdateProfile])
    );
    let sql = Sql::scoped(scope, condition)
        .bind(profile.id.uuid())
        .bind(expected_version)
        .bind(profile.preferred_instrument_id.map(InstrumentId::uuid))
        .update(&model, &columns);
    Ok(w.execute("changing a profile", sql).await? == 1)
}

/// Deletes a profile that the viewer sees and may delete, with its instruments, totals and everybody's
/// overlays. Payments stay, and keep the id of the profile and of the instrument as pseudonyms.
///
/// # Errors
/// Faults of the database.
pub async fn delete(w: &Write, scope: &Scope, id: ProfileId) -> Result<bool, Error> {
    let text = format!(
        "DELETE FROM profile WHERE profile.id = $4 AND {} AND {}",
        profile_visible("profile"),
        granted("profile.container_id", &[Permission::DeleteProfile])
    );
    Ok(w.execute("deleting a profile", Sql::scoped(scope, text).bind(id.uuid())).await? == 1)
}

/// Writes the viewer's overlay of a profile in a container that it has a grant for, and links it if it was
/// not linked. How it was linked first stays.
///
/// # Errors
/// [`Constraint::ExternalId`](crate::Constraint::ExternalId); [`Error::OutOfScope`] for another tenant's
/// overlay, or without a grant.
pub async fn put_overlay(
    w: &Write,
    scope: &Scope,
    overlay: &Overlay,
    profile_created_at: Timestamp,
) -> Result<(), Error> {
    let doing = "storing an overlay";
    let sql = linking(doing, scope, overlay, profile_created_at)?.then(
        "ON CONFLICT (tenant_id, profile_id) DO UPDATE SET external_id = excluded.external_id, \
         metadata = excluded.metadata, tags = excluded.tags, is_favorite = excluded.is_favorite, \
         updated_at = excluded.updated_at",
    );
    reached(doing, w.execute(doing, sql).await?)
}

/// Links the viewer to a profile in a container that it has a grant for; false if it was linked before,
/// and then nothing is changed, or if it has no grant.
///
/// # Errors
/// [`Constraint::ExternalId`](crate::Constraint::ExternalId); [`Error::OutOfScope`] for another tenant's
/// overlay.
pub async fn link(
    w: &Write,
    scope: &Scope,
    overlay: &Overlay,
    profile_created_at: Timestamp,
) -> Result<bool, Error> {
    let doing = "linking a profile";
    let sql = linking(doing, scope, overlay, profile_created_at)?
        .then("ON CONFLICT (tenant_id, profile_id) DO NOTHING");
    Ok(w.execute(doing, sql).await? == 1)
}

fn linking(
    doing: &'static str,
    scope: &Scope,
    overlay: &Overlay,
    profile_created_at: Timestamp,
) -> Result<Sql, Error> {
    use profile_link::Column;
    own(doing, scope, overlay.tenant_id, scope.environment())?;
    let condition = format!("FROM profile p WHERE p.id = $4 AND {}", granted("p.container_id", &LINKING));
    let of_profile = [(Column::ContainerId, "p.container_id"), (Column::Environment, "$2")];
    Ok(Sql::scoped(scope, condition)
        .bind(overlay.profile_id.uuid())
        .insert(&profile_link::Model::of(overlay, profile_created_at), &of_profile))
}

/// Takes the viewer's own link and overlay away; false if there is none.
///
/// # Errors
/// Faults of the database.
pub async fn unlink(w: &Write, scope: &Scope, id: ProfileId) -> Result<bool, Error> {
    let text = "DELETE FROM profile_link WHERE profile_id = $4 AND tenant_id = $1 AND environment = $2";
    Ok(w.execute("unlinking a profile", Sql::scoped(scope, text).bind(id.uuid())).await? == 1)
}

/// Says which instrument of a profile to offer first, or that none is. Both must be visible, and the
/// viewer may update profiles or store instruments. The profile's version grows. False if not so.
///
/// # Errors
/// Faults of the database.
pub async fn set_preferred(
    w: &Write,
    scope: &Scope,
    id: ProfileId,
    instrument: Option<InstrumentId>,
) -> Result<bool, Error> {
    let text = format!(
        "UPDATE profile SET preferred_instrument_id = $5, updated_at = $3, version = version + 1 \
         WHERE profile.id = $4 AND {} AND {} AND ($5 IS NULL OR EXISTS \
         (SELECT 1 FROM instrument i WHERE i.id = $5 AND i.profile_id = profile.id AND {}))",
        profile_visible("profile"),
        granted("profile.container_id", &[Permission::UpdateProfile, Permission::StoreInstrument]),
        instrument_visible("i")
    );
    let sql = Sql::scoped(scope, text).bind(id.uuid()).bind(instrument.map(InstrumentId::uuid));
    Ok(w.execute("preferring an instrument", sql).await? == 1)
}

/// Makes others that lock the profile wait for this transaction. Locks nothing that the viewer has no
/// grant for.
///
/// # Errors
/// [`Error::Unavailable`] if the lock stays taken.
pub async fn lock(w: &Write, scope: &Scope, id: ProfileId) -> Result<(), Error> {
    if w.engine() == Engine::Sqlite {
        // The transaction has the only write lock since it began.
        return Ok(());
    }
    // Not FOR UPDATE, which would hold up every insertion of a row that refers to the profile.
    let text = format!(
        "SELECT p.id FROM profile p WHERE p.id = $4 AND {} FOR NO KEY UPDATE OF p",
        granted("p.container_id", &LINKING)
    );
    w.rows("locking a profile", Sql::scoped(scope, text).bind(id.uuid())).await?;
    Ok(())
}

/// What would go and what would stay if the profile were deleted, as far as the viewer sees it.
///
/// # Errors
/// Faults of the database.
pub async fn deletion_counts(on: &impl Read, scope: &Scope, id: ProfileId) -> Result<DeletionCounts, Error> {
    let doing = "counting what belongs to a profile";
    let text = format!(
        "SELECT (SELECT COUNT(*) FROM instrument i WHERE i.profile_id = $4 AND {}) AS instruments, \
         (SELECT COUNT(*) FROM payment y WHERE y.profile_id = $4 AND y.tenant_id = $1 \
         AND y.environment = $2) AS own_payments",
        instrument_visible("i")
    );
    let rows = on.rows(doing, Sql::scoped(scope, text).bind(id.uuid())).await?;
    let count = |name| rows.first().map_or(Ok(0), |row| column(doing, row, name));
    Ok(DeletionCounts { instruments: count("instruments")?, own_payments: count("own_payments")? })
}
