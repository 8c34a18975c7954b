//! What a process remembers: configured connectors, credentials that were just verified, and which attempts
//! were just looked at.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use moka::sync::Cache;
use purser_connector::Connector;
use purser_domain::Viewer;
use purser_types::id::{AttemptId, ConnectorId};

/// How many configured connectors a process keeps; more are made anew when they are needed.
const SIZE_MAX: u64 = 10_000;

/// Configured connectors by id and version, so that a change of settings is never missed.
pub(crate) struct Pool(Cache<(ConnectorId, i32), Arc<dyn Connector>>);

impl Default for Pool {
    fn default() -> Self {
        Self(Cache::new(SIZE_MAX))
    }
}

impl Pool {
    pub(crate) fn get(&self, key: (ConnectorId, i32)) -> Option<Arc<dyn Connector>> {
        self.0.get(&key)
    }

    pub(crate) fn keep(&self, key: (ConnectorId, i32), connector: &Arc<dyn Connector>) {
        self.0.insert(key, Arc::clone(connector));
    }
}

/// How long a verified credential is remembered before it is verified again: the longest that a
/// revocation on *another* node stays unseen. One on this node is seen at once.
pub(crate) const CREDENTIAL_MEMORY: Duration = Duration::from_secs(3);
/// How many credentials are remembered.
const CREDENTIALS_MAX: u64 = 10_000;

/// Credentials that were just verified, by the keyed hash of their secret.
pub(crate) struct Credentials {
    known: Cache<[u8; 32], Viewer>,
    forgotten: AtomicU64,
}

/// How often everything had been forgotten when a verification began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Remembering(u64);

impl Default for Credentials {
    fn default() -> Self {
        let known = Cache::builder().max_capacity(CREDENTIALS_MAX).time_to_live(CREDENTIAL_MEMORY).build();
        Self { known, forgotten: AtomicU64::new(0) }
    }
}

impl Credentials {
    pub(crate) fn get(&self, hash: &[u8; 32]) -> Option<Viewer> {
        self.known.get(hash)
    }

    /// Called before the database is asked, for [`Credentials::keep`].
    pub(crate) fn begin(&self) -> Remembering {
        Remembering(self.forgotten.load(Ordering::SeqCst))
    }

    /// Remembers a viewer, unless everything was forgotten since `begun`: what was read then may be what a
    /// revocation has just changed.
    pub(crate) fn keep(&self, begun: Remembering, hash: [u8; 32], viewer: &Viewer) {
        self.known.insert(hash, viewer.clone());
        // Asked after the insertion: a revocation in between forgets it either here or there.
        if self.begin() != begun {
            self.known.invalidate(&hash);
        }
    }

    /// Forgets everything, after something that a credential depends on has changed.
    pub(crate) fn forget(&self) {
        self.forgotten.fetch_add(1, Ordering::SeqCst);
        self.known.invalidate_all();
    }
}

/// Which attempts readers had looked at in the last second, so that reading often asks no processor often.
pub(crate) struct Looks(Cache<AttemptId, ()>);

impl Default for Looks {
    fn default() -> Self {
        let second = Duration::from_secs(1);
        Self(Cache::builder().max_capacity(SIZE_MAX).time_to_live(second).build())
    }
}

impl Looks {
    /// Whether nobody had the attempt looked at in the last second; from now on somebody has.
    pub(crate) fn is_first(&self, id: AttemptId) -> bool {
        self.0.entry(id).or_insert(()).is_fresh()
    }
}

#[cfg(test)]
mod tests {
    use purser_domain::scope::Actor;
    use purser_domain::{Environment, KeyScopes};
    use purser_types::id::TenantId;

    use super::*;

    #[test]
    fn what_was_verified_before_a_revocation_is_not_remembered_after_it() {
        let tenant = TenantId::from_uuid(uuid::Uuid::nil());
        let viewer = Viewer::verified(tenant, Environment::Sandbox, Actor::Operator, KeyScopes::NONE);
        let credentials = Credentials::default();

        let begun = credentials.begin();
        credentials.forget();
        credentials.keep(begun, [1; 32], &viewer);
        assert!(credentials.get(&[1; 32]).is_none());

        credentials.keep(credentials.begin(), [1; 32], &viewer);
        assert!(credentials.get(&[1; 32]).is_some());
        credentials.forget();
        assert!(credentials.get(&[1; 32]).is_none());
    }
}
