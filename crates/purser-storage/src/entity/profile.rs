//! The table `profile`: the core that tenants share.

use purser_domain::profile::{Gender, Profile};
use purser_types::Date;
use purser_types::id::InstrumentId;
use sea_orm::entity::prelude::*;

use crate::parse::to_json;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "profile")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) container_id: Uuid,
    pub(crate) guid: String,
    pub(crate) customer_identification: Option<String>,
    pub(crate) status: String,
    pub(crate) kind: String,
    pub(crate) name: Option<String>,
    pub(crate) first_name: Option<String>,
    pub(crate) last_name: Option<String>,
    pub(crate) company: Option<String>,
    pub(crate) birth_date: Option<String>,
    pub(crate) gender: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) phone: Option<String>,
    pub(crate) locale: Option<String>,
    #[sea_orm(column_type = "JsonBinary")]
    pub(crate) addresses: Json,
    pub(crate) preferred_instrument_id: Option<Uuid>,
    pub(crate) created_by_tenant_id: Uuid,
    pub(crate) created_via: String,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
    pub(crate) version: i32,
}

/// The joins are written out in the statements.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The row of a profile.
    pub(crate) fn of(profile: &Profile) -> Self {
        let person = &profile.person;
        Self {
            id: profile.id.uuid(),
            container_id: profile.container_id.uuid(),
            guid: profile.guid.clone(),
            customer_identification: profile.customer_identification.clone(),
            status: profile.status.to_string(),
            kind: person.kind.to_string(),
            name: person.name.clone(),
            first_name: person.first_name.clone(),
            last_name: person.last_name.clone(),
            company: person.company.clone(),
            birth_date: person.birth_date.as_ref().map(Date::to_string),
            gender: person.gender.as_ref().map(Gender::to_string),
            email: person.email.as_ref().map(|email| email.as_str().to_owned()),
            phone: person.phone.as_ref().map(|phone| phone.as_str().to_owned()),
            locale: person.locale.clone(),
            addresses: to_json(&person.addresses),
            preferred_instrument_id: profile.preferred_instrument_id.map(InstrumentId::uuid),
            created_by_tenant_id: profile.created_by_tenant_id.uuid(),
            created_via: profile.created_via.to_string(),
            created_at: profile.created_at.unix_micros(),
            updated_at: profile.updated_at.unix_micros(),
            version: profile.version,
        }
    }
}
