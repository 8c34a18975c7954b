//! What happened to a payment, written in the transaction of the change: its history and the outbox.

use sea_orm_migration::prelude::*;

use crate::columns::{id, id_null, int4, int8, int8_null, key, references, text, text_null};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = Table::create()
            .table("event")
            .col(key())
            .col(id("tenant_id"))
            .col(text("environment"))
            .col(id("payment_id"))
            .col(int4("position"))
            .col(text("kind"))
            .col(text_null("status_from"))
            .col(text("status_to"))
            .col(text("origin"))
            .col(id_null("attempt_id"))
            .col(int8_null("amount"))
            .col(text("currency"))
            .col(int8("at"))
            .foreign_key(&mut references("payment_id", "payment"))
            .foreign_key(&mut references("attempt_id", "attempt"))
            .to_owned();
        manager.create_table(table.take()).await?;
        for index in [
            "CREATE UNIQUE INDEX event_position ON event (payment_id, position)",
            // A payment succeeds once, whoever reports it and however often.
            "CREATE UNIQUE INDEX event_success ON event (payment_id) \
             WHERE kind IN ('PAYMENT_SUCCEEDED', 'LATE_SUCCESS')",
        ] {
            manager.get_connection().execute_unprepared(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("event").to_owned()).await
    }
}
