//! Stored instruments: preferred, deleted. They are stored by payments and registrations only.

use purser_domain::container::Permission;
use purser_storage::read::InstrumentView;
use purser_storage::{ProfileKey, Read, Write, instruments as stored, profiles as stored_profiles};
use purser_types::id::{InstrumentId, ProfileId};

use crate::app::Ctx;
use crate::error::{Code, Error};
use crate::profiles;

/// An instrument of a profile that the viewer sees.
pub(crate) async fn of_profile(
    ctx: &Ctx,
    on: &impl Read,
    id: InstrumentId,
    profile_id: ProfileId,
) -> Result<InstrumentView, Error> {
    let view = stored::find(on, ctx.scope(), id).await?;
    let view = view.filter(|view| view.instrument.profile_id == profile_id);
    view.ok_or_else(|| Error::not_found(Code::InstrumentNotFound, "instrumentId"))
}

/// Makes an instrument the one to offer first, or none.
///
/// # Errors
/// `PROFILE_NOT_FOUND`, `INSTRUMENT_NOT_FOUND`, `CONTAINER_PERMISSION_MISSING`.
pub async fn set_preferred(
    ctx: &Ctx,
    profile_id: ProfileId,
    instrument_id: Option<InstrumentId>,
) -> Result<ProfileId, Error> {
    let write = ctx.store().begin().await?;
    let view = profiles::proven(ctx, &write, ProfileKey::Id(profile_id)).await?;
    let view = view.ok_or_else(|| Error::not_found(Code::ProfileNotFound, "profileId"))?;
    if let Some(id) = instrument_id {
        of_profile(ctx, &write, id, profile_id).await?;
    }
    profiles::require(view.container.grant.permissions, Permission::UpdateProfile)?;
    stored_profiles::set_preferred(&write, ctx.scope(), profile_id, instrument_id).await?;
    write.commit().await?;
    Ok(profile_id)
}

/// Deletes an instrument: the tenant that stored it may, and whoever may delete the profile.
///
/// # Errors
/// `INSTRUMENT_NOT_FOUND`, `CONTAINER_PERMISSION_MISSING`.
pub async fn delete(ctx: &Ctx, id: InstrumentId) -> Result<InstrumentId, Error> {
    let write: Write = ctx.store().begin().await?;
    let view = stored::find(&write, ctx.scope(), id).await?;
    let view = view.ok_or_else(|| Error::not_found(Code::InstrumentNotFound, "instrumentId"))?;
    if view.instrument.stored_by_tenant_id != ctx.viewer().tenant() {
        profiles::require(view.grant.permissions, Permission::DeleteProfile)?;
    }
    if view.is_preferred {
        stored_profiles::set_preferred(&write, ctx.scope(), view.instrument.profile_id, None).await?;
    }
    stored::delete(&write, ctx.scope(), id).await?;
    write.commit().await?;
    Ok(id)
}
