//! One id, one line and two metrics per request.

use std::fmt::Write;
use std::sync::Arc;
use std::time::Instant;

use async_graphql::parser::types::OperationType;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::Response;
use purser_types::Source;
use tracing::Instrument;

/// The id under which a request is found in the log; the client is told it in `x-request-id`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// The text, `req_` and 32 hexadecimal digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id of a request that came through [`layer`].
    #[must_use]
    pub fn of(request: &Request) -> Self {
        let given = request.extensions().get::<Self>().cloned();
        given.unwrap_or_else(|| Self(Arc::from("req_unknown")))
    }

    /// A new one. What a client sends under this name is not used: it would be written to the log.
    fn new(source: &dyn Source) -> Self {
        let mut bytes = [0_u8; 16];
        source.fill(&mut bytes);
        let mut text = String::from("req_");
        for byte in bytes {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        Self(Arc::from(text))
    }
}

/// What a handler knows and the log wants; handlers put it into the extensions of their response.
#[derive(Debug, Clone, Default)]
pub struct Noted {
    /// Query or mutation.
    pub operation: Option<OperationType>,
    /// Of the document; names and texts are the client's and stay out.
    pub operation_hash: Option<String>,
    /// The tenant's id.
    pub tenant: Option<String>,
    /// The first error's code.
    pub code: Option<String>,
}

/// For [`axum::middleware::from_fn_with_state`]: gives every request an id and records its answer.
pub async fn layer(State(source): State<Arc<dyn Source>>, mut request: Request, next: Next) -> Response {
    let id = RequestId::new(source.as_ref());
    let method = known_method(request.method());
    // The pattern, not the path: a path may hold ids and secrets of checkout sessions.
    let route = request.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str).to_owned();
    request.extensions_mut().insert(id.clone());
    let started = Instant::now();
    // Whatever is logged below carries the id.
    let span = tracing::info_span!("http", request.id = id.as_str());
    let mut response = next.run(request).instrument(span).await;
    let noted = response.extensions_mut().remove::<Noted>().unwrap_or_default();
    record(&id, method, &route, response.status().as_u16(), started, &noted);
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        headers.insert(HeaderName::from_static("x-request-id"), value);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

fn record(id: &RequestId, method: &'static str, route: &str, status: u16, started: Instant, noted: &Noted) {
    let elapsed = started.elapsed();
    let operation = match noted.operation {
        Some(OperationType::Query) => "query",
        Some(OperationType::Mutation) => "mutation",
        Some(OperationType::Subscription) => "subscription",
        None => "none",
    };
    let class = match status {
        200..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        _ => "5xx",
    };
    metrics::counter!("purser_http_requests_total", "class" => class, "operation" => operation).increment(1);
    metrics::histogram!("purser_http_request_seconds", "operation" => operation)
        .record(elapsed.as_secs_f64());
    tracing::info!(
        request.id = id.as_str(),
        http.method = method,
        http.route = route,
        http.status = status,
        duration_us = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX),
        operation.kind = operation,
        operation.hash = noted.operation_hash.as_deref(),
        tenant.id = noted.tenant.as_deref(),
        error.code = noted.code.as_deref(),
        "request"
    );
}

/// Methods are texts that the client chooses.
fn known_method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::PATCH => "PATCH",
        _ => "OTHER",
    }
}
