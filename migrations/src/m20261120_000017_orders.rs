//! What was sold. The table is not called `order`, which is a word of SQL.

use sea_orm_migration::prelude::*;

use crate::columns::{id, id_null, int4, int8, json, json_null, key, references, text};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = Table::create()
            .table("customer_order")
            .col(key())
            .col(id("tenant_id"))
            .col(text("environment"))
            .col(text("external_id"))
            .col(id_null("profile_id"))
            .col(json("lines"))
            .col(json("discounts"))
            .col(text("currency"))
            .col(int8("shipping"))
            .col(int8("subtotal"))
            .col(int8("discount"))
            .col(int8("tax"))
            .col(int8("total"))
            .col(text("status"))
            .col(json_null("fulfilment"))
            .col(int8("created_at"))
            .col(int8("updated_at"))
            .col(int4("version"))
            .foreign_key(&mut references("tenant_id", "tenant"))
            .check(Expr::cust(
                "shipping >= 0 AND subtotal >= 0 AND discount >= 0 AND tax >= 0 AND total >= 0",
            ))
            .check(Expr::cust("total = subtotal - discount + tax + shipping"))
            .to_owned();
        manager.create_table(table.take()).await?;
        for index in [
            "CREATE UNIQUE INDEX customer_order_external_id ON customer_order (tenant_id, environment, external_id)",
            "CREATE INDEX customer_order_newest ON customer_order (tenant_id, environment, created_at DESC, id DESC)",
            "CREATE INDEX customer_order_profile ON customer_order (profile_id, tenant_id, created_at DESC, id DESC)",
        ] {
            manager.get_connection().execute_unprepared(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("customer_order").to_owned()).await
    }
}
