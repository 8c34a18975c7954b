//! The table `attempt`.

use purser_domain::payment::attempt::Attempt;
use purser_types::Timestamp;
use purser_types::id::{AttemptId, ConnectorId, PaymentId};
use sea_orm::entity::prelude::*;

use crate::error::Error;
use crate::parse::{Row, to_json};

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
}

/// The joins are written out in the statements.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The row of an attempt. Its tenant and its instrument are filled in by the statement, which takes
    /// them from the payment.
    pub(crate) fn of(attempt: &Attempt) -> Self {
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
            action_expires_at: None,
            next_check_at: None,
            checks: 0,
            review: None,
            network_transaction_id: None,
            settled_by: None,
            commit: 1,
            is_final_capture: false,
            is_surplus: false,
            gives_back: None,
        })
    }
}
