//! The crate's faults as the read models meet them.

use tokio_postgres::error::SqlState;
use uuid::Uuid;

use crate::Error;

/// The database cannot be reached.
pub(super) fn unavailable(
    doing: &'static str,
    source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> Error {
    Error::Unavailable { doing, source: source.into() }
}

/// A row holds what this version cannot read. `found` is the kind of value, never the value.
pub(super) fn inconsistent(
    table: &'static str,
    column: &'static str,
    key: Option<Uuid>,
    found: &str,
) -> Error {
    let key = key.map_or_else(|| "?".to_owned(), |key| key.to_string());
    Error::Inconsistent { table, column, row: format!("{key} (found {found})") }
}

/// What an error of PostgreSQL or of the connection to it means.
pub(super) fn postgres(doing: &'static str, error: &tokio_postgres::Error) -> Error {
    let Some(database) = error.as_db_error() else {
        return unavailable(doing, error.to_string());
    };
    // The message only: the detail of an error repeats values of the row.
    let source = database.message().to_owned();
    if is_transient(database.code()) {
        unavailable(doing, source)
    } else {
        Error::Database { doing, source: source.into() }
    }
}

/// Lost connections (08), too few resources (53), a server that goes or comes (57P), a statement that
/// took too long, and a standby that had to cancel one.
fn is_transient(code: &SqlState) -> bool {
    let classes = ["08", "40", "53", "57P"];
    *code == SqlState::QUERY_CANCELED || classes.iter().any(|class| code.code().starts_with(class))
}

/// What an error of SQLite means.
pub(super) fn sqlite(doing: &'static str, error: rusqlite::Error) -> Error {
    use rusqlite::ErrorCode::{CannotOpen, DatabaseBusy, DatabaseLocked, DiskFull, SystemIoFailure};
    match error.sqlite_error_code() {
        Some(DatabaseBusy | DatabaseLocked | SystemIoFailure | DiskFull | CannotOpen) => {
            unavailable(doing, error)
        }
        _ => Error::Database { doing, source: Box::new(error) },
    }
}
