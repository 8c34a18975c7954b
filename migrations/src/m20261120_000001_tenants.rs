//! The one tree of tenants.

use sea_orm_migration::prelude::*;

use crate::columns::{id, id_null, int4, int8, key, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = Table::create()
            .table("tenant")
            .col(key())
            .col(id_null("parent_id"))
            .col(id("root_id"))
            .col(text("path"))
            .col(text("slug"))
            .col(text("name"))
            .col(text("status"))
            .col(int8("features"))
            .col(text("default_currency"))
            .col(int8("created_at"))
            .col(int8("updated_at"))
            .col(int4("version"))
            .to_owned();
        manager.create_table(table.take()).await?;
        for index in [
            "CREATE UNIQUE INDEX tenant_slug ON tenant (slug)",
            "CREATE UNIQUE INDEX tenant_path ON tenant (path)",
            "CREATE INDEX tenant_parent ON tenant (parent_id, created_at DESC, id DESC)",
            "CREATE INDEX tenant_root ON tenant (root_id)",
        ] {
            manager.get_connection().execute_unprepared(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("tenant").to_owned()).await
    }
}
