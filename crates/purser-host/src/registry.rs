//! Which plugins there are.

use jsonschema::Validator;
use purser_connector::Plugin;

/// The plugins of one server, registered one by one and in the open.
///
/// Discovery by linking was rejected: entries have vanished silently, their order is undefined, and
/// a test binary would see other plugins than the server.
#[derive(Default)]
pub struct Registry {
    entries: Vec<Entry>,
}

pub(crate) struct Entry {
    pub(crate) plugin: Plugin,
    pub(crate) validator: Validator,
}

impl Registry {
    /// The registry with one more plugin.
    ///
    /// # Panics
    /// At start, when two plugins have one id or a plugin's schema is not a JSON Schema: both are
    /// mistakes of the build, and a server that starts without a plugin would lose payments later.
    #[must_use]
    pub fn with(mut self, plugin: Plugin) -> Self {
        assert!(self.find(plugin.id).is_none(), "two plugins are called `{}`", plugin.id);
        let validator = jsonschema::validator_for(&plugin.config_schema)
            .unwrap_or_else(|error| panic!("the schema of plugin `{}` is wrong: {error}", plugin.id));
        self.entries.push(Entry { plugin, validator });
        self
    }

    pub(crate) fn find(&self, id: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.plugin.id == id)
    }

    pub(crate) fn plugins(&self) -> impl Iterator<Item = &Plugin> {
        self.entries.iter().map(|entry| &entry.plugin)
    }
}
