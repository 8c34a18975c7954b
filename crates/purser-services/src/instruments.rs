//! Stored instruments: preferred, deleted. They are stored by payments and registrations only.

use purser_domain::container::Permission;
use purser_domain::profile::LinkedVia;
use purser_storage::read::InstrumentView;
use purser_storage::{ProfileKey, Read, instruments as stored, profiles as stored_profiles};
use purser_types::id::{InstrumentId, ProfileId};

use crate::app::Ctx;
use crate::error::{Code, Error};
use crate::profiles;

/// Finds an instrument that the viewer sees, by its id.
/// By its payment token, which is a capability, a viewer with a secret key is linked to the profile.
///
/// # Errors
/// Faults of the storage.
pub async fn find(ctx: &Ctx, key: &InstrumentKey) -> Result<Option<InstrumentView>, Error> {
    let token = match key {
        InstrumentKey::Id(id) => return Ok(stored::find(ctx.store(), ctx.scope(), *id).await?),
        InstrumentKey::PaymentToken(token) => token,
    };
    let seen = stored::find_by_payment_token(ctx.store(), ctx.scope(), token).await?;
    if seen.is_some() || !profiles::capabilities_count(ctx) {
        return Ok(seen);
    }
    let found = stored::by_payment_token(ctx.store(), ctx.scope(), token).await?;
    let Some((view, _)) = found else { return Ok(None) };
    let write = ctx.store().begin().await?;
    let profile = stored_profiles::find_proven(&write, ctx.scope(), view.instrument.profile_id).await?;
    let Some(profile) = profile else { return Ok(None) };
    profiles::link(ctx, &write, &profile, LinkedVia::Proof).await?;
    write.commit().await?;
    Ok(Some(view))
}

/// What names an instrument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InstrumentKey {
    /// Its id.
    Id(InstrumentId),
    /// Its payment token.
    PaymentToken(String),
}

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
    if !stored_profiles::set_preferred(&write, ctx.scope(), profile_id, instrument_id).await? {
        return Err(Error::not_found(Code::InstrumentNotFound, "instrumentId"));
    }
    write.commit().await?;
    Ok(profile_id)
}

/// Deletes an instrument: the tenant that stored it may, and whoever may delete the profile.
///
/// # Errors
/// `INSTRUMENT_NOT_FOUND`, `CONTAINER_PERMISSION_MISSING`.
pub async fn delete(ctx: &Ctx, id: InstrumentId) -> Result<InstrumentId, Error> {
    let write = ctx.store().begin().await?;
    let view = stored::find(&write, ctx.scope(), id).await?;
    let view = view.ok_or_else(|| Error::not_found(Code::InstrumentNotFound, "instrumentId"))?;
    if view.instrument.stored_by_tenant_id != ctx.viewer().tenant() {
        profiles::require(view.grant.permissions, Permission::DeleteProfile)?;
    }
    if !stored::delete(&write, ctx.scope(), id).await? {
        let message = "Nothing can be deleted while the container is read-only.";
        return Err(Error::refused(Code::ContainerPermissionMissing, "instrumentId", message));
    }
    write.commit().await?;
    Ok(id)
}
