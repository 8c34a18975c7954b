//! Containers of customer profiles.

use sea_orm_migration::prelude::*;

use crate::columns::{id, int4, int8, key, references, text, text_null};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = Table::create()
            .table("container")
            .col(key())
            .col(id("owner_tenant_id"))
            .col(text("environment"))
            .col(text("name"))
            .col(text_null("description"))
            .col(text("status"))
            .col(int8("created_at"))
            .col(int8("updated_at"))
            .col(int4("version"))
            .foreign_key(&mut references("owner_tenant_id", "tenant"))
            .to_owned();
        manager.create_table(table.take()).await?;
        for index in ["CREATE UNIQUE INDEX container_name ON container (owner_tenant_id, environment, name)"]
        {
            manager.get_connection().execute_unprepared(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("container").to_owned()).await
    }
}
