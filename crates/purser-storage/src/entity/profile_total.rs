//! The table `profile_total`: what a customer has paid at one tenant in one currency.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "profile_total")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) profile_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) currency: String,
    pub(crate) payment_count: i64,
    pub(crate) success_count: i64,
    pub(crate) captured: i64,
    pub(crate) refunded: i64,
    pub(crate) last_payment_at: i64,
}

/// The joins are written out in the statements.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
