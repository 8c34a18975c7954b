//! The server's GraphQL API, as a merchant's program uses it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

/// Longer than the server's own limits; a request that takes longer is lost.
const TIME_LIMIT: Duration = Duration::from_secs(20);
/// Codes of errors after which the same request may be sent again.
const TRANSIENT: [&str; 4] = ["INTERNAL", "UNAVAILABLE", "TIMEOUT", "RATE_LIMITED"];

/// What a request came to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Said {
    /// The payload of a mutation, or the data of a query.
    Done(Value),
    /// The codes of the payload's errors: nothing was done.
    Refused(Vec<String>),
    /// Nobody knows; the request is to be sent again with its key.
    Lost(String),
    /// The server does not understand the checker: nothing can be concluded from such a run.
    Broken(String),
}

/// How often something was answered that is no answer.
pub(crate) type Losses = Arc<Mutex<BTreeMap<String, u64>>>;

/// A client with a key.
#[derive(Clone)]
pub(crate) struct Api {
    http: reqwest::Client,
    origins: Vec<String>,
    key: String,
    losses: Losses,
}

impl Api {
    /// A client of these nodes. It keeps no connections if requests are to be independent of each other.
    pub(crate) fn new(origins: Vec<String>, key: &str, keeps_connections: bool) -> Result<Self> {
        let builder = reqwest::Client::builder().no_proxy().timeout(TIME_LIMIT);
        let builder = if keeps_connections { builder } else { builder.pool_max_idle_per_host(0) };
        Ok(Self { http: builder.build()?, origins, key: key.to_owned(), losses: Losses::default() })
    }

    /// How often which loss happened, to this client and its clones.
    pub(crate) fn losses(&self) -> BTreeMap<String, u64> {
        self.losses.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Runs a mutation at one of the nodes. The key goes as an argument to one node and as a header to the
    /// next, so that a repetition may come in the other form.
    pub(crate) async fn mutate(&self, node: usize, name: &str, input: &Value, selection: &str) -> Said {
        let mut input = input.clone();
        let header = match input.as_object_mut() {
            Some(fields) if node % 2 == 1 => fields.remove("idempotencyKey"),
            _ => None,
        };
        let key = header.as_ref().and_then(Value::as_str);
        let mut ty = name.to_owned();
        if let Some(first) = ty.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        let document = format!(
            "mutation($input: {ty}Input!) {{ {name}(input: $input) {{ {selection} userErrors {{ code }} }} }}"
        );
        let said = self.told(node, &document, &json!({ "input": input }), key).await;
        let Said::Done(data) = said else { return said };
        let payload = &data[name];
        let errors = payload["userErrors"].as_array().cloned().unwrap_or_default();
        if errors.is_empty() {
            return Said::Done(payload.clone());
        }
        let code = |error: &Value| error["code"].as_str().unwrap_or("?").to_owned();
        Said::Refused(errors.iter().map(code).collect())
    }

    /// Runs a document at one of the nodes.
    pub(crate) async fn ask(&self, node: usize, document: &str, variables: &Value) -> Said {
        self.told(node, document, variables, None).await
    }

    async fn told(&self, node: usize, document: &str, variables: &Value, key: Option<&str>) -> Said {
        let said = self.exchange(node, document, variables, key).await;
        if let Said::Lost(why) = &said {
            let mut losses = self.losses.lock().unwrap_or_else(PoisonError::into_inner);
            *losses.entry(why.clone()).or_default() += 1;
        }
        said
    }

    async fn exchange(&self, node: usize, document: &str, variables: &Value, key: Option<&str>) -> Said {
        let origin = &self.origins[node % self.origins.len()];
        let request = self
            .http
            .post(format!("{origin}/graphql"))
            .bearer_auth(&self.key)
            .header("content-type", "application/json")
            .body(json!({ "query": document, "variables": variables }).to_string());
        let request = match key {
            Some(key) => request.header("idempotency-key", format!("\"{key}\"")),
            None => request,
        };
        let response = match request.send().await {
            Ok(response) => response,
            Err(error) if error.is_connect() => return Said::Lost("no connection".to_owned()),
            Err(error) if error.is_timeout() => return Said::Lost("no answer in time".to_owned()),
            Err(_) => return Said::Lost("connection lost".to_owned()),
        };
        let status = response.status();
        let Ok(text) = response.text().await else { return Said::Lost("answer cut".to_owned()) };
        let Ok(answer) = serde_json::from_str::<Value>(&text) else {
            return if status.is_server_error() {
                Said::Lost(format!("status {status}"))
            } else {
                Said::Broken(format!("{status}: {text}"))
            };
        };
        match answer["errors"].as_array().and_then(|errors| errors.first()) {
            None => Said::Done(answer["data"].clone()),
            Some(error) => {
                let code = error["extensions"]["code"].as_str().unwrap_or("?");
                if TRANSIENT.contains(&code) {
                    Said::Lost(code.to_owned())
                } else {
                    Said::Broken(format!("{code}: {}", error["message"]))
                }
            }
        }
    }

    /// A mutation of the setting up, which must succeed; the text at a pointer of its payload.
    pub(crate) async fn must(
        &self,
        name: &str,
        input: &Value,
        selection: &str,
        pointer: &str,
    ) -> Result<String> {
        match self.mutate(0, name, input, selection).await {
            Said::Done(payload) => {
                let text = payload.pointer(pointer).and_then(Value::as_str);
                Ok(text.with_context(|| format!("{name} answered {payload}"))?.to_owned())
            }
            other => bail!("{name}: {other:?}"),
        }
    }
}
