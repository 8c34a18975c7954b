//! The test instruments and the test amounts: what each of them makes the processor do.
//!
//! Names and numbers mean what they mean at Stripe where Stripe has the same case, so that nobody
//! has to learn a second list.

use purser_connector::{
    BankTransferDetails, CardDetails, DisputeStatus, Funding, IbanDetails, InstrumentDetails,
    MealVoucherDetails, MobileMoneyDetails, WalletDetails,
};

use crate::books::Misstatement;
use crate::response::DECLINES;

/// What using an instrument or an amount makes the processor do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behaviour {
    /// Approve.
    Approve,
    /// Decline with this code, always.
    Decline(&'static str),
    /// Can be stored and verified, but every payment is declined with this code.
    DeclineWhenCharged(&'static str),
    /// Send the customer to a challenge; what they answer decides.
    Challenge,
    /// Answer "pending"; the first look-up finds it done.
    DelayedSuccess,
    /// Answer "pending"; the first look-up finds it declined with this code.
    DelayedDecline(&'static str),
    /// Book it, then cut the connection before the answer.
    CutAfterBooking,
    /// Cut the connection and book nothing.
    CutBeforeBooking,
    /// Book it, then answer later than any deadline.
    SlowAfterBooking,
    /// Book it, then answer `500`.
    ErrorAfterBooking,
    /// Book nothing, answer `503`.
    Unavailable,
    /// Book nothing, answer `429` and ask for ten seconds.
    RateLimited,
    /// Ask for a code that was sent to the customer; [`CODE`] is right.
    Otp,
    /// Show a code to scan with another device.
    Qr,
    /// Send the customer to a challenge that is over at once.
    ExpiredChallenge,
    /// Decline with this code, and approve after all.
    LateSuccess(&'static str),
    /// Approve half, if that is welcome.
    PartialApproval,
    /// Approve; then the customer disputes it, and the dispute ends like this if at all.
    Disputed(Option<DisputeStatus>),
    /// Approve, and say something wrong about it.
    Misstated(Misstatement),
    /// Decline with this code above an amount in units of the currency, not of its minor unit.
    DeclineAbove(i64, &'static str),
}

/// The code that the customer is sent.
pub const CODE: &str = "123456";

impl Behaviour {
    /// What happens, for the documentation.
    #[must_use]
    pub fn describe(self) -> String {
        match self {
            Self::Approve => "approved".to_owned(),
            Self::Decline(code) => format!("declined, `{code}`"),
            Self::DeclineWhenCharged(code) => format!("can be stored; every payment declined, `{code}`"),
            Self::Challenge => "challenge: redirect, then `resume` decides".to_owned(),
            Self::DelayedSuccess => "pending; the next look-up or notification says done".to_owned(),
            Self::DelayedDecline(code) => {
                format!("pending; the next look-up or notification says declined, `{code}`")
            }
            Self::CutAfterBooking => "booked, then the connection is cut: outcome unknown".to_owned(),
            Self::CutBeforeBooking => "connection cut, nothing booked: outcome unknown".to_owned(),
            Self::SlowAfterBooking => "booked, but no answer in time: outcome unknown".to_owned(),
            Self::ErrorAfterBooking => "booked, then answered with 500: outcome unknown".to_owned(),
            Self::Unavailable => "answered with 503, nothing booked: outcome unknown".to_owned(),
            Self::RateLimited => "refused with 429 for ten seconds, nothing booked".to_owned(),
            Self::Otp => format!("asks for a code; `{CODE}` is right, the third wrong one declines"),
            Self::Qr => "shows a QR code; the next look-up or notification finds it scanned".to_owned(),
            Self::ExpiredChallenge => "challenge that is over at once: expired".to_owned(),
            Self::LateSuccess(code) => {
                format!("declined, `{code}`; the next look-up or notification says approved")
            }
            Self::PartialApproval => {
                "half is approved if that is welcome, else declined, `insufficient_funds`".to_owned()
            }
            Self::Disputed(None) => "approved, then disputed (chargeback)".to_owned(),
            Self::Disputed(Some(status)) => format!("approved, then disputed, then `{status}`"),
            Self::Misstated(Misstatement::Amount) => {
                "approved, but the answer says one minor unit more".to_owned()
            }
            Self::Misstated(Misstatement::Currency) => {
                "approved, but the answer says another currency".to_owned()
            }
            Self::Misstated(Misstatement::Reference) => {
                "approved, but the answer is about another reference".to_owned()
            }
            Self::DeclineAbove(units, code) => {
                format!("approved up to {units} units of the currency, declined above, `{code}`")
            }
        }
    }
}

/// One instrument that the sandbox knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TestInstrument {
    /// The one-off token that stands for it.
    pub token: &'static str,
    /// The number that one would type: a card number or an IBAN; empty if there is none.
    pub number: &'static str,
    /// What it is, for people.
    pub title: &'static str,
    /// What it does.
    pub behaviour: Behaviour,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Brand, funding, holder; expires 09/2029 as the documentation's example does.
    Card(&'static str, Funding, &'static str),
    Iban,
    Wallet(&'static str),
    MobileMoney(&'static str),
    MealVoucher(&'static str),
    BankTransfer,
}

impl TestInstrument {
    /// What may be shown of it.
    #[must_use]
    pub fn details(&self) -> InstrumentDetails {
        match self.kind {
            Kind::Card(brand, funding, holder) => InstrumentDetails::Card(CardDetails {
                brand: brand.to_owned(),
                holder: Some(holder.to_owned()),
                bin6: self.number.get(..6).map(str::to_owned),
                last4: self.number.get(self.number.len().saturating_sub(4)..).unwrap_or_default().to_owned(),
                exp_month: 9,
                exp_year: 2029,
                funding: Some(funding),
                issuer_country: "US".parse().ok(),
            }),
            Kind::Iban => InstrumentDetails::Iban(IbanDetails {
                iban_masked: "DE89 **** 3000".to_owned(),
                bic: Some("COBADEFFXXX".to_owned()),
                mandate_id: Some("SANDBOX-MANDATE-1".to_owned()),
                holder: Some(CUSTOMER.to_owned()),
            }),
            Kind::Wallet(wallet_type) => InstrumentDetails::Wallet(WalletDetails {
                wallet_type: wallet_type.to_owned(),
                reference_id: Some("B-5YH12345AB678901C".to_owned()),
                owner_masked: Some("a***@example.com".to_owned()),
            }),
            Kind::MobileMoney(network) => InstrumentDetails::MobileMoney(MobileMoneyDetails {
                network: network.to_owned(),
                phone_masked: "+233 ** *** 4567".to_owned(),
            }),
            Kind::MealVoucher(gateway) => {
                InstrumentDetails::MealVoucher(MealVoucherDetails { gateway: gateway.to_owned() })
            }
            Kind::BankTransfer => InstrumentDetails::BankTransfer(BankTransferDetails {
                bank_name: Some("Sandbox Bank".to_owned()),
                transfer_reference: Some("RF18539007547034".to_owned()),
            }),
        }
    }
}

const CUSTOMER: &str = "Test Customer";
const VISA: Kind = Kind::Card("visa", Funding::Credit, CUSTOMER);

const fn card(
    token: &'static str,
    number: &'static str,
    title: &'static str,
    behaviour: Behaviour,
) -> TestInstrument {
    TestInstrument { token, number, title, behaviour, kind: VISA }
}

const fn other(token: &'static str, number: &'static str, title: &'static str, kind: Kind) -> TestInstrument {
    TestInstrument { token, number, title, behaviour: Behaviour::Approve, kind }
}

/// Every test instrument.
#[rustfmt::skip]
pub const INSTRUMENTS: &[TestInstrument] = &[
    card("tok_visa", "4242424242424242", "Visa", Behaviour::Approve),
    other("tok_visa_alex", "4111111111111111", "Visa of Alex Smith, 09/2029", Kind::Card("visa", Funding::Credit, "Alex Smith")),
    other("tok_visa_debit", "4000056655665556", "Visa, debit", Kind::Card("visa", Funding::Debit, CUSTOMER)),
    other("tok_mastercard", "5555555555554444", "Mastercard", Kind::Card("mastercard", Funding::Credit, CUSTOMER)),
    other("tok_amex", "378282246310005", "American Express", Kind::Card("amex", Funding::Charge, CUSTOMER)),
    card("tok_chargeDeclined", "4000000000000002", "declined", Behaviour::Decline("card_declined")),
    card("tok_chargeDeclinedInsufficientFunds", "4000000000009995", "not enough money", Behaviour::Decline("insufficient_funds")),
    card("tok_chargeDeclinedLostCard", "4000000000009987", "reported lost", Behaviour::Decline("lost_card")),
    card("tok_chargeDeclinedStolenCard", "4000000000009979", "reported stolen", Behaviour::Decline("stolen_card")),
    card("tok_chargeDeclinedExpiredCard", "4000000000000069", "expired", Behaviour::Decline("expired_card")),
    card("tok_chargeDeclinedIncorrectCvc", "4000000000000127", "wrong security code", Behaviour::Decline("incorrect_cvc")),
    card("tok_chargeDeclinedProcessingError", "4000000000000119", "error behind the processor", Behaviour::Decline("processing_error")),
    card("tok_chargeDeclinedFraudulent", "4100000000000019", "blocked by risk rules", Behaviour::Decline("fraudulent")),
    card("tok_threeDSecureRequired", "4000000000003220", "3-D Secure challenge", Behaviour::Challenge),
    card("tok_threeDSecureOptional", "4000000000003055", "3-D Secure without friction", Behaviour::Approve),
    card("tok_chargeCustomerFail", "4000000000000341", "attaches, then declines", Behaviour::DeclineWhenCharged("card_declined")),
    card("tok_unknownOutcome", "4000000000007700", "answer lost", Behaviour::CutAfterBooking),
    card("tok_slowAnswer", "4000000000007718", "answer too late", Behaviour::SlowAfterBooking),
    card("tok_delayedSuccess", "4000000000007726", "done later", Behaviour::DelayedSuccess),
    card("tok_delayedDecline", "4000000000007734", "declined later", Behaviour::DelayedDecline("do_not_honor")),
    card("tok_lateSuccess", "4000000000007742", "declined, approved after all", Behaviour::LateSuccess("do_not_honor")),
    card("tok_otp", "4000000000003238", "code by text message", Behaviour::Otp),
    card("tok_qr", "4000000000003246", "code to scan", Behaviour::Qr),
    card("tok_expires", "4000000000003253", "3-D Secure challenge that is over", Behaviour::ExpiredChallenge),
    card("tok_partialApproval", "4000000000007759", "half of the money is there", Behaviour::PartialApproval),
    card("tok_insufficientFundsAbove10", "4000000000007767", "10 units of the currency are there", Behaviour::DeclineAbove(10, "insufficient_funds")),
    card("tok_createDispute", "4000000000000259", "disputed", Behaviour::Disputed(None)),
    card("tok_disputeWon", "4000000000007809", "disputed in vain", Behaviour::Disputed(Some(DisputeStatus::Won))),
    card("tok_disputeLost", "4000000000007817", "disputed with success", Behaviour::Disputed(Some(DisputeStatus::Lost))),
    card("tok_wrongAmount", "4000000000007775", "wrong amount in the answer", Behaviour::Misstated(Misstatement::Amount)),
    card("tok_wrongCurrency", "4000000000007783", "wrong currency in the answer", Behaviour::Misstated(Misstatement::Currency)),
    card("tok_wrongReference", "4000000000007791", "wrong reference in the answer", Behaviour::Misstated(Misstatement::Reference)),
    other("tok_iban_de", "DE89370400440532013000", "German direct debit", Kind::Iban),
    other("tok_paypal", "", "PayPal", Kind::Wallet("paypal")),
    other("tok_momo_mtn", "", "MTN mobile money", Kind::MobileMoney("momo_mtn")),
    other("tok_mealvoucher_edenred", "", "Edenred meal voucher", Kind::MealVoucher("edenred")),
    TestInstrument { token: "tok_bank_transfer", number: "", title: "bank transfer", behaviour: Behaviour::DelayedSuccess, kind: Kind::BankTransfer },
];

/// An amount that makes an otherwise approved payment end in another way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TestAmount {
    /// The amount in minor units of whatever currency.
    pub minor: i64,
    /// What it does.
    pub behaviour: Behaviour,
}

/// Every test amount of payments and payouts.
pub const AMOUNTS: &[TestAmount] = &[
    TestAmount { minor: 6604, behaviour: Behaviour::Decline("pickup_card") },
    TestAmount { minor: 6605, behaviour: Behaviour::Decline("do_not_honor") },
    TestAmount { minor: 6651, behaviour: Behaviour::Decline("insufficient_funds") },
    TestAmount { minor: 6659, behaviour: Behaviour::Decline("fraudulent") },
    TestAmount { minor: 6661, behaviour: Behaviour::Decline("limit_exceeded") },
    TestAmount { minor: 6691, behaviour: Behaviour::Decline("issuer_unavailable") },
    TestAmount { minor: 6699, behaviour: Behaviour::Decline("code_from_the_future") },
    TestAmount { minor: 7700, behaviour: Behaviour::CutAfterBooking },
    TestAmount { minor: 7701, behaviour: Behaviour::SlowAfterBooking },
    TestAmount { minor: 7702, behaviour: Behaviour::DelayedSuccess },
    TestAmount { minor: 7703, behaviour: Behaviour::DelayedDecline("do_not_honor") },
    TestAmount { minor: 7704, behaviour: Behaviour::CutBeforeBooking },
    TestAmount { minor: 7705, behaviour: Behaviour::ErrorAfterBooking },
    TestAmount { minor: 7706, behaviour: Behaviour::RateLimited },
    TestAmount { minor: 7707, behaviour: Behaviour::Unavailable },
    TestAmount { minor: 7708, behaviour: Behaviour::LateSuccess("do_not_honor") },
    TestAmount { minor: 7709, behaviour: Behaviour::Misstated(Misstatement::Amount) },
];

/// Every test amount of captures and refunds.
pub const FOLLOW_UP_AMOUNTS: &[TestAmount] = &[
    TestAmount { minor: 8800, behaviour: Behaviour::CutAfterBooking },
    TestAmount { minor: 8801, behaviour: Behaviour::Decline("refund_refused") },
    TestAmount { minor: 8802, behaviour: Behaviour::DelayedSuccess },
    TestAmount { minor: 8803, behaviour: Behaviour::DelayedDecline("refund_refused") },
    TestAmount { minor: 8804, behaviour: Behaviour::CutBeforeBooking },
    TestAmount { minor: 8805, behaviour: Behaviour::ErrorAfterBooking },
    TestAmount { minor: 8806, behaviour: Behaviour::SlowAfterBooking },
];

/// What amounts do to voids of them, in minor units of any currency.
pub const VOID_AMOUNTS: &[TestAmount] = &[
    TestAmount { minor: 8900, behaviour: Behaviour::CutAfterBooking },
    TestAmount { minor: 8901, behaviour: Behaviour::Decline("void_refused") },
    TestAmount { minor: 8902, behaviour: Behaviour::DelayedSuccess },
    TestAmount { minor: 8904, behaviour: Behaviour::CutBeforeBooking },
];

/// The instrument that a one-off token stands for.
#[must_use]
pub(crate) fn find(token: &str) -> Option<&'static TestInstrument> {
    INSTRUMENTS.iter().find(|instrument| instrument.token == token)
}

/// What an amount does, out of one of the tables.
pub(crate) fn of_amount(table: &[TestAmount], minor: i64) -> Behaviour {
    let found = table.iter().find(|amount| amount.minor == minor);
    found.map_or(Behaviour::Approve, |amount| amount.behaviour)
}

/// The tables as Markdown, for `docs/connectors/sandbox.md`; a test holds the two together.
#[must_use]
pub fn markdown() -> String {
    let mut text = "| token | number | what it is | what happens |\n|---|---|---|---|\n".to_owned();
    for TestInstrument { token, number, title, behaviour, .. } in INSTRUMENTS {
        let happens = behaviour.describe();
        text.push_str(&format!("| `{token}` | {number} | {title} | {happens} |\n"));
    }
    for (title, table) in [
        ("payments and payouts", AMOUNTS),
        ("captures, increments and refunds", FOLLOW_UP_AMOUNTS),
        ("voids", VOID_AMOUNTS),
    ] {
        text.push_str(&format!("\n| minor units, {title} | what happens |\n|---|---|\n"));
        for TestAmount { minor, behaviour } in table {
            text.push_str(&format!("| {minor} | {} |\n", behaviour.describe()));
        }
    }
    text.push_str("\n| the processor says | purser says | advice |\n|---|---|---|\n");
    for (raw_code, code, advice) in DECLINES {
        text.push_str(&format!("| `{raw_code}` | `{code}` | `{advice}` |\n"));
    }
    text
}
