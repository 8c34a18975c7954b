//! Decisions that containers are disabled below a tenant.

use sea_orm_migration::prelude::*;

use crate::columns::{belongs_to, id, id_null, int8, key, references, text, text_null};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = Table::create()
            .table("container_opt_out")
            .col(key())
            .col(id("tenant_id"))
            .col(text("environment"))
            .col(text("reach"))
            .col(id_null("container_id"))
            .col(text_null("reason"))
            .col(int8("created_at"))
            .foreign_key(&mut references("tenant_id", "tenant"))
            .foreign_key(&mut belongs_to("container_id", "container"))
            .to_owned();
        manager.create_table(table.take()).await?;
        for index in [
            "CREATE UNIQUE INDEX container_opt_out_one ON container_opt_out (tenant_id, container_id)",
            "CREATE UNIQUE INDEX container_opt_out_all ON container_opt_out (tenant_id, environment) \
             WHERE container_id IS NULL",
        ] {
            manager.get_connection().execute_unprepared(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("container_opt_out").to_owned()).await
    }
}
