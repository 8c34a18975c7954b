//! The table `payment`.

use purser_domain::payment::state::request::{is_cancelable, is_capturable};
use purser_domain::payment::{Amounts, Payment, SourceSnapshot, Urls};
use purser_types::Timestamp;
use purser_types::id::{
    ConnectorId, ContainerId, InstrumentId, OrderId, PaymentId, ProfileId, RouterId, TenantId,
};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

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
    pub(crate) amount_original: i64,
    pub(crate) amount_disputed: i64,
    pub(crate) amount_minimum: Option<i64>,
    pub(crate) commits_max: i32,
    pub(crate) commits: i32,
    pub(crate) accepts_partial: bool,
    pub(crate) is_final_captured: bool,
    pub(crate) capture_at: Option<i64>,
    pub(crate) expires_at: Option<i64>,
    pub(crate) due_at: Option<i64>,
    pub(crate) lease_until: Option<i64>,
    pub(crate) mit_reason: Option<String>,
    pub(crate) network_transaction_id: Option<String>,
    #[sea_orm(column_type = "JsonBinary")]
    pub(crate) urls: Option<Json>,
    pub(crate) reference_payment_id: Option<Uuid>,
    pub(crate) order_id: Option<Uuid>,
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
            amount_original: amounts.original,
            amount_disputed: amounts.disputed,
            amount_minimum: payment.minimum,
            commits_max: payment.commits_max,
            commits: payment.commits,
            accepts_partial: payment.accepts_partial,
            is_final_captured: payment.is_final_captured,
            capture_at: payment.capture_at.map(Timestamp::unix_micros),
            expires_at: payment.expires_at.map(Timestamp::unix_micros),
            due_at: due_at(payment),
            lease_until: None,
            mit_reason: payment.mit_reason.map(|reason| reason.to_string()),
            network_transaction_id: payment.network_transaction_id.clone(),
            urls: Addresses::of(&payment.urls),
            reference_payment_id: payment.reference_payment_id.map(PaymentId::uuid),
            order_id: payment.order_id.map(OrderId::uuid),
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
            capture_at: self.capture_at.map(Timestamp::from_unix_micros),
            expires_at: self.expires_at.map(Timestamp::from_unix_micros),
            commits: self.commits,
            commits_max: self.commits_max,
            minimum: self.amount_minimum,
            accepts_partial: self.accepts_partial,
            mit_reason: row.text_option("mit_reason", self.mit_reason.as_deref())?,
            network_transaction_id: self.network_transaction_id,
            reference_payment_id: self.reference_payment_id.map(PaymentId::from_uuid),
            urls: addresses(row.json_option("urls", self.urls)?),
            order_id: self.order_id.map(OrderId::from_uuid),
            is_final_captured: self.is_final_captured,
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
            original: self.amount_original,
            authorized: self.amount_authorized,
            captured: self.amount_captured,
            capture_pending: self.amount_capture_pending,
            refunded: self.amount_refunded,
            refund_pending: self.amount_refund_pending,
            disputed: self.amount_disputed,
        })
    }
}

/// When a worker has to look at a payment: what waits for the customer ends, what is reserved is captured
/// if that was asked for. A column of its own, so that most payments are in no index of due ones.
pub(crate) fn due_at(payment: &Payment) -> Option<i64> {
    let at = match payment.status {
        status if is_cancelable(status) => payment.expires_at,
        status if is_capturable(status) => payment.capture_at,
        _ => None,
    };
    at.map(Timestamp::unix_micros)
}

/// The addresses of a payment as the document keeps them.
#[derive(Serialize, Deserialize)]
pub(crate) struct Addresses {
    #[serde(rename = "return")]
    return_: Option<String>,
    success: Option<String>,
    cancel: Option<String>,
    error: Option<String>,
    callback: Option<String>,
}

impl Addresses {
    /// The document; none without any address.
    pub(crate) fn of(urls: &Urls) -> Option<Json> {
        if *urls == Urls::default() {
            return None;
        }
        let Urls { return_, success, cancel, error, callback } = urls.clone();
        Some(to_json(&Self { return_, success, cancel, error, callback }))
    }
}

/// The addresses of a document.
pub(crate) fn addresses(document: Option<Addresses>) -> Urls {
    document.map_or_else(Urls::default, |Addresses { return_, success, cancel, error, callback }| Urls {
        return_,
        success,
        cancel,
        error,
        callback,
    })
}
