//! One request to one processor about one payment, committed before the request is sent.

use sea_orm_migration::prelude::*;

use crate::columns::{id, id_null, int4, int8, int8_null, json_null, key, references, text, text_null};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = Table::create()
            .table("attempt")
            .col(key())
            .col(id("payment_id"))
            .col(id("tenant_id"))
            .col(int4("position"))
            .col(text("operation"))
            .col(id("connector_id"))
            .col(id_null("instrument_id"))
            .col(text("currency"))
            .col(int8("amount"))
            .col(text("status"))
            .col(text_null("connector_reference"))
            .col(json_null("decline"))
            .col(text_null("failure"))
            .col(int8("started_at"))
            .col(int8_null("finished_at"))
            .foreign_key(&mut references("payment_id", "payment"))
            .check(Expr::cust("amount >= 0"))
            .to_owned();
        manager.create_table(table.take()).await?;
        for index in ["CREATE UNIQUE INDEX attempt_position ON attempt (payment_id, position)"] {
            manager.get_connection().execute_unprepared(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("attempt").to_owned()).await
    }
}
