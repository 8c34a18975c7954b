//! The kit's HTTP port: records what passes, and injects faults of transport.

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use purser_connector::{Http, HttpError, HttpErrorKind};

/// What goes wrong between the plugin and the processor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing.
    None,
    /// No connection.
    Refused,
    /// The processor got the request; its answer is lost.
    CutAfterSending,
    /// The processor got the request; its answer comes too late.
    TimedOut,
    /// The processor got the request; half of its answer arrives as if it were whole.
    Truncated,
    /// Somebody else answers.
    Answer(StatusCode, Bytes),
}

/// One request that left.
#[derive(Clone)]
pub(crate) struct Sent {
    pub(crate) method: http::Method,
    pub(crate) uri: http::Uri,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: Bytes,
}

impl Sent {
    /// Everything of the request as one text, for comparisons and searches.
    pub(crate) fn text(&self) -> String {
        let mut text = format!("{} {}\n", self.method, self.uri);
        for (name, value) in &self.headers {
            text.push_str(&format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes())));
        }
        text + &String::from_utf8_lossy(&self.body)
    }
}

pub(crate) struct FakeHttp<'a> {
    processor: &'a dyn Http,
    fault: Fault,
    sent: Mutex<Vec<Sent>>,
}

impl<'a> FakeHttp<'a> {
    pub(crate) fn new(processor: &'a dyn Http, fault: Fault) -> Self {
        Self { processor, fault, sent: Mutex::default() }
    }

    pub(crate) fn into_sent(self) -> Vec<Sent> {
        self.sent.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Http for FakeHttp<'_> {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let lost = |sent, kind| HttpError { sent, kind, detail: "injected by the kit".to_owned() };
        if self.fault == Fault::Refused {
            return Err(lost(false, HttpErrorKind::Connect));
        }
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).push(Sent {
            method: request.method().clone(),
            uri: request.uri().clone(),
            headers: request.headers().clone(),
            body: request.body().clone(),
        });
        if let Fault::Answer(status, body) = &self.fault {
            let mut response = Response::new(body.clone());
            *response.status_mut() = *status;
            return Ok(response);
        }
        let mut response = self.processor.send(request).await?;
        match self.fault {
            Fault::CutAfterSending => Err(lost(true, HttpErrorKind::Cut)),
            Fault::TimedOut => Err(lost(true, HttpErrorKind::TimedOut)),
            Fault::Truncated => {
                let half = response.body().len() / 2;
                response.body_mut().truncate(half);
                Ok(response)
            }
            Fault::None | Fault::Refused | Fault::Answer(..) => Ok(response),
        }
    }
}
