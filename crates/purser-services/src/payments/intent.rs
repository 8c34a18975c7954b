//! What was asked for, resolved and committed before any processor hears of it.

use purser_connector::{InstrumentSource, OperationKind, PostalAddress};
use purser_domain::container::Permission;
use purser_domain::instrument::INSTRUMENTS_MAX;
use purser_domain::payment::attempt::{Attempt, AttemptStatus};
use purser_domain::payment::{
    AMOUNT_MINOR_MAX, Amounts, DESCRIPTION_LENGTH_MAX, Payment, PaymentKind, PaymentStatus, SourceSnapshot,
    TRANSACTION_ID_LENGTH_MAX,
};
use purser_domain::profile::{Address, AddressKind, CreatedVia, LinkedVia, Person, Profile, ProfileStatus};
use purser_domain::routing::Route;
use purser_storage::read::{InstrumentView, ProfileView};
use purser_storage::{ProfileKey, Read, Write, payments as stored, profiles as stored_profiles};
use purser_types::Money;
use purser_types::id::{AttemptId, PaymentId};

use super::paying::{self, Paying};
use super::{CustomerProfileData, Pay, PayWith, Target, route};
use crate::app::Ctx;
use crate::connectors::Opened;
use crate::containers::{EffectiveContainer, effective_on, refuse_denied};
use crate::error::{Code, Error};
use crate::input;
use crate::person;
use crate::profiles;

/// A payment that is committed with its first attempt, and what the processor will be asked.
pub(super) struct Intent {
    pub(super) payment: Payment,
    pub(super) attempt: Attempt,
    pub(super) steps: Vec<Opened>,
    pub(super) instrument: InstrumentSource,
    /// Store the instrument when the processor has done its part.
    pub(super) store: bool,
    pub(super) mark_as_preferred: bool,
    /// What the checkout knows of the customer, checked.
    pub(super) customer: Option<Person>,
    pub(super) asked: Pay,
}

/// Resolves a payment and commits it with its first attempt.
pub(super) async fn commit(ctx: &Ctx, asked: Pay) -> Result<Intent, Error> {
    match commit_once(ctx, asked.clone()).await {
        // A twin that made the customer's profile at the same time is found by the second try.
        Err(error) if profiles::is_taken(&error) => commit_once(ctx, asked).await,
        committed => committed,
    }
}

async fn commit_once(ctx: &Ctx, asked: Pay) -> Result<Intent, Error> {
    let merchant_transaction_id = input::identifier(
        &asked.merchant_transaction_id,
        "merchantTransactionId",
        TRANSACTION_ID_LENGTH_MAX,
    )?;
    check_amount(&asked)?;
    check_return_url(&asked)?;
    check_registration(&asked)?;
    let customer = asked.customer.clone().map(person::person).transpose();
    let customer = customer.map_err(|error| error.under("customer"))?;
    let write = ctx.store().begin().await?;
    let opened = route::open_target(ctx, &write, asked.target).await?;
    let paying = paying::find(ctx, &write, &asked.pay_with).await?;
    let (steps, route) = route::find(ctx, &write, &asked, &paying, opened).await?;
    let first = steps.first().ok_or_else(|| no_step(&asked))?;
    let effective = effective_on(ctx, &write, first.connector.id).await?;
    let profile = profile_of(ctx, &write, &asked, customer.as_ref(), &paying, &effective).await?;
    let store = wants_to_store(&asked) && paying.stored.is_none();
    if store {
        check_storable(ctx, &write, profile.as_ref()).await?;
    }
    let payment = new_payment(ctx, &asked, merchant_transaction_id, &paying, first, profile.as_ref(), route)?;
    let attempt = first_attempt(ctx, &payment, first);
    stored::insert(&write, ctx.scope(), &payment).await?;
    stored::insert_attempt(&write, ctx.scope(), &attempt).await?;
    if let Some(total) = super::observe::counted(&payment, ctx.now()) {
        stored::add_total(&write, ctx.scope(), &total).await?;
    }
    write.commit().await?;
    let mark_as_preferred = asked.customer_profile_data.as_ref().is_some_and(|data| data.mark_as_preferred);
    let instrument = paying.source;
    Ok(Intent { payment, attempt, steps, instrument, store, mark_as_preferred, customer, asked })
}

/// A route without steps is refused where it is found; this is for the compiler.
fn no_step(asked: &Pay) -> Error {
    Error::Fault { doing: "taking the first step of a route", detail: format!("{:?}", asked.target) }
}

fn check_amount(asked: &Pay) -> Result<(), Error> {
    if asked.kind != PaymentKind::Register && asked.amount.is_zero() {
        return Err(Error::refused(Code::InvalidAmount, "amount", "The amount is zero."));
    }
    if asked.amount.minor() > AMOUNT_MINOR_MAX {
        return Err(Error::refused(Code::InvalidAmount, "amount", "The amount is too large."));
    }
    Ok(())
}

/// Customers are sent to pages, not to scripts.
fn check_return_url(asked: &Pay) -> Result<(), Error> {
    match asked.return_url.as_ref().map(url::Url::scheme) {
        None | Some("https" | "http") => Ok(()),
        Some(_) => Err(Error::refused(
            Code::InvalidInput,
            "returnUrl",
            "A return URL starts with https:// or http://.",
        )),
    }
}

/// What is stored already is not stored again.
fn check_registration(asked: &Pay) -> Result<(), Error> {
    match (asked.kind, &asked.pay_with) {
        (PaymentKind::Register, PayWith::PaymentToken(_) | PayWith::ReferencePayment(_)) => {
            let message = "A registration stores what a transactionToken stands for.";
            Err(Error::refused(Code::InvalidInput, "payWith", message))
        }
        _ => Ok(()),
    }
}

fn wants_to_store(asked: &Pay) -> bool {
    let is_preferred = asked.customer_profile_data.as_ref().is_some_and(|data| data.mark_as_preferred);
    asked.kind == PaymentKind::Register || asked.with_register || is_preferred
}

/// The profile that the payment belongs to: that of the stored instrument, or the one that the profile
/// data names or describes.
async fn profile_of(
    ctx: &Ctx,
    write: &Write,
    asked: &Pay,
    customer: Option<&Person>,
    paying: &Paying,
    effective: &EffectiveContainer,
) -> Result<Option<ProfileView>, Error> {
    let data = asked.customer_profile_data.as_ref();
    let view = match (&paying.stored, data) {
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
    let id = profiles::insert(ctx, write, container_id, identification, person, via).await?;
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

async fn check_storable(ctx: &Ctx, on: &impl Read, profile: Option<&ProfileView>) -> Result<(), Error> {
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

fn new_payment(
    ctx: &Ctx,
    asked: &Pay,
    merchant_transaction_id: String,
    paying: &Paying,
    first: &Opened,
    profile: Option<&ProfileView>,
    route: Route,
) -> Result<Payment, Error> {
    let text = |value: Option<&str>, field| input::optional(value, field, DESCRIPTION_LENGTH_MAX);
    Ok(Payment {
        id: PaymentId::mint(ctx.source()),
        tenant_id: ctx.viewer().tenant(),
        environment: ctx.viewer().environment(),
        kind: asked.kind,
        merchant_transaction_id,
        profile_id: profile.map(|view| view.profile.id),
        container_id: profile.map(|view| view.profile.container_id),
        instrument_id: paying.stored.as_ref().map(|view| view.instrument.id),
        connector_id: Some(first.connector.id),
        router_id: match asked.target {
            Target::Router(id) => Some(id),
            Target::Connector(_) => None,
        },
        status: PaymentStatus::Processing,
        amounts: Amounts::requested(asked.amount),
        method: paying.stored.as_ref().map(|view| view.instrument.method.clone()),
        description: text(asked.description.as_deref(), "description")?,
        source: SourceSnapshot {
            source: asked.source,
            source_id: text(asked.source_id.as_deref(), "sourceId")?,
            description: text(asked.source_description.as_deref(), "sourceDescription")?,
        },
        initiator: asked.initiator,
        decline: None,
        next_action: None,
            capture_at: None,
            expires_at: None,
            commits: 1,
            commits_max: 1,
            minimum: None,
            accepts_partial: false,
            mit_reason: None,
            network_transaction_id: None,
            reference_payment_id: None,
            urls: purser_domain::payment::Urls::default(),
            order_id: None,
            is_final_captured: false,
        route,
        metadata: input::metadata(asked.metadata.clone(), "metadata")?,
        created_at: ctx.now(),
        updated_at: ctx.now(),
        version: 1,
    })
}

fn first_attempt(ctx: &Ctx, payment: &Payment, step: &Opened) -> Attempt {
    new_attempt(ctx, payment, 1, route::operation(payment.kind), step, requested(payment))
}

/// The amount that was asked for; amounts of a payment are never negative.
pub(super) fn requested(payment: &Payment) -> Money {
    let amounts = payment.amounts;
    Money::try_new(amounts.requested, amounts.currency).unwrap_or_else(|_| Money::zero(amounts.currency))
}

pub(super) fn new_attempt(
    ctx: &Ctx,
    payment: &Payment,
    position: i32,
    operation: OperationKind,
    step: &Opened,
    amount: Money,
) -> Attempt {
    Attempt {
        id: AttemptId::mint(ctx.source()),
        payment_id: payment.id,
        position,
        operation,
        connector_id: step.connector.id,
        amount,
        status: AttemptStatus::Started,
        connector_reference: None,
        decline: None,
        failure: None,
        started_at: ctx.source().now(),
        finished_at: None,
            action_expires_at: None,
            next_check_at: None,
            checks: 0,
            review: None,
            network_transaction_id: None,
            settled_by: None,
            commit: 1,
            is_final_capture: false,
            is_surplus: false,
            gives_back: None,
    }
}

/// The customer's data as a connector is told it.
pub(super) fn customer_data(intent: &Intent) -> purser_connector::CustomerData {
    let Some(person) = &intent.customer else { return purser_connector::CustomerData::default() };
    purser_connector::CustomerData {
        identification: intent.asked.identification.clone(),
        first_name: person.first_name.clone(),
        last_name: person.last_name.clone(),
        email: person.email.as_ref().map(|email| email.as_str().to_owned()),
        phone: person.phone.as_ref().map(|phone| phone.as_str().to_owned()),
        born_on: person.birth_date,
        ip_address: None,
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
