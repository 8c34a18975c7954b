//! The rule of sharing, stated again and apart from the product, over the simplest values that carry it.
//!
//! Nothing here may call the product: two statements of one rule find each other's mistakes only as long
//! as they are two.

use std::collections::BTreeSet;

/// The permissions in the spelling of the graph.
pub(super) const PERMISSIONS: [&str; 7] = [
    "READ_PROFILE",
    "READ_PII",
    "USE_INSTRUMENT",
    "STORE_INSTRUMENT",
    "UPDATE_PROFILE",
    "DELETE_PROFILE",
    "READ_HISTORY",
];

pub(super) type Permissions = BTreeSet<&'static str>;

/// A tenant by its position in [`Model::parents`].
pub(super) type TenantAt = usize;
/// A container by its position in [`Model::containers`].
pub(super) type ContainerAt = usize;
/// A connector by its position in [`Model::connectors`].
pub(super) type ConnectorAt = usize;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    Active,
    ReadOnly,
    Disabled,
}

#[derive(Debug)]
pub(super) struct Container {
    pub(super) owner: TenantAt,
    pub(super) status: Status,
}

#[derive(Debug)]
pub(super) struct Share {
    pub(super) container: ContainerAt,
    pub(super) grantee: TenantAt,
    pub(super) include_descendants: bool,
    pub(super) permissions: Permissions,
    pub(super) is_revoked: bool,
    /// In hours since the beginning.
    pub(super) expires_at: Option<u64>,
}

#[derive(Debug)]
pub(super) struct OptOut {
    pub(super) tenant: TenantAt,
    pub(super) container: Option<ContainerAt>,
    pub(super) includes_self: bool,
}

#[derive(Debug)]
pub(super) struct Connector {
    pub(super) tenant: TenantAt,
    pub(super) ignores_default: bool,
    pub(super) bound: Option<ContainerAt>,
}

#[derive(Debug)]
pub(super) struct Profile {
    pub(super) container: ContainerAt,
    pub(super) linked: BTreeSet<TenantAt>,
}

/// Everything that decides who sees what.
#[derive(Debug, Default)]
pub(super) struct Model {
    /// The tree: each tenant's parent; the root is its own.
    pub(super) parents: Vec<TenantAt>,
    pub(super) containers: Vec<Container>,
    pub(super) shares: Vec<Share>,
    pub(super) opt_outs: Vec<OptOut>,
    pub(super) connectors: Vec<Connector>,
    /// Each tenant's default container.
    pub(super) defaults: Vec<Option<ContainerAt>>,
    pub(super) profiles: Vec<Profile>,
    /// Hours since the beginning.
    pub(super) now: u64,
}

/// What the graph should answer about one connector.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Effective {
    /// Null if there is none, or none that the tenant sees.
    pub(super) container: Option<ContainerAt>,
    pub(super) via: Option<&'static str>,
    pub(super) denied_because: Option<&'static str>,
}

impl Model {
    fn is_below(&self, tenant: TenantAt, ancestor: TenantAt) -> bool {
        let parent = self.parents[tenant];
        parent != tenant && (parent == ancestor || self.is_below(parent, ancestor))
    }

    pub(super) fn depth(&self, tenant: TenantAt) -> usize {
        let parent = self.parents[tenant];
        if parent == tenant { 1 } else { 1 + self.depth(parent) }
    }

    fn is_opted_out(&self, tenant: TenantAt, container: ContainerAt) -> bool {
        self.opt_outs.iter().any(|opt_out| {
            let is_meant = opt_out.container.is_none_or(|only| only == container);
            let is_reached =
                self.is_below(tenant, opt_out.tenant) || (opt_out.includes_self && opt_out.tenant == tenant);
            is_meant && is_reached
        })
    }

    /// What was given to the tenant, before anybody's opt-out.
    fn granted(&self, tenant: TenantAt, container: ContainerAt) -> Permissions {
        let subject = &self.containers[container];
        let mut granted = Permissions::new();
        if subject.owner == tenant {
            granted.extend(PERMISSIONS.iter().filter(|name| **name != "USE_INSTRUMENT"));
        }
        for share in self.shares.iter().filter(|share| share.container == container) {
            let is_in_force = !share.is_revoked && share.expires_at.is_none_or(|end| self.now < end);
            let is_for_tenant = share.grantee == tenant
                || (share.include_descendants && self.is_below(tenant, share.grantee));
            if is_in_force && is_for_tenant {
                granted.extend(&share.permissions);
            }
        }
        match subject.status {
            Status::Active => granted,
            Status::ReadOnly => granted.into_iter().filter(|name| name.starts_with("READ_")).collect(),
            Status::Disabled => Permissions::new(),
        }
    }

    /// What a tenant may do in a container.
    pub(super) fn permissions(&self, tenant: TenantAt, container: ContainerAt) -> Permissions {
        if self.is_opted_out(tenant, container) {
            return Permissions::new();
        }
        self.granted(tenant, container)
    }

    /// Whether a tenant sees that a container exists.
    pub(super) fn sees_container(&self, tenant: TenantAt, container: ContainerAt) -> bool {
        self.containers[container].owner == tenant || !self.permissions(tenant, container).is_empty()
    }

    /// Whether a tenant sees a profile.
    pub(super) fn sees_profile(&self, tenant: TenantAt, profile: &Profile) -> bool {
        let may_read = self.permissions(tenant, profile.container).contains("READ_PROFILE");
        let is_owner = self.containers[profile.container].owner == tenant;
        may_read && (is_owner || profile.linked.contains(&tenant))
    }

    /// Which container a connector uses, and why not.
    pub(super) fn effective(&self, connector: ConnectorAt) -> Effective {
        let Connector { tenant, ignores_default, bound } = self.connectors[connector];
        let default = self.defaults[tenant].filter(|_| !ignores_default);
        let (container, via) = match (bound, default) {
            (Some(container), _) => (container, "CONNECTOR_BINDING"),
            (None, Some(container)) => (container, "TENANT_DEFAULT"),
            (None, None) => {
                let denied_because = Some("NO_CONTAINER_BOUND");
                return Effective { container: None, via: None, denied_because };
            }
        };
        let denied_because = if !self.permissions(tenant, container).is_empty() {
            None
        } else if self.containers[container].status == Status::Disabled {
            Some("CONTAINER_DISABLED")
        } else if !self.granted(tenant, container).is_empty() {
            Some("CONTAINER_DISABLED_FOR_SUBTENANT")
        } else {
            Some("CONTAINER_NOT_SHARED")
        };
        let shown = self.sees_container(tenant, container).then_some(container);
        Effective { container: shown, via: Some(via), denied_because }
    }
}
