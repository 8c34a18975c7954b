//! Instruments as connectors speak of them: a token to use, and data to show.

use std::fmt;

use purser_types::{Country, Secret};
use serde::{Deserialize, Serialize};

use crate::capability::{Method, TokenScope};
use purser_types::spelled;

spelled! {
    /// How a card is funded.
    pub enum Funding {
        /// By credit.
        Credit = "CREDIT",
        /// From a bank account, at once.
        Debit = "DEBIT",
        /// From money paid in before.
        Prepaid = "PREPAID",
        /// By credit that is settled in full each month.
        Charge = "CHARGE",
    }
}

/// What may be shown of an instrument, by its kind. Never enough to pay with.
///
/// The database keeps it as JSON with a `type` field: `{"type": "CARD", "brand": "visa", …}`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum InstrumentDetails {
    /// A payment card.
    Card(CardDetails),
    /// A bank account for direct debit.
    Iban(IbanDetails),
    /// A wallet.
    Wallet(WalletDetails),
    /// Money kept by a telephone network.
    MobileMoney(MobileMoneyDetails),
    /// A meal voucher.
    MealVoucher(MealVoucherDetails),
    /// A transfer that the customer starts.
    BankTransfer(BankTransferDetails),
    /// Anything else.
    Other(OtherDetails),
}

/// What may be shown of a card.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardDetails {
    /// The network in lower case: `visa`, `mastercard`, `amex`.
    pub brand: String,
    /// The name on the card.
    pub holder: Option<String>,
    /// The first six digits (IXOPAY: `firstSixDigits`).
    pub bin6: Option<String>,
    /// The last four digits.
    pub last4: String,
    /// The month after whose end the card expires, 1 to 12.
    pub exp_month: u8,
    /// The year of expiry, four digits.
    pub exp_year: u16,
    /// How the card is funded, if known.
    pub funding: Option<Funding>,
    /// Where the card was issued, if known.
    pub issuer_country: Option<Country>,
}

/// What may be shown of a bank account.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IbanDetails {
    /// The IBAN without its middle: `DE89 **** 3000`.
    pub iban_masked: String,
    /// The bank's BIC, if known.
    pub bic: Option<String>,
    /// The SEPA mandate under which debits run.
    pub mandate_id: Option<String>,
    /// The account's holder.
    pub holder: Option<String>,
}

/// What may be shown of a wallet.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WalletDetails {
    /// Which wallet, in lower case: `paypal`. It is also the method name.
    pub wallet_type: String,
    /// The wallet's own name for the agreement.
    pub reference_id: Option<String>,
    /// The owner without the middle: `a***@example.com`.
    pub owner_masked: Option<String>,
}

/// What may be shown of mobile money.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MobileMoneyDetails {
    /// The network, in lower case: `momo_mtn`. It is also the method name.
    pub network: String,
    /// The telephone number without its middle.
    pub phone_masked: String,
}

/// What may be shown of a meal voucher.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MealVoucherDetails {
    /// The issuer, in lower case: `edenred`. It is also the method name.
    pub gateway: String,
}

/// What may be shown of a bank transfer.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BankTransferDetails {
    /// The receiving bank, if known.
    pub bank_name: Option<String>,
    /// What the customer writes on the transfer, if known.
    pub transfer_reference: Option<String>,
}

/// What may be shown of any other instrument.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OtherDetails {
    /// The connector's name for it, in lower case. It is also the method name.
    pub label: String,
}

impl InstrumentDetails {
    /// The kind of the instrument.
    #[must_use]
    pub fn method(&self) -> Method {
        match self {
            Self::Card(_) => Method::Card,
            Self::Iban(_) => Method::Iban,
            Self::Wallet(_) => Method::Wallet,
            Self::MobileMoney(_) => Method::MobileMoney,
            Self::MealVoucher(_) => Method::MealVoucher,
            Self::BankTransfer(_) => Method::BankTransfer,
            Self::Other(_) => Method::Other,
        }
    }

    /// The method's name as clients know it: `card`, `iban`, `paypal`, `momo_mtn`, `edenred`.
    #[must_use]
    pub fn method_name(&self) -> &str {
        match self {
            Self::Card(_) => "card",
            Self::Iban(_) => "iban",
            Self::Wallet(wallet) => &wallet.wallet_type,
            Self::MobileMoney(money) => &money.network,
            Self::MealVoucher(voucher) => &voucher.gateway,
            Self::BankTransfer(_) => "bank_transfer",
            Self::Other(other) => &other.label,
        }
    }
}

/// Shows the kind only: holders, numbers and owners are personal data.
impl fmt::Debug for InstrumentDetails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InstrumentDetails({})", self.method())
    }
}

/// An instrument that the processor keeps for us.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredInstrument {
    /// The processor's reusable token. Whoever keeps it seals it.
    pub token: Secret,
    /// What may be shown.
    pub details: InstrumentDetails,
    /// Where the token may be used.
    pub scope: TokenScope,
    /// What is the same for the same underlying instrument at this processor (a card's fingerprint,
    /// an IBAN), for finding duplicates; only its keyed hash is ever kept.
    pub fingerprint_basis: Option<Secret>,
}
