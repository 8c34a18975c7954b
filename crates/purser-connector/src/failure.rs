//! What a connector may answer when there is no answer of the processor to report.

use std::time::Duration;

use crate::capability::OperationKind;
use crate::port::{HttpError, HttpErrorKind};
use purser_types::spelled;

spelled! {
    /// What kind of trouble it was.
    pub enum FailureKind {
        /// The connector cannot do this.
        Unsupported = "UNSUPPORTED",
        /// The request is wrong, by our fault or the merchant's.
        InvalidRequest = "INVALID_REQUEST",
        /// The connector's settings are wrong.
        Misconfigured = "MISCONFIGURED",
        /// The processor does not accept the credentials.
        Unauthorized = "UNAUTHORIZED",
        /// Too many requests.
        RateLimited = "RATE_LIMITED",
        /// The processor is out of order or out of reach.
        Unavailable = "UNAVAILABLE",
        /// No answer in time.
        TimedOut = "TIMED_OUT",
        /// The answer could not be understood.
        Protocol = "PROTOCOL",
    }
}

impl FailureKind {
    /// Whether the same request may succeed later without anybody changing anything.
    #[must_use]
    pub const fn is_transient(self) -> bool {
        matches!(self, Self::RateLimited | Self::Unavailable | Self::TimedOut)
    }
}

spelled! {
    /// What the failed call may have done at the processor. Ordered from harmless to doubtful.
    pub enum Effect {
        /// Nothing: no byte left.
        NotSent = "NOT_SENT",
        /// Nothing: the processor refused, in an authentic and well-formed answer.
        Rejected = "REJECTED",
        /// Nobody knows. Never repeat elsewhere; look it up.
        Unknown = "UNKNOWN",
    }
}

/// A call that ended without the processor's answer to the question.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{operation} failed ({kind}, effect {effect}): {detail}")]
pub struct Failure {
    /// What kind of trouble.
    pub kind: FailureKind,
    /// What it may have done.
    pub effect: Effect,
    /// What was asked.
    pub operation: OperationKind,
    /// For operators: what went wrong, in words without personal data and secrets.
    pub detail: String,
    /// How long to wait, if the processor told.
    pub retry_after: Option<Duration>,
}

impl Failure {
    /// A failure of a kind, with an effect.
    #[must_use]
    pub fn new(
        operation: OperationKind,
        kind: FailureKind,
        effect: Effect,
        detail: impl Into<String>,
    ) -> Self {
        Self { kind, effect, operation, detail: detail.into(), retry_after: None }
    }

    /// The connector cannot do this. To be answered before any byte is sent.
    #[must_use]
    pub fn unsupported(operation: OperationKind) -> Self {
        let detail = "the connector has no such operation";
        Self::new(operation, FailureKind::Unsupported, Effect::NotSent, detail)
    }

    /// The request is wrong and was not sent.
    #[must_use]
    pub fn invalid_request(operation: OperationKind, detail: impl Into<String>) -> Self {
        Self::new(operation, FailureKind::InvalidRequest, Effect::NotSent, detail)
    }

    /// The processor refused the request in an authentic, well-formed answer, so nothing moved.
    #[must_use]
    pub fn rejected(operation: OperationKind, kind: FailureKind, detail: impl Into<String>) -> Self {
        Self::new(operation, kind, Effect::Rejected, detail)
    }

    /// The answer could not be understood, so nobody knows what moved.
    #[must_use]
    pub fn protocol(operation: OperationKind, detail: impl Into<String>) -> Self {
        Self::new(operation, FailureKind::Protocol, Effect::Unknown, detail)
    }

    /// There was no answer.
    #[must_use]
    pub fn no_answer(operation: OperationKind, error: &HttpError) -> Self {
        let kind = match error.kind {
            HttpErrorKind::Refused => FailureKind::Misconfigured,
            HttpErrorKind::Connect | HttpErrorKind::Cut => FailureKind::Unavailable,
            HttpErrorKind::TimedOut => FailureKind::TimedOut,
            HttpErrorKind::TooLarge => FailureKind::Protocol,
        };
        let effect = if error.sent { Effect::Unknown } else { Effect::NotSent };
        Self::new(operation, kind, effect, error.detail.clone())
    }

    /// The same failure, at least as doubtful as `effect`.
    #[must_use]
    pub fn at_least(self, effect: Effect) -> Self {
        Self { effect: self.effect.max(effect), ..self }
    }

    /// The same failure with the processor's wish for a pause.
    #[must_use]
    pub fn with_retry_after(self, retry_after: Option<Duration>) -> Self {
        Self { retry_after, ..self }
    }
}
