//! Payments and their attempts. Only their own tenant sees them.
//!
//! What a payment becomes is decided by [`purser_domain::payment::state`]; here it is written down under two
//! kinds of condition. A version that somebody else has moved on refuses the change, and an amount that is
//! set aside is set aside by the same statement that checks what is left of it.
//!
//! | part | what it does |
//! |---|---|
//! | `open` | the intent: payment, first attempt, claim, event and total, before anybody is asked |
//! | `record` | the hot write: what an observation or a request changes, with all that follows from it |
//! | `reserve` | amounts that are set aside for captures and refunds |
//! | `repair` | what workers take, and what they need to end a doubt |
//! | `totals` | what customers have paid |
//! | `backlog` | how much waits, for operators |
//! | `hot_write` | what the hot write sends, for benchmarks that send the same |

mod backlog;
mod hot_write;
mod open;
mod record;
mod repair;
mod reserve;
mod totals;

use purser_domain::Scope;
use purser_domain::payment::attempt::Attempt;
use purser_domain::payment::{Payment, PaymentStatus};
use purser_types::id::{AttemptId, ConnectorId, PaymentId};

use crate::db::{Engine, Read, Write, all, one};
use crate::entity::attempt;
use crate::entity::payment::Model;
use crate::error::Error;
use crate::sql::Sql;

pub use backlog::{Backlog, COUNT_MAX, backlog};
#[doc(hidden)]
pub use hot_write::{HotWrite, hot_write};
pub use open::{NewAttempt, Opening, insert, insert_attempt, insert_sealed_attempt, open};
#[doc(hidden)]
pub use record::hot_write_sql;
pub use record::{AttemptRecord, AttemptSeals, EVENTS_MAX, NewEvent, PaymentRecord, record, record_alone};
pub use repair::{
    DueAttempt, by_return_token, lease_attempt, lease_due_attempts, lease_due_captures, lease_due_expiries,
    reschedule, sealed_attempt,
};
pub(crate) use repair::{attempts_due, captures_due, expiries_due};
#[cfg(feature = "torture")]
pub use reserve::plant_unchecked_refunds;
pub use reserve::{reserve_capture, reserve_refund};
pub use totals::{TotalDelta, add_total};

const OWN: &str = "id = $4 AND tenant_id = $1 AND environment = $2";

/// A payment of the viewer's.
///
/// # Errors
/// Faults of the database.
pub async fn find(on: &impl Read, scope: &Scope, id: PaymentId) -> Result<Option<Payment>, Error> {
    let sql = Sql::scoped(scope, format!("SELECT * FROM payment WHERE {OWN}")).bind(id.uuid());
    found(on, sql).await
}

/// A payment of the viewer's by the viewer's own id of it.
///
/// # Errors
/// Faults of the database.
pub async fn by_transaction_id(
    on: &impl Read,
    scope: &Scope,
    merchant_transaction_id: &str,
) -> Result<Option<Payment>, Error> {
    let text = "SELECT * FROM payment WHERE tenant_id = $1 AND environment = $2 \
                AND merchant_transaction_id = $4";
    found(on, Sql::scoped(scope, text).bind(merchant_transaction_id)).await
}

/// The attempts of a payment of the viewer's, in order.
///
/// # Errors
/// Faults of the database.
pub async fn attempts(on: &impl Read, scope: &Scope, id: PaymentId) -> Result<Vec<Attempt>, Error> {
    let text = "SELECT a.* FROM attempt a JOIN payment p ON p.id = a.payment_id WHERE p.id = $4 \
                AND p.tenant_id = $1 AND p.environment = $2 ORDER BY a.position";
    let sql = Sql::scoped(scope, text).bind(id.uuid());
    let rows: Vec<attempt::Model> = all(on, "finding attempts", sql).await?;
    rows.into_iter().map(attempt::Model::parse).collect()
}

/// A payment of the viewer's, which nobody else changes until this transaction ends.
///
/// # Errors
/// [`Error::Unavailable`] if the lock stays taken.
pub async fn find_with_lock(w: &Write, scope: &Scope, id: PaymentId) -> Result<Option<Payment>, Error> {
    // On SQLite the transaction has the only write lock since it began. On PostgreSQL not FOR UPDATE,
    // which would hold up the insertion of attempts.
    let lock = match w.engine() {
        Engine::Postgres => " FOR NO KEY UPDATE",
        Engine::Sqlite => "",
    };
    let sql = Sql::scoped(scope, format!("SELECT * FROM payment WHERE {OWN}{lock}")).bind(id.uuid());
    found(w, sql).await
}

async fn found(on: &impl Read, sql: Sql) -> Result<Option<Payment>, Error> {
    let row: Option<Model> = one(on, "finding a payment", sql).await?;
    row.map(Model::parse).transpose()
}

/// An attempt of the viewer's.
///
/// # Errors
/// Faults of the database.
pub async fn attempt(on: &impl Read, scope: &Scope, id: AttemptId) -> Result<Option<Attempt>, Error> {
    let sql = Sql::scoped(scope, format!("SELECT * FROM attempt WHERE {OWN}")).bind(id.uuid());
    let row: Option<attempt::Model> = one(on, "finding an attempt", sql).await?;
    row.map(attempt::Model::parse).transpose()
}

/// The newest attempt of the viewer's at a connector that the processor knows by a reference of its own.
///
/// # Errors
/// Faults of the database.
pub async fn attempt_by_reference(
    on: &impl Read,
    scope: &Scope,
    connector_id: ConnectorId,
    connector_reference: &str,
) -> Result<Option<Attempt>, Error> {
    let text = "SELECT * FROM attempt WHERE connector_id = $4 AND connector_reference = $5 \
                AND tenant_id = $1 AND environment = $2 ORDER BY started_at DESC, id DESC LIMIT 1";
    let sql = Sql::scoped(scope, text).bind(connector_id.uuid()).bind(connector_reference);
    let row: Option<attempt::Model> = one(on, "finding an attempt", sql).await?;
    row.map(attempt::Model::parse).transpose()
}

/// The states of which the domain says that something may be asked for, as a list of SQL texts.
fn statuses(allows: fn(PaymentStatus) -> bool) -> String {
    let allowed = PaymentStatus::ALL.iter().filter(|status| allows(**status));
    allowed.map(|status| format!("'{status}'")).collect::<Vec<String>>().join(", ")
}
