//! The table `instrument`.

use purser_domain::instrument::{Instrument, Origin};
use purser_types::Timestamp;
use purser_types::id::{ConnectorId, ContainerId, InstrumentId, ProfileId, TenantId};
use sea_orm::entity::prelude::*;

use crate::error::Error;
use crate::parse::{Row, to_json};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "instrument")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) container_id: Uuid,
    pub(crate) profile_id: Uuid,
    pub(crate) payment_token: String,
    pub(crate) stored_by_tenant_id: Uuid,
    pub(crate) kind: String,
    pub(crate) method: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub(crate) details: Json,
    pub(crate) status: String,
    pub(crate) shareable: String,
    pub(crate) fingerprint: Option<Vec<u8>>,
    pub(crate) connector_id: Uuid,
    pub(crate) plugin_id: String,
    pub(crate) processor: String,
    pub(crate) token_scope: String,
    pub(crate) sealed_token: Vec<u8>,
    pub(crate) created_at: i64,
    pub(crate) last_used_at: Option<i64>,
}

/// The joins are written out in the statements.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The row of an instrument with the sealed token that pays and the keyed hash of what it is.
    pub(crate) fn of(instrument: &Instrument, sealed_token: &[u8], fingerprint: Option<&[u8; 32]>) -> Self {
        Self {
            id: instrument.id.uuid(),
            container_id: instrument.container_id.uuid(),
            profile_id: instrument.profile_id.uuid(),
            payment_token: instrument.payment_token.clone(),
            stored_by_tenant_id: instrument.stored_by_tenant_id.uuid(),
            kind: instrument.kind.to_string(),
            method: instrument.method.clone(),
            details: to_json(&instrument.details),
            status: instrument.status.to_string(),
            shareable: instrument.shareable.to_string(),
            fingerprint: fingerprint.map(|bytes| bytes.to_vec()),
            connector_id: instrument.origin.connector_id.uuid(),
            plugin_id: instrument.origin.plugin_id.clone(),
            processor: instrument.origin.processor.clone(),
            token_scope: instrument.origin.token_scope.to_string(),
            sealed_token: sealed_token.to_vec(),
            created_at: instrument.created_at.unix_micros(),
            last_used_at: instrument.last_used_at.map(Timestamp::unix_micros),
        }
    }

    /// The instrument of a row and its sealed token.
    pub(crate) fn parse(self) -> Result<(Instrument, Vec<u8>), Error> {
        let row = Row::new("instrument", self.id);
        let instrument = Instrument {
            id: InstrumentId::from_uuid(self.id),
            payment_token: self.payment_token,
            profile_id: ProfileId::from_uuid(self.profile_id),
            container_id: ContainerId::from_uuid(self.container_id),
            stored_by_tenant_id: TenantId::from_uuid(self.stored_by_tenant_id),
            kind: row.text("kind", &self.kind)?,
            method: self.method,
            details: row.json("details", self.details)?,
            status: row.text("status", &self.status)?,
            shareable: row.text("shareable", &self.shareable)?,
            origin: Origin {
                connector_id: ConnectorId::from_uuid(self.connector_id),
                plugin_id: self.plugin_id,
                processor: self.processor,
                token_scope: row.text("token_scope", &self.token_scope)?,
            },
            created_at: Timestamp::from_unix_micros(self.created_at),
            last_used_at: self.last_used_at.map(Timestamp::from_unix_micros),
        };
        Ok((instrument, self.sealed_token))
    }
}
