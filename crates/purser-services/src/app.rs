//! The process's parts, and the context that every use case is given.

use std::sync::Arc;

use purser_domain::scope::Actor;
use purser_domain::{Environment, KeyScope, KeyScopes, Scope, Viewer};
use purser_host::Host;
use purser_storage::Store;
use purser_types::id::TenantId;
use purser_types::{Source, Timestamp};
use purser_vault::Keyring;

use crate::once::Once;
use crate::pool::{Credentials, Looks, Pool};

/// What a process has one of.
pub struct App {
    pub(crate) store: Store,
    pub(crate) host: Arc<Host>,
    pub(crate) keyring: Keyring,
    pub(crate) source: Arc<dyn Source>,
    pub(crate) connectors: Pool,
    pub(crate) credentials: Credentials,
    pub(crate) public_origin: String,
    pub(crate) looks: Looks,
}

impl App {
    /// Puts the parts together. `public_origin` is how the world reaches this server, such as
    /// `https://pay.example.com`: customers' browsers come back from processors to addresses below it.
    #[must_use]
    pub fn new(
        store: Store,
        host: Host,
        keyring: Keyring,
        source: Arc<dyn Source>,
        public_origin: &str,
    ) -> Arc<Self> {
        Arc::new(Self {
            store,
            host: Arc::new(host),
            keyring,
            source,
            connectors: Pool::default(),
            credentials: Credentials::default(),
            public_origin: public_origin.trim_end_matches('/').to_owned(),
            looks: Looks::default(),
        })
    }

    /// The storage, for readiness and figures.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The connector host.
    #[must_use]
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// The clock and the dice.
    #[must_use]
    pub fn source(&self) -> &dyn Source {
        &*self.source
    }

    /// The context of one request of a viewer.
    #[must_use]
    pub fn ctx(self: &Arc<Self>, viewer: Viewer) -> Ctx {
        let scope = viewer.scope(self.source.now());
        Ctx { app: Arc::clone(self), viewer: Arc::new(viewer), scope, once: None }
    }

    /// The context of work that the server does by itself for a tenant: workers that repair, capture and
    /// expire. It has no scope of a credential, since nobody asked.
    #[must_use]
    pub fn acting_for(self: &Arc<Self>, tenant: TenantId, environment: Environment) -> Ctx {
        self.ctx(Viewer::verified(tenant, environment, Actor::Operator, KeyScopes::NONE))
    }
}

/// One request: who asks, and the instant that all of it sees.
#[derive(Clone)]
pub struct Ctx {
    pub(crate) app: Arc<App>,
    viewer: Arc<Viewer>,
    scope: Scope,
    pub(crate) once: Option<Arc<Once>>,
}

impl Ctx {
    /// The same request, carried out once however often it comes: see [`Once`].
    #[must_use]
    pub fn with_once(&self, once: Once) -> Self {
        Self { once: Some(Arc::new(once)), ..self.clone() }
    }

    /// Who asks.
    #[must_use]
    pub fn viewer(&self) -> &Viewer {
        &self.viewer
    }

    /// The scope that storage is given.
    #[must_use]
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// The instant that the request sees.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.scope.now()
    }

    /// Whether the credential has a scope.
    #[must_use]
    pub fn may(&self, scope: KeyScope) -> bool {
        self.viewer.may(scope)
    }

    /// The process.
    #[must_use]
    pub fn app(&self) -> &Arc<App> {
        &self.app
    }

    pub(crate) fn store(&self) -> &Store {
        &self.app.store
    }

    pub(crate) fn source(&self) -> &dyn Source {
        &*self.app.source
    }
}
