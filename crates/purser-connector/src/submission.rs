//! Requests that are kept, so that they can be sent again.

use purser_types::Secret;
use serde::{Deserialize, Serialize};

use crate::capability::OperationKind;
use crate::request::{Authorize, Capture, Increment, Refund, Register, Resume, Void};

/// A request that moves money or stores an instrument, as it is kept until its outcome is known.
///
/// What is sent again after a crash has to be what was sent before: a processor that honours keys refuses
/// a key under which it is asked for something else. So the whole request is kept, not the means to
/// build it again from rows that may have changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Submission {
    /// Reserve or take money.
    Authorize(Authorize),
    /// Store an instrument.
    Register(Register),
    /// Continue after the customer acted.
    Resume(Resume),
    /// Take reserved money.
    Capture(Capture),
    /// Raise what is reserved.
    Increment(Increment),
    /// Release what is reserved.
    Void(Void),
    /// Give money back.
    Refund(Refund),
}

/// The text is not a request that was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a request that was kept")]
pub struct MalformedSubmission;

impl Submission {
    /// What is asked.
    #[must_use]
    pub fn operation(&self) -> OperationKind {
        match self {
            Self::Authorize(request) => request.operation(),
            Self::Register(_) => OperationKind::Register,
            Self::Resume(_) => OperationKind::Resume,
            Self::Capture(_) => OperationKind::Capture,
            Self::Increment(_) => OperationKind::Increment,
            Self::Void(_) => OperationKind::Void,
            Self::Refund(_) => OperationKind::Refund,
        }
    }

    /// The request as a text that is to be sealed. It has the tokens in it, so it is itself a secret; the
    /// same request gives the same text.
    #[must_use]
    pub fn to_secret(&self) -> Secret {
        let text = serde_json::to_string(self);
        Secret::new(text.expect("requests are texts, numbers and maps with text keys"))
    }

    /// The request that [`Submission::to_secret`] wrote, in this version or an earlier one.
    ///
    /// # Errors
    /// [`MalformedSubmission`] says nothing more, since whatever it would quote may be a token.
    pub fn from_secret(text: &Secret) -> Result<Self, MalformedSubmission> {
        serde_json::from_str(text.expose()).map_err(|_| MalformedSubmission)
    }
}

macro_rules! from {
    ($($request:ident),+) => {$(
        impl From<$request> for Submission {
            fn from(request: $request) -> Self {
                Self::$request(request)
            }
        }
    )+};
}

from!(Authorize, Register, Resume, Capture, Increment, Void, Refund);
