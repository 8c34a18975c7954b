//! What may be shown of an instrument, by its kind.

use async_graphql::{Context, Object, SimpleObject, Union};
use purser_domain::container::Permissions;
use purser_services::values::{self, InstrumentDetails as Details};

use crate::context::session;
use crate::error::{Nullable, nullable};
use crate::scalars::CountryCode;
use crate::security;
use crate::words::CardFunding;

/// What may be shown of an instrument, by its kind. Never enough to pay with.
#[derive(Union)]
pub(crate) enum InstrumentDetails {
    Card(CardDetails),
    Iban(IbanDetails),
    Wallet(WalletDetails),
    MobileMoney(MobileMoneyDetails),
    MealVoucher(MealVoucherDetails),
    BankTransfer(BankTransferDetails),
    Other(OtherDetails),
}

/// A card, and what the viewer may do in its container.
pub(crate) struct CardDetails(values::CardDetails, Permissions);

/// A bank account, and what the viewer may do in its container.
pub(crate) struct IbanDetails(values::IbanDetails, Permissions);

/// What may be shown of a wallet.
#[derive(SimpleObject)]
pub(crate) struct WalletDetails {
    /// Which wallet, in lower case: `paypal`.
    wallet_type: String,
    /// The wallet's own name for the agreement; null if the processor does not tell.
    reference_id: Option<String>,
    /// The owner without the middle: `a***@example.com`; null if the processor does not tell.
    owner_masked: Option<String>,
}

/// What may be shown of mobile money.
#[derive(SimpleObject)]
pub(crate) struct MobileMoneyDetails {
    /// The network, in lower case: `momo_mtn`.
    network: String,
    /// The telephone number without its middle.
    phone_masked: String,
}

/// What may be shown of a meal voucher.
#[derive(SimpleObject)]
pub(crate) struct MealVoucherDetails {
    /// The issuer, in lower case: `edenred`.
    gateway: String,
}

/// What may be shown of a bank transfer.
#[derive(SimpleObject)]
pub(crate) struct BankTransferDetails {
    /// The receiving bank; null if it is not known.
    bank_name: Option<String>,
    /// What the customer writes on the transfer; null if it is not known.
    transfer_reference: Option<String>,
}

/// What may be shown of any other instrument.
#[derive(SimpleObject)]
pub(crate) struct OtherDetails {
    /// The connector's name for it, in lower case.
    label: String,
}

impl InstrumentDetails {
    pub(crate) fn new(details: &Details, permissions: Permissions) -> Self {
        match details.clone() {
            Details::Card(card) => Self::Card(CardDetails(card, permissions)),
            Details::Iban(iban) => Self::Iban(IbanDetails(iban, permissions)),
            Details::Wallet(wallet) => Self::Wallet(WalletDetails {
                wallet_type: wallet.wallet_type,
                reference_id: wallet.reference_id,
                owner_masked: wallet.owner_masked,
            }),
            Details::MobileMoney(money) => Self::MobileMoney(MobileMoneyDetails {
                network: money.network,
                phone_masked: money.phone_masked,
            }),
            Details::MealVoucher(voucher) => {
                Self::MealVoucher(MealVoucherDetails { gateway: voucher.gateway })
            }
            Details::BankTransfer(transfer) => Self::BankTransfer(BankTransferDetails {
                bank_name: transfer.bank_name,
                transfer_reference: transfer.transfer_reference,
            }),
            Details::Other(other) => Self::Other(OtherDetails { label: other.label }),
        }
    }
}

/// The holder's name, if the table and the viewer's grant let it be seen.
fn holder<'a>(
    gql: &Context<'_>,
    permissions: Permissions,
    subject: &str,
    holder: Option<&'a str>,
) -> Nullable<&'a str> {
    let viewer = session(gql).map(|session| session.ctx().viewer());
    let is_shown = viewer.map(|viewer| security::may_in(viewer, permissions, subject));
    nullable(is_shown.map(|is_shown| holder.filter(|_| is_shown)))
}

/// What may be shown of a payment card.
#[Object]
impl CardDetails {
    /// The network in lower case: `visa`, `mastercard`, `amex`.
    async fn brand(&self) -> &str {
        &self.0.brand
    }

    /// The name on the card; null if not told. Needs `profiles:pii` and `READ_PII` in the container, null
    /// without.
    async fn holder(&self, gql: &Context<'_>) -> Nullable<&str> {
        holder(gql, self.1, "CardDetails.holder", self.0.holder.as_deref())
    }

    /// The first six digits; null if the processor does not tell.
    async fn first_six_digits(&self) -> Option<&str> {
        self.0.bin6.as_deref()
    }

    /// The last four digits.
    async fn last_four_digits(&self) -> &str {
        &self.0.last4
    }

    /// The month after whose end the card expires, 1 to 12.
    async fn expiry_month(&self) -> i32 {
        self.0.exp_month.into()
    }

    /// The year of expiry, four digits.
    async fn expiry_year(&self) -> i32 {
        self.0.exp_year.into()
    }

    /// How the card is funded; null if it is not known.
    async fn funding(&self) -> Option<CardFunding> {
        self.0.funding.map(CardFunding::from)
    }

    /// Where the card was issued, ISO 3166-1 alpha-2; null if it is not known.
    async fn issuer_country(&self) -> Option<CountryCode> {
        self.0.issuer_country.map(CountryCode)
    }
}

/// What may be shown of a bank account for direct debit.
#[Object]
impl IbanDetails {
    /// The IBAN without its middle: `DE89 **** 3000`.
    async fn iban_masked(&self) -> &str {
        &self.0.iban_masked
    }

    /// The bank's BIC; null if it is not known.
    async fn bic(&self) -> Option<&str> {
        self.0.bic.as_deref()
    }

    /// The SEPA mandate under which debits run; null if there is none yet.
    async fn mandate_id(&self) -> Option<&str> {
        self.0.mandate_id.as_deref()
    }

    /// The account's holder; null if not told. Needs `profiles:pii` and `READ_PII` in the container, null
    /// without.
    async fn holder(&self, gql: &Context<'_>) -> Nullable<&str> {
        holder(gql, self.1, "IbanDetails.holder", self.0.holder.as_deref())
    }
}

/// One line to recognise an instrument by.
pub(crate) fn display_name(details: &Details) -> String {
    match details {
        Details::Card(card) => format!("{} •••• {}", capitalised(&card.brand), card.last4),
        Details::Iban(iban) => iban.iban_masked.clone(),
        Details::Wallet(wallet) => match &wallet.owner_masked {
            Some(owner) => format!("{} {owner}", capitalised(&wallet.wallet_type)),
            None => capitalised(&wallet.wallet_type),
        },
        Details::MobileMoney(money) => money.phone_masked.clone(),
        Details::MealVoucher(voucher) => capitalised(&voucher.gateway),
        Details::BankTransfer(transfer) => {
            transfer.bank_name.clone().unwrap_or_else(|| "Bank transfer".to_owned())
        }
        Details::Other(other) => capitalised(&other.label),
    }
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
