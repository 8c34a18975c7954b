//! Payments and their attempts.
//!
//! A payment is what a merchant asked for; an attempt is one request to one processor about it. An
//! attempt is committed before the processor is called and closed by observations, which reach the
//! payment only through [`state::apply`].

pub mod attempt;
pub mod state;

use purser_connector::{ActionKind, Advice, CaptureMethod, DeclineCode, Initiator};
use purser_types::id::{ConnectorId, ContainerId, InstrumentId, PaymentId, ProfileId, RouterId, TenantId};
use purser_types::{Currency, Money, Timestamp};
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
        /// The processor is being asked.
        Processing = "PROCESSING",
        /// The customer has to do something: see `nextAction`.
        RequiresAction = "REQUIRES_ACTION",
        /// The processor answered that it will tell later, or its answer was lost.
        Pending = "PENDING",
        /// The amount is reserved.
        Authorized = "AUTHORIZED",
        /// A part is captured, the rest still reserved.
        PartiallyCaptured = "PARTIALLY_CAPTURED",
        /// Captured, or registered.
        Succeeded = "SUCCEEDED",
        /// A part of what was captured went back.
        PartiallyRefunded = "PARTIALLY_REFUNDED",
        /// All that was captured went back.
        Refunded = "REFUNDED",
        /// The reservation was released without a capture.
        Reversed = "REVERSED",
        /// Taken back before settlement.
        Voided = "VOIDED",
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

/// The amounts of a payment, in minor units of its currency.
///
/// `captured + capture_pending ≤ authorized` and `refunded + refund_pending ≤ captured` hold always:
/// here, in conditional updates, and as constraints of the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amounts {
    /// The currency of all of them.
    pub currency: Currency,
    /// What the merchant asked for.
    pub requested: i64,
    /// What the processor reserved.
    pub authorized: i64,
    /// What was captured.
    pub captured: i64,
    /// What a running capture may still take.
    pub capture_pending: i64,
    /// What went back.
    pub refunded: i64,
    /// What a running refund may still give back.
    pub refund_pending: i64,
}

impl Amounts {
    /// The amounts of a payment that was only asked for.
    #[must_use]
    pub fn requested(amount: Money) -> Self {
        let currency = amount.currency();
        Self {
            currency,
            requested: amount.minor(),
            authorized: 0,
            captured: 0,
            capture_pending: 0,
            refunded: 0,
            refund_pending: 0,
        }
    }

    /// What a further capture may take.
    #[must_use]
    pub fn capturable(&self) -> i64 {
        self.authorized.saturating_sub(self.captured).saturating_sub(self.capture_pending).max(0)
    }

    /// What a void takes: the rest of what is reserved, or else all that is captured. The processor names
    /// the same amount, or it has not proven that it did that.
    #[must_use]
    pub fn voidable(&self) -> i64 {
        match self.capturable() {
            0 => self.captured,
            reserved => reserved,
        }
    }

    /// What a further refund may give back.
    #[must_use]
    pub fn refundable(&self) -> i64 {
        self.captured.saturating_sub(self.refunded).saturating_sub(self.refund_pending).max(0)
    }
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
    /// The tenant's own data.
    pub metadata: serde_json::Map<String, serde_json::Value>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Grows by one with each change.
    pub version: i32,
}
