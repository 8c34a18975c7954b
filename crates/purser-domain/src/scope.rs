//! Who is asking, and the scope that every query is given.

use purser_types::Timestamp;
use purser_types::id::{ApiKeyId, TenantId};

use purser_types::{bit_set, spelled};

spelled! {
    /// Live and sandbox records never meet: each belongs to one environment for ever.
    pub enum Environment {
        /// Real money.
        Live = "LIVE",
        /// Test data and simulated processors.
        Sandbox = "SANDBOX",
    }
}

spelled! {
    /// What a credential may do, as OAuth-style scopes `resource:action`.
    pub enum KeyScope {
        /// Read profiles that the tenant sees.
        ProfilesRead = "profiles:read",
        /// Create and change profiles.
        ProfilesWrite = "profiles:write",
        /// Delete profiles.
        ProfilesDelete = "profiles:delete",
        /// See e-mail addresses, telephone numbers, birth dates and addresses unmasked.
        ProfilesPii = "profiles:pii",
        /// Read the tenant's private metadata.
        MetadataRead = "metadata:read",
        /// Write the tenant's private metadata.
        MetadataWrite = "metadata:write",
        /// Read stored instruments, masked.
        InstrumentsRead = "instruments:read",
        /// Store and change instruments.
        InstrumentsWrite = "instruments:write",
        /// Pay with stored instruments.
        InstrumentsUse = "instruments:use",
        /// Read containers and their shares.
        ContainersRead = "containers:read",
        /// Create, share, bind and disable containers.
        ContainersAdmin = "containers:admin",
        /// Read connectors and their capabilities.
        ConnectorsRead = "connectors:read",
        /// Create and change connectors.
        ConnectorsAdmin = "connectors:admin",
        /// Read routers and simulate routes.
        RoutingRead = "routing:read",
        /// Create and change routers.
        RoutingWrite = "routing:write",
        /// Read payments.
        PaymentsRead = "payments:read",
        /// Debit, preauthorize, capture and register.
        PaymentsWrite = "payments:write",
        /// Void payments.
        PaymentsVoid = "payments:void",
        /// Refund payments.
        PaymentsRefund = "payments:refund",
        /// Create and revoke API keys.
        KeysAdmin = "keys:admin",
        /// Read the tenant and its sub-tenants.
        TenantsRead = "tenants:read",
        /// Create and change sub-tenants.
        TenantsAdmin = "tenants:admin",
        /// Decide what became of an attempt that nobody else can tell, for operators.
        PaymentsResolve = "payments:resolve",
        /// Read orders.
        OrdersRead = "orders:read",
        /// Submit orders and their fulfilment.
        OrdersWrite = "orders:write",
    }
}

bit_set! {
    /// A set of scopes.
    pub struct KeyScopes of KeyScope
}

spelled! {
    /// The kind of credential a viewer was verified by.
    pub enum ViewerKind {
        /// A secret API key, kept on the tenant's servers.
        SecretKey = "SECRET_KEY",
        /// A publishable API key; it is in page sources, so everybody has it.
        PublishableKey = "PUBLISHABLE_KEY",
        /// A JWT bearer token of a configured issuer.
        Token = "TOKEN",
        /// The operator at the command line of the server itself.
        Operator = "OPERATOR",
    }
}

/// Who was verified, for the record and for the log.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Actor {
    /// A secret API key.
    SecretKey(ApiKeyId),
    /// A publishable API key.
    PublishableKey(ApiKeyId),
    /// The `sub` of a JWT.
    Token(String),
    /// The operator at the command line.
    Operator,
}

impl Actor {
    /// The kind of credential.
    #[must_use]
    pub fn kind(&self) -> ViewerKind {
        match self {
            Self::SecretKey(_) => ViewerKind::SecretKey,
            Self::PublishableKey(_) => ViewerKind::PublishableKey,
            Self::Token(_) => ViewerKind::Token,
            Self::Operator => ViewerKind::Operator,
        }
    }

    /// How records name the actor: `key_…`, `sub:…` or `operator`.
    #[must_use]
    pub fn label(&self) -> String {
        match self {
            Self::SecretKey(id) | Self::PublishableKey(id) => id.to_string(),
            Self::Token(subject) => format!("sub:{subject}"),
            Self::Operator => "operator".to_owned(),
        }
    }
}

/// Whoever is asking: one tenant, in one environment, with some scopes.
///
/// Made only from a verified credential and carried by every call below; no header, argument or
/// variable can change its tenant.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Viewer {
    tenant: TenantId,
    environment: Environment,
    actor: Actor,
    scopes: KeyScopes,
}

impl Viewer {
    /// The viewer that a verified credential stands for.
    #[must_use]
    pub fn verified(tenant: TenantId, environment: Environment, actor: Actor, scopes: KeyScopes) -> Self {
        Self { tenant, environment, actor, scopes }
    }

    /// The tenant.
    #[must_use]
    pub fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// The environment.
    #[must_use]
    pub fn environment(&self) -> Environment {
        self.environment
    }

    /// Who was verified.
    #[must_use]
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// The kind of credential.
    #[must_use]
    pub fn kind(&self) -> ViewerKind {
        self.actor.kind()
    }

    /// What the credential may do.
    #[must_use]
    pub fn scopes(&self) -> KeyScopes {
        self.scopes
    }

    /// Whether the credential has a scope.
    #[must_use]
    pub fn may(&self, scope: KeyScope) -> bool {
        self.scopes.contains(scope)
    }

    /// The scope of this viewer's queries at an instant.
    #[must_use]
    pub fn scope(&self, now: Timestamp) -> Scope {
        Scope { tenant: self.tenant, environment: self.environment, now }
    }
}

/// What every query of storage is given: whose data, in which environment, as of when.
///
/// Expiry of grants is judged against `now`, so that one request sees one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Scope {
    tenant: TenantId,
    environment: Environment,
    now: Timestamp,
}

impl Scope {
    /// The scope of a worker for the owner of a row that it took: the row names the tenant and the
    /// environment, and the system scope says why the row could be taken without either.
    #[must_use]
    pub fn on_behalf(
        _system: &SystemScope,
        tenant: TenantId,
        environment: Environment,
        now: Timestamp,
    ) -> Self {
        Self { tenant, environment, now }
    }

    /// The tenant whose data may be seen.
    #[must_use]
    pub fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// The environment whose data may be seen.
    #[must_use]
    pub fn environment(&self) -> Environment {
        self.environment
    }

    /// The instant the request sees.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }
}

/// The scope of work that has no tenant yet: verifying a credential, or the operator's command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SystemScope {
    reason: &'static str,
    now: Timestamp,
}

impl SystemScope {
    /// Work outside any tenant, with the reason that a reviewer reads.
    #[must_use]
    pub fn new(reason: &'static str, now: Timestamp) -> Self {
        Self { reason, now }
    }

    /// Why no tenant is named.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        self.reason
    }

    /// The instant of the work.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }
}
