//! The table `profile_link`: what one tenant keeps about a profile for itself.

use purser_domain::profile::Overlay;
use purser_types::Timestamp;
use purser_types::id::{ProfileId, TenantId};
use sea_orm::entity::prelude::*;

use crate::error::Error;
use crate::parse::{Row, to_json};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "profile_link")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) profile_id: Uuid,
    pub(crate) container_id: Uuid,
    pub(crate) environment: String,
    pub(crate) external_id: Option<String>,
    #[sea_orm(column_type = "JsonBinary")]
    pub(crate) metadata: Json,
    #[sea_orm(column_type = "JsonBinary")]
    pub(crate) tags: Json,
    pub(crate) is_favorite: bool,
    pub(crate) linked_via: String,
    pub(crate) profile_created_at: i64,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

/// The joins are written out in the statements.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The row of an overlay. The container is filled in by the statement, which takes it from the
    /// profile, and so is the environment.
    pub(crate) fn of(overlay: &Overlay, profile_created_at: Timestamp) -> Self {
        Self {
            tenant_id: overlay.tenant_id.uuid(),
            profile_id: overlay.profile_id.uuid(),
            container_id: Uuid::nil(),
            environment: String::new(),
            external_id: overlay.external_id.clone(),
            metadata: to_json(&overlay.metadata),
            tags: to_json(&overlay.tags),
            is_favorite: overlay.is_favorite,
            linked_via: overlay.linked_via.to_string(),
            profile_created_at: profile_created_at.unix_micros(),
            created_at: overlay.created_at.unix_micros(),
            updated_at: overlay.updated_at.unix_micros(),
        }
    }

    /// The overlay of a row.
    pub(crate) fn parse(self) -> Result<Overlay, Error> {
        let row = Row::new("profile_link", self.profile_id);
        Ok(Overlay {
            tenant_id: TenantId::from_uuid(self.tenant_id),
            profile_id: ProfileId::from_uuid(self.profile_id),
            external_id: self.external_id,
            metadata: row.json("metadata", self.metadata)?,
            tags: row.json("tags", self.tags)?,
            is_favorite: self.is_favorite,
            linked_via: row.text("linked_via", &self.linked_via)?,
            created_at: Timestamp::from_unix_micros(self.created_at),
            updated_at: Timestamp::from_unix_micros(self.updated_at),
        })
    }
}
