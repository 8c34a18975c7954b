//! The table `tenant`.

use purser_domain::tenant::{Features, Path, Tenant};
use purser_types::Timestamp;
use purser_types::id::TenantId;
use sea_orm::entity::prelude::*;

use crate::error::Error;
use crate::parse::Row;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "tenant")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) parent_id: Option<Uuid>,
    pub(crate) root_id: Uuid,
    pub(crate) path: String,
    pub(crate) slug: String,
    pub(crate) name: String,
    pub(crate) status: String,
    pub(crate) features: i64,
    pub(crate) default_currency: String,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
    pub(crate) version: i32,
}

/// The joins are written out in the statements.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The row of a tenant.
    pub(crate) fn of(tenant: &Tenant) -> Self {
        Self {
            id: tenant.id.uuid(),
            parent_id: tenant.parent_id.map(TenantId::uuid),
            root_id: tenant.root_id.uuid(),
            path: tenant.path.as_str().to_owned(),
            slug: tenant.slug.clone(),
            name: tenant.name.clone(),
            status: tenant.status.to_string(),
            features: tenant.features.bits(),
            default_currency: tenant.default_currency.to_string(),
            created_at: tenant.created_at.unix_micros(),
            updated_at: tenant.updated_at.unix_micros(),
            version: tenant.version,
        }
    }

    /// The tenant of a row.
    pub(crate) fn parse(self) -> Result<Tenant, Error> {
        let row = Row::new("tenant", self.id);
        Ok(Tenant {
            id: TenantId::from_uuid(self.id),
            parent_id: self.parent_id.map(TenantId::from_uuid),
            root_id: TenantId::from_uuid(self.root_id),
            path: Path::from_stored(self.path),
            slug: self.slug,
            name: self.name,
            status: row.text("status", &self.status)?,
            features: Features::from_bits(self.features),
            default_currency: row.text("default_currency", &self.default_currency)?,
            created_at: Timestamp::from_unix_micros(self.created_at),
            updated_at: Timestamp::from_unix_micros(self.updated_at),
            version: self.version,
        })
    }
}
