//! Connectors that are configured already.

use std::sync::Arc;

use moka::sync::Cache;
use purser_connector::Connector;
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
