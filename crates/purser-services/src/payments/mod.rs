//! Payments: asked for, taken, captured, voided, refunded; once, whatever happens.
//!
//! One payment goes three ways through here. [`intent`] resolves what was asked for and commits the
//! payment with its first attempt, which keeps sealed what the processor will be asked. [`run`] calls the
//! processor outside any transaction, in a task of its own, and feeds what it answers to [`observe`], the
//! only place that changes a payment. [`commit`] does the same for a payment that exists and is sent (again),
//! [`action`] when the customer has come back, [`follow_up`] for capture, increment, void and refund, and
//! [`give_back`] for money that came too late.
//!
//! Whatever a crash leaves behind is an attempt that is not final and has a time at which somebody looks
//! at it; the workers of this module do that, on as many nodes as there are.

mod action;
mod call;
mod cancel;
mod commit;
mod customer;
mod disputes;
mod draft;
mod envelope;
mod findings;
mod follow_up;
mod give_back;
mod intent;
mod janitor;
mod notifications;
mod observe;
mod patience;
mod paying;
mod reading;
mod refusal;
mod repair;
mod request;
mod review;
mod route;
mod run;
mod schedule;
mod store;
mod words;

use purser_connector::{Initiator, MitReason};
use purser_domain::payment::{Payment, PaymentKind, PaymentSource};
use purser_storage::payments as stored;
use purser_types::id::{ConnectorId, InstrumentId, OrderId, PaymentId, ProfileId, RouterId};
use purser_types::{Money, Secret, Timestamp};
use serde_json::{Map, Value};
use url::Url;

use crate::app::Ctx;
use crate::error::Error;
use crate::person::PersonInput;
use crate::task;

pub use action::{Destination, resume, resume_by_token};
pub use cancel::cancel;
pub use commit::{Commit, commit};
pub use disputes::of_payment as disputes;
pub use follow_up::{capture, capture_scheduled, increment, refund, void};
pub use give_back::give_back;
pub use janitor::{Tick, janitor_tick};
pub use notifications::{NotTaken, notifications_tick, receive_notification};
pub use reading::{find, repair_on_read, sync};
pub use review::{Resolution, ResolveAttempt, resolve};
pub use route::simulate;
pub use schedule::{captures_tick, expiries_tick};

/// Where a payment is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// One connector: an instrument of another one is refused.
    Connector(ConnectorId),
    /// A router: it picks the connector, and the one that an instrument is tied to.
    Router(RouterId),
}

/// What pays.
#[derive(Debug, Clone)]
pub enum PayWith {
    /// A stored instrument: `pt::…`.
    PaymentToken(String),
    /// The instrument of an earlier payment of the same tenant (IXOPAY: `referenceUuid`).
    ReferencePayment(PaymentId),
    /// A token that the processor's client-side form minted for one use (IXOPAY: payment.js).
    TransactionToken(Secret),
}

/// Whose profile a payment belongs to, and what to do with the instrument.
#[derive(Debug, Clone, Default)]
pub struct CustomerProfileData {
    /// An existing profile by its guid.
    pub profile_guid: Option<String>,
    /// An existing profile of the container, or the identification of a new one.
    pub customer_identification: Option<String>,
    /// An existing profile by the tenant's own id.
    pub external_id: Option<String>,
    /// Store the instrument and make it the preferred one.
    pub mark_as_preferred: bool,
}

/// What is agreed on about a payment besides who pays how much.
#[derive(Debug, Clone, Default)]
pub struct Terms {
    /// When what a preauthorisation reserves is captured; by hand if absent.
    pub capture_at: Option<Timestamp>,
    /// Until when the payment may be committed or the customer may act.
    pub expires_at: Option<Timestamp>,
    /// How often it may be sent to a processor on somebody's word, 1 to 20.
    pub commits_max: Option<i32>,
    /// The least to which the customer may lower the amount after a decline for lack of funds; fixed if absent.
    pub minimum: Option<Money>,
    /// Whether an approval for less is taken.
    pub accepts_partial: bool,
    /// Why the merchant starts it, if the merchant does.
    pub mit_reason: Option<MitReason>,
    /// The order that it pays.
    pub order_id: Option<OrderId>,
    /// Where the browser goes after a success.
    pub success_url: Option<Url>,
    /// Where the browser goes after the customer canceled.
    pub cancel_url: Option<Url>,
    /// Where the browser goes after a decline or a failure.
    pub error_url: Option<Url>,
    /// Where the merchant's server listens.
    pub callback_url: Option<Url>,
    /// The address of the customer's browser, as the merchant saw it.
    pub ip_address: Option<String>,
}

/// A debit, a preauthorisation or a registration.
#[derive(Debug, Clone)]
pub struct Pay {
    /// Which of them.
    pub kind: PaymentKind,
    /// The caller's own id, unique per tenant.
    pub merchant_transaction_id: String,
    /// Where it is sent.
    pub target: Target,
    /// What pays; absent for a payment that waits for the customer's choice.
    pub pay_with: Option<PayWith>,
    /// How much; zero for a registration.
    pub amount: Money,
    /// The text for the card statement.
    pub description: Option<String>,
    /// What the checkout knows of the customer.
    pub customer: Option<PersonInput>,
    /// The customer's identification in `customer`, which stands in for the profile data's own.
    pub identification: Option<String>,
    /// Whose profile it belongs to.
    pub customer_profile_data: Option<CustomerProfileData>,
    /// Store the instrument if the payment succeeds.
    pub with_register: bool,
    /// Where the customer returns after an action, whatever came of it.
    pub return_url: Option<Url>,
    /// What else was agreed on.
    pub terms: Terms,
    /// Where the payment came from.
    pub source: PaymentSource,
    /// The source's id.
    pub source_id: Option<String>,
    /// The source's name now.
    pub source_description: Option<String>,
    /// Who started it.
    pub initiator: Initiator,
    /// The tenant's own data.
    pub metadata: Map<String, Value>,
}

/// What became of a payment that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paid {
    /// The payment.
    pub payment_id: PaymentId,
    /// The customer's profile.
    pub profile_id: Option<ProfileId>,
    /// The instrument that paid or was stored.
    pub instrument_id: Option<InstrumentId>,
}

/// Takes a payment or registers an instrument. Without anything that pays, the payment waits for it.
///
/// A declined payment is a payment with a state, not an error.
///
/// # Errors
/// `DUPLICATE_TRANSACTION_ID`, `IDEMPOTENCY_KEY_REUSED`, `CONNECTOR_NOT_FOUND`, `ROUTER_NOT_FOUND`,
/// `CONNECTOR_DISABLED`, `CAPABILITY_UNSUPPORTED`, `NO_ELIGIBLE_CONNECTOR`, `INSTRUMENT_NOT_FOUND`,
/// `INSTRUMENT_NOT_ACTIVE`, `INSTRUMENT_EXPIRED`, `INSTRUMENT_NOT_SHARED`, `INSTRUMENT_CONNECTOR_MISMATCH`,
/// `REFERENCE_NOT_FOUND`, `MIT_NOT_ALLOWED`, `ORDER_NOT_FOUND`, `NO_CONTAINER_BOUND` and the like,
/// `IDENTIFIER_REQUIRED`, `PROFILE_NOT_FOUND`, `PROFILE_ARCHIVED`, `CONTAINER_PERMISSION_MISSING`,
/// `INVALID_…`.
pub async fn pay(ctx: &Ctx, input: Pay) -> Result<Paid, Error> {
    let ctx = ctx.clone();
    // A client that hangs up drops its own future; the payment's goes on to its end.
    task::own("taking a payment", async move {
        match Box::pin(intent::commit(&ctx, input)).await? {
            intent::Intended::Attempt(intent) => Box::pin(run::to_the_end(&ctx, *intent)).await,
            intent::Intended::Waits(paid) => Ok(paid),
            intent::Intended::Before(payment_id) => paid(&ctx, payment_id).await,
        }
    })
    .await
}

/// How often a payment may be committed that is made first and paid later, or whose amount may be lowered,
/// unless it says otherwise (Corefy: `commits_limit`).
const COMMITS_MAX_DEFAULT: i32 = 5;

/// Makes a payment that is paid later or in several tries: by a page, by a link, by [`commit`].
///
/// # Errors
/// As [`pay`].
pub async fn create(ctx: &Ctx, mut input: Pay) -> Result<Paid, Error> {
    input.terms.commits_max = input.terms.commits_max.or(Some(COMMITS_MAX_DEFAULT));
    pay(ctx, input).await
}

/// The payment as it is now.
async fn paid(ctx: &Ctx, payment_id: PaymentId) -> Result<Paid, Error> {
    let payment = stored::find(ctx.store(), ctx.scope(), payment_id).await?;
    let payment = payment
        .ok_or_else(|| Error::Fault { doing: "reading a payment back", detail: payment_id.to_string() })?;
    Ok(Paid::of(&payment))
}

impl Paid {
    fn of(payment: &Payment) -> Self {
        Self { payment_id: payment.id, profile_id: payment.profile_id, instrument_id: payment.instrument_id }
    }
}
