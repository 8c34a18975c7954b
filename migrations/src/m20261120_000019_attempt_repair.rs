//! What it takes to end the doubt about an attempt: when to look, who looks, with what.

use sea_orm_migration::prelude::*;

use crate::columns::{add, bytes_null, flag, id_null, int4, int8_null, remove, text, text_null};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLE: &str = "attempt";

fn columns() -> Vec<ColumnDef> {
    vec![
        text("environment").default("").take(),
        int4("commit_number").default(1).check(Expr::cust("commit_number >= 0")).take(),
        text_null("network_transaction_id"),
        text_null("settled_by"),
        text_null("review"),
        int8_null("action_expires_at"),
        int8_null("next_check_at"),
        int4("checks").default(0).check(Expr::cust("checks >= 0")).take(),
        int8_null("lease_until"),
        flag("is_final_capture").default(false).take(),
        flag("is_surplus").default(false).take(),
        id_null("gives_back"),
        bytes_null("request"),
        bytes_null("action"),
        bytes_null("return_token").check(Expr::cust("length(return_token) = 32")).take(),
    ]
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add(manager, TABLE, columns()).await?;
        for statement in [
            "UPDATE attempt SET environment = (SELECT p.environment FROM payment p WHERE p.id = payment_id)",
            // Whatever was left open is looked at first.
            "UPDATE attempt SET next_check_at = started_at \
             WHERE status IN ('STARTED', 'PENDING', 'REQUIRES_ACTION', 'UNKNOWN')",
            "CREATE INDEX attempt_due ON attempt (next_check_at, id) WHERE next_check_at IS NOT NULL",
            "CREATE INDEX attempt_review ON attempt (tenant_id, environment, started_at DESC, id DESC) \
             WHERE review IS NOT NULL",
            "CREATE UNIQUE INDEX attempt_return_token ON attempt (return_token) \
             WHERE return_token IS NOT NULL",
            "CREATE INDEX attempt_reference ON attempt (connector_id, connector_reference) \
             WHERE connector_reference IS NOT NULL",
        ] {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for index in ["attempt_due", "attempt_review", "attempt_return_token", "attempt_reference"] {
            manager.get_connection().execute_unprepared(&format!("DROP INDEX {index}")).await?;
        }
        remove(manager, TABLE, columns()).await
    }
}
