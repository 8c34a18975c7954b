//! Containers: who owns, shares, disables and binds them.
//!
//! Whatever changes the inputs of the sharing rule recomputes its result in the same transaction, under
//! the lock of the tree: see [`crate::sharing`].

use purser_domain::connector::Connector;
use purser_domain::container::{
    self, Binding, BindingDenial, BindingVia, Container, ContainerStatus, OptOut, OptOutReach, Permission,
    Permissions, Share, ShareStatus,
};
use purser_domain::tenant::{Feature, Tenant};
use purser_storage::{
    Read, Write, connectors as stored_connectors, containers as stored, tenants as stored_tenants,
};
use purser_types::Timestamp;
use purser_types::id::{BindingId, ConnectorId, ContainerId, OptOutId, ShareId, TenantId};

use crate::app::Ctx;
use crate::error::{Code, Error};
use crate::input::{self, Patch};
use crate::once;
use crate::sharing::rebuild;
use crate::tenants::{expect_version, version_conflict, with_feature};

const NAME_LENGTH_MAX: usize = 100;
const TEXT_LENGTH_MAX: usize = 500;

/// A new container of the viewer's tenant.
#[derive(Debug, Clone)]
pub struct CreateContainer {
    /// Unique among the tenant's containers.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
}

/// A change of one of the viewer's containers.
#[derive(Debug, Clone)]
pub struct UpdateContainer {
    /// Which one.
    pub id: ContainerId,
    /// The version that was read.
    pub expected_version: Option<i32>,
    /// A new name.
    pub name: Option<String>,
    /// What it is for.
    pub description: Patch<String>,
    /// What can be done with it.
    pub status: Option<ContainerStatus>,
}

/// A grant of one of the viewer's containers. Granting again replaces the earlier grant.
#[derive(Debug, Clone)]
pub struct ShareContainer {
    /// What is shared.
    pub container_id: ContainerId,
    /// With whom: any tenant of the same tree.
    pub grantee_tenant_id: TenantId,
    /// Whether tenants below the grantee have it as well.
    pub include_descendants: bool,
    /// What it lets them do.
    pub permissions: Permissions,
    /// When it ends; never if absent.
    pub expires_at: Option<Timestamp>,
}

/// A decision that containers are disabled below the viewer's tenant.
#[derive(Debug, Clone)]
pub struct DisableContainers {
    /// The one container it is about, or all of them.
    pub container_id: Option<ContainerId>,
    /// Whom it reaches.
    pub reach: OptOutReach,
    /// Why.
    pub reason: Option<String>,
}

/// Creates a container. It does nothing until it is bound.
///
/// # Errors
/// `CONTAINER_NAME_TAKEN`, `FEATURE_DISABLED`, `INVALID_INPUT`, `IDEMPOTENCY_KEY_REUSED`.
pub async fn create(ctx: &Ctx, input: CreateContainer) -> Result<Container, Error> {
    let write = ctx.store().begin().await?;
    let id = ContainerId::mint(ctx.source());
    if let Some(id) = once::claim(ctx, &write, id.uuid()).await? {
        let made = stored::find_owned(&write, ctx.scope(), ContainerId::from_uuid(id)).await?;
        return made.ok_or_else(|| Error::not_found(Code::ContainerNotFound, ""));
    }
    let owner = with_feature(ctx, &write, Feature::CustomerProfiles).await?;
    stored_tenants::lock_tree(&write, owner.root_id).await?;
    let container = Container {
        id,
        owner_tenant_id: owner.id,
        environment: ctx.viewer().environment(),
        name: input::text(&input.name, "name", NAME_LENGTH_MAX)?,
        description: input::optional(input.description.as_deref(), "description", TEXT_LENGTH_MAX)?,
        status: ContainerStatus::Active,
        created_at: ctx.now(),
        updated_at: ctx.now(),
        version: 1,
    };
    stored::insert(&write, ctx.scope(), &container).await?;
    rebuild(&write, container.id).await?;
    write.commit().await?;
    Ok(container)
}

/// Renames, describes, disables or enables one of the viewer's containers.
///
/// # Errors
/// `CONTAINER_NOT_FOUND`, `CONTAINER_NAME_TAKEN`, `VERSION_CONFLICT`, `INVALID_INPUT`.
pub async fn update(ctx: &Ctx, input: UpdateContainer) -> Result<Container, Error> {
    let write = ctx.store().begin().await?;
    let mut container = owned(ctx, &write, input.id, "id").await?;
    let read_version = container.version;
    expect_version(input.expected_version, read_version)?;
    if let Some(name) = &input.name {
        container.name = input::text(name, "name", NAME_LENGTH_MAX)?;
    }
    let description = input.description.try_map(|text| input::text(&text, "description", TEXT_LENGTH_MAX))?;
    description.apply(&mut container.description);
    container.status = input.status.unwrap_or(container.status);
    container.version += 1;
    container.updated_at = ctx.now();
    if !stored::update(&write, ctx.scope(), &container, read_version).await? {
        return Err(version_conflict());
    }
    rebuild(&write, container.id).await?;
    write.commit().await?;
    Ok(container)
}

/// A container of the viewer's tenant, with its tree locked.
async fn owned(ctx: &Ctx, write: &Write, id: ContainerId, field: &str) -> Result<Container, Error> {
    let owner = stored_tenants::find_full(write, ctx.scope(), ctx.viewer().tenant()).await?;
    let owner = owner.ok_or_else(|| Error::not_found(Code::ContainerNotFound, field))?;
    stored_tenants::lock_tree(write, owner.root_id).await?;
    let container = stored::find_owned(write, ctx.scope(), id).await?;
    container.ok_or_else(|| Error::not_found(Code::ContainerNotFound, field))
}

/// Shares one of the viewer's containers with a tenant of its tree, or changes the share there is.
///
/// # Errors
/// `CONTAINER_NOT_FOUND`, `TENANT_NOT_FOUND`, `INVALID_GRANTEE`, `INVALID_INPUT`, `IDEMPOTENCY_KEY_REUSED`.
pub async fn share(ctx: &Ctx, input: ShareContainer) -> Result<Share, Error> {
    let write = ctx.store().begin().await?;
    if once::claim(ctx, &write, input.container_id.uuid()).await?.is_some() {
        return share_as_it_is(ctx, &write, &input).await;
    }
    let container = owned(ctx, &write, input.container_id, "containerId").await?;
    let grantee = stored_tenants::in_same_tree(&write, ctx.scope(), input.grantee_tenant_id).await?;
    let grantee = grantee.ok_or_else(|| Error::not_found(Code::TenantNotFound, "granteeTenantId"))?;
    check_share(ctx, &input)?;
    let share = Share {
        id: ShareId::mint(ctx.source()),
        container_id: container.id,
        grantee_tenant_id: grantee.id,
        include_descendants: input.include_descendants,
        permissions: input.permissions,
        status: ShareStatus::Active,
        granted_by: ctx.viewer().actor().label(),
        expires_at: input.expires_at.unwrap_or(Timestamp::NEVER),
        created_at: ctx.now(),
        updated_at: ctx.now(),
    };
    let share = stored::put_share(&write, ctx.scope(), &share).await?;
    rebuild(&write, container.id).await?;
    write.commit().await?;
    Ok(share)
}

/// What became of a share that was granted by an earlier request with the same key: a container is shared
/// once with a tenant, so that the two name it.
async fn share_as_it_is(ctx: &Ctx, write: &Write, input: &ShareContainer) -> Result<Share, Error> {
    let container = owned(ctx, write, input.container_id, "containerId").await?;
    let shares = stored::sharing(write, container.id).await?.map(|sharing| sharing.shares);
    let is_meant = |share: &Share| share.grantee_tenant_id == input.grantee_tenant_id;
    let share = shares.unwrap_or_default().into_iter().find(is_meant);
    share.ok_or_else(|| Error::not_found(Code::ShareNotFound, ""))
}

fn check_share(ctx: &Ctx, input: &ShareContainer) -> Result<(), Error> {
    if input.permissions.is_empty() {
        let message = "A share grants at least one permission.";
        return Err(Error::refused(Code::InvalidInput, "permissions", message));
    }
    if input.expires_at.is_some_and(|expires_at| expires_at <= ctx.now()) {
        return Err(Error::refused(Code::InvalidInput, "expiresAt", "The time lies in the past."));
    }
    let is_to_itself = input.grantee_tenant_id == ctx.viewer().tenant();
    let only_use: Permissions = [Permission::UseInstrument].into_iter().collect();
    if is_to_itself && (input.permissions != only_use || input.include_descendants) {
        let message = "A share to the owner itself may only add USE_INSTRUMENT.";
        return Err(Error::refused(Code::InvalidGrantee, "granteeTenantId", message));
    }
    Ok(())
}

/// Takes a share back. What the grantee stored and paid stays; new use stops with the next request.
///
/// # Errors
/// `SHARE_NOT_FOUND`.
pub async fn revoke_share(ctx: &Ctx, id: ShareId) -> Result<Share, Error> {
    let write = ctx.store().begin().await?;
    let missing = || Error::not_found(Code::ShareNotFound, "id");
    let share = stored::find_share(&write, ctx.scope(), id).await?.ok_or_else(missing)?;
    let container = owned(ctx, &write, share.container_id, "id").await.map_err(|error| match error {
        Error::Refused(_) => missing(),
        fault => fault,
    })?;
    stored::revoke_share(&write, ctx.scope(), id, ctx.now()).await?;
    rebuild(&write, container.id).await?;
    let share = stored::find_share(&write, ctx.scope(), id).await?.ok_or_else(missing)?;
    write.commit().await?;
    Ok(share)
}

/// Disables containers for the tenants below the viewer's.
///
/// # Errors
/// `CONTAINER_NOT_FOUND`, `ALREADY_DISABLED`, `INVALID_INPUT`.
pub async fn disable(ctx: &Ctx, input: DisableContainers) -> Result<OptOut, Error> {
    let write = ctx.store().begin().await?;
    let own = own_tenant(ctx, &write).await?;
    stored_tenants::lock_tree(&write, own.root_id).await?;
    if let Some(id) = input.container_id {
        let visible = stored::find(&write, ctx.scope(), id).await?;
        visible.ok_or_else(|| Error::not_found(Code::ContainerNotFound, "containerId"))?;
    }
    let opt_out = OptOut {
        id: OptOutId::mint(ctx.source()),
        tenant_id: own.id,
        environment: ctx.viewer().environment(),
        reach: input.reach,
        container_id: input.container_id,
        reason: input::optional(input.reason.as_deref(), "reason", TEXT_LENGTH_MAX)?,
        created_at: ctx.now(),
    };
    stored::insert_opt_out(&write, ctx.scope(), &opt_out).await?;
    rebuild_for_opt_out(&write, &own, &opt_out).await?;
    write.commit().await?;
    Ok(opt_out)
}

/// Takes back a decision that containers are disabled.
///
/// # Errors
/// `OPT_OUT_NOT_FOUND`.
pub async fn enable(ctx: &Ctx, id: OptOutId) -> Result<OptOut, Error> {
    let write = ctx.store().begin().await?;
    let own = own_tenant(ctx, &write).await?;
    stored_tenants::lock_tree(&write, own.root_id).await?;
    let opt_out = stored::delete_opt_out(&write, ctx.scope(), id).await?;
    let opt_out = opt_out.ok_or_else(|| Error::not_found(Code::OptOutNotFound, "optOutId"))?;
    rebuild_for_opt_out(&write, &own, &opt_out).await?;
    write.commit().await?;
    Ok(opt_out)
}

async fn own_tenant(ctx: &Ctx, write: &Write) -> Result<Tenant, Error> {
    let own = stored_tenants::find_full(write, ctx.scope(), ctx.viewer().tenant()).await?;
    own.ok_or_else(|| Error::not_found(Code::TenantNotFound, ""))
}

async fn rebuild_for_opt_out(write: &Write, own: &Tenant, opt_out: &OptOut) -> Result<(), Error> {
    match opt_out.container_id {
        Some(id) => rebuild(write, id).await,
        None => {
            for id in stored::ids_of_tree(write, own.root_id).await? {
                rebuild(write, id).await?;
            }
            Ok(())
        }
    }
}

/// Binds a container to one of the viewer's connectors, or as the default of all of them.
///
/// # Errors
/// `CONTAINER_NOT_FOUND`, `CONNECTOR_NOT_FOUND`.
pub async fn bind(
    ctx: &Ctx,
    container_id: ContainerId,
    connector_id: Option<ConnectorId>,
) -> Result<Binding, Error> {
    let write = ctx.store().begin().await?;
    let visible = stored::grant(&write, ctx.scope(), container_id).await?;
    visible.ok_or_else(|| Error::not_found(Code::ContainerNotFound, "containerId"))?;
    own_connector(ctx, &write, connector_id).await?;
    let binding = Binding {
        id: BindingId::mint(ctx.source()),
        tenant_id: ctx.viewer().tenant(),
        environment: ctx.viewer().environment(),
        connector_id,
        container_id,
        created_at: ctx.now(),
    };
    stored::put_binding(&write, ctx.scope(), &binding).await?;
    write.commit().await?;
    Ok(binding)
}

/// The container that is bound as the default of the viewer's tenant, if one is.
///
/// # Errors
/// Faults of the storage.
pub async fn default_of_tenant(ctx: &Ctx) -> Result<Option<ContainerId>, Error> {
    let bindings = stored::bindings(ctx.store(), ctx.scope(), None).await?;
    let default = bindings.iter().find(|binding| binding.connector_id.is_none());
    Ok(default.map(|binding| binding.container_id))
}

/// Takes a binding away: a connector's, or the tenant's default.
///
/// # Errors
/// `BINDING_NOT_FOUND`, `CONNECTOR_NOT_FOUND`.
pub async fn unbind(ctx: &Ctx, connector_id: Option<ConnectorId>) -> Result<(), Error> {
    let write = ctx.store().begin().await?;
    own_connector(ctx, &write, connector_id).await?;
    if !stored::delete_binding(&write, ctx.scope(), connector_id).await? {
        return Err(Error::refused(Code::BindingNotFound, "connectorId", "Nothing is bound there."));
    }
    write.commit().await?;
    Ok(())
}

async fn own_connector(ctx: &Ctx, write: &Write, id: Option<ConnectorId>) -> Result<(), Error> {
    if let Some(id) = id {
        let connector = stored_connectors::find(write, ctx.scope(), id).await?;
        connector.ok_or_else(|| Error::not_found(Code::ConnectorNotFound, "connectorId"))?;
    }
    Ok(())
}

/// Which container a connector uses, by what, and why not if it does not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EffectiveContainer {
    /// The container that is bound, whether or not it can be used.
    pub container_id: Option<ContainerId>,
    /// By what it is bound.
    pub via: Option<BindingVia>,
    /// Why it cannot be used.
    pub denied_because: Option<BindingDenial>,
    /// What the tenant may do in it.
    pub permissions: Permissions,
}

impl EffectiveContainer {
    /// The container, if it can be used.
    #[must_use]
    pub fn usable(&self) -> Option<ContainerId> {
        self.container_id.filter(|_| self.denied_because.is_none())
    }
}

/// Which container one of the viewer's connectors uses.
///
/// # Errors
/// `CONNECTOR_NOT_FOUND`.
pub async fn effective(ctx: &Ctx, connector_id: ConnectorId) -> Result<EffectiveContainer, Error> {
    effective_on(ctx, ctx.store(), connector_id).await
}

pub(crate) async fn effective_on(
    ctx: &Ctx,
    on: &impl Read,
    connector_id: ConnectorId,
) -> Result<EffectiveContainer, Error> {
    let connector = stored_connectors::find(on, ctx.scope(), connector_id).await?;
    let connector = connector.ok_or_else(|| Error::not_found(Code::ConnectorNotFound, "connectorId"))?;
    effective_of(ctx, on, &connector.connector, None).await
}

/// The same for a connector that was read already, with what may be done in one container if that was, too.
pub(crate) async fn effective_of(
    ctx: &Ctx,
    on: &impl Read,
    connector: &Connector,
    known: Option<(ContainerId, Permissions)>,
) -> Result<EffectiveContainer, Error> {
    let bindings = stored::bindings(on, ctx.scope(), Some(connector.id)).await?;
    let ignores = connector.ignores_tenant_default;
    let Some((binding, via)) = container::effective_binding(connector.id, ignores, &bindings) else {
        return Ok(EffectiveContainer {
            container_id: None,
            via: None,
            denied_because: Some(BindingDenial::NoContainerBound),
            permissions: Permissions::NONE,
        });
    };
    let permissions = match known.filter(|(id, _)| *id == binding.container_id) {
        Some((_, permissions)) => permissions,
        None => {
            let granted = stored::grant(on, ctx.scope(), binding.container_id).await?;
            granted.map_or(Permissions::NONE, |(_, grant)| grant.permissions)
        }
    };
    let has_feature = stored_tenants::find_full(on, ctx.scope(), ctx.viewer().tenant())
        .await?
        .is_some_and(|tenant| tenant.features.contains(Feature::CustomerProfiles));
    let denied_because = if !has_feature {
        Some(BindingDenial::FeatureDisabled)
    } else if permissions.is_empty() {
        Some(denial(ctx, on, binding.container_id).await?)
    } else {
        None
    };
    Ok(EffectiveContainer {
        container_id: Some(binding.container_id),
        via: Some(via),
        denied_because,
        permissions,
    })
}

/// Why the viewer's tenant has no access to a container that it bound.
pub(crate) async fn denial(ctx: &Ctx, on: &impl Read, id: ContainerId) -> Result<BindingDenial, Error> {
    let Some(sharing) = stored::sharing(on, id).await? else { return Ok(BindingDenial::ContainerNotShared) };
    let enabled = Container { status: ContainerStatus::Active, ..sharing.container.clone() };
    let accesses = container::accesses(&enabled, &sharing.members, &sharing.shares, &[]);
    let is_own = |access: &container::Access| {
        access.tenant_id == ctx.viewer().tenant() && ctx.now() < access.expires_at
    };
    // What the owner does with its container is no business of a tenant that it is not shared with.
    if !accesses.iter().any(is_own) {
        return Ok(BindingDenial::ContainerNotShared);
    }
    if sharing.container.status == ContainerStatus::Disabled {
        return Ok(BindingDenial::ContainerDisabled);
    }
    Ok(BindingDenial::ContainerDisabledForSubtenant)
}

/// The refusal of a use case that needs the container which a connector should have.
pub(crate) fn refuse_denied(denial: BindingDenial, field: &str) -> Error {
    let (code, message) = match denial {
        BindingDenial::NoContainerBound => (
            Code::NoContainerBound,
            "No container is bound: bind one to the connector or as the tenant's default.",
        ),
        BindingDenial::ContainerDisabled => (Code::ContainerDisabled, "The container's owner disabled it."),
        BindingDenial::ContainerDisabledForSubtenant => {
            (Code::ContainerDisabledForSubtenant, "A tenant above disabled containers for its sub-tenants.")
        }
        BindingDenial::ContainerNotShared => {
            (Code::ContainerNotShared, "The container is not shared with you, or no longer.")
        }
        BindingDenial::FeatureDisabled => {
            (Code::FeatureDisabled, "Your plan does not include CUSTOMER_PROFILES.")
        }
    };
    Error::refused(code, field, message)
}

/// The refusal for a grant that lacks a permission.
pub(crate) fn refuse_missing(permission: Permission, field: &str) -> Error {
    let message = format!("Your grant for the container lacks {permission}.");
    Error::refused(Code::ContainerPermissionMissing, field, message)
}
