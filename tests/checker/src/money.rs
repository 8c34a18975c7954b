//! Amounts: minor units with their currency, and how the API wants them written.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// An amount in minor units.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Amount {
    pub(crate) minor: i64,
    pub(crate) currency: String,
}

/// The currencies that merchants use here, with their exponents: none, two and three decimals.
pub(crate) const CURRENCIES: [(&str, u32); 3] = [("EUR", 2), ("JPY", 0), ("KWD", 3)];

impl Amount {
    pub(crate) fn new(minor: i64, currency: &str) -> Self {
        Self { minor, currency: currency.to_owned() }
    }

    /// The same currency, another amount.
    pub(crate) fn with(&self, minor: i64) -> Self {
        Self { minor, currency: self.currency.clone() }
    }

    /// As `MoneyInput` of the API: major units as text.
    pub(crate) fn input(&self) -> Value {
        let known = CURRENCIES.iter().find(|(code, _)| *code == self.currency);
        let exponent = known.map_or(2, |(_, exponent)| *exponent);
        let unit = 10_i64.pow(exponent);
        let (whole, rest) = (self.minor / unit, self.minor % unit);
        let width = usize::try_from(exponent).unwrap_or(0);
        let text = if exponent == 0 { whole.to_string() } else { format!("{whole}.{rest:0width$}") };
        json!({ "amount": text, "currency": self.currency })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_with_the_decimals_of_their_currency() {
        let written = |minor, currency| Amount::new(minor, currency).input()["amount"].clone();

        assert_eq!(written(999, "EUR"), "9.99");
        assert_eq!(written(5, "EUR"), "0.05");
        assert_eq!(written(500, "JPY"), "500");
        assert_eq!(written(1_050, "KWD"), "1.050");
    }
}
