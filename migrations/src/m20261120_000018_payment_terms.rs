//! What a payment was asked for beyond its amount, its disputes, and when somebody has to look at it.

use sea_orm_migration::prelude::*;

use crate::columns::{add, flag, id_null, int4, int8, int8_null, json_null, referring, remove, text_null};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLE: &str = "payment";

/// The states in which a reservation can be captured. The partial index and the query that uses it spell
/// them alike, or SQLite does not see that the one covers the other.
const CAPTURABLE: &str = "('AUTHORIZED', 'PARTIALLY_AUTHORIZED', 'PARTIALLY_CAPTURED')";
/// The states that wait for the customer, and end if nobody comes.
const WAITING: &str = "('CREATED', 'AWAITING_INSTRUMENT', 'AWAITING_AMOUNT', 'REQUIRES_ACTION')";

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
        let capturable = format!("status IN {CAPTURABLE}");
        let waiting = format!("status IN {WAITING}");
        for statement in [
            "UPDATE payment SET amount_original = amount",
            "CREATE INDEX payment_order ON payment (order_id) WHERE order_id IS NOT NULL",
            &format!(
                "CREATE INDEX payment_capture_due ON payment (capture_at, id) \
                 WHERE capture_at IS NOT NULL AND {capturable}"
            ),
            &format!(
                "CREATE INDEX payment_expiry_due ON payment (expires_at, id) \
                 WHERE expires_at IS NOT NULL AND {waiting}"
            ),
        ] {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for index in ["payment_order", "payment_capture_due", "payment_expiry_due"] {
            manager.get_connection().execute_unprepared(&format!("DROP INDEX {index}")).await?;
        }
        let references = [id_null("reference_payment_id"), id_null("order_id")];
        remove(manager, TABLE, columns().into_iter().chain(references).collect()).await
    }
}
