//! The table `container_binding`.

use purser_domain::container::Binding;
use purser_types::Timestamp;
use purser_types::id::{BindingId, ConnectorId, ContainerId, TenantId};
use sea_orm::entity::prelude::*;

use crate::error::Error;
use crate::parse::Row;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "container_binding")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) tenant_id: Uuid,
    pub(crate) environment: String,
    pub(crate) connector_id: Option<Uuid>,
    pub(crate) container_id: Uuid,
    pub(crate) created_at: i64,
}

/// The joins are written out in the statements.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The row of a binding.
    pub(crate) fn of(binding: &Binding) -> Self {
        Self {
            id: binding.id.uuid(),
            tenant_id: binding.tenant_id.uuid(),
            environment: binding.environment.to_string(),
            connector_id: binding.connector_id.map(ConnectorId::uuid),
            container_id: binding.container_id.uuid(),
            created_at: binding.created_at.unix_micros(),
        }
    }

    /// The binding of a row.
    pub(crate) fn parse(self) -> Result<Binding, Error> {
        let row = Row::new("container_binding", self.id);
        Ok(Binding {
            id: BindingId::from_uuid(self.id),
            tenant_id: TenantId::from_uuid(self.tenant_id),
            environment: row.text("environment", &self.environment)?,
            connector_id: self.connector_id.map(ConnectorId::from_uuid),
            container_id: ContainerId::from_uuid(self.container_id),
            created_at: Timestamp::from_unix_micros(self.created_at),
        })
    }
}
