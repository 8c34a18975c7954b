//! What one tenant keeps about a profile for itself; its row is the tenant's link to the profile.

use sea_orm_migration::prelude::*;

use crate::columns::{belongs_to, flag, id, int8, json, references, text, text_null};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = Table::create()
            .table("profile_link")
            .col(id("tenant_id"))
            .col(id("profile_id"))
            .col(id("container_id"))
            .col(text("environment"))
            .col(text_null("external_id"))
            .col(json("metadata"))
            .col(json("tags"))
            .col(flag("is_favorite"))
            .col(text("linked_via"))
            .col(int8("profile_created_at"))
            .col(int8("created_at"))
            .col(int8("updated_at"))
            .primary_key(Index::create().col("tenant_id").col("profile_id"))
            .foreign_key(&mut belongs_to("profile_id", "profile"))
            .foreign_key(&mut references("tenant_id", "tenant"))
            .to_owned();
        manager.create_table(table.take()).await?;
        for index in [
            "CREATE UNIQUE INDEX profile_link_external_id ON profile_link (tenant_id, environment, external_id)",
            "CREATE INDEX profile_link_newest ON profile_link (tenant_id, container_id, profile_created_at DESC, profile_id DESC)",
            "CREATE INDEX profile_link_profile ON profile_link (profile_id)",
        ] {
            manager.get_connection().execute_unprepared(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("profile_link").to_owned()).await
    }
}
