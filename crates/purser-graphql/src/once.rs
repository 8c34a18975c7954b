//! Mutations that are carried out once, however often they are sent.
//!
//! A client says so by `idempotencyKey` in the input, or by what its transport has in its place
//! ([`IdempotencyKey`]). What the key stands for is all of the request's arguments, with the variables put
//! in, in one canonical spelling: members in the order of their names, and without the key itself. Two
//! documents that ask for the same are one request, whatever they select.

use std::collections::BTreeMap;
use std::future::Future;

use async_graphql::{Context, Error, Name, Value};
use purser_services::{Ctx, Once};

use crate::IdempotencyKey;
use crate::context::{Session, enter};
use crate::error::{ServiceError, bad_input};

/// The member of the input that has the key.
const MEMBER: &str = "idempotencyKey";

/// A mutation that may have come before.
pub(crate) struct Keyed<'a> {
    session: &'a Session,
    operation: &'static str,
    key: Option<String>,
    request: Vec<u8>,
}

/// The session of a mutation that takes a key, as [`enter`] answers it.
///
/// # Errors
/// As [`enter`], and `BAD_USER_INPUT` if the transport and the input name different keys.
pub(crate) fn enter_keyed<'a>(gql: &Context<'a>, subject: &'static str) -> Result<Keyed<'a>, Error> {
    let session = enter(gql, subject)?;
    let operation = subject.strip_prefix("Mutation.").unwrap_or(subject);
    let arguments = gql.field().arguments().map_err(|error| bad_input(error.message))?;
    let (named, request) = parted(arguments);
    let sent = gql.data_opt::<IdempotencyKey>().map(|sent| sent.0.clone());
    let key = match (named, sent) {
        (Some(named), Some(sent)) if named != sent => {
            return Err(bad_input("The header and the input name different idempotency keys."));
        }
        (named, sent) => named.or(sent),
    };
    Ok(Keyed { session, operation, key, request })
}

impl<'a> Keyed<'a> {
    /// The session.
    pub(crate) fn session(&self) -> &'a Session {
        self.session
    }

    /// Carries out the write as [`Session::write`] does, once if there is a key.
    pub(crate) async fn write<T, W>(&self, work: impl FnOnce(Ctx) -> W) -> Result<T, ServiceError>
    where
        T: Send + 'static,
        W: Future<Output = Result<T, ServiceError>> + Send + 'static,
    {
        let Some(key) = self.key.clone() else { return self.session.write(work).await };
        let once = Once::try_new(self.session.ctx(), self.operation, key, &self.request)?;
        self.session.write(|ctx| work(ctx.with_once(once))).await
    }
}

/// The key among a field's arguments, and the rest of them in their canonical spelling.
fn parted(arguments: Vec<(Name, Value)>) -> (Option<String>, Vec<u8>) {
    let mut key = None;
    let mut rest = BTreeMap::new();
    for (name, value) in arguments {
        let mut value = value.into_json().unwrap_or_default();
        let found = value.as_object_mut().and_then(|input| input.remove(MEMBER));
        if let Some(serde_json::Value::String(found)) = found {
            key = Some(found);
        }
        rest.insert(name.to_string(), value);
    }
    let mut request = String::new();
    for (name, value) in rest {
        request.push_str(&name);
        request.push('=');
        write(&value, &mut request);
        request.push('\n');
    }
    (key, request.into_bytes())
}

/// JSON with members in the order of their names; arrays keep theirs.
fn write(value: &serde_json::Value, out: &mut String) {
    match value {
        serde_json::Value::Object(members) => {
            let sorted: BTreeMap<&String, &serde_json::Value> = members.iter().collect();
            out.push('{');
            for (name, value) in sorted {
                out.push_str(&serde_json::Value::from(name.as_str()).to_string());
                out.push(':');
                write(value, out);
                out.push(',');
            }
            out.push('}');
        }
        serde_json::Value::Array(items) => {
            out.push('[');
            for item in items {
                write(item, out);
                out.push(',');
            }
            out.push(']');
        }
        plain => out.push_str(&plain.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(input: &str) -> (Option<String>, String) {
        let input: serde_json::Value = serde_json::from_str(input).expect("JSON");
        let input = Value::from_json(input).expect("a value");
        let (key, request) = parted(vec![(Name::new("input"), input)]);
        (key, String::from_utf8(request).expect("text"))
    }

    #[test]
    fn the_order_of_members_and_the_key_do_not_matter() {
        let one =
            request(r#"{"amount": {"amount": "1", "currency": "EUR"}, "id": 1, "idempotencyKey": "k"}"#);
        let other = request(r#"{"id": 1, "amount": {"currency": "EUR", "amount": "1"}}"#);

        assert_eq!((one.0.as_deref(), other.0), (Some("k"), None));
        assert_eq!(one.1, other.1);
    }

    #[test]
    fn everything_else_matters() {
        let different = [
            r#"{}"#,
            r#"{"a": null}"#,
            r#"{"a": "1"}"#,
            r#"{"a": 1}"#,
            r#"{"a": [1, 2]}"#,
            r#"{"a": [2, 1]}"#,
            r#"{"a": {"b": 1}}"#,
            r#"{"a": {"b": 1, "idempotencyKey": "k"}}"#,
            r#"{"a": "{\"b\":1,}"}"#,
        ];
        let spelled: std::collections::BTreeSet<String> =
            different.iter().map(|input| request(input).1).collect();

        assert_eq!(spelled.len(), different.len());
    }
}
