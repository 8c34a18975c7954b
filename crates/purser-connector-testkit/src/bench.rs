//! The workbench of one trial: a clock, a processor with empty books, a connector.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::time::Duration;

use purser_connector::{
    Authorize, Call, Capabilities, Capture, CaptureMethod, Connector, CustomerData, Deregister, Failure,
    Finding, Increment, Initiator, InstrumentSource, Lookup, Observation, OperationKind, Outcome,
    OwnReference, Refund, Register, Reply, Resume, Settled, StoredInstrument, Void,
};
use purser_types::{Currency, Money, Secret, Source, Timestamp};
use serde_json::Value;
use url::Url;

use crate::fake_http::{FakeHttp, Fault, Sent};
use crate::subject::{Simulator, Subject};

/// A clock that stands until it is moved, and dice that always fall the same way.
#[derive(Debug)]
pub struct FixedClock(AtomicI64);

impl FixedClock {
    /// A clock that shows 2027-01-15T08:00:00Z.
    #[must_use]
    pub fn new() -> Self {
        Self(AtomicI64::new(1_800_000_000_000_000))
    }

    /// Moves the clock on.
    pub fn advance(&self, duration: Duration) {
        let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        self.0.fetch_add(micros, Ordering::SeqCst);
    }
}

impl Default for FixedClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Source for FixedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_micros(self.0.load(Ordering::SeqCst))
    }

    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

/// What one call of the connector came to.
pub(crate) struct Called<T> {
    pub(crate) result: Result<T, Failure>,
    pub(crate) sent: Vec<Sent>,
}

type Running<'a, T> = Pin<Box<dyn Future<Output = Result<T, Failure>> + Send + 'a>>;

pub(crate) struct Bench<'s> {
    pub(crate) subject: &'s Subject,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) simulator: Box<dyn Simulator>,
    pub(crate) connector: Arc<dyn Connector>,
    runtime: tokio::runtime::Runtime,
    references: AtomicU32,
}

impl<'s> Bench<'s> {
    pub(crate) fn new(subject: &'s Subject) -> Result<Self, String> {
        let clock = Arc::new(FixedClock::new());
        let source: Arc<dyn Source> = clock.clone();
        let simulator = (subject.simulator)(source);
        let connector = configured(subject, &subject.config)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .map_err(|error| format!("no runtime: {error}"))?;
        Ok(Self { subject, clock, simulator, connector, runtime, references: AtomicU32::new(0) })
    }

    pub(crate) fn capabilities(&self) -> &Capabilities {
        self.connector.capabilities()
    }

    pub(crate) fn configured(&self, config: &Value) -> Result<Arc<dyn Connector>, String> {
        configured(self.subject, config)
    }

    pub(crate) fn reference(&self) -> OwnReference {
        let number = self.references.fetch_add(1, Ordering::SeqCst);
        format!("kit-{number:04}").parse().expect("a plain reference")
    }

    /// Calls `connector` under a reference, through a port with a fault.
    pub(crate) fn call_on<T>(
        &self,
        connector: &dyn Connector,
        own: &OwnReference,
        fault: Fault,
        body: impl for<'a> FnOnce(&'a dyn Connector, &'a Call<'a>) -> Running<'a, T>,
    ) -> Called<T> {
        self.call_under(connector, own, &format!("key-{own}"), fault, body)
    }

    /// Calls `connector` under a reference and a key, through a port with a fault.
    pub(crate) fn call_under<T>(
        &self,
        connector: &dyn Connector,
        own: &OwnReference,
        key: &str,
        fault: Fault,
        body: impl for<'a> FnOnce(&'a dyn Connector, &'a Call<'a>) -> Running<'a, T>,
    ) -> Called<T> {
        let http = FakeHttp::new(self.simulator.http(), fault);
        let idempotency = key.parse().expect("a plain key");
        let now = self.clock.now();
        let deadline = now.saturating_add(Duration::from_secs(30));
        let result = {
            let call =
                Call { own, idempotency: &idempotency, http: &http, now, deadline, notification_url: None };
            self.runtime.block_on(body(connector, &call))
        };
        Called { result, sent: http.into_sent() }
    }

    /// Calls the connector under a new reference, without faults.
    pub(crate) fn call<T>(
        &self,
        body: impl for<'a> FnOnce(&'a dyn Connector, &'a Call<'a>) -> Running<'a, T>,
    ) -> Called<T> {
        self.call_on(&*self.connector, &self.reference(), Fault::None, body)
    }

    pub(crate) fn authorize(&self, request: Authorize) -> Reply<Settled> {
        self.call(|connector, call| connector.authorize(call, request)).result
    }

    pub(crate) fn capture(&self, reference: &str, amount: Money, is_final: bool) -> Reply<Settled> {
        let request = Capture { reference: reference.to_owned(), amount, is_final };
        self.call(|connector, call| connector.capture(call, request)).result
    }

    pub(crate) fn refund(&self, reference: &str, amount: Money) -> Reply<Settled> {
        let request = Refund { reference: reference.to_owned(), amount };
        self.call(|connector, call| connector.refund(call, request)).result
    }

    pub(crate) fn void(&self, reference: &str) -> Reply<Settled> {
        let request = Void { reference: reference.to_owned() };
        self.call(|connector, call| connector.void(call, request)).result
    }

    /// Continues a payment for the `nth` time: under its own reference, and a key of its own.
    pub(crate) fn resume(
        &self,
        own: &OwnReference,
        nth: u32,
        state: bytes::Bytes,
        parameters: BTreeMap<String, String>,
    ) -> Reply<Settled> {
        let request = Resume { state, parameters };
        let key = format!("key-{own}.resume.{nth}");
        self.call_under(&*self.connector, own, &key, Fault::None, |it, call| it.resume(call, request)).result
    }

    pub(crate) fn increment(&self, reference: &str, amount: Money) -> Reply<Settled> {
        let request = Increment { reference: reference.to_owned(), amount };
        self.call(|connector, call| connector.increment(call, request)).result
    }

    pub(crate) fn register(&self, token: &str) -> Reply<StoredInstrument> {
        let request = Register { instrument: one_off(token), customer: customer(), return_url: None };
        self.call(|connector, call| connector.register(call, request)).result
    }

    pub(crate) fn deregister(&self, token: &Secret) -> Reply<()> {
        let request = Deregister { token: token.clone() };
        self.call(|connector, call| connector.deregister(call, request)).result
    }

    pub(crate) fn lookup(
        &self,
        own: &OwnReference,
        operation: OperationKind,
    ) -> Result<Vec<Observation>, Failure> {
        let request = Lookup { own: own.clone(), operation, connector_reference: None };
        self.call_on(&*self.connector, own, Fault::None, |connector, call| connector.lookup(call, request))
            .result
    }

    /// The payment that a look-up finds done.
    pub(crate) fn found_done(&self, own: &OwnReference, operation: OperationKind) -> Result<Settled, String> {
        let found = self.lookup(own, operation).map_err(|failure| format!("look-up: {failure}"))?;
        match found.into_iter().next().map(|observation| observation.finding) {
            Some(Finding::Settled(settled)) => Ok(*settled),
            other => Err(format!("the look-up found {other:?}")),
        }
    }

    /// A payment with automatic capture that ends well, at once or after a look-up.
    pub(crate) fn sold(&self, token: &str, amount: Money) -> Result<Settled, String> {
        let own = self.reference();
        let request = payment(one_off(token), amount, CaptureMethod::Automatic);
        let called = self.call_on(&*self.connector, &own, Fault::None, |connector, call| {
            connector.authorize(call, request)
        });
        match called.result {
            Ok(Outcome::Pending(_)) => self.found_done(&own, OperationKind::Sale),
            reply => done(reply),
        }
    }

    /// The first currency that every method accepts, EUR where possible.
    pub(crate) fn currency(&self) -> Currency {
        let eur = currency("EUR");
        let first = self.capabilities().methods.first();
        match first {
            Some(method) if !method.accepts_currency(eur) => {
                method.currencies.first().copied().unwrap_or(eur)
            }
            Some(_) | None => eur,
        }
    }

    pub(crate) fn amount(&self, minor: i64) -> Money {
        money(minor, self.currency())
    }

    /// An approving instrument whose method can do `operation`.
    pub(crate) fn able(&self, operation: OperationKind) -> Option<&'static str> {
        let can = |token: &&crate::Instrument| {
            self.capabilities().method(token.method).is_some_and(|method| method.supports(operation))
        };
        self.subject.instruments.iter().find(can).map(|instrument| instrument.token)
    }

    /// A payment of an approving instrument.
    pub(crate) fn payment(&self, token: &str, minor: i64, capture: CaptureMethod) -> Authorize {
        payment(one_off(token), self.amount(minor), capture)
    }

    /// An authorisation that is open for captures.
    pub(crate) fn authorized(&self, minor: i64) -> Result<Settled, String> {
        let token = self.able(OperationKind::Authorize).ok_or("no instrument can be authorised")?;
        done(self.authorize(self.payment(token, minor, CaptureMethod::Manual)))
    }
}

fn configured(subject: &Subject, config: &Value) -> Result<Arc<dyn Connector>, String> {
    (subject.configure)(config.clone()).map_err(|error| format!("the settings were refused: {error}"))
}

pub(crate) fn one_off(token: &str) -> InstrumentSource {
    InstrumentSource::Token(Secret::from(token))
}

pub(crate) fn payment(instrument: InstrumentSource, amount: Money, capture: CaptureMethod) -> Authorize {
    Authorize {
        amount,
        capture,
        instrument,
        store: false,
        initiator: Initiator::Customer,
        statement_description: Some("Conformance".to_owned()),
        return_url: Url::parse("https://shop.example/return").ok(),
        customer: customer(),
        network_transaction_id: None,
        mit_reason: None,
        accepts_partial: false,
    }
}

/// A person whose data must not turn up anywhere.
pub(crate) fn customer() -> CustomerData {
    CustomerData {
        identification: Some("canary-identification".to_owned()),
        last_name: Some("Canary-Smith".to_owned()),
        email: Some("canary@shop.example".to_owned()),
        ..CustomerData::default()
    }
}

pub(crate) fn currency(code: &str) -> Currency {
    code.parse().expect("a known currency")
}

pub(crate) fn money(minor: i64, currency: Currency) -> Money {
    Money::try_new(minor, currency).expect("not negative")
}

/// The value of a call that has to be done.
pub(crate) fn done<T>(reply: Reply<T>) -> Result<T, String> {
    match reply {
        Ok(Outcome::Done(value)) => Ok(value),
        Ok(Outcome::Pending(_)) => Err("expected Done, got Pending".to_owned()),
        Ok(Outcome::ActionRequired(_)) => Err("expected Done, got ActionRequired".to_owned()),
        Ok(Outcome::Declined(decline)) => Err(format!("expected Done, got {decline:?}")),
        Err(failure) => Err(format!("expected Done, got: {failure}")),
    }
}

/// Requires that a call moved nothing for certain: declined, or failed with a certain effect.
pub(crate) fn refused<T>(reply: Reply<T>, what: &str) -> Result<(), String> {
    match reply {
        Ok(Outcome::Declined(_)) => Ok(()),
        Err(failure) if failure.effect != purser_connector::Effect::Unknown => Ok(()),
        Err(failure) => Err(format!("{what}: expected a certain refusal, got: {failure}")),
        Ok(_) => Err(format!("{what} was not refused")),
    }
}
