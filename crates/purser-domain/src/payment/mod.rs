//! Payments and their attempts.
//!
//! A payment is what a merchant asked for; an attempt is one request to one processor about it. An
//! attempt is committed before the processor is called and closed by observations, which reach the
//! payment only through [`state::apply`].
//!
//! | module | what it has |
//! |---|---|
//! | [`amounts`] | the amounts of a payment, and what is left of them |
//! | [`attempt`] | attempts, and how much is known of one |
//! | [`event`] | what happened to a payment, and who told |
//! | [`ledger`] | what moved, between five accounts |
//! | [`mod@dispute`] | disputes of a payment |
//! | [`state`] | the state machine |

pub mod amounts;
pub mod attempt;
pub mod dispute;
pub mod event;
pub mod ledger;
pub mod state;

pub use amounts::Amounts;

use purser_connector::{ActionKind, Advice, CaptureMethod, DeclineCode, Initiator, MitReason};
use purser_types::Timestamp;
use purser_types::id::{
    ConnectorId, ContainerId, InstrumentId, OrderId, PaymentId, ProfileId, RouterId, TenantId,
};
use serde::{Deserialize, Serialize};

use crate::routing::Route;
use crate::scope::Environment;
use purser_types::spelled;

/// The longest `merchantTransactionId` (IXOPAY stops at 50).
pub const TRANSACTION_ID_LENGTH_MAX: usize = 64;
/// The longest description for the card statement (IXOPAY: 255).
pub const DESCRIPTION_LENGTH_MAX: usize = 255;
/// Minor units of the largest payment. Nobody pays ten million millions of a currency; the bound is there
/// so that thousands of the largest payments can be added up in 63 bits.
pub const AMOUNT_MINOR_MAX: i64 = 1_000_000_000_000_000;

spelled! {
    /// What a merchant asked for (IXOPAY: transaction type).
    pub enum PaymentKind {
        /// Authorize and capture in one go.
        Debit = "DEBIT",
        /// Authorize now, capture later.
        Preauthorize = "PREAUTHORIZE",
        /// Store an instrument without moving money.
        Register = "REGISTER",
    }
}

impl PaymentKind {
    /// How the processor is asked to capture.
    #[must_use]
    pub const fn capture_method(self) -> CaptureMethod {
        match self {
            Self::Debit | Self::Register => CaptureMethod::Automatic,
            Self::Preauthorize => CaptureMethod::Manual,
        }
    }
}

spelled! {
    /// Where a payment stands.
    pub enum PaymentStatus {
        /// Committed here; the processor was not asked yet.
        Created = "CREATED",
        /// The customer has yet to choose an instrument, for the first time or again.
        AwaitingInstrument = "AWAITING_INSTRUMENT",
        /// The funds did not suffice, and the customer may lower the amount.
        AwaitingAmount = "AWAITING_AMOUNT",
        /// The processor is being asked.
        Processing = "PROCESSING",
        /// The customer has to do something: see `nextAction`.
        RequiresAction = "REQUIRES_ACTION",
        /// The processor answered that it will tell later, or its answer was lost.
        Pending = "PENDING",
        /// The amount is reserved.
        Authorized = "AUTHORIZED",
        /// A part of the amount is reserved, and the merchant accepts that.
        PartiallyAuthorized = "PARTIALLY_AUTHORIZED",
        /// A part is captured, the rest still reserved.
        PartiallyCaptured = "PARTIALLY_CAPTURED",
        /// Captured, or registered.
        Succeeded = "SUCCEEDED",
        /// A part of what was captured went back.
        PartiallyRefunded = "PARTIALLY_REFUNDED",
        /// All that was captured went back.
        Refunded = "REFUNDED",
        /// The customer disputes it at their bank, and nobody decided yet.
        Disputed = "DISPUTED",
        /// The bank took it back after a dispute.
        ChargedBack = "CHARGED_BACK",
        /// The reservation was released without a capture.
        Reversed = "REVERSED",
        /// Taken back before settlement.
        Voided = "VOIDED",
        /// The customer changed their mind before it was paid.
        Canceled = "CANCELED",
        /// Declined or failed for good.
        Failed = "FAILED",
        /// Nobody finished it in time.
        Expired = "EXPIRED",
    }
}

spelled! {
    /// Where a payment came from.
    pub enum PaymentSource {
        /// An API call.
        Api = "API",
        /// A payment link.
        PaymentLink = "PAYMENT_LINK",
        /// A subscription's renewal.
        Subscription = "SUBSCRIPTION",
        /// An invoice.
        Invoice = "INVOICE",
        /// Somebody at the dashboard.
        Dashboard = "DASHBOARD",
        /// A hosted checkout page.
        Checkout = "CHECKOUT",
    }
}

/// The source of a payment with the name it had when the payment was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceSnapshot {
    /// The kind of source.
    pub source: PaymentSource,
    /// The source's id, such as the payment link's.
    pub source_id: Option<String>,
    /// The source's name at that time; later renaming does not change it. None for plain API payments.
    pub description: Option<String>,
}

/// Where the customer's browser and the merchant's server are told of the outcome.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Urls {
    /// Where the browser goes whatever the outcome.
    pub return_: Option<String>,
    /// Where the browser goes after a success.
    pub success: Option<String>,
    /// Where the browser goes after the customer canceled.
    pub cancel: Option<String>,
    /// Where the browser goes after a decline or a failure.
    pub error: Option<String>,
    /// Where the merchant's server listens.
    pub callback: Option<String>,
}

/// Why the processor said no.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeclineRecord {
    /// The normalised code.
    pub code: DeclineCode,
    /// What to do about it.
    pub advice: Advice,
    /// The processor's own code.
    pub raw_code: String,
    /// The processor's own words.
    pub raw_message: String,
}

/// A payment.
#[derive(Debug, Clone, PartialEq)]
pub struct Payment {
    /// The payment's id.
    pub id: PaymentId,
    /// Whose payment it is; nobody else ever sees it.
    pub tenant_id: TenantId,
    /// Live or sandbox.
    pub environment: Environment,
    /// What was asked for.
    pub kind: PaymentKind,
    /// The caller's own id, unique per tenant and environment.
    pub merchant_transaction_id: String,
    /// The customer's profile.
    pub profile_id: Option<ProfileId>,
    /// The container of the profile.
    pub container_id: Option<ContainerId>,
    /// The stored instrument that paid, or that the payment stored.
    pub instrument_id: Option<InstrumentId>,
    /// The connector that took it; later operations go there.
    pub connector_id: Option<ConnectorId>,
    /// The router that picked the connector.
    pub router_id: Option<RouterId>,
    /// Where it stands.
    pub status: PaymentStatus,
    /// Its amounts.
    pub amounts: Amounts,
    /// The method's name, such as `card`.
    pub method: Option<String>,
    /// The text for the card statement.
    pub description: Option<String>,
    /// Where it came from.
    pub source: SourceSnapshot,
    /// Who started it.
    pub initiator: Initiator,
    /// Why it was declined.
    pub decline: Option<DeclineRecord>,
    /// What the customer has to do.
    pub next_action: Option<ActionKind>,
    /// Which connectors were considered and why.
    pub route: Route,
    /// When what is reserved is to be captured, for a scheduled capture.
    pub capture_at: Option<Timestamp>,
    /// Until when a payment may be committed or the customer may act.
    pub expires_at: Option<Timestamp>,
    /// How often it was committed: sent to a processor on somebody's word.
    pub commits: i32,
    /// How often it may be committed (Corefy: `commits_limit`).
    pub commits_max: i32,
    /// The least amount, in minor units, to which the customer may lower it after a decline for lack of
    /// funds; none if the amount is fixed.
    pub minimum: Option<i64>,
    /// Whether an approval for less than was asked for is taken (IXOPAY: `requestPartialAuthorization`).
    pub accepts_partial: bool,
    /// Why the merchant started it, if the merchant did.
    pub mit_reason: Option<MitReason>,
    /// The card network's id of the payment, for later merchant-initiated ones (IXOPAY:
    /// `referenceSchemeTransactionIdentifier`).
    pub network_transaction_id: Option<String>,
    /// The earlier payment that this one refers to.
    pub reference_payment_id: Option<PaymentId>,
    /// Where the outcome is told.
    pub urls: Urls,
    /// The order that it pays.
    pub order_id: Option<OrderId>,
    /// Whether a final capture was done, after which nothing more is captured (IXOPAY: `isFinalCapture`).
    pub is_final_captured: bool,
    /// The tenant's own data.
    pub metadata: serde_json::Map<String, serde_json::Value>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Grows by one with each change.
    pub version: i32,
}
