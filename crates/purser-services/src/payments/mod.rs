//! Payments: asked for, taken, captured, voided, refunded.
//!
//! One payment goes three ways through here. [`intent`] resolves what was asked for and commits the
//! payment with its first attempt. [`run`] calls the processor outside any transaction, in a task of
//! its own, and feeds what it answers to [`observe`], the only place that changes a payment.
//! [`follow_up`] does the same for capture, void and refund.

mod follow_up;
mod intent;
mod observe;
mod paying;
mod route;
mod run;

use purser_connector::Initiator;
use purser_domain::payment::{PaymentKind, PaymentSource};
use purser_storage::payments as stored;
use purser_types::id::{ConnectorId, InstrumentId, PaymentId, ProfileId, RouterId};
use purser_types::{Money, Secret};
use serde_json::{Map, Value};
use url::Url;

use crate::app::Ctx;
use crate::error::Error;
use crate::person::PersonInput;

pub use follow_up::{capture, refund, void};
pub use route::simulate;

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

/// A debit, a preauthorisation or a registration.
#[derive(Debug, Clone)]
pub struct Pay {
    /// Which of them.
    pub kind: PaymentKind,
    /// The caller's own id, unique per tenant.
    pub merchant_transaction_id: String,
    /// Where it is sent.
    pub target: Target,
    /// What pays.
    pub pay_with: PayWith,
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
    /// Where the customer returns after an action.
    pub return_url: Option<Url>,
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

/// Takes a payment or registers an instrument.
///
/// A declined payment is a payment with a state, not an error.
///
/// # Errors
/// `DUPLICATE_TRANSACTION_ID`, `CONNECTOR_NOT_FOUND`, `ROUTER_NOT_FOUND`, `CONNECTOR_DISABLED`,
/// `CAPABILITY_UNSUPPORTED`, `NO_ELIGIBLE_CONNECTOR`, `INSTRUMENT_NOT_FOUND`, `INSTRUMENT_NOT_ACTIVE`,
/// `INSTRUMENT_EXPIRED`, `INSTRUMENT_NOT_SHARED`, `INSTRUMENT_CONNECTOR_MISMATCH`,
/// `REFERENCE_NOT_FOUND`, `NO_CONTAINER_BOUND` and the like, `IDENTIFIER_REQUIRED`,
/// `PROFILE_NOT_FOUND`, `PROFILE_ARCHIVED`, `CONTAINER_PERMISSION_MISSING`, `INVALID_…`.
pub async fn pay(ctx: &Ctx, input: Pay) -> Result<Paid, Error> {
    let ctx = ctx.clone();
    // A client that hangs up drops its own future; the payment's goes on to its end.
    let task = tokio::spawn(async move {
        let intent = intent::commit(&ctx, input).await?;
        run::to_the_end(&ctx, intent).await
    });
    joined(task, "taking a payment").await
}

/// The result of a task of its own; a panic in it is a fault, not a missing answer.
async fn joined<T>(task: tokio::task::JoinHandle<Result<T, Error>>, doing: &'static str) -> Result<T, Error> {
    match task.await {
        Ok(result) => result,
        Err(error) => Err(Error::Fault { doing, detail: error.to_string() }),
    }
}

async fn paid(ctx: &Ctx, payment_id: PaymentId) -> Result<Paid, Error> {
    let payment = stored::find(ctx.store(), ctx.scope(), payment_id).await?;
    let payment = payment
        .ok_or_else(|| Error::Fault { doing: "reading a payment back", detail: payment_id.to_string() })?;
    Ok(Paid { payment_id, profile_id: payment.profile_id, instrument_id: payment.instrument_id })
}
