//! The table `container_access`: what the rule of sharing came to.

use purser_domain::container::Access;
use purser_types::id::{ContainerId, ShareId};
use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "container_access")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) container_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) source_id: Uuid,
    pub(crate) permissions: i64,
    pub(crate) is_owner: bool,
    pub(crate) expires_at: i64,
}

/// The joins are written out in the statements.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The row of an access. The owner's has the container itself as its source, since a key column
    /// cannot be empty.
    pub(crate) fn of(container_id: ContainerId, access: &Access) -> Self {
        Self {
            tenant_id: access.tenant_id.uuid(),
            container_id: container_id.uuid(),
            source_id: access.share_id.map_or(container_id.uuid(), ShareId::uuid),
            permissions: access.permissions.bits(),
            is_owner: access.share_id.is_none(),
            expires_at: access.expires_at.unix_micros(),
        }
    }
}
