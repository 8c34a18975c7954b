//! What leaves the server: data as it is, errors as they may be seen.

use async_graphql::{Response, ServerError, Value};
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use serde::Serialize;

use super::media::{Media, StatusMode};
use super::refusal::{Code, INTERNAL_MESSAGE};

/// Errors of one answer; a list of thousands of failing members needs no thousands of texts.
const ERRORS_MAX: usize = 100;
/// Characters of the longest message.
const MESSAGE_MAX: usize = 500;
/// Extensions of an error that clients may see, besides `code` and `requestId`.
const EXTENSIONS: [&str; 3] = ["retryAfter", "field", "limit"];
/// Headers that the executor may set: what is left of the client's points.
const HEADERS: [&str; 2] = ["x-ratelimit-", "ratelimit"];
/// Extensions of an answer that clients may see.
const ANSWER_EXTENSIONS: [&str; 1] = ["cost"];

/// An answer, ready to be sent.
pub struct Answer {
    response: Response,
    /// The bytes of the whole answer, if they are known already.
    whole: Option<Vec<u8>>,
    /// Nothing was executed: the document does not fit the schema.
    is_request_error: bool,
}

impl Answer {
    /// Cleans the errors of a response.
    #[must_use]
    pub fn new(mut response: Response, request_id: &str) -> Self {
        let nothing_ran = response.data == Value::Null && !response.errors.is_empty();
        let is_request_error = nothing_ran && response.errors.iter().all(|error| error.path.is_empty());
        response.errors.truncate(ERRORS_MAX);
        for error in &mut response.errors {
            sanitise(error, is_request_error, request_id);
        }
        response.extensions.retain(|name, _| ANSWER_EXTENSIONS.contains(&name.as_str()));
        Self { response, whole: None, is_request_error }
    }

    /// An answer without errors that is JSON already.
    #[must_use]
    pub fn whole(json: Vec<u8>) -> Self {
        Self { response: Response::default(), whole: Some(json), is_request_error: false }
    }

    /// The code of the first error, for the log.
    #[must_use]
    pub fn code(&self) -> Option<String> {
        self.response.errors.first().and_then(code_of)
    }

    /// The HTTP response.
    #[must_use]
    pub fn into_response(mut self, media: Media, mode: StatusMode) -> axum::http::Response<Body> {
        let status = match (self.is_request_error, self.code().as_deref().and_then(Code::parse)) {
            (true, Some(Code::Unauthenticated)) => StatusCode::UNAUTHORIZED,
            (true, Some(Code::Forbidden)) => StatusCode::FORBIDDEN,
            (true, Some(Code::RateLimited)) => StatusCode::TOO_MANY_REQUESTS,
            (true, Some(Code::Internal)) => StatusCode::INTERNAL_SERVER_ERROR,
            (true, _) => mode.of_request_error(media, false),
            (false, _) => mode.of_answer(!self.response.errors.is_empty()),
        };
        let (status, bytes) = match self.whole.take().map_or_else(|| self.serialised(), Ok) {
            Ok(bytes) => (status, bytes),
            // Only a scalar that is no JSON gets here, which is a bug of the schema.
            Err(_) => {
                (StatusCode::INTERNAL_SERVER_ERROR, br#"{"errors":[{"message":"Internal error."}]}"#.to_vec())
            }
        };
        let mut response = axum::http::Response::new(Body::from(bytes));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        for (name, value) in &self.response.http_headers {
            if HEADERS.iter().any(|prefix| name.as_str().starts_with(prefix)) {
                headers.insert(name.clone(), value.clone());
            }
        }
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media.content_type()));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"purser\""));
        }
        if let (StatusCode::TOO_MANY_REQUESTS, Some(seconds)) = (status, self.retry_after()) {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }

    /// It is serialised directly: a detour over `serde_json::Value` would sort keys.
    fn serialised(&self) -> serde_json::Result<Vec<u8>> {
        serde_json::to_vec(&Shape {
            errors: &self.response.errors,
            data: (!self.is_request_error).then_some(&self.response.data),
            extensions: &self.response.extensions,
        })
    }

    /// Seconds until a refused client may come again, from the first error's `retryAfter`.
    fn retry_after(&self) -> Option<u64> {
        match self.response.errors.first()?.extensions.as_ref()?.get("retryAfter")? {
            Value::Number(seconds) => seconds.as_u64(),
            _ => None,
        }
    }
}

#[derive(Serialize)]
struct Shape<'a> {
    #[serde(skip_serializing_if = "<[ServerError]>::is_empty")]
    errors: &'a [ServerError],
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a Value>,
    #[serde(skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    extensions: &'a std::collections::BTreeMap<String, Value>,
}

fn code_of(error: &ServerError) -> Option<String> {
    match error.extensions.as_ref()?.get("code")? {
        Value::String(code) => Some(code.clone()),
        Value::Enum(code) => Some(code.to_string()),
        _ => None,
    }
}

/// Leaves authored messages with known codes, and nothing else.
fn sanitise(error: &mut ServerError, is_request_error: bool, request_id: &str) {
    let known = code_of(error).as_deref().and_then(Code::parse);
    let code = match known {
        Some(Code::Internal) | None if !is_request_error => match coercion_type(&error.message) {
            Some(ty) if known.is_none() => {
                error.message = format!("A value is not a valid \"{ty}\".");
                Code::BadUserInput
            }
            _ => Code::Internal,
        },
        None => Code::GraphqlValidationFailed,
        Some(code) => code,
    };
    match code {
        Code::Internal => {
            // Where, but not by name: aliases are the client's and may say anything.
            let place = error.locations.first().map(|at| format!("{}:{}", at.line, at.column));
            tracing::error!(request.id = request_id, document.place = place, "a field failed without a code");
            INTERNAL_MESSAGE.clone_into(&mut error.message);
        }
        Code::GraphqlValidationFailed => error.message = without_values(&error.message),
        _ => {}
    }
    if let Some((at, _)) = error.message.char_indices().nth(MESSAGE_MAX) {
        error.message.truncate(at);
    }
    let mut extensions = async_graphql::ErrorExtensionValues::default();
    for name in EXTENSIONS {
        let value = error.extensions.as_ref().and_then(|given| given.get(name));
        if let (Some(value), true) = (value, code != Code::Internal) {
            extensions.set(name, value.clone());
        }
    }
    extensions.set("code", code.as_str());
    extensions.set("requestId", request_id);
    error.extensions = Some(extensions);
    error.source = None;
}

/// The library's messages about input values name the type and then quote the value; this keeps the type.
fn coercion_type(message: &str) -> Option<&str> {
    let rest = message
        .strip_prefix("Failed to parse \"")
        .or_else(|| message.strip_prefix("Expected input type \""))?;
    let (ty, _) = rest.split_once('"')?;
    let is_type = |byte: u8| byte.is_ascii_alphanumeric() || b"_[]!".contains(&byte);
    (!ty.is_empty() && ty.len() <= 64 && ty.bytes().all(is_type)).then_some(ty)
}

/// Validation messages name fields, types and variables; two of them go on to quote or to suggest.
fn without_values(message: &str) -> String {
    let message = message.split(" Did you mean").next().unwrap_or_default();
    match message.split_once(" does not contain the value") {
        Some((before, _)) => format!("{before} does not contain the value given"),
        None => message.to_owned(),
    }
}
