//! API keys; the secret is kept as a keyed hash only.

use sea_orm_migration::prelude::*;

use crate::columns::{bytes, id, int8, int8_null, key, references, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = Table::create()
            .table("api_key")
            .col(key())
            .col(id("tenant_id"))
            .col(text("kind"))
            .col(text("environment"))
            .col(text("name"))
            .col(text("prefix"))
            .col(bytes("hash"))
            .col(int8("scopes"))
            .col(int8("expires_at"))
            .col(int8_null("revoked_at"))
            .col(int8("created_at"))
            .col(text("created_by"))
            .foreign_key(&mut references("tenant_id", "tenant"))
            .to_owned();
        manager.create_table(table.take()).await?;
        for index in [
            "CREATE UNIQUE INDEX api_key_hash ON api_key (hash)",
            "CREATE INDEX api_key_tenant ON api_key (tenant_id, created_at DESC, id DESC)",
        ] {
            manager.get_connection().execute_unprepared(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("api_key").to_owned()).await
    }
}
