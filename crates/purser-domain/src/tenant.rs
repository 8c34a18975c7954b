//! The one tree of tenants.

use purser_types::id::{ApiKeyId, TenantId};
use purser_types::{Currency, Timestamp};

use crate::scope::{Environment, KeyScopes};
use purser_types::{bit_set, spelled};

/// The deepest tree: a marketplace, its regions, its merchants and their stores need four levels.
pub const DEPTH_MAX: usize = 8;

spelled! {
    /// Whether a tenant may act.
    pub enum TenantStatus {
        /// The tenant acts.
        Active = "ACTIVE",
        /// Its credentials are refused until it is active again.
        Suspended = "SUSPENDED",
        /// Gone for good; its payments stay readable by nobody but the operator.
        Closed = "CLOSED",
    }
}

spelled! {
    /// What a tenant's plan includes.
    pub enum Feature {
        /// Containers and customer profiles.
        CustomerProfiles = "CUSTOMER_PROFILES",
        /// Routers over several connectors.
        Routing = "ROUTING",
    }
}

bit_set! {
    /// A set of features.
    pub struct Features of Feature
}

/// A tenant: a marketplace, a merchant, a store. A merchant is a tenant that has connectors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// The tenant's id.
    pub id: TenantId,
    /// The tenant above, none for a root.
    pub parent_id: Option<TenantId>,
    /// The root of the tree, itself for a root.
    pub root_id: TenantId,
    /// The ids from the root down to this tenant.
    pub path: Path,
    /// A unique, readable name for command lines and addresses.
    pub slug: String,
    /// The name that people see.
    pub name: String,
    /// Whether the tenant may act.
    pub status: TenantStatus,
    /// What its plan includes.
    pub features: Features,
    /// The currency of amounts that name none.
    pub default_currency: Currency,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Grows by one with each change.
    pub version: i32,
}

/// The ids from the root of the tree down to a tenant, itself included.
///
/// Its text is `/ten_…/ten_…/`; a tenant is below another exactly if its text starts with the other's.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Path(String);

impl Path {
    /// The path of a root.
    #[must_use]
    pub fn root(id: TenantId) -> Self {
        Self(format!("/{id}/"))
    }

    /// The path of a child.
    #[must_use]
    pub fn child(&self, id: TenantId) -> Self {
        Self(format!("{}{id}/", self.0))
    }

    /// The path that the database kept.
    #[must_use]
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The text form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// How many tenants are on the path.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.0.matches('/').count().saturating_sub(1)
    }

    /// Whether `ancestor` is on the path strictly above this tenant.
    #[must_use]
    pub fn is_below(&self, ancestor: &Self) -> bool {
        self.0.len() > ancestor.0.len() && self.0.starts_with(&ancestor.0)
    }
}

spelled! {
    /// What an API key is for.
    pub enum ApiKeyKind {
        /// For servers; has scopes.
        Secret = "SECRET",
        /// For pages and apps; sees nothing that is stored.
        Publishable = "PUBLISHABLE",
    }
}

/// An API key without its secret, which is shown once and kept only as a keyed hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// The key's id.
    pub id: ApiKeyId,
    /// Whose key it is.
    pub tenant_id: TenantId,
    /// What it is for.
    pub kind: ApiKeyKind,
    /// Where it works.
    pub environment: Environment,
    /// The name that people see.
    pub name: String,
    /// The first characters of the secret, to recognise it by: `sk_test_4f2a…`.
    pub prefix: String,
    /// What it may do.
    pub scopes: KeyScopes,
    /// When it stops working; [`Timestamp::NEVER`] if it does not.
    pub expires_at: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// When it was created.
    pub created_at: Timestamp,
    /// Who created it.
    pub created_by: String,
}

impl ApiKey {
    /// Whether the key works at an instant.
    #[must_use]
    pub fn is_active(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && now < self.expires_at
    }
}

#[cfg(test)]
mod tests {
    use purser_types::id::TenantId;

    use super::*;

    #[test]
    fn a_path_knows_what_is_below_it() {
        let id = |text: &str| text.parse::<TenantId>().expect("id");
        let root = Path::root(id("ten_01h455vb4pex5vsknk084sn02q"));
        let child = root.child(id("ten_01h455vb4pex5vsknk084sn02r"));
        assert!(child.is_below(&root));
        assert!(!root.is_below(&root) && !root.is_below(&child));
        assert_eq!((root.depth(), child.depth()), (1, 2));
    }
}
