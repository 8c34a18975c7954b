//! The simulated processor: deterministic, with books of its own.
//!
//! It decides from the tables in `cards.rs` and from its books, never from chance or a clock of its
//! own. A request is refused, or changes the books once; a repetition under the same
//! idempotency key changes nothing and is answered with how the operation stands now.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method as Verb, Request, Response, StatusCode};
use purser_connector::{CaptureMethod, OperationKind};
use purser_types::{Secret, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use url::Url;

use crate::books::{Books, Change, Entry};
use crate::config::API_KEY_PREFIX;
use crate::wire::{
    ACCOUNT_HEADER, Completion, ErrorDocument, Event, FollowUp, IDEMPOTENCY_HEADER, NOTIFICATION_URL_HEADER,
    OPERATION_CHANGED, Operation, PaymentRequest, SIGNATURE_HEADER, Status, TokenDeletion, TokenRequest,
};
use crate::{challenges, disputes, follow_ups, notification, operations};

/// The most notifications that wait for somebody to take them; older ones are forgotten.
const NOTIFICATIONS_MAX: usize = 256;

/// Where changes of the books are written down, so that they survive a restart.
pub trait Journal: Send {
    /// Appends whole lines. The books change only after it succeeded.
    ///
    /// # Errors
    /// Whatever the operating system says; the request is then answered with `503`.
    fn append(&mut self, lines: &str) -> std::io::Result<()>;
}

pub(crate) type SharedJournal = Arc<Mutex<dyn Journal>>;

/// What the processor does with a request.
#[derive(Debug)]
pub(crate) struct Answer {
    /// What it says.
    pub(crate) response: Response<Bytes>,
    /// What becomes of that on the way.
    pub(crate) delivery: Delivery,
}

/// What becomes of an answer on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// It arrives.
    Whole,
    /// The connection is cut before a byte of it arrives.
    Cut,
    /// It arrives after every deadline.
    Late,
}

/// A notification that the processor sends.
#[derive(Debug, Clone)]
pub struct OutgoingNotification {
    /// The account that it is for.
    pub account: String,
    /// Where the account wants it; absent if its client never said.
    pub url: Option<Url>,
    /// Its headers, with the signature.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

/// One simulated processor.
pub(crate) struct Processor {
    pub(crate) name: String,
    pub(crate) books: Books,
    journal: Option<SharedJournal>,
    /// The last API key of each account, which signs its notifications; for each address of notifications
    /// apart, so that two clients who use one account can both read theirs.
    keys: BTreeMap<(String, Option<Url>), Secret>,
    events: VecDeque<Told>,
    /// Where the pages of challenges are, for accounts that do not say it.
    pub(crate) pages: Option<Url>,
}

/// An operation that a notification is to tell of.
struct Told {
    operation: Operation,
    url: Option<Url>,
}

impl Told {
    /// Whose key signs it.
    fn signer(&self) -> (String, Option<Url>) {
        (self.operation.account.clone(), self.url.clone())
    }
}

/// A line of the journal.
#[derive(Serialize, serde::Deserialize)]
pub(crate) struct Line {
    pub(crate) processor: String,
    pub(crate) change: Change,
}

/// Who asks, and under which key.
pub(crate) struct Head {
    pub(crate) account: String,
    pub(crate) idempotency_key: String,
    pub(crate) request_digest: String,
    pub(crate) notification_url: Option<Url>,
    pub(crate) now: Timestamp,
}

/// A refusal that books nothing.
pub(crate) struct Refused(pub(crate) StatusCode, pub(crate) &'static str);

impl Processor {
    pub(crate) fn new(name: String, journal: Option<SharedJournal>) -> Self {
        let (keys, events) = (BTreeMap::new(), VecDeque::new());
        Self { name, books: Books::default(), journal, keys, events, pages: None }
    }

    /// What it has booked.
    #[must_use]
    pub(crate) fn books(&self) -> &Books {
        &self.books
    }

    /// The name of the next operation or payment.
    pub(crate) fn next_id(&self, kind: &str, count: usize) -> String {
        format!("{}_{kind}_{:08}", self.name, count + 1)
    }

    /// Answers a request at `now`.
    pub(crate) fn handle(&mut self, request: &Request<Bytes>, now: Timestamp) -> Answer {
        let answered = self.head(request, now).and_then(|head| self.route(&head, request));
        answered.unwrap_or_else(|Refused(status, error)| refused(status, error))
    }

    /// The notifications since the last time, signed at `now`. Then lets everything that waits go one step
    /// on, of which the next time tells.
    pub(crate) fn take_notifications(&mut self, now: Timestamp) -> Vec<OutgoingNotification> {
        // After a restart a key is known from its client's next request on; until then its events wait.
        let events = std::mem::take(&mut self.events);
        let (ready, waiting): (VecDeque<Told>, VecDeque<Told>) =
            events.into_iter().partition(|told| self.keys.contains_key(&told.signer()));
        self.events = waiting;
        let told = ready.into_iter().filter_map(|told| self.notification(told, now)).collect();
        self.go_on(now);
        told
    }

    fn notification(&self, told: Told, now: Timestamp) -> Option<OutgoingNotification> {
        let key = self.keys.get(&told.signer())?;
        let Told { operation, url } = told;
        let account = operation.account.clone();
        let dispute = operation.dispute.as_ref();
        let dispute = dispute.map(|dispute| format!("_dispute_{}", dispute.status)).unwrap_or_default();
        let id = format!("evt_{}_{:?}{dispute}", operation.id, operation.status).to_lowercase();
        let event = Event { id, event_type: OPERATION_CHANGED.to_owned(), operation: Some(operation) };
        let body = serde_json::to_vec(&event).ok()?;
        let mut headers = HeaderMap::new();
        headers.insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
        headers.insert(SIGNATURE_HEADER, notification::sign(key, now, &body).try_into().ok()?);
        Some(OutgoingNotification { account, url, headers, body: body.into() })
    }

    fn go_on(&mut self, now: Timestamp) {
        let waiting: Vec<(String, String)> = self.books.waiting.iter().cloned().collect();
        for name in waiting {
            let Some(entry) = self.books.entries.get(&name).cloned() else { continue };
            let asks = entry.operation.status == Status::ActionRequired;
            let ripens_after = if asks { ACTS_AFTER } else { RIPENS_AFTER };
            let is_ripe = entry.operation.at.saturating_add(ripens_after) <= now;
            let went_on = match entry.next_dispute {
                Some(_) => disputes::step(self, entry, now),
                None if is_ripe => operations::progress(self, entry, now).map(|_| ()),
                None => Ok(()),
            };
            // Books that cannot be written are tried again the next time.
            if went_on.is_err() {
                return;
            }
        }
    }

    fn head(&mut self, request: &Request<Bytes>, now: Timestamp) -> Result<Head, Refused> {
        let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
        let key = header("authorization").and_then(|value| value.strip_prefix("Bearer "));
        let key = key.filter(|key| key.starts_with(API_KEY_PREFIX));
        let (Some(key), Some(account)) = (key, header(ACCOUNT_HEADER)) else {
            return Err(Refused(StatusCode::UNAUTHORIZED, "invalid_api_key"));
        };
        let notification_url: Option<Url> = header(NOTIFICATION_URL_HEADER).and_then(|url| url.parse().ok());
        self.keys.insert((account.to_owned(), notification_url.clone()), Secret::from(key));
        let mut digest = Sha256::new();
        digest.update(request.uri().path());
        digest.update([0]);
        digest.update(request.body());
        let request_digest = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        let idempotency_key = header(IDEMPOTENCY_HEADER).unwrap_or_default().to_owned();
        Ok(Head { account: account.to_owned(), idempotency_key, request_digest, notification_url, now })
    }

    fn route(&mut self, head: &Head, request: &Request<Bytes>) -> Result<Answer, Refused> {
        let path: Vec<&str> = request.uri().path().split('/').skip(1).collect();
        if request.method() == Verb::GET {
            return match path[..] {
                ["v1", "account"] => Ok(json(StatusCode::OK, &serde_json::json!({"account": head.account}))),
                ["v1", "operations", reference] => self.lookup(head, reference),
                _ => Err(Refused(StatusCode::NOT_FOUND, "unknown_path")),
            };
        }
        if head.idempotency_key.is_empty() {
            return Err(Refused(StatusCode::BAD_REQUEST, "idempotency_key_missing"));
        }
        let body = request.body();
        match path[..] {
            ["v1", "authentications", id, "completions"] => {
                challenges::complete(self, head, id, &read::<Completion>(body)?)
            }
            ["v1", "payments"] => {
                let request: PaymentRequest = read(body)?;
                let kind = match request.capture {
                    CaptureMethod::Automatic => OperationKind::Sale,
                    CaptureMethod::Manual => OperationKind::Authorize,
                };
                self.once(head, &request.reference, |it| operations::pay(it, head, kind, &request))
            }
            ["v1", "payouts"] => {
                let request: PaymentRequest = read(body)?;
                let kind = OperationKind::Payout;
                self.once(head, &request.reference, |it| operations::pay(it, head, kind, &request))
            }
            ["v1", "tokens" | "verifications"] => {
                let request: TokenRequest = read(body)?;
                let is_token = path[1] == "tokens";
                let kind = if is_token { OperationKind::Register } else { OperationKind::Verify };
                self.once(head, &request.reference, |it| operations::register(it, head, kind, &request))
            }
            ["v1", "token-deletions"] => {
                let request: TokenDeletion = read(body)?;
                self.once(head, &request.reference, |it| operations::deregister(it, head, &request))
            }
            ["v1", "payments", id, action] => {
                let kind = match action {
                    "captures" => OperationKind::Capture,
                    "increments" => OperationKind::Increment,
                    "refunds" => OperationKind::Refund,
                    "voids" => OperationKind::Void,
                    _ => return Err(Refused(StatusCode::NOT_FOUND, "unknown_path")),
                };
                let request: FollowUp = read(body)?;
                self.once(head, &request.reference, |it| follow_ups::take(it, head, kind, id, &request))
            }
            _ => Err(Refused(StatusCode::NOT_FOUND, "unknown_path")),
        }
    }

    /// Runs `operation` unless it ran before.
    fn once(
        &mut self,
        head: &Head,
        reference: &str,
        operation: impl FnOnce(&mut Self) -> Result<Answer, Refused>,
    ) -> Result<Answer, Refused> {
        let key = (head.account.clone(), head.idempotency_key.clone());
        if let Some(known) = self.books.keys.get(&key) {
            let entry = self.books.entries.get(&(head.account.clone(), known.clone()));
            return match entry.filter(|entry| entry.request_digest == head.request_digest) {
                Some(entry) => Ok(told(entry)),
                None => Err(Refused(StatusCode::CONFLICT, "idempotency_key_reused")),
            };
        }
        if self.books.entries.contains_key(&(head.account.clone(), reference.to_owned())) {
            return Err(Refused(StatusCode::CONFLICT, "duplicate_reference"));
        }
        operation(self)
    }

    fn lookup(&mut self, head: &Head, reference: &str) -> Result<Answer, Refused> {
        let key = (head.account.clone(), reference.to_owned());
        let unknown = || Refused(StatusCode::NOT_FOUND, "unknown_reference");
        let entry = self.books.entries.get(&key).cloned().ok_or_else(unknown)?;
        let settled = operations::progress(self, entry, head.now)?;
        Ok(json(StatusCode::OK, &settled))
    }

    /// Writes changes down, then makes them.
    pub(crate) fn commit(&mut self, changes: Vec<Change>) -> Result<(), Refused> {
        let mut lines = String::new();
        let mut operations = Vec::new();
        let mut written = Vec::new();
        for change in changes {
            let line = Line { processor: self.name.clone(), change };
            let text = serde_json::to_string(&line).map_err(|_| UNWRITABLE)?;
            lines.push_str(&text);
            lines.push('\n');
            if let Change::Operation(entry) = &line.change {
                let url = entry.notification_url.clone();
                operations.push(Told { operation: entry.told(), url });
            }
            written.push(line.change);
        }
        if let Some(journal) = &self.journal {
            let mut journal = journal.lock().unwrap_or_else(PoisonError::into_inner);
            journal.append(&lines).map_err(|_| UNWRITABLE)?;
        }
        written.into_iter().for_each(|change| self.books.apply(change));
        self.events.extend(operations);
        let excess = self.events.len().saturating_sub(NOTIFICATIONS_MAX);
        self.events.drain(..excess);
        Ok(())
    }

    /// Books an entry with everything that belongs to it, and says how it stands.
    pub(crate) fn book(&mut self, entry: Entry, mut changes: Vec<Change>) -> Result<Answer, Refused> {
        let answer = told(&entry);
        changes.push(Change::Operation(Box::new(entry)));
        self.commit(changes)?;
        Ok(answer)
    }
}

const UNWRITABLE: Refused = Refused(StatusCode::SERVICE_UNAVAILABLE, "books_closed");

fn read<T: DeserializeOwned>(body: &Bytes) -> Result<T, Refused> {
    serde_json::from_slice(body).map_err(|_| Refused(StatusCode::BAD_REQUEST, "malformed_request"))
}

/// How an operation stands.
pub(crate) fn told(entry: &Entry) -> Answer {
    let status = match entry.operation.status {
        Status::Succeeded => StatusCode::OK,
        Status::Pending | Status::ActionRequired => StatusCode::ACCEPTED,
        Status::Declined | Status::Expired => StatusCode::PAYMENT_REQUIRED,
    };
    json(status, &entry.told())
}

pub(crate) fn refused(status: StatusCode, error: &str) -> Answer {
    let message = "The request was refused and nothing was booked.".to_owned();
    json(status, &ErrorDocument { error: error.to_owned(), message })
}

fn json(status: StatusCode, document: &impl Serialize) -> Answer {
    let body = serde_json::to_vec(document).expect("the processor's documents are JSON");
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    let content_type = http::HeaderValue::from_static("application/json");
    response.headers_mut().insert(http::header::CONTENT_TYPE, content_type);
    Answer { response, delivery: Delivery::Whole }
}

/// How long a payment can be voided: until the processor settles.
pub(crate) const SETTLES_AFTER: Duration = Duration::from_secs(24 * 60 * 60);
/// How long something is pending before a notification ends it; a look-up ends it at once. Long enough to
/// be seen pending in the demonstration.
const RIPENS_AFTER: Duration = Duration::from_secs(2);
/// How long a customer takes who is shown a code to scan; nor is what ran out told sooner.
const ACTS_AFTER: Duration = Duration::from_secs(20);
