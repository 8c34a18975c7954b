//! The table `attempt`.

use purser_domain::payment::attempt::Attempt;
use purser_types::Timestamp;
use purser_types::id::{AttemptId, ConnectorId, PaymentId};
use sea_orm::entity::prelude::*;

use crate::error::Error;
use crate::parse::{Row, to_json};
use crate::payments::AttemptSeals;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "attempt")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) payment_id: Uuid,
    pub(crate) tenant_id: Uuid,
    pub(crate) position: i32,
    pub(crate) operation: String,
    pub(crate) connector_id: Uuid,
    pub(crate) instrument_id: Option<Uuid>,
    pub(crate) currency: String,
    pub(crate) amount: i64,
    pub(crate) status: String,
    pub(crate) connector_reference: Option<String>,
    #[sea_orm(column_type = "JsonBinary")]
    pub(crate) decline: Option<Json>,
    pub(crate) failure: Option<String>,
    pub(crate) started_at: i64,
    pub(crate) finished_at: Option<i64>,
    pub(crate) environment: String,
    pub(crate) commit_number: i32,
    pub(crate) network_transaction_id: Option<String>,
    pub(crate) settled_by: Option<String>,
    pub(crate) review: Option<String>,
    pub(crate) action_expires_at: Option<i64>,
    pub(crate) next_check_at: Option<i64>,
    pub(crate) checks: i32,
    pub(crate) lease_until: Option<i64>,
    pub(crate) is_final_capture: bool,
    pub(crate) is_surplus: bool,
    pub(crate) gives_back: Option<Uuid>,
    pub(crate) request: Option<Vec<u8>>,
    pub(crate) action: Option<Vec<u8>>,
    pub(crate) return_token: Option<Vec<u8>>,
}

/// The joins are written out in the statements.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The row of an attempt. Its tenant, its environment and its instrument are filled in by the statement,
    /// which takes them from the payment.
    pub(crate) fn of(attempt: &Attempt, seals: &AttemptSeals<'_>) -> Self {
        Self {
            id: attempt.id.uuid(),
            payment_id: attempt.payment_id.uuid(),
            tenant_id: Uuid::nil(),
            position: attempt.position,
            operation: attempt.operation.to_string(),
            connector_id: attempt.connector_id.uuid(),
            instrument_id: None,
            currency: attempt.amount.currency().to_string(),
            amount: attempt.amount.minor(),
            status: attempt.status.to_string(),
            connector_reference: attempt.connector_reference.clone(),
            decline: attempt.decline.as_ref().map(to_json),
            failure: attempt.failure.clone(),
            started_at: attempt.started_at.unix_micros(),
            finished_at: attempt.finished_at.map(Timestamp::unix_micros),
            environment: String::new(),
            commit_number: attempt.commit,
            network_transaction_id: attempt.network_transaction_id.clone(),
            settled_by: attempt.settled_by.map(|origin| origin.to_string()),
            review: attempt.review.clone(),
            action_expires_at: attempt.action_expires_at.map(Timestamp::unix_micros),
            next_check_at: attempt.next_check_at.map(Timestamp::unix_micros),
            checks: attempt.checks,
            lease_until: None,
            is_final_capture: attempt.is_final_capture,
            is_surplus: attempt.is_surplus,
            gives_back: attempt.gives_back.map(AttemptId::uuid),
            request: seals.request.map(<[u8]>::to_vec),
            action: seals.action.map(<[u8]>::to_vec),
            return_token: seals.return_token.map(|token| token.to_vec()),
        }
    }

    /// The attempt of a row.
    pub(crate) fn parse(self) -> Result<Attempt, Error> {
        let row = Row::new("attempt", self.id);
        Ok(Attempt {
            id: AttemptId::from_uuid(self.id),
            payment_id: PaymentId::from_uuid(self.payment_id),
            position: self.position,
            operation: row.text("operation", &self.operation)?,
            connector_id: ConnectorId::from_uuid(self.connector_id),
            amount: row.money("amount", self.amount, &self.currency)?,
            status: row.text("status", &self.status)?,
            connector_reference: self.connector_reference,
            decline: row.json_option("decline", self.decline)?,
            failure: self.failure,
            started_at: Timestamp::from_unix_micros(self.started_at),
            finished_at: self.finished_at.map(Timestamp::from_unix_micros),
            action_expires_at: self.action_expires_at.map(Timestamp::from_unix_micros),
            next_check_at: self.next_check_at.map(Timestamp::from_unix_micros),
            checks: self.checks,
            review: self.review,
            network_transaction_id: self.network_transaction_id,
            settled_by: row.text_option("settled_by", self.settled_by.as_deref())?,
            commit: self.commit_number,
            is_final_capture: self.is_final_capture,
            is_surplus: self.is_surplus,
            gives_back: self.gives_back.map(AttemptId::from_uuid),
        })
    }
}
