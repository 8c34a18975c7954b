//! A connector's settings: secret references resolved, checked against the plugin's schema.

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind;
use purser_connector::{ConfigError, Plugin};
use purser_types::Secret;
use serde_json::Value;

use crate::registry::{Entry, Registry};

/// The key of a reference to a secret: `{"$secret": "env:ACME_KEY"}`.
const REFERENCE: &str = "$secret";

/// The most errors that one validation reports; a form shows no more.
const ERRORS_MAX: usize = 32;

/// Finds the secret that a reference such as `env:ACME_KEY` names.
///
/// Whoever can save settings can name any reference, so the function decides what may be named.
pub type SecretLookup = dyn Fn(&str) -> Option<Secret> + Send + Sync;

/// A setting that is wrong.
pub type SettingError = ConfigError;

/// The entry of a plugin, or an error that lists those present.
pub(crate) fn entry<'a>(registry: &'a Registry, plugin_id: &str) -> Result<&'a Entry, SettingError> {
    registry.find(plugin_id).ok_or_else(|| {
        let present: Vec<&str> = registry.plugins().map(|plugin| plugin.id).collect();
        SettingError::new("plugin", format!("there is no such plugin; there are: {}", present.join(", ")))
    })
}

/// The settings with their secrets, if they are what the plugin's schema wants.
pub(crate) fn checked(
    entry: &Entry,
    settings: &Value,
    secrets: &SecretLookup,
) -> Result<Value, Vec<SettingError>> {
    let resolved = resolve(&entry.plugin, settings, secrets)?;
    let errors: Vec<SettingError> =
        entry.validator.iter_errors(&resolved).flat_map(|error| name(&error)).take(ERRORS_MAX).collect();
    if errors.is_empty() { Ok(resolved) } else { Err(errors) }
}

/// Replaces references by secrets, in the plugin's secret settings only.
fn resolve(plugin: &Plugin, settings: &Value, secrets: &SecretLookup) -> Result<Value, Vec<SettingError>> {
    let mut resolved = settings.clone();
    let mut errors = Vec::new();
    for field in plugin.secret_fields {
        let Some(value) = resolved.get_mut(*field) else { continue };
        let Some(reference) = value.get(REFERENCE) else { continue };
        match reference.as_str().and_then(secrets) {
            Some(secret) => *value = Value::from(secret.expose()),
            None => errors.push(SettingError::new(*field, "the secret that it refers to is not set")),
        }
    }
    if errors.is_empty() { Ok(resolved) } else { Err(errors) }
}

/// One error per setting: a missing or unknown key is named itself, not its parent.
fn name(error: &ValidationError<'_>) -> Vec<SettingError> {
    let parent = error.instance_path().to_string().trim_start_matches('/').replace('/', ".");
    let child = |key: &str| if parent.is_empty() { key.to_owned() } else { format!("{parent}.{key}") };
    match error.kind() {
        ValidationErrorKind::Required { property } => {
            let key = property.as_str().unwrap_or_default();
            vec![SettingError::new(child(key), "is required")]
        }
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            unexpected.iter().map(|key| SettingError::new(child(key), "is not a known setting")).collect()
        }
        // Masked: the message would quote the value, which may be a secret.
        _ => vec![SettingError::new(parent, error.masked().to_string())],
    }
}
