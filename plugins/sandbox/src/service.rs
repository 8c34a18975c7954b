//! All simulated processors of one process, behind the port that real ones are behind.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use purser_connector::{Http, HttpError, HttpErrorKind};
use purser_types::Source;
use url::Url;

use crate::books::Books;
use crate::challenges::{self, Challenge};
use crate::config::DOMAIN;
use crate::processor::{Answer, Delivery, Journal, Line, OutgoingNotification, Processor, SharedJournal};
use crate::wire::{Completion, Status};

/// The most processors that one process simulates; each holds its books in memory.
const PROCESSORS_MAX: usize = 256;

/// The simulated processors. `<name>.sandbox.invalid` is called into being by its first request.
pub struct Sandbox {
    source: Arc<dyn Source>,
    processors: Mutex<BTreeMap<String, Processor>>,
    journal: Option<SharedJournal>,
    pages: Option<Url>,
}

/// A journal that this version cannot read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MalformedJournal {
    /// The line, from 1.
    pub line: usize,
}

impl std::fmt::Display for MalformedJournal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {} of the sandbox's journal cannot be read", self.line)
    }
}

impl std::error::Error for MalformedJournal {}

impl Sandbox {
    /// The hosts that it answers for, as a pattern for the host's local services.
    pub const HOSTS: &'static str = "*.sandbox.invalid";

    /// Processors with empty books that forget everything at the end of the process.
    #[must_use]
    pub fn new(source: Arc<dyn Source>) -> Self {
        Self { source, processors: Mutex::default(), journal: None, pages: None }
    }

    /// Processors with the books that `lines` tell of, and that write on in `journal`.
    ///
    /// # Errors
    /// [`MalformedJournal`] names the first line that is not a change. A last line that is cut
    /// short is a crash while writing, whose request was never answered: leave it out.
    pub fn open(
        source: Arc<dyn Source>,
        lines: impl IntoIterator<Item = String>,
        journal: impl Journal + 'static,
    ) -> Result<Self, MalformedJournal> {
        let journal: SharedJournal = Arc::new(Mutex::new(journal));
        let mut processors: BTreeMap<String, Processor> = BTreeMap::new();
        for (index, text) in lines.into_iter().enumerate() {
            let read = serde_json::from_str::<Line>(&text);
            let Line { processor, change } = read.map_err(|_| MalformedJournal { line: index + 1 })?;
            let make = || Processor::new(processor.clone(), Some(Arc::clone(&journal)));
            processors.entry(processor.clone()).or_insert_with(make).books.apply(change);
        }
        Ok(Self { source, processors: Mutex::new(processors), journal: Some(journal), pages: None })
    }

    /// The same processors, with the pages of their challenges at `<base>/<processor>/challenge/<name>`.
    ///
    /// An account whose settings have a `base_url` keeps that. Without either, pages are at an address that
    /// leads nowhere.
    #[must_use]
    pub fn with_pages(mut self, base: Url) -> Self {
        for (name, processor) in self.processors().iter_mut() {
            processor.pages = pages(&base, name);
        }
        self.pages = Some(base);
        self
    }

    fn processors(&self) -> MutexGuard<'_, BTreeMap<String, Processor>> {
        self.processors.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a processor has booked; empty books if nobody called it yet.
    #[must_use]
    pub fn books(&self, processor: &str) -> Books {
        self.processors().get(processor).map(|processor| processor.books().clone()).unwrap_or_default()
    }

    /// The notifications of a processor since the last time, signed now.
    #[must_use]
    pub fn take_notifications(&self, processor: &str) -> Vec<OutgoingNotification> {
        let now = self.source.now();
        self.processors().get_mut(processor).map(|it| it.take_notifications(now)).unwrap_or_default()
    }

    /// The notifications of all processors since the last time, signed now, that have an address to go to.
    ///
    /// Whoever calls this delivers them, and tries again those that are not acknowledged: the processor has
    /// forgotten them. Each call also lets pending operations and disputes go on, so that outcomes
    /// come late and on their own, as real ones do.
    #[must_use]
    pub fn take_deliveries(&self) -> Vec<OutgoingNotification> {
        let now = self.source.now();
        let mut processors = self.processors();
        let all = processors.values_mut().flat_map(|processor| processor.take_notifications(now));
        all.filter(|notification| notification.url.is_some()).collect()
    }

    /// What the page of a challenge shows; absent if there is no such challenge.
    #[must_use]
    pub fn challenge(&self, processor: &str, authentication: &str) -> Option<Challenge> {
        challenges::find(self.processors().get(processor)?, authentication)
    }

    /// What the customer did on the page itself (`authenticated` or `failed`) when there is no way back with
    /// it: after a QR code was scanned on another device. Says how the payment stands then.
    #[must_use]
    pub fn answer_challenge(&self, processor: &str, authentication: &str, result: &str) -> Option<Status> {
        let now = self.source.now();
        let completion = Completion { result: Some(result.to_owned()), code: None };
        let mut processors = self.processors();
        challenges::answer_on_page(processors.get_mut(processor)?, authentication, &completion, now)
    }

    fn answer(&self, name: &str, request: &Request<Bytes>) -> Option<Answer> {
        let now = self.source.now();
        let mut processors = self.processors();
        if processors.len() >= PROCESSORS_MAX && !processors.contains_key(name) {
            return None;
        }
        let make = || {
            let mut made = Processor::new(name.to_owned(), self.journal.clone());
            made.pages = self.pages.as_ref().and_then(|base| pages(base, name));
            made
        };
        Some(processors.entry(name.to_owned()).or_insert_with(make).handle(request, now))
    }
}

fn pages(base: &Url, processor: &str) -> Option<Url> {
    let mut url = base.clone();
    url.path_segments_mut().ok()?.pop_if_empty().push(processor);
    Some(url)
}

#[async_trait]
impl Http for Sandbox {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let host = request.uri().host().unwrap_or_default();
        let name = host.strip_suffix(DOMAIN).and_then(|rest| rest.strip_suffix('.'));
        let unknown =
            |detail: &str| HttpError { sent: false, kind: HttpErrorKind::Connect, detail: detail.to_owned() };
        let name = name.ok_or_else(|| unknown("there is no such simulated processor"))?;
        let answer = self.answer(name, &request).ok_or_else(|| unknown("too many simulated processors"))?;
        let lost = |kind, detail: &str| Err(HttpError { sent: true, kind, detail: detail.to_owned() });
        match answer.delivery {
            Delivery::Whole => Ok(answer.response),
            Delivery::Cut => lost(HttpErrorKind::Cut, "the simulated processor cut the connection"),
            // Nobody waits for real: the deadline's end is what the caller would see.
            Delivery::Late => lost(HttpErrorKind::TimedOut, "the simulated processor answers too late"),
        }
    }
}
