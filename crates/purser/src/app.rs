//! Wiring: from a configuration to a server that answers.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use async_graphql::parser::types::ExecutableDocument;
use async_graphql::{Request, Response, ServerError, Variables};
use axum::Router;
use axum::middleware::from_fn_with_state;
use metrics_exporter_prometheus::PrometheusHandle;
use purser_connector::Inbound;
use purser_domain::{KeyScope, KeyScopes, Viewer};
use purser_graphql::Plan;
use purser_plugin_sandbox::Sandbox;
use purser_services::payments::{self, Destination, NotTaken};
use purser_services::{App, keys};
use purser_storage::{Store, StoreOptions};
use purser_types::Source;
use purser_vault::Keyring;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::config::{self, Config};
use crate::connectors::{self, challenge};
use crate::http::jwt::{Claims, Verifier};
use crate::http::pages::PageConfig;
use crate::http::server::{Draining, InFlight, serve};
use crate::http::{
    Authenticate, CameBack, ComeBack, CredentialsUnavailable, Edge, EdgeParts, Execute, Operation, Ready,
    Receive, Received, cors, health, notifications, pages, record, returns,
};
use crate::worker::{self, Workers};

/// The parts of a process that do not listen: what commands and the server share.
pub struct Parts {
    /// The services.
    pub app: Arc<App>,
    /// The simulated processors, whose books tests read.
    pub sandbox: Arc<Sandbox>,
    /// The clock and the dice.
    pub source: Arc<dyn Source>,
}

/// Brings the database up to date and puts the parts together.
///
/// # Errors
/// The database, the key file or the sandbox's journal cannot be used; the message says which.
pub async fn open(config: &Config, source: Arc<dyn Source>) -> anyhow::Result<Parts> {
    std::fs::create_dir_all(&config.data_dir)
        .with_context(|| format!("creating the data directory {}", config.data_dir.display()))?;
    let url = config.database.url.expose();
    create_parent(url)?;
    purser_migrations::migrate(&migration_url(url)).await.context("bringing the database up to date")?;
    let options = StoreOptions {
        url: url.to_owned(),
        read_connections: config.database.readers,
        write_connections: config.database.pool_max,
    };
    let store = Store::open(&options).await.context("opening the database")?;
    let key_file = &config.vault.key_file;
    let keyring = Keyring::load_or_create(key_file)
        .with_context(|| format!("reading the key file {}", key_file.display()))?;
    let sandbox = connectors::sandbox(config, Arc::clone(&source))?;
    let host = connectors::host(config, &sandbox, Arc::clone(&source))?;
    let app = App::new(store, host, keyring, Arc::clone(&source), &config.server.origin());
    Ok(Parts { app, sandbox, source })
}

/// An embedded database is created where it does not exist.
fn migration_url(url: &str) -> String {
    if url.starts_with("sqlite:") && !url.contains('?') { format!("{url}?mode=rwc") } else { url.to_owned() }
}

fn create_parent(url: &str) -> anyhow::Result<()> {
    let path = url.strip_prefix("sqlite:").map(|rest| rest.trim_start_matches("//"));
    let parent = path.and_then(|path| Path::new(path).parent()).filter(|it| !it.as_os_str().is_empty());
    if let Some(parent) = parent {
        std::fs::create_dir_all(parent).with_context(|| format!("creating {}", parent.display()))?;
    }
    Ok(())
}

/// A server that answers until it is stopped.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    /// What it is made of.
    pub parts: Parts,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<bool>,
    watching: JoinHandle<()>,
    workers: Workers,
    drain_timeout: Duration,
}

impl Running {
    /// Serves until `signal` ends, then drains; answers whether everything finished in time.
    ///
    /// # Errors
    /// The server's task panicked.
    pub async fn until(self, signal: impl Future<Output = ()>) -> anyhow::Result<bool> {
        signal.await;
        self.stop().await
    }

    /// Stops accepting, lets what is in flight finish, and answers whether all of it did in time.
    ///
    /// # Errors
    /// The server's task panicked.
    pub async fn stop(self) -> anyhow::Result<bool> {
        // A server that has stopped already has nobody to tell.
        let _ = self.stop.send(());
        let (served, rested) = tokio::join!(self.serving, self.workers.stop(self.drain_timeout));
        self.watching.abort();
        Ok(served.context("the server's task ended badly")? && rested)
    }
}

/// Serves parts on a listener that is bound already.
///
/// # Errors
/// The keys of an issuer cannot be loaded.
pub async fn start(
    config: &Config,
    parts: Parts,
    listener: TcpListener,
    graphiql: Arc<PageConfig>,
    metrics: Option<PrometheusHandle>,
) -> anyhow::Result<Running> {
    let address = listener.local_addr().context("reading the address that was bound")?;
    let tokens = Arc::new(Verifier::new(&config.auth.issuers, Arc::clone(&parts.source))?);
    for (issuer, loaded) in tokens.load().await {
        // A server without one issuer's keys still serves everybody else; doctor says so.
        if let Err(error) = loaded {
            tracing::warn!(issuer, %error, "the keys of an issuer were not loaded");
        }
    }
    let watched = Arc::clone(&tokens);
    let watching = tokio::spawn(async move { watched.watch().await });
    let (in_flight, landed) = InFlight::new();
    let draining = Draining::default();
    let gateway = Arc::new(Gateway { app: Arc::clone(&parts.app), schema: purser_graphql::schema() });
    let sdl = purser_graphql::sdl();
    let edge = Edge::new(EdgeParts {
        authenticate: Arc::clone(&gateway),
        execute: Arc::clone(&gateway),
        tokens,
        graphql: config.graphql.clone(),
        server: config.server.clone(),
        sdl: sdl.clone(),
        in_flight: in_flight.clone(),
    });
    let source = Arc::clone(&parts.source);
    let router: Router = edge
        .routes("/graphql")
        .layer(cors::layer(&config.server))
        .merge(pages::graphiql(graphiql))
        .merge(pages::schema(sdl))
        .merge(notifications::routes(
            Arc::clone(&gateway),
            Arc::clone(&source),
            &config.server,
            in_flight.clone(),
        ))
        .merge(returns::routes(Arc::clone(&gateway), &config.server, in_flight))
        .merge(health::routes(
            Arc::clone(&gateway),
            draining.clone(),
            metrics.filter(|_| config.server.metrics),
        ));
    // The pages of processors elsewhere are elsewhere.
    let router = match config.connectors.sandbox_url {
        Some(_) => router,
        None => router.merge(challenge::routes(Arc::clone(&parts.sandbox), Arc::clone(&source))),
    };
    let router = router.layer(from_fn_with_state(source, record::layer));
    let (stop, stopped) = oneshot::channel();
    let limits: config::Server = config.server.clone();
    let serving = tokio::spawn(async move {
        let stopped = async {
            // The sender gone means stop as well.
            let _ = stopped.await;
        };
        serve(listener, router, &limits, draining, landed, stopped).await
    });
    let workers = worker::start(config, &parts, gateway);
    let drain_timeout = Duration::from_millis(config.server.drain_timeout_ms);
    Ok(Running { address, parts, stop, serving, watching, workers, drain_timeout })
}

/// What the edge asks, answered by the services and the schema.
struct Gateway {
    app: Arc<App>,
    schema: purser_graphql::Schema,
}

impl Authenticate for Gateway {
    type Viewer = Option<Viewer>;

    fn anonymous(&self) -> Option<Viewer> {
        None
    }

    async fn api_key(&self, presented: &str) -> Result<Option<Option<Viewer>>, CredentialsUnavailable> {
        let found = keys::viewer_of_api_key(&self.app, presented).await;
        found.map(|viewer| viewer.map(Some)).map_err(unavailable)
    }

    async fn jwt(&self, claims: Claims) -> Result<Option<Option<Viewer>>, CredentialsUnavailable> {
        let Ok(tenant_id) = claims.tenant.parse() else { return Ok(None) };
        let environment = match claims.environment {
            config::Environment::Live => purser_domain::Environment::Live,
            config::Environment::Sandbox => purser_domain::Environment::Sandbox,
        };
        // A scope that this version does not know gives nothing.
        let known = claims.scopes.iter().filter_map(|scope| scope.parse::<KeyScope>().ok());
        let scopes: KeyScopes = known.collect();
        let found = keys::viewer_of_token(&self.app, tenant_id, environment, claims.subject, scopes).await;
        found.map(|viewer| viewer.map(Some)).map_err(unavailable)
    }

    fn tenant(&self, viewer: &Option<Viewer>) -> Option<String> {
        viewer.as_ref().map(|viewer| viewer.tenant().to_string())
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is given to map_err")]
fn unavailable(error: purser_services::Error) -> CredentialsUnavailable {
    tracing::error!(%error, "a credential could not be verified");
    CredentialsUnavailable
}

impl Execute for Gateway {
    type Viewer = Option<Viewer>;

    fn authorize(&self, viewer: &Option<Viewer>, operation: &Operation) -> Result<(), ServerError> {
        let fields: Vec<&str> = operation.root_fields.iter().map(String::as_str).collect();
        purser_graphql::security::authorize(viewer.as_ref(), operation.kind, &fields)
            .map_err(purser_graphql::security::Denied::into_server_error)
    }

    fn once(&self, request: Request, key: String) -> Request {
        purser_graphql::with_idempotency_key(request, key)
    }

    async fn execute(&self, request: Request, viewer: Option<Viewer>) -> Response {
        let request = match viewer {
            Some(viewer) => purser_graphql::with_context(request, self.app.ctx(viewer)),
            None => request,
        };
        purser_graphql::execute(&self.schema, request).await
    }

    fn plan(&self, document: &ExecutableDocument, operation_name: Option<&str>) -> Option<Plan> {
        Plan::of(document, operation_name)
    }

    async fn run(&self, plan: &Plan, variables: &Variables, viewer: Option<Viewer>) -> Option<Vec<u8>> {
        plan.run(&self.app.ctx(viewer?), variables).await
    }
}

impl Receive for Gateway {
    async fn receive(&self, connector_id: &str, inbound: Inbound) -> Received {
        match payments::receive_notification(&self.app, connector_id, inbound).await {
            Ok(acknowledgement) => Received::Acknowledged(acknowledgement),
            Err(NotTaken::Unauthentic) => Received::Refused,
            Err(NotTaken::Unavailable) => Received::Unavailable,
        }
    }
}

impl ComeBack for Gateway {
    async fn come_back(&self, token: &str, parameters: Vec<(String, String)>) -> CameBack {
        match payments::resume_by_token(&self.app, token, parameters.into_iter().collect()).await {
            Ok(Some(Destination::To(url))) => CameBack::To(url),
            Ok(Some(Destination::Nowhere)) => CameBack::Nowhere,
            Ok(None) => CameBack::Unknown,
            Err(error) => {
                tracing::error!(%error, "a customer's return did not finish");
                CameBack::Unavailable
            }
        }
    }
}

impl Ready for Gateway {
    async fn ping(&self) -> Result<(), String> {
        self.app.store().ping().await.map_err(|error| error.to_string())
    }

    fn observe(&self) {
        metrics::counter!("purser_statements_total").absolute(self.app.store().statements());
    }
}

#[cfg(test)]
mod tests;
