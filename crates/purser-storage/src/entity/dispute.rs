//! The table `dispute`.

use purser_domain::Scope;
use purser_domain::payment::dispute::Dispute;
use purser_types::Timestamp;
use purser_types::id::{DisputeId, PaymentId};
use sea_orm::entity::prelude::*;

use crate::error::Error;
use crate::parse::Row;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "dispute")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) payment_id: Uuid,
    pub(crate) tenant_id: Uuid,
    pub(crate) environment: String,
    pub(crate) connector_reference: String,
    pub(crate) stage: String,
    pub(crate) status: String,
    pub(crate) reason: Option<String>,
    pub(crate) currency: String,
    pub(crate) amount: i64,
    pub(crate) due_at: Option<i64>,
    pub(crate) opened_at: i64,
    pub(crate) resolved_at: Option<i64>,
}

/// The joins are written out in the statements.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The row of a dispute of a payment of the scope.
    pub(crate) fn of(scope: &Scope, dispute: &Dispute) -> Self {
        Self {
            id: dispute.id.uuid(),
            payment_id: dispute.payment_id.uuid(),
            tenant_id: scope.tenant().uuid(),
            environment: scope.environment().to_string(),
            connector_reference: dispute.connector_reference.clone(),
            stage: dispute.stage.to_string(),
            status: dispute.status.to_string(),
            reason: dispute.reason.clone(),
            currency: dispute.amount.currency().to_string(),
            amount: dispute.amount.minor(),
            due_at: dispute.due_at.map(Timestamp::unix_micros),
            opened_at: dispute.opened_at.unix_micros(),
            resolved_at: dispute.resolved_at.map(Timestamp::unix_micros),
        }
    }

    /// The dispute of a row.
    pub(crate) fn parse(self) -> Result<Dispute, Error> {
        let row = Row::new("dispute", self.id);
        Ok(Dispute {
            id: DisputeId::from_uuid(self.id),
            payment_id: PaymentId::from_uuid(self.payment_id),
            connector_reference: self.connector_reference,
            stage: row.text("stage", &self.stage)?,
            status: row.text("status", &self.status)?,
            reason: self.reason,
            amount: row.money("amount", self.amount, &self.currency)?,
            due_at: self.due_at.map(Timestamp::from_unix_micros),
            opened_at: Timestamp::from_unix_micros(self.opened_at),
            resolved_at: self.resolved_at.map(Timestamp::from_unix_micros),
        })
    }
}
