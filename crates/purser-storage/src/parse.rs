//! From columns to domain values.
//!
//! The database is ours, but an operator may have edited it and a newer version may have written it:
//! what cannot be read is reported with its place, and never guessed.

use std::str::FromStr;

use purser_types::Money;
use sea_orm::prelude::{Json, Uuid};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Error;

/// The row that a value stands in, to name it if the value cannot be read.
#[derive(Clone, Copy)]
pub(crate) struct Row {
    table: &'static str,
    id: Uuid,
}

impl Row {
    /// The row of a table with an id.
    pub(crate) fn new(table: &'static str, id: Uuid) -> Self {
        Self { table, id }
    }

    /// A closed enum, a currency, a date: anything with one text form.
    pub(crate) fn text<T: FromStr>(self, column: &'static str, text: &str) -> Result<T, Error> {
        text.parse().map_err(|_| self.inconsistent(column))
    }

    /// The same, where it may be missing.
    pub(crate) fn text_option<T: FromStr>(
        self,
        column: &'static str,
        text: Option<&str>,
    ) -> Result<Option<T>, Error> {
        text.map(|text| self.text(column, text)).transpose()
    }

    /// A JSON document.
    pub(crate) fn json<T: DeserializeOwned>(self, column: &'static str, json: Json) -> Result<T, Error> {
        serde_json::from_value(json).map_err(|_| self.inconsistent(column))
    }

    /// The same, where it may be missing.
    pub(crate) fn json_option<T: DeserializeOwned>(
        self,
        column: &'static str,
        json: Option<Json>,
    ) -> Result<Option<T>, Error> {
        json.map(|json| self.json(column, json)).transpose()
    }

    /// Minor units with the currency beside them.
    pub(crate) fn money(self, column: &'static str, minor: i64, currency: &str) -> Result<Money, Error> {
        let currency = self.text("currency", currency)?;
        Money::try_new(minor, currency).map_err(|_| self.inconsistent(column))
    }

    /// The report of a value that cannot be read.
    pub(crate) fn inconsistent(self, column: &'static str) -> Error {
        Error::Inconsistent { table: self.table, column, row: self.id.to_string() }
    }
}

/// A domain value as the JSON document that a column keeps.
pub(crate) fn to_json(value: &impl Serialize) -> Json {
    serde_json::to_value(value).expect("domain values have text keys and no failing serialiser")
}
