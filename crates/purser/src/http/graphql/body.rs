//! The body of a POST: which ones are read, how much of them, and for how long.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};

use crate::http::refusal::{Code, Refusal};

/// Only `application/json` in UTF-8, not compressed. A browser sends no other site's JSON without asking
/// first, which is what keeps forged requests out; anything else is 415.
pub(super) fn check_headers(headers: &HeaderMap) -> Result<(), Refusal> {
    let unsupported = |message| Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, Code::BadUserInput, message);
    let mut types = headers.get_all(header::CONTENT_TYPE).iter();
    let (first, second) = (types.next(), types.next());
    let is_json = first.and_then(|value| value.to_str().ok()).is_some_and(is_json_utf8);
    if !is_json || second.is_some() {
        return Err(unsupported("Send application/json in UTF-8."));
    }
    let encoded = headers.get_all(header::CONTENT_ENCODING).iter();
    if encoded.into_iter().any(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err(unsupported("Send the body without Content-Encoding."));
    }
    Ok(())
}

fn is_json_utf8(content_type: &str) -> bool {
    let mut parts = content_type.split(';').map(str::trim);
    let is_json = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("application/json"));
    is_json
        && parts.filter(|parameter| !parameter.is_empty()).all(|parameter| {
            parameter.split_once('=').is_some_and(|(name, value)| {
                let value = value.trim().trim_matches('"');
                name.trim().eq_ignore_ascii_case("charset")
                    && ["utf-8", "utf8"].iter().any(|utf8| value.eq_ignore_ascii_case(utf8))
            })
        })
}

/// Reads a body as far as it may go.
pub(super) async fn read(
    body: Body,
    headers: &HeaderMap,
    max: usize,
    timeout: Duration,
) -> Result<Bytes, Refusal> {
    let too_large = || {
        let message = format!("The body is longer than {max} bytes.");
        Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, Code::QueryTooComplex, message)
    };
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: usize| length > max) {
        return Err(too_large());
    }
    match tokio::time::timeout(timeout, Limited::new(body, max).collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
        Ok(Err(_)) => Err(Refusal::bad_request("The body could not be read.")),
        Err(_) => {
            let message = "The body took too long.";
            Err(Refusal::new(StatusCode::REQUEST_TIMEOUT, Code::Timeout, message))
        }
    }
}
