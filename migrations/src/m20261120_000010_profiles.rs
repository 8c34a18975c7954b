//! Profiles: the core that tenants share.

use sea_orm_migration::prelude::*;

use crate::columns::{id, id_null, int4, int8, json, key, references, text, text_null};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = Table::create()
            .table("profile")
            .col(key())
            .col(id("container_id"))
            .col(text("guid"))
            .col(text_null("customer_identification"))
            .col(text("status"))
            .col(text("kind"))
            .col(text_null("name"))
            .col(text_null("first_name"))
            .col(text_null("last_name"))
            .col(text_null("company"))
            .col(text_null("birth_date"))
            .col(text_null("gender"))
            .col(text_null("email"))
            .col(text_null("phone"))
            .col(text_null("locale"))
            .col(json("addresses"))
            .col(id_null("preferred_instrument_id"))
            .col(id("created_by_tenant_id"))
            .col(text("created_via"))
            .col(int8("created_at"))
            .col(int8("updated_at"))
            .col(int4("version"))
            .foreign_key(&mut references("container_id", "container"))
            .to_owned();
        manager.create_table(table.take()).await?;
        for index in [
            "CREATE UNIQUE INDEX profile_guid ON profile (guid)",
            "CREATE UNIQUE INDEX profile_identification ON profile (container_id, customer_identification)",
            "CREATE INDEX profile_newest ON profile (container_id, created_at DESC, id DESC)",
        ] {
            manager.get_connection().execute_unprepared(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("profile").to_owned()).await
    }
}
