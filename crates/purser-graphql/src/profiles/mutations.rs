//! Changes of profiles.

use async_graphql::{Context, Enum, Error, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use purser_services::profiles::{self, DeletedProfile, DeletionReach as Reach};
use purser_services::{Ctx, Patch, ProfileKey};
use purser_types::id::InstrumentId;

use super::input::{OverlayInput, PersonInput};
use super::{Profile, ProfileBy, profile};
use crate::context::enter;
use crate::error::{Code, Nullable, ServiceError};
use crate::instruments::InstrumentBy;
use crate::once::enter_keyed;
use crate::payload::{self, Codes, UserError, settle};
use crate::scalars::BigInt;
use crate::words::ProfileStatus;

/// A new profile.
#[derive(InputObject)]
pub(crate) struct CreateProfileInput {
    /// Where it lives, for ever; your default container if absent.
    container_id: Option<ID>,
    /// The ecosystem's identifier of the customer, at most 64 characters, unique in the container.
    customer_identification: Option<String>,
    #[graphql(flatten)]
    person: PersonInput,
    #[graphql(flatten)]
    overlay: OverlayInput,
    /// A text of yours that stands for this request, 1 to 255 visible ASCII characters: sent again with the
    /// same key it is not carried out again, but answered with what there is now. Not checked if absent; the
    /// header `Idempotency-Key` says the same.
    idempotency_key: Option<String>,
}

/// A profile that is created, or changed if `customerIdentification` or `externalId` names one.
#[derive(InputObject)]
pub(crate) struct UpsertProfileInput {
    /// Where it lives, or is to live; your default container if absent.
    container_id: Option<ID>,
    /// The ecosystem's identifier of the customer, at most 64 characters; this or `externalId` is needed.
    customer_identification: Option<String>,
    #[graphql(flatten)]
    person: PersonInput,
    #[graphql(flatten)]
    overlay: OverlayInput,
    /// A text of yours that stands for this request, 1 to 255 visible ASCII characters: sent again with the
    /// same key it is not carried out again, but answered with what there is now. Not checked if absent; the
    /// header `Idempotency-Key` says the same.
    idempotency_key: Option<String>,
}

/// A change of a profile.
#[derive(InputObject)]
pub(crate) struct UpdateProfileInput {
    /// Which one.
    by: ProfileBy,
    /// The version that you read; a change in between is refused with `VERSION_CONFLICT`. Not checked if absent.
    expected_version: Option<i32>,
    /// A new status; unchanged if absent.
    status: Option<ProfileStatus>,
    /// The instrument to offer first; unchanged if absent, none if null.
    preferred_instrument: MaybeUndefined<InstrumentBy>,
    #[graphql(flatten)]
    person: PersonInput,
    #[graphql(flatten)]
    overlay: OverlayInput,
}

/// The codes of `createProfile`.
pub(crate) enum CreateProfile {}
impl Codes for CreateProfile {
    const MUTATION: &'static str = "CreateProfile";
    const CODES: &'static [Code] = &[
        Code::FeatureDisabled,
        Code::ContainerNotFound,
        Code::NoContainerBound,
        Code::ContainerDisabled,
        Code::ContainerDisabledForSubtenant,
        Code::ContainerNotShared,
        Code::ContainerPermissionMissing,
        Code::DuplicateCustomerIdentification,
        Code::DuplicateExternalId,
        Code::ScopeNotHeld,
        Code::InvalidEmail,
        Code::InvalidPhone,
        Code::InvalidInput,
        Code::IdempotencyKeyReused,
    ];
}

/// The codes of `upsertProfile`.
pub(crate) enum UpsertProfile {}
impl Codes for UpsertProfile {
    const MUTATION: &'static str = "UpsertProfile";
    const CODES: &'static [Code] = &[
        Code::FeatureDisabled,
        Code::ContainerNotFound,
        Code::NoContainerBound,
        Code::ContainerDisabled,
        Code::ContainerDisabledForSubtenant,
        Code::ContainerNotShared,
        Code::ContainerPermissionMissing,
        Code::IdentifierRequired,
        Code::IdentityMismatch,
        Code::ProfileNotFound,
        Code::VersionConflict,
        Code::DuplicateCustomerIdentification,
        Code::DuplicateExternalId,
        Code::ScopeNotHeld,
        Code::InvalidEmail,
        Code::InvalidPhone,
        Code::InvalidInput,
        Code::IdempotencyKeyReused,
    ];
}

/// The codes of `updateProfile`.
pub(crate) enum UpdateProfile {}
impl Codes for UpdateProfile {
    const MUTATION: &'static str = "UpdateProfile";
    const CODES: &'static [Code] = &[
        Code::ProfileNotFound,
        Code::VersionConflict,
        Code::ContainerPermissionMissing,
        Code::InstrumentNotFound,
        Code::DuplicateExternalId,
        Code::ScopeNotHeld,
        Code::InvalidEmail,
        Code::InvalidPhone,
        Code::InvalidInput,
    ];
}

/// The codes of `deleteProfile`.
pub(crate) enum DeleteProfile {}
impl Codes for DeleteProfile {
    const MUTATION: &'static str = "DeleteProfile";
    const CODES: &'static [Code] =
        &[Code::ProfileNotFound, Code::ConfirmationRequired, Code::ContainerPermissionMissing];
}

/// What became of `createProfile`.
#[derive(SimpleObject)]
pub(crate) struct CreateProfilePayload {
    /// The new profile; null if it was refused.
    profile: Option<Profile>,
    /// Why it was refused; empty if it was not.
    user_errors: Vec<UserError<CreateProfile>>,
}

/// What became of `upsertProfile`.
#[derive(SimpleObject)]
pub(crate) struct UpsertProfilePayload {
    /// The profile; null if it was refused.
    profile: Option<Profile>,
    /// Whether it was created just now; null if it was refused.
    is_created: Option<bool>,
    /// Why it was refused; empty if it was not.
    user_errors: Vec<UserError<UpsertProfile>>,
}

/// What became of `updateProfile`.
#[derive(SimpleObject)]
pub(crate) struct UpdateProfilePayload {
    /// The changed profile; null if it was refused.
    profile: Option<Profile>,
    /// Why it was refused; empty if it was not.
    user_errors: Vec<UserError<UpdateProfile>>,
}

/// How far a deletion reaches.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "Reach")]
pub(crate) enum DeletionReach {
    /// The profile and its instruments are gone for everyone.
    Everyone,
    /// Only your own link and what you kept about the profile are gone.
    OwnLink,
}

/// The deletion of a profile.
#[derive(InputObject)]
pub(crate) struct DeleteProfileInput {
    /// Which one.
    by: ProfileBy,
    /// Only say what would be deleted.
    #[graphql(default = false)]
    dry_run: bool,
    /// The profile's guid, to confirm; a dry run answers it. Not needed for a dry run.
    confirm: Option<String>,
}

/// What was deleted, or would be.
#[derive(SimpleObject)]
pub(crate) struct ProfileDeletion {
    /// The id of the profile.
    profile_id: ID,
    /// The guid of the profile, which confirms the deletion.
    guid: String,
    /// How far the deletion reaches.
    reach: DeletionReach,
    /// How many instruments, of those that you see, go with it.
    instrument_count: BigInt,
    /// How many of your own payments stay, with a pseudonym.
    payment_count: BigInt,
    /// Whether it was done; false for a dry run.
    is_done: bool,
}

impl From<DeletedProfile> for ProfileDeletion {
    fn from(deleted: DeletedProfile) -> Self {
        Self {
            profile_id: deleted.profile_id.into(),
            guid: deleted.guid,
            reach: deleted.reach.into(),
            instrument_count: BigInt(deleted.instrument_count),
            payment_count: BigInt(deleted.payment_count),
            is_done: deleted.is_done,
        }
    }
}

/// What became of `deleteProfile`.
#[derive(SimpleObject)]
pub(crate) struct DeleteProfilePayload {
    /// What was deleted, or would be; null if it was refused.
    deletion: Option<ProfileDeletion>,
    /// Why it was refused; empty if it was not.
    user_errors: Vec<UserError<DeleteProfile>>,
}

#[derive(Default)]
pub(crate) struct ProfileMutation;

#[Object]
impl ProfileMutation {
    /// Creates a profile; an identifier that is taken is refused. Needs `profiles:write`.
    async fn create_profile(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The new profile.")] input: CreateProfileInput,
    ) -> Nullable<CreateProfilePayload> {
        Some(create(gql, input).await)
    }

    /// Creates a profile, or changes the one that `customerIdentification` or `externalId` names. Needs
    /// `profiles:write`.
    async fn upsert_profile(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The profile as it is to be.")] input: UpsertProfileInput,
    ) -> Nullable<UpsertProfilePayload> {
        Some(upsert(gql, input).await)
    }

    /// Changes a profile: what is absent stays, null clears, a value sets. Needs `profiles:write`.
    async fn update_profile(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The change.")] input: UpdateProfileInput,
    ) -> Nullable<UpdateProfilePayload> {
        Some(update(gql, input).await)
    }

    /// Deletes a profile for everyone if you own its container or your grant says so, else your link to
    /// it; irreversibly. Payments stay, with a pseudonym. Needs `profiles:delete`.
    async fn delete_profile(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Which profile, and the confirmation.")] input: DeleteProfileInput,
    ) -> Nullable<DeleteProfilePayload> {
        Some(delete(gql, input).await)
    }
}

fn creation(
    container_id: Option<&ID>,
    customer_identification: Option<String>,
    person: PersonInput,
    overlay: OverlayInput,
) -> Result<profiles::CreateProfile, ServiceError> {
    Ok(profiles::CreateProfile {
        container_id: payload::optional_id(container_id, Code::ContainerNotFound, "containerId")?,
        customer_identification,
        person: person.into(),
        overlay: overlay.into(),
    })
}

async fn create(gql: &Context<'_>, input: CreateProfileInput) -> Result<CreateProfilePayload, Error> {
    let keyed = enter_keyed(gql, "Mutation.createProfile")?;
    let done = keyed.write(|ctx| async move {
        let CreateProfileInput { container_id, customer_identification, person, overlay, .. } = input;
        let input = creation(container_id.as_ref(), customer_identification, person, overlay)?;
        profiles::create(&ctx, input).await
    });
    let (id, user_errors) = settle(done.await)?;
    Ok(CreateProfilePayload { profile: profile(gql, id).await.transpose()?, user_errors })
}

async fn upsert(gql: &Context<'_>, input: UpsertProfileInput) -> Result<UpsertProfilePayload, Error> {
    let keyed = enter_keyed(gql, "Mutation.upsertProfile")?;
    let done = keyed.write(|ctx| async move {
        let UpsertProfileInput { container_id, customer_identification, person, overlay, .. } = input;
        let input = creation(container_id.as_ref(), customer_identification, person, overlay)?;
        profiles::upsert(&ctx, input).await
    });
    let (upserted, user_errors) = settle(done.await)?;
    let found = profile(gql, upserted.as_ref().map(|upserted| upserted.id)).await.transpose()?;
    let is_created = upserted.map(|upserted| upserted.is_created);
    Ok(UpsertProfilePayload { profile: found, is_created, user_errors })
}

async fn update(gql: &Context<'_>, input: UpdateProfileInput) -> Result<UpdateProfilePayload, Error> {
    let session = enter(gql, "Mutation.updateProfile")?;
    let done = session.write(|ctx| async move {
        let input = profiles::UpdateProfile {
            key: key(input.by)?,
            expected_version: input.expected_version,
            person: input.person.into(),
            status: input.status.map(Into::into),
            preferred_instrument_id: preferred(&ctx, input.preferred_instrument).await?,
            overlay: input.overlay.into(),
        };
        profiles::update(&ctx, input).await
    });
    let (id, user_errors) = settle(done.await)?;
    Ok(UpdateProfilePayload { profile: profile(gql, id).await.transpose()?, user_errors })
}

async fn delete(gql: &Context<'_>, input: DeleteProfileInput) -> Result<DeleteProfilePayload, Error> {
    let session = enter(gql, "Mutation.deleteProfile")?;
    let done = session.write(|ctx| async move {
        let key = key(input.by)?;
        let input = profiles::DeleteProfile { key, dry_run: input.dry_run, confirm: input.confirm };
        profiles::delete(&ctx, input).await
    });
    let (deleted, user_errors) = settle(done.await)?;
    Ok(DeleteProfilePayload { deletion: deleted.map(ProfileDeletion::from), user_errors })
}

fn key(by: ProfileBy) -> Result<ProfileKey, ServiceError> {
    by.key().ok_or_else(|| ServiceError::not_found(Code::ProfileNotFound, "by"))
}

async fn preferred(
    ctx: &Ctx,
    input: MaybeUndefined<InstrumentBy>,
) -> Result<Patch<InstrumentId>, ServiceError> {
    Ok(match input {
        MaybeUndefined::Undefined => Patch::Keep,
        MaybeUndefined::Null => Patch::Clear,
        MaybeUndefined::Value(by) => {
            let missing = || ServiceError::not_found(Code::InstrumentNotFound, "preferredInstrument");
            Patch::Set(by.resolve(ctx).await?.ok_or_else(missing)?)
        }
    })
}
