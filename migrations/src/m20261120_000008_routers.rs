//! Routers over connectors; the connectors in order of preference, as JSON ids.

use sea_orm_migration::prelude::*;

use crate::columns::{id, int4, int8, json, key, references, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = Table::create()
            .table("router")
            .col(key())
            .col(id("tenant_id"))
            .col(text("environment"))
            .col(text("name"))
            .col(json("connector_ids"))
            .col(int8("created_at"))
            .col(int8("updated_at"))
            .col(int4("version"))
            .foreign_key(&mut references("tenant_id", "tenant"))
            .to_owned();
        manager.create_table(table.take()).await?;
        for index in ["CREATE UNIQUE INDEX router_name ON router (tenant_id, environment, name)"] {
            manager.get_connection().execute_unprepared(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("router").to_owned()).await
    }
}
