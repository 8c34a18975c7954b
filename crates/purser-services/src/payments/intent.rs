//! What was asked for, resolved and committed before any processor hears of it.

use purser_connector::{Initiator, MitReason};
use purser_domain::order::OrderStatus;
use purser_domain::payment::attempt::Attempt;
use purser_domain::payment::event::{EventKind, Origin};
use purser_domain::payment::{
    AMOUNT_MINOR_MAX, Amounts, DESCRIPTION_LENGTH_MAX, Payment, PaymentKind, PaymentStatus, SourceSnapshot,
    TRANSACTION_ID_LENGTH_MAX, Urls,
};
use purser_domain::routing::Route;
use purser_storage::payments::{self, NewAttempt, NewEvent, Opening};
use purser_storage::read::ProfileView;
use purser_storage::{Write, instruments, orders as stored_orders};
use purser_types::id::{EventId, PaymentId};
use purser_types::{Money, Timestamp};
use url::Url;

use super::call::{self, Learned};
use super::draft::{Draft, Wish};
use super::paying::{self, Paying};
use super::request::Order;
use super::route::{self, Routed, Wanted};
use super::{Paid, Pay, PayWith, Target, customer, store};
use crate::app::Ctx;
use crate::connectors::Opened;
use crate::error::{Code, Error};
use crate::fault::{self, Bug, Step};
use crate::{input, once, person, profiles};

/// A payment that is committed with an attempt, and what the processor will be asked.
pub(super) struct Intent {
    pub(super) payment: Payment,
    /// All attempts of the payment; the last one is to be sent.
    pub(super) attempts: Vec<Attempt>,
    pub(super) order: Order,
    /// The connectors to be asked, in order.
    pub(super) steps: Vec<Opened>,
    /// What the connector has said already, in a process that was told to ask too early.
    pub(super) answered: Option<Learned>,
}

/// What became of a request for a payment.
pub(super) enum Intended {
    /// An attempt is committed and to be sent.
    Attempt(Box<Intent>),
    /// The payment waits for the customer's choice.
    Waits(Paid),
    /// The request came before; this is what it made.
    Before(PaymentId),
}

/// Resolves a payment and commits it with its first attempt.
pub(super) async fn commit(ctx: &Ctx, asked: Pay) -> Result<Intended, Error> {
    match commit_once(ctx, asked.clone()).await {
        // A twin that made the customer's profile at the same time is found by the second try.
        Err(error) if profiles::is_taken(&error) => commit_once(ctx, asked).await,
        committed => committed,
    }
}

async fn commit_once(ctx: &Ctx, asked: Pay) -> Result<Intended, Error> {
    fault::point(route::operation(asked.kind), Step::BeforeIntent).await?;
    let write = ctx.store().begin().await?;
    let id = PaymentId::mint(ctx.source());
    if let Some(before) = once::claim(ctx, &write, id.uuid()).await? {
        return Ok(Intended::Before(PaymentId::from_uuid(before)));
    }
    let merchant_transaction_id = input::identifier(
        &asked.merchant_transaction_id,
        "merchantTransactionId",
        TRANSACTION_ID_LENGTH_MAX,
    )?;
    check(ctx, &asked)?;
    let customer = asked.customer.clone().map(person::person).transpose();
    let customer = customer.map_err(|error| error.under("customer"))?;
    let opened = route::open_target(ctx, &write, asked.target).await?;
    let paying = match &asked.pay_with {
        Some(pay_with) => Some(paying::find(ctx, &write, pay_with, asked.initiator).await?),
        None => None,
    };
    // The instrument's row before the profile's, as whoever stores an instrument takes them.
    if let Some(stored) = paying.as_ref().and_then(|paying| paying.stored.as_ref()) {
        instruments::touch(&write, ctx.scope(), stored.instrument.id, ctx.now()).await?;
    }
    let wanted = Wanted {
        target: asked.target,
        opened,
        kind: asked.kind,
        amount: asked.amount,
        paying: paying.as_ref(),
        needs_profile: asked.customer_profile_data.is_some(),
    };
    let Routed { steps, route, effective } = route::find(ctx, &write, wanted).await?;
    check_order(ctx, &write, &asked).await?;
    let profile =
        customer::profile_of(ctx, &write, &asked, customer.as_ref(), paying.as_ref(), &effective).await?;
    let is_stored = paying.as_ref().is_some_and(|paying| paying.stored.is_some());
    let store = wants_to_store(&asked) && !is_stored;
    if store {
        customer::check_storable(ctx, &write, profile.as_ref()).await?;
    }
    let new = New { id, merchant_transaction_id, route, profile };
    let mut payment = new.payment(ctx, &asked, paying.as_ref(), steps.first())?;
    let Some(paying) = paying else {
        payment.status = PaymentStatus::AwaitingInstrument;
        let kinds = [EventKind::PaymentCreated, EventKind::PaymentAwaitingInstrument];
        insert(ctx, &write, &payment, &kinds, None).await?;
        write.commit().await?;
        return Ok(Intended::Waits(Paid::of(&payment)));
    };
    let first = steps.first().ok_or_else(|| no_step(&asked))?;
    let wish = Wish {
        source: paying.source.clone(),
        customer: customer::told(&asked, customer.as_ref()),
        store,
        mark_as_preferred: asked.customer_profile_data.is_some_and(|data| data.mark_as_preferred),
        agreement: paying.network_transaction_id.clone(),
    };
    let draft = Draft::first(ctx, &payment, first, &[], &wish);
    let answered = asked_too_early(ctx, first, &draft).await?;
    insert(ctx, &write, &payment, &[EventKind::PaymentCreated], Some(&draft)).await?;
    write.commit().await?;
    fault::point(draft.attempt.operation, Step::AfterIntent).await?;
    let Draft { attempt, order, .. } = draft;
    Ok(Intended::Attempt(Box::new(Intent { payment, attempts: vec![attempt], order, steps, answered })))
}

/// Writes a payment down with all that belongs to it.
async fn insert(
    ctx: &Ctx,
    write: &Write,
    payment: &Payment,
    kinds: &[EventKind],
    draft: Option<&Draft>,
) -> Result<(), Error> {
    let events: Vec<NewEvent> = kinds
        .iter()
        .map(|kind| NewEvent {
            id: EventId::mint(ctx.source()),
            kind: *kind,
            origin: Origin::Request,
            attempt_id: draft.map(|draft| draft.attempt.id),
            amount: Some(payment.amounts.requested).filter(|minor| *minor > 0),
        })
        .collect();
    let seals = draft.map(|draft| draft.seals(ctx)).transpose()?;
    let attempt = draft.zip(seals.as_ref());
    let attempt =
        attempt.map(|(draft, seals)| NewAttempt { attempt: &draft.attempt, seals: seals.as_stored() });
    let total_delta = store::counted(payment, ctx.now());
    let opening = Opening { claim: None, payment, attempt, events: &events, total_delta };
    payments::open(write, ctx.scope(), &opening).await?;
    Ok(())
}

/// What a process does that was told to have the bug of writing the attempt after the call.
async fn asked_too_early(ctx: &Ctx, first: &Opened, draft: &Draft) -> Result<Option<Learned>, Error> {
    match fault::is_planted(Bug::IntentAfterCall) {
        true => Ok(Some(call::ask(ctx, first, &draft.attempt, &draft.order).await?)),
        false => Ok(None),
    }
}

/// A route without steps is refused where it is found; this is for the compiler.
fn no_step(asked: &Pay) -> Error {
    Error::Fault { doing: "taking the first step of a route", detail: format!("{:?}", asked.target) }
}

/// What can be judged of a request without looking anything up.
fn check(ctx: &Ctx, asked: &Pay) -> Result<(), Error> {
    check_amount(asked)?;
    check_urls(asked)?;
    check_registration(asked)?;
    check_initiator(asked)?;
    check_times(ctx, asked)?;
    check_lowering(asked)
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
fn check_urls(asked: &Pay) -> Result<(), Error> {
    let terms = &asked.terms;
    let urls = [
        ("returnUrl", &asked.return_url),
        ("successUrl", &terms.success_url),
        ("cancelUrl", &terms.cancel_url),
        ("errorUrl", &terms.error_url),
        ("callbackUrl", &terms.callback_url),
    ];
    let is_page =
        |url: &Url| matches!(url.scheme(), "https" | "http") && url.as_str().len() <= URL_LENGTH_MAX;
    match urls.iter().find(|(_, url)| url.as_ref().is_some_and(|url| !is_page(url))) {
        None => Ok(()),
        Some((field, _)) => {
            let message =
                format!("An address starts with https:// or http:// and has at most {URL_LENGTH_MAX} bytes.");
            Err(Error::refused(Code::InvalidInput, field, message))
        }
    }
}

/// Longer addresses are cut by browsers and processors.
const URL_LENGTH_MAX: usize = 2_048;

/// What is stored already is not stored again.
fn check_registration(asked: &Pay) -> Result<(), Error> {
    match (asked.kind, &asked.pay_with) {
        (PaymentKind::Register, Some(PayWith::PaymentToken(_) | PayWith::ReferencePayment(_))) => {
            let message = "A registration stores what a transactionToken stands for.";
            Err(Error::refused(Code::InvalidInput, "payWith", message))
        }
        // What is to be stored is known when it comes.
        (PaymentKind::Debit | PaymentKind::Preauthorize, None) if wants_to_store(asked) => {
            let message = "A payment that waits for its instrument says when it is committed what to store.";
            Err(Error::refused(Code::InvalidInput, "withRegister", message))
        }
        _ => Ok(()),
    }
}

/// A merchant may pay for the customer only with what the customer agreed to have stored.
fn check_initiator(asked: &Pay) -> Result<(), Error> {
    let refuse = |field, message: &str| Err(Error::refused(Code::MitNotAllowed, field, message));
    match (asked.initiator, &asked.pay_with) {
        (Initiator::Customer, _) if asked.terms.mit_reason.is_some() => {
            refuse("mitReason", "Only a payment that the merchant starts has a reason.")
        }
        (Initiator::Merchant, Some(PayWith::TransactionToken(_)) | None) => {
            refuse("initiator", "A payment that the merchant starts needs a stored instrument.")
        }
        (Initiator::Customer | Initiator::Merchant, _) => Ok(()),
    }
}

fn check_times(ctx: &Ctx, asked: &Pay) -> Result<(), Error> {
    let terms = &asked.terms;
    let is_past = |at: Option<Timestamp>| at.is_some_and(|at| at <= ctx.now());
    let refuse = |field, message: &str| Err(Error::refused(Code::InvalidInput, field, message));
    if is_past(terms.capture_at) {
        return refuse("captureAt", "The time lies in the past.");
    }
    if is_past(terms.expires_at) {
        return refuse("expiresAt", "The time lies in the past.");
    }
    if terms.capture_at.is_some() && asked.kind != PaymentKind::Preauthorize {
        return refuse("captureAt", "Only what is preauthorized is captured later.");
    }
    if terms.commits_max.is_some_and(|max| !(1..=COMMITS_MAX).contains(&max)) {
        return refuse("commitsMax", "A payment may be committed 1 to 20 times.");
    }
    Ok(())
}

/// How often a payment may be committed at most; more tries are somebody guessing cards.
const COMMITS_MAX: i32 = 20;

fn check_lowering(asked: &Pay) -> Result<(), Error> {
    let Some(minimum) = asked.terms.minimum else { return Ok(()) };
    if minimum.currency() != asked.amount.currency() {
        let message = "The minimum is in another currency than the amount.";
        return Err(Error::refused(Code::CurrencyMismatch, "minimumAmount.currency", message));
    }
    if minimum.is_zero() || minimum.minor() > asked.amount.minor() {
        let message = "The minimum lies between zero and the amount.";
        return Err(Error::refused(Code::InvalidAmount, "minimumAmount", message));
    }
    Ok(())
}

async fn check_order(ctx: &Ctx, write: &Write, asked: &Pay) -> Result<(), Error> {
    let Some(id) = asked.terms.order_id else { return Ok(()) };
    let order = stored_orders::find(write, ctx.scope(), id).await?;
    let order = order.ok_or_else(|| Error::not_found(Code::OrderNotFound, "orderId"))?;
    if order.status == OrderStatus::Canceled {
        return Err(Error::refused(Code::OrderNotOpen, "orderId", "The order was canceled."));
    }
    if order.currency != asked.amount.currency() {
        let message = "The order is in another currency.";
        return Err(Error::refused(Code::CurrencyMismatch, "amount.currency", message));
    }
    Ok(())
}

/// Whether the instrument is to be stored. A payment that waits for its instrument says so when that comes.
fn wants_to_store(asked: &Pay) -> bool {
    let is_preferred = asked.customer_profile_data.as_ref().is_some_and(|data| data.mark_as_preferred);
    asked.kind == PaymentKind::Register || asked.with_register || is_preferred
}

/// What was found out about a payment that is about to be made.
struct New {
    id: PaymentId,
    merchant_transaction_id: String,
    route: Route,
    profile: Option<ProfileView>,
}

impl New {
    fn payment(
        self,
        ctx: &Ctx,
        asked: &Pay,
        paying: Option<&Paying>,
        first: Option<&Opened>,
    ) -> Result<Payment, Error> {
        let text = |value: Option<&str>, field| input::optional(value, field, DESCRIPTION_LENGTH_MAX);
        let stored = paying.and_then(|paying| paying.stored.as_ref());
        let terms = &asked.terms;
        let (router_id, named) = match asked.target {
            Target::Router(id) => (Some(id), None),
            Target::Connector(id) => (None, Some(id)),
        };
        // Through a router nobody is asked before something pays.
        let chosen = first.filter(|_| paying.is_some()).map(|first| first.connector.id);
        Ok(Payment {
            id: self.id,
            tenant_id: ctx.viewer().tenant(),
            environment: ctx.viewer().environment(),
            kind: asked.kind,
            merchant_transaction_id: self.merchant_transaction_id,
            profile_id: self.profile.as_ref().map(|view| view.profile.id),
            container_id: self.profile.as_ref().map(|view| view.profile.container_id),
            instrument_id: stored.map(|view| view.instrument.id),
            connector_id: chosen.or(named),
            router_id,
            status: PaymentStatus::Processing,
            amounts: Amounts::requested(asked.amount),
            method: stored.map(|view| view.instrument.method.clone()),
            description: text(asked.description.as_deref(), "description")?,
            source: SourceSnapshot {
                source: asked.source,
                source_id: text(asked.source_id.as_deref(), "sourceId")?,
                description: text(asked.source_description.as_deref(), "sourceDescription")?,
            },
            initiator: asked.initiator,
            decline: None,
            next_action: None,
            route: self.route,
            capture_at: terms.capture_at,
            expires_at: terms.expires_at,
            commits: i32::from(paying.is_some()),
            commits_max: terms.commits_max.unwrap_or(match terms.minimum {
                Some(_) => super::COMMITS_MAX_DEFAULT,
                None => 1,
            }),
            minimum: terms.minimum.map(Money::minor),
            accepts_partial: terms.accepts_partial,
            mit_reason: mit_reason(asked),
            network_transaction_id: None,
            reference_payment_id: match asked.pay_with {
                Some(PayWith::ReferencePayment(id)) => Some(id),
                Some(PayWith::PaymentToken(_) | PayWith::TransactionToken(_)) | None => None,
            },
            urls: urls(asked),
            order_id: terms.order_id,
            is_final_captured: false,
            metadata: input::metadata(asked.metadata.clone(), "metadata")?,
            created_at: ctx.now(),
            updated_at: ctx.now(),
            version: 1,
        })
    }
}

/// A merchant that does not say why says what the networks take an unscheduled payment for.
fn mit_reason(asked: &Pay) -> Option<MitReason> {
    match asked.initiator {
        Initiator::Customer => None,
        Initiator::Merchant => asked.terms.mit_reason.or(Some(MitReason::Unscheduled)),
    }
}

fn urls(asked: &Pay) -> Urls {
    let text = |url: &Option<Url>| url.as_ref().map(Url::to_string);
    Urls {
        return_: text(&asked.return_url),
        success: text(&asked.terms.success_url),
        cancel: text(&asked.terms.cancel_url),
        error: text(&asked.terms.error_url),
        callback: text(&asked.terms.callback_url),
    }
}
