//! Somebody who asks over HTTP.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reqwest::RequestBuilder;
use serde_json::{Value, json};
use url::Url;

use crate::answer::Answer;

/// Longer than any answer should take on a busy machine; a test that hangs says so.
const TIME_LIMIT: Duration = Duration::from_secs(120);

/// A client with a credential, or with none.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    origin: String,
    credential: Option<String>,
    asks_again: Arc<AtomicBool>,
}

impl Client {
    /// A client without a credential.
    ///
    /// # Panics
    /// If this machine can make no clients.
    #[must_use]
    pub fn anonymous(origin: &str) -> Self {
        let http = reqwest::Client::builder().no_proxy().timeout(TIME_LIMIT).build().expect("a client");
        Self { http, origin: origin.to_owned(), credential: None, asks_again: Arc::default() }
    }

    /// The same client with a credential.
    #[must_use]
    pub fn with(&self, credential: &str) -> Self {
        Self { credential: Some(credential.to_owned()), ..self.clone() }
    }

    /// The same client with a connection of its own for each request, closed when the request is over or
    /// given up; nothing that happens to one can happen to the next.
    ///
    /// # Panics
    /// If this machine can make no clients.
    #[must_use]
    pub fn detached(&self) -> Self {
        let builder = reqwest::Client::builder().no_proxy().timeout(TIME_LIMIT).pool_max_idle_per_host(0);
        Self { http: builder.build().expect("a client"), ..self.clone() }
    }

    /// From now on this client and all that come of it ask each question three times. The second and the
    /// third answer come from the document's plan, if it has one, and must be the first's.
    pub fn ask_again(&self) {
        self.asks_again.store(true, Ordering::Relaxed);
    }

    /// Where the server is.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// A request to the GraphQL endpoint with the credential and nothing else.
    ///
    /// # Panics
    /// If it is no method.
    pub fn request(&self, method: &str) -> RequestBuilder {
        self.to(method, &format!("{}/graphql", self.origin))
    }

    /// A GET with these parameters.
    ///
    /// # Panics
    /// If the origin is no URL.
    pub fn get(&self, parameters: &[(&str, &str)]) -> RequestBuilder {
        let url = Url::parse_with_params(&format!("{}/graphql", self.origin), parameters).expect("a URL");
        self.to("GET", url.as_str())
    }

    fn to(&self, method: &str, url: &str) -> RequestBuilder {
        let request = self.http.request(method.parse().expect("a method of HTTP"), url);
        match &self.credential {
            Some(credential) => request.bearer_auth(credential),
            None => request,
        }
    }

    /// Sends a request.
    ///
    /// # Panics
    /// If there is no answer.
    pub async fn send(&self, request: RequestBuilder) -> Answer {
        let response = request.send().await.expect("the server answers");
        let status = response.status().as_u16();
        Answer::new(status, response.text().await.expect("the answer is whole"))
    }

    /// Posts a body as it is.
    pub async fn post(&self, body: impl Into<reqwest::Body>) -> Answer {
        let request = self.request("POST").header("content-type", "application/json").body(body);
        self.send(request.header("accept", "application/graphql-response+json")).await
    }

    /// Runs a document.
    ///
    /// # Panics
    /// If it is asked again and answered otherwise.
    pub async fn query(&self, document: &str, variables: Value) -> Answer {
        let body = json!({ "query": document, "variables": variables }).to_string();
        let ask = || {
            let request = self.request("POST").header("content-type", "application/json");
            self.send(request.body(body.clone()))
        };
        let answer = ask().await;
        if self.asks_again.load(Ordering::Relaxed) && !document.contains("mutation") {
            for _ in 0..2 {
                let again = ask().await;
                let is_whole = answer.status == 200 && !answer.raw.contains("requestId");
                assert!(!is_whole || again.raw == answer.raw, "{document}: {again} is not {answer}");
            }
        }
        answer
    }
}
