//! The table `container_share`.

use purser_domain::container::{Permissions, Share};
use purser_types::Timestamp;
use purser_types::id::{ContainerId, ShareId, TenantId};
use sea_orm::entity::prelude::*;

use crate::error::Error;
use crate::parse::Row;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "container_share")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) container_id: Uuid,
    pub(crate) grantee_tenant_id: Uuid,
    pub(crate) include_descendants: bool,
    pub(crate) permissions: i64,
    pub(crate) status: String,
    pub(crate) granted_by: String,
    pub(crate) expires_at: i64,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

/// The joins are written out in the statements.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The row of a share.
    pub(crate) fn of(share: &Share) -> Self {
        Self {
            id: share.id.uuid(),
            container_id: share.container_id.uuid(),
            grantee_tenant_id: share.grantee_tenant_id.uuid(),
            include_descendants: share.include_descendants,
            permissions: share.permissions.bits(),
            status: share.status.to_string(),
            granted_by: share.granted_by.clone(),
            expires_at: share.expires_at.unix_micros(),
            created_at: share.created_at.unix_micros(),
            updated_at: share.updated_at.unix_micros(),
        }
    }

    /// The share of a row.
    pub(crate) fn parse(self) -> Result<Share, Error> {
        let row = Row::new("container_share", self.id);
        Ok(Share {
            id: ShareId::from_uuid(self.id),
            container_id: ContainerId::from_uuid(self.container_id),
            grantee_tenant_id: TenantId::from_uuid(self.grantee_tenant_id),
            include_descendants: self.include_descendants,
            permissions: Permissions::from_bits(self.permissions),
            status: row.text("status", &self.status)?,
            granted_by: self.granted_by,
            expires_at: Timestamp::from_unix_micros(self.expires_at),
            created_at: Timestamp::from_unix_micros(self.created_at),
            updated_at: Timestamp::from_unix_micros(self.updated_at),
        })
    }
}
