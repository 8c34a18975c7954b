//! JSON as the executor's answers are written, byte for byte.

use std::fmt::{Display, Write as _};

use async_graphql::parser::types::Field;

/// Most answers are shorter; a longer one grows once or twice.
const CAPACITY: usize = 4 * 1024;

/// An answer that is being written.
pub(super) struct Json {
    text: String,
    is_given_up: bool,
}

impl Json {
    pub(super) fn new() -> Self {
        Self { text: String::with_capacity(CAPACITY), is_given_up: false }
    }

    /// The bytes, unless something could not be written.
    pub(super) fn finish(self) -> Option<Vec<u8>> {
        (!self.is_given_up).then_some(self.text.into_bytes())
    }

    /// What is there cannot be shown by a plan.
    pub(super) fn give_up(&mut self) {
        self.is_given_up = true;
    }

    /// Something that is JSON already.
    pub(super) fn raw(&mut self, json: &str) {
        self.text.push_str(json);
    }

    pub(super) fn null(&mut self) {
        self.raw("null");
    }

    pub(super) fn flag(&mut self, flag: bool) {
        self.raw(if flag { "true" } else { "false" });
    }

    pub(super) fn number(&mut self, number: impl Into<i64>) {
        // Writing to a String cannot fail.
        let _ = write!(self.text, "{}", number.into());
    }

    /// A text in which nothing needs to be escaped: ids, instants, numbers, words of ours.
    pub(super) fn plain(&mut self, shown: impl Display) {
        // Writing to a String cannot fail.
        let _ = write!(self.text, "\"{shown}\"");
    }

    /// A word of ours.
    pub(super) fn word(&mut self, word: &str) {
        self.text.push('"');
        self.text.push_str(word);
        self.text.push('"');
    }

    /// Any text.
    pub(super) fn text(&mut self, text: &str) {
        let is_plain = |byte: u8| byte >= 0x20 && byte != b'"' && byte != b'\\';
        if text.bytes().all(is_plain) {
            return self.word(text);
        }
        match serde_json::to_string(text) {
            Ok(escaped) => self.raw(&escaped),
            Err(_) => self.give_up(),
        }
    }

    /// Something that may be missing.
    pub(super) fn option<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Self, T)) {
        match value {
            Some(value) => write(self, value),
            None => self.null(),
        }
    }

    /// Any text that may be missing.
    pub(super) fn maybe(&mut self, text: Option<&str>) {
        self.option(text, Self::text);
    }

    /// A list.
    pub(super) fn list<T>(
        &mut self,
        items: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut Self, T),
    ) {
        self.text.push('[');
        for (at, item) in items.into_iter().enumerate() {
            if at > 0 {
                self.text.push(',');
            }
            write(self, item);
        }
        self.text.push(']');
    }
}

/// The name of a field in the answer, with what stands between it and its value.
pub(super) fn key(field: &Field) -> String {
    // Names of the language need no escapes.
    format!("\"{}\":", field.response_key().node)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Json)) -> String {
        let mut out = Json::new();
        write(&mut out);
        String::from_utf8(out.finish().expect("it was written")).expect("it is UTF-8")
    }

    #[test]
    fn a_text_is_escaped_as_everywhere() {
        for text in ["", "Ann", "Zoë \u{7f}", "a\"b", "back\\slash", "tab\tbell\u{7}", "line\u{2028}"] {
            assert_eq!(written(|out| out.text(text)), serde_json::to_string(text).expect("JSON"), "{text:?}");
        }
    }

    #[test]
    fn lists_have_commas_between_their_items() {
        let list = |items: &[i64]| written(|out| out.list(items, |out, item| out.number(*item)));
        assert_eq!([list(&[]), list(&[1]), list(&[1, -2])], ["[]", "[1]", "[1,-2]"]);
    }

    #[test]
    fn what_was_given_up_is_no_answer() {
        let mut out = Json::new();
        out.give_up();
        out.null();
        assert_eq!(out.finish(), None);
    }
}
