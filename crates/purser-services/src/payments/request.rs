//! What an attempt keeps sealed until it is final: what the processor is asked, and its notes for
//! `resume`.
//!
//! Whoever repairs an attempt may have to ask the same again, byte for byte and with the same key, since
//! a processor refuses a key that comes with another request. The request is therefore written down before
//! it is sent, not made anew from a payment that has moved on. It has tokens in it, so that it is sealed
//! for its row.

use bytes::Bytes;
use purser_connector::Submission;
use purser_types::Secret;
use purser_types::id::AttemptId;
use purser_vault::Aad;
use serde::{Deserialize, Serialize};

use crate::app::Ctx;
use crate::error::Error;

/// A request with what we mean to do when it is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Order {
    /// What the processor is asked.
    pub(crate) submission: Submission,
    /// Whether the instrument is stored in the payment's profile.
    pub(crate) store: bool,
    /// Whether the instrument becomes the preferred one.
    pub(crate) mark_as_preferred: bool,
    /// How often the customer has come back from an action, this time included.
    pub(crate) resumed: u32,
}

impl Order {
    /// A request after which nothing is stored.
    pub(crate) fn plain(submission: impl Into<Submission>) -> Self {
        Self { submission: submission.into(), store: false, mark_as_preferred: false, resumed: 0 }
    }

    /// The order sealed for its attempt's row.
    ///
    /// # Errors
    /// A fault if it cannot be written, which does not happen.
    pub(crate) fn seal(&self, ctx: &Ctx, attempt: AttemptId) -> Result<Vec<u8>, Error> {
        let json = serde_json::to_string(self).map(Secret::new);
        let json =
            json.map_err(|error| Error::Fault { doing: "sealing a request", detail: error.to_string() })?;
        Ok(seal(ctx, attempt, REQUEST, json.expose().as_bytes()))
    }

    /// The order of an attempt.
    ///
    /// # Errors
    /// A fault if it was changed or belongs to another row.
    pub(crate) fn open(ctx: &Ctx, attempt: AttemptId, sealed: &[u8]) -> Result<Self, Error> {
        let json = open(ctx, attempt, REQUEST, sealed)?;
        // What is wrong with it is not told: it would quote a token.
        serde_json::from_slice(&json)
            .map_err(|_| Error::Fault { doing: "reading a request", detail: attempt.to_string() })
    }
}

const REQUEST: &str = "request";
const ACTION: &str = "action";

/// A plugin's notes about a customer's action, sealed for the attempt's row.
pub(crate) fn seal_action(ctx: &Ctx, attempt: AttemptId, state: &[u8]) -> Vec<u8> {
    seal(ctx, attempt, ACTION, state)
}

/// The plugin's notes again.
///
/// # Errors
/// A fault if they were changed or belong to another row.
pub(crate) fn open_action(ctx: &Ctx, attempt: AttemptId, sealed: &[u8]) -> Result<Bytes, Error> {
    open(ctx, attempt, ACTION, sealed).map(|state| Bytes::copy_from_slice(&state))
}

fn seal(ctx: &Ctx, attempt: AttemptId, column: &str, plain: &[u8]) -> Vec<u8> {
    let (tenant, row) = (ctx.viewer().tenant().uuid(), attempt.uuid());
    let place = Aad { table: "attempt", tenant: tenant.as_bytes(), row: row.as_bytes(), column };
    ctx.app.keyring.seal(place, plain)
}

fn open(
    ctx: &Ctx,
    attempt: AttemptId,
    column: &str,
    sealed: &[u8],
) -> Result<zeroize::Zeroizing<Vec<u8>>, Error> {
    let (tenant, row) = (ctx.viewer().tenant().uuid(), attempt.uuid());
    let place = Aad { table: "attempt", tenant: tenant.as_bytes(), row: row.as_bytes(), column };
    let opened = ctx.app.keyring.open(place, sealed);
    opened.map_err(|error| Error::Fault { doing: "opening what an attempt keeps", detail: error.to_string() })
}
