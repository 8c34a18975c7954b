//! Rows of either engine, read column after column into domain values.

use std::str::FromStr;

use purser_types::Timestamp;
use purser_types::id::{Id, Kind};
use rusqlite::types::Value;
use serde::de::DeserializeOwned;
use tokio_postgres::types::{FromSql, Type};
use uuid::Uuid;

use crate::Error;
use crate::read::fault;

/// The columns of a table that a read model selects, in the order in which they are decoded.
pub(crate) struct Table {
    /// The table, as faults name it.
    pub(crate) name: &'static str,
    /// Its columns.
    pub(crate) columns: &'static [&'static str],
}

impl Table {
    /// The columns as a select list, each behind `alias`.
    pub(crate) fn list(&self, alias: &str) -> String {
        let columns: Vec<String> = self.columns.iter().map(|column| format!("{alias}.{column}")).collect();
        columns.join(", ")
    }

    /// The same with names that are unique in a join: `p.id AS p_id`.
    pub(crate) fn list_as(&self, alias: &str) -> String {
        let name = |column: &&str| format!("{alias}.{column} AS {alias}_{column}");
        self.columns.iter().map(name).collect::<Vec<_>>().join(", ")
    }
}

/// One row, and how far it was read.
pub(crate) struct Row {
    cells: Cells,
    next: usize,
    table: &'static Table,
    begun_at: usize,
}

enum Cells {
    Postgres(tokio_postgres::Row),
    Sqlite(Vec<Value>),
}

/// The columns that no table has.
static COMPUTED: Table = Table { name: "(computed)", columns: &[] };

/// What a cell held that is not what its column promises.
struct Mismatch(String);

impl Row {
    /// A row of PostgreSQL.
    pub(crate) fn of_postgres(row: tokio_postgres::Row) -> Self {
        Self { cells: Cells::Postgres(row), next: 0, table: &COMPUTED, begun_at: 0 }
    }

    /// A row of SQLite, taken off the statement that stands on it.
    pub(crate) fn of_sqlite(row: &rusqlite::Row<'_>, width: usize) -> rusqlite::Result<Self> {
        let cells = (0..width).map(|column| row.get(column)).collect::<rusqlite::Result<Vec<Value>>>()?;
        Ok(Self { cells: Cells::Sqlite(cells), next: 0, table: &COMPUTED, begun_at: 0 })
    }

    /// Says that the columns of `table` come next.
    pub(crate) fn begin(&mut self, table: &'static Table) {
        self.table = table;
        self.begun_at = self.next;
    }

    /// Passes over the columns of `table`, which an outer join left empty.
    pub(crate) fn skip(&mut self, table: &'static Table) {
        self.next += table.columns.len();
    }

    /// Whether the next column is NULL; does not move.
    pub(crate) fn is_null(&self) -> bool {
        match &self.cells {
            Cells::Postgres(row) => matches!(row.try_get(self.next), Ok(Null(true))),
            Cells::Sqlite(cells) => matches!(cells.get(self.next), Some(Value::Null) | None),
        }
    }

    /// An id that is always there.
    pub(crate) fn id<K: Kind>(&mut self) -> Result<Id<K>, Error> {
        self.uuid().map(Id::from_uuid)
    }

    /// An id that may be missing.
    pub(crate) fn id_or_none<K: Kind>(&mut self) -> Result<Option<Id<K>>, Error> {
        self.or_none(Self::id)
    }

    /// The 128 bits of an id.
    pub(crate) fn uuid(&mut self) -> Result<Uuid, Error> {
        self.cell(
            |row, at| row.try_get(at).map_err(mismatch),
            |value| match value {
                Value::Blob(bytes) => Uuid::from_slice(&bytes).map_err(mismatch),
                other => Err(unexpected(&other)),
            },
        )
    }

    /// A text that is always there.
    pub(crate) fn text(&mut self) -> Result<String, Error> {
        self.cell(
            |row, at| row.try_get(at).map_err(mismatch),
            |value| match value {
                Value::Text(text) => Ok(text),
                other => Err(unexpected(&other)),
            },
        )
    }

    /// A text that may be missing.
    pub(crate) fn text_or_none(&mut self) -> Result<Option<String>, Error> {
        self.or_none(Self::text)
    }

    /// A `bigint`.
    pub(crate) fn int(&mut self) -> Result<i64, Error> {
        self.cell(|row, at| row.try_get(at).map_err(mismatch), integer)
    }

    /// A `bigint` that may be missing.
    pub(crate) fn int_or_none(&mut self) -> Result<Option<i64>, Error> {
        self.or_none(Self::int)
    }

    /// An `integer`.
    pub(crate) fn int4(&mut self) -> Result<i32, Error> {
        self.cell(
            |row, at| row.try_get(at).map_err(mismatch),
            |value| i32::try_from(integer(value)?).map_err(mismatch),
        )
    }

    /// A flag.
    pub(crate) fn flag(&mut self) -> Result<bool, Error> {
        self.cell(|row, at| row.try_get(at).map_err(mismatch), |value| Ok(integer(value)? != 0))
    }

    /// An instant that is always there.
    pub(crate) fn at(&mut self) -> Result<Timestamp, Error> {
        self.int().map(Timestamp::from_unix_micros)
    }

    /// An instant that may be missing.
    pub(crate) fn at_or_none(&mut self) -> Result<Option<Timestamp>, Error> {
        self.or_none(Self::at)
    }

    /// A text with a meaning: a closed enum, a currency, a date.
    pub(crate) fn word<T: FromStr>(&mut self) -> Result<T, Error> {
        fn parse<T: FromStr>(text: &str) -> Result<T, Mismatch> {
            text.parse().map_err(|_| Mismatch("a text that its type does not know".to_owned()))
        }
        self.cell(
            |row, at| parse(row.try_get(at).map_err(mismatch)?),
            |value| match value {
                Value::Text(text) => parse(&text),
                other => Err(unexpected(&other)),
            },
        )
    }

    /// A text with a meaning that may be missing.
    pub(crate) fn word_or_none<T: FromStr>(&mut self) -> Result<Option<T>, Error> {
        self.or_none(Self::word)
    }

    /// A JSON document that is always there.
    pub(crate) fn json<T: DeserializeOwned>(&mut self) -> Result<T, Error> {
        self.cell(
            |row, at| {
                let Json(bytes) = row.try_get(at).map_err(mismatch)?;
                serde_json::from_slice(bytes).map_err(|error| malformed_json(&error))
            },
            |value| match value {
                Value::Text(text) => serde_json::from_str(&text).map_err(|error| malformed_json(&error)),
                other => Err(unexpected(&other)),
            },
        )
    }

    /// A JSON document that may be missing.
    pub(crate) fn json_or_none<T: DeserializeOwned>(&mut self) -> Result<Option<T>, Error> {
        self.or_none(Self::json)
    }

    fn or_none<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Error>) -> Result<Option<T>, Error> {
        if self.is_null() {
            self.next += 1;
            return Ok(None);
        }
        read(self).map(Some)
    }

    /// Reads the next cell with the engine's own reader and says where it was if that fails.
    fn cell<T>(
        &mut self,
        postgres: impl FnOnce(&tokio_postgres::Row, usize) -> Result<T, Mismatch>,
        sqlite: impl FnOnce(Value) -> Result<T, Mismatch>,
    ) -> Result<T, Error> {
        let at = self.next;
        self.next += 1;
        let read = match &mut self.cells {
            Cells::Postgres(row) => postgres(row, at),
            Cells::Sqlite(cells) => match cells.get_mut(at) {
                // A text is moved out, not copied; only ids are looked at again, for the report below.
                Some(value @ (Value::Text(_) | Value::Null)) => sqlite(std::mem::replace(value, Value::Null)),
                Some(value) => sqlite(value.clone()),
                None => Err(Mismatch("a row that is too short".to_owned())),
            },
        };
        read.map_err(|Mismatch(found)| self.inconsistent(at, &found))
    }

    /// The fault of a value that its type refuses, found after its column was read.
    pub(crate) fn refused(&self, found: &str) -> Error {
        self.inconsistent(self.next.saturating_sub(1), found)
    }

    fn inconsistent(&self, at: usize, found: &str) -> Error {
        let column = self.table.columns.get(at.saturating_sub(self.begun_at)).copied().unwrap_or("?");
        let key = match &self.cells {
            Cells::Postgres(row) => row.try_get::<_, Uuid>(self.begun_at).ok(),
            Cells::Sqlite(cells) => match cells.get(self.begun_at) {
                Some(Value::Blob(bytes)) => Uuid::from_slice(bytes).ok(),
                _ => None,
            },
        };
        fault::inconsistent(self.table.name, column, key, found)
    }
}

fn mismatch(error: impl std::fmt::Display) -> Mismatch {
    Mismatch(error.to_string())
}

/// The parser's message could quote the document, which may be personal data; its position cannot.
fn malformed_json(error: &serde_json::Error) -> Mismatch {
    Mismatch(format!("JSON of another shape, at column {} of the document", error.column()))
}

fn unexpected(value: &Value) -> Mismatch {
    Mismatch(format!("a value of type {}", value.data_type()))
}

fn integer(value: Value) -> Result<i64, Mismatch> {
    match value {
        Value::Integer(number) => Ok(number),
        other => Err(unexpected(&other)),
    }
}

/// Whether a cell is NULL, whatever its type.
struct Null(bool);

impl<'a> FromSql<'a> for Null {
    fn from_sql(_: &Type, _: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(false))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(true))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// The bytes of a `jsonb` cell: a version, then the text.
struct Json<'a>(&'a [u8]);

impl<'a> FromSql<'a> for Json<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        match raw.split_first() {
            Some((1, text)) => Ok(Self(text)),
            _ => Err("an unknown version of jsonb".into()),
        }
    }

    fn accepts(ty: &Type) -> bool {
        *ty == Type::JSONB
    }
}
