//! `/healthz`, `/readyz` and `/metrics`.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use super::ports::Ready;
use super::server::Draining;

/// How long the database may take to answer before the server is not ready.
const PING_TIMEOUT: Duration = Duration::from_secs(2);
/// Upper bounds of the buckets of durations, in seconds.
const BUCKETS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

struct Health<R> {
    ready: Arc<R>,
    draining: Draining,
    metrics: Option<PrometheusHandle>,
}

/// Installs the recorder of metrics. Once per process.
///
/// # Errors
/// A second recorder.
pub fn install_metrics() -> Result<PrometheusHandle, metrics_exporter_prometheus::BuildError> {
    PrometheusBuilder::new().set_buckets(&BUCKETS)?.install_recorder()
}

/// The three routes. Without a handle `/metrics` is 404.
pub fn routes<R: Ready>(ready: Arc<R>, draining: Draining, metrics: Option<PrometheusHandle>) -> Router {
    Router::new()
        .route("/healthz", get(|| async { plain(StatusCode::OK, "ok") }))
        .route("/readyz", get(readyz::<R>))
        .route("/metrics", get(render::<R>))
        .with_state(Arc::new(Health { ready, draining, metrics }))
}

/// Says which, not why: the reasons are in the log.
async fn readyz<R: Ready>(State(health): State<Arc<Health<R>>>) -> impl IntoResponse {
    if health.draining.has_begun() {
        return plain(StatusCode::SERVICE_UNAVAILABLE, "draining");
    }
    match tokio::time::timeout(PING_TIMEOUT, health.ready.ping()).await {
        Ok(Ok(())) => plain(StatusCode::OK, "ready"),
        Ok(Err(error)) => {
            tracing::warn!(error, "the database is not ready");
            plain(StatusCode::SERVICE_UNAVAILABLE, "database")
        }
        Err(_) => plain(StatusCode::SERVICE_UNAVAILABLE, "database timeout"),
    }
}

async fn render<R: Ready>(State(health): State<Arc<Health<R>>>) -> impl IntoResponse {
    health.ready.observe();
    match &health.metrics {
        Some(handle) => {
            handle.run_upkeep();
            (StatusCode::OK, [(header::CONTENT_TYPE, "text/plain; version=0.0.4")], handle.render())
        }
        None => (StatusCode::NOT_FOUND, [(header::CONTENT_TYPE, "text/plain")], String::new()),
    }
}

fn plain(status: StatusCode, text: &'static str) -> impl IntoResponse {
    (status, [(header::CACHE_CONTROL, "no-store")], text)
}
