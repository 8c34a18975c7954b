//! What processors told of their own accord: stored before it is acknowledged, applied later.

use sea_orm_migration::prelude::*;

use crate::columns::{bytes, id, int4, int8, int8_null, key, references, text, text_null};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = Table::create()
            .table("notification")
            .col(key())
            .col(id("connector_id"))
            .col(id("tenant_id"))
            .col(text("environment"))
            .col(text("dedupe_key"))
            .col(text("event_type"))
            .col(bytes("sealed"))
            .col(int8("received_at"))
            .col(int8_null("next_try_at"))
            .col(int4("tries"))
            .col(int8_null("lease_until"))
            .col(int8_null("done_at"))
            .col(text_null("failure"))
            .foreign_key(&mut references("connector_id", "connector"))
            .check(Expr::cust("tries >= 0"))
            .to_owned();
        manager.create_table(table.take()).await?;
        for index in [
            "CREATE UNIQUE INDEX notification_dedupe ON notification (connector_id, dedupe_key)",
            "CREATE INDEX notification_due ON notification (next_try_at, id) WHERE next_try_at IS NOT NULL",
        ] {
            manager.get_connection().execute_unprepared(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("notification").to_owned()).await
    }
}
