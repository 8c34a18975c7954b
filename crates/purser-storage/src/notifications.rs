//! What processors told of their own accord.
//!
//! A notification is stored before it is acknowledged and applied by a worker afterwards, so that what a
//! processor was thanked for is never lost. The processor's own key of it keeps repetitions out.

use purser_domain::{Environment, Scope, SystemScope};
use purser_types::Timestamp;
use purser_types::id::{ConnectorId, NotificationId, TenantId};

use crate::db::{Connection, Store};
use crate::entity::notification::Model;
use crate::error::Error;
use crate::lease::Due;
use crate::sql::Sql;
use crate::visibility::own;

/// A notification of a processor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// Its id.
    pub id: NotificationId,
    /// The connector that it came for.
    pub connector_id: ConnectorId,
    /// The tenant of the connector.
    pub tenant_id: TenantId,
    /// The environment of the connector.
    pub environment: Environment,
    /// What tells it from others of the connector, told or derived by the plugin.
    pub dedupe_key: String,
    /// The processor's name for what happened.
    pub event_type: String,
    /// The body and what else the plugin needs, sealed.
    pub sealed: Vec<u8>,
    /// When it came.
    pub received_at: Timestamp,
    /// When a worker takes it next; never if none.
    pub next_try_at: Option<Timestamp>,
    /// How often a worker took it.
    pub tries: i32,
    /// When it was applied.
    pub done_at: Option<Timestamp>,
    /// Why it could not be applied the last time, for operators.
    pub failure: Option<String>,
}

const OWN: &str = "id = $4 AND tenant_id = $1 AND environment = $2";

/// Stores a notification, as a transaction of its own. False, and nothing is stored, if the connector has
/// one with the same key.
///
/// # Errors
/// [`Error::OutOfScope`] if the connector is not the viewer's.
pub async fn insert(store: &Store, scope: &Scope, notification: &Notification) -> Result<bool, Error> {
    let doing = "storing a notification";
    own(doing, scope, notification.tenant_id, notification.environment)?;
    let connector = "FROM connector c WHERE c.id = $4 AND c.tenant_id = $1 AND c.environment = $2";
    let sql = Sql::scoped(scope, connector)
        .bind(notification.connector_id.uuid())
        .insert(&Model::of(notification), &[])
        .then("ON CONFLICT (connector_id, dedupe_key) DO NOTHING");
    if store.execute(doing, sql).await? == 1 {
        return Ok(true);
    }
    let text = "SELECT id FROM connector WHERE id = $4 AND tenant_id = $1 AND environment = $2";
    let connector = Sql::scoped(scope, text).bind(notification.connector_id.uuid());
    let is_duplicate = !store.rows(doing, connector).await?.is_empty();
    if is_duplicate { Ok(false) } else { Err(Error::OutOfScope { doing }) }
}

/// Takes notifications whose time has come, the oldest first, at most `limit` of them, for as long as the
/// lease lasts; each counts as tried. No other worker is given them until then.
///
/// # Errors
/// Faults of the database.
pub async fn lease_due(
    store: &Store,
    system: &SystemScope,
    now: Timestamp,
    lease_until: Timestamp,
    limit: u32,
) -> Result<Vec<Notification>, Error> {
    let rows: Vec<Model> = due().lease(store, system, now, lease_until, limit).await?;
    let mut found = rows.into_iter().map(Model::parse).collect::<Result<Vec<_>, Error>>()?;
    found.sort_unstable_by_key(|notification| (notification.next_try_at, notification.id));
    Ok(found)
}

pub(crate) fn due() -> Due {
    Due { table: "notification", at: "next_try_at", also: String::new(), counting: Some("tries") }
}

/// Notes that a notification was applied; it is not taken again. False if there is none of the viewer's.
///
/// # Errors
/// Faults of the database.
pub async fn finish(store: &Store, scope: &Scope, id: NotificationId, at: Timestamp) -> Result<bool, Error> {
    let text = format!(
        "UPDATE notification SET done_at = $5, next_try_at = NULL, lease_until = NULL, failure = NULL WHERE {OWN}"
    );
    let sql = Sql::scoped(scope, text).bind(id.uuid()).bind(at.unix_micros());
    Ok(store.execute("finishing a notification", sql).await? == 1)
}

/// Gives a notification back that could not be applied, to be taken again at an instant, or never. False if
/// there is none of the viewer's that is not done.
///
/// # Errors
/// Faults of the database.
pub async fn give_back(
    store: &Store,
    scope: &Scope,
    id: NotificationId,
    next_try_at: Option<Timestamp>,
    failure: &str,
) -> Result<bool, Error> {
    let text = format!(
        "UPDATE notification SET next_try_at = $5, lease_until = NULL, failure = $6 WHERE {OWN} \
         AND done_at IS NULL"
    );
    let sql =
        Sql::scoped(scope, text).bind(id.uuid()).bind(next_try_at.map(Timestamp::unix_micros)).bind(failure);
    Ok(store.execute("giving a notification back", sql).await? == 1)
}
