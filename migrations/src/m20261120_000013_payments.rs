//! Payments. A payment outlives the profile it was made for.

use sea_orm_migration::prelude::*;

use crate::columns::{id, id_null, int4, int8, json, json_null, key, references, text, text_null};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = Table::create()
            .table("payment")
            .col(key())
            .col(id("tenant_id"))
            .col(text("environment"))
            .col(text("kind"))
            .col(text("merchant_transaction_id"))
            .col(id_null("profile_id"))
            .col(id_null("container_id"))
            .col(id_null("instrument_id"))
            .col(id_null("connector_id"))
            .col(id_null("router_id"))
            .col(text("status"))
            .col(text("currency"))
            .col(int8("amount"))
            .col(int8("amount_authorized"))
            .col(int8("amount_captured"))
            .col(int8("amount_capture_pending"))
            .col(int8("amount_refunded"))
            .col(int8("amount_refund_pending"))
            .col(text_null("method"))
            .col(text_null("description"))
            .col(text("source"))
            .col(text_null("source_id"))
            .col(text_null("source_description"))
            .col(text("initiator"))
            .col(json_null("decline"))
            .col(json_null("next_action"))
            .col(json("route"))
            .col(json("metadata"))
            .col(int8("created_at"))
            .col(int8("updated_at"))
            .col(int4("version"))
            .foreign_key(&mut references("tenant_id", "tenant"))
            .check(Expr::cust("amount >= 0"))
            .check(Expr::cust("amount_authorized >= 0"))
            .check(Expr::cust("amount_captured >= 0 AND amount_capture_pending >= 0"))
            .check(Expr::cust("amount_captured + amount_capture_pending <= amount_authorized"))
            .check(Expr::cust("amount_refunded >= 0 AND amount_refund_pending >= 0"))
            .check(Expr::cust("amount_refunded + amount_refund_pending <= amount_captured"))
            .to_owned();
        manager.create_table(table.take()).await?;
        for index in [
            "CREATE UNIQUE INDEX payment_transaction_id ON payment (tenant_id, environment, merchant_transaction_id)",
            "CREATE INDEX payment_newest ON payment (tenant_id, environment, created_at DESC, id DESC)",
            "CREATE INDEX payment_profile_newest ON payment (profile_id, tenant_id, created_at DESC, id DESC)",
            "CREATE INDEX payment_instrument ON payment (instrument_id)",
        ] {
            manager.get_connection().execute_unprepared(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("payment").to_owned()).await
    }
}
