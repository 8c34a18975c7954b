//! Profiles: created, found, changed and deleted, alone or in a shared container.

mod deletion;

use purser_domain::container::{Permission, Permissions};
use purser_domain::profile::{
    self, CreatedVia, IDENTIFICATION_LENGTH_MAX, LinkedVia, Overlay, Person, Profile, ProfileStatus,
};
use purser_domain::scope::ViewerKind;
use purser_domain::tenant::Feature;
use purser_domain::{KeyScope, container};
use purser_storage::read::{Grant, ProfileSelection, ProfileView};
use purser_storage::{
    ProfileKey, Write, containers as stored_containers, instruments as stored_instruments,
    profiles as stored, read,
};
use purser_types::id::{ContainerId, InstrumentId, ProfileId};
use serde_json::{Map, Value};

pub use deletion::{DeleteProfile, DeletedProfile, DeletionReach, delete};

use crate::app::Ctx;
use crate::containers::{denial, refuse_denied, refuse_missing};
use crate::error::{Code, Error};
use crate::input::{self, Patch};
use crate::once;
use crate::person::{PersonInput, patched, person};
use crate::tenants::{expect_version, version_conflict, with_feature};

/// What an input says about the tenant's own overlay.
#[derive(Debug, Clone, Default)]
pub struct OverlayInput {
    /// The tenant's own customer id.
    pub external_id: Patch<String>,
    /// The tenant's own data, in place of what there is.
    pub metadata: Option<Map<String, Value>>,
    /// The tenant's own labels, in place of those there are.
    pub tags: Option<Vec<String>>,
    /// Whether the tenant marks the customer.
    pub is_favorite: Option<bool>,
}

/// A new profile.
#[derive(Debug, Clone, Default)]
pub struct CreateProfile {
    /// Where it lives; the tenant's default container if absent.
    pub container_id: Option<ContainerId>,
    /// The ecosystem's identifier of the customer.
    pub customer_identification: Option<String>,
    /// The customer's data.
    pub person: PersonInput,
    /// What the tenant keeps for itself.
    pub overlay: OverlayInput,
}

/// A change of a profile.
#[derive(Debug, Clone)]
pub struct UpdateProfile {
    /// Which one.
    pub key: ProfileKey,
    /// The version of the shared core that was read.
    pub expected_version: Option<i32>,
    /// What changes in the shared core.
    pub person: PersonInput,
    /// A new status.
    pub status: Option<ProfileStatus>,
    /// The instrument to offer first; null for none.
    pub preferred_instrument_id: Patch<InstrumentId>,
    /// What changes in the tenant's own overlay.
    pub overlay: OverlayInput,
}

/// A profile and whether it was made just now.
#[derive(Debug, Clone)]
pub struct UpsertedProfile {
    /// The profile.
    pub id: ProfileId,
    /// Whether it was made just now.
    pub is_created: bool,
}

/// Creates a profile; taken identifiers are errors.
///
/// # Errors
/// `CONTAINER_NOT_FOUND`, `NO_CONTAINER_BOUND` and the like, `CONTAINER_PERMISSION_MISSING`,
/// `DUPLICATE_CUSTOMER_IDENTIFICATION`, `DUPLICATE_EXTERNAL_ID`, `INVALID_…`, `IDEMPOTENCY_KEY_REUSED`.
pub async fn create(ctx: &Ctx, input: CreateProfile) -> Result<ProfileId, Error> {
    let write = ctx.store().begin().await?;
    let id = ProfileId::mint(ctx.source());
    if let Some(id) = once::claim(ctx, &write, id.uuid()).await? {
        return Ok(ProfileId::from_uuid(id));
    }
    with_feature(ctx, &write, Feature::CustomerProfiles).await?;
    let container_id = target_container(ctx, &write, input.container_id).await?;
    let identification = identification(input.customer_identification.as_deref())?;
    let made = NewProfile { id, container_id, identification, person: person(input.person)? };
    insert(ctx, &write, made, CreatedVia::Api).await?;
    let view = seen(ctx, &write, ProfileKey::Id(id), "").await?;
    put_overlay(ctx, &write, &view, input.overlay).await?;
    write.commit().await?;
    Ok(id)
}

/// Creates a profile, or changes the one that `customerIdentification` or `externalId` names.
///
/// # Errors
/// As [`create`] and [`update`]; `IDENTIFIER_REQUIRED`, `IDENTITY_MISMATCH`. A repetition with the same
/// idempotency key is answered with the profile, which was not made just now.
pub async fn upsert(ctx: &Ctx, input: CreateProfile) -> Result<UpsertedProfile, Error> {
    match upsert_once(ctx, input.clone()).await {
        // A twin that made the same profile at the same time is found by the second try.
        Err(error) if is_taken(&error) => upsert_once(ctx, input).await,
        upserted => upserted,
    }
}

/// Whether an identifier was taken since it was looked for.
pub(crate) fn is_taken(error: &Error) -> bool {
    let Error::Refused(refusal) = error else { return false };
    matches!(refusal.code, Code::DuplicateCustomerIdentification | Code::DuplicateExternalId)
}

async fn upsert_once(ctx: &Ctx, input: CreateProfile) -> Result<UpsertedProfile, Error> {
    let write = ctx.store().begin().await?;
    let new_id = ProfileId::mint(ctx.source());
    if let Some(id) = once::claim(ctx, &write, new_id.uuid()).await? {
        return upserted_before(ctx, &write, input, ProfileId::from_uuid(id)).await;
    }
    with_feature(ctx, &write, Feature::CustomerProfiles).await?;
    let container_id = target_container(ctx, &write, input.container_id).await?;
    let identification = identification(input.customer_identification.as_deref())?;
    let external_id = match &input.overlay.external_id {
        Patch::Set(text) => Some(external_id(text)?),
        Patch::Keep | Patch::Clear => None,
    };
    if identification.is_none() && external_id.is_none() {
        let message = "Name the profile by customerIdentification or externalId.";
        return Err(Error::refused(Code::IdentifierRequired, "customerIdentification", message));
    }
    let found = match_identifiers(ctx, &write, container_id, identification.clone(), external_id).await?;
    let person_input = input.person;
    let (id, is_created) = match found {
        Some(view) => {
            let view = locked(ctx, &write, &view).await?;
            change_core(ctx, &write, &view, None, person_input, None, Patch::Keep).await?;
            (view.profile.id, false)
        }
        None => {
            let person = person(person_input)?;
            let made = NewProfile { id: new_id, container_id, identification, person };
            insert(ctx, &write, made, CreatedVia::Api).await?;
            (new_id, true)
        }
    };
    let view = seen(ctx, &write, ProfileKey::Id(id), "").await?;
    put_overlay(ctx, &write, &view, input.overlay).await?;
    write.commit().await?;
    Ok(UpsertedProfile { id, is_created })
}

/// What an earlier request with the same key made: the profile of the id that it claimed, or the one that
/// there was already, which the same identifiers still name.
async fn upserted_before(
    ctx: &Ctx,
    write: &Write,
    input: CreateProfile,
    claimed: ProfileId,
) -> Result<UpsertedProfile, Error> {
    let made = stored::find(write, ctx.scope(), &ProfileKey::Id(claimed)).await?;
    let found = match made {
        Some(made) => Some(made),
        None => {
            let container_id = target_container(ctx, write, input.container_id).await?;
            let identification = identification(input.customer_identification.as_deref())?;
            let external_id = match &input.overlay.external_id {
                Patch::Set(text) => Some(external_id(text)?),
                Patch::Keep | Patch::Clear => None,
            };
            match_identifiers(ctx, write, container_id, identification, external_id).await?
        }
    };
    let view = found.ok_or_else(|| Error::not_found(Code::ProfileNotFound, ""))?;
    Ok(UpsertedProfile { id: view.profile.id, is_created: false })
}

/// The one profile that the identifiers name, if any does.
pub(crate) async fn match_identifiers(
    ctx: &Ctx,
    write: &Write,
    container_id: ContainerId,
    identification: Option<String>,
    external_id: Option<String>,
) -> Result<Option<ProfileView>, Error> {
    let by_identification = match identification {
        Some(value) => proven(ctx, write, ProfileKey::CustomerIdentification { container_id, value }).await?,
        None => None,
    };
    let by_external_id = match external_id {
        Some(value) => stored::find(write, ctx.scope(), &ProfileKey::ExternalId(value)).await?,
        None => None,
    };
    let by_external_id = by_external_id.filter(|view| view.profile.container_id == container_id);
    if let (Some(one), Some(other)) = (&by_identification, &by_external_id)
        && one.profile.id != other.profile.id
    {
        let message = "customerIdentification and externalId name different profiles.";
        return Err(Error::refused(Code::IdentityMismatch, "customerIdentification", message));
    }
    Ok(by_identification.or(by_external_id))
}

pub(crate) fn identification(text: Option<&str>) -> Result<Option<String>, Error> {
    let check = |text| input::identifier(text, "customerIdentification", IDENTIFICATION_LENGTH_MAX);
    text.map(check).transpose()
}

pub(crate) fn external_id(text: &str) -> Result<String, Error> {
    input::identifier(text, "externalId", IDENTIFICATION_LENGTH_MAX)
}

/// The container that is named, or the tenant's default one.
async fn target_container(
    ctx: &Ctx,
    write: &Write,
    named: Option<ContainerId>,
) -> Result<ContainerId, Error> {
    let id = match named {
        Some(id) => id,
        None => default_container(ctx, write).await?,
    };
    let granted = stored_containers::grant(write, ctx.scope(), id).await?;
    match granted {
        Some((_, grant)) if !grant.permissions.is_empty() => Ok(id),
        None if named.is_some() => Err(Error::not_found(Code::ContainerNotFound, "containerId")),
        _ => Err(refuse_denied(denial(ctx, write, id).await?, "containerId")),
    }
}

async fn default_container(ctx: &Ctx, write: &Write) -> Result<ContainerId, Error> {
    let bindings = stored_containers::bindings(write, ctx.scope(), None).await?;
    let default = bindings.iter().find(|binding| binding.connector_id.is_none());
    let default = default.map(|binding| binding.container_id);
    default.ok_or_else(|| refuse_denied(container::BindingDenial::NoContainerBound, "containerId"))
}

async fn grant_in(ctx: &Ctx, write: &Write, id: ContainerId) -> Result<Grant, Error> {
    let granted = stored_containers::grant(write, ctx.scope(), id).await?;
    let (_, grant) = granted.ok_or_else(|| Error::not_found(Code::ContainerNotFound, "containerId"))?;
    Ok(grant)
}

/// What a new profile is made of.
pub(crate) struct NewProfile {
    pub(crate) id: ProfileId,
    pub(crate) container_id: ContainerId,
    pub(crate) identification: Option<String>,
    pub(crate) person: Person,
}

/// Inserts a profile and links its maker to it.
pub(crate) async fn insert(
    ctx: &Ctx,
    write: &Write,
    made: NewProfile,
    created_via: CreatedVia,
) -> Result<(), Error> {
    let NewProfile { id, container_id, identification, person } = made;
    let grant = grant_in(ctx, write, container_id).await?;
    require(grant.permissions, Permission::StoreInstrument)?;
    // Whoever may not read could neither be shown what it made, nor be told that it is there already.
    require(grant.permissions, Permission::ReadProfile)?;
    let profile = Profile {
        id,
        guid: profile::mint_guid(ctx.source()),
        container_id,
        customer_identification: identification,
        status: ProfileStatus::Active,
        person,
        preferred_instrument_id: None,
        created_by_tenant_id: ctx.viewer().tenant(),
        created_via,
        created_at: ctx.now(),
        updated_at: ctx.now(),
        version: 1,
    };
    stored::insert(write, ctx.scope(), &profile).await?;
    let overlay = blank_overlay(ctx, profile.id, LinkedVia::Created);
    stored::link(write, ctx.scope(), &overlay, profile.created_at).await?;
    Ok(())
}

fn blank_overlay(ctx: &Ctx, profile_id: ProfileId, linked_via: LinkedVia) -> Overlay {
    Overlay {
        tenant_id: ctx.viewer().tenant(),
        profile_id,
        external_id: None,
        metadata: Map::new(),
        tags: Vec::new(),
        is_favorite: false,
        linked_via,
        created_at: ctx.now(),
        updated_at: ctx.now(),
    }
}

pub(crate) fn require(permissions: Permissions, permission: Permission) -> Result<(), Error> {
    if permissions.contains(permission) { Ok(()) } else { Err(refuse_missing(permission, "")) }
}

/// Whether knowing an identifier proves anything for this viewer: it does for a secret key, whose
/// holder answers for the customer being authorised. [003: transmit identifiers only if so]
pub(crate) fn capabilities_count(ctx: &Ctx) -> bool {
    match ctx.viewer().kind() {
        ViewerKind::SecretKey | ViewerKind::Operator => true,
        ViewerKind::PublishableKey | ViewerKind::Token => false,
    }
}

/// Finds a profile for reading, with what was selected around it; nothing if it is not to be seen.
///
/// A look-up by a capability links the viewer to the profile, once.
///
/// # Errors
/// Faults of the storage.
pub async fn find(
    ctx: &Ctx,
    key: ProfileKey,
    selection: &ProfileSelection,
) -> Result<Option<ProfileView>, Error> {
    let Some(mut view) = read::profile(ctx.store(), ctx.scope(), &key, selection).await? else {
        return Ok(None);
    };
    if is_linked(&view) {
        return Ok(Some(view));
    }
    if !capabilities_count(ctx) {
        return Ok(None);
    }
    let write = ctx.store().begin().await?;
    view.overlay = Some(link(ctx, &write, &view, LinkedVia::Proof).await?);
    write.commit().await?;
    Ok(Some(view))
}

fn is_linked(view: &ProfileView) -> bool {
    view.overlay.is_some() || view.container.grant.is_owner
}

/// Links the viewer's tenant to a profile that it has just proven to know.
pub(crate) async fn link(
    ctx: &Ctx,
    write: &Write,
    view: &ProfileView,
    via: LinkedVia,
) -> Result<Overlay, Error> {
    let overlay = blank_overlay(ctx, view.profile.id, via);
    stored::link(write, ctx.scope(), &overlay, view.profile.created_at).await?;
    Ok(overlay)
}

/// A profile inside a transaction by any key, linking the viewer if the key is a capability.
pub(crate) async fn proven(ctx: &Ctx, write: &Write, key: ProfileKey) -> Result<Option<ProfileView>, Error> {
    let Some(mut view) = stored::find(write, ctx.scope(), &key).await? else { return Ok(None) };
    if !is_linked(&view) {
        if !capabilities_count(ctx) {
            return Ok(None);
        }
        view.overlay = Some(link(ctx, write, &view, LinkedVia::Proof).await?);
    }
    Ok(Some(view))
}

async fn seen(ctx: &Ctx, write: &Write, key: ProfileKey, field: &str) -> Result<ProfileView, Error> {
    let view = proven(ctx, write, key).await?;
    view.ok_or_else(|| Error::not_found(Code::ProfileNotFound, field))
}

/// A profile as it is once nobody else may change it: what was read before may be stale by now.
pub(crate) async fn locked(ctx: &Ctx, write: &Write, view: &ProfileView) -> Result<ProfileView, Error> {
    let id = view.profile.id;
    stored::lock(write, ctx.scope(), id).await?;
    let current = stored::find(write, ctx.scope(), &ProfileKey::Id(id)).await?;
    current.ok_or_else(|| Error::not_found(Code::ProfileNotFound, ""))
}

/// Changes a profile: what is absent stays, null clears, a value sets.
///
/// # Errors
/// `PROFILE_NOT_FOUND`, `VERSION_CONFLICT`, `CONTAINER_PERMISSION_MISSING`, `DUPLICATE_EXTERNAL_ID`,
/// `INSTRUMENT_NOT_FOUND`, `INVALID_…`.
pub async fn update(ctx: &Ctx, input: UpdateProfile) -> Result<ProfileId, Error> {
    let write = ctx.store().begin().await?;
    let view = seen(ctx, &write, input.key, "by").await?;
    let view = locked(ctx, &write, &view).await?;
    expect_version(input.expected_version, view.profile.version)?;
    let preferred = input.preferred_instrument_id;
    if let Patch::Set(instrument_id) = &preferred {
        let found = stored_instruments::find(&write, ctx.scope(), *instrument_id).await?;
        found
            .filter(|found| found.instrument.profile_id == view.profile.id)
            .ok_or_else(|| Error::not_found(Code::InstrumentNotFound, "preferredInstrument"))?;
    }
    change_core(ctx, &write, &view, input.status, input.person, input.expected_version, preferred).await?;
    put_overlay(ctx, &write, &view, input.overlay).await?;
    write.commit().await?;
    Ok(view.profile.id)
}

async fn change_core(
    ctx: &Ctx,
    write: &Write,
    view: &ProfileView,
    status: Option<ProfileStatus>,
    input: PersonInput,
    expected_version: Option<i32>,
    preferred: Patch<InstrumentId>,
) -> Result<(), Error> {
    if input.is_silent() && status.is_none() && preferred == Patch::Keep {
        return Ok(());
    }
    // Asked before anything is compared: whoever may not see an address could else guess it, and learn
    // from the answer whether the guess was right.
    let permissions = view.container.grant.permissions;
    require(permissions, Permission::UpdateProfile)?;
    let mut changed = view.profile.clone();
    changed.person = patched(changed.person, input)?;
    changed.status = status.unwrap_or(changed.status);
    preferred.apply(&mut changed.preferred_instrument_id);
    let sees_person = permissions.contains(Permission::ReadPii) && ctx.may(KeyScope::ProfilesPii);
    if changed == view.profile && sees_person {
        return Ok(());
    }
    store_core(ctx, write, changed, expected_version).await
}

/// Keeps a changed core under its next version.
pub(crate) async fn store_core(
    ctx: &Ctx,
    write: &Write,
    mut changed: Profile,
    expected_version: Option<i32>,
) -> Result<(), Error> {
    let read_version = changed.version;
    changed.version += 1;
    changed.updated_at = ctx.now();
    if !stored::update(write, ctx.scope(), &changed, expected_version.unwrap_or(read_version)).await? {
        return Err(version_conflict());
    }
    Ok(())
}

/// Keeps the viewer's own id of a profile that a payment names by it, if the viewer has none of it yet.
pub(crate) async fn claim_external_id(
    ctx: &Ctx,
    write: &Write,
    view: &ProfileView,
    external_id: String,
) -> Result<(), Error> {
    let view = locked(ctx, write, view).await?;
    match view.overlay.as_ref().and_then(|overlay| overlay.external_id.as_deref()) {
        Some(own) if own == external_id => Ok(()),
        Some(_) => {
            let message = "You know the profile by another externalId.";
            Err(Error::refused(Code::IdentityMismatch, "externalId", message))
        }
        None => {
            let input = OverlayInput { external_id: Patch::Set(external_id), ..OverlayInput::default() };
            put_overlay(ctx, write, &view, input).await
        }
    }
}

/// Writes what an input says about the viewer's own overlay, if it says anything.
async fn put_overlay(ctx: &Ctx, write: &Write, view: &ProfileView, input: OverlayInput) -> Result<(), Error> {
    let says_nothing = input.external_id == Patch::Keep
        && input.metadata.is_none()
        && input.tags.is_none()
        && input.is_favorite.is_none();
    if says_nothing {
        return Ok(());
    }
    let blank = || blank_overlay(ctx, view.profile.id, LinkedVia::Owner);
    let mut overlay = view.overlay.clone().unwrap_or_else(blank);
    input.external_id.try_map(|text| external_id(&text))?.apply(&mut overlay.external_id);
    if let Some(metadata) = input.metadata {
        if !ctx.may(KeyScope::MetadataWrite) {
            let message = "Writing metadata needs the scope metadata:write.";
            return Err(Error::refused(Code::ScopeNotHeld, "metadata", message));
        }
        overlay.metadata = input::metadata(metadata, "metadata")?;
    }
    if let Some(tags) = &input.tags {
        overlay.tags = input::tags(tags, "tags")?;
    }
    overlay.is_favorite = input.is_favorite.unwrap_or(overlay.is_favorite);
    overlay.updated_at = ctx.now();
    stored::put_overlay(write, ctx.scope(), &overlay, view.profile.created_at).await?;
    Ok(())
}
