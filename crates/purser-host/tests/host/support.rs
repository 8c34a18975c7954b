//! A clock, a connector that misbehaves on demand, and hosts to run it in.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use purser_connector::{
    API, Authorize, Call, Capabilities, CaptureMethod, ConfigError, Connector, CustomerData, Effect, Failure,
    FailureKind, Http, HttpError, HttpErrorKind, Idempotency, Inbound, Initiator, InstrumentSource, Lookup,
    Notification, NotificationError, Notifications, Observation, OperationKind, Outcome, Pending, Plugin,
    Reply, Settled,
};
use purser_host::{Host, HostConfig, PrivateNetworks, Registry};
use purser_types::id::{AttemptId, ConnectorId};
use purser_types::{Money, Source, Timestamp};
use serde_json::{Value, json};

pub(crate) struct Clock(AtomicI64);

impl Clock {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(1_800_000_000_000_000)))
    }

    pub(crate) fn advance(&self, duration: Duration) {
        self.0.fetch_add(i64::try_from(duration.as_micros()).expect("short"), Ordering::SeqCst);
    }
}

impl Source for Clock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_micros(self.0.load(Ordering::SeqCst))
    }

    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

/// What the connector does in `authorize`. In the settings, as `{"script": …}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Script {
    /// Sends a request to `url` and answers "pending" to an answer, and what the port says to none.
    Send,
    /// Sends, then panics.
    SendAndPanic,
    /// Panics at once.
    Panic,
    /// Sends, then claims that nothing was sent.
    SendAndDeny,
    /// Sends, then claims that the processor refused, whatever the port says.
    SendAndClaimRejected,
    /// Claims an unknown effect without sending.
    CryWolf,
    /// Sends, then waits for ever.
    SendAndHang,
}

#[derive(serde::Deserialize)]
struct Settings {
    script: Script,
    url: String,
    hosts: Vec<String>,
}

struct Misbehaving {
    settings: Settings,
    capabilities: Capabilities,
}

#[async_trait]
impl Connector for Misbehaving {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn hosts(&self) -> &[String] {
        &self.settings.hosts
    }

    async fn probe(&self, call: &Call<'_>) -> Result<(), Failure> {
        self.send(call, OperationKind::Probe).await
    }

    async fn authorize(&self, call: &Call<'_>, request: Authorize) -> Reply<Settled> {
        let kind = request.operation();
        let fail = |effect| Err(Failure::new(kind, FailureKind::Protocol, effect, "as scripted"));
        match self.settings.script {
            Script::Send => self.send(call, kind).await.map(|()| Outcome::Pending(Pending::default())),
            Script::SendAndPanic => {
                let _sent = self.send(call, kind).await;
                panic!("as scripted")
            }
            Script::Panic => panic!("as scripted"),
            Script::SendAndDeny => {
                let _sent = self.send(call, kind).await;
                fail(Effect::NotSent)
            }
            Script::SendAndClaimRejected => {
                let _sent = self.send(call, kind).await;
                fail(Effect::Rejected)
            }
            Script::CryWolf => fail(Effect::Unknown),
            Script::SendAndHang => {
                let _sent = self.send(call, kind).await;
                std::future::pending().await
            }
        }
    }

    async fn lookup(&self, call: &Call<'_>, _request: Lookup) -> Result<Vec<Observation>, Failure> {
        self.send(call, OperationKind::Lookup).await.map(|()| Vec::new())
    }

    fn notification(&self, _inbound: &Inbound) -> Result<Notification, NotificationError> {
        panic!("as scripted")
    }
}

impl Misbehaving {
    async fn send(&self, call: &Call<'_>, kind: OperationKind) -> Result<(), Failure> {
        let request = Request::get(&self.settings.url).body(Bytes::new()).expect("a request");
        call.http.send(request).await.map(|_| ()).map_err(|error| Failure::no_answer(kind, &error))
    }
}

fn configure(settings: Value) -> Result<Arc<dyn Connector>, ConfigError> {
    let settings = serde_json::from_value(settings).map_err(|_| ConfigError::new("script", "is wrong"))?;
    let capabilities = Capabilities {
        processor: "misbehaving".to_owned(),
        methods: Vec::new(),
        idempotency: Idempotency::None,
        notifications: Notifications::None,
        partial_authorization: false,
        in_flight_horizon: Duration::from_secs(300),
    };
    Ok(Arc::new(Misbehaving { settings, capabilities }))
}

pub(crate) fn plugin() -> Plugin {
    Plugin {
        id: "misbehaving",
        title: "Misbehaving",
        version: "1",
        api: API,
        config_schema: json!({"type": "object"}),
        secret_fields: &[],
        hosts: &[],
        sample_config: json!({}),
        is_simulated: false,
        configure,
    }
}

/// What a recorder answers.
pub(crate) type ScriptReply = fn() -> Result<Response<Bytes>, HttpError>;

/// A service inside the process that records what reaches it.
pub(crate) struct Recorder {
    pub(crate) reached: Mutex<Vec<String>>,
    pub(crate) reply: Mutex<ScriptReply>,
}

#[async_trait]
impl Http for Recorder {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        self.reached.lock().expect("not poisoned").push(request.uri().to_string());
        let reply = *self.reply.lock().expect("not poisoned");
        reply()
    }
}

pub(crate) fn recorder(reply: ScriptReply) -> Arc<Recorder> {
    Arc::new(Recorder { reached: Mutex::default(), reply: Mutex::new(reply) })
}

pub(crate) fn ok() -> Result<Response<Bytes>, HttpError> {
    Ok(Response::new(Bytes::from_static(b"{}")))
}

pub(crate) fn cut() -> Result<Response<Bytes>, HttpError> {
    Err(HttpError { sent: true, kind: HttpErrorKind::Cut, detail: "as scripted".to_owned() })
}

/// A host with the misbehaving plugin, and `service` at `*.test.invalid`.
pub(crate) fn host(service: &Arc<Recorder>, change: impl FnOnce(&mut HostConfig)) -> Host {
    let mut config = HostConfig::new(Clock::new());
    let service: Arc<dyn Http> = Arc::<Recorder>::clone(service);
    config.local_services = vec![("*.test.invalid".to_owned(), service)];
    config.private_networks = PrivateNetworks::Refused;
    change(&mut config);
    Host::new(Registry::default().with(plugin()), config)
}

/// A connector that calls `url` and declares `hosts`.
pub(crate) fn connector(host: &Host, script: &str, url: &str, hosts: &[&str]) -> Arc<dyn Connector> {
    let settings = json!({"script": script, "url": url, "hosts": hosts});
    host.configure("misbehaving", &settings).expect("settings")
}

/// A connector that calls the recorder.
pub(crate) fn scripted(host: &Host, script: &str) -> Arc<dyn Connector> {
    connector(host, script, "https://api.test.invalid/", &["api.test.invalid"])
}

pub(crate) fn id() -> ConnectorId {
    ConnectorId::mint(&*Clock::new())
}

pub(crate) fn attempt() -> AttemptId {
    AttemptId::mint(&*Clock::new())
}

pub(crate) fn sale() -> Authorize {
    Authorize {
        amount: Money::try_new(999, "EUR".parse().expect("EUR")).expect("amount"),
        capture: CaptureMethod::Automatic,
        instrument: InstrumentSource::Token("tok_visa".into()),
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
