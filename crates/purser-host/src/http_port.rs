//! The one door: an HTTP port that knows whether bytes left.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use http::{Request, Response, Uri};
use purser_connector::{Http, HttpError, HttpErrorKind};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::time::Instant;

use crate::allow_list::{self, AllowedHosts};

/// How long a connection may take to be made. Short, because a failure here is provably harmless.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Whether names may lead to loopback and private addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrivateNetworks {
    /// No, and only `https` is spoken. For production.
    Refused,
    /// Yes, over `http` too. For tests against a processor on the same machine.
    Allowed,
}

/// What all calls of one host share.
pub(crate) struct Network {
    client: reqwest::Client,
    /// Host patterns that are served inside the process, and by whom.
    local: Vec<(String, Arc<dyn Http>)>,
    allowed: AllowedHosts,
    private: PrivateNetworks,
    answer_bytes_max: usize,
}

impl Network {
    pub(crate) fn new(
        local: Vec<(String, Arc<dyn Http>)>,
        allowed: AllowedHosts,
        private: PrivateNetworks,
        answer_bytes_max: usize,
    ) -> Self {
        let client = reqwest::Client::builder()
            // A redirect could lead a credential to a host that nobody allowed.
            .redirect(reqwest::redirect::Policy::none())
            // Money decides per operation whether anything is repeated.
            .retry(reqwest::retry::never())
            .no_proxy()
            .connect_timeout(CONNECT_TIMEOUT)
            .dns_resolver(Arc::new(PublicOnly { private }))
            .build()
            .expect("a client with these settings can be built");
        Self { client, local, allowed, private, answer_bytes_max }
    }

    fn local_service(&self, host: &str) -> Option<&Arc<dyn Http>> {
        self.local.iter().find(|(pattern, _)| allow_list::matches(pattern, host)).map(|(_, service)| service)
    }

    /// Refuses what may not be reached, before anything is sent.
    fn check(&self, uri: &Uri, declared: &[String]) -> Result<String, HttpError> {
        let refused = |detail: String| HttpError { sent: false, kind: HttpErrorKind::Refused, detail };
        let host = uri.host().ok_or_else(|| refused("the address has no host".to_owned()))?;
        let host = host.to_ascii_lowercase();
        if !declared.iter().any(|declared| declared.eq_ignore_ascii_case(&host)) {
            return Err(refused(format!("the plugin did not declare host {host}")));
        }
        if self.local_service(&host).is_some() {
            return Ok(host);
        }
        if !self.allowed.allows(&host) {
            return Err(refused(format!("the operator does not allow host {host}")));
        }
        if self.private == PrivateNetworks::Refused {
            // Names are checked when they are resolved; a literal never is.
            let literal = host.trim_matches(['[', ']']).parse::<IpAddr>();
            if literal.is_ok_and(|address| !allow_list::is_public(address)) {
                return Err(refused(format!("{host} is not a public address")));
            }
            if uri.scheme_str() != Some("https") {
                return Err(refused(format!("host {host} must be called over https")));
            }
        }
        Ok(host)
    }
}

/// The port of one call.
pub(crate) struct Port<'a> {
    network: &'a Network,
    declared: &'a [String],
    deadline: Instant,
    /// A byte left, or may have.
    sent: AtomicBool,
    /// A byte may have left for a request that will have no complete answer.
    in_doubt: AtomicBool,
    /// Requests that are under way. One whose future was dropped stays under way, and in doubt.
    under_way: AtomicUsize,
}

impl<'a> Port<'a> {
    pub(crate) fn new(network: &'a Network, declared: &'a [String], deadline: Instant) -> Self {
        Self { network, declared, deadline, sent: false.into(), in_doubt: false.into(), under_way: 0.into() }
    }

    pub(crate) fn sent(&self) -> bool {
        self.sent.load(Ordering::SeqCst) || self.under_way.load(Ordering::SeqCst) > 0
    }

    pub(crate) fn in_doubt(&self) -> bool {
        self.in_doubt.load(Ordering::SeqCst) || self.under_way.load(Ordering::SeqCst) > 0
    }

    async fn exchange(&self, host: &str, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        if let Some(service) = self.network.local_service(host) {
            let response = service.send(request).await?;
            return if response.body().len() > self.network.answer_bytes_max {
                Err(too_large(host))
            } else {
                Ok(response)
            };
        }
        let request = reqwest::Request::try_from(request).map_err(|error| broken(host, &error))?;
        let mut response =
            self.network.client.execute(request).await.map_err(|error| broken(host, &error))?;
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(|_| cut(host))? {
            if body.len().saturating_add(chunk.len()) > self.network.answer_bytes_max {
                return Err(too_large(host));
            }
            body.extend_from_slice(&chunk);
        }
        let mut answer = Response::new(body.freeze());
        *answer.status_mut() = response.status();
        *answer.headers_mut() = std::mem::take(response.headers_mut());
        Ok(answer)
    }
}

#[async_trait]
impl Http for Port<'_> {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let host = self.network.check(request.uri(), self.declared)?;
        self.under_way.fetch_add(1, Ordering::SeqCst);
        let timed_out = || HttpError {
            sent: true,
            kind: HttpErrorKind::TimedOut,
            detail: format!("{host} did not answer in time"),
        };
        let exchanged = tokio::time::timeout_at(self.deadline, self.exchange(&host, request)).await;
        let result = exchanged.unwrap_or_else(|_| Err(timed_out()));
        let may_have_left = result.as_ref().err().is_none_or(|error| error.sent);
        self.sent.fetch_or(may_have_left, Ordering::SeqCst);
        self.in_doubt.fetch_or(may_have_left && result.is_err(), Ordering::SeqCst);
        self.under_way.fetch_sub(1, Ordering::SeqCst);
        result
    }
}

fn too_large(host: &str) -> HttpError {
    let detail = format!("the answer of {host} is longer than allowed");
    HttpError { sent: true, kind: HttpErrorKind::TooLarge, detail }
}

fn cut(host: &str) -> HttpError {
    let detail = format!("{host} closed the connection in the middle of its answer");
    HttpError { sent: true, kind: HttpErrorKind::Cut, detail }
}

/// Only a request that could not be built, or a connection that could not be made, is known not to
/// have left.
fn broken(host: &str, error: &reqwest::Error) -> HttpError {
    let (sent, kind) = if error.is_builder() {
        (false, HttpErrorKind::Refused)
    } else if error.is_connect() {
        (false, HttpErrorKind::Connect)
    } else if error.is_timeout() {
        (true, HttpErrorKind::TimedOut)
    } else {
        (true, HttpErrorKind::Cut)
    };
    HttpError { sent, kind, detail: format!("calling {host} failed") }
}

/// Resolves names, and drops addresses that are not public: at this point, so that a name which
/// changes its mind between check and use (DNS rebinding) gains nothing.
struct PublicOnly {
    private: PrivateNetworks,
}

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let private = self.private;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let may_reach = |address: &SocketAddr| {
                private == PrivateNetworks::Allowed || allow_list::is_public(address.ip())
            };
            let addresses: Vec<SocketAddr> = found.filter(may_reach).collect();
            if addresses.is_empty() {
                return Err("the name leads to no public address".into());
            }
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}
