//! Closed enums about payments and attempts.

use async_graphql::Enum;

/// What a merchant asked for (IXOPAY: transaction type).
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "purser_domain::payment::PaymentKind")]
pub(crate) enum PaymentKind {
    /// Authorize and capture in one go.
    Debit,
    /// Authorize now, capture later.
    Preauthorize,
    /// Store an instrument without moving money.
    Register,
}

/// Where a payment stands.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "purser_domain::payment::PaymentStatus")]
pub(crate) enum PaymentStatus {
    /// Committed here; the processor was not asked yet.
    Created,
    /// The customer has yet to choose an instrument, for the first time or again.
    AwaitingInstrument,
    /// The funds did not suffice, and the customer may lower the amount.
    AwaitingAmount,
    /// The processor is being asked.
    Processing,
    /// The customer has to do something: see `nextAction`.
    RequiresAction,
    /// The processor answered that it will tell later, or its answer was lost.
    Pending,
    /// The amount is reserved.
    Authorized,
    /// A part of the amount is reserved, and the merchant accepts that.
    PartiallyAuthorized,
    /// A part is captured, the rest still reserved.
    PartiallyCaptured,
    /// Captured, or registered.
    Succeeded,
    /// A part of what was captured went back.
    PartiallyRefunded,
    /// All that was captured went back.
    Refunded,
    /// The customer disputes it at their bank, and nobody decided yet.
    Disputed,
    /// The bank took it back after a dispute.
    ChargedBack,
    /// The reservation was released without a capture.
    Reversed,
    /// Taken back before settlement.
    Voided,
    /// The customer changed their mind before it was paid.
    Canceled,
    /// Declined or failed for good.
    Failed,
    /// Nobody finished it in time.
    Expired,
}

/// Where a payment came from.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "purser_domain::payment::PaymentSource")]
pub(crate) enum PaymentSource {
    /// An API call.
    Api,
    /// A payment link.
    PaymentLink,
    /// A subscription's renewal.
    Subscription,
    /// An invoice.
    Invoice,
    /// Somebody at the dashboard.
    Dashboard,
    /// A hosted checkout page.
    Checkout,
}

/// How an attempt ended, if it did.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "purser_domain::payment::attempt::AttemptStatus")]
pub(crate) enum AttemptStatus {
    /// Committed; the processor is being asked or its answer was lost with the process.
    Started,
    /// The processor will tell later.
    Pending,
    /// The customer has to do something first.
    RequiresAction,
    /// The customer did it, and the processor is being told or is working on it.
    Resuming,
    /// Done.
    Succeeded,
    /// The processor said no.
    Declined,
    /// Nothing happened at the processor.
    Failed,
    /// The customer did not act in time, says the processor.
    Expired,
    /// Nobody knows what happened at the processor: never repeated, only looked up.
    Unknown,
}

/// Who started the payment, which decides whether the customer can be asked for anything.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "purser_services::values::Initiator")]
pub(crate) enum Initiator {
    /// The customer is present.
    Customer,
    /// The merchant, on an earlier agreement (recurring, unscheduled).
    Merchant,
}

/// Why the merchant starts a payment without the customer, under an earlier agreement.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "purser_services::values::MitReason")]
pub(crate) enum MitReason {
    /// On a schedule that was agreed on, for an amount that may vary: a subscription.
    Recurring,
    /// When something agreed on happens: an account is topped up.
    Unscheduled,
    /// A part of one purchase.
    Installment,
    /// Again, after a decline for lack of money.
    Resubmission,
    /// The customer did not come.
    NoShow,
    /// What was consumed and billed afterwards.
    Delayed,
}

/// Why a payment was declined, in one vocabulary for all processors.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "purser_services::values::DeclineCode")]
pub(crate) enum DeclineCode {
    /// Not enough money.
    InsufficientFunds,
    /// Declined without a better reason.
    CardDeclined,
    /// The issuer said no (ISO 8583 code 05).
    DoNotHonor,
    /// There is no such card.
    InvalidCard,
    /// The card has expired.
    ExpiredCard,
    /// The card was reported lost.
    Lost,
    /// The card was reported stolen.
    Stolen,
    /// The card is to be kept.
    Pickup,
    /// The issuer or the processor suspects fraud.
    FraudSuspected,
    /// A risk rule forbids it.
    RiskBlocked,
    /// The card cannot be used for this.
    UnsupportedCard,
    /// A security code is needed.
    CvcRequired,
    /// The security code is wrong.
    CvcMismatch,
    /// The customer failed to authenticate.
    ThreeDsFailed,
    /// The issuer wants the customer to authenticate.
    ScaRequired,
    /// A limit of amount or number is exceeded.
    LimitExceeded,
    /// The IBAN is wrong.
    InvalidIban,
    /// The BIC is wrong.
    InvalidBic,
    /// The account is closed.
    AccountClosed,
    /// The customer's data is wrong.
    InvalidCustomerData,
    /// The customer changed their mind.
    CustomerCanceled,
    /// Someone behind the processor did not answer, and nothing moved.
    Timeout,
    /// Someone behind the processor is out of order, and nothing moved.
    ProviderUnavailable,
    /// Someone behind the processor failed, and nothing moved.
    ProviderError,
    /// The processor takes it for a repetition.
    Duplicate,
    /// The processor's code is in none of our tables; its raw code says more.
    #[graphql(name = "UNKNOWN")]
    Unspecified,
}

/// What the one who was declined may do next.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "purser_services::values::Advice")]
pub(crate) enum DeclineAdvice {
    /// Nothing: do not try this instrument again, here or elsewhere.
    Never,
    /// The same again, but later.
    Later,
    /// The same at another connector.
    Elsewhere,
    /// The same after the customer authenticated.
    WithAuthentication,
    /// Ask the customer for another instrument.
    NewInstrument,
}
