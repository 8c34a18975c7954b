//! The table `container_opt_out`.

use purser_domain::container::OptOut;
use purser_types::Timestamp;
use purser_types::id::{ContainerId, OptOutId, TenantId};
use sea_orm::entity::prelude::*;

use crate::error::Error;
use crate::parse::Row;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "container_opt_out")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) tenant_id: Uuid,
    pub(crate) environment: String,
    pub(crate) reach: String,
    pub(crate) container_id: Option<Uuid>,
    pub(crate) reason: Option<String>,
    pub(crate) created_at: i64,
}

/// The joins are written out in the statements.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The row of an opt-out.
    pub(crate) fn of(opt_out: &OptOut) -> Self {
        Self {
            id: opt_out.id.uuid(),
            tenant_id: opt_out.tenant_id.uuid(),
            environment: opt_out.environment.to_string(),
            reach: opt_out.reach.to_string(),
            container_id: opt_out.container_id.map(ContainerId::uuid),
            reason: opt_out.reason.clone(),
            created_at: opt_out.created_at.unix_micros(),
        }
    }

    /// The opt-out of a row.
    pub(crate) fn parse(self) -> Result<OptOut, Error> {
        let row = Row::new("container_opt_out", self.id);
        Ok(OptOut {
            id: OptOutId::from_uuid(self.id),
            tenant_id: TenantId::from_uuid(self.tenant_id),
            environment: row.text("environment", &self.environment)?,
            reach: row.text("reach", &self.reach)?,
            container_id: self.container_id.map(ContainerId::from_uuid),
            reason: self.reason,
            created_at: Timestamp::from_unix_micros(self.created_at),
        })
    }
}
