//! What workers take, and what they need to end a doubt.

use purser_domain::payment::Payment;
use purser_domain::payment::attempt::Attempt;
use purser_domain::payment::state::request::{is_cancelable, is_capturable};
use purser_domain::{Environment, Scope, SystemScope};
use purser_types::Timestamp;
use purser_types::id::{AttemptId, TenantId};

use super::statuses;
use crate::db::{Read, Store, one};
use crate::entity::{attempt, payment};
use crate::error::Error;
use crate::lease::Due;
use crate::parse::Row;
use crate::sql::Sql;

/// An attempt whose outcome somebody has to find out, with what that takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueAttempt {
    /// The attempt.
    pub attempt: Attempt,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// Live or sandbox.
    pub environment: Environment,
    /// The sealed request, if it was kept.
    pub request: Option<Vec<u8>>,
    /// The plugin's sealed state, if the customer has to act.
    pub action: Option<Vec<u8>>,
}

impl DueAttempt {
    fn parse(row: attempt::Model) -> Result<Self, Error> {
        let environment = Row::new("attempt", row.id).text("environment", &row.environment)?;
        Ok(Self {
            tenant_id: TenantId::from_uuid(row.tenant_id),
            environment,
            request: row.request.clone(),
            action: row.action.clone(),
            attempt: row.parse()?,
        })
    }
}

/// Takes attempts whose time to be looked at has come, the oldest first, at most `limit` of them, for as long
/// as the lease lasts. No other worker is given them until then. Taking one counts as no check: a worker that
/// dies before it asked has found out nothing.
///
/// # Errors
/// Faults of the database.
pub async fn lease_due_attempts(
    store: &Store,
    system: &SystemScope,
    now: Timestamp,
    lease_until: Timestamp,
    limit: u32,
) -> Result<Vec<DueAttempt>, Error> {
    let rows: Vec<attempt::Model> = attempts_due().lease(store, system, now, lease_until, limit).await?;
    let mut found = rows.into_iter().map(DueAttempt::parse).collect::<Result<Vec<_>, Error>>()?;
    found.sort_unstable_by_key(|due| (due.attempt.next_check_at, due.attempt.id));
    Ok(found)
}

/// Takes payments whose scheduled capture is due, the oldest first, as [`lease_due_attempts`] does.
///
/// # Errors
/// Faults of the database.
pub async fn lease_due_captures(
    store: &Store,
    system: &SystemScope,
    now: Timestamp,
    lease_until: Timestamp,
    limit: u32,
) -> Result<Vec<Payment>, Error> {
    lease_payments(store, system, &captures_due(), [now, lease_until], limit).await
}

/// Takes payments whose time is over and that nobody has paid, the oldest first, as [`lease_due_attempts`]
/// does.
///
/// # Errors
/// Faults of the database.
pub async fn lease_due_expiries(
    store: &Store,
    system: &SystemScope,
    now: Timestamp,
    lease_until: Timestamp,
    limit: u32,
) -> Result<Vec<Payment>, Error> {
    lease_payments(store, system, &expiries_due(), [now, lease_until], limit).await
}

async fn lease_payments(
    store: &Store,
    system: &SystemScope,
    due: &Due,
    [now, lease_until]: [Timestamp; 2],
    limit: u32,
) -> Result<Vec<Payment>, Error> {
    let mut rows: Vec<payment::Model> = due.lease(store, system, now, lease_until, limit).await?;
    rows.sort_unstable_by_key(|row| (row.due_at, row.id));
    rows.into_iter().map(payment::Model::parse).collect()
}

pub(crate) fn attempts_due() -> Due {
    Due { table: "attempt", at: "next_check_at", also: String::new(), counting: None }
}

pub(crate) fn captures_due() -> Due {
    // While a capture is on its way there is nothing to do.
    let also = format!("AND status IN ({}) AND amount_capture_pending = 0", statuses(is_capturable));
    Due { table: "payment", at: "due_at", also, counting: None }
}

pub(crate) fn expiries_due() -> Due {
    let also = format!("AND status IN ({})", statuses(is_cancelable));
    Due { table: "payment", at: "due_at", also, counting: None }
}

/// Takes one attempt of the viewer's that is open, due or not, unless somebody has it already.
///
/// # Errors
/// Faults of the database.
pub async fn lease_attempt(
    store: &Store,
    scope: &Scope,
    id: AttemptId,
    now: Timestamp,
    lease_until: Timestamp,
) -> Result<Option<DueAttempt>, Error> {
    let text = "UPDATE attempt SET lease_until = $6 WHERE id = $4 AND tenant_id = $1 AND environment = $2 \
                AND finished_at IS NULL AND (lease_until IS NULL OR lease_until <= $5) RETURNING *";
    let sql =
        Sql::scoped(scope, text).bind(id.uuid()).bind(now.unix_micros()).bind(lease_until.unix_micros());
    let rows: Vec<attempt::Model> = store.changed("taking an attempt", sql).await?;
    rows.into_iter().next().map(DueAttempt::parse).transpose()
}

/// Gives an attempt back about which nothing was learned, to be looked at again at an instant, or never, with
/// the number of times that it was looked at so far. False if there is none of the viewer's that is open, in
/// review or surplus; never again, only if it is in review by now: what is open or has to go back is forgotten
/// by nobody who read it earlier.
///
/// # Errors
/// Faults of the database.
pub async fn reschedule(
    store: &Store,
    scope: &Scope,
    id: AttemptId,
    next_check_at: Option<Timestamp>,
    checks: i32,
) -> Result<bool, Error> {
    let text = "UPDATE attempt SET next_check_at = $5, checks = $6, lease_until = NULL WHERE id = $4 \
                AND tenant_id = $1 AND environment = $2 \
                AND (review IS NOT NULL OR ((finished_at IS NULL OR is_surplus) AND $7))";
    let sql =
        Sql::scoped(scope, text).bind(id.uuid()).bind(next_check_at.map(Timestamp::unix_micros)).bind(checks);
    let sql = sql.bind(next_check_at.is_some());
    Ok(store.execute("giving an attempt back", sql).await? == 1)
}

/// The attempt that a customer comes back from, by the keyed hash of the token in the return address.
///
/// # Errors
/// Faults of the database.
pub async fn by_return_token(
    on: &impl Read,
    system: &SystemScope,
    token: &[u8; 32],
) -> Result<Option<DueAttempt>, Error> {
    let sql = Sql::system(system, "SELECT * FROM attempt WHERE return_token = $1").bind(token.to_vec());
    let row: Option<attempt::Model> = one(on, "finding an attempt", sql).await?;
    row.map(DueAttempt::parse).transpose()
}

/// An attempt of the viewer's with what its repair takes.
///
/// # Errors
/// Faults of the database.
pub async fn sealed_attempt(
    on: &impl Read,
    scope: &Scope,
    id: AttemptId,
) -> Result<Option<DueAttempt>, Error> {
    let text = "SELECT * FROM attempt WHERE id = $4 AND tenant_id = $1 AND environment = $2";
    let sql = Sql::scoped(scope, text).bind(id.uuid());
    let row: Option<attempt::Model> = one(on, "finding an attempt", sql).await?;
    row.map(DueAttempt::parse).transpose()
}
