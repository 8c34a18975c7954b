//! Money: minor units with a currency.

use std::fmt;

use serde::Serialize;

use crate::Currency;

/// An amount of money: a whole number of minor units of its currency, never negative.
///
/// The sign is carried by the operation (a refund is not a negative payment). Amounts fit an
/// `i64`, which is what the databases store.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize)]
pub struct Money {
    minor: i64,
    currency: Currency,
}

/// Why a text or a calculation is not an amount of money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// The text is not a plain decimal number such as `9.99`.
    #[error("not a decimal number such as 9.99")]
    Malformed,
    /// The amount is below zero.
    #[error("an amount is never negative")]
    Negative,
    /// The text has more decimals than the currency.
    #[error("more decimals than the currency has")]
    TooPrecise,
    /// The amount does not fit 63 bits of minor units.
    #[error("the amount is too large")]
    TooLarge,
    /// Two amounts of different currencies met.
    #[error("amounts of different currencies")]
    CurrencyMismatch,
}

impl Money {
    /// An amount from minor units.
    ///
    /// # Errors
    /// [`MoneyError::Negative`] below zero.
    pub fn try_new(minor: i64, currency: Currency) -> Result<Self, MoneyError> {
        if minor < 0 {
            return Err(MoneyError::Negative);
        }
        Ok(Self { minor, currency })
    }

    /// Nothing, in a currency.
    #[must_use]
    pub fn zero(currency: Currency) -> Self {
        Self { minor: 0, currency }
    }

    /// Reads a decimal text in major units, such as `9.99` EUR or `500` JPY.
    ///
    /// Digits with at most one point; no sign, exponent, blank or grouping. Fewer decimals than
    /// the currency has are filled with zeros, more are refused.
    ///
    /// # Errors
    /// [`MoneyError::Malformed`], [`MoneyError::Negative`], [`MoneyError::TooPrecise`] or
    /// [`MoneyError::TooLarge`].
    pub fn parse_major(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        if text.starts_with('-') {
            return Err(MoneyError::Negative);
        }
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let has_bare_point = text.contains('.') && fraction.is_empty();
        if whole.is_empty() || has_bare_point || !is_digits(whole) || !is_digits(fraction) {
            return Err(MoneyError::Malformed);
        }
        let exponent = usize::try_from(currency.exponent()).map_err(|_| MoneyError::TooLarge)?;
        if fraction.len() > exponent {
            return Err(MoneyError::TooPrecise);
        }
        let digits = format!("{whole}{fraction:0<exponent$}");
        let minor = digits.parse::<i64>().map_err(|_| MoneyError::TooLarge)?;
        Ok(Self { minor, currency })
    }

    /// The amount in minor units of [`Money::currency`].
    #[must_use]
    pub fn minor(self) -> i64 {
        self.minor
    }

    /// The currency of the amount.
    #[must_use]
    pub fn currency(self) -> Currency {
        self.currency
    }

    /// Whether the amount is zero.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.minor == 0
    }

    /// The sum, if both have one currency and it fits.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`] or [`MoneyError::TooLarge`].
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        let minor = self.minor.checked_add(other.minor_in(self.currency)?);
        minor.map(|minor| Self { minor, ..self }).ok_or(MoneyError::TooLarge)
    }

    /// The difference, if both have one currency and it is not below zero.
    ///
    /// # Errors
    /// [`MoneyError::CurrencyMismatch`] or [`MoneyError::Negative`].
    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        let minor = self.minor.checked_sub(other.minor_in(self.currency)?);
        minor.filter(|minor| *minor >= 0).map(|minor| Self { minor, ..self }).ok_or(MoneyError::Negative)
    }

    fn minor_in(self, currency: Currency) -> Result<i64, MoneyError> {
        if self.currency == currency { Ok(self.minor) } else { Err(MoneyError::CurrencyMismatch) }
    }

    /// The amount as a decimal text in major units with exactly the currency's decimals: `9.99`.
    #[must_use]
    pub fn to_major(self) -> String {
        let exponent = usize::try_from(self.currency.exponent()).unwrap_or(0);
        let mut digits = format!("{:0>width$}", self.minor, width = exponent.saturating_add(1));
        if exponent > 0 {
            digits.insert(digits.len().saturating_sub(exponent), '.');
        }
        digits
    }
}

impl fmt::Display for Money {
    /// For people and logs: `9.99 EUR`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.to_major(), self.currency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, code: &str, expected: Result<(i64, &str), MoneyError>) {
        let currency = code.parse().expect("known currency");
        let read = Money::parse_major(text, currency);
        assert_eq!(read.map(Money::minor), expected.map(|(minor, _)| minor), "{text} {code}");
        if let (Ok(money), Ok((_, printed))) = (read, expected) {
            assert_eq!(money.to_major(), printed, "{text} {code}");
        }
    }

    #[test]
    fn major_units_are_read_and_printed_exactly() {
        check("9.99", "EUR", Ok((999, "9.99")));
        check("9.9", "EUR", Ok((990, "9.90")));
        check("0", "EUR", Ok((0, "0.00")));
        check("0.05", "EUR", Ok((5, "0.05")));
        check("500", "JPY", Ok((500, "500")));
        check("1.234", "KWD", Ok((1234, "1.234")));
        check("0.0001", "CLF", Ok((1, "0.0001")));
        check("92233720368547758.07", "EUR", Ok((i64::MAX, "92233720368547758.07")));
    }

    #[test]
    fn what_is_not_an_amount_is_refused() {
        check("9.999", "EUR", Err(MoneyError::TooPrecise));
        check("1.0", "JPY", Err(MoneyError::TooPrecise));
        check("-1", "EUR", Err(MoneyError::Negative));
        check("92233720368547758.08", "EUR", Err(MoneyError::TooLarge));
        for malformed in ["", ".5", "5.", "1e2", "+1", " 1", "1,00", "1.2.3", "NaN", "٣", "0x10"] {
            check(malformed, "EUR", Err(MoneyError::Malformed));
        }
    }

    #[test]
    fn arithmetic_is_checked() {
        let eur = |minor| Money::try_new(minor, "EUR".parse().expect("EUR")).expect("amount");
        let usd = Money::zero("USD".parse().expect("USD"));
        assert_eq!(eur(5).checked_add(eur(7)), Ok(eur(12)));
        assert_eq!(eur(i64::MAX).checked_add(eur(1)), Err(MoneyError::TooLarge));
        assert_eq!(eur(5).checked_sub(eur(7)), Err(MoneyError::Negative));
        assert_eq!(eur(5).checked_add(usd), Err(MoneyError::CurrencyMismatch));
        assert_eq!(Money::try_new(-1, eur(0).currency()), Err(MoneyError::Negative));
    }
}
