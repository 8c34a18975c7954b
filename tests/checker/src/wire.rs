//! The documents of the sandbox's processor, written down a second time.
//!
//! They are what `docs/connectors/sandbox.md` and the plugin's own `wire.rs` describe; nothing is shared with
//! them but the words on the wire.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::money::Amount;

/// Where the idempotency key is.
pub(crate) const IDEMPOTENCY_HEADER: &str = "idempotency-key";
/// Where the account is named.
pub(crate) const ACCOUNT_HEADER: &str = "sandbox-account";
/// Where the signature of a notification is.
pub(crate) const SIGNATURE_HEADER: &str = "sandbox-signature";

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Kind {
    Authorize,
    Sale,
    Capture,
    Void,
    Refund,
    Increment,
    Register,
    Deregister,
    /// Only in the planning of faults: a challenge's end belongs to the operation that asked for it.
    Resume,
    /// Only in the planning of faults.
    Lookup,
}

impl Kind {
    /// Whether it opens a payment.
    pub(crate) fn is_first_step(self) -> bool {
        matches!(self, Self::Authorize | Self::Sale)
    }

    /// As the server spells it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Authorize => "AUTHORIZE",
            Self::Sale => "SALE",
            Self::Capture => "CAPTURE",
            Self::Void => "VOID",
            Self::Refund => "REFUND",
            Self::Increment => "INCREMENT",
            Self::Register => "REGISTER",
            Self::Deregister => "DEREGISTER",
            Self::Resume => "RESUME",
            Self::Lookup => "LOOKUP",
        }
    }
}

/// How an operation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    Succeeded,
    Pending,
    ActionRequired,
    Declined,
}

/// `POST /v1/payments`.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct PaymentRequest {
    pub(crate) reference: String,
    pub(crate) amount: Amount,
    /// `AUTOMATIC` or `MANUAL`.
    pub(crate) capture: String,
    pub(crate) source: String,
    #[serde(default)]
    pub(crate) store: bool,
    /// `CUSTOMER` or `MERCHANT`.
    pub(crate) initiator: String,
    pub(crate) description: Option<String>,
    pub(crate) return_url: Option<String>,
}

/// `POST /v1/tokens`.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct TokenRequest {
    pub(crate) reference: String,
    pub(crate) source: String,
}

/// `POST /v1/payments/{id}/captures` and its like.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct FollowUp {
    pub(crate) reference: String,
    pub(crate) amount: Option<Amount>,
    #[serde(default)]
    pub(crate) is_final: bool,
}

/// `POST /v1/authentications/{id}/completions`.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Completion {
    pub(crate) result: Option<String>,
}

/// Why an operation was refused.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Refusal {
    pub(crate) code: &'static str,
    pub(crate) message: &'static str,
}

/// What the customer has to do.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Action {
    pub(crate) authentication: String,
    pub(crate) url: String,
    pub(crate) expires_at: String,
}

/// An instrument that the processor keeps.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Stored {
    pub(crate) token: String,
    pub(crate) fingerprint: String,
}

/// One operation, wherever it appears.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Operation {
    pub(crate) id: String,
    pub(crate) reference: String,
    pub(crate) account: String,
    pub(crate) kind: Kind,
    pub(crate) status: Status,
    pub(crate) payment: Option<String>,
    pub(crate) amount: Option<Amount>,
    pub(crate) captured: bool,
    pub(crate) instrument: Option<Value>,
    pub(crate) stored: Option<Stored>,
    pub(crate) network_transaction_id: Option<String>,
    pub(crate) voidable_until: Option<String>,
    pub(crate) decline: Option<Refusal>,
    pub(crate) action: Option<Action>,
    pub(crate) at: String,
}

/// What may be shown of the one card that everybody pays with here.
pub(crate) fn card() -> Value {
    json!({
        "type": "CARD", "brand": "visa", "holder": "Test Customer", "bin6": "424242", "last4": "4242",
        "exp_month": 9, "exp_year": 2029, "funding": "CREDIT", "issuer_country": "US"
    })
}
