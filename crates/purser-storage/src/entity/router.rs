//! The table `router`.

use purser_domain::connector::Router;
use purser_types::Timestamp;
use purser_types::id::{RouterId, TenantId};
use sea_orm::entity::prelude::*;

use crate::error::Error;
use crate::parse::{Row, to_json};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "router")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) tenant_id: Uuid,
    pub(crate) environment: String,
    pub(crate) name: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub(crate) connector_ids: Json,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
    pub(crate) version: i32,
}

/// The joins are written out in the statements.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The row of a router.
    pub(crate) fn of(router: &Router) -> Self {
        Self {
            id: router.id.uuid(),
            tenant_id: router.tenant_id.uuid(),
            environment: router.environment.to_string(),
            name: router.name.clone(),
            connector_ids: to_json(&router.connector_ids),
            created_at: router.created_at.unix_micros(),
            updated_at: router.updated_at.unix_micros(),
            version: router.version,
        }
    }

    /// The router of a row.
    pub(crate) fn parse(self) -> Result<Router, Error> {
        let row = Row::new("router", self.id);
        Ok(Router {
            id: RouterId::from_uuid(self.id),
            tenant_id: TenantId::from_uuid(self.tenant_id),
            environment: row.text("environment", &self.environment)?,
            name: self.name,
            connector_ids: row.json("connector_ids", self.connector_ids)?,
            created_at: Timestamp::from_unix_micros(self.created_at),
            updated_at: Timestamp::from_unix_micros(self.updated_at),
            version: self.version,
        })
    }
}
