//! Customers who turned to their bank about a payment.

use sea_orm_migration::prelude::*;

use crate::columns::{id, int8, int8_null, key, references, text, text_null};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = Table::create()
            .table("dispute")
            .col(key())
            .col(id("payment_id"))
            .col(id("tenant_id"))
            .col(text("environment"))
            .col(text("connector_reference"))
            .col(text("stage"))
            .col(text("status"))
            .col(text_null("reason"))
            .col(text("currency"))
            .col(int8("amount"))
            .col(int8_null("due_at"))
            .col(int8("opened_at"))
            .col(int8_null("resolved_at"))
            .foreign_key(&mut references("payment_id", "payment"))
            .check(Expr::cust("amount >= 0"))
            .to_owned();
        manager.create_table(table.take()).await?;
        let index = "CREATE UNIQUE INDEX dispute_reference ON dispute (payment_id, connector_reference)";
        manager.get_connection().execute_unprepared(index).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("dispute").to_owned()).await
    }
}
