//! The table `payment`.

use purser_domain::payment::{Amounts, Payment, SourceSnapshot};
use purser_types::Timestamp;
use purser_types::id::{ConnectorId, ContainerId, InstrumentId, PaymentId, ProfileId, RouterId, TenantId};
use sea_orm::entity::prelude::*;

use crate::error::Error;
use crate::parse::{Row, to_json};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "payment")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) tenant_id: Uuid,
    pub(crate) environment: String,
    pub(crate) kind: String,
    pub(crate) merchant_transaction_id: String,
    pub(crate) profile_id: Option<Uuid>,
    pub(crate) container_id: Option<Uuid>,
    pub(crate) instrument_id: Option<Uuid>,
    pub(crate) connector_id: Option<Uuid>,
    pub(crate) router_id: Option<Uuid>,
    pub(crate) status: String,
    pub(crate) currency: String,
    pub(crate) amount: i64,
    pub(crate) amount_authorized: i64,
    pub(crate) amount_captured: i64,
    pub(crate) amount_capture_pending: i64,
    pub(crate) amount_refunded: i64,
    pub(crate) amount_refund_pending: i64,
    pub(crate) method: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) source: String,
    pub(crate) source_id: Option<String>,
    pub(crate) source_description: Option<String>,
    pub(crate) initiator: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub(crate) decline: Option<Json>,
    #[sea_orm(column_type = "JsonBinary")]
    pub(crate) next_action: Option<Json>,
    #[sea_orm(column_type = "JsonBinary")]
    pub(crate) route: Json,
    #[sea_orm(column_type = "JsonBinary")]
    pub(crate) metadata: Json,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
    pub(crate) version: i32,
}

/// The joins are written out in the statements.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The row of a payment.
    pub(crate) fn of(payment: &Payment) -> Self {
        let amounts = &payment.amounts;
        Self {
            id: payment.id.uuid(),
            tenant_id: payment.tenant_id.uuid(),
            environment: payment.environment.to_string(),
            kind: payment.kind.to_string(),
            merchant_transaction_id: payment.merchant_transaction_id.clone(),
            profile_id: payment.profile_id.map(ProfileId::uuid),
            container_id: payment.container_id.map(ContainerId::uuid),
            instrument_id: payment.instrument_id.map(InstrumentId::uuid),
            connector_id: payment.connector_id.map(ConnectorId::uuid),
            router_id: payment.router_id.map(RouterId::uuid),
            status: payment.status.to_string(),
            currency: amounts.currency.to_string(),
            amount: amounts.requested,
            amount_authorized: amounts.authorized,
            amount_captured: amounts.captured,
            amount_capture_pending: amounts.capture_pending,
            amount_refunded: amounts.refunded,
            amount_refund_pending: amounts.refund_pending,
            method: payment.method.clone(),
            description: payment.description.clone(),
            source: payment.source.source.to_string(),
            source_id: payment.source.source_id.clone(),
            source_description: payment.source.description.clone(),
            initiator: payment.initiator.to_string(),
            decline: payment.decline.as_ref().map(to_json),
            next_action: payment.next_action.as_ref().map(to_json),
            route: to_json(&payment.route),
            metadata: to_json(&payment.metadata),
            created_at: payment.created_at.unix_micros(),
            updated_at: payment.updated_at.unix_micros(),
            version: payment.version,
        }
    }

    /// The payment of a row.
    pub(crate) fn parse(self) -> Result<Payment, Error> {
        let row = Row::new("payment", self.id);
        let amounts = self.amounts(row)?;
        Ok(Payment {
            id: PaymentId::from_uuid(self.id),
            tenant_id: TenantId::from_uuid(self.tenant_id),
            environment: row.text("environment", &self.environment)?,
            kind: row.text("kind", &self.kind)?,
            merchant_transaction_id: self.merchant_transaction_id,
            profile_id: self.profile_id.map(ProfileId::from_uuid),
            container_id: self.container_id.map(ContainerId::from_uuid),
            instrument_id: self.instrument_id.map(InstrumentId::from_uuid),
            connector_id: self.connector_id.map(ConnectorId::from_uuid),
            router_id: self.router_id.map(RouterId::from_uuid),
            status: row.text("status", &self.status)?,
            amounts,
            method: self.method,
            description: self.description,
            source: SourceSnapshot {
                source: row.text("source", &self.source)?,
                source_id: self.source_id,
                description: self.source_description,
            },
            initiator: row.text("initiator", &self.initiator)?,
            decline: row.json_option("decline", self.decline)?,
            next_action: row.json_option("next_action", self.next_action)?,
            capture_at: None,
            expires_at: None,
            commits: 1,
            commits_max: 1,
            minimum: None,
            accepts_partial: false,
            mit_reason: None,
            network_transaction_id: None,
            reference_payment_id: None,
            urls: purser_domain::payment::Urls::default(),
            order_id: None,
            is_final_captured: false,
            route: row.json("route", self.route)?,
            metadata: row.json("metadata", self.metadata)?,
            created_at: Timestamp::from_unix_micros(self.created_at),
            updated_at: Timestamp::from_unix_micros(self.updated_at),
            version: self.version,
        })
    }

    fn amounts(&self, row: Row) -> Result<Amounts, Error> {
        Ok(Amounts {
            currency: row.text("currency", &self.currency)?,
            requested: self.amount,
            original: self.amount,
            authorized: self.amount_authorized,
            captured: self.amount_captured,
            capture_pending: self.amount_capture_pending,
            refunded: self.amount_refunded,
            refund_pending: self.amount_refund_pending,
            disputed: 0,
        })
    }
}
