//! What a connector can do.

use std::collections::BTreeSet;
use std::time::Duration;

use purser_types::{Country, Currency};
use serde::{Deserialize, Serialize};

use crate::request::CaptureMethod;
use crate::wire;
use purser_types::spelled;

spelled! {
    /// The kind of a payment instrument.
    pub enum Method {
        /// A payment card.
        Card = "CARD",
        /// A direct debit of a bank account.
        Iban = "IBAN",
        /// A wallet such as PayPal.
        Wallet = "WALLET",
        /// Money kept by a telephone network.
        MobileMoney = "MOBILE_MONEY",
        /// A meal voucher of an employer.
        MealVoucher = "MEAL_VOUCHER",
        /// A transfer that the customer starts.
        BankTransfer = "BANK_TRANSFER",
        /// Anything else; the connector's label says what.
        Other = "OTHER",
    }
}

spelled! {
    /// One thing that a connector may be asked to do.
    pub enum OperationKind {
        /// Prove that credentials work.
        Probe = "PROBE",
        /// Reserve money, to be captured later.
        Authorize = "AUTHORIZE",
        /// Reserve and capture in one step: `authorize` with automatic capture (IXOPAY: debit).
        Sale = "SALE",
        /// Continue after the customer did something.
        Resume = "RESUME",
        /// Take reserved money.
        Capture = "CAPTURE",
        /// Release reserved money, or undo a capture before settlement.
        Void = "VOID",
        /// Give captured money back.
        Refund = "REFUND",
        /// Send money to an instrument.
        Payout = "PAYOUT",
        /// Store an instrument without taking money.
        Register = "REGISTER",
        /// Forget a stored instrument.
        Deregister = "DEREGISTER",
        /// Check that an instrument can be used, without taking money.
        Verify = "VERIFY",
        /// Ask what became of one of our references.
        Lookup = "LOOKUP",
        /// Raise what an authorisation reserves.
        Increment = "INCREMENT",
    }
}

spelled! {
    /// Where a stored instrument's token may be used: the rule that an instrument is tied to its connector.
    pub enum TokenScope {
        /// Only by the connector account that stored it.
        Account = "ACCOUNT",
        /// By every account of the same processor.
        Processor = "PROCESSOR",
        /// Anywhere.
        Portable = "PORTABLE",
    }
}

spelled! {
    /// How the customer proves who they are.
    pub enum Authentication {
        /// Not at all.
        None = "NONE",
        /// In the browser, at an address of the processor or the issuer.
        Redirect = "REDIRECT",
        /// Inside the page of the merchant.
        Embedded = "EMBEDDED",
    }
}

spelled! {
    /// What a notification of the processor is worth.
    pub enum Notifications {
        /// Signed: its content is the processor's word.
        Signed = "SIGNED",
        /// Unsigned: a hint to look up, nothing more.
        HintOnly = "HINT_ONLY",
        /// There are none.
        None = "NONE",
    }
}

/// How a processor keeps a repeated request from moving money twice.
///
/// It decides what ends doubt, which is what an attempt is in whose outcome nobody knows. A look-up always
/// comes first; this is about a look-up that finds nothing.
///
/// | | what the janitor does while the payment is still wanted |
/// |---|---|
/// | `NATIVE`, inside `ttl` | sends the same request under the same key to the same connector |
/// | `NATIVE`, after `ttl` | waits until the horizon has passed since then; then it never happened |
/// | `OWN_REFERENCE` | sends the same request; a duplicate of our reference is refused, and then looked up |
/// | `NONE` | waits until the horizon has passed since it was sent; then it never happened |
///
/// A payment that is no longer wanted is never sent again: once the horizon has passed, it never happened. The
/// horizon is [`Capabilities::in_flight_horizon`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Idempotency {
    /// It honours an idempotency key; the plugin must send it.
    Native {
        /// How long a key is remembered.
        #[serde(with = "wire::seconds")]
        ttl: Duration,
    },
    /// It rejects a second use of our reference; the plugin must send that.
    OwnReference,
    /// Nothing helps: after an unknown effect the host never repeats.
    None,
}

/// What can be done about captures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CaptureCapability {
    /// Less than the authorised amount can be captured.
    pub partial: bool,
    /// An authorisation can be captured in several parts.
    pub multiple: bool,
}

/// What can be done about refunds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RefundCapability {
    /// Less than the captured amount can be refunded.
    pub partial: bool,
    /// A capture can be refunded in several parts.
    pub multiple: bool,
    /// How long after the capture a refund is possible; absent if there is no limit.
    #[serde(default, with = "wire::seconds_option")]
    pub window: Option<Duration>,
}

/// What a connector can do with one kind of instrument.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MethodCapability {
    /// The kind of instrument.
    pub method: Method,
    /// The operations that are possible. `Authorize` stands for manual and `Sale` for automatic capture.
    pub operations: BTreeSet<OperationKind>,
    /// The currencies that are accepted; empty means all.
    pub currencies: Vec<Currency>,
    /// The customer's countries that are accepted; empty means all.
    pub countries: Vec<Country>,
    /// What can be captured.
    pub capture: CaptureCapability,
    /// What can be refunded.
    pub refund: RefundCapability,
    /// How the customer is authenticated when the issuer asks for it.
    pub authentication: Authentication,
    /// Where a token stored for this kind of instrument may be used.
    pub token_scope: TokenScope,
}

impl MethodCapability {
    /// Whether `operation` is possible.
    #[must_use]
    pub fn supports(&self, operation: OperationKind) -> bool {
        self.operations.contains(&operation)
    }

    /// Whether money can be taken this way.
    #[must_use]
    pub fn supports_capture(&self, capture: CaptureMethod) -> bool {
        self.supports(capture.operation())
    }

    /// Whether `currency` is accepted.
    #[must_use]
    pub fn accepts_currency(&self, currency: Currency) -> bool {
        self.currencies.is_empty() || self.currencies.contains(&currency)
    }

    /// Whether a customer of `country` is accepted.
    #[must_use]
    pub fn accepts_country(&self, country: Country) -> bool {
        self.countries.is_empty() || self.countries.contains(&country)
    }
}

/// What a configured connector can do; fixed for the connector's life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capabilities {
    /// The processor behind the connector. Accounts of one processor share its `Processor` tokens.
    pub processor: String,
    /// One entry per kind of instrument.
    pub methods: Vec<MethodCapability>,
    /// What protects a repeated request.
    pub idempotency: Idempotency,
    /// What notifications are worth.
    pub notifications: Notifications,
    /// Whether less than the asked amount may be approved, when [`crate::Authorize::accepts_partial`] says so.
    #[serde(default)]
    pub partial_authorization: bool,
    /// How long after it was sent a request may still arrive and be booked. A look-up that finds nothing proves
    /// that nothing happened only after this; before, the request may be under way. In whole seconds.
    #[serde(default = "in_flight_horizon", with = "wire::seconds")]
    pub in_flight_horizon: Duration,
}

/// A day: what a writer that says nothing is taken to mean, since too long only costs patience.
const fn in_flight_horizon() -> Duration {
    Duration::from_secs(24 * 60 * 60)
}

impl Capabilities {
    /// The entry of one kind of instrument.
    #[must_use]
    pub fn method(&self, method: Method) -> Option<&MethodCapability> {
        self.methods.iter().find(|capability| capability.method == method)
    }

    /// Whether `operation` is possible with any kind of instrument.
    #[must_use]
    pub fn supports(&self, operation: OperationKind) -> bool {
        self.methods.iter().any(|capability| capability.supports(operation))
    }
}
