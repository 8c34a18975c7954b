//! Grants of a container to a tenant.

use sea_orm_migration::prelude::*;

use crate::columns::{belongs_to, flag, id, int8, key, references, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = Table::create()
            .table("container_share")
            .col(key())
            .col(id("container_id"))
            .col(id("grantee_tenant_id"))
            .col(flag("include_descendants"))
            .col(int8("permissions"))
            .col(text("status"))
            .col(text("granted_by"))
            .col(int8("expires_at"))
            .col(int8("created_at"))
            .col(int8("updated_at"))
            .foreign_key(&mut belongs_to("container_id", "container"))
            .foreign_key(&mut references("grantee_tenant_id", "tenant"))
            .to_owned();
        manager.create_table(table.take()).await?;
        for index in [
            "CREATE UNIQUE INDEX container_share_grantee ON container_share (container_id, grantee_tenant_id)",
            "CREATE INDEX container_share_by_grantee ON container_share (grantee_tenant_id)",
        ] {
            manager.get_connection().execute_unprepared(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("container_share").to_owned()).await
    }
}
