//! Statements as the executor takes them: a text per dialect and typed parameters.

use std::sync::Arc;

use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use uuid::Uuid;

use crate::sql::NULL_STAND_IN;

/// A statement's text in both dialects. Texts live as long as the process, and there are few of them:
/// their addresses are the keys of the caches of prepared statements.
pub(crate) struct Sql {
    /// For PostgreSQL.
    pub(crate) postgres: String,
    /// For SQLite.
    pub(crate) sqlite: String,
}

impl Sql {
    /// One text for both engines, written for PostgreSQL with three words of our own where they differ:
    /// `IN_IDS($n)` and `IN_TEXTS($n)` test a list parameter, and `JOIN_NEXT` joins in the order of the
    /// text. SQLite keeps no statistics unless it is told to and guesses badly without; PostgreSQL knows.
    pub(crate) fn both(text: &str) -> Self {
        Self::each(text, text)
    }

    /// A text for each engine, both in the spelling of [`Sql::both`].
    pub(crate) fn each(postgres: &str, sqlite: &str) -> Self {
        Self {
            postgres: postgres
                .replace("IN_IDS(", "= ANY(")
                .replace("IN_TEXTS(", "= ANY(")
                .replace("JOIN_NEXT", "JOIN"),
            sqlite: sqlite_lists(&sqlite.replace('$', "?").replace("JOIN_NEXT", "CROSS JOIN")),
        }
    }
}

/// SQLite has no arrays: a list travels as a JSON array, ids as hexadecimal digits.
fn sqlite_lists(text: &str) -> String {
    ["IN_IDS(", "IN_TEXTS("].into_iter().zip(["unhex(value)", "value"]).fold(
        text.to_owned(),
        |text, (word, value)| {
            let mut parts = text.split(word);
            let mut out = parts.next().unwrap_or_default().to_owned();
            for part in parts {
                let (parameter, rest) = part.split_once(')').expect("our words are followed by brackets");
                out.push_str(&format!("IN (SELECT {value} FROM json_each({parameter})){rest}"));
            }
            out
        },
    )
}

/// A text with its parameters.
#[derive(Clone)]
pub(crate) struct Statement {
    /// What to run.
    pub(crate) sql: &'static Sql,
    /// The values of `$1`, `$2`, …
    pub(crate) params: Vec<Param>,
}

impl Statement {
    /// A text with its parameters.
    pub(crate) fn new(sql: &'static Sql, params: Vec<Param>) -> Self {
        Self { sql, params }
    }
}

/// The value of a parameter.
#[derive(Debug, Clone)]
pub(crate) enum Param {
    /// An id.
    Id(Uuid),
    /// An id, or the absence of a condition on it.
    IdOrNone(Option<Uuid>),
    /// A text.
    Text(Arc<str>),
    /// A text of ours.
    Word(&'static str),
    /// A text of ours, or the absence of a condition on it.
    WordOrNone(Option<&'static str>),
    /// An instant, a number or a bound.
    Int(i64),
    /// A list of ids.
    Ids(Arc<[Uuid]>),
    /// A list of texts of ours, or the absence of a condition on it.
    Words(Option<Vec<&'static str>>),
}

impl Param {
    /// The type by which PostgreSQL is told of the parameter, so that texts need no casts.
    pub(super) fn postgres_type(&self) -> Type {
        match self {
            Self::Id(_) | Self::IdOrNone(_) => Type::UUID,
            Self::Text(_) | Self::Word(_) | Self::WordOrNone(_) => Type::TEXT,
            Self::Int(_) => Type::INT8,
            Self::Ids(_) => Type::UUID_ARRAY,
            Self::Words(_) => Type::TEXT_ARRAY,
        }
    }
}

impl ToSql for Param {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Id(id) => id.to_sql(ty, out),
            Self::IdOrNone(id) => id.to_sql(ty, out),
            // The server would refuse the statement; nothing is found by this text either way.
            Self::Text(text) if text.contains('\0') => text.replace('\0', NULL_STAND_IN).to_sql(ty, out),
            Self::Text(text) => text.as_ref().to_sql(ty, out),
            Self::Word(word) => word.to_sql(ty, out),
            Self::WordOrNone(word) => word.to_sql(ty, out),
            Self::Int(number) => number.to_sql(ty, out),
            Self::Ids(ids) => ids.as_ref().to_sql(ty, out),
            Self::Words(words) => words.to_sql(ty, out),
        }
    }

    // The type is the one that `postgres_type` told the server.
    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

impl rusqlite::ToSql for Param {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        use rusqlite::types::{ToSqlOutput, Value, ValueRef};
        fn text(text: &str) -> ToSqlOutput<'_> {
            ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes()))
        }
        let null = ToSqlOutput::Borrowed(ValueRef::Null);
        Ok(match self {
            Self::Id(id) | Self::IdOrNone(Some(id)) => {
                ToSqlOutput::Borrowed(ValueRef::Blob(id.as_bytes().as_slice()))
            }
            Self::Text(value) => text(value),
            Self::Word(word) | Self::WordOrNone(Some(word)) => text(word),
            Self::Int(number) => ToSqlOutput::Borrowed(ValueRef::Integer(*number)),
            Self::Ids(ids) => ToSqlOutput::Owned(Value::Text(json_of(ids.iter().map(|id| id.simple())))),
            Self::Words(Some(words)) => ToSqlOutput::Owned(Value::Text(json_of(words.iter()))),
            Self::IdOrNone(None) | Self::WordOrNone(None) | Self::Words(None) => null,
        })
    }
}

/// A JSON array of texts that need no escaping: hexadecimal digits and words of our enums.
fn json_of(items: impl Iterator<Item = impl std::fmt::Display>) -> String {
    use std::fmt::Write;
    let mut out = String::from("[");
    for item in items {
        let comma = if out.len() > 1 { "," } else { "" };
        // Writing to a String cannot fail.
        let _ = write!(out, "{comma}\"{item}\"");
    }
    out.push(']');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_translated_where_the_engines_differ() {
        let sql =
            Sql::both("SELECT a FROM b JOIN_NEXT c WHERE a IN_IDS($1) AND ($2 IS NULL OR d IN_TEXTS($2))");
        assert_eq!(sql.postgres, "SELECT a FROM b JOIN c WHERE a = ANY($1) AND ($2 IS NULL OR d = ANY($2))");
        assert_eq!(
            sql.sqlite,
            "SELECT a FROM b CROSS JOIN c WHERE a IN (SELECT unhex(value) FROM json_each(?1)) \
             AND (?2 IS NULL OR d IN (SELECT value FROM json_each(?2)))"
        );
    }

    #[test]
    fn lists_travel_to_sqlite_as_json() {
        let ids = [10, 11].into_iter().map(|id| Uuid::from_u128(id).simple()).collect::<Vec<_>>();
        let expected = "[\"0000000000000000000000000000000a\",\"0000000000000000000000000000000b\"]";
        assert_eq!(json_of(ids.iter()), expected);
        assert_eq!(json_of(std::iter::empty::<&str>()), "[]");
    }
}
