//! A world: one server on a fresh database, with its clock, its processors and its clients.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::FutureExt;
use purser::app::{self, Parts, Running};
use purser::config::{Config, DatabaseUrl};
use purser::connectors;
use purser_connector::Http;
use purser_domain::Environment;
use purser_domain::tenant::ApiKeyKind;
use purser_host::{Host, HostConfig};
use purser_plugin_sandbox::{Books, Sandbox};
use purser_services::{App, keys, tenants};
use purser_types::Source;
use purser_vault::Keyring;
use serde_json::json;
use tempfile::TempDir;
use tokio::net::TcpListener;

use crate::client::Client;
use crate::databases::{self, Engine};
use crate::gate::Gate;
use crate::source::TestSource;
use crate::tenant::Tenant;

/// Runs a test on both databases, and says on which it failed.
///
/// # Panics
/// As the test does.
pub async fn each_database(body: impl AsyncFn(&World)) {
    each_database_with(|_| {}, body).await;
}

/// The same, and every question is asked again: its plan must say what the executor says.
///
/// # Panics
/// As the test does.
pub async fn each_database_asked_again(body: impl AsyncFn(&World)) {
    each_database(async |world| {
        world.anonymous().ask_again();
        body(world).await;
    })
    .await;
}

/// The same with something else in the configuration.
///
/// # Panics
/// As the test does.
pub async fn each_database_with(change: impl Fn(&mut Config), body: impl AsyncFn(&World)) {
    let mut failures = Vec::new();
    for engine in Engine::ALL {
        let world = World::start_with(engine, &change).await;
        let result = AssertUnwindSafe(body(&world)).catch_unwind().await;
        if let Err(panic) = result {
            failures.push((engine, panic));
        } else {
            world.stop().await;
        }
    }
    let engines: Vec<Engine> = failures.iter().map(|(engine, _)| *engine).collect();
    if let Some((_, panic)) = failures.into_iter().next() {
        // The panic itself was printed when it happened, without the engine.
        std::io::Write::write_all(&mut std::io::stderr(), format!("failed on {engines:?}\n").as_bytes())
            .expect("standard error is open");
        std::panic::resume_unwind(panic);
    }
}

/// One server with everything around it.
pub struct World {
    engine: Engine,
    url: String,
    running: Running,
    source: Arc<TestSource>,
    gate: Arc<Gate>,
    client: Client,
    counter: AtomicU64,
    // Removed with the world.
    _directory: TempDir,
}

impl World {
    /// Starts a server on a fresh database.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn start(engine: Engine) -> Self {
        Self::start_with(engine, |_| {}).await
    }

    /// Starts a server on a fresh database, with something else in the configuration.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn start_with(engine: Engine, change: impl FnOnce(&mut Config)) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let url = databases::fresh(engine, directory.path()).await;
        let mut config = Config { data_dir: directory.path().to_owned(), ..Config::default() };
        config.database.url = DatabaseUrl::from(url.as_str());
        config.database.readers = 2;
        config.database.pool_max = 8;
        config.vault.key_file = directory.path().join("vault.key");
        // Tests say themselves when a job runs, and count statements.
        config.workers.enabled = false;
        change(&mut config);
        let source = Arc::new(TestSource::new(7));
        let shared: Arc<dyn Source> = source.clone();
        let parts = app::open(&config, shared).await.expect("the parts open");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let origin = format!("http://{}", listener.local_addr().expect("a bound address"));
        let (parts, gate) = gated(&config, parts, &origin);
        let page = Arc::new(|| json!({}));
        let running = app::start(&config, parts, listener, page, None).await.expect("the server starts");
        let client = Client::anonymous(&format!("http://{}", running.address));
        let counter = AtomicU64::new(0);
        Self { engine, url, running, source, gate, client, counter, _directory: directory }
    }

    /// Stops the server and throws its database away.
    ///
    /// # Panics
    /// If something did not finish.
    pub async fn stop(self) {
        assert!(self.running.stop().await.expect("the server ends well"), "everything finished in time");
        databases::discard(self.engine, &self.url).await;
    }

    /// On which database this is.
    #[must_use]
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// Lets time pass.
    pub fn advance(&self, by: Duration) {
        self.source.advance(by);
    }

    /// The clock and the dice.
    #[must_use]
    pub fn source(&self) -> &TestSource {
        &self.source
    }

    /// An RFC 3339 time so far from now.
    #[must_use]
    pub fn in_future(&self, by: Duration) -> String {
        self.source.now().saturating_add(by).to_string()
    }

    /// What a processor has booked.
    #[must_use]
    pub fn books(&self, processor: &str) -> Books {
        self.running.parts.sandbox.books(processor)
    }

    /// The simulated processors themselves.
    #[must_use]
    pub fn sandbox(&self) -> &Sandbox {
        &self.running.parts.sandbox
    }

    /// What stands in front of the processors.
    #[must_use]
    pub fn gate(&self) -> &Gate {
        &self.gate
    }

    /// How many statements have been sent to the database.
    #[must_use]
    pub fn statements(&self) -> u64 {
        self.running.parts.app.store().statements()
    }

    /// The services, for what has no API: the operator's commands.
    #[must_use]
    pub fn app(&self) -> &Arc<App> {
        &self.running.parts.app
    }

    /// A client without a credential.
    #[must_use]
    pub fn anonymous(&self) -> &Client {
        &self.client
    }

    /// A text that no other call of this world gives.
    #[must_use]
    pub fn unique(&self, what: &str) -> String {
        format!("{what}-{}", self.counter.fetch_add(1, Ordering::SeqCst))
    }

    /// A root tenant with a secret key that may do everything, as the operator makes both.
    ///
    /// # Panics
    /// If the slug is taken.
    pub async fn root_tenant(&self, slug: &str) -> Tenant<'_> {
        let input = tenants::CreateTenant {
            parent_id: None,
            slug: slug.to_owned(),
            name: slug.to_owned(),
            default_currency: None,
            features: None,
        };
        let tenant = tenants::create_root(self.app(), input).await.expect("a root tenant");
        self.tenant(tenant.id, slug).await
    }

    /// A tenant that exists, with a key that the test has.
    #[must_use]
    pub fn known_tenant(&self, id: &str, slug: &str, secret: &str) -> Tenant<'_> {
        Tenant::new(self, id.to_owned(), slug, self.client.with(secret))
    }

    /// A tenant that exists, with a new secret key that may do everything.
    pub(crate) async fn tenant(&self, id: purser_types::id::TenantId, slug: &str) -> Tenant<'_> {
        let secret = self.key(id, ApiKeyKind::Secret, Environment::Sandbox).await;
        Tenant::new(self, id.to_string(), slug, self.client.with(&secret))
    }

    /// A new key of a tenant, as the operator makes it.
    pub(crate) async fn key(
        &self,
        id: purser_types::id::TenantId,
        kind: ApiKeyKind,
        environment: Environment,
    ) -> String {
        let input = keys::CreateApiKey {
            tenant_id: None,
            kind,
            environment: Some(environment),
            name: "test".to_owned(),
            scopes: None,
            expires_at: None,
        };
        let created = keys::create_as_operator(self.app(), id, input).await.expect("a key");
        created.secret.expose().to_owned()
    }
}

/// The same parts with a gate in front of the processors; the rest is as the binary wires it.
fn gated(config: &Config, parts: Parts, origin: &str) -> (Parts, Arc<Gate>) {
    let gate = Arc::new(Gate::new(Arc::clone(&parts.sandbox)));
    let service: Arc<dyn Http> = gate.clone();
    let host = Host::new(
        connectors::registry(),
        HostConfig {
            local_services: vec![(Sandbox::HOSTS.to_owned(), service)],
            ..HostConfig::new(Arc::clone(&parts.source))
        },
    );
    let keyring = Keyring::load_or_create(&config.vault.key_file).expect("the key file is there");
    let app = App::new(parts.app.store().clone(), host, keyring, Arc::clone(&parts.source), origin);
    (Parts { app, ..parts }, gate)
}

/// Waits for a condition, and says so if it does not come true.
///
/// # Panics
/// After ten seconds.
pub async fn eventually(what: &str, condition: impl AsyncFn() -> bool) {
    let waiting = async {
        let mut tick = tokio::time::interval(Duration::from_millis(10));
        while !condition().await {
            tick.tick().await;
        }
    };
    let ended = tokio::time::timeout(Duration::from_secs(10), waiting).await;
    assert!(ended.is_ok(), "never came true: {what}");
}
