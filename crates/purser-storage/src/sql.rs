//! One statement with its values, the same text on both engines.
//!
//! Placeholders are `$1`, `$2`, … on SQLite too. The first three of every scoped statement are the
//! viewer's tenant, its environment and the instant of the request, so that the predicates of
//! [`crate::visibility`] can be put into any statement; values of the statement itself start at `$4`.

use purser_domain::{Scope, SystemScope};
use sea_orm::{EntityName, EntityTrait, IdenStatic, Iterable, ModelTrait, Statement, Value};

use crate::db::Engine;

/// The columns of a model's table.
type ColumnOf<M> = <<M as ModelTrait>::Entity as EntityTrait>::Column;

/// A statement with its values. Public only because [`crate::Read`] names it; its module is not.
pub struct Sql {
    text: String,
    values: Vec<Value>,
}

impl Sql {
    /// A statement on behalf of a viewer: `$1` its tenant, `$2` its environment, `$3` the instant.
    pub(crate) fn scoped(scope: &Scope, text: impl Into<String>) -> Self {
        let values = vec![
            scope.tenant().uuid().into(),
            scope.environment().as_str().into(),
            scope.now().unix_micros().into(),
        ];
        Self { text: text.into(), values }
    }

    /// A statement on behalf of nobody; its values start at `$1`.
    pub(crate) fn system(_scope: &SystemScope, text: impl Into<String>) -> Self {
        Self::internal(text)
    }

    /// A statement inside another operation that has checked the scope; its values start at `$1`.
    pub(crate) fn internal(text: impl Into<String>) -> Self {
        Self { text: text.into(), values: Vec::new() }
    }

    /// A text with the values that another statement was given.
    pub(crate) fn with(text: &str, values: Vec<Value>) -> Self {
        Self { text: text.to_owned(), values }
    }

    /// The values, for a text of which they are in the right order.
    pub(crate) fn into_values(self) -> Vec<Value> {
        self.values
    }

    /// The statement with its next value.
    pub(crate) fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(storable(value.into()));
        self
    }

    /// Puts more text at the end.
    pub(crate) fn then(mut self, text: &str) -> Self {
        self.text.push(' ');
        self.text.push_str(text);
        self
    }

    /// The placeholders of more values, with the values bound to them.
    pub(crate) fn places(&mut self, values: impl IntoIterator<Item = Value>) -> String {
        let places: Vec<String> = values.into_iter().map(|value| self.place(value)).collect();
        places.join(", ")
    }

    /// How many values there are.
    pub(crate) fn width(&self) -> usize {
        self.values.len()
    }

    /// The values with their text, when it is known.
    pub(crate) fn text(self, text: &str) -> Self {
        Self { text: text.to_owned(), ..self }
    }

    /// The next value's placeholder, with the value bound to it.
    fn place(&mut self, value: Value) -> String {
        self.values.push(storable(value));
        format!("${}", self.values.len())
    }

    /// Makes this statement, whose text is empty or begins with `FROM` or `WHERE`, the insertion of
    /// `model` once for each row that the text finds. Columns that are named get an expression over
    /// that row instead of the model's value.
    pub(crate) fn insert<M: ModelTrait>(mut self, model: &M, instead: &[(ColumnOf<M>, &str)]) -> Self {
        let columns: Vec<ColumnOf<M>> = ColumnOf::<M>::iter().collect();
        let mut values = Vec::with_capacity(columns.len());
        for column in &columns {
            let expression = instead.iter().find(|(named, _)| named.as_str() == column.as_str());
            values.push(match expression {
                Some((_, expression)) => (*expression).to_owned(),
                None => self.place(model.get(*column)),
            });
        }
        self.text = format!(
            "INSERT INTO {} ({}) SELECT {} {}",
            M::Entity::default().table_name(),
            names::<M>(),
            values.join(", "),
            self.text
        );
        self
    }

    /// The insertion of many rows.
    pub(crate) fn insert_all<M: ModelTrait>(models: &[M]) -> Self {
        let columns: Vec<ColumnOf<M>> = ColumnOf::<M>::iter().collect();
        let mut sql = Self::internal("");
        let mut rows = Vec::with_capacity(models.len());
        for model in models {
            let places: Vec<String> = columns.iter().map(|column| sql.place(model.get(*column))).collect();
            rows.push(format!("({})", places.join(", ")));
        }
        let table = M::Entity::default();
        sql.text =
            format!("INSERT INTO {} ({}) VALUES {}", table.table_name(), names::<M>(), rows.join(", "));
        sql
    }

    /// Makes this statement, whose text is a condition, the change of some columns where it holds.
    /// The condition names columns by the table's name.
    pub(crate) fn update<M: ModelTrait>(mut self, model: &M, columns: &[ColumnOf<M>]) -> Self {
        let sets: Vec<String> = columns
            .iter()
            .map(|column| format!("{} = {}", column.as_str(), self.place(model.get(*column))))
            .collect();
        let table = M::Entity::default();
        self.text = format!("UPDATE {} SET {} WHERE {}", table.table_name(), sets.join(", "), self.text);
        self
    }

    /// The statement as the model's library takes it.
    pub(crate) fn on(self, engine: Engine) -> Statement {
        Statement::from_sql_and_values(engine.backend(), self.text, self.values)
    }
}

/// Stands for the null character, which PostgreSQL keeps in no text and in no JSON. A processor's words
/// may have it, and that the money moved is recorded all the same; nothing is found by it.
pub(crate) const NULL_STAND_IN: &str = "\u{fffd}";

fn storable(value: Value) -> Value {
    match value {
        Value::String(Some(text)) if text.contains('\0') => {
            Value::String(Some(text.replace('\0', NULL_STAND_IN)))
        }
        Value::Json(Some(json)) => Value::Json(Some(Box::new(storable_json(*json)))),
        other => other,
    }
}

fn storable_json(json: serde_json::Value) -> serde_json::Value {
    use serde_json::Value as Json;
    match json {
        Json::String(text) if text.contains('\0') => Json::String(text.replace('\0', NULL_STAND_IN)),
        Json::Array(values) => values.into_iter().map(storable_json).collect(),
        Json::Object(members) => {
            let member =
                |(name, value): (String, Json)| (name.replace('\0', NULL_STAND_IN), storable_json(value));
            members.into_iter().map(member).collect()
        }
        other => other,
    }
}

/// The columns of a model's table.
pub(crate) fn names<M: ModelTrait>() -> String {
    ColumnOf::<M>::iter().map(|column| column.as_str().to_owned()).collect::<Vec<String>>().join(", ")
}

/// The values of a model in the order of its columns.
pub(crate) fn row<M: ModelTrait>(model: &M) -> Vec<Value> {
    ColumnOf::<M>::iter().map(|column| model.get(column)).collect()
}

/// The columns of a table behind `alias`, each under its name after `prefix`, so that rows of several
/// tables can be read from one.
pub(crate) fn columns_of<E: EntityTrait>(alias: &str, prefix: &str) -> String {
    let column = |column: E::Column| format!("{alias}.{name} AS {prefix}{name}", name = column.as_str());
    E::Column::iter().map(column).collect::<Vec<String>>().join(", ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_null_character_is_kept_nowhere() {
        assert_eq!(storable("a\0b".into()), Value::from("a\u{fffd}b"));
        assert_eq!(storable("ab".into()), Value::from("ab"));
        let json = json!({ "a\0": ["\0", 1, null, { "b": "x\0" }] });
        let kept = json!({ "a\u{fffd}": ["\u{fffd}", 1, null, { "b": "x\u{fffd}" }] });
        assert_eq!(storable(json.into()), Value::from(kept));
    }
}
