//! Whose payment it is: the profile that it belongs to, and what the processor is told of the customer.

use purser_connector::{CustomerData, PostalAddress};
use purser_domain::container::Permission;
use purser_domain::instrument::INSTRUMENTS_MAX;
use purser_domain::profile::{Address, AddressKind, CreatedVia, LinkedVia, Person, Profile, ProfileStatus};
use purser_storage::read::{InstrumentView, ProfileView};
use purser_storage::{ProfileKey, Read, Write, profiles as stored_profiles};
use purser_types::id::ProfileId;

use super::paying::Paying;
use super::{CustomerProfileData, Pay};
use crate::app::Ctx;
use crate::containers::{EffectiveContainer, refuse_denied};
use crate::error::{Code, Error};
use crate::profiles;

/// The profile that the payment belongs to: that of the stored instrument, or the one that the profile
/// data names or describes.
pub(super) async fn profile_of(
    ctx: &Ctx,
    write: &Write,
    asked: &Pay,
    customer: Option<&Person>,
    paying: Option<&Paying>,
    effective: &EffectiveContainer,
) -> Result<Option<ProfileView>, Error> {
    let data = asked.customer_profile_data.as_ref();
    let view = match (paying.and_then(|paying| paying.stored.as_ref()), data) {
        (Some(view), data) => of_instrument(ctx, write, view, data).await?,
        (None, Some(data)) => of_data(ctx, write, asked, customer, data, effective)
            .await
            .map_err(|error| error.under("customerProfileData"))?,
        (None, None) => return Ok(None),
    };
    if view.profile.status == ProfileStatus::Archived {
        let message = "The profile is archived and takes no payments.";
        return Err(Error::refused(Code::ProfileArchived, "customerProfileData", message));
    }
    if let Some(external_id) = data.and_then(|data| data.external_id.as_deref()) {
        let claimed = async {
            let external_id = profiles::external_id(external_id)?;
            profiles::claim_external_id(ctx, write, &view, external_id).await
        };
        claimed.await.map_err(|error| error.under("customerProfileData"))?;
    }
    filled(ctx, write, customer, view).await.map(Some)
}

async fn of_instrument(
    ctx: &Ctx,
    write: &Write,
    view: &InstrumentView,
    data: Option<&CustomerProfileData>,
) -> Result<ProfileView, Error> {
    let instrument = &view.instrument;
    // The payment token is the proof; the guid only leads from the instrument to its profile.
    let found = stored_profiles::find_proven(write, ctx.scope(), instrument.profile_id).await?;
    let mut profile =
        found.ok_or_else(|| Error::not_found(Code::InstrumentNotFound, "payWith.paymentToken"))?;
    if profile.overlay.is_none() {
        profile.overlay = Some(profiles::link(ctx, write, &profile, LinkedVia::Payment).await?);
    }
    let named = data.map(|data| (&data.profile_guid, &data.customer_identification));
    let is_other =
        |named: &Option<String>, own: Option<&str>| named.as_deref().is_some_and(|named| Some(named) != own);
    let disagrees = named.is_some_and(|(guid, identification)| {
        is_other(guid, Some(&profile.profile.guid))
            || is_other(identification, profile.profile.customer_identification.as_deref())
    });
    if disagrees {
        let message = "The instrument belongs to another profile than customerProfileData names.";
        return Err(Error::refused(Code::IdentityMismatch, "customerProfileData", message));
    }
    Ok(profile)
}

async fn of_data(
    ctx: &Ctx,
    write: &Write,
    asked: &Pay,
    customer: Option<&Person>,
    data: &CustomerProfileData,
    effective: &EffectiveContainer,
) -> Result<ProfileView, Error> {
    if let Some(denial) = effective.denied_because {
        return Err(refuse_denied(denial, ""));
    }
    let container_id = effective.container_id.ok_or_else(|| Error::not_found(Code::NoContainerBound, ""))?;
    let missing = || Error::not_found(Code::ProfileNotFound, "");
    if let Some(guid) = &data.profile_guid {
        let found = profiles::proven(ctx, write, ProfileKey::Guid(guid.clone())).await?;
        let found = found.filter(|view| view.profile.container_id == container_id);
        return found.ok_or_else(|| Error::not_found(Code::ProfileNotFound, "profileGuid"));
    }
    let named = data.customer_identification.as_deref().or(asked.identification.as_deref());
    let identification = profiles::identification(named)?;
    let external_id = data.external_id.as_deref().map(profiles::external_id).transpose()?;
    if identification.is_none() && external_id.is_none() {
        let message = "Name the profile by customerIdentification, profileGuid or externalId.";
        return Err(Error::refused(Code::IdentifierRequired, "", message));
    }
    let found =
        profiles::match_identifiers(ctx, write, container_id, identification.clone(), external_id).await?;
    if let Some(view) = found {
        return Ok(view);
    }
    let (person, via) = (customer.cloned().unwrap_or_default(), CreatedVia::ImplicitPayment);
    let id = ProfileId::mint(ctx.source());
    let made = profiles::NewProfile { id, container_id, identification, person };
    profiles::insert(ctx, write, made, via).await?;
    stored_profiles::find(write, ctx.scope(), &ProfileKey::Id(id)).await?.ok_or_else(missing)
}

/// Data of the checkout fills what the profile does not have yet, and overwrites nothing.
async fn filled(
    ctx: &Ctx,
    write: &Write,
    customer: Option<&Person>,
    view: ProfileView,
) -> Result<ProfileView, Error> {
    let Some(customer) = customer else { return Ok(view) };
    let may_change = view.container.grant.permissions.contains(Permission::UpdateProfile);
    if !may_change || completed(&view.profile, customer) == view.profile {
        return Ok(view);
    }
    let mut view = profiles::locked(ctx, write, &view).await?;
    let changed = completed(&view.profile, customer);
    if changed != view.profile {
        profiles::store_core(ctx, write, changed.clone(), None).await?;
        view.profile = changed;
    }
    Ok(view)
}

fn completed(profile: &Profile, customer: &Person) -> Profile {
    let mut completed = profile.clone();
    completed.person.fill_blanks(customer.clone());
    completed
}

/// The profile of a payment that was made before, if it still is in reach.
pub(super) async fn profile(ctx: &Ctx, on: &impl Read, id: ProfileId) -> Result<Option<ProfileView>, Error> {
    Ok(stored_profiles::find_proven(on, ctx.scope(), id).await?)
}

pub(super) async fn check_storable(
    ctx: &Ctx,
    on: &impl Read,
    profile: Option<&ProfileView>,
) -> Result<(), Error> {
    let Some(view) = profile else {
        let message = "An instrument is stored in a profile: send customerProfileData.";
        return Err(Error::refused(Code::IdentifierRequired, "customerProfileData", message));
    };
    profiles::require(view.container.grant.permissions, Permission::StoreInstrument)?;
    let counts = stored_profiles::deletion_counts(on, ctx.scope(), view.profile.id).await?;
    if usize::try_from(counts.instruments).unwrap_or(usize::MAX) >= INSTRUMENTS_MAX {
        let message = format!("A profile has at most {INSTRUMENTS_MAX} instruments.");
        return Err(Error::refused(Code::TooManyInstruments, "customerProfileData", message));
    }
    Ok(())
}

/// The customer's data as a connector is told it.
pub(super) fn told(asked: &Pay, person: Option<&Person>) -> CustomerData {
    let ip_address = asked.terms.ip_address.clone();
    let Some(person) = person else { return CustomerData { ip_address, ..CustomerData::default() } };
    CustomerData {
        identification: asked.identification.clone(),
        first_name: person.first_name.clone(),
        last_name: person.last_name.clone(),
        email: person.email.as_ref().map(|email| email.as_str().to_owned()),
        phone: person.phone.as_ref().map(|phone| phone.as_str().to_owned()),
        born_on: person.birth_date,
        ip_address,
        billing: billing(person),
    }
}

fn billing(person: &Person) -> Option<PostalAddress> {
    let is_billing = |address: &&Address| address.kind == AddressKind::Billing && address.is_default;
    person.addresses.iter().find(is_billing).map(|address| PostalAddress {
        line1: address.line1.clone(),
        line2: address.line2.clone(),
        city: address.city.clone(),
        postcode: address.postcode.clone(),
        state: address.state.clone(),
        country: address.country,
    })
}
