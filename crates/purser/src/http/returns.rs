//! `/return/{token}`: the customer's browser comes back from the processor.
//!
//! The token says which payment, and is all that anybody needs; it is as secret as the customer's browser
//! keeps it, and moves the payment on once. What the processor added to the address or posted is handed to the plugin,
//! which believes none of it without asking. From here the browser goes to one of the URLs that the
//! merchant stored with the payment; nothing in the request chooses where.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::any;
use purser_web::page;
use tracing::Instrument;
use tracing::instrument::WithSubscriber;

use super::body;
use super::pages::{secretive, small};
use super::ports::{CameBack, ComeBack};
use super::server::InFlight;
use crate::config;

/// Bytes of the longest form; an issuer's answer to a challenge has some ten thousand.
const BODY_MAX: usize = 64 * 1024;
/// Parameters of address and form together.
const PARAMETERS_MAX: usize = 64;
/// Bytes of the longest name.
const NAME_MAX: usize = 128;
/// Bytes of the longest value.
const VALUE_MAX: usize = 32 * 1024;
/// Characters of the longest token; ours are far shorter.
const TOKEN_MAX: usize = 128;

struct Door<C> {
    come_back: Arc<C>,
    body_timeout: Duration,
    in_flight: InFlight,
}

/// The route.
pub fn routes<C: ComeBack>(come_back: Arc<C>, server: &config::Server, in_flight: InFlight) -> Router {
    let body_timeout = Duration::from_millis(server.body_timeout_ms);
    let door = Arc::new(Door { come_back, body_timeout, in_flight });
    Router::new().route("/return/{token}", any(arrive::<C>)).with_state(door)
}

async fn arrive<C: ComeBack>(
    State(door): State<Arc<Door<C>>>,
    Path(token): Path<String>,
    request: Request,
) -> Response<Body> {
    // HEAD is what link previews send; it must not use the token up.
    if !matches!(*request.method(), Method::GET | Method::POST) {
        let allow = [(header::ALLOW, "GET, POST")];
        return (StatusCode::METHOD_NOT_ALLOWED, allow).into_response();
    }
    let is_token = token.len() <= TOKEN_MAX && token.bytes().all(|byte| byte.is_ascii_graphic());
    let parameters = match parameters(request, door.body_timeout).await {
        Ok(parameters) => parameters,
        Err(status) => return small(status, &page::notice("That was too much", UNREADABLE)),
    };
    if !is_token {
        return unknown();
    }
    let counted = door.in_flight.enter();
    let come_back = Arc::clone(&door.come_back);
    // A browser that is closed now must not leave the payment half-way.
    let work = async move {
        let came = come_back.come_back(&token, parameters).await;
        drop(counted);
        came
    };
    match tokio::spawn(work.in_current_span().with_current_subscriber()).await {
        Ok(CameBack::To(url)) => redirect(url.as_str()),
        Ok(CameBack::Nowhere) => small(StatusCode::OK, &page::notice("Thank you", CLOSE)),
        Ok(CameBack::Unknown) => unknown(),
        Ok(CameBack::Unavailable) => {
            small(StatusCode::SERVICE_UNAVAILABLE, &page::notice("One moment", LATER))
        }
        Err(error) => {
            metrics::counter!("purser_panics_total").increment(1);
            tracing::error!(panicked = error.is_panic(), "a customer's return did not finish");
            small(StatusCode::SERVICE_UNAVAILABLE, &page::notice("One moment", LATER))
        }
    }
}

const CLOSE: &str = "You may close this window. The shop knows how your payment stands.";
const LATER: &str = "Please load this page again in a moment. You do not pay twice by doing so.";
const GONE: &str = "This address is not known, or no longer. Look into the shop for your payment.";
const UNREADABLE: &str = "What your browser brought along could not be read.";

fn unknown() -> Response<Body> {
    small(StatusCode::NOT_FOUND, &page::notice("Nothing here", GONE))
}

/// 303: whatever the method was, the next one is GET.
fn redirect(url: &str) -> Response<Body> {
    let Ok(location) = HeaderValue::from_str(url) else {
        return small(StatusCode::OK, &page::notice("Thank you", CLOSE));
    };
    let mut response = StatusCode::SEE_OTHER.into_response();
    response.headers_mut().insert(header::LOCATION, location);
    secretive(response)
}

/// What address and form say; a name that is given twice keeps its first value.
async fn parameters(request: Request, timeout: Duration) -> Result<Vec<(String, String)>, StatusCode> {
    let (head, body) = request.into_parts();
    let query = head.uri.query().unwrap_or_default();
    let form = match head.method {
        Method::POST if is_form(&head.headers) => body::read(body, BODY_MAX, timeout).await?,
        Method::POST => return Err(StatusCode::UNSUPPORTED_MEDIA_TYPE),
        _ => Bytes::new(),
    };
    let mut parameters: Vec<(String, String)> = Vec::new();
    for text in [query.as_bytes(), &form] {
        for (name, value) in url::form_urlencoded::parse(text) {
            let is_short = name.len() <= NAME_MAX && value.len() <= VALUE_MAX;
            if !is_short || parameters.len() == PARAMETERS_MAX {
                return Err(StatusCode::BAD_REQUEST);
            }
            if !parameters.iter().any(|(known, _)| *known == name) {
                parameters.push((name.into_owned(), value.into_owned()));
            }
        }
    }
    Ok(parameters)
}

fn is_form(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let name = value.unwrap_or_default().split(';').next().unwrap_or_default();
    name.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
}
