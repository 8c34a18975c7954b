//! The hot write as another client of the database could send it, for benchmarks.
//!
//! What a benchmark compares [`record_alone`](super::record_alone) with must be the same statement with the
//! same values in a session with the same settings; all three are told here, so that none is copied.

use purser_domain::Scope;
use sea_orm::Value;

use super::PaymentRecord;
use super::record::{hot_write_sql, values};
use crate::connect::POSTGRES_SETTINGS;
use crate::error::Error;

/// What [`record_alone`](super::record_alone) sends to PostgreSQL for one record.
#[derive(Debug, Clone)]
pub struct HotWrite {
    /// The statement, which can be prepared by its text alone.
    pub sql: &'static str,
    /// The values of `$1`, `$2`, … as PostgreSQL reads them from text.
    pub values: Vec<Option<String>>,
    /// The session's settings, each as `name=value`.
    pub settings: Vec<String>,
}

/// Tells what would be sent for a record.
///
/// # Errors
/// As of [`record`](super::record), as far as nothing is sent.
pub fn hot_write(scope: &Scope, record: &PaymentRecord<'_>) -> Result<HotWrite, Error> {
    let values = values(scope, record)?.iter().map(text).collect();
    let limits = POSTGRES_SETTINGS.iter().map(|(name, value)| format!("{name}={value}"));
    let planner = crate::read::POSTGRES_PLANNER.split(';').filter_map(|statement| {
        let (name, value) = statement.trim().strip_prefix("SET ")?.split_once('=')?;
        Some(format!("{}={}", name.trim(), value.trim()))
    });
    Ok(HotWrite { sql: hot_write_sql(), values, settings: limits.chain(planner).collect() })
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Uuid(value) => value.map(|id| id.to_string()),
        Value::BigInt(value) => value.map(|number| number.to_string()),
        Value::Int(value) => value.map(|number| number.to_string()),
        Value::Bool(value) => value.map(|flag| flag.to_string()),
        Value::Json(value) => value.as_ref().map(ToString::to_string),
        Value::Bytes(value) => value.as_ref().map(|bytes| {
            let digits = bytes.iter().map(|byte| format!("{byte:02x}"));
            format!("\\x{}", digits.collect::<String>())
        }),
        Value::String(value) => value.clone(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_told_as_postgresql_reads_them() {
        let texts = [
            Value::from(7_i64),
            Value::from(true),
            Value::from(vec![0_u8, 255]),
            Value::from(serde_json::json!({ "a": 1 })),
            Value::from(None::<String>),
        ];

        let texts: Vec<_> = texts.iter().map(text).collect();

        let expected = [Some("7"), Some("true"), Some("\\x00ff"), Some("{\"a\":1}"), None];
        assert_eq!(texts, expected.map(|text| text.map(str::to_owned)));
    }
}
