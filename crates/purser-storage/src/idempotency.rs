//! Which request a key was first used for.
//!
//! The row is written in the transaction of what the request makes, before anything else of it, so that
//! either both last or neither. A concurrent twin waits: on PostgreSQL for the unique index, on SQLite for
//! the one writer. When the first one fails the twin is the first.
//!
//! A key belongs to one tenant, one environment and one mutation. Rows older than [`KEPT_FOR_DAYS`] may be
//! removed with [`prune`]; a key that comes again after that is new, as everywhere (Stripe keeps 24 hours).

use purser_domain::{Scope, SystemScope};
use purser_types::Timestamp;
use sea_orm::prelude::Uuid;

use crate::db::{Read, Store, Write, column};
use crate::error::Error;
use crate::sql::Sql;

/// How long a key is remembered at least.
pub const KEPT_FOR_DAYS: i64 = 30;

/// A request that claims its key.
#[derive(Debug, Clone, Copy)]
pub struct Claim<'a> {
    /// The mutation.
    pub operation: &'static str,
    /// The caller's key.
    pub key: &'a str,
    /// Keyed hash of what is asked for.
    pub fingerprint: [u8; 32],
    /// What the request will make or change.
    pub resource_id: Uuid,
    /// The instant of the request.
    pub now: Timestamp,
}

/// Whose the key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claimed {
    /// This request's, from now on.
    First,
    /// An earlier request's that asked for the same.
    Replay {
        /// What that one made or changed.
        resource_id: Uuid,
    },
    /// An earlier request's that asked for something else.
    Reused,
}

/// The condition by which a key is the viewer's.
const OWN: &str = "tenant_id = $1 AND environment = $2 AND operation = $4 AND key = $5";

/// Claims a key for a request of the viewer's.
///
/// # Errors
/// [`Error::Unavailable`] if a twin holds the key for longer than a lock may be waited for.
pub async fn claim(w: &Write, scope: &Scope, claim: &Claim<'_>) -> Result<Claimed, Error> {
    let doing = "claiming an idempotency key";
    // Between the two statements a row can only go by being removed for its age: then the key is new.
    for _ in 0..2 {
        let text = "INSERT INTO idempotency (tenant_id, environment, operation, key, fingerprint, resource_id, \
                    created_at) VALUES ($1, $2, $4, $5, $6, $7, $8) \
                    ON CONFLICT (tenant_id, environment, operation, key) DO NOTHING";
        let sql = keyed(scope, text, claim)
            .bind(claim.fingerprint.to_vec())
            .bind(claim.resource_id)
            .bind(claim.now.unix_micros());
        if w.execute(doing, sql).await? == 1 {
            return Ok(Claimed::First);
        }
        if let Some(claimed) = known(w, scope, claim).await? {
            return Ok(claimed);
        }
    }
    Err(Error::Unavailable { doing, source: "the key comes and goes".into() })
}

/// Whose a key is that somebody claimed; none if nobody did.
///
/// # Errors
/// Faults of the database.
pub async fn known(on: &impl Read, scope: &Scope, claim: &Claim<'_>) -> Result<Option<Claimed>, Error> {
    let doing = "finding an idempotency key";
    let text = format!("SELECT fingerprint, resource_id FROM idempotency WHERE {OWN}");
    let rows = on.rows(doing, keyed(scope, text, claim)).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let fingerprint: Vec<u8> = column(doing, row, "fingerprint")?;
    if fingerprint != claim.fingerprint {
        return Ok(Some(Claimed::Reused));
    }
    Ok(Some(Claimed::Replay { resource_id: column(doing, row, "resource_id")? }))
}

fn keyed(scope: &Scope, text: impl Into<String>, claim: &Claim<'_>) -> Sql {
    Sql::scoped(scope, text).bind(claim.operation).bind(claim.key)
}

/// Removes keys that were claimed before an instant, the oldest first, at most `limit` of them; returns how
/// many. The instant must lie [`KEPT_FOR_DAYS`] back, or a client that retries pays twice.
///
/// # Errors
/// Faults of the database.
pub async fn prune(store: &Store, system: &SystemScope, before: Timestamp, limit: u32) -> Result<u64, Error> {
    let text = "DELETE FROM idempotency WHERE (tenant_id, environment, operation, key) IN \
                (SELECT i.tenant_id, i.environment, i.operation, i.key FROM idempotency i \
                WHERE i.created_at < $1 ORDER BY i.created_at LIMIT $2)";
    let sql = Sql::system(system, text).bind(before.unix_micros()).bind(i64::from(limit));
    store.execute("removing old idempotency keys", sql).await
}
