//! Money as the graph shows and takes it.

use async_graphql::{InputObject, Object};
use purser_types::{Currency, MoneyError};

use crate::error::{Code, ServiceError};
use crate::scalars::{BigInt, CurrencyCode, Decimal};

/// An amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Money(purser_types::Money);

impl Money {
    /// The amount of so many minor units; what the database keeps is never below zero.
    pub(crate) fn of(minor: i64, currency: Currency) -> Self {
        Self(purser_types::Money::try_new(minor, currency).unwrap_or(purser_types::Money::zero(currency)))
    }
}

impl From<purser_types::Money> for Money {
    fn from(money: purser_types::Money) -> Self {
        Self(money)
    }
}

/// An amount of money in one currency, never negative: the operation says which way it moves.
#[Object]
impl Money {
    /// The amount in major units with exactly the currency's decimals: `"9.99"` EUR, `"500"` JPY.
    async fn amount(&self) -> Decimal {
        Decimal(self.0.to_major())
    }

    /// The currency, ISO 4217.
    async fn currency(&self) -> CurrencyCode {
        CurrencyCode(self.0.currency())
    }

    /// The amount in the currency's smallest unit: `"999"` for 9.99 EUR.
    async fn minor_units(&self) -> BigInt {
        BigInt(self.0.minor())
    }
}

/// An amount of money in one currency.
#[derive(InputObject, Debug, Clone)]
pub(crate) struct MoneyInput {
    /// The amount in major units, such as `"9.99"`; not more decimals than the currency has, not negative.
    pub(crate) amount: Decimal,
    /// The currency, ISO 4217.
    pub(crate) currency: CurrencyCode,
}

impl MoneyInput {
    /// The amount, if it is one of the currency.
    ///
    /// # Errors
    /// `INVALID_AMOUNT` at `amount`.
    pub(crate) fn read(&self) -> Result<purser_types::Money, ServiceError> {
        self.read_at("amount")
    }

    /// The same of an amount under another name of its input.
    ///
    /// # Errors
    /// `INVALID_AMOUNT` at `field`.
    pub(crate) fn read_at(&self, field: &str) -> Result<purser_types::Money, ServiceError> {
        purser_types::Money::parse_major(&self.amount.0, self.currency.0)
            .map_err(|error| ServiceError::refused(Code::InvalidAmount, field, sentence(error)))
    }
}

/// What is wrong with an amount, without the amount.
fn sentence(error: MoneyError) -> &'static str {
    match error {
        MoneyError::Malformed => "The amount is not a decimal number such as 9.99.",
        MoneyError::Negative => "An amount is never negative.",
        MoneyError::TooPrecise => "The amount has more decimals than the currency.",
        MoneyError::TooLarge => "The amount is too large.",
        MoneyError::CurrencyMismatch => "The currency is another one.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(amount: &str, currency: &str) -> Result<i64, String> {
        let currency = CurrencyCode(currency.parse().expect("a currency"));
        let read = MoneyInput { amount: Decimal(amount.to_owned()), currency }.read();
        read.map(purser_types::Money::minor).map_err(|error| error.to_string())
    }

    #[test]
    fn an_amount_has_at_most_the_decimals_of_its_currency() {
        assert_eq!(check("9.99", "EUR"), Ok(999));
        assert_eq!(check("500", "JPY"), Ok(500));
        let refused = "refused: INVALID_AMOUNT: The amount has more decimals than the currency.";
        assert_eq!(check("9.999", "EUR"), Err(refused.to_owned()));
        assert_eq!(check("5.0", "JPY"), Err(refused.to_owned()));
        assert_eq!(check("1.2345", "KWD"), Err(refused.to_owned()));
    }

    #[test]
    fn an_amount_that_is_none_is_refused_without_an_echo() {
        for text in ["-1", "1e3", "NaN", "", "1,00"] {
            let told = check(text, "EUR").expect_err("refused");
            assert!(
                told.starts_with("refused: INVALID_AMOUNT: ") && (text.is_empty() || !told.contains(text))
            );
        }
    }
}
