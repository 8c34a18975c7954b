//! The lexical guard: what is looked at before a request is parsed or logged.
//!
//! The GraphQL library's parser recurses into nested values without a bound (1,344 opening brackets
//! abort the process), its validation expands fragments without a memo (a kilobyte burns twenty
//! seconds), and its error messages quote the source line (and with it a card number). Its own limits
//! run after all three. Hence this module: three scanners, each linear in the input, none recursive on
//! anything the client controls beyond a small bound, that look at bytes only.
//!
//! | scanner | refuses | code |
//! |---|---|---|
//! | [`card`] | anything that looks like a card number | `CARD_NUMBER_REFUSED` |
//! | [`json`] | deep, truncated, trailing, twice-keyed, non-UTF-8 JSON | `BAD_USER_INPUT` |
//! | [`shape`] | too many tokens, brackets, aliases, directives, expanded fields, … | `QUERY_TOO_COMPLEX` |
//!
//! To add a limit: a field in [`Limits`] with its reason, a count in [`shape`], a test in `tests.rs`.

pub mod json;
mod lexer;
pub mod shape;
#[cfg(test)]
mod tests;

use super::refusal::{Code, Refusal};
pub use crate::config::Limits;
pub use purser_types::card;

/// Why the guard refused. It never carries text of the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The bytes are not UTF-8 or begin with a byte order mark.
    NotUtf8,
    /// The JSON is malformed, or too deep to look at.
    Json(&'static str),
    /// Something that looks like a card number.
    CardNumber,
    /// The document is no GraphQL at this line and column.
    Syntax {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
    },
    /// The document has more of something than is allowed.
    TooMany {
        /// What was counted, in the plural.
        what: &'static str,
        /// The bound.
        limit: u32,
    },
    /// Fragments that spread each other in a circle.
    Cycle,
}

impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        metrics::counter!("purser_guard_refusals_total", "code" => fault.code().as_str()).increment(1);
        let refusal = match fault {
            Fault::NotUtf8 => Self::bad_request("The body must be UTF-8 without a byte order mark."),
            Fault::Json(why) => Self::bad_request(why),
            Fault::CardNumber => Self::bad_request(
                "The request contains what looks like a card number. Card numbers are taken at POST /vault/card-tokens only.",
            ),
            Fault::Syntax { .. } => Self::request_error("Syntax error."),
            Fault::TooMany { what, limit } => {
                Self::bad_request(format!("The document has too many {what}; {limit} are allowed."))
            }
            Fault::Cycle => Self::request_error("Fragments must not spread each other in a circle."),
        };
        let refusal = refusal.code(fault.code());
        match fault {
            Fault::Syntax { line, column } => refusal.at(line, column),
            _ => refusal,
        }
    }
}

impl Fault {
    fn code(self) -> Code {
        match self {
            Self::NotUtf8 | Self::Json(_) => Code::BadUserInput,
            Self::CardNumber => Code::CardNumberRefused,
            Self::Syntax { .. } => Code::GraphqlParseFailed,
            Self::TooMany { .. } => Code::QueryTooComplex,
            Self::Cycle => Code::GraphqlValidationFailed,
        }
    }
}
