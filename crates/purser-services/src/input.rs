//! Checks that every text of an input goes through.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::error::{Code, Error};

/// A text within its bounds: not blank, at most `length_max` characters, no control characters.
///
/// # Errors
/// [`Code::InvalidInput`] at `field`.
pub(crate) fn text(value: &str, field: &str, length_max: usize) -> Result<String, Error> {
    let trimmed = value.trim();
    let refuse = |message: String| Err(Error::refused(Code::InvalidInput, field, message));
    if trimmed.is_empty() {
        return refuse("The text is empty.".to_owned());
    }
    if trimmed.chars().count() > length_max {
        return refuse(format!("The text is longer than {length_max} characters."));
    }
    if trimmed.chars().any(char::is_control) {
        return refuse("The text has control characters.".to_owned());
    }
    Ok(trimmed.to_owned())
}

/// A text that may be missing.
///
/// # Errors
/// As [`text`].
pub(crate) fn optional(value: Option<&str>, field: &str, length_max: usize) -> Result<Option<String>, Error> {
    value.map(|value| text(value, field, length_max)).transpose()
}

/// An identifier: as [`text`], taken as it is, without surrounding blanks.
///
/// # Errors
/// [`Code::InvalidInput`] at `field`.
pub(crate) fn identifier(value: &str, field: &str, length_max: usize) -> Result<String, Error> {
    let checked = text(value, field, length_max)?;
    if checked.len() != value.len() {
        return Err(Error::refused(Code::InvalidInput, field, "An identifier has no surrounding blanks."));
    }
    Ok(checked)
}

/// A tenant's own JSON object within its bounds.
///
/// # Errors
/// [`Code::InvalidInput`] at `field`.
pub(crate) fn metadata(value: Map<String, Value>, field: &str) -> Result<Map<String, Value>, Error> {
    let bytes_max = purser_domain::profile::METADATA_BYTES_MAX;
    let bytes = serde_json::to_vec(&value).map(|json| json.len()).unwrap_or(usize::MAX);
    if bytes > bytes_max {
        return Err(Error::refused(
            Code::InvalidInput,
            field,
            format!("The object is longer than {bytes_max} bytes of JSON."),
        ));
    }
    if value.iter().any(|(key, value)| key.contains('\0') || has_null(value)) {
        return Err(Error::refused(Code::InvalidInput, field, "The object has null characters."));
    }
    Ok(value)
}

/// Whether a text in a JSON value has the character that PostgreSQL's texts cannot hold.
fn has_null(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
        Value::String(text) => text.contains('\0'),
        Value::Array(values) => values.iter().any(has_null),
        Value::Object(members) => members.iter().any(|(key, value)| key.contains('\0') || has_null(value)),
    }
}

/// Labels within their bounds, each once, in the order given.
///
/// # Errors
/// [`Code::InvalidInput`] at the label's position.
pub(crate) fn tags(values: &[String], field: &str) -> Result<Vec<String>, Error> {
    use purser_domain::profile::{TAG_LENGTH_MAX, TAGS_MAX};
    if values.len() > TAGS_MAX {
        let message = format!("At most {TAGS_MAX} tags are kept.");
        return Err(Error::refused(Code::InvalidInput, field, message));
    }
    let mut seen = BTreeMap::new();
    for (position, value) in values.iter().enumerate() {
        let tag = text(value, &format!("{field}.{position}"), TAG_LENGTH_MAX)?;
        seen.entry(tag).or_insert(position);
    }
    let mut tags: Vec<(usize, String)> = seen.into_iter().map(|(tag, position)| (position, tag)).collect();
    tags.sort_unstable();
    Ok(tags.into_iter().map(|(_, tag)| tag).collect())
}

/// What an update does to a field: leave it, clear it, or set it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Patch<T> {
    /// The field was absent: leave it.
    #[default]
    Keep,
    /// The field was null: clear it.
    Clear,
    /// The field had a value: set it.
    Set(T),
}

impl<T> Patch<T> {
    /// Applies the patch to a field.
    pub fn apply(self, field: &mut Option<T>) {
        match self {
            Self::Keep => {}
            Self::Clear => *field = None,
            Self::Set(value) => *field = Some(value),
        }
    }

    /// The patch with its value converted, if it has one.
    ///
    /// # Errors
    /// Whatever the conversion answers.
    pub fn try_map<U, E>(self, convert: impl FnOnce(T) -> Result<U, E>) -> Result<Patch<U>, E> {
        Ok(match self {
            Self::Keep => Patch::Keep,
            Self::Clear => Patch::Clear,
            Self::Set(value) => Patch::Set(convert(value)?),
        })
    }
}
