//! What a customer has paid at one tenant, per currency; kept in the payment's own transaction.

use sea_orm_migration::prelude::*;

use crate::columns::{belongs_to, id, int8, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = Table::create()
            .table("profile_total")
            .col(id("tenant_id"))
            .col(id("profile_id"))
            .col(text("currency"))
            .col(int8("payment_count"))
            .col(int8("success_count"))
            .col(int8("captured"))
            .col(int8("refunded"))
            .col(int8("last_payment_at"))
            .primary_key(Index::create().col("tenant_id").col("profile_id").col("currency"))
            .foreign_key(&mut belongs_to("profile_id", "profile"))
            .check(Expr::cust("refunded <= captured"))
            .to_owned();
        manager.create_table(table.take()).await?;
        for index in ["CREATE INDEX profile_total_profile ON profile_total (profile_id)"] {
            manager.get_connection().execute_unprepared(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("profile_total").to_owned()).await
    }
}
