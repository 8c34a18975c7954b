//! What a payment was asked for beyond its amount, its disputes, and when somebody has to look at it.

use sea_orm_migration::prelude::*;

use crate::columns::{add, flag, id_null, int4, int8, int8_null, json_null, referring, remove, text_null};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLE: &str = "payment";

/// In an order in which each check names only columns that are there.
fn columns() -> Vec<ColumnDef> {
    let within = "amount_disputed >= 0 \
                  AND amount_refunded + amount_refund_pending + amount_disputed <= amount_captured";
    vec![
        int8("amount_original").default(0).check(Expr::cust("amount_original >= 0")).take(),
        int8("amount_disputed").default(0).check(Expr::cust(within)).take(),
        int8_null("amount_minimum").check(Expr::cust("amount_minimum BETWEEN 0 AND amount")).take(),
        int4("commits_max").default(1).check(Expr::cust("commits_max BETWEEN 1 AND 20")).take(),
        int4("commits").default(1).check(Expr::cust("commits BETWEEN 0 AND commits_max")).take(),
        flag("accepts_partial").default(false).take(),
        flag("is_final_captured").default(false).take(),
        int8_null("capture_at"),
        int8_null("expires_at"),
        int8_null("due_at"),
        int8_null("lease_until"),
        text_null("mit_reason"),
        text_null("network_transaction_id"),
        json_null("urls"),
    ]
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add(manager, TABLE, columns()).await?;
        referring(manager, TABLE, "reference_payment_id", TABLE).await?;
        referring(manager, TABLE, "order_id", "customer_order").await?;
        for statement in [
            "UPDATE payment SET amount_original = amount",
            "CREATE INDEX payment_order ON payment (order_id) WHERE order_id IS NOT NULL",
            // Not over `capture_at` and `expires_at` in some states: an index that names the status would have
            // to be written with every change of a payment.
            "CREATE INDEX payment_due ON payment (due_at, id) WHERE due_at IS NOT NULL",
        ] {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for index in ["payment_order", "payment_due"] {
            manager.get_connection().execute_unprepared(&format!("DROP INDEX {index}")).await?;
        }
        let references = [id_null("reference_payment_id"), id_null("order_id")];
        remove(manager, TABLE, columns().into_iter().chain(references).collect()).await
    }
}
