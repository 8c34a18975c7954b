//! Shares: the object and its changes.

use std::sync::Arc;

use async_graphql::{Context, Error, ID, InputObject, Object, SimpleObject};
use purser_domain::container;
use purser_services::containers;
use purser_types::page::Position;

use super::Container;
use crate::context::{enter, session};
use crate::error::{Code, Nullable, nullable};
use crate::once::enter_keyed;
use crate::page::Listed;
use crate::payload::{self, Codes, UserError, settle};
use crate::scalars::{DateTime, unless_never};
use crate::tenants::Tenant;
use crate::words::{Permission, ShareStatus};

/// A share that the viewer sees.
#[derive(Clone)]
pub(crate) struct ContainerShare(Arc<container::Share>);

impl ContainerShare {
    pub(crate) fn new(share: container::Share) -> Self {
        Self(Arc::new(share))
    }
}

impl Listed for ContainerShare {
    const LIST: &'static str = "shares";

    fn position(&self) -> Position {
        Position { created_at: self.0.created_at, id: self.0.id.uuid() }
    }
}

/// A grant of a container to another tenant of the tree.
#[Object]
impl ContainerShare {
    /// The id, `shr_…`.
    async fn id(&self) -> ID {
        self.0.id.into()
    }

    /// What is shared; null once you see it no longer.
    async fn container(&self, gql: &Context<'_>) -> Nullable<Container> {
        super::container(gql, Some(self.0.container_id)).await
    }

    /// With whom; null if the tenant is not one that you can see.
    async fn grantee(&self, gql: &Context<'_>) -> Nullable<Tenant> {
        nullable(
            async {
                let found = session(gql)?.loaders().tenants.load(self.0.grantee_tenant_id).await?;
                Ok(found.map(Tenant::new))
            }
            .await,
        )
    }

    /// Whether the tenants below the grantee have it as well.
    async fn include_descendants(&self) -> bool {
        self.0.include_descendants
    }

    /// What it lets them do.
    async fn permissions(&self) -> Vec<Permission> {
        self.0.permissions.iter().map(Permission::from).collect()
    }

    /// Whether it is in force.
    async fn status(&self) -> ShareStatus {
        self.0.status.into()
    }

    /// When it ends; null if it does not.
    async fn expires_at(&self) -> Option<DateTime> {
        unless_never(self.0.expires_at)
    }

    /// When it was granted.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }
}

/// A grant of one of your containers. Granting again to the same tenant replaces the earlier grant.
#[derive(InputObject)]
pub(crate) struct ShareContainerInput {
    /// What is shared: your container.
    container_id: ID,
    /// With whom: any tenant of your tree; yourself only to add `USE_INSTRUMENT`.
    grantee_tenant_id: ID,
    /// Whether the tenants below the grantee have it as well.
    #[graphql(default = false)]
    include_descendants: bool,
    /// What it lets them do; at least one.
    permissions: Vec<Permission>,
    /// When it ends; never if absent.
    expires_at: Option<DateTime>,
    /// A text of yours that stands for this request, 1 to 255 visible ASCII characters: sent again with the
    /// same key it is not carried out again, but answered with what there is now. Not checked if absent; the
    /// header `Idempotency-Key` says the same.
    idempotency_key: Option<String>,
}

/// The codes of `shareContainer`.
pub(crate) enum ShareContainer {}
impl Codes for ShareContainer {
    const MUTATION: &'static str = "ShareContainer";
    const CODES: &'static [Code] = &[
        Code::ContainerNotFound,
        Code::TenantNotFound,
        Code::InvalidGrantee,
        Code::InvalidInput,
        Code::IdempotencyKeyReused,
    ];
}

/// What became of `shareContainer`.
#[derive(SimpleObject)]
pub(crate) struct ShareContainerPayload {
    /// The share; null if it was refused.
    share: Option<ContainerShare>,
    /// Why it was refused; empty if it was not.
    user_errors: Vec<UserError<ShareContainer>>,
}

/// The share that is taken back.
#[derive(InputObject)]
pub(crate) struct RevokeContainerShareInput {
    /// Which one: of your container.
    id: ID,
}

/// The codes of `revokeContainerShare`.
pub(crate) enum RevokeContainerShare {}
impl Codes for RevokeContainerShare {
    const MUTATION: &'static str = "RevokeContainerShare";
    const CODES: &'static [Code] = &[Code::ShareNotFound];
}

/// What became of `revokeContainerShare`.
#[derive(SimpleObject)]
pub(crate) struct RevokeContainerSharePayload {
    /// The revoked share; null if it was refused.
    share: Option<ContainerShare>,
    /// Why it was refused; empty if it was not.
    user_errors: Vec<UserError<RevokeContainerShare>>,
}

#[derive(Default)]
pub(crate) struct ShareMutation;

#[Object]
impl ShareMutation {
    /// Shares one of your containers with a tenant of your tree. Needs `containers:admin`.
    async fn share_container(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "The grant.")] input: ShareContainerInput,
    ) -> Nullable<ShareContainerPayload> {
        Some(share(gql, input).await)
    }

    /// Takes a share back. What the grantee stored and paid stays; new use stops with the next request.
    /// Needs `containers:admin`.
    async fn revoke_container_share(
        &self,
        gql: &Context<'_>,
        #[graphql(desc = "Which share.")] input: RevokeContainerShareInput,
    ) -> Nullable<RevokeContainerSharePayload> {
        Some(revoke(gql, input).await)
    }
}

async fn share(gql: &Context<'_>, input: ShareContainerInput) -> Result<ShareContainerPayload, Error> {
    let keyed = enter_keyed(gql, "Mutation.shareContainer")?;
    let done = keyed.write(|ctx| async move {
        let grantee = &input.grantee_tenant_id;
        let input = containers::ShareContainer {
            container_id: payload::id(&input.container_id, Code::ContainerNotFound, "containerId")?,
            grantee_tenant_id: payload::id(grantee, Code::TenantNotFound, "granteeTenantId")?,
            include_descendants: input.include_descendants,
            permissions: input.permissions.into_iter().map(container::Permission::from).collect(),
            expires_at: input.expires_at.map(|instant| instant.0),
        };
        containers::share(&ctx, input).await
    });
    let (share, user_errors) = settle(done.await)?;
    Ok(ShareContainerPayload { share: share.map(ContainerShare::new), user_errors })
}

async fn revoke(
    gql: &Context<'_>,
    input: RevokeContainerShareInput,
) -> Result<RevokeContainerSharePayload, Error> {
    let session = enter(gql, "Mutation.revokeContainerShare")?;
    let done = session.write(|ctx| async move {
        let id = payload::id(&input.id, Code::ShareNotFound, "id")?;
        containers::revoke_share(&ctx, id).await
    });
    let (share, user_errors) = settle(done.await)?;
    Ok(RevokeContainerSharePayload { share: share.map(ContainerShare::new), user_errors })
}
