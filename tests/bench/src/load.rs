//! Closed-loop clients: each sends its next request when it has the answer to the last.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use http::{Method, Request, header};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, task::JoinSet};

/// A request that can be sent many times.
#[derive(Clone, Debug)]
pub(crate) struct Prepared {
    pub(crate) path: String,
    pub(crate) authorization: Option<String>,
    /// Sent by POST as JSON; without one the request is a GET.
    pub(crate) body: Option<Bytes>,
}

/// What clients saw while a window was open.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) elapsed: Duration,
    /// Of every request, shortest first.
    pub(crate) latencies: Vec<Duration>,
}

impl Seen {
    /// The latency that so many of a hundred requests did not exceed.
    pub(crate) fn percentile(&self, percent: usize) -> Duration {
        let last = self.latencies.len().saturating_sub(1);
        self.latencies.get(last * percent / 100).copied().unwrap_or_default()
    }
}

/// One connection to one server.
pub(crate) struct Client(SendRequest<Full<Bytes>>);

impl Client {
    /// # Errors
    /// Nobody listens there.
    pub(crate) async fn connect(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await?;
        // It ends with the sender, or the next request says what became of it.
        tokio::spawn(connection);
        Ok(Self(sender))
    }

    /// The body of the answer.
    ///
    /// # Errors
    /// No answer, or one that is no success; GraphQL's own errors are such.
    pub(crate) async fn send(&mut self, prepared: &Prepared) -> Result<Bytes> {
        self.0.ready().await?;
        let answer = self.0.send_request(request(prepared)?).await?;
        let status = answer.status();
        let body = answer.into_body().collect().await?.to_bytes();
        let is_refused = body.starts_with(b"{\"errors\"");
        let start = || String::from_utf8_lossy(&body[..body.len().min(400)]).into_owned();
        ensure!(status.is_success() && !is_refused, "{} answers {status}: {}", prepared.path, start());
        Ok(body)
    }
}

fn request(prepared: &Prepared) -> Result<Request<Full<Bytes>>> {
    let method = if prepared.body.is_some() { Method::POST } else { Method::GET };
    let mut request = Request::builder()
        .method(method)
        .uri(&prepared.path)
        .header(header::HOST, "127.0.0.1")
        .header(header::ACCEPT, "application/json")
        .header(header::CONTENT_TYPE, "application/json");
    if let Some(authorization) = &prepared.authorization {
        request = request.header(header::AUTHORIZATION, authorization);
    }
    Ok(request.body(Full::new(prepared.body.clone().unwrap_or_default()))?)
}

/// Sends `requests` in turn from so many clients until the time is over.
///
/// # Errors
/// Any request that fails.
pub(crate) async fn run(
    address: SocketAddr,
    requests: &Arc<[Prepared]>,
    clients: usize,
    length: Duration,
) -> Result<Seen> {
    let next = Arc::new(AtomicUsize::new(0));
    let mut connected = Vec::with_capacity(clients);
    for _ in 0..clients {
        connected.push(Client::connect(address).await?);
    }
    let start = Instant::now();
    let mut tasks = JoinSet::new();
    for client in connected {
        tasks.spawn(work(client, Arc::clone(requests), Arc::clone(&next), start + length));
    }
    let mut latencies = Vec::new();
    while let Some(done) = tasks.join_next().await {
        latencies.extend(done.context("a client ended badly")??);
    }
    let elapsed = start.elapsed();
    latencies.sort_unstable();
    Ok(Seen { elapsed, latencies })
}

async fn work(
    mut client: Client,
    requests: Arc<[Prepared]>,
    next: Arc<AtomicUsize>,
    end: Instant,
) -> Result<Vec<Duration>> {
    let mut latencies = Vec::new();
    let mut at = Instant::now();
    while at < end {
        let number = next.fetch_add(1, Ordering::Relaxed) % requests.len();
        client.send(&requests[number]).await?;
        let now = Instant::now();
        latencies.push(now - at);
        at = now;
    }
    Ok(latencies)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_of_the_sorted_latencies() {
        let latencies = (1..=101).map(Duration::from_millis).collect();
        let seen = Seen { elapsed: Duration::from_secs(1), latencies };

        assert_eq!(seen.percentile(50), Duration::from_millis(51));
        assert_eq!(seen.percentile(99), Duration::from_millis(100));
        assert_eq!(Seen { elapsed: Duration::ZERO, latencies: Vec::new() }.percentile(50), Duration::ZERO);
    }
}
