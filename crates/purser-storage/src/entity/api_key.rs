//! The table `api_key`.

use purser_domain::KeyScopes;
use purser_domain::tenant::ApiKey;
use purser_types::Timestamp;
use purser_types::id::{ApiKeyId, TenantId};
use sea_orm::entity::prelude::*;

use crate::error::Error;
use crate::parse::Row;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "api_key")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) tenant_id: Uuid,
    pub(crate) kind: String,
    pub(crate) environment: String,
    pub(crate) name: String,
    pub(crate) prefix: String,
    pub(crate) hash: Vec<u8>,
    pub(crate) scopes: i64,
    pub(crate) expires_at: i64,
    pub(crate) revoked_at: Option<i64>,
    pub(crate) created_at: i64,
    pub(crate) created_by: String,
}

/// The joins are written out in the statements.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The row of a key under the keyed hash of its secret.
    pub(crate) fn of(key: &ApiKey, hash: &[u8; 32]) -> Self {
        Self {
            id: key.id.uuid(),
            tenant_id: key.tenant_id.uuid(),
            kind: key.kind.to_string(),
            environment: key.environment.to_string(),
            name: key.name.clone(),
            prefix: key.prefix.clone(),
            hash: hash.to_vec(),
            scopes: key.scopes.bits(),
            expires_at: key.expires_at.unix_micros(),
            revoked_at: key.revoked_at.map(Timestamp::unix_micros),
            created_at: key.created_at.unix_micros(),
            created_by: key.created_by.clone(),
        }
    }

    /// The key of a row.
    pub(crate) fn parse(self) -> Result<ApiKey, Error> {
        let row = Row::new("api_key", self.id);
        Ok(ApiKey {
            id: ApiKeyId::from_uuid(self.id),
            tenant_id: TenantId::from_uuid(self.tenant_id),
            kind: row.text("kind", &self.kind)?,
            environment: row.text("environment", &self.environment)?,
            name: self.name,
            prefix: self.prefix,
            scopes: KeyScopes::from_bits(self.scopes),
            expires_at: Timestamp::from_unix_micros(self.expires_at),
            revoked_at: self.revoked_at.map(Timestamp::from_unix_micros),
            created_at: Timestamp::from_unix_micros(self.created_at),
            created_by: self.created_by,
        })
    }
}
