//! How much waits to be done, for operators and their graphs.

use purser_domain::SystemScope;
use purser_types::Timestamp;
use sea_orm::FromQueryResult;

use crate::db::{Read, one};
use crate::error::Error;
use crate::sql::Sql;

/// Where counting stops: whoever has so much work left does not need to know how much more.
pub const COUNT_MAX: i64 = 10_000;

/// What waits, over all tenants. Each number is at most [`COUNT_MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Backlog {
    /// Attempts whose outcome nobody knows.
    pub in_doubt: i64,
    /// When the oldest of them began.
    pub oldest_doubt_at: Option<Timestamp>,
    /// Attempts about which an operator must decide.
    pub in_review: i64,
    /// Attempts that are due to be looked at.
    pub attempts_due: i64,
    /// Payments that are due to be captured or to expire.
    pub payments_due: i64,
    /// Notifications that are stored and not applied.
    pub notifications: i64,
}

#[derive(FromQueryResult)]
struct Row {
    in_doubt: i64,
    oldest_doubt_at: Option<i64>,
    in_review: i64,
    attempts_due: i64,
    payments_due: i64,
    notifications: i64,
}

/// Counts what waits at an instant. Reads the indexes of what is due, and no more of them than it counts.
///
/// # Errors
/// Faults of the database.
pub async fn backlog(on: &impl Read, system: &SystemScope, now: Timestamp) -> Result<Backlog, Error> {
    let count = |what: &str| format!("(SELECT COUNT(*) FROM (SELECT 1 FROM {what} LIMIT $2) counted)");
    // A request whose answer is being waited for is not in doubt yet, but it is if nobody comes back for it.
    let doubt = "SELECT started_at FROM attempt WHERE next_check_at IS NOT NULL \
                 AND status IN ('STARTED', 'UNKNOWN', 'RESUMING') ORDER BY next_check_at, id LIMIT $2";
    let text = format!(
        "SELECT (SELECT COUNT(*) FROM ({doubt}) counted) AS in_doubt, \
         (SELECT MIN(started_at) FROM ({doubt}) counted) AS oldest_doubt_at, \
         {} AS in_review, {} AS attempts_due, {} AS payments_due, {} AS notifications",
        count("attempt WHERE review IS NOT NULL"),
        count("attempt WHERE next_check_at IS NOT NULL AND next_check_at <= $1"),
        count("payment WHERE due_at IS NOT NULL AND due_at <= $1"),
        count("notification WHERE next_try_at IS NOT NULL"),
    );
    let sql = Sql::system(system, text).bind(now.unix_micros()).bind(COUNT_MAX);
    let row: Option<Row> = one(on, "counting what waits", sql).await?;
    Ok(row.map_or_else(Backlog::default, |row| Backlog {
        in_doubt: row.in_doubt,
        oldest_doubt_at: row.oldest_doubt_at.map(Timestamp::from_unix_micros),
        in_review: row.in_review,
        attempts_due: row.attempts_due,
        payments_due: row.payments_due,
        notifications: row.notifications,
    }))
}
