//! What a processor sends on its own.

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use purser_types::Timestamp;

use crate::outcome::Observation;

/// A request that reached the connector's notification address.
#[derive(Debug, Clone)]
pub struct Inbound {
    /// The headers, names in lower case.
    pub headers: HeaderMap,
    /// The query, without the question mark.
    pub query: String,
    /// The bytes as they came; signatures cover these, not a parsed form.
    pub body: Bytes,
    /// When it came. Plugins have no clock, but have to refuse old signatures.
    pub received_at: Timestamp,
}

/// An authentic notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// The same for the same event, however often it is delivered.
    pub dedupe_key: String,
    /// The processor's name for the type of event.
    pub event_type: String,
    /// What it says about our references; empty for types that do not concern us.
    pub observations: Vec<Observation>,
    /// What the processor wants to hear.
    pub acknowledgement: Acknowledgement,
}

/// The answer to a notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acknowledgement {
    /// The status.
    pub status: StatusCode,
    /// The `content-type`, if there is a body.
    pub content_type: Option<&'static str>,
    /// The body.
    pub body: Bytes,
}

impl Acknowledgement {
    /// `200` without a body, which is what most processors want.
    #[must_use]
    pub const fn ok() -> Self {
        Self { status: StatusCode::OK, content_type: None, body: Bytes::new() }
    }
}

/// Why a notification is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotificationError {
    /// The connector receives none.
    #[error("the connector receives no notifications")]
    Unsupported,
    /// The signature is missing, wrong or old. Nothing of it may be believed or kept.
    #[error("the notification is not authentic")]
    Unauthentic,
    /// The signature is right, the content is not what was agreed.
    #[error("the notification cannot be read: {detail}")]
    Malformed {
        /// For operators.
        detail: String,
    },
}
