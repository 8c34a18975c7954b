//! Which pages of other origins may read answers.

use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, Method, header};
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::graphql::once;
use crate::config;

/// How long a browser may remember what it was told.
const REMEMBER: Duration = Duration::from_secs(600);

/// Lets the pages of `server.cors_origins` call the endpoints below. Credentials are bearer tokens that a
/// page must hold itself; cookies are never allowed, so no page acts with somebody else's session.
pub fn layer(server: &config::Server) -> CorsLayer {
    let origins = server
        .cors_origins
        .iter()
        .filter_map(|origin| HeaderValue::from_str(origin.trim_end_matches('/')).ok());
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins.collect::<Vec<_>>()))
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE, header::ACCEPT, once::HEADER])
        .expose_headers([HeaderName::from_static("x-request-id"), header::RETRY_AFTER])
        .max_age(REMEMBER)
}
