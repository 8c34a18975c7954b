//! `/graphiql/` and `/schema.graphql`, and how small pages are sent.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use axum::response::{IntoResponse, Redirect};
use axum::routing::get;
use purser_web::Asset;
use purser_web::page::Page;
use serde_json::Value;

/// The page's settings, made anew for each request: endpoint, headers, sample tabs. With the demo's key
/// in it, it is for the demo only; a server that has something to protect answers without headers.
pub type PageConfig = dyn Fn() -> Value + Send + Sync;

/// GraphiQL below `/graphiql/`.
pub fn graphiql(config: Arc<PageConfig>) -> Router {
    Router::new()
        .route("/graphiql", get(|| async { Redirect::permanent("/graphiql/") }))
        .route("/graphiql/", get(|request: Request| async move { page("", request.headers()) }))
        .route("/graphiql/config.json", get(settings))
        .route(
            "/graphiql/{*path}",
            get(|Path(path): Path<String>, request: Request| async move { page(&path, request.headers()) }),
        )
        .with_state(config)
}

/// The schema as text at `/schema.graphql`.
pub fn schema(sdl: String) -> Router {
    let sdl: Arc<str> = Arc::from(sdl);
    Router::new().route(
        "/schema.graphql",
        get(move || async move {
            ([(header::CONTENT_TYPE, "application/graphql; charset=utf-8")], Body::from(sdl.to_string()))
        }),
    )
}

/// A page that was made for this request.
pub fn small(status: StatusCode, page: &Page) -> Response<Body> {
    let content_type = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
    let mut response = (status, content_type, page.html.clone()).into_response();
    if let Ok(policy) = HeaderValue::from_str(&page.content_security_policy) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    secretive(response)
}

/// For addresses that hold a secret: they are neither kept nor told to the next page.
pub(super) fn secretive(mut response: Response<Body>) -> Response<Body> {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

async fn settings(State(config): State<Arc<PageConfig>>) -> Response<Body> {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")];
    (headers, config().to_string()).into_response()
}

fn page(path: &str, headers: &HeaderMap) -> Response<Body> {
    let Some(asset) = purser_web::graphiql(path) else { return StatusCode::NOT_FOUND.into_response() };
    let asset = if accepts_gzip(headers) { asset } else { asset.plain() };
    let is_known =
        headers.get(header::IF_NONE_MATCH).is_some_and(|tag| tag.as_bytes() == asset.etag.as_bytes());
    let caching = if asset.immutable { "public, max-age=31536000, immutable" } else { "no-cache" };
    let mut response = respond(asset, is_known);
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(purser_web::CONTENT_SECURITY_POLICY),
    );
    response
}

fn respond(asset: Asset, is_known: bool) -> Response<Body> {
    let Asset { bytes, content_type, is_gzip, etag, .. } = asset;
    let mut response = if is_known {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, content_type)], bytes.into_owned()).into_response()
    };
    let headers = response.headers_mut();
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        headers.insert(header::ETAG, etag);
    }
    if is_gzip && !is_known {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

fn accepts_gzip(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let is_refused =
            weight.trim().strip_prefix("q=").is_some_and(|q| q.trim_matches(['0', '.']).is_empty());
        name.trim().eq_ignore_ascii_case("gzip") && !is_refused
    })
}
