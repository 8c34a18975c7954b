//! `POST /connectors/{connectorId}/notifications`: what processors send on their own.
//!
//! Anybody can send something here, so the edge is generous with nothing: bytes and time of the body are
//! bounded, few are worked on at once, and whoever is not believed gets one answer, to the byte, whether
//! the connector exists or the signature is wrong. The acknowledgement is the plugin's, and it is sent
//! after the notification is stored: a processor that was told "I have it" does not send it again.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::post;
use purser_connector::{Acknowledgement, Inbound};
use purser_types::Source;
use tokio::sync::Semaphore;
use tracing::Instrument;
use tracing::instrument::WithSubscriber;

use super::body;
use super::ports::{Receive, Received};
use super::record::Noted;
use super::server::InFlight;
use crate::config;

/// Bytes of the longest notification; processors send a few kilobytes.
pub const BODY_MAX: usize = 256 * 1024;
/// Notifications that are worked on at once. More are told to come again, which every processor does.
const CONCURRENCY: usize = 64;
/// Seconds after which a notification that could not be taken should come again.
const RETRY_AFTER: &str = "30";
/// What everybody hears who is not believed.
const REFUSED: &str = "The notification was not accepted.\n";

struct Door<R> {
    receive: Arc<R>,
    source: Arc<dyn Source>,
    body_timeout: Duration,
    slots: Arc<Semaphore>,
    in_flight: InFlight,
}

/// The route.
pub fn routes<R: Receive>(
    receive: Arc<R>,
    source: Arc<dyn Source>,
    server: &config::Server,
    in_flight: InFlight,
) -> Router {
    let door = Door {
        receive,
        source,
        body_timeout: Duration::from_millis(server.body_timeout_ms),
        slots: Arc::new(Semaphore::new(CONCURRENCY)),
        in_flight,
    };
    Router::new()
        .route("/connectors/{connector_id}/notifications", post(take::<R>))
        .with_state(Arc::new(door))
}

async fn take<R: Receive>(
    State(door): State<Arc<Door<R>>>,
    Path(connector_id): Path<String>,
    request: Request,
) -> Response<Body> {
    let Ok(slot) = Arc::clone(&door.slots).try_acquire_owned() else {
        return told("busy", StatusCode::SERVICE_UNAVAILABLE, "Try again.\n");
    };
    let (head, body) = request.into_parts();
    let body = match body::read(body, BODY_MAX, door.body_timeout).await {
        Ok(body) => body,
        Err(status) => return told("unread", status, "The notification could not be read.\n"),
    };
    let inbound = Inbound {
        headers: head.headers,
        query: head.uri.query().unwrap_or_default().to_owned(),
        body,
        received_at: door.source.now(),
    };
    let counted = door.in_flight.enter();
    let receive = Arc::clone(&door.receive);
    // A processor that hangs up must not leave a transaction half-way.
    let work = async move {
        let received = receive.receive(&connector_id, inbound).await;
        drop((slot, counted));
        received
    };
    match tokio::spawn(work.in_current_span().with_current_subscriber()).await {
        Ok(Received::Acknowledged(acknowledgement)) => acknowledged(acknowledgement),
        Ok(Received::Refused) => told("refused", StatusCode::UNAUTHORIZED, REFUSED),
        Ok(Received::Unavailable) => told("unavailable", StatusCode::SERVICE_UNAVAILABLE, "Try again.\n"),
        Err(error) => {
            metrics::counter!("purser_panics_total").increment(1);
            tracing::error!(panicked = error.is_panic(), "a notification was not taken");
            told("unavailable", StatusCode::SERVICE_UNAVAILABLE, "Try again.\n")
        }
    }
}

fn acknowledged(acknowledgement: Acknowledgement) -> Response<Body> {
    count("acknowledged");
    let Acknowledgement { status, content_type, body } = acknowledgement;
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    if let Some(content_type) = content_type {
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    }
    response
}

fn told(result: &'static str, status: StatusCode, text: &'static str) -> Response<Body> {
    count(result);
    let mut response = (status, [(header::CACHE_CONTROL, "no-store")], text).into_response();
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER));
    }
    let code = Some(result.to_owned());
    response.extensions_mut().insert(Noted { code, ..Noted::default() });
    response
}

fn count(result: &'static str) {
    metrics::counter!("purser_notifications_received_total", "result" => result).increment(1);
}
