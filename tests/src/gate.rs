//! A gate in front of the simulated processors: holds their answers back until a test lets go.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use purser_connector::{Http, HttpError, HttpErrorKind};
use purser_plugin_sandbox::Sandbox;
use tokio::sync::watch;

/// What stands between the host and the sandbox.
pub struct Gate {
    sandbox: Arc<Sandbox>,
    is_open: watch::Sender<bool>,
    arrived: watch::Sender<usize>,
    cut: Mutex<BTreeSet<String>>,
    sent: AtomicUsize,
    to_lose: AtomicUsize,
    answers_to_lose: AtomicUsize,
}

impl Gate {
    pub(crate) fn new(sandbox: Arc<Sandbox>) -> Self {
        Self {
            sandbox,
            is_open: watch::Sender::new(true),
            arrived: watch::Sender::new(0),
            cut: Mutex::default(),
            sent: AtomicUsize::new(0),
            to_lose: AtomicUsize::new(0),
            answers_to_lose: AtomicUsize::new(0),
        }
    }

    /// From now on processors do what they are asked, and their answers wait.
    pub fn close(&self) {
        self.is_open.send_replace(false);
    }

    /// Lets all answers go.
    pub fn open(&self) {
        self.is_open.send_replace(true);
    }

    /// From now on no byte reaches a processor.
    pub fn cut(&self, processor: &str) {
        self.cut.lock().unwrap_or_else(PoisonError::into_inner).insert(processor.to_owned());
    }

    /// The next so many requests leave and never arrive.
    pub fn lose(&self, count: usize) {
        self.to_lose.store(count, Ordering::SeqCst);
    }

    /// The next so many answers never come: the processor did what it was asked.
    pub fn lose_answers(&self, count: usize) {
        self.answers_to_lose.store(count, Ordering::SeqCst);
    }

    /// From now on requests reach the processor again.
    pub fn mend(&self, processor: &str) {
        self.cut.lock().unwrap_or_else(PoisonError::into_inner).remove(processor);
    }

    fn is_cut(&self, host: &str) -> bool {
        let cut = self.cut.lock().unwrap_or_else(PoisonError::into_inner);
        host.split('.').next().is_some_and(|processor| cut.contains(processor))
    }

    /// How many requests have left so far.
    #[must_use]
    pub fn sent(&self) -> usize {
        self.sent.load(Ordering::SeqCst)
    }

    /// Waits until that many requests have been carried out, answered or not.
    pub async fn arrived(&self, count: usize) {
        let mut arrived = self.arrived.subscribe();
        arrived.wait_for(|arrived| *arrived >= count).await.expect("the gate is still there");
    }
}

fn takes_one(left: &AtomicUsize) -> bool {
    left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
}

#[async_trait]
impl Http for Gate {
    async fn send(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, HttpError> {
        if self.is_cut(request.uri().host().unwrap_or_default()) {
            let detail = "the test has cut the line".to_owned();
            return Err(HttpError { sent: false, kind: HttpErrorKind::Connect, detail });
        }
        self.sent.fetch_add(1, Ordering::SeqCst);
        if takes_one(&self.to_lose) {
            let detail = "the test has lost the request".to_owned();
            return Err(HttpError { sent: true, kind: HttpErrorKind::Cut, detail });
        }
        let answer = self.sandbox.send(request).await;
        self.arrived.send_modify(|arrived| *arrived += 1);
        let mut is_open = self.is_open.subscribe();
        is_open.wait_for(|is_open| *is_open).await.expect("the gate is still there");
        if takes_one(&self.answers_to_lose) {
            let detail = "the test has lost the answer".to_owned();
            return Err(HttpError { sent: true, kind: HttpErrorKind::Cut, detail });
        }
        answer
    }
}
