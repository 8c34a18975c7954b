//! Stored payment instruments: what may be shown, and the sealed token that pays.

use sea_orm_migration::prelude::*;

use crate::columns::{belongs_to, bytes, bytes_null, id, int8, int8_null, json, key, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = Table::create()
            .table("instrument")
            .col(key())
            .col(id("container_id"))
            .col(id("profile_id"))
            .col(text("payment_token"))
            .col(id("stored_by_tenant_id"))
            .col(text("kind"))
            .col(text("method"))
            .col(json("details"))
            .col(text("status"))
            .col(text("shareable"))
            .col(bytes_null("fingerprint"))
            .col(id("connector_id"))
            .col(text("plugin_id"))
            .col(text("processor"))
            .col(text("token_scope"))
            .col(bytes("sealed_token"))
            .col(int8("created_at"))
            .col(int8_null("last_used_at"))
            .foreign_key(&mut belongs_to("profile_id", "profile"))
            .to_owned();
        manager.create_table(table.take()).await?;
        for index in [
            "CREATE UNIQUE INDEX instrument_payment_token ON instrument (payment_token)",
            "CREATE INDEX instrument_profile ON instrument (profile_id, created_at DESC, id DESC)",
            "CREATE UNIQUE INDEX instrument_fingerprint ON instrument (profile_id, stored_by_tenant_id, plugin_id, processor, fingerprint)",
        ] {
            manager.get_connection().execute_unprepared(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("instrument").to_owned()).await
    }
}
