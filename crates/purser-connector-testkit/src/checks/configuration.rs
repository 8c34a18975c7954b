//! C14: wrong settings are refused, and the error names the setting.

use serde_json::Value;

use super::ensure;
use crate::Verdict;
use crate::bench::Bench;

pub(super) fn wrong_settings_are_named(bench: &Bench<'_>) -> Verdict {
    let plugin = &bench.subject.plugin;
    let sample = (bench.subject.configure)(plugin.sample_config.clone());
    sample.map(|_| ()).map_err(|error| format!("the plugin's own sample is refused: {error}"))?;

    let mut unknown = bench.subject.config.clone();
    unknown["kit_unknown_setting"] = Value::Bool(true);
    named(bench, unknown, "kit_unknown_setting", "an unknown setting")?;

    let required =
        plugin.config_schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    for field in required.iter().filter_map(Value::as_str) {
        let mut missing = bench.subject.config.clone();
        missing.as_object_mut().map(|settings| settings.remove(field));
        named(bench, missing, field, "a missing setting")?;
    }
    for field in plugin.secret_fields {
        let mut empty = bench.subject.config.clone();
        empty[*field] = Value::from("");
        named(bench, empty, field, "an empty secret")?;
    }
    Ok(())
}

fn named(bench: &Bench<'_>, config: Value, field: &str, what: &str) -> Verdict {
    match (bench.subject.configure)(config) {
        Ok(_) => Err(format!("{what} ({field}) was accepted")),
        Err(error) => {
            ensure(error.field == field, || format!("{what} ({field}) was blamed on {:?}", error.field))
        }
    }
}
