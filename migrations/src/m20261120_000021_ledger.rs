//! Transfers between the accounts of a payment. They are written once: triggers refuse every change.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

use crate::columns::{id, id_null, int4, int8, references, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// The transfers of what was there before, so that every ledger folds to its payment's amounts.
const OPENING: [&str; 3] = [
    "SELECT id, 1, tenant_id, environment, NULL, 'CUSTOMER', 'RESERVED', amount_authorized, currency, updated_at \
     FROM payment WHERE amount_authorized > 0",
    "SELECT id, 2, tenant_id, environment, NULL, 'RESERVED', 'CAPTURED', amount_captured, currency, updated_at \
     FROM payment WHERE amount_captured > 0",
    "SELECT id, 3, tenant_id, environment, NULL, 'CAPTURED', 'REFUNDED', amount_refunded, currency, updated_at \
     FROM payment WHERE amount_refunded > 0",
];

const SQLITE: &[&str] = &[
    "CREATE TRIGGER ledger_transfer_stays BEFORE UPDATE ON ledger_transfer \
     BEGIN SELECT RAISE(ABORT, 'transfers of the ledger are never changed'); END",
    "CREATE TRIGGER ledger_transfer_remains BEFORE DELETE ON ledger_transfer \
     BEGIN SELECT RAISE(ABORT, 'transfers of the ledger are never deleted'); END",
];

const POSTGRES: &[&str] = &[
    "CREATE FUNCTION ledger_transfer_refuse() RETURNS trigger LANGUAGE plpgsql AS \
     $$ BEGIN RAISE EXCEPTION 'transfers of the ledger are never changed or deleted' \
     USING ERRCODE = 'restrict_violation'; END $$",
    "CREATE TRIGGER ledger_transfer_stays BEFORE UPDATE OR DELETE ON ledger_transfer \
     FOR EACH ROW EXECUTE FUNCTION ledger_transfer_refuse()",
    "CREATE TRIGGER ledger_transfer_remains BEFORE TRUNCATE ON ledger_transfer \
     FOR EACH STATEMENT EXECUTE FUNCTION ledger_transfer_refuse()",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = Table::create()
            .table("ledger_transfer")
            .col(id("payment_id"))
            .col(int4("position"))
            .col(id("tenant_id"))
            .col(text("environment"))
            .col(id_null("attempt_id"))
            .col(text("debit"))
            .col(text("credit"))
            .col(int8("minor"))
            .col(text("currency"))
            .col(int8("at"))
            .primary_key(Index::create().col("payment_id").col("position"))
            .foreign_key(&mut references("payment_id", "payment"))
            .foreign_key(&mut references("attempt_id", "attempt"))
            .check(Expr::cust("minor > 0 AND debit <> credit"))
            .to_owned();
        manager.create_table(table.take()).await?;
        let connection = manager.get_connection();
        for rows in OPENING {
            connection.execute_unprepared(&format!("INSERT INTO ledger_transfer {rows}")).await?;
        }
        let triggers = match manager.get_database_backend() {
            DbBackend::Sqlite => SQLITE,
            _ => POSTGRES,
        };
        for trigger in triggers {
            connection.execute_unprepared(trigger).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("ledger_transfer").to_owned()).await?;
        if manager.get_database_backend() == DbBackend::Postgres {
            let function = "DROP FUNCTION ledger_transfer_refuse()";
            manager.get_connection().execute_unprepared(function).await?;
        }
        Ok(())
    }
}
