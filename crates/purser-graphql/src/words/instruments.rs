//! Closed enums about instruments.

use async_graphql::Enum;

/// The kind of a payment instrument.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "purser_services::values::Method")]
pub(crate) enum InstrumentKind {
    /// A payment card.
    Card,
    /// A direct debit of a bank account.
    Iban,
    /// A wallet such as PayPal.
    Wallet,
    /// Money kept by a telephone network.
    MobileMoney,
    /// A meal voucher of an employer.
    MealVoucher,
    /// A transfer that the customer starts.
    BankTransfer,
    /// Anything else; the connector's label says what.
    Other,
}

/// Whether an instrument can pay.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "purser_domain::instrument::InstrumentStatus")]
pub(crate) enum InstrumentStatus {
    /// It can.
    Active,
    /// Its expiry date has passed.
    Expired,
    /// The customer or a merchant took it back.
    Revoked,
}

/// Who may see and use an instrument.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "purser_domain::instrument::Shareable")]
pub(crate) enum Shareable {
    /// Only the tenant that stored it.
    MerchantOnly,
    /// Every tenant that the container's grants admit.
    Container,
}

/// How a card is funded.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "purser_services::values::Funding")]
pub(crate) enum CardFunding {
    /// By credit.
    Credit,
    /// From a bank account, at once.
    Debit,
    /// From money paid in before.
    Prepaid,
    /// By credit that is settled in full each month.
    Charge,
}
