//! The `Idempotency-Key` header: a mutation that may be sent again.
//!
//! The draft of the IETF (draft-ietf-httpapi-idempotency-key-header-07) makes it a string of RFC 8941, in
//! quotes; most clients send the bare text, which is taken as well. One key is for one thing that is
//! done. A document with two mutations has two, so it uses the argument `idempotencyKey` of each.

use async_graphql::parser::types::OperationType;
use axum::http::{HeaderMap, HeaderName};

use crate::http::guard::{Fault, card};
use crate::http::ports::Operation;
use crate::http::refusal::{Code, Refusal};

/// The header.
pub(in crate::http) const HEADER: HeaderName = HeaderName::from_static("idempotency-key");
/// Characters of the longest key; Stripe has the same bound.
const KEY_MAX: usize = 255;

/// The key that a request brings, if it brings one.
pub(super) fn key(headers: &HeaderMap, operation: &Operation) -> Result<Option<String>, Refusal> {
    let mut values = headers.get_all(HEADER).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if operation.kind != OperationType::Mutation || operation.root_field_count != 1 {
        return Err(refused("Idempotency-Key is for a mutation with exactly one field."));
    }
    let key = value.to_str().ok().and_then(parse).filter(|_| values.next().is_none());
    let key = key.ok_or_else(|| {
        refused("Idempotency-Key must be one text of 1 to 255 visible ASCII characters, in quotes or bare.")
    })?;
    // It is kept with the payment.
    if card::is_present(key.as_bytes()) {
        return Err(Fault::CardNumber.into());
    }
    Ok(Some(key))
}

fn refused(message: &'static str) -> Refusal {
    Refusal::bad_request(message).code(Code::BadUserInput)
}

fn parse(value: &str) -> Option<String> {
    let value = value.trim_matches([' ', '\t']);
    let key = match value.strip_prefix('"') {
        Some(rest) => unquoted(rest.strip_suffix('"')?)?,
        // These would begin a second value or a parameter, whose meaning nobody has agreed on.
        None if value.contains(['"', ',', ';', '\\']) => return None,
        None => value.to_owned(),
    };
    let is_good = (1..=KEY_MAX).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
    is_good.then_some(key)
}

/// The inside of a string of RFC 8941, 3.3.3: a backslash stands before a quote or a backslash only.
fn unquoted(text: &str) -> Option<String> {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => return None,
            '\\' => plain.push(characters.next().filter(|escaped| matches!(escaped, '"' | '\\'))?),
            plain_one => plain.push(plain_one),
        }
    }
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_in_quotes_or_bare() {
        let longest = "x".repeat(KEY_MAX);
        for (value, key) in [
            ("8e03978e-40d5-43dd-bc93-6894a57f9324", "8e03978e-40d5-43dd-bc93-6894a57f9324"),
            ("\"8e03978e-40d5-43dd-bc93-6894a57f9324\"", "8e03978e-40d5-43dd-bc93-6894a57f9324"),
            (" k=/+: ", "k=/+:"),
            (r#""a\"b\\c,d;e""#, r#"a"b\c,d;e"#),
            (longest.as_str(), longest.as_str()),
        ] {
            assert_eq!(parse(value).as_deref(), Some(key), "{value}");
        }
    }

    #[test]
    fn other_texts_are_no_keys() {
        let too_long = "x".repeat(KEY_MAX + 1);
        for value in [
            "",
            "\"\"",
            "\"",
            "a b",
            "\"a b\"",
            "\"a",
            "a\"",
            "\"a\"b\"",
            r#""a\""#,
            r#""\a""#,
            "a,b",
            "a;b",
            "\"a\";p=1",
            "\"a\", \"b\"",
            "caf\u{e9}",
            "\u{7f}",
            too_long.as_str(),
        ] {
            assert_eq!(parse(value), None, "{value}");
        }
    }
}
