//! The documents that the sandbox's processor speaks, JSON both ways.
//!
//! One document describes an operation wherever it appears: in the answer to a request, in a
//! look-up and in a notification. That is why the three always agree. `README.md` beside this crate's
//! manifest says the same for those who write a processor of their own; fields may be added here, and an
//! absent one means what it meant before.

use purser_connector::{
    CaptureMethod, DisputeStage, DisputeStatus, Initiator, InstrumentDetails, Method, MitReason,
    OperationKind,
};
use purser_types::{Currency, Money, Timestamp};
use serde::{Deserialize, Serialize};
use url::Url;

/// Where the account is named.
pub(crate) const ACCOUNT_HEADER: &str = "sandbox-account";
/// Where the idempotency key is.
pub(crate) const IDEMPOTENCY_HEADER: &str = "idempotency-key";
/// Where notifications of the account are to go.
pub(crate) const NOTIFICATION_URL_HEADER: &str = "sandbox-notification-url";
/// Where the signature of a notification is: `t=<unix seconds>,v1=<hex of HMAC-SHA-256>`.
pub(crate) const SIGNATURE_HEADER: &str = "sandbox-signature";

/// An amount in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amount {
    /// Minor units of the currency.
    pub minor: i64,
    /// The currency.
    pub currency: Currency,
}

impl From<Money> for Amount {
    fn from(money: Money) -> Self {
        Self { minor: money.minor(), currency: money.currency() }
    }
}

impl Amount {
    /// The amount as money, unless it is negative.
    #[must_use]
    pub fn money(self) -> Option<Money> {
        Money::try_new(self.minor, self.currency).ok()
    }
}

/// `POST /v1/payments` and `POST /v1/payouts`.
#[derive(Serialize, Deserialize)]
pub(crate) struct PaymentRequest {
    pub(crate) reference: String,
    pub(crate) amount: Amount,
    pub(crate) capture: CaptureMethod,
    pub(crate) source: String,
    pub(crate) store: bool,
    pub(crate) initiator: Initiator,
    /// The methods that the account has switched on.
    pub(crate) methods: Vec<Method>,
    pub(crate) description: Option<String>,
    pub(crate) return_url: Option<Url>,
    /// Where the processor's pages are, as seen by the customer's browser.
    pub(crate) pages: Url,
    /// The network's name for the transaction under which the customer agreed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) network_transaction_id: Option<String>,
    /// Why the merchant started the payment, if the merchant did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) mit_reason: Option<MitReason>,
    /// Whether less than the amount is welcome.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) accepts_partial: bool,
}

/// `POST /v1/tokens` and `POST /v1/verifications`.
#[derive(Serialize, Deserialize)]
pub(crate) struct TokenRequest {
    pub(crate) reference: String,
    pub(crate) source: String,
    pub(crate) methods: Vec<Method>,
}

/// `POST /v1/token-deletions`.
#[derive(Serialize, Deserialize)]
pub(crate) struct TokenDeletion {
    pub(crate) reference: String,
    pub(crate) token: String,
}

/// `POST /v1/payments/{id}/captures`, `…/increments`, `…/refunds` and `…/voids`.
#[derive(Serialize, Deserialize)]
pub(crate) struct FollowUp {
    pub(crate) reference: String,
    /// Absent for a void.
    pub(crate) amount: Option<Amount>,
    pub(crate) is_final: bool,
}

/// `POST /v1/authentications/{id}/completions`.
#[derive(Serialize, Deserialize)]
pub(crate) struct Completion {
    /// What the browser brought back: `authenticated`, `failed`, or nothing when the customer left.
    pub(crate) result: Option<String>,
    /// The code that the customer typed, where one was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<String>,
}

/// How an operation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Done.
    Succeeded,
    /// Under way.
    Pending,
    /// The customer has something to do.
    ActionRequired,
    /// Refused.
    Declined,
    /// The customer did not do it in time.
    Expired,
}

/// Why an operation was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The processor's code; the table in `response.rs` says what it means.
    pub code: String,
    /// The processor's words.
    pub message: String,
}

/// How a customer is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActionType {
    /// To open the page in the browser.
    #[default]
    Redirect,
    /// To type a code that was sent to them.
    Otp,
    /// To scan a code with another device, which opens the page there.
    Qr,
}

/// What the customer has to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Action {
    /// The challenge.
    pub authentication: String,
    /// The page of the challenge.
    pub url: Url,
    /// When it ends.
    pub expires_at: Timestamp,
    /// How the customer is asked.
    #[serde(default, rename = "type")]
    pub action_type: ActionType,
}

/// A dispute about what was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dispute {
    /// The processor's name for it.
    pub id: String,
    /// How far it has come.
    pub stage: DisputeStage,
    /// How it stands.
    pub status: DisputeStatus,
    /// Why.
    pub reason: String,
    /// How much is contested.
    pub amount: Amount,
    /// Until when the merchant may answer.
    pub due_at: Option<Timestamp>,
}

/// An instrument that the processor keeps.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored {
    /// The reusable token.
    pub token: String,
    /// The same for the same underlying instrument.
    pub fingerprint: String,
}

/// Shows nothing: a token is a secret.
impl std::fmt::Debug for Stored {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Stored(***)")
    }
}

/// One operation, as the processor sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// The processor's name for it.
    pub id: String,
    /// The client's name for it.
    pub reference: String,
    /// The account that asked.
    pub account: String,
    /// What was asked.
    pub kind: OperationKind,
    /// How it stands.
    pub status: Status,
    /// The payment that it belongs to, if it belongs to one.
    pub payment: Option<String>,
    /// How much moved, or is to move; absent where no money is meant to.
    pub amount: Option<Amount>,
    /// Whether the money is taken.
    pub captured: bool,
    /// What may be shown of the instrument.
    pub instrument: Option<InstrumentDetails>,
    /// The instrument that is kept, if that was asked.
    pub stored: Option<Stored>,
    /// The network's name for the transaction.
    pub network_transaction_id: Option<String>,
    /// Until when the payment can be voided.
    pub voidable_until: Option<Timestamp>,
    /// Why it was refused.
    pub decline: Option<Refusal>,
    /// What the customer has to do.
    pub action: Option<Action>,
    /// The dispute about it, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dispute: Option<Dispute>,
    /// When it last changed.
    pub at: Timestamp,
}

/// Any refusal that is not about money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ErrorDocument {
    pub(crate) error: String,
    pub(crate) message: String,
}

/// A notification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Event {
    pub(crate) id: String,
    #[serde(rename = "type")]
    pub(crate) event_type: String,
    pub(crate) operation: Option<Operation>,
}

/// The type of the events about operations.
pub(crate) const OPERATION_CHANGED: &str = "operation.changed";

/// What each of the processor's decline codes says to people. Their meaning for us is in `response.rs`.
pub(crate) fn words(code: &str) -> &'static str {
    match code {
        "insufficient_funds" => "The account has not enough money.",
        "expired_card" => "The card has expired.",
        "authentication_expired" => "The customer did not authenticate in time.",
        "authentication_required" => "The issuer wants the customer to authenticate.",
        _ => "The payment was declined.",
    }
}
