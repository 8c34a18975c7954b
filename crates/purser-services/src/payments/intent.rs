//! What was asked for, resolved and committed before any processor hears of it.

use purser_connector::{InstrumentSource, OperationKind};
use purser_domain::container::Permission;
use purser_domain::instrument::{self, INSTRUMENTS_MAX, InstrumentStatus, Origin};
use purser_domain::payment::attempt::{Attempt, AttemptStatus};
use purser_domain::payment::{
    Amounts, DESCRIPTION_LENGTH_MAX, Payment, PaymentKind, PaymentStatus, SourceSnapshot,
    TRANSACTION_ID_LENGTH_MAX,
};
use purser_domain::profile::{CreatedVia, LinkedVia, ProfileStatus};
use purser_domain::routing::{self, Candidate, Route, RouteRequest, Verdict};
use purser_storage::read::{InstrumentView, ProfileView};
use purser_storage::{
    ProfileKey, Read, Write, connectors as stored_connectors, instruments as stored_instruments,
    payments as stored, profiles as stored_profiles,
};
use purser_types::id::{AttemptId, ContainerId, PaymentId};
use purser_types::{Money, Secret};
use purser_vault::Aad;

use super::{CustomerProfileData, Pay, PayWith, Target};
use crate::app::Ctx;
use crate::connectors::Opened;
use crate::containers::{EffectiveContainer, effective_on, refuse_denied};
use crate::error::{Code, Error};
use crate::input;
use crate::person::{self, PersonInput};
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
    pub(super) asked: Pay,
}

/// Something that pays, with what is known of it.
struct Paying {
    source: InstrumentSource,
    stored: Option<InstrumentView>,
}

impl Paying {
    fn origin(&self) -> Option<&Origin> {
        self.stored.as_ref().map(|view| &view.instrument.origin)
    }
}

/// Resolves a payment and commits it with its first attempt.
pub(super) async fn commit(ctx: &Ctx, asked: Pay) -> Result<Intent, Error> {
    let merchant_transaction_id = input::identifier(
        &asked.merchant_transaction_id,
        "merchantTransactionId",
        TRANSACTION_ID_LENGTH_MAX,
    )?;
    check_amount(&asked)?;
    let write = ctx.store().begin().await?;
    let opened = open_target(ctx, &write, asked.target).await?;
    let paying = paying(ctx, &write, &asked.pay_with).await?;
    let (steps, route) = routed(ctx, &write, &asked, &paying, opened).await?;
    let first = steps.first().ok_or_else(|| no_eligible(&asked, &route, &steps))?;
    let effective = effective_on(ctx, &write, first.connector.id).await?;
    let profile = profile_of(ctx, &write, &asked, &paying, &effective).await?;
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
    Ok(Intent { payment, attempt, steps, instrument: paying.source, store, mark_as_preferred, asked })
}

fn check_amount(asked: &Pay) -> Result<(), Error> {
    if asked.kind != PaymentKind::Register && asked.amount.is_zero() {
        return Err(Error::refused(Code::InvalidAmount, "amount", "The amount is zero."));
    }
    Ok(())
}

fn wants_to_store(asked: &Pay) -> bool {
    let is_preferred = asked.customer_profile_data.as_ref().is_some_and(|data| data.mark_as_preferred);
    asked.kind == PaymentKind::Register || asked.with_register || is_preferred
}

/// The operation that a connector is asked for first.
pub(super) fn operation(kind: PaymentKind) -> OperationKind {
    match kind {
        PaymentKind::Register => OperationKind::Register,
        PaymentKind::Debit | PaymentKind::Preauthorize => kind.capture_method().operation(),
    }
}

async fn open_target(ctx: &Ctx, on: &impl Read, target: Target) -> Result<Vec<Opened>, Error> {
    match target {
        Target::Connector(id) => {
            let found = stored_connectors::find(on, ctx.scope(), id).await?;
            let found = found.ok_or_else(|| Error::not_found(Code::ConnectorNotFound, "connectorId"))?;
            Ok(vec![Opened::new(&ctx.app, found)])
        }
        Target::Router(id) => {
            let router = stored_connectors::find_router(on, ctx.scope(), id).await?;
            let router = router.ok_or_else(|| Error::not_found(Code::RouterNotFound, "routerId"))?;
            let mut found = stored_connectors::find_many(on, ctx.scope(), &router.connector_ids).await?;
            let preference = |id| router.connector_ids.iter().position(|other| *other == id);
            found.sort_by_key(|found| preference(found.connector.id));
            Ok(found.into_iter().map(|found| Opened::new(&ctx.app, found)).collect())
        }
    }
}

/// What pays: a fresh token as it came, or a stored instrument that the viewer may pay with.
async fn paying(ctx: &Ctx, on: &impl Read, pay_with: &PayWith) -> Result<Paying, Error> {
    let (view, sealed) = match pay_with {
        PayWith::TransactionToken(token) => {
            return Ok(Paying { source: InstrumentSource::Token(token.clone()), stored: None });
        }
        PayWith::PaymentToken(token) => {
            let missing = || Error::not_found(Code::InstrumentNotFound, "payWith.paymentToken");
            let found = stored_instruments::by_payment_token(on, ctx.scope(), token).await?;
            found.ok_or_else(missing)?
        }
        PayWith::ReferencePayment(id) => {
            let missing = || Error::not_found(Code::ReferenceNotFound, "payWith.referencePaymentId");
            let payment = stored::find(on, ctx.scope(), *id).await?.ok_or_else(missing)?;
            let instrument_id = payment.instrument_id.ok_or_else(missing)?;
            let view = stored_instruments::find(on, ctx.scope(), instrument_id).await?.ok_or_else(missing)?;
            let token = view.instrument.payment_token.clone();
            let found = stored_instruments::by_payment_token(on, ctx.scope(), &token).await?;
            found.ok_or_else(missing)?
        }
    };
    check_usable(ctx, &view)?;
    let instrument = &view.instrument;
    let place = token_place(instrument.container_id, instrument.id.uuid());
    let token = ctx.app.keyring.open(place.aad(), &sealed);
    let token =
        token.map_err(|error| Error::Fault { doing: "opening a token", detail: error.to_string() })?;
    let token = String::from_utf8(token.to_vec())
        .map_err(|_| Error::Fault { doing: "opening a token", detail: "not text".to_owned() })?;
    Ok(Paying { source: InstrumentSource::Stored { token: Secret::new(token) }, stored: Some(view) })
}

/// The place that an instrument's token is sealed for.
pub(super) struct TokenPlace {
    container: uuid::Uuid,
    row: uuid::Uuid,
}

pub(super) fn token_place(container: ContainerId, row: uuid::Uuid) -> TokenPlace {
    TokenPlace { container: container.uuid(), row }
}

impl TokenPlace {
    pub(super) fn aad(&self) -> Aad<'_> {
        let (tenant, row) = (self.container.as_bytes(), self.row.as_bytes());
        Aad { table: "instrument", tenant, row, column: "sealed_token" }
    }
}

fn check_usable(ctx: &Ctx, view: &InstrumentView) -> Result<(), Error> {
    let instrument = &view.instrument;
    let refuse = |code, message: &str| Err(Error::refused(code, "payWith", message));
    if !instrument::may_use(instrument.stored_by_tenant_id, ctx.viewer().tenant(), view.grant.permissions) {
        return refuse(
            Code::InstrumentNotShared,
            "Your grant does not let you pay with instruments that another tenant stored.",
        );
    }
    let today = ctx.now().date();
    if instrument.status == InstrumentStatus::Expired || instrument.is_expired(today.year(), today.month()) {
        return refuse(Code::InstrumentExpired, "The instrument's expiry date has passed.");
    }
    match instrument.status {
        InstrumentStatus::Active => Ok(()),
        InstrumentStatus::Expired | InstrumentStatus::Revoked => {
            refuse(Code::InstrumentNotActive, "The instrument is revoked.")
        }
    }
}

/// The connectors to try, in order. A stored instrument may only be charged through a connector that
/// uses the container which the instrument lives in.
async fn routed(
    ctx: &Ctx,
    on: &impl Read,
    asked: &Pay,
    paying: &Paying,
    opened: Vec<Opened>,
) -> Result<(Vec<Opened>, Route), Error> {
    let request = RouteRequest {
        amount: asked.amount,
        operation: operation(asked.kind),
        method: paying.stored.as_ref().map(|view| view.instrument.kind),
        origin: paying.origin(),
        container_id: paying.stored.as_ref().map(|view| view.instrument.container_id),
    };
    let mut bound = Vec::with_capacity(opened.len());
    for opened in &opened {
        let effective = match request.container_id {
            Some(_) => effective_on(ctx, on, opened.connector.id).await?,
            None => EffectiveContainer::default(),
        };
        bound.push(effective.usable());
    }
    let candidates: Vec<Candidate<'_>> = opened
        .iter()
        .zip(bound)
        .map(|(opened, container_id)| Candidate { container_id, ..opened.candidate() })
        .collect();
    let route = routing::select(&request, &candidates);
    if route.steps.is_empty() {
        return Err(no_eligible(asked, &route, &opened));
    }
    let mut opened: Vec<Option<Opened>> = opened.into_iter().map(Some).collect();
    let mut steps = Vec::with_capacity(route.steps.len());
    for id in &route.steps {
        let slot = opened.iter_mut().find(|slot| slot.as_ref().is_some_and(|it| it.connector.id == *id));
        steps.extend(slot.and_then(Option::take));
    }
    Ok((steps, route))
}

/// Why nothing can serve the payment: for one connector its own reason, for a router all of them.
fn no_eligible(asked: &Pay, route: &Route, opened: &[Opened]) -> Error {
    let name = |id| {
        let found = opened.iter().find(|opened| opened.connector.id == id);
        found.map_or("?", |opened| opened.connector.name.as_str())
    };
    if let (Target::Connector(_), Some(only)) = (asked.target, route.considered.first()) {
        let code = match only.verdict {
            Verdict::InstrumentElsewhere => Code::InstrumentConnectorMismatch,
            Verdict::ContainerNotBound => Code::NoContainerBound,
            Verdict::NotActive => Code::ConnectorDisabled,
            _ => Code::CapabilityUnsupported,
        };
        return Error::refused(code, "connectorId", only.verdict.reason());
    }
    let reasons: Vec<String> =
        route.considered.iter().map(|it| format!("{}: {}", name(it.connector_id), it.verdict)).collect();
    let message = format!("No connector of the router can serve this. {}.", reasons.join(", "));
    Error::refused(Code::NoEligibleConnector, "routerId", message)
}

/// The profile that the payment belongs to: that of the stored instrument, or the one that the profile
/// data names or describes.
async fn profile_of(
    ctx: &Ctx,
    write: &Write,
    asked: &Pay,
    paying: &Paying,
    effective: &EffectiveContainer,
) -> Result<Option<ProfileView>, Error> {
    let profile = match (&paying.stored, &asked.customer_profile_data) {
        (Some(view), data) => Some(of_instrument(ctx, write, view, data.as_ref()).await?),
        (None, Some(data)) => Some(of_data(ctx, write, asked, data, effective).await?),
        (None, None) => None,
    };
    if let Some(view) = &profile
        && view.profile.status == ProfileStatus::Archived
    {
        let message = "The profile is archived and takes no payments.";
        return Err(Error::refused(Code::ProfileArchived, "customerProfileData", message));
    }
    Ok(profile)
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
    data: &CustomerProfileData,
    effective: &EffectiveContainer,
) -> Result<ProfileView, Error> {
    if let Some(denial) = effective.denied_because {
        return Err(refuse_denied(denial, "customerProfileData"));
    }
    let container_id = effective
        .container_id
        .ok_or_else(|| Error::not_found(Code::NoContainerBound, "customerProfileData"))?;
    let missing = || Error::not_found(Code::ProfileNotFound, "customerProfileData");
    if let Some(guid) = &data.profile_guid {
        let found = profiles::proven(ctx, write, ProfileKey::Guid(guid.clone())).await?;
        let found = found.filter(|view| view.profile.container_id == container_id);
        return filled(ctx, write, asked, found.ok_or_else(missing)?).await;
    }
    let named = data.customer_identification.as_deref().or(asked.identification.as_deref());
    let identification = profiles::identification(named)?;
    let external_id = data.external_id.as_deref().map(profiles::external_id).transpose()?;
    if identification.is_none() && external_id.is_none() {
        let message = "Name the profile by customerIdentification, profileGuid or externalId.";
        return Err(Error::refused(Code::IdentifierRequired, "customerProfileData", message));
    }
    let found =
        profiles::match_identifiers(ctx, write, container_id, identification.clone(), external_id).await?;
    if let Some(view) = found {
        return filled(ctx, write, asked, view).await;
    }
    let person = person::person(asked.customer.clone().unwrap_or_default())?;
    let via = CreatedVia::ImplicitPayment;
    let id = profiles::insert(ctx, write, container_id, identification, person, via).await?;
    stored_profiles::find(write, ctx.scope(), &ProfileKey::Id(id)).await?.ok_or_else(missing)
}

/// Data of the checkout fills what the profile does not have yet, and overwrites nothing.
async fn filled(ctx: &Ctx, write: &Write, asked: &Pay, mut view: ProfileView) -> Result<ProfileView, Error> {
    let Some(customer) = asked.customer.clone() else { return Ok(view) };
    let said = person::person(customer)?;
    let mut changed = view.profile.clone();
    changed.person.fill_blanks(said);
    let may_change = view.container.grant.permissions.contains(Permission::UpdateProfile);
    if changed != view.profile && may_change {
        profiles::store_core(ctx, write, changed.clone(), None).await?;
        view.profile = changed;
    }
    Ok(view)
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
        route,
        metadata: input::metadata(asked.metadata.clone(), "metadata")?,
        created_at: ctx.now(),
        updated_at: ctx.now(),
        version: 1,
    })
}

fn first_attempt(ctx: &Ctx, payment: &Payment, step: &Opened) -> Attempt {
    new_attempt(ctx, payment, 1, operation(payment.kind), step, requested(payment))
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
    }
}

/// What the router would do, without doing it.
///
/// # Errors
/// Those of a payment that concern its target and its instrument.
pub async fn simulate(
    ctx: &Ctx,
    target: Target,
    kind: PaymentKind,
    amount: Money,
    payment_token: Option<String>,
) -> Result<Route, Error> {
    let opened = open_target(ctx, ctx.store(), target).await?;
    let stored = match payment_token {
        Some(token) => Some(paying(ctx, ctx.store(), &PayWith::PaymentToken(token)).await?),
        None => None,
    };
    let instrument = stored.as_ref().and_then(|paying| paying.stored.as_ref());
    let request = RouteRequest {
        amount,
        operation: operation(kind),
        method: instrument.map(|view| view.instrument.kind),
        origin: instrument.map(|view| &view.instrument.origin),
        container_id: instrument.map(|view| view.instrument.container_id),
    };
    let mut candidates = Vec::with_capacity(opened.len());
    for opened in &opened {
        let effective = effective_on(ctx, ctx.store(), opened.connector.id).await?;
        candidates.push(Candidate { container_id: effective.usable(), ..opened.candidate() });
    }
    Ok(routing::select(&request, &candidates))
}

/// The customer's data as a connector is told it.
pub(super) fn customer_data(asked: &Pay) -> purser_connector::CustomerData {
    let said = |customer: &PersonInput| person::person(customer.clone()).ok();
    let Some(person) = asked.customer.as_ref().and_then(said) else {
        return purser_connector::CustomerData::default();
    };
    purser_connector::CustomerData {
        identification: asked.identification.clone(),
        first_name: person.first_name,
        last_name: person.last_name,
        email: person.email.map(|email| email.as_str().to_owned()),
        phone: person.phone.map(|phone| phone.as_str().to_owned()),
        born_on: person.birth_date,
        ip_address: None,
        billing: None,
    }
}
