//! Containers bound to a tenant's default or to one connector.

use sea_orm_migration::prelude::*;

use crate::columns::{belongs_to, id, id_null, int8, key, references, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = Table::create()
            .table("container_binding")
            .col(key())
            .col(id("tenant_id"))
            .col(text("environment"))
            .col(id_null("connector_id"))
            .col(id("container_id"))
            .col(int8("created_at"))
            .foreign_key(&mut references("tenant_id", "tenant"))
            .foreign_key(&mut belongs_to("connector_id", "connector"))
            .foreign_key(&mut belongs_to("container_id", "container"))
            .to_owned();
        manager.create_table(table.take()).await?;
        for index in [
            "CREATE UNIQUE INDEX container_binding_connector ON container_binding (connector_id)",
            "CREATE UNIQUE INDEX container_binding_default ON container_binding (tenant_id, environment) WHERE connector_id IS NULL",
        ] {
            manager.get_connection().execute_unprepared(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("container_binding").to_owned()).await
    }
}
