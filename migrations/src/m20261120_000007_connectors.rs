//! One tenant's account at one processor.

use sea_orm_migration::prelude::*;

use crate::columns::{bytes, flag, id, int4, int8, json, key, references, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = Table::create()
            .table("connector")
            .col(key())
            .col(id("tenant_id"))
            .col(text("environment"))
            .col(text("plugin_id"))
            .col(text("processor"))
            .col(text("name"))
            .col(text("status"))
            .col(json("settings"))
            .col(bytes("sealed_credentials"))
            .col(flag("ignores_tenant_default"))
            .col(int8("created_at"))
            .col(int8("updated_at"))
            .col(int4("version"))
            .foreign_key(&mut references("tenant_id", "tenant"))
            .to_owned();
        manager.create_table(table.take()).await?;
        for index in ["CREATE UNIQUE INDEX connector_name ON connector (tenant_id, environment, name)"] {
            manager.get_connection().execute_unprepared(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("connector").to_owned()).await
    }
}
