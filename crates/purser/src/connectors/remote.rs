//! Simulated processors in another process.
//!
//! A program that is killed takes its books along, unless they lie in a journal of its own making. Whoever
//! wants to compare our books with a processor's after a crash keeps the processor apart, and gives its
//! address as `connectors.sandbox_url`: requests for `<name>.sandbox.invalid` then go there over real
//! HTTP, with the name in a header.

use std::time::Duration;

use async_trait::async_trait;
use axum::http::{HeaderName, HeaderValue, Request, Response};
use bytes::{Bytes, BytesMut};
use purser_connector::{Http, HttpError, HttpErrorKind};
use url::Url;

/// Which of the simulated processors is meant.
const PROCESSOR_HEADER: HeaderName = HeaderName::from_static("sandbox-processor");
/// The parent of the names of all simulated processors.
const DOMAIN: &str = ".sandbox.invalid";
/// How long a connection may take to be made. Short, because a failure here is provably harmless.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The longest answer; the processor's documents have a few kilobytes.
const ANSWER_BYTES_MAX: usize = 1024 * 1024;

/// The door to simulated processors elsewhere. Its deadline is that of the call.
pub struct RemoteSandbox {
    client: reqwest::Client,
    base: Url,
}

impl RemoteSandbox {
    /// Processors at `base`, below which the paths of requests are appended.
    #[must_use]
    pub fn new(base: Url) -> Self {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            // Money decides per operation whether anything is repeated.
            .retry(reqwest::retry::never())
            .no_proxy()
            .connect_timeout(CONNECT_TIMEOUT)
            .build()
            .expect("a client with these settings can be built");
        Self { client, base }
    }

    /// The same request at the other address.
    fn redirected(&self, request: Request<Bytes>) -> Option<reqwest::Request> {
        let (head, body) = request.into_parts();
        let name = head.uri.host()?.strip_suffix(DOMAIN)?;
        let mut url = self.base.clone();
        let path = format!("{}{}", self.base.path().trim_end_matches('/'), head.uri.path());
        url.set_path(&path);
        url.set_query(head.uri.query());
        let mut redirected = reqwest::Request::new(head.method, url);
        *redirected.headers_mut() = head.headers;
        redirected.headers_mut().insert(PROCESSOR_HEADER, HeaderValue::from_str(name).ok()?);
        *redirected.body_mut() = Some(body.into());
        Some(redirected)
    }
}

#[async_trait]
impl Http for RemoteSandbox {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let refused = || HttpError {
            sent: false,
            kind: HttpErrorKind::Refused,
            detail: "there is no such simulated processor".to_owned(),
        };
        let request = self.redirected(request).ok_or_else(refused)?;
        let mut answer = self.client.execute(request).await.map_err(|error| broken(&error))?;
        let mut body = BytesMut::new();
        while let Some(chunk) = answer.chunk().await.map_err(|_| lost(HttpErrorKind::Cut))? {
            if body.len().saturating_add(chunk.len()) > ANSWER_BYTES_MAX {
                return Err(lost(HttpErrorKind::TooLarge));
            }
            body.extend_from_slice(&chunk);
        }
        let mut response = Response::new(body.freeze());
        *response.status_mut() = answer.status();
        *response.headers_mut() = std::mem::take(answer.headers_mut());
        Ok(response)
    }
}

/// Only a request that could not be built, or a connection that could not be made, is known not to
/// have left.
fn broken(error: &reqwest::Error) -> HttpError {
    let (sent, kind) = if error.is_builder() {
        (false, HttpErrorKind::Refused)
    } else if error.is_connect() {
        (false, HttpErrorKind::Connect)
    } else {
        (true, HttpErrorKind::Cut)
    };
    HttpError { sent, kind, detail: "calling the simulated processor failed".to_owned() }
}

fn lost(kind: HttpErrorKind) -> HttpError {
    HttpError { sent: true, kind, detail: "the simulated processor's answer did not arrive whole".to_owned() }
}

#[cfg(test)]
mod tests;
