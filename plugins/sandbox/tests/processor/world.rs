//! A processor with empty books, a clock, and an account at it.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use purser_connector::{
    Authorize, Call, Capture, CaptureMethod, Connector, CustomerData, Failure, Finding, IdempotencyKey,
    Inbound, Increment, Initiator, InstrumentSource, Lookup, NextAction, OperationKind, Outcome,
    OwnReference, Refund, Reply, Resume, Settled, Void,
};
use purser_connector_testkit::FixedClock;
use purser_plugin_sandbox::{Journal, OutgoingNotification, Sandbox, plugin};
use purser_types::{Money, Source};
use serde_json::json;
use url::Url;

pub(crate) struct World {
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) sandbox: Sandbox,
    pub(crate) connector: Arc<dyn Connector>,
}

pub(crate) fn connector(processor: &str, account: &str) -> Arc<dyn Connector> {
    let settings = json!({"processor": processor, "account": account, "api_key": "sbx_1"});
    (plugin().configure)(settings).expect("settings")
}

pub(crate) fn world() -> World {
    let clock = Arc::new(FixedClock::new());
    let source: Arc<dyn Source> = clock.clone();
    World { clock, sandbox: Sandbox::new(source), connector: connector("northbank", "acct-1") }
}

pub(crate) fn eur(minor: i64) -> Money {
    Money::try_new(minor, "EUR".parse().expect("EUR")).expect("amount")
}

pub(crate) fn sale(token: &str, minor: i64) -> Authorize {
    Authorize {
        amount: eur(minor),
        capture: CaptureMethod::Automatic,
        instrument: InstrumentSource::Token(token.into()),
        store: false,
        initiator: Initiator::Customer,
        statement_description: None,
        return_url: None,
        customer: CustomerData::default(),
        network_transaction_id: None,
        mit_reason: None,
        accepts_partial: false,
    }
}

/// What a call borrows.
pub(crate) struct Names {
    pub(crate) own: OwnReference,
    pub(crate) key: IdempotencyKey,
    pub(crate) notification_url: Option<Url>,
}

impl Names {
    pub(crate) fn new(own: &str, key: &str) -> Self {
        let (own, key) = (own.parse().expect("reference"), key.parse().expect("key"));
        Self { own, key, notification_url: None }
    }

    pub(crate) fn call<'a>(&'a self, world: &'a World) -> Call<'a> {
        let now = world.clock.now();
        Call {
            own: &self.own,
            idempotency: &self.key,
            http: &world.sandbox,
            now,
            deadline: now,
            notification_url: self.notification_url.as_ref(),
        }
    }
}

impl World {
    /// Calls the connector under `own`, with a key of the same name.
    pub(crate) async fn authorize(&self, own: &str, request: Authorize) -> Reply<Settled> {
        let names = Names::new(own, &format!("key-{own}"));
        self.connector.authorize(&names.call(self), request).await
    }

    /// Continues under `own` for the `nth` time.
    pub(crate) async fn resume(
        &self,
        own: &str,
        nth: u32,
        state: &Bytes,
        parameter: (&str, &str),
    ) -> Reply<Settled> {
        let names = Names::new(own, &format!("key-{own}.resume.{nth}"));
        let parameters = [(parameter.0.to_owned(), parameter.1.to_owned())].into();
        self.connector.resume(&names.call(self), Resume { state: state.clone(), parameters }).await
    }

    pub(crate) async fn follow_up(
        &self,
        own: &str,
        operation: OperationKind,
        reference: &str,
        minor: i64,
    ) -> Reply<Settled> {
        let names = Names::new(own, &format!("key-{own}"));
        let call = names.call(self);
        let reference = reference.to_owned();
        match operation {
            OperationKind::Capture => {
                let request = Capture { reference, amount: eur(minor), is_final: false };
                self.connector.capture(&call, request).await
            }
            OperationKind::Refund => {
                self.connector.refund(&call, Refund { reference, amount: eur(minor) }).await
            }
            OperationKind::Increment => {
                self.connector.increment(&call, Increment { reference, amount: eur(minor) }).await
            }
            _ => self.connector.void(&call, Void { reference }).await,
        }
    }

    pub(crate) async fn found(&self, own: &str) -> Vec<Finding> {
        self.looked_up(own).await.expect("look-up")
    }

    /// What a look-up finds, or why it finds nothing that can be believed.
    pub(crate) async fn looked_up(&self, own: &str) -> Result<Vec<Finding>, Failure> {
        let names = Names::new(own, "unused");
        let own = names.own.clone();
        let request = Lookup { own, operation: OperationKind::Sale, connector_reference: None };
        let found = self.connector.lookup(&names.call(self), request).await?;
        Ok(found.into_iter().map(|observation| observation.finding).collect())
    }

    /// What the notifications since the last time say, in their order.
    pub(crate) fn told(&self) -> Vec<Finding> {
        let read = |sent: OutgoingNotification| {
            let OutgoingNotification { headers, body, .. } = sent;
            let received_at = self.clock.now();
            let inbound = Inbound { headers, query: String::new(), body, received_at };
            self.connector.notification(&inbound).expect("authentic").observations
        };
        let sent = self.sandbox.take_notifications("northbank");
        sent.into_iter().flat_map(read).map(|observation| observation.finding).collect()
    }

    pub(crate) fn balance(&self) -> i64 {
        self.sandbox.books("northbank").balance().get("EUR").copied().unwrap_or(0)
    }
}

pub(crate) fn done(reply: Reply<Settled>) -> Settled {
    match reply {
        Ok(Outcome::Done(settled)) => settled,
        other => panic!("expected Done, got {other:?}"),
    }
}

pub(crate) fn failed(reply: Reply<Settled>) -> Failure {
    reply.expect_err("a failure")
}

pub(crate) fn asked(reply: Reply<Settled>) -> NextAction {
    match reply {
        Ok(Outcome::ActionRequired(action)) => action,
        other => panic!("expected ActionRequired, got {other:?}"),
    }
}

/// The raw code of a decline.
pub(crate) fn declined(reply: Reply<Settled>) -> String {
    match reply {
        Ok(Outcome::Declined(decline)) => decline.raw_code,
        other => panic!("expected Declined, got {other:?}"),
    }
}

/// A journal in memory.
#[derive(Clone, Default)]
pub(crate) struct Lines(Arc<Mutex<String>>);

impl Lines {
    pub(crate) fn text(&self) -> String {
        self.0.lock().expect("not poisoned").clone()
    }
}

impl Journal for Lines {
    fn append(&mut self, lines: &str) -> std::io::Result<()> {
        self.0.lock().expect("not poisoned").push_str(lines);
        Ok(())
    }
}
