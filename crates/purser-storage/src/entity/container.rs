//! The table `container`.

use purser_domain::container::Container;
use purser_types::Timestamp;
use purser_types::id::{ContainerId, TenantId};
use sea_orm::entity::prelude::*;

use crate::error::Error;
use crate::parse::Row;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "container")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) owner_tenant_id: Uuid,
    pub(crate) environment: String,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) status: String,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
    pub(crate) version: i32,
}

/// The joins are written out in the statements.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The row of a container.
    pub(crate) fn of(container: &Container) -> Self {
        Self {
            id: container.id.uuid(),
            owner_tenant_id: container.owner_tenant_id.uuid(),
            environment: container.environment.to_string(),
            name: container.name.clone(),
            description: container.description.clone(),
            status: container.status.to_string(),
            created_at: container.created_at.unix_micros(),
            updated_at: container.updated_at.unix_micros(),
            version: container.version,
        }
    }

    /// The container of a row.
    pub(crate) fn parse(self) -> Result<Container, Error> {
        let row = Row::new("container", self.id);
        Ok(Container {
            id: ContainerId::from_uuid(self.id),
            owner_tenant_id: TenantId::from_uuid(self.owner_tenant_id),
            environment: row.text("environment", &self.environment)?,
            name: self.name,
            description: self.description,
            status: row.text("status", &self.status)?,
            created_at: Timestamp::from_unix_micros(self.created_at),
            updated_at: Timestamp::from_unix_micros(self.updated_at),
            version: self.version,
        })
    }
}
