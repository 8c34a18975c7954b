//! What each tenant may do in each container: the result of the sharing rule, kept with its inputs.

use sea_orm_migration::prelude::*;

use crate::columns::{belongs_to, flag, id, int8, references};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = Table::create()
            .table("container_access")
            .col(id("tenant_id"))
            .col(id("container_id"))
            .col(id("source_id"))
            .col(int8("permissions"))
            .col(flag("is_owner"))
            .col(int8("expires_at"))
            .primary_key(Index::create().col("tenant_id").col("container_id").col("source_id"))
            .foreign_key(&mut belongs_to("container_id", "container"))
            .foreign_key(&mut references("tenant_id", "tenant"))
            .to_owned();
        manager.create_table(table.take()).await?;
        for index in ["CREATE INDEX container_access_container ON container_access (container_id)"] {
            manager.get_connection().execute_unprepared(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("container_access").to_owned()).await
    }
}
