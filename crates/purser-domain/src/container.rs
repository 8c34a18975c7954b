//! Containers: what a share grants, what an opt-out takes away, which container a connector uses.
//!
//! [`accesses`] is *the* rule of sharing. Storage keeps its result in one table, in the same
//! transaction as every change of its inputs, so that hot queries test a row instead of a tree.

use purser_types::Timestamp;
use purser_types::id::{BindingId, ConnectorId, ContainerId, OptOutId, ShareId, TenantId};

use crate::scope::Environment;
use crate::tenant::Path;
use purser_types::{bit_set, spelled};

spelled! {
    /// What can be done with a container.
    pub enum ContainerStatus {
        /// Everything.
        Active = "ACTIVE",
        /// Reading only.
        ReadOnly = "READ_ONLY",
        /// Nothing, until the owner enables it again.
        Disabled = "DISABLED",
    }
}

spelled! {
    /// What a grant lets a tenant do in a container. The order is that of the bits in the database.
    pub enum Permission {
        /// See linked profiles and their masked instruments.
        ReadProfile = "READ_PROFILE",
        /// See contacts, birth dates and addresses unmasked.
        ReadPii = "READ_PII",
        /// Pay with instruments that another tenant stored.
        UseInstrument = "USE_INSTRUMENT",
        /// Create profiles and store instruments.
        StoreInstrument = "STORE_INSTRUMENT",
        /// Change the shared core of linked profiles.
        UpdateProfile = "UPDATE_PROFILE",
        /// Delete profiles for everyone.
        DeleteProfile = "DELETE_PROFILE",
        /// See the shared history of a profile.
        ReadHistory = "READ_HISTORY",
    }
}

bit_set! {
    /// A set of permissions.
    pub struct Permissions of Permission
}

impl Permissions {
    /// What the owner may do without granting itself anything: everything but paying with
    /// instruments that a partner stored.
    #[must_use]
    pub fn of_owner() -> Self {
        Permission::ALL
            .iter()
            .copied()
            .filter(|permission| *permission != Permission::UseInstrument)
            .collect()
    }

    fn reading(self) -> Self {
        let reads = [Permission::ReadProfile, Permission::ReadPii, Permission::ReadHistory];
        self.intersection(reads.into_iter().collect())
    }
}

/// A container of customer profiles, owned by one tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Container {
    /// The container's id.
    pub id: ContainerId,
    /// Who owns it.
    pub owner_tenant_id: TenantId,
    /// Whether its profiles are live or sandbox ones.
    pub environment: Environment,
    /// Unique among the owner's containers of the environment.
    pub name: String,
    /// What it is for, in the owner's words.
    pub description: Option<String>,
    /// What can be done with it.
    pub status: ContainerStatus,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Grows by one with each change.
    pub version: i32,
}

spelled! {
    /// Whether a share is in force.
    pub enum ShareStatus {
        /// In force until it expires.
        Active = "ACTIVE",
        /// Taken back.
        Revoked = "REVOKED",
    }
}

/// A grant of a container to another tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// The share's id.
    pub id: ShareId,
    /// What is shared.
    pub container_id: ContainerId,
    /// With whom.
    pub grantee_tenant_id: TenantId,
    /// Whether tenants below the grantee have it as well; they do not unless this says so.
    pub include_descendants: bool,
    /// What it lets them do.
    pub permissions: Permissions,
    /// Whether it is in force.
    pub status: ShareStatus,
    /// Who granted it.
    pub granted_by: String,
    /// When it ends; [`Timestamp::NEVER`] if it does not.
    pub expires_at: Timestamp,
    /// When it was granted.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

spelled! {
    /// Whom an opt-out reaches.
    pub enum OptOutReach {
        /// Every tenant below the one that opted out.
        SubTenants = "SUB_TENANTS",
        /// The tenant itself as well.
        SelfAndSubTenants = "SELF_AND_SUB_TENANTS",
    }
}

/// A tenant's decision that containers are disabled below it. It beats every share and ownership.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptOut {
    /// The opt-out's id.
    pub id: OptOutId,
    /// Who decided.
    pub tenant_id: TenantId,
    /// Which containers it is about: a sandbox credential never touches live ones.
    pub environment: Environment,
    /// Whom it reaches.
    pub reach: OptOutReach,
    /// The one container it is about, or all of them.
    pub container_id: Option<ContainerId>,
    /// Why, in the tenant's words.
    pub reason: Option<String>,
    /// When it was decided.
    pub created_at: Timestamp,
}

/// A tenant of the tree, as far as the rule of sharing needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The tenant.
    pub tenant_id: TenantId,
    /// Where it is in the tree.
    pub path: Path,
}

/// What one tenant may do in one container, and by what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// The tenant.
    pub tenant_id: TenantId,
    /// The share it comes from; none for the owner.
    pub share_id: Option<ShareId>,
    /// What it may do.
    pub permissions: Permissions,
    /// When it ends; [`Timestamp::NEVER`] if it does not.
    pub expires_at: Timestamp,
}

/// Every access to a container, from its tree, its shares and the opt-outs of the tree.
///
/// - The owner has [`Permissions::of_owner`]; a share to itself can add the rest.
/// - An active share gives its grantee its permissions, and those below it if it says so.
/// - An opt-out takes everything from those it reaches.
/// - A read-only container leaves only what reads; a disabled one nothing.
///
/// Expiry is not judged here: the result carries it, so that it need not be computed anew when a
/// share runs out.
#[must_use]
pub fn accesses(
    container: &Container,
    members: &[Member],
    shares: &[Share],
    opt_outs: &[OptOut],
) -> Vec<Access> {
    if container.status == ContainerStatus::Disabled {
        return Vec::new();
    }
    let mut accesses = Vec::new();
    for member in members.iter().filter(|member| !is_opted_out(container, member, members, opt_outs)) {
        if member.tenant_id == container.owner_tenant_id {
            accesses.push(Access {
                tenant_id: member.tenant_id,
                share_id: None,
                permissions: Permissions::of_owner(),
                expires_at: Timestamp::NEVER,
            });
        }
        let granting = shares.iter().filter(|share| reaches(container, share, member, members));
        accesses.extend(granting.map(|share| Access {
            tenant_id: member.tenant_id,
            share_id: Some(share.id),
            permissions: share.permissions,
            expires_at: share.expires_at,
        }));
    }
    if container.status == ContainerStatus::ReadOnly {
        for access in &mut accesses {
            access.permissions = access.permissions.reading();
        }
    }
    accesses.retain(|access| !access.permissions.is_empty());
    accesses
}

fn reaches(container: &Container, share: &Share, member: &Member, members: &[Member]) -> bool {
    let is_in_force = share.container_id == container.id && share.status == ShareStatus::Active;
    let is_for_member = share.grantee_tenant_id == member.tenant_id
        || (share.include_descendants && is_below(member, share.grantee_tenant_id, members));
    is_in_force && is_for_member
}

fn is_opted_out(container: &Container, member: &Member, members: &[Member], opt_outs: &[OptOut]) -> bool {
    opt_outs.iter().any(|opt_out| {
        let is_about = opt_out.environment == container.environment
            && opt_out.container_id.is_none_or(|id| id == container.id);
        let is_own = opt_out.reach == OptOutReach::SelfAndSubTenants && opt_out.tenant_id == member.tenant_id;
        is_about && (is_own || is_below(member, opt_out.tenant_id, members))
    })
}

fn is_below(member: &Member, ancestor: TenantId, members: &[Member]) -> bool {
    members.iter().any(|other| other.tenant_id == ancestor && member.path.is_below(&other.path))
}

/// A container bound to a tenant's connectors, all of them or one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// The binding's id.
    pub id: BindingId,
    /// Whose binding it is; sub-tenants do not inherit it.
    pub tenant_id: TenantId,
    /// The environment it is for.
    pub environment: Environment,
    /// The one connector it is for, or the tenant's default.
    pub connector_id: Option<ConnectorId>,
    /// What is bound.
    pub container_id: ContainerId,
    /// When it was bound.
    pub created_at: Timestamp,
}

spelled! {
    /// By what a connector came to its container.
    pub enum BindingVia {
        /// The connector's own binding.
        ConnectorBinding = "CONNECTOR_BINDING",
        /// The default of the connector's tenant.
        TenantDefault = "TENANT_DEFAULT",
    }
}

spelled! {
    /// Why a connector has no container that it can use.
    pub enum BindingDenial {
        /// Neither the connector nor its tenant has a binding.
        NoContainerBound = "NO_CONTAINER_BOUND",
        /// The container is disabled by its owner.
        ContainerDisabled = "CONTAINER_DISABLED",
        /// An opt-out above the tenant disables it.
        ContainerDisabledForSubtenant = "CONTAINER_DISABLED_FOR_SUBTENANT",
        /// No share is in force, or none ever was.
        ContainerNotShared = "CONTAINER_NOT_SHARED",
        /// The tenant's plan has no customer profiles.
        FeatureDisabled = "FEATURE_DISABLED",
    }
}

/// Which binding counts for a connector: its own, else its tenant's default unless it ignores that.
/// The tenant's parent is never asked.
#[must_use]
pub fn effective_binding(
    connector_id: ConnectorId,
    ignores_tenant_default: bool,
    bindings: &[Binding],
) -> Option<(&Binding, BindingVia)> {
    let own = bindings.iter().find(|binding| binding.connector_id == Some(connector_id));
    let default =
        bindings.iter().find(|binding| binding.connector_id.is_none()).filter(|_| !ignores_tenant_default);
    own.map(|binding| (binding, BindingVia::ConnectorBinding))
        .or(default.map(|binding| (binding, BindingVia::TenantDefault)))
}
