//! Idempotency: a request that carries a key is carried out once, however often it comes.
//!
//! The key is claimed in the transaction that writes what the request makes, before anything else is
//! written. Both last or neither does, so that a refused request leaves no trace and may be corrected,
//! and a crash leaves either nothing or a claim with its resource. A twin that comes at the same time
//! waits for the first one's transaction: on the unique index on PostgreSQL, on the write lock on
//! SQLite. It then finds the claim and is answered with the resource as it is by then, be it a payment
//! whose processor has not answered yet. There is no second run, however slow the first one is.
//!
//! A key belongs to a tenant, an environment and an operation; used for another request it is refused.

use purser_storage::Write;
use purser_storage::idempotency::{self, Claim, Claimed};
use uuid::Uuid;

use crate::app::Ctx;
use crate::error::{Code, Error};

/// The longest key.
pub const KEY_LENGTH_MAX: usize = 255;
/// What fingerprints are made for.
const LABEL: &str = "purser/idempotency/1";

/// A client's promise that all requests with this key are one.
#[derive(Clone, PartialEq, Eq)]
pub struct Once {
    operation: &'static str,
    key: String,
    fingerprint: [u8; 32],
}

/// Shows the operation; keys are the client's business.
impl std::fmt::Debug for Once {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Once({})", self.operation)
    }
}

impl Once {
    /// The promise for one operation: the client's key and the request, in a form that is the same for the
    /// same request. Only a keyed hash of the request is kept.
    ///
    /// # Errors
    /// `INVALID_INPUT` at `idempotencyKey` unless it is 1 to 255 visible ASCII characters.
    pub fn try_new(ctx: &Ctx, operation: &'static str, key: String, request: &[u8]) -> Result<Self, Error> {
        let is_visible = key.bytes().all(|byte| byte.is_ascii_graphic());
        if key.is_empty() || key.len() > KEY_LENGTH_MAX || !is_visible {
            let message = format!("An idempotency key is 1 to {KEY_LENGTH_MAX} visible ASCII characters.");
            return Err(Error::refused(Code::InvalidInput, "idempotencyKey", message));
        }
        Ok(Self { operation, key, fingerprint: ctx.app.keyring.sign(LABEL, request) })
    }
}

/// Claims the request's key for what it is about to make, before anything else is written. The id of what
/// the first such request made, if there was one: the caller drops its transaction and answers with that.
///
/// # Errors
/// `IDEMPOTENCY_KEY_REUSED`.
pub(crate) async fn claim(ctx: &Ctx, write: &Write, resource_id: Uuid) -> Result<Option<Uuid>, Error> {
    let Some(once) = &ctx.once else { return Ok(None) };
    let claim = Claim {
        operation: once.operation,
        key: &once.key,
        fingerprint: once.fingerprint,
        resource_id,
        now: ctx.now(),
    };
    match idempotency::claim(write, ctx.scope(), &claim).await? {
        Claimed::First => Ok(None),
        Claimed::Replay { resource_id } => Ok(Some(resource_id)),
        Claimed::Reused => {
            let message = "The key was used for another request; a new request needs a new key.";
            Err(Error::refused(Code::IdempotencyKeyReused, "idempotencyKey", message))
        }
    }
}
