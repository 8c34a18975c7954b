//! What a connector may answer when the processor understood the request.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use purser_types::{Money, Timestamp};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::capability::{Method, OperationKind};
use crate::dispute::DisputeFinding;
use crate::instrument::{InstrumentDetails, StoredInstrument};
use crate::request::OwnReference;
use crate::wire;
use purser_types::spelled;

/// The processor's answer to one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome<T> {
    /// It is done.
    Done(T),
    /// It is under way; a notification or a look-up tells more.
    Pending(Pending),
    /// The customer has to do something, then `resume`.
    ActionRequired(NextAction),
    /// It was refused, and nothing moved.
    Declined(Decline),
}

/// Money that was reserved, taken, released, returned or sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// The processor's name for what happened; later operations refer to the one of the authorisation.
    pub connector_reference: String,
    /// The amount that the processor says it moved. Whoever asked compares it with what was asked.
    pub amount: Money,
    /// Whether the money is taken: true for a sale and a capture, false for an authorisation.
    pub captured: bool,
    /// The kind of instrument that was used.
    pub method: Method,
    /// What may be shown of the instrument that was used, if the processor told.
    pub instrument: Option<InstrumentDetails>,
    /// The instrument that was kept, if `store` was asked and granted.
    pub stored: Option<StoredInstrument>,
    /// The card network's name for the transaction, for later payments of the merchant.
    pub network_transaction_id: Option<String>,
    /// Until when a void is possible; absent if the processor does not tell.
    pub voidable_until: Option<Timestamp>,
}

/// Something is under way.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Pending {
    /// The processor's name for it, if it has one yet.
    pub connector_reference: Option<String>,
    /// When a look-up is first worth the while.
    #[serde(default, with = "wire::seconds_option")]
    pub check_after: Option<Duration>,
}

/// What the customer has to do.
///
/// It can be written, so that whoever keeps it can seal it; like a [`crate::Submission`] it is not to be
/// kept or sent in any other way.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextAction {
    /// What to show or where to go.
    pub kind: ActionKind,
    /// The plugin's notes for `resume`. They never leave the server; the host's user seals them.
    #[serde(with = "wire::sealed::bytes")]
    pub state: Bytes,
    /// When the offer ends.
    pub expires_at: Option<Timestamp>,
}

/// Shows what kind it is; the state is the plugin's secret, addresses may carry one.
impl fmt::Debug for NextAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NextAction({})", self.kind.as_str())
    }
}

/// The ways in which a customer can be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ActionKind {
    /// Open an address.
    Redirect {
        /// The address.
        url: Url,
    },
    /// Send a form from the browser.
    PostForm {
        /// Where to.
        url: Url,
        /// The hidden fields.
        fields: BTreeMap<String, String>,
    },
    /// Run a processor's script in the page.
    Embed {
        /// Which script.
        sdk: String,
        /// What it is given.
        payload: serde_json::Value,
    },
    /// Show a text, and perhaps a code to scan.
    Display {
        /// The text.
        text: String,
        /// The content of a QR code.
        qr: Option<String>,
    },
    /// Type a code that the customer was sent; `resume` gets it as the parameter `code`
    /// ([`CODE_PARAMETER`]).
    Otp {
        /// What to say to the customer.
        text: String,
        /// How many characters the code has, if that is known.
        length: Option<u8>,
    },
}

/// The parameter of [`crate::Resume`] that has the code for [`ActionKind::Otp`].
pub const CODE_PARAMETER: &str = "code";

impl ActionKind {
    /// The name of the variant, as serialised.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Redirect { .. } => "REDIRECT",
            Self::PostForm { .. } => "POST_FORM",
            Self::Embed { .. } => "EMBED",
            Self::Display { .. } => "DISPLAY",
            Self::Otp { .. } => "OTP",
        }
    }
}

spelled! {
    /// Why a payment was declined, in one vocabulary for all processors.
    pub enum DeclineCode {
        /// Not enough money.
        InsufficientFunds = "INSUFFICIENT_FUNDS",
        /// Declined without a better reason.
        CardDeclined = "CARD_DECLINED",
        /// The issuer said no (ISO 8583 code 05).
        DoNotHonor = "DO_NOT_HONOR",
        /// There is no such card.
        InvalidCard = "INVALID_CARD",
        /// The card has expired.
        ExpiredCard = "EXPIRED_CARD",
        /// The card was reported lost.
        Lost = "LOST",
        /// The card was reported stolen.
        Stolen = "STOLEN",
        /// The card is to be kept.
        Pickup = "PICKUP",
        /// The issuer or the processor suspects fraud.
        FraudSuspected = "FRAUD_SUSPECTED",
        /// A risk rule forbids it.
        RiskBlocked = "RISK_BLOCKED",
        /// The card cannot be used for this.
        UnsupportedCard = "UNSUPPORTED_CARD",
        /// A security code is needed.
        CvcRequired = "CVC_REQUIRED",
        /// The security code is wrong.
        CvcMismatch = "CVC_MISMATCH",
        /// The customer failed to authenticate.
        ThreeDsFailed = "THREE_DS_FAILED",
        /// The issuer wants the customer to authenticate.
        ScaRequired = "SCA_REQUIRED",
        /// A limit of amount or number is exceeded.
        LimitExceeded = "LIMIT_EXCEEDED",
        /// The IBAN is wrong.
        InvalidIban = "INVALID_IBAN",
        /// The BIC is wrong.
        InvalidBic = "INVALID_BIC",
        /// The account is closed.
        AccountClosed = "ACCOUNT_CLOSED",
        /// The customer's data is wrong.
        InvalidCustomerData = "INVALID_CUSTOMER_DATA",
        /// The customer changed their mind.
        CustomerCanceled = "CUSTOMER_CANCELED",
        /// Someone behind the processor did not answer, and nothing moved.
        Timeout = "TIMEOUT",
        /// Someone behind the processor is out of order, and nothing moved.
        ProviderUnavailable = "PROVIDER_UNAVAILABLE",
        /// Someone behind the processor failed, and nothing moved.
        ProviderError = "PROVIDER_ERROR",
        /// The processor takes it for a repetition.
        Duplicate = "DUPLICATE",
        /// The processor's code is in none of our tables; its raw code says more.
        Unspecified = "UNKNOWN",
    }
}

spelled! {
    /// What the one who was declined may do next.
    pub enum Advice {
        /// Nothing: do not try this instrument again, here or elsewhere.
        Never = "NEVER",
        /// The same again, but later.
        Later = "LATER",
        /// The same at another connector.
        Elsewhere = "ELSEWHERE",
        /// The same after the customer authenticated.
        WithAuthentication = "WITH_AUTHENTICATION",
        /// Ask the customer for another instrument.
        NewInstrument = "NEW_INSTRUMENT",
    }
}

/// A refusal: the processor understood, and moved nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decline {
    /// Why, in our words.
    pub code: DeclineCode,
    /// What next.
    pub advice: Advice,
    /// How long `LATER` is, if the processor told.
    #[serde(default, with = "wire::seconds_option")]
    pub retry_after: Option<Duration>,
    /// The processor's own code, unchanged.
    pub raw_code: String,
    /// The processor's own words, unchanged.
    pub raw_message: String,
}

spelled! {
    /// The kind of a [`Finding`], for the database and for people.
    pub enum ObservedStatus {
        /// It happened.
        Done = "DONE",
        /// It is under way.
        Pending = "PENDING",
        /// The customer has something to do.
        ActionRequired = "ACTION_REQUIRED",
        /// It was refused.
        Declined = "DECLINED",
        /// It was reserved once, and is so no longer.
        Expired = "EXPIRED",
        /// The customer or the issuer contests it.
        Disputed = "DISPUTED",
    }
}

/// What the processor says became of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// It happened; the value equals the one of a synchronous `Done`.
    Settled(Box<Settled>),
    /// An instrument was stored by `register`.
    Stored(Box<StoredInstrument>),
    /// Something happened that moves no money and gives nothing back: `deregister`, `verify`.
    Confirmed,
    /// It is under way.
    Pending(Pending),
    /// The customer has something to do; what exactly, if the processor tells that again. Whoever lost
    /// the answer gets the action back this way.
    ActionRequired(Option<NextAction>),
    /// It was refused.
    Declined(Decline),
    /// It ran out before it was finished.
    Expired,
    /// Money that was taken is contested, or no longer is. It stands beside what became of the payment itself.
    Dispute(Box<DisputeFinding>),
}

/// What the processor says happened to one of our references, whichever way we learnt of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// The reference that we gave.
    pub own: OwnReference,
    /// What was attempted under it.
    pub operation: OperationKind,
    /// The processor's name for it, if it has one.
    pub connector_reference: Option<String>,
    /// What became of it.
    pub finding: Finding,
    /// When, by the processor's clock.
    pub occurred_at: Option<Timestamp>,
}

impl Observation {
    /// The kind of the finding.
    #[must_use]
    pub fn status(&self) -> ObservedStatus {
        match self.finding {
            Finding::Settled(_) | Finding::Stored(_) | Finding::Confirmed => ObservedStatus::Done,
            Finding::Pending(_) => ObservedStatus::Pending,
            Finding::ActionRequired(_) => ObservedStatus::ActionRequired,
            Finding::Declined(_) => ObservedStatus::Declined,
            Finding::Expired => ObservedStatus::Expired,
            Finding::Dispute(_) => ObservedStatus::Disputed,
        }
    }

    /// The amount that moved by our request, if any did; what a dispute moves is in the dispute.
    #[must_use]
    pub fn amount(&self) -> Option<Money> {
        match &self.finding {
            Finding::Settled(settled) => Some(settled.amount),
            Finding::Stored(_)
            | Finding::Confirmed
            | Finding::Pending(_)
            | Finding::ActionRequired(_)
            | Finding::Declined(_)
            | Finding::Expired
            | Finding::Dispute(_) => None,
        }
    }
}
