//! A payment processor that lives outside the server, has books of its own, and is as faulty as a seed says.

pub(crate) mod books;
pub(crate) mod faults;
mod http;
mod notices;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;
use serde::de::DeserializeOwned;
use serde_json::json;
use tokio::net::TcpListener;

use self::books::{Books, Command, Fate, Head, Refused};
use self::faults::{Fault, Mood, Notice, Plan};
use self::http::{Answer, Connection, Delivery, Request};
use self::notices::Notifier;
use crate::clock::pause;
use crate::wire::{ACCOUNT_HEADER, IDEMPOTENCY_HEADER, Kind, Operation, Status};

/// How often the processor looks for what is due.
const TICK: Duration = Duration::from_millis(50);

/// The processor.
pub(crate) struct Processor {
    books: Mutex<Books>,
    plan: Mutex<Plan>,
    mood: Mood,
    notifier: Notifier,
    pub(crate) address: SocketAddr,
}

impl Processor {
    /// Starts to serve on a free port.
    pub(crate) async fn start(seed: u64, mood: Mood) -> Result<Arc<Self>> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let books = Books::of(&mood);
        let plan = Mutex::new(Plan::new(seed, &mood));
        let notifier = Notifier::new()?;
        let processor = Arc::new(Self { books: Mutex::new(books), plan, mood, notifier, address });
        tokio::spawn(accept(Arc::clone(&processor), listener));
        tokio::spawn(tick(Arc::clone(&processor)));
        Ok(processor)
    }

    /// Its books, as they are now.
    pub(crate) fn books(&self) -> Books {
        self.lock_books().clone()
    }

    /// From now on nothing goes wrong, and nothing waits.
    pub(crate) fn calm_down(&self) {
        self.lock_plan().calm_down();
    }

    /// What goes wrong with the next request of a kind.
    pub(crate) fn force(&self, kind: Kind, fault: Fault) {
        self.lock_plan().force(kind, fault);
    }

    /// How often each fault happened to each kind of request.
    pub(crate) fn faults(&self) -> BTreeMap<(Kind, Fault), u64> {
        self.lock_plan().faults.clone()
    }

    /// What became of notifications.
    pub(crate) fn notices(&self) -> BTreeMap<Notice, u64> {
        self.lock_plan().notices.clone()
    }

    /// Where notifications are received: the server's nodes, and who is told.
    pub(crate) fn tell(&self, origins: Vec<String>, connector: &str, api_key: &str) {
        self.notifier.tell(origins, connector, api_key);
    }

    /// How many notifications were acknowledged.
    pub(crate) fn acknowledged(&self) -> u64 {
        self.notifier.acknowledged()
    }

    /// How many notifications are under way.
    pub(crate) fn undelivered(&self) -> u64 {
        self.notifier.under_way()
    }

    fn lock_books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn answer(self: &Arc<Self>, request: Request) -> Answer {
        if !self.mood.latency.is_zero() {
            pause(self.mood.latency).await;
        }
        if !request.headers.get("authorization").is_some_and(|value| value.starts_with("Bearer sbx_")) {
            return refused(&Refused(401, "invalid_api_key"));
        }
        let path: Vec<&str> = request.path.split('/').skip(1).collect();
        match (request.method.as_str(), path.as_slice()) {
            ("GET", ["v1", "account"]) => {
                document(200, &json!({ "account": request.headers.get(ACCOUNT_HEADER) }))
            }
            ("GET", ["v1", "operations", reference]) => self.look_up(reference).await,
            ("POST", path) => match command(path, &request.body) {
                Ok(command) => self.perform(&request, command).await,
                Err(reason) => refused(&reason),
            },
            _ => refused(&Refused(404, "unknown_path")),
        }
    }

    async fn look_up(&self, reference: &str) -> Answer {
        let fault = self.lock_plan().fault(Kind::Lookup);
        if let Some(answer) = self.before(fault).await {
            return answer;
        }
        let now = Instant::now();
        let is_calm = self.lock_plan().is_calm();
        let answer = {
            let mut books = self.lock_books();
            books.progress(now, is_calm);
            let lags = |until: Option<Instant>| !is_calm && until.is_some_and(|until| now < until);
            let found = books.find(reference).map(|at| &books.entries[at]);
            match found.filter(|entry| !lags(entry.hidden_until)) {
                None => refused(&Refused(404, "unknown_reference")),
                Some(entry) if lags(entry.contradicted_until) => {
                    let pending = Operation { status: Status::Pending, ..entry.operation.clone() };
                    document(200, &pending)
                }
                Some(entry) => document(200, &entry.operation),
            }
        };
        self.after(fault, answer).await
    }

    async fn perform(self: &Arc<Self>, request: &Request, command: Command) -> Answer {
        let kind = command.kind();
        let fault = self.lock_plan().fault(kind);
        if let Some(answer) = self.before(fault).await {
            return answer;
        }
        let Some(head) = head(request) else { return refused(&Refused(400, "idempotency_key_missing")) };
        let booked = self.book(&head, command, fault);
        let (operation, is_new) = match booked {
            Ok(booked) => booked,
            Err(reason) => return self.after(fault, refused(&reason)).await,
        };
        if is_new {
            let notice = self.lock_plan().notice();
            self.notifier.send(notice, &operation).await;
        }
        self.after(fault, told(&operation)).await
    }

    /// Books a request, with what its fault means for later look-ups. Answers how the operation stands, and
    /// whether that is news.
    fn book(
        &self,
        head: &Head,
        command: Command,
        fault: Option<Fault>,
    ) -> Result<(Operation, bool), Refused> {
        let (lag, delay) = {
            let mut plan = self.lock_plan();
            (plan.lag(), plan.delay())
        };
        let now = Instant::now();
        let fate = match fault {
            Some(Fault::LateSuccess) => Some(Fate { due: now + delay, ends: Status::Succeeded }),
            Some(Fault::LateDecline) => Some(Fate { due: now + delay, ends: Status::Declined }),
            _ => None,
        };
        let mut books = self.lock_books();
        let replays = books.replays;
        let at = books.perform(head, command, fate)?;
        let is_new = books.replays == replays;
        let entry = &mut books.entries[at];
        match fault {
            Some(Fault::Eventual | Fault::Vanished) if is_new => entry.hidden_until = Some(now + lag),
            Some(Fault::Contradictory) if is_new => entry.contradicted_until = Some(now + lag),
            _ => {}
        }
        Ok((entry.operation.clone(), is_new))
    }

    /// What goes wrong before anything is booked.
    async fn before(&self, fault: Option<Fault>) -> Option<Answer> {
        match fault? {
            Fault::ErrorBefore => Some(error()),
            Fault::CutBefore => Some(Answer { delivery: Delivery::Cut(0), ..error() }),
            Fault::SlowBefore => {
                pause(self.mood.slow).await;
                None
            }
            _ => None,
        }
    }

    /// What goes wrong after it was booked.
    async fn after(&self, fault: Option<Fault>, answer: Answer) -> Answer {
        match fault {
            Some(Fault::ErrorAfter) => error(),
            Some(Fault::CutAfter | Fault::Vanished) => {
                let at = self.lock_plan().cut(answer.body.len());
                Answer { delivery: Delivery::Cut(at), ..answer }
            }
            Some(Fault::SlowAfter) => {
                pause(self.mood.slow).await;
                answer
            }
            Some(Fault::Duplicate) => Answer { delivery: Delivery::Twice, ..answer },
            _ => answer,
        }
    }
}

async fn accept(processor: Arc<Processor>, listener: TcpListener) {
    while let Ok((stream, _)) = listener.accept().await {
        let processor = Arc::clone(&processor);
        tokio::spawn(async move {
            let mut connection = Connection::new(stream);
            while let Some(request) = connection.next().await {
                // In a task of its own: a processor books what it has read, whoever has gone away meanwhile.
                let processor = Arc::clone(&processor);
                let answered = tokio::spawn(async move { processor.answer(request).await }).await;
                let Ok(answer) = answered else { return };
                if !connection.send(&answer).await {
                    return;
                }
            }
        });
    }
}

/// Ends what is due, and tells of it.
async fn tick(processor: Arc<Processor>) {
    loop {
        pause(TICK).await;
        let is_calm = processor.lock_plan().is_calm();
        let changed: Vec<Operation> = {
            let mut books = processor.lock_books();
            let changed = books.progress(Instant::now(), is_calm);
            changed.into_iter().map(|at| books.entries[at].operation.clone()).collect()
        };
        for operation in changed {
            let notice = processor.lock_plan().notice();
            let notice = if notice == Notice::BeforeAnswer { Notice::After } else { notice };
            processor.notifier.send(notice, &operation).await;
        }
    }
}

fn head(request: &Request) -> Option<Head> {
    let key = request.headers.get(IDEMPOTENCY_HEADER).filter(|key| !key.is_empty())?;
    let account = request.headers.get(ACCOUNT_HEADER).cloned().unwrap_or_default();
    let mut asked = request.path.clone().into_bytes();
    asked.push(0);
    asked.extend_from_slice(&request.body);
    Some(Head { account, key: key.clone(), request: asked })
}

fn command(path: &[&str], body: &[u8]) -> Result<Command, Refused> {
    Ok(match path {
        ["v1", "payments"] => {
            let request: crate::wire::PaymentRequest = read(body)?;
            let kind = if request.capture == "AUTOMATIC" { Kind::Sale } else { Kind::Authorize };
            Command::Pay(kind, request)
        }
        ["v1", "tokens"] => Command::Register(read(body)?),
        ["v1", "token-deletions"] => {
            let document: serde_json::Value = read(body)?;
            Command::Deregister(document["reference"].as_str().unwrap_or_default().to_owned())
        }
        ["v1", "authentications", id, "completions"] => Command::Complete((*id).to_owned(), read(body)?),
        ["v1", "payments", id, action] => {
            let kind = match *action {
                "captures" => Kind::Capture,
                "refunds" => Kind::Refund,
                "voids" => Kind::Void,
                "increments" => Kind::Increment,
                _ => return Err(Refused(404, "unknown_path")),
            };
            Command::FollowUp(kind, (*id).to_owned(), read(body)?)
        }
        _ => return Err(Refused(404, "unknown_path")),
    })
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refused> {
    serde_json::from_slice(body).map_err(|_| Refused(400, "malformed_request"))
}

fn told(operation: &Operation) -> Answer {
    let status = match operation.status {
        Status::Succeeded => 200,
        Status::Pending | Status::ActionRequired => 202,
        Status::Declined => 402,
    };
    document(status, operation)
}

fn document(status: u16, document: &impl serde::Serialize) -> Answer {
    let body = serde_json::to_vec(document).expect("the processor's documents are JSON");
    Answer { status, body, delivery: Delivery::Whole }
}

fn refused(Refused(status, error): &Refused) -> Answer {
    document(
        *status,
        &json!({ "error": error, "message": "The request was refused and nothing was booked." }),
    )
}

/// What a proxy in front of a processor says when something broke behind it.
fn error() -> Answer {
    let body = b"<h1>Internal Server Error</h1>".to_vec();
    Answer { status: 500, body, delivery: Delivery::Whole }
}
