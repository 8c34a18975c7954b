//! The table `profile`: the core that tenants share.

use purser_domain::contact::{Email, Phone};
use purser_domain::profile::{Gender, Person, Profile};
use purser_types::id::{ContainerId, InstrumentId, ProfileId, TenantId};
use purser_types::{Date, Timestamp};
use sea_orm::entity::prelude::*;

use crate::error::Error;
use crate::parse::{Row, to_json};

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

    /// The profile of a row.
    pub(crate) fn parse(self) -> Result<Profile, Error> {
        let row = Row::new("profile", self.id);
        Ok(Profile {
            id: ProfileId::from_uuid(self.id),
            guid: self.guid,
            container_id: ContainerId::from_uuid(self.container_id),
            customer_identification: self.customer_identification,
            status: row.text("status", &self.status)?,
            person: Person {
                kind: row.text("kind", &self.kind)?,
                name: self.name,
                first_name: self.first_name,
                last_name: self.last_name,
                company: self.company,
                birth_date: row.text_option("birth_date", self.birth_date.as_deref())?,
                gender: row.text_option("gender", self.gender.as_deref())?,
                email: self.email.map(Email::from_stored),
                phone: self.phone.map(Phone::from_stored),
                locale: self.locale,
                addresses: row.json("addresses", self.addresses)?,
            },
            preferred_instrument_id: self.preferred_instrument_id.map(InstrumentId::from_uuid),
            created_by_tenant_id: TenantId::from_uuid(self.created_by_tenant_id),
            created_via: row.text("created_via", &self.created_via)?,
            created_at: Timestamp::from_unix_micros(self.created_at),
            updated_at: Timestamp::from_unix_micros(self.updated_at),
            version: self.version,
        })
    }
}
