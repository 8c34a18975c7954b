//! Scalars with the community's names, each with the document that specifies its text.
//!
//! A scalar that cannot be right is refused before anything runs. E-mail addresses and telephone
//! numbers are the exception: what they may be is a rule of the domain, answered as a user error with
//! the field's path.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use purser_types::{Country, Currency, Timestamp};
use serde_json::Map;

/// No text of any scalar is longer; what is has not been meant.
const TEXT_LENGTH_MAX: usize = 2_048;

/// An instant of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DateTime(pub(crate) Timestamp);

/// A calendar date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Date(pub(crate) purser_types::Date);

/// The text of an e-mail address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EmailAddress(pub(crate) String);

/// The text of a telephone number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PhoneNumber(pub(crate) String);

/// A country.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CountryCode(pub(crate) Country);

/// A currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CurrencyCode(pub(crate) Currency);

/// The text of a decimal number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Decimal(pub(crate) String);

/// A whole number of 64 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BigInt(pub(crate) i64);

/// A JSON object.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct JsonObject(pub(crate) Map<String, serde_json::Value>);

/// The text of an address on the web.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Url(pub(crate) String);

/// The text of a language tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Locale(pub(crate) String);

/// Codes that were withdrawn when their country took other money. Old payments are shown in them; nothing new is
/// paid in them.
const WITHDRAWN: [&str; 5] = ["BGN", "CUC", "HRK", "SLL", "ZWL"];

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) if text.len() <= TEXT_LENGTH_MAX => Some(text),
        _ => None,
    }
}

/// Reads a scalar from its text; the message says what it should have been and never echoes it.
fn read<S: ScalarType + async_graphql::InputType, T>(
    value: &Value,
    parse: impl FnOnce(&str) -> Option<T>,
    expected: &str,
) -> Result<T, InputValueError<S>> {
    text(value).and_then(parse).ok_or_else(|| InputValueError::custom(format_args!("Expected {expected}.")))
}

/// An instant in RFC 3339 with its offset, such as `2029-09-05T10:11:43Z`. Answers are in UTC.
#[Scalar(specified_by_url = "https://scalars.graphql.org/andimarek/date-time.html")]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        read(&value, |text| text.parse().ok().map(Self), "a time such as 2029-09-05T10:11:43Z")
    }

    fn is_valid(value: &Value) -> bool {
        Self::parse(value.clone()).is_ok()
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// A calendar date without a time zone in ISO 8601, such as `1970-01-31`.
#[Scalar(specified_by_url = "https://scalars.graphql.org/andimarek/local-date.html")]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        read(&value, |text| text.parse().ok().map(Self), "a date such as 1970-01-31")
    }

    fn is_valid(value: &Value) -> bool {
        Self::parse(value.clone()).is_ok()
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// An e-mail address such as `ann@example.org`, at most 254 characters. The part before the `@` keeps
/// its case, the domain is lower case.
#[Scalar(specified_by_url = "https://www.rfc-editor.org/rfc/rfc5321#section-4.1.2")]
impl ScalarType for EmailAddress {
    fn parse(value: Value) -> InputValueResult<Self> {
        read(&value, |text| Some(Self(text.to_owned())), "an e-mail address")
    }

    fn is_valid(value: &Value) -> bool {
        text(value).is_some()
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

/// A telephone number in E.164, such as `+14155552671`. Inputs may have blanks, dashes and brackets.
#[Scalar(specified_by_url = "https://www.itu.int/rec/T-REC-E.164")]
impl ScalarType for PhoneNumber {
    fn parse(value: Value) -> InputValueResult<Self> {
        read(&value, |text| Some(Self(text.to_owned())), "a telephone number")
    }

    fn is_valid(value: &Value) -> bool {
        text(value).is_some()
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

/// A country as its ISO 3166-1 alpha-2 code, upper case, such as `US`.
#[Scalar(specified_by_url = "https://www.iso.org/iso-3166-country-codes.html")]
impl ScalarType for CountryCode {
    fn parse(value: Value) -> InputValueResult<Self> {
        read(&value, |text| text.parse().ok().map(Self), "a country code of ISO 3166-1 alpha-2")
    }

    fn is_valid(value: &Value) -> bool {
        Self::parse(value.clone()).is_ok()
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// A currency as its ISO 4217 code, upper case, such as `EUR`. Withdrawn ones, such as `HRK`, are shown and not
/// taken.
#[Scalar(specified_by_url = "https://www.iso.org/iso-4217-currency-codes.html")]
impl ScalarType for CurrencyCode {
    fn parse(value: Value) -> InputValueResult<Self> {
        let parse =
            |text: &str| text.parse().ok().filter(|it: &Currency| !WITHDRAWN.contains(&it.code())).map(Self);
        read(&value, parse, "a currency code of ISO 4217")
    }

    fn is_valid(value: &Value) -> bool {
        Self::parse(value.clone()).is_ok()
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.code().to_owned())
    }
}

/// A decimal number as text, such as `"9.99"`: digits and at most one point; no exponent, no grouping.
/// It is text so that no client turns money into a float.
#[Scalar(specified_by_url = "https://www.w3.org/TR/xmlschema11-2/#decimal")]
impl ScalarType for Decimal {
    fn parse(value: Value) -> InputValueResult<Self> {
        read(&value, |text| Some(Self(text.to_owned())), "a decimal number as text, such as \"9.99\"")
    }

    fn is_valid(value: &Value) -> bool {
        text(value).is_some()
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

/// A whole number of 64 bits as text, such as `"999"`: JavaScript cannot count that far.
#[Scalar(specified_by_url = "https://www.w3.org/TR/xmlschema11-2/#integer")]
impl ScalarType for BigInt {
    fn parse(value: Value) -> InputValueResult<Self> {
        read(&value, |text| text.parse().ok().map(Self), "a whole number as text, such as \"999\"")
    }

    fn is_valid(value: &Value) -> bool {
        Self::parse(value.clone()).is_ok()
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// A JSON object: names and values of any kind, as the owner of the object wrote it.
#[Scalar(name = "JSONObject", specified_by_url = "https://www.rfc-editor.org/rfc/rfc8259#section-4")]
impl ScalarType for JsonObject {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value.into_json() {
            Ok(serde_json::Value::Object(object)) => Ok(Self(object)),
            _ => Err(InputValueError::custom("Expected a JSON object.")),
        }
    }

    fn is_valid(value: &Value) -> bool {
        matches!(value, Value::Object(_))
    }

    fn to_value(&self) -> Value {
        let object = serde_json::Value::Object(self.0.clone());
        // Every JSON object is a value of the graph; a name that is none would be shown as null.
        Value::from_json(object).unwrap_or_default()
    }
}

/// An absolute address such as `https://shop.example/thanks`.
#[Scalar(name = "URL", specified_by_url = "https://url.spec.whatwg.org/")]
impl ScalarType for Url {
    fn parse(value: Value) -> InputValueResult<Self> {
        let is_absolute = |text: &str| text.starts_with("https://") || text.starts_with("http://");
        let parse = |text: &str| is_absolute(text).then(|| Self(text.to_owned()));
        read(&value, parse, "an absolute http or https address")
    }

    fn is_valid(value: &Value) -> bool {
        Self::parse(value.clone()).is_ok()
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

/// A language and perhaps a region as a BCP 47 tag, such as `de-AT`.
#[Scalar(specified_by_url = "https://www.rfc-editor.org/info/bcp47")]
impl ScalarType for Locale {
    fn parse(value: Value) -> InputValueResult<Self> {
        read(&value, |text| Some(Self(text.to_owned())), "a language tag such as de-AT")
    }

    fn is_valid(value: &Value) -> bool {
        text(value).is_some()
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

/// The instant, unless it is the one that stands for never.
pub(crate) fn unless_never(instant: Timestamp) -> Option<DateTime> {
    (instant != Timestamp::NEVER).then_some(DateTime(instant))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_valid<S: ScalarType>(text: &str) -> bool {
        S::is_valid(&Value::from(text)) && S::parse(Value::from(text)).is_ok()
    }

    #[test]
    fn scalars_take_their_text_and_refuse_others() {
        assert!(is_valid::<DateTime>("2029-09-05T10:11:43+02:00") && !is_valid::<DateTime>("2029-09-05"));
        assert!(is_valid::<Date>("2029-09-05") && !is_valid::<Date>("2029-02-30"));
        assert!(is_valid::<CountryCode>("AT") && !is_valid::<CountryCode>("at"));
        assert!(is_valid::<CurrencyCode>("EUR") && !is_valid::<CurrencyCode>("XAU"));
        assert!(is_valid::<CurrencyCode>("SLE") && !is_valid::<CurrencyCode>("SLL"));
        assert!(is_valid::<BigInt>("-9223372036854775808") && !is_valid::<BigInt>("1.0"));
        assert!(is_valid::<Url>("https://a.example/b") && !is_valid::<Url>("javascript:alert(1)"));
        assert!(!is_valid::<EmailAddress>(&"a".repeat(TEXT_LENGTH_MAX + 1)));
        assert!(!Decimal::is_valid(&Value::from(9.99)) && !BigInt::is_valid(&Value::from(999)));
        assert!(!JsonObject::is_valid(&Value::from("{}")));
    }

    #[test]
    fn an_answer_is_the_text_that_an_input_would_be() {
        let instant: Timestamp = "2029-09-05T12:11:43+02:00".parse().expect("instant");
        assert_eq!(DateTime(instant).to_value(), Value::from("2029-09-05T10:11:43Z"));
        assert_eq!(BigInt(i64::MAX).to_value(), Value::from("9223372036854775807"));
        assert_eq!(unless_never(Timestamp::NEVER), None);
    }
}
