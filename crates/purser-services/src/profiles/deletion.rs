//! Deletion: for everyone, or only of the viewer's own link.

use purser_domain::container::Permission;
use purser_storage::{ProfileKey, profiles as stored};
use purser_types::id::ProfileId;

use super::seen;
use crate::app::Ctx;
use crate::containers::refuse_missing;
use crate::error::{Code, Error};

/// A deletion.
#[derive(Debug, Clone)]
pub struct DeleteProfile {
    /// Which one.
    pub key: ProfileKey,
    /// Only say what would be deleted.
    pub dry_run: bool,
    /// The profile's guid, to confirm.
    pub confirm: Option<String>,
}

/// How far a deletion reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeletionReach {
    /// The profile and its instruments are gone for everyone.
    Everyone,
    /// Only the tenant's own link and overlay are gone.
    OwnLink,
}

/// What was deleted, or would be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeletedProfile {
    /// The profile.
    pub profile_id: ProfileId,
    /// Its guid, which confirms a deletion.
    pub guid: String,
    /// How far the deletion reaches.
    pub reach: DeletionReach,
    /// How many instruments, of those the viewer sees, go with it.
    pub instrument_count: i64,
    /// How many of the viewer's own payments stay, with a pseudonym.
    pub payment_count: i64,
    /// Whether it was done.
    pub is_done: bool,
}

/// Deletes a profile, for everyone or only the viewer's link to it, or says what that would do.
///
/// # Errors
/// `PROFILE_NOT_FOUND`, `CONFIRMATION_REQUIRED`; `CONTAINER_PERMISSION_MISSING` for the owner of a
/// container that is read-only now.
pub async fn delete(ctx: &Ctx, input: DeleteProfile) -> Result<DeletedProfile, Error> {
    let write = ctx.store().begin().await?;
    let view = seen(ctx, &write, input.key, "by").await?;
    let id = view.profile.id;
    let counts = stored::deletion_counts(&write, ctx.scope(), id).await?;
    let may_for_everyone = view.container.grant.permissions.contains(Permission::DeleteProfile);
    if view.container.grant.is_owner && !may_for_everyone {
        return Err(refuse_missing(Permission::DeleteProfile, "by"));
    }
    let reach = if may_for_everyone { DeletionReach::Everyone } else { DeletionReach::OwnLink };
    let mut deleted = DeletedProfile {
        profile_id: id,
        guid: view.profile.guid.clone(),
        reach,
        instrument_count: if may_for_everyone { counts.instruments } else { 0 },
        payment_count: counts.own_payments,
        is_done: false,
    };
    if input.dry_run {
        return Ok(deleted);
    }
    if input.confirm.as_deref() != Some(view.profile.guid.as_str()) {
        let message = "Deletion is irreversible: confirm with the profile's guid, or ask for a dry run.";
        return Err(Error::refused(Code::ConfirmationRequired, "confirm", message));
    }
    deleted.is_done = match reach {
        DeletionReach::Everyone => stored::delete(&write, ctx.scope(), id).await?,
        DeletionReach::OwnLink => stored::unlink(&write, ctx.scope(), id).await?,
    };
    if !deleted.is_done {
        return Err(Error::not_found(Code::ProfileNotFound, "by"));
    }
    write.commit().await?;
    Ok(deleted)
}
