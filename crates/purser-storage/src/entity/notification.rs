//! The table `notification`.

use purser_types::Timestamp;
use purser_types::id::{ConnectorId, NotificationId, TenantId};
use sea_orm::entity::prelude::*;

use crate::error::Error;
use crate::notifications::Notification;
use crate::parse::Row;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "notification")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) connector_id: Uuid,
    pub(crate) tenant_id: Uuid,
    pub(crate) environment: String,
    pub(crate) dedupe_key: String,
    pub(crate) event_type: String,
    pub(crate) sealed: Vec<u8>,
    pub(crate) received_at: i64,
    pub(crate) next_try_at: Option<i64>,
    pub(crate) tries: i32,
    pub(crate) lease_until: Option<i64>,
    pub(crate) done_at: Option<i64>,
    pub(crate) failure: Option<String>,
}

/// The joins are written out in the statements.
#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The row of a notification that nobody works on.
    pub(crate) fn of(notification: &Notification) -> Self {
        Self {
            id: notification.id.uuid(),
            connector_id: notification.connector_id.uuid(),
            tenant_id: notification.tenant_id.uuid(),
            environment: notification.environment.to_string(),
            dedupe_key: notification.dedupe_key.clone(),
            event_type: notification.event_type.clone(),
            sealed: notification.sealed.clone(),
            received_at: notification.received_at.unix_micros(),
            next_try_at: notification.next_try_at.map(Timestamp::unix_micros),
            tries: notification.tries,
            lease_until: None,
            done_at: notification.done_at.map(Timestamp::unix_micros),
            failure: notification.failure.clone(),
        }
    }

    /// The notification of a row.
    pub(crate) fn parse(self) -> Result<Notification, Error> {
        let row = Row::new("notification", self.id);
        Ok(Notification {
            id: NotificationId::from_uuid(self.id),
            connector_id: ConnectorId::from_uuid(self.connector_id),
            tenant_id: TenantId::from_uuid(self.tenant_id),
            environment: row.text("environment", &self.environment)?,
            dedupe_key: self.dedupe_key,
            event_type: self.event_type,
            sealed: self.sealed,
            received_at: Timestamp::from_unix_micros(self.received_at),
            next_try_at: self.next_try_at.map(Timestamp::from_unix_micros),
            tries: self.tries,
            done_at: self.done_at.map(Timestamp::from_unix_micros),
            failure: self.failure,
        })
    }
}
