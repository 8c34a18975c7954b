//! Who is asking.

use async_graphql::{Context, Error, Object};
use purser_domain::scope;

use crate::context::{enter, session};
use crate::error::{Nullable, internal};
use crate::tenants::Tenant;
use crate::words::{Environment, ViewerKind};

/// The viewer of the request.
pub(crate) struct Viewer(scope::Viewer);

/// Who is asking: what the credential of the request stands for.
#[Object]
impl Viewer {
    /// The tenant whose graph is seen.
    async fn tenant(&self, gql: &Context<'_>) -> Result<Tenant, Error> {
        let found = session(gql)?.loaders().tenants.load(self.0.tenant()).await?;
        found.map(Tenant::new).ok_or_else(internal)
    }

    /// Live or sandbox: the credential works in one of the two, and sees nothing of the other.
    async fn environment(&self) -> Environment {
        self.0.environment().into()
    }

    /// The kind of credential.
    async fn kind(&self) -> ViewerKind {
        self.0.kind().into()
    }

    /// How records name whoever did something with this credential: `key_…`, `sub:…` or `operator`.
    async fn actor(&self) -> String {
        self.0.actor().label()
    }

    /// What the credential may do, as scopes such as `profiles:read`.
    async fn scopes(&self) -> Vec<&'static str> {
        self.0.scopes().iter().map(scope::KeyScope::as_str).collect()
    }
}

#[derive(Default)]
pub(crate) struct ViewerQuery;

#[Object]
impl ViewerQuery {
    /// Who is asking. Needs any credential.
    async fn viewer(&self, gql: &Context<'_>) -> Nullable<Viewer> {
        Some(enter(gql, "Query.viewer").map(|session| Viewer(session.ctx().viewer().clone())))
    }
}
