//! `[server]`

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};
use url::Url;

use super::fault;

section! {
    /// The HTTP server.
    pub struct Server {
        /// Address and port to listen on.
        pub listen: SocketAddr = SocketAddr::from(([127, 0, 0, 1], 8080)),
        /// How the world reaches this server, as in `"https://pay.example.com"`. Deduced from listen if absent.
        pub public_url: Option<String> = None,
        /// Origins of other sites whose pages may call the API, as in `["https://shop.example.com"]`.
        pub cors_origins: Vec<String> = Vec::new(),
        /// Connections that are open at once; more wait in the operating system's queue.
        pub connections: usize = 4_096,
        /// Milliseconds that a client has to send the head of a request.
        pub header_timeout_ms: u64 = 5_000,
        /// Milliseconds that a client has to send the body of a request.
        pub body_timeout_ms: u64 = 10_000,
        /// Bytes of the longest GraphQL request.
        pub body_max: usize = 64 * 1024,
        /// Milliseconds that requests in flight are given to finish when the server stops.
        pub drain_timeout_ms: u64 = 30_000,
        /// Answer GET /metrics in Prometheus' format. Keep it from the public with your proxy.
        pub metrics: bool = true,
    }
}

impl Server {
    pub(super) fn faults(&self) -> Vec<(String, String)> {
        let mut faults = Vec::new();
        if self.public_url.as_ref().is_some_and(|url| !is_origin(url)) {
            faults.push(fault("server.public_url", "expected an origin such as \"https://pay.example.com\""));
        }
        if self.cors_origins.iter().any(|origin| !is_origin(origin)) {
            faults
                .push(fault("server.cors_origins", "expected origins such as \"https://shop.example.com\""));
        }
        let positive = [
            ("server.connections", self.connections == 0),
            ("server.header_timeout_ms", self.header_timeout_ms == 0),
            ("server.body_timeout_ms", self.body_timeout_ms == 0),
            ("server.body_max", self.body_max == 0),
        ];
        let zero = positive.into_iter().filter(|(_, is_zero)| *is_zero);
        faults.extend(zero.map(|(key, _)| fault(key, "expected more than 0")));
        faults
    }

    /// The origin under which the world reaches this server, without a slash at the end.
    #[must_use]
    pub fn origin(&self) -> String {
        match &self.public_url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => format!("http://{}", self.listen),
        }
    }
}

fn is_origin(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.path() == "/"
            && url.query().is_none()
            && url.username().is_empty()
    })
}
