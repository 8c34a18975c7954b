//! A gate in front of the simulated processors: holds their answers back until a test lets go.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use purser_connector::{Http, HttpError, HttpErrorKind};
use purser_plugin_sandbox::Sandbox;
use serde_json::{Value, json};
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
    look_ups: Mutex<LookUps>,
}

/// What processors say when they are asked what became of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LookUps {
    /// The truth.
    #[default]
    True,
    /// That they have never heard of it.
    Forgotten,
    /// That they are at work on it.
    Pending,
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
            look_ups: Mutex::default(),
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

    /// What processors say from now on when they are asked what became of something. Lies pass a closed gate.
    pub fn answer_look_ups(&self, look_ups: LookUps) {
        *self.look_ups.lock().unwrap_or_else(PoisonError::into_inner) = look_ups;
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

impl LookUps {
    /// What arrives of an answer.
    fn of(self, answer: http::Response<Bytes>) -> http::Response<Bytes> {
        let (status, told) = match self {
            Self::True => return answer,
            Self::Forgotten => {
                (http::StatusCode::NOT_FOUND, json!({ "error": "unknown_reference", "message": "" }))
            }
            Self::Pending => {
                let mut told: Value = serde_json::from_slice(answer.body()).expect("a document");
                told["status"] = json!("pending");
                (answer.status(), told)
            }
        };
        let mut answer = answer.map(|_| Bytes::from(told.to_string()));
        *answer.status_mut() = status;
        answer
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
        let is_look_up = request.method() == http::Method::GET;
        let answer = self.sandbox.send(request).await;
        let look_ups = *self.look_ups.lock().unwrap_or_else(PoisonError::into_inner);
        let is_forged = is_look_up && look_ups != LookUps::True;
        let answer = if is_look_up { answer.map(|answer| look_ups.of(answer)) } else { answer };
        self.arrived.send_modify(|arrived| *arrived += 1);
        let mut is_open = self.is_open.subscribe();
        is_open.wait_for(|is_open| *is_open || is_forged).await.expect("the gate is still there");
        if takes_one(&self.answers_to_lose) {
            let detail = "the test has lost the answer".to_owned();
            return Err(HttpError { sent: true, kind: HttpErrorKind::Cut, detail });
        }
        answer
    }
}
