//! The plugin's one door to the world, and the descriptor by which a plugin is found.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use purser_types::Timestamp;
use serde_json::Value;
use url::Url;

use crate::Connector;
use crate::request::{IdempotencyKey, OwnReference};
use purser_types::spelled;

/// The revision of this crate's values; a plugin states the one that it was written for.
pub const API: &str = "2026-11";

/// The only way for a plugin to reach anything.
#[async_trait]
pub trait Http: Send + Sync {
    /// Sends a request and waits for the whole answer. Redirects are answers, never followed.
    ///
    /// # Errors
    /// [`HttpError`] says whether a byte may have left.
    async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, HttpError>;
}

spelled! {
    /// Why there is no answer.
    pub enum HttpErrorKind {
        /// The host is not declared by the plugin, not allowed by the operator, or private.
        Refused = "REFUSED",
        /// No connection could be made.
        Connect = "CONNECT",
        /// The connection was lost before the answer was complete.
        Cut = "CUT",
        /// The deadline passed.
        TimedOut = "TIMED_OUT",
        /// The answer is longer than the limit.
        TooLarge = "TOO_LARGE",
    }
}

/// There is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no answer ({kind}, sent: {sent}): {detail}")]
pub struct HttpError {
    /// Whether any byte of the request may have reached the other side.
    pub sent: bool,
    /// Why.
    pub kind: HttpErrorKind,
    /// For operators; without query strings, bodies and headers.
    pub detail: String,
}

/// What every call of a connector is given besides its request.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    /// Our reference of the attempt.
    pub own: &'a OwnReference,
    /// The key of the attempt.
    pub idempotency: &'a IdempotencyKey,
    /// The door.
    pub http: &'a dyn Http,
    /// The instant at which the call began.
    pub now: Timestamp,
    /// The instant at which the host gives up.
    pub deadline: Timestamp,
    /// Where the processor may send notifications about this connector, for processors that are told with each
    /// request; absent if the server cannot be reached from outside.
    pub notification_url: Option<&'a Url>,
}

/// A plugin: what an operator may configure, and how.
#[derive(Debug, Clone)]
pub struct Plugin {
    /// The name in settings and in the database: lower case, for ever.
    pub id: &'static str,
    /// What people read.
    pub title: &'static str,
    /// The plugin's own version.
    pub version: &'static str,
    /// The revision of the values that it speaks: [`API`].
    pub api: &'static str,
    /// The JSON Schema (draft 2020-12) of its settings; unknown keys are refused.
    pub config_schema: Value,
    /// The settings that are secret: never shown, kept sealed, may be `{"$secret": "env:NAME"}`.
    pub secret_fields: &'static [&'static str],
    /// Patterns of the hosts that its connectors call, for operators; [`Connector::hosts`] has the exact ones.
    pub hosts: &'static [&'static str],
    /// A complete configuration that passes the schema, for documentation and tests.
    pub sample_config: Value,
    /// Whether its money is pretended: such a plugin has no connectors in the live environment.
    pub is_simulated: bool,
    /// Makes a connector of settings whose secret references are resolved.
    pub configure: fn(Value) -> Result<Arc<dyn Connector>, ConfigError>,
}

/// A setting is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("setting `{field}`: {message}")]
pub struct ConfigError {
    /// The setting, as in the settings document; empty for the document itself.
    pub field: String,
    /// What is wrong, without the value.
    pub message: String,
}

impl ConfigError {
    /// Says what is wrong with a setting.
    #[must_use]
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}
