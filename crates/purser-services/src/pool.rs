//! What a process remembers: configured connectors, and credentials that were just verified.

use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;
use purser_connector::Connector;
use purser_domain::Viewer;
use purser_types::id::ConnectorId;

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
const CREDENTIAL_MEMORY: Duration = Duration::from_secs(3);
/// How many credentials are remembered.
const CREDENTIALS_MAX: u64 = 10_000;

/// Credentials that were just verified, by the keyed hash of their secret.
pub(crate) struct Credentials(Cache<[u8; 32], Viewer>);

impl Default for Credentials {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(CREDENTIALS_MAX).time_to_live(CREDENTIAL_MEMORY).build())
    }
}

impl Credentials {
    pub(crate) fn get(&self, hash: &[u8; 32]) -> Option<Viewer> {
        self.0.get(hash)
    }

    pub(crate) fn keep(&self, hash: [u8; 32], viewer: &Viewer) {
        self.0.insert(hash, viewer.clone());
    }

    /// Forgets everything, after something that a credential depends on has changed.
    pub(crate) fn forget(&self) {
        self.0.invalidate_all();
    }
}
