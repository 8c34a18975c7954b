//! Which request a key was first used for. The row is written in the transaction of what the request made,
//! before anything else of it: the primary key is where a concurrent twin waits.

use sea_orm_migration::prelude::*;

use crate::columns::{bytes, id, int8, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = Table::create()
            .table("idempotency")
            .col(id("tenant_id"))
            .col(text("environment"))
            .col(text("operation"))
            .col(text("key"))
            .col(bytes("fingerprint"))
            .col(id("resource_id"))
            .col(int8("created_at"))
            .primary_key(Index::create().col("tenant_id").col("environment").col("operation").col("key"))
            .check(Expr::cust("length(fingerprint) = 32"))
            .to_owned();
        manager.create_table(table.take()).await?;
        // For the removal of old rows.
        let index = "CREATE INDEX idempotency_oldest ON idempotency (created_at)";
        manager.get_connection().execute_unprepared(index).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("idempotency").to_owned()).await
    }
}
