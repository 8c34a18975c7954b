//! A real server on 127.0.0.1 over a toy schema, and clients that behave and misbehave.

mod attacks;
mod doors;
mod protocol;
mod schema;
mod shutdown;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use purser_types::{Source, Timestamp};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::jwt::Verifier;
use super::server::{Draining, InFlight, Landed, serve};
use super::{Edge, EdgeParts, cors, health, notifications, pages, record, returns};
use crate::config::Config;
use schema::{SDL, Toy, Toys};

/// A clock that stands and dice that count.
#[derive(Default)]
struct Fixed(AtomicU64);

impl Source for Fixed {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_micros(1_800_000_000_000_000)
    }

    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0);
        let count = self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        bytes[..8].copy_from_slice(&count);
    }
}

/// Everything but the socket.
fn router(config: &Config, toys: Arc<Toys>, draining: Draining) -> (Router, Landed) {
    let toy = Arc::new(Toy::new(toys));
    let source: Arc<dyn Source> = Arc::new(Fixed::default());
    let tokens = Verifier::new(&[], Arc::clone(&source)).expect("no issuers are good issuers");
    let (in_flight, landed) = InFlight::new();
    let edge = Edge::new(EdgeParts {
        authenticate: Arc::clone(&toy),
        execute: Arc::clone(&toy),
        tokens: Arc::new(tokens),
        graphql: config.graphql.clone(),
        server: config.server.clone(),
        sdl: SDL.to_owned(),
        in_flight: in_flight.clone(),
    });
    let received =
        notifications::routes(Arc::clone(&toy), Arc::clone(&source), &config.server, in_flight.clone());
    let returned = returns::routes(Arc::clone(&toy), &config.server, in_flight);
    let router = Router::new()
        .merge(edge.routes("/graphql").layer(cors::layer(&config.server)))
        .merge(received)
        .merge(returned)
        .merge(health::routes(toy, draining, None))
        .merge(pages::graphiql(Arc::new(|| serde_json::json!({"endpoint": "/graphql"}))))
        .merge(pages::schema(SDL.to_owned()))
        .layer(axum::middleware::from_fn_with_state(source, record::layer));
    (router, landed)
}

/// A running server.
struct Server {
    origin: String,
    toys: Arc<Toys>,
    client: reqwest::Client,
    draining: Draining,
    stop: Option<oneshot::Sender<()>>,
    ended: Option<JoinHandle<bool>>,
}

/// What came back.
#[derive(Debug)]
struct Answer {
    status: u16,
    content_type: String,
    headers: axum::http::HeaderMap,
    body: String,
}

impl Answer {
    fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).expect("the body is JSON")
    }

    fn code(&self) -> String {
        self.json()["errors"][0]["extensions"]["code"].as_str().unwrap_or_default().to_owned()
    }
}

impl Server {
    async fn start() -> Self {
        Self::with(|_| {}).await
    }

    async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::default();
        change(&mut config);
        let toys = Arc::new(Toys::default());
        let draining = Draining::default();
        let (router, landed) = router(&config, Arc::clone(&toys), draining.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let origin = format!("http://{}", listener.local_addr().expect("an address"));
        let (stop, stopped) = oneshot::channel::<()>();
        let told = draining.clone();
        let ended = tokio::spawn(async move {
            let stopped = async { drop(stopped.await) };
            serve(listener, router, &config.server, told, landed, stopped).await
        });
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        Self { origin, toys, client, draining, stop: Some(stop), ended: Some(ended) }
    }

    fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let method = method.parse().expect("a method");
        self.client.request(method, format!("{}{path}", self.origin))
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let response = request.send().await.expect("an answer");
        let headers = response.headers().clone();
        let content_type =
            headers.get("content-type").map(|value| value.to_str().unwrap_or_default().to_owned());
        Answer {
            status: response.status().as_u16(),
            content_type: content_type.unwrap_or_default(),
            headers,
            body: response.text().await.expect("a body"),
        }
    }

    /// A POST of this body, by a client that understands the newer media type.
    async fn post(&self, body: impl Into<String>) -> Answer {
        let request = self.request("POST", "/graphql").header("content-type", "application/json");
        let request = request.header("accept", "application/graphql-response+json");
        self.send(request.body(body.into())).await
    }

    async fn query(&self, query: &str) -> Answer {
        self.post(serde_json::json!({ "query": query }).to_string()).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(self.request("GET", path)).await
    }

    fn executed(&self) -> usize {
        self.toys.executed.load(Ordering::SeqCst)
    }
}
