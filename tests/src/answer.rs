//! What came back.

use std::fmt;

use serde_json::Value;

/// An answer of the GraphQL endpoint: as it is, and as JSON.
#[derive(Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body as it came, for tests that look for bytes.
    pub raw: String,
    /// The body as JSON; null if it is none.
    pub body: Value,
}

/// A refusal in `userErrors`: its code, and the path of the input field with dots.
pub type UserError = (String, String);

impl Answer {
    pub(crate) fn new(status: u16, raw: String) -> Self {
        let body = serde_json::from_str(&raw).unwrap_or(Value::Null);
        Self { status, raw, body }
    }

    /// The value at a dotted path below `data`, of an answer without errors. Numbers are positions.
    ///
    /// # Panics
    /// If there were errors or there is no such path.
    #[must_use]
    #[track_caller]
    pub fn data(&self, path: &str) -> &Value {
        assert!(self.status == 200 && self.body.get("errors").is_none(), "expected data: {self}");
        find(&self.body["data"], path).unwrap_or_else(|| panic!("nothing at {path}: {self}"))
    }

    /// The text at a path below `data`.
    ///
    /// # Panics
    /// As [`Answer::data`], and if it is not a text.
    #[must_use]
    #[track_caller]
    pub fn text(&self, path: &str) -> String {
        let found = self.data(path);
        found.as_str().unwrap_or_else(|| panic!("no text at {path}: {self}")).to_owned()
    }

    /// How many members the list at a path below `data` has.
    ///
    /// # Panics
    /// As [`Answer::data`], and if it is not a list.
    #[must_use]
    #[track_caller]
    pub fn count(&self, path: &str) -> usize {
        let found = self.data(path);
        found.as_array().unwrap_or_else(|| panic!("no list at {path}: {self}")).len()
    }

    /// The refusals of a mutation.
    ///
    /// # Panics
    /// If the mutation was not in the document or its document did not ask for them.
    #[must_use]
    #[track_caller]
    pub fn user_errors(&self, mutation: &str) -> Vec<UserError> {
        let errors = self.data(&format!("{mutation}.userErrors"));
        let errors = errors.as_array().unwrap_or_else(|| panic!("no userErrors: {self}"));
        let text = |error: &Value, name: &str| error[name].as_str().unwrap_or_default().to_owned();
        let path = |error: &Value| {
            let parts = error["field"].as_array().cloned().unwrap_or_default();
            parts.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(".")
        };
        errors.iter().map(|error| (text(error, "code"), path(error))).collect()
    }

    /// The code of a mutation's only refusal; empty if it was carried out.
    ///
    /// # Panics
    /// As [`Answer::user_errors`], and if there are several.
    #[must_use]
    #[track_caller]
    pub fn refusal(&self, mutation: &str) -> String {
        let errors = self.user_errors(mutation);
        assert!(errors.len() <= 1, "several refusals: {self}");
        errors.into_iter().next().map(|(code, _)| code).unwrap_or_default()
    }

    /// The codes of `errors[]`.
    #[must_use]
    pub fn error_codes(&self) -> Vec<String> {
        let errors = self.body["errors"].as_array().cloned().unwrap_or_default();
        let code = |error: &Value| error["extensions"]["code"].as_str().unwrap_or_default().to_owned();
        errors.iter().map(code).collect()
    }
}

/// The value at a dotted path.
#[must_use]
pub fn find<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(value, |value, part| match part.parse::<usize>() {
        Ok(position) => value.get(position),
        Err(_) => value.get(part),
    })
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status, self.raw)
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
