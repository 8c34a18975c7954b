//! The table `connector`.

use purser_domain::connector::Connector;
use purser_types::Timestamp;
use purser_types::id::{ConnectorId, TenantId};
use sea_orm::entity::prelude::*;

use crate::error::Error;
use crate::parse::Row;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "connector")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) tenant_id: Uuid,
    pub(crate) environment: String,
    pub(crate) plugin_id: String,
    pub(crate) processor: String,
    pub(crate) name: String,
    pub(crate) status: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub(crate) settings: Json,
    pub(crate) sealed_credentials: Vec<u8>,
    pub(crate) ignores_tenant_default: bool,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
    pub(crate) version: i32,
}

/// The joins are written out in the statements.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The row of a connector with its sealed credentials.
    pub(crate) fn of(connector: &Connector, sealed_credentials: &[u8]) -> Self {
        Self {
            id: connector.id.uuid(),
            tenant_id: connector.tenant_id.uuid(),
            environment: connector.environment.to_string(),
            plugin_id: connector.plugin_id.clone(),
            processor: connector.processor.clone(),
            name: connector.name.clone(),
            status: connector.status.to_string(),
            settings: connector.settings.clone(),
            sealed_credentials: sealed_credentials.to_vec(),
            ignores_tenant_default: connector.ignores_tenant_default,
            created_at: connector.created_at.unix_micros(),
            updated_at: connector.updated_at.unix_micros(),
            version: connector.version,
        }
    }

    /// The connector of a row and its sealed credentials.
    pub(crate) fn parse(self) -> Result<(Connector, Vec<u8>), Error> {
        let row = Row::new("connector", self.id);
        let connector = Connector {
            id: ConnectorId::from_uuid(self.id),
            tenant_id: TenantId::from_uuid(self.tenant_id),
            environment: row.text("environment", &self.environment)?,
            plugin_id: self.plugin_id,
            processor: self.processor,
            name: self.name,
            status: row.text("status", &self.status)?,
            settings: self.settings,
            ignores_tenant_default: self.ignores_tenant_default,
            created_at: Timestamp::from_unix_micros(self.created_at),
            updated_at: Timestamp::from_unix_micros(self.updated_at),
            version: self.version,
        };
        Ok((connector, self.sealed_credentials))
    }
}
