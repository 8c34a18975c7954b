//! The settings of a sandbox account.

use purser_connector::{ConfigError, Method};
use purser_types::{Currency, Secret};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

/// The domain below which every simulated processor lives; `.invalid` never resolves (RFC 6761).
pub(crate) const DOMAIN: &str = "sandbox.invalid";

/// The start of every API key that a simulated processor accepts.
pub(crate) const API_KEY_PREFIX: &str = "sbx_";

/// The settings document.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    processor: String,
    account: String,
    api_key: String,
    #[serde(default)]
    currencies: Vec<Currency>,
    #[serde(default)]
    methods: Vec<Method>,
    #[serde(default)]
    base_url: Option<Url>,
}

/// The settings, checked.
pub(crate) struct Settings {
    pub(crate) processor: String,
    pub(crate) account: String,
    pub(crate) api_key: Secret,
    /// Empty means all.
    pub(crate) currencies: Vec<Currency>,
    /// Never empty.
    pub(crate) methods: Vec<Method>,
    /// Where the processor's pages are, as seen by the customer's browser.
    pub(crate) pages: Url,
}

impl Settings {
    /// The name of the processor's host.
    pub(crate) fn host(&self) -> String {
        format!("{}.{DOMAIN}", self.processor)
    }

    pub(crate) fn parse(settings: Value) -> Result<Self, ConfigError> {
        for field in ["processor", "account", "api_key"] {
            match settings.get(field).map(|value| value.as_str().map(str::trim)) {
                None => return Err(ConfigError::new(field, "is required")),
                Some(None | Some("")) => return Err(ConfigError::new(field, "must be a text")),
                Some(Some(_)) => {}
            }
        }
        let unknown =
            settings.as_object().into_iter().flatten().find(|(key, _)| !FIELDS.contains(&key.as_str()));
        if let Some((key, _)) = unknown {
            return Err(ConfigError::new(key, "is not a known setting"));
        }
        let document: Document = parse_optional(settings)?;
        if !is_label(&document.processor) {
            return Err(ConfigError::new("processor", "must be 1 to 30 of a-z, 0-9 and '-', a letter first"));
        }
        if !document.account.bytes().all(|byte| byte.is_ascii_graphic()) || document.account.len() > 64 {
            return Err(ConfigError::new("account", "must be at most 64 printable ASCII characters"));
        }
        if !document.api_key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(ConfigError::new("api_key", "must be printable ASCII"));
        }
        let pages = match document.base_url {
            Some(url) if matches!(url.scheme(), "http" | "https") => url,
            Some(_) => return Err(ConfigError::new("base_url", "must be an http or https address")),
            None => Url::parse(&format!("https://{}.{DOMAIN}", document.processor))
                .map_err(|_| ConfigError::new("processor", "makes no host name"))?,
        };
        let methods = if document.methods.is_empty() { Method::ALL.to_vec() } else { document.methods };
        Ok(Self {
            processor: document.processor,
            account: document.account,
            api_key: Secret::new(document.api_key),
            currencies: document.currencies,
            methods,
            pages,
        })
    }
}

const FIELDS: &[&str] = &["processor", "account", "api_key", "currencies", "methods", "base_url"];

/// Reads the document, naming the setting that is in the way without quoting it.
fn parse_optional(settings: Value) -> Result<Document, ConfigError> {
    for field in ["currencies", "methods", "base_url"] {
        let Some(value) = settings.get(field) else { continue };
        let is_good = match field {
            "currencies" => Vec::<Currency>::deserialize(value).is_ok(),
            "methods" => Vec::<Method>::deserialize(value).is_ok(),
            _ => Option::<Url>::deserialize(value).is_ok(),
        };
        if !is_good {
            return Err(ConfigError::new(field, "is not what the schema says"));
        }
    }
    serde_json::from_value(settings).map_err(|_| ConfigError::new("", "the settings are not a document"))
}

fn is_label(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=30).contains(&text.len())
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.bytes().all(is_plain)
}

/// The JSON Schema of the settings.
pub(crate) fn schema() -> Value {
    let methods: Vec<&str> = Method::ALL.iter().map(|method| method.as_str()).collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Sandbox account",
        "type": "object",
        "required": ["processor", "account", "api_key"],
        "additionalProperties": false,
        "properties": {
            "processor": {
                "type": "string", "pattern": "^[a-z][a-z0-9-]{0,29}$",
                "description": "The simulated processor. Accounts of one processor share stored instruments."
            },
            "account": { "type": "string", "minLength": 1, "maxLength": 64, "description": "The account's name there." },
            "api_key": {
                "type": "string", "minLength": 1,
                "description": "Anything that starts with sbx_. It also signs notifications."
            },
            "currencies": {
                "type": "array", "maxItems": 200, "items": { "type": "string", "pattern": "^[A-Z]{3}$" },
                "description": "ISO 4217 codes that are accepted; none means all."
            },
            "methods": {
                "type": "array", "items": { "enum": methods },
                "description": "Kinds of instruments that are switched on; none means all."
            },
            "base_url": {
                "type": "string", "format": "uri",
                "description": "Where the customer's browser finds the challenge pages."
            }
        }
    })
}

/// A complete example.
pub(crate) fn sample() -> Value {
    json!({
        "processor": "northbank",
        "account": "acct-demo",
        "api_key": "sbx_demo",
        "currencies": ["EUR", "USD", "JPY", "KWD"],
        "methods": ["CARD", "IBAN", "WALLET", "MOBILE_MONEY", "MEAL_VOUCHER", "BANK_TRANSFER"]
    })
}
