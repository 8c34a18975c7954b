//! Closed enums about viewers, tenants and keys.

use async_graphql::Enum;

/// Live and sandbox records never meet: each belongs to one environment for ever.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "purser_domain::scope::Environment")]
pub(crate) enum Environment {
    /// Real money.
    Live,
    /// Test data and simulated processors.
    Sandbox,
}

/// The kind of credential a viewer was verified by.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "purser_domain::scope::ViewerKind")]
pub(crate) enum ViewerKind {
    /// A secret API key, kept on the tenant's servers.
    SecretKey,
    /// A publishable API key; it is in page sources, so everybody has it.
    PublishableKey,
    /// A JWT bearer token of a configured issuer.
    Token,
    /// The operator at the command line of the server itself.
    Operator,
}

/// Whether a tenant may act.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "purser_domain::tenant::TenantStatus")]
pub(crate) enum TenantStatus {
    /// The tenant acts.
    Active,
    /// Its credentials are refused until it is active again.
    Suspended,
    /// Gone for good; its payments stay readable by nobody but the operator.
    Closed,
}

/// What a tenant's plan includes.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "purser_domain::tenant::Feature")]
pub(crate) enum Feature {
    /// Containers and customer profiles.
    CustomerProfiles,
    /// Routers over several connectors.
    Routing,
}

/// What an API key is for.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "purser_domain::tenant::ApiKeyKind")]
pub(crate) enum ApiKeyKind {
    /// For servers; has scopes.
    Secret,
    /// For pages and apps; sees nothing that is stored.
    Publishable,
}
