//! What a connector is asked.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use bytes::Bytes;
use purser_types::id::AttemptId;
use purser_types::{Country, Date, Money, Secret};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::capability::OperationKind;
use crate::wire;
use purser_types::spelled;

/// The longest own reference and idempotency key; most processors take at least as much.
pub const REFERENCE_LENGTH_MAX: usize = 64;

/// The text is empty, too long, or has characters that some processor will refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not 1 to 64 ASCII letters, digits, '-', '_' or '.'")]
pub struct MalformedReference;

fn parse_reference(text: &str) -> Result<String, MalformedReference> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let fits = (1..=REFERENCE_LENGTH_MAX).contains(&text.len()) && text.bytes().all(is_plain);
    if fits { Ok(text.to_owned()) } else { Err(MalformedReference) }
}

/// Our name for one attempt at one operation, unique for ever; the processor is given it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct OwnReference(String);

/// One per attempt and operation, committed before the call and the same on every repetition of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct IdempotencyKey(String);

impl OwnReference {
    /// The text that the processor is given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl IdempotencyKey {
    /// The text that the processor is given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for OwnReference {
    type Err = MalformedReference;

    fn from_str(text: &str) -> Result<Self, MalformedReference> {
        parse_reference(text).map(Self)
    }
}

impl FromStr for IdempotencyKey {
    type Err = MalformedReference;

    fn from_str(text: &str) -> Result<Self, MalformedReference> {
        parse_reference(text).map(Self)
    }
}

impl From<AttemptId> for OwnReference {
    /// An attempt has one reference: its id.
    fn from(attempt: AttemptId) -> Self {
        Self(attempt.to_string())
    }
}

impl From<AttemptId> for IdempotencyKey {
    /// An attempt is one operation, so that its id is also its key.
    fn from(attempt: AttemptId) -> Self {
        Self(attempt.to_string())
    }
}

impl fmt::Display for OwnReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for OwnReference {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

spelled! {
    /// When authorised money is taken.
    pub enum CaptureMethod {
        /// At once: a debit.
        Automatic = "AUTOMATIC",
        /// By a later capture: a preauthorisation.
        Manual = "MANUAL",
    }
}

impl CaptureMethod {
    /// The operation that `authorize` is with this way of capture.
    #[must_use]
    pub const fn operation(self) -> OperationKind {
        match self {
            Self::Automatic => OperationKind::Sale,
            Self::Manual => OperationKind::Authorize,
        }
    }
}

spelled! {
    /// Who started the payment, which decides whether the customer can be asked for anything.
    pub enum Initiator {
        /// The customer is present.
        Customer = "CUSTOMER",
        /// The merchant, on an earlier agreement (recurring, unscheduled).
        Merchant = "MERCHANT",
    }
}

spelled! {
    /// Why the merchant started a payment without the customer. Source: the networks' stored-credential
    /// framework.
    pub enum MitReason {
        /// On a schedule that was agreed on, for an amount that may vary: a subscription.
        Recurring = "RECURRING",
        /// When something agreed on happens: an account is topped up.
        Unscheduled = "UNSCHEDULED",
        /// A part of one purchase.
        Installment = "INSTALLMENT",
        /// Again, after a decline for lack of money.
        Resubmission = "RESUBMISSION",
        /// The customer did not come.
        NoShow = "NO_SHOW",
        /// What was consumed and billed afterwards.
        Delayed = "DELAYED",
    }
}

/// The instrument to use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum InstrumentSource {
    /// A one-off token that the processor's own form gave to the customer's browser (`tok_visa`).
    Token(#[serde(with = "wire::sealed::secret")] Secret),
    /// An instrument that the processor keeps.
    Stored {
        /// The reusable token of [`crate::StoredInstrument`].
        #[serde(with = "wire::sealed::secret")]
        token: Secret,
    },
}

/// What is told about the customer. All optional; a plugin passes on what its processor asks for.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CustomerData {
    /// The merchant's name for the customer (`customerIdentification`).
    pub identification: Option<String>,
    /// The first name.
    pub first_name: Option<String>,
    /// The last name.
    pub last_name: Option<String>,
    /// The e-mail address.
    pub email: Option<String>,
    /// The telephone number, E.164.
    pub phone: Option<String>,
    /// The date of birth.
    pub born_on: Option<Date>,
    /// The address of the browser.
    pub ip_address: Option<String>,
    /// The billing address.
    pub billing: Option<PostalAddress>,
}

/// Shows nothing: every field is personal.
impl fmt::Debug for CustomerData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CustomerData(***)")
    }
}

/// A postal address.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PostalAddress {
    /// Street and house number.
    pub line1: Option<String>,
    /// A second line.
    pub line2: Option<String>,
    /// The city.
    pub city: Option<String>,
    /// The postal code.
    pub postcode: Option<String>,
    /// State or province.
    pub state: Option<String>,
    /// The country.
    pub country: Option<Country>,
}

/// Shows nothing: an address is personal.
impl fmt::Debug for PostalAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PostalAddress(***)")
    }
}

/// Reserve money (manual capture) or take it (automatic capture).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authorize {
    /// How much; above zero.
    #[serde(with = "wire::money")]
    pub amount: Money,
    /// When it is taken.
    pub capture: CaptureMethod,
    /// From what.
    pub instrument: InstrumentSource,
    /// Whether the instrument is kept for later; the answer then has it as `stored`.
    pub store: bool,
    /// Who started the payment.
    pub initiator: Initiator,
    /// What the customer reads on the statement.
    pub statement_description: Option<String>,
    /// Where the customer's browser comes back to; without it no redirect is possible.
    pub return_url: Option<Url>,
    /// Who pays.
    pub customer: CustomerData,
    /// The network's name for the transaction under which the agreement was made, for later payments.
    pub network_transaction_id: Option<String>,
    /// Why the merchant started it, if the merchant did.
    #[serde(default)]
    pub mit_reason: Option<MitReason>,
    /// Whether less than `amount` is welcome. [`crate::Settled::amount`] then says how much it is; without it
    /// a partial approval has to be a decline.
    #[serde(default)]
    pub accepts_partial: bool,
}

impl Authorize {
    /// `Sale` or `Authorize`.
    #[must_use]
    pub fn operation(&self) -> OperationKind {
        self.capture.operation()
    }
}

/// Store an instrument without taking money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Register {
    /// The instrument.
    pub instrument: InstrumentSource,
    /// Whose it is.
    pub customer: CustomerData,
    /// Where the customer's browser comes back to.
    pub return_url: Option<Url>,
}

/// Forget a stored instrument. Forgetting one that is not known succeeds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deregister {
    /// The reusable token.
    pub token: Secret,
}

/// Check that an instrument can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verify {
    /// The instrument.
    pub instrument: InstrumentSource,
    /// Whose it is.
    pub customer: CustomerData,
}

/// Continue an authorisation after the customer did what `ActionRequired` asked.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resume {
    /// The state that [`crate::NextAction`] carried, unchanged.
    #[serde(with = "wire::sealed::bytes")]
    pub state: Bytes,
    /// What the customer's browser brought back.
    pub parameters: BTreeMap<String, String>,
}

/// Shows nothing: what the browser brought back may be a proof.
impl fmt::Debug for Resume {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Resume(***)")
    }
}

/// Take reserved money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capture {
    /// The connector's reference of the authorisation.
    pub reference: String,
    /// How much; at most what is still reserved.
    #[serde(with = "wire::money")]
    pub amount: Money,
    /// Whether the rest is released.
    pub is_final: bool,
}

/// Raise what an authorisation reserves, while it is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Increment {
    /// The connector's reference of the authorisation.
    pub reference: String,
    /// How much is added to what is reserved; above zero. The answer's amount is this one, not the sum.
    #[serde(with = "wire::money")]
    pub amount: Money,
}

/// Release what is reserved, or undo a capture that is not settled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Void {
    /// The connector's reference of the authorisation.
    pub reference: String,
}

/// Give captured money back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    /// The connector's reference of the authorisation.
    pub reference: String,
    /// How much; at most what is captured and not refunded.
    #[serde(with = "wire::money")]
    pub amount: Money,
}

/// Send money to an instrument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payout {
    /// How much; above zero.
    pub amount: Money,
    /// To what.
    pub destination: InstrumentSource,
    /// What the customer reads on the statement.
    pub statement_description: Option<String>,
    /// Who receives it.
    pub customer: CustomerData,
}

/// Ask what became of one of our references.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookup {
    /// The reference that was given to the processor.
    pub own: OwnReference,
    /// What was attempted under it.
    pub operation: OperationKind,
    /// The connector's reference, if an answer gave one.
    pub connector_reference: Option<String>,
}
