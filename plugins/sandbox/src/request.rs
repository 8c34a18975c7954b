//! Our requests, as the processor wants them.

use bytes::Bytes;
use http::{Method as Verb, Request};
use purser_connector::{
    Authorize, Call, CaptureMethod, Failure, Initiator, InstrumentSource, OperationKind, Payout,
};
use purser_types::{Money, Secret};
use serde::Serialize;

use crate::config::Settings;
use crate::wire::{ACCOUNT_HEADER, FollowUp, IDEMPOTENCY_HEADER, NOTIFICATION_URL_HEADER, PaymentRequest};

/// The token, whichever way it came: the processor's own tokens and stored ones share a namespace.
pub(crate) fn source(instrument: &InstrumentSource) -> String {
    let (InstrumentSource::Token(token) | InstrumentSource::Stored { token }) = instrument;
    Secret::expose(token).to_owned()
}

pub(crate) fn payment(settings: &Settings, call: &Call<'_>, request: &Authorize) -> PaymentRequest {
    PaymentRequest {
        reference: call.own.to_string(),
        amount: request.amount.into(),
        capture: request.capture,
        source: source(&request.instrument),
        store: request.store,
        initiator: request.initiator,
        methods: settings.methods.clone(),
        description: request.statement_description.clone(),
        return_url: request.return_url.clone(),
        pages: settings.pages.clone(),
        network_transaction_id: request.network_transaction_id.clone(),
        mit_reason: request.mit_reason,
        accepts_partial: request.accepts_partial,
    }
}

pub(crate) fn payout(settings: &Settings, call: &Call<'_>, request: &Payout) -> PaymentRequest {
    PaymentRequest {
        reference: call.own.to_string(),
        amount: request.amount.into(),
        capture: CaptureMethod::Automatic,
        source: source(&request.destination),
        store: false,
        initiator: Initiator::Merchant,
        methods: settings.methods.clone(),
        description: request.statement_description.clone(),
        return_url: None,
        pages: settings.pages.clone(),
        network_transaction_id: None,
        mit_reason: None,
        accepts_partial: false,
    }
}

pub(crate) fn follow_up(call: &Call<'_>, amount: Option<Money>, is_final: bool) -> FollowUp {
    FollowUp { reference: call.own.to_string(), amount: amount.map(Into::into), is_final }
}

/// The processor's own names appear in paths; anything else would be a way to another path.
pub(crate) fn segment(operation: OperationKind, name: &str) -> Result<&str, Failure> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if !name.is_empty() && name.len() <= 128 && name.bytes().all(is_plain) && name != ".." && name != "." {
        Ok(name)
    } else {
        Err(Failure::invalid_request(operation, "the reference is not one of this processor"))
    }
}

pub(crate) fn get(
    settings: &Settings,
    operation: OperationKind,
    path: &str,
) -> Result<Request<Bytes>, Failure> {
    build(settings, operation, Request::builder().method(Verb::GET), path, Bytes::new())
}

pub(crate) fn post(
    settings: &Settings,
    operation: OperationKind,
    call: &Call<'_>,
    path: &str,
    document: &impl Serialize,
) -> Result<Request<Bytes>, Failure> {
    let body = serde_json::to_vec(document)
        .map_err(|_| Failure::invalid_request(operation, "the request is not a document"))?;
    let mut builder = Request::builder()
        .method(Verb::POST)
        .header(http::header::CONTENT_TYPE, "application/json")
        .header(IDEMPOTENCY_HEADER, call.idempotency.as_str());
    if let Some(url) = call.notification_url {
        builder = builder.header(NOTIFICATION_URL_HEADER, url.as_str());
    }
    build(settings, operation, builder, path, body.into())
}

fn build(
    settings: &Settings,
    operation: OperationKind,
    builder: http::request::Builder,
    path: &str,
    body: Bytes,
) -> Result<Request<Bytes>, Failure> {
    let mut key = http::HeaderValue::try_from(format!("Bearer {}", settings.api_key.expose()))
        .map_err(|_| Failure::invalid_request(operation, "the API key is not a header"))?;
    // Keeps the value out of `Debug` of the headers.
    key.set_sensitive(true);
    builder
        .uri(format!("https://{}{path}", settings.host()))
        .header(http::header::AUTHORIZATION, key)
        .header(ACCOUNT_HEADER, &settings.account)
        .body(body)
        .map_err(|_| Failure::invalid_request(operation, "the request is not HTTP"))
}
