//! The parameters of a GraphQL request, from a JSON body or from a query string.

use std::collections::HashSet;
use std::fmt;

use async_graphql::{Value, Variables};
use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::http::guard::{Fault, card, json};
use crate::http::refusal::Refusal;

/// Well-formed, but nothing in it is understood yet.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Parameters {
    pub(crate) query: String,
    pub(crate) operation_name: Option<String>,
    pub(crate) variables: Variables,
}

impl Parameters {
    /// Reads a body. The raw bytes are looked at before anything is built from them.
    pub(crate) fn from_body(body: &[u8]) -> Result<Self, Refusal> {
        if card::is_present(body) {
            return Err(Fault::CardNumber.into());
        }
        let text = json::check(body)?;
        let raw: Raw = serde_json::from_str(text).map_err(|error| Fault::Json(authored(&error)))?;
        raw.finish()
    }

    /// Reads the query string of a GET.
    pub(crate) fn from_query(query: &str) -> Result<Self, Refusal> {
        let mut raw = Raw::default();
        let mut seen = HashSet::new();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            if card::is_present(value.as_bytes()) {
                return Err(Fault::CardNumber.into());
            }
            if !seen.insert(name.to_string()) {
                return Err(Fault::Json("A parameter is given twice.").into());
            }
            match name.as_ref() {
                "query" => raw.query = Some(value.into_owned()),
                "operationName" => raw.operation_name = Some(value.into_owned()),
                "variables" => raw.variables = parse_object(&value)?,
                "extensions" => drop(parse_object(&value)?),
                _ => {}
            }
        }
        raw.finish()
    }
}

fn parse_object(text: &str) -> Result<Option<Variables>, Refusal> {
    if matches!(text.trim(), "" | "null") {
        return Ok(None);
    }
    let text = json::check(text.as_bytes())?;
    let object: Object = serde_json::from_str(text).map_err(|error| Fault::Json(authored(&error)))?;
    Ok(Some(object.0))
}

/// `serde_json` and serde name Rust types and quote values; these texts do neither.
fn authored(error: &serde_json::Error) -> &'static str {
    match error.classify() {
        serde_json::error::Category::Data if error.to_string().starts_with(TWICE) => {
            "A parameter is given twice."
        }
        serde_json::error::Category::Data => {
            "\"query\" and \"operationName\" must be strings, \"variables\" and \"extensions\" objects."
        }
        _ => "The body is not valid JSON.",
    }
}

/// How our visitor says that a key was repeated.
const TWICE: &str = "twice";

/// A JSON object, not an array or a text that happens to deserialise.
struct Object(Variables);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            object @ Value::Object(_) => Ok(Self(Variables::from_value(object))),
            _ => Err(serde::de::Error::custom("not an object")),
        }
    }
}

#[derive(Default)]
struct Raw {
    query: Option<String>,
    operation_name: Option<String>,
    variables: Option<Variables>,
}

impl Raw {
    fn finish(self) -> Result<Parameters, Refusal> {
        let query = self.query.filter(|query| !query.trim().is_empty());
        let query = query.ok_or(Fault::Json("The parameter \"query\" is missing."))?;
        let operation_name = self.operation_name.filter(|name| !name.is_empty());
        let variables = self.variables.unwrap_or_default();
        // JSON escapes hide digits from the look at the raw bytes.
        let in_variables = variables.iter().any(|(_, value)| has_card(value));
        let in_name = operation_name.as_ref().is_some_and(|name| card::is_present(name.as_bytes()));
        if card::is_present(query.as_bytes()) || in_name || in_variables {
            return Err(Fault::CardNumber.into());
        }
        Ok(Parameters { query, operation_name, variables })
    }
}

/// Recursion is bounded by the nesting that `json::check` lets through.
fn has_card(value: &Value) -> bool {
    match value {
        Value::String(text) => card::is_present(text.as_bytes()),
        Value::Number(number) => card::is_present(number.to_string().as_bytes()),
        Value::List(items) => items.iter().any(has_card),
        Value::Object(fields) => {
            fields.iter().any(|(name, value)| card::is_present(name.as_bytes()) || has_card(value))
        }
        Value::Null | Value::Boolean(_) | Value::Enum(_) | Value::Binary(_) => false,
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Raw, M::Error> {
        let mut raw = Raw::default();
        let mut seen = HashSet::new();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "query" => raw.query = map.next_value()?,
                "operationName" => raw.operation_name = map.next_value()?,
                "variables" => raw.variables = map.next_value::<Option<Object>>()?.map(|object| object.0),
                "extensions" => drop(map.next_value::<Option<Object>>()?),
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
            if !seen.insert(key) {
                return Err(serde::de::Error::custom(TWICE));
            }
        }
        Ok(raw)
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::value;

    use super::*;
    use crate::http::refusal::Code;

    fn refused(body: &str) -> Code {
        Parameters::from_body(body.as_bytes()).expect_err("the body must be refused").reason()
    }

    #[test]
    fn a_body_is_read() {
        let body = r#"{"query":"{a}","operationName":"","variables":{"n":[1]},"extensions":{},"other":1}"#;
        let parameters = Parameters::from_body(body.as_bytes()).expect("the body is good");
        assert_eq!(parameters.query, "{a}");
        assert_eq!(parameters.operation_name, None);
        assert_eq!(parameters.variables.into_value(), value!({"n": [1]}));
    }

    #[test]
    fn a_query_string_is_read() {
        let parameters = Parameters::from_query("query=%7Ba%7D&variables=%7B%22n%22:1%7D&operationName=A");
        let parameters = parameters.expect("the query string is good");
        assert_eq!((parameters.query.as_str(), parameters.operation_name.as_deref()), ("{a}", Some("A")));
    }

    #[test]
    fn ill_formed_bodies_are_refused() {
        for body in [
            r#"{"query":"{a}","query":"{b}"}"#,
            r#"{"query":"{a}","qu\u0065ry":"{b}"}"#,
            r#"{"query":"{a}","x":1,"x":2}"#,
            r#"{"query":"{a}"} {}"#,
            r#"{"query":null}"#,
            r#"{"query":["{a}"]}"#,
            r#"{"query":"{a}","variables":[1]}"#,
            r#"{"query":"{a}","variables":"x"}"#,
            r#"{"query":"{a}","operationName":1}"#,
            r#"{"query":"{a}","extensions":1}"#,
            r#"{"query":"{a}""#,
            r#"{"qeury":"{a}"}"#,
            "{}",
        ] {
            assert_eq!(refused(body), Code::BadUserInput, "{body}");
        }
    }

    #[test]
    fn card_numbers_are_refused_wherever_they_hide() {
        let escaped: String = "4242424242424242".bytes().map(|byte| format!("\\u00{byte:02x}")).collect();
        for body in [
            r#"{"query":"{a(n:\"4242424242424242\")}"}"#.to_owned(),
            r#"{"query":"{a}","variables":{"a":[{"b":4242424242424242}]}}"#.to_owned(),
            format!(r#"{{"query":"{{a}}","variables":{{"a":[{{"b":"{escaped}"}}]}}}}"#),
            format!(r#"{{"query":"{{a(b:\"{escaped}\")}}"}}"#),
            "not even json 4242 4242 4242 4242".to_owned(),
        ] {
            assert_eq!(refused(&body), Code::CardNumberRefused, "{body}");
        }
        let encoded = Parameters::from_query("query=%34242424242424242");
        assert_eq!(encoded.expect_err("refused").reason(), Code::CardNumberRefused);
    }
}
