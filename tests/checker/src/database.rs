//! The server's database, read by SQL from outside and never through the server.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use rusqlite::types::ValueRef;
use tokio_postgres::{NoTls, SimpleQueryMessage};

/// How long a reader of SQLite waits for a writer.
const BUSY: Duration = Duration::from_secs(10);

/// Where the server keeps its records.
#[derive(Debug, Clone)]
pub(crate) enum Database {
    Sqlite(PathBuf),
    /// The URL of the database.
    Postgres(String),
}

/// A row, column by column; ids are 32 hexadecimal digits.
type Row = Vec<Option<String>>;

/// What the server has recorded.
#[derive(Debug, Default, Clone)]
pub(crate) struct Recorded {
    /// By id.
    pub(crate) payments: BTreeMap<String, Payment>,
    /// By id.
    pub(crate) attempts: BTreeMap<String, Attempt>,
    pub(crate) transfers: Vec<Transfer>,
    pub(crate) events: Vec<Event>,
}

/// A row of `payment`. Amounts are minor units.
#[derive(Debug, Clone)]
pub(crate) struct Payment {
    pub(crate) order: String,
    pub(crate) kind: String,
    pub(crate) status: String,
    pub(crate) currency: String,
    pub(crate) authorized: i64,
    pub(crate) captured: i64,
    pub(crate) capture_pending: i64,
    pub(crate) refunded: i64,
    pub(crate) refund_pending: i64,
}

/// A row of `attempt`.
#[derive(Debug, Clone)]
pub(crate) struct Attempt {
    pub(crate) payment: String,
    pub(crate) operation: String,
    pub(crate) currency: String,
    pub(crate) amount: i64,
    pub(crate) status: String,
    pub(crate) review: Option<String>,
    pub(crate) settled_by: Option<String>,
}

impl Attempt {
    pub(crate) fn is_final(&self) -> bool {
        matches!(self.status.as_str(), "SUCCEEDED" | "DECLINED" | "FAILED" | "EXPIRED")
    }
}

/// A row of `ledger_transfer`.
#[derive(Debug, Clone)]
pub(crate) struct Transfer {
    pub(crate) payment: String,
    pub(crate) debit: String,
    pub(crate) credit: String,
    pub(crate) minor: i64,
    pub(crate) currency: String,
}

/// A row of `event`.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) payment: String,
    pub(crate) kind: String,
}

/// What is not settled.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Doubt {
    /// Attempts that are neither final, nor with an operator, nor waiting for the customer.
    pub(crate) attempts: u64,
    pub(crate) in_review: u64,
    /// Notifications that are stored and not applied.
    pub(crate) notifications: u64,
}

const PAYMENTS: &str = "SELECT {id}, merchant_transaction_id, kind, status, currency, amount_authorized, \
    amount_captured, amount_capture_pending, amount_refunded, amount_refund_pending FROM payment";
const ATTEMPTS: &str =
    "SELECT {id}, {payment_id}, operation, currency, amount, status, review, settled_by FROM attempt";
const TRANSFERS: &str = "SELECT {payment_id}, debit, credit, minor, currency FROM ledger_transfer";
const EVENTS: &str = "SELECT {payment_id}, kind FROM event";
const DOUBT: &str = "SELECT \
    (SELECT count(*) FROM attempt WHERE status IN ('STARTED', 'PENDING', 'UNKNOWN', 'RESUMING') AND review IS NULL), \
    (SELECT count(*) FROM attempt WHERE review IS NOT NULL), \
    (SELECT count(*) FROM notification WHERE done_at IS NULL)";

impl Database {
    /// Everything, table by table; read when nothing moves.
    pub(crate) async fn read(&self) -> Result<Recorded> {
        let mut recorded = Recorded::default();
        for row in self.rows(PAYMENTS).await? {
            let payment = Payment {
                order: text(&row, 1),
                kind: text(&row, 2),
                status: text(&row, 3),
                currency: text(&row, 4),
                authorized: number(&row, 5)?,
                captured: number(&row, 6)?,
                capture_pending: number(&row, 7)?,
                refunded: number(&row, 8)?,
                refund_pending: number(&row, 9)?,
            };
            recorded.payments.insert(text(&row, 0), payment);
        }
        for row in self.rows(ATTEMPTS).await? {
            let attempt = Attempt {
                payment: text(&row, 1),
                operation: text(&row, 2),
                currency: text(&row, 3),
                amount: number(&row, 4)?,
                status: text(&row, 5),
                review: row[6].clone(),
                settled_by: row[7].clone(),
            };
            recorded.attempts.insert(text(&row, 0), attempt);
        }
        for row in self.rows(TRANSFERS).await? {
            recorded.transfers.push(Transfer {
                payment: text(&row, 0),
                debit: text(&row, 1),
                credit: text(&row, 2),
                minor: number(&row, 3)?,
                currency: text(&row, 4),
            });
        }
        for row in self.rows(EVENTS).await? {
            recorded.events.push(Event { payment: text(&row, 0), kind: text(&row, 1) });
        }
        Ok(recorded)
    }

    /// What is not settled yet.
    pub(crate) async fn doubt(&self) -> Result<Doubt> {
        let rows = self.rows(DOUBT).await?;
        let row = rows.first().context("counts are one row")?;
        let count = |at| number(row, at).map(|count| u64::try_from(count).unwrap_or(0));
        Ok(Doubt { attempts: count(0)?, in_review: count(1)?, notifications: count(2)? })
    }

    /// Runs a statement; `{column}` stands for an id as text.
    pub(crate) async fn rows(&self, statement: &str) -> Result<Vec<Row>> {
        match self {
            Self::Sqlite(path) => {
                let statement = ids(statement, "lower(hex(", "))");
                let path = path.clone();
                tokio::task::spawn_blocking(move || sqlite(&path, &statement)).await?
            }
            Self::Postgres(url) => postgres(url, &ids(statement, "replace(", "::text, '-', '')")).await,
        }
    }
}

/// Writes each `{column}` between two texts.
fn ids(statement: &str, before: &str, after: &str) -> String {
    statement.replace('{', before).replace('}', after)
}

fn sqlite(path: &Path, statement: &str) -> Result<Vec<Row>> {
    let connection = rusqlite::Connection::open(path)?;
    connection.busy_timeout(BUSY)?;
    let mut prepared = connection.prepare(statement)?;
    let columns = prepared.column_count();
    let mut rows = prepared.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let mut values = Vec::with_capacity(columns);
        for at in 0..columns {
            values.push(match row.get_ref(at)? {
                ValueRef::Null => None,
                ValueRef::Integer(number) => Some(number.to_string()),
                ValueRef::Real(number) => Some(number.to_string()),
                ValueRef::Text(text) => Some(String::from_utf8_lossy(text).into_owned()),
                ValueRef::Blob(_) => bail!("a column is bytes"),
            });
        }
        found.push(values);
    }
    Ok(found)
}

async fn postgres(url: &str, statement: &str) -> Result<Vec<Row>> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    let driver = tokio::spawn(connection);
    let messages = client.simple_query(statement).await;
    drop(client);
    // The connection ends with its client; how is of no interest.
    drop(driver.await);
    let rows = messages?.into_iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => {
            Some((0..row.len()).map(|at| row.get(at).map(str::to_owned)).collect())
        }
        _ => None,
    });
    Ok(rows.collect())
}

fn text(row: &Row, at: usize) -> String {
    row[at].clone().unwrap_or_default()
}

fn number(row: &Row, at: usize) -> Result<i64> {
    let text = row[at].as_deref().context("a number is missing")?;
    text.parse().with_context(|| format!("{text:?} is no number"))
}

/// The 32 hexadecimal digits inside an id of the API: a prefix, and 26 digits of base 32.
pub(crate) fn hex_of(id: &str) -> Option<String> {
    const DIGITS: &str = "0123456789abcdefghjkmnpqrstvwxyz";
    let (_, digits) = id.rsplit_once('_')?;
    let mut bits: u128 = 0;
    for digit in digits.chars() {
        let value = DIGITS.find(digit)?;
        bits = bits.checked_mul(32)? | u128::try_from(value).ok()?;
    }
    (digits.len() == 26).then(|| format!("{bits:032x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vector of the TypeID specification.
    #[test]
    fn ids_of_the_api_are_those_of_the_database() {
        let hex = "01890a5dac96774bbcceb302099a8057";

        assert_eq!(hex_of("prf_01h455vb4pex5vsknk084sn02q").as_deref(), Some(hex));
        assert_eq!(hex_of("prf_01h455vb4pex5vsknk084sn0"), None);
        assert_eq!(hex_of("nothing"), None);
    }

    #[test]
    fn ids_are_written_as_each_engine_wants_them() {
        assert_eq!(ids("SELECT {id} FROM a", "lower(hex(", "))"), "SELECT lower(hex(id)) FROM a");
    }
}
