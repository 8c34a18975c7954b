//! Gives a connector its one door to the world, and keeps it in its room.
//!
//! The host stands between use cases and plugins. A use case says "authorise this on that
//! connector" and gets a reply that it can believe; what a plugin does wrong ends here. Everything that is
//! the same for all plugins is therefore written once, around the trait:
//!
//! * **Settings** are checked against the plugin's JSON Schema, errors name the setting, and
//!   references to secrets are resolved by a function that the binary hands in.
//! * **The door** is an HTTP port that reaches only hosts which the plugin declared and the
//!   operator allows, over `https`, at public addresses checked at resolution time, without
//!   redirects, with a bound on time and size. It knows whether a byte may have left.
//! * **Local services** are hosts that live in this process: the sandbox's processor is called
//!   through the very same port as a real one.
//! * **The room** of a connector has a number of slots and a circuit breaker, so that one that hangs
//!   does not starve the others. There are only so many rooms, and idle ones make place.
//! * **Panics** and missed deadlines become failures.
//!
//! # Effects
//!
//! The host has the last word on [`Effect`], since only the port knows what left:
//!
//! | the port saw | a failure ends as |
//! |---|---|
//! | no byte left | `NOT_SENT`, whatever the plugin said |
//! | every request got a whole answer | what the plugin said, but not `NOT_SENT` |
//! | a request that left got no whole answer | `UNKNOWN`, whatever the plugin said |
//! | a byte left, and the plugin panicked or ran out of time | `UNKNOWN` |
//!
//! The host never repeats anything. Whether a call may be made again is decided by whoever keeps the
//! attempt, from the effect.
//!
//! # What it does not know
//!
//! No SQL, no GraphQL, no payment: a connector is an id and a value here. Clock and randomness come
//! from a [`Source`]; only deadlines run on the runtime's timer.

mod allow_list;
mod guard;
mod http_port;
mod registry;
mod rooms;
mod settings;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use purser_connector::{
    Authorize, Call, Capture, ConfigError, Connector, Deregister, Effect, Failure, FailureKind, Http,
    IdempotencyKey, Inbound, Increment, Lookup, Notification, NotificationError, Observation, OperationKind,
    OwnReference, Payout, Plugin, Refund, Register, Reply, Resume, Settled, StoredInstrument, Verify, Void,
};
use purser_types::Source;
use purser_types::id::{AttemptId, ConnectorId};
use serde_json::Value;
use tokio::time::Instant;
use url::Url;

pub use allow_list::{AllowedHosts, is_public};
pub use guard::{BreakerConfig, Health};
pub use http_port::PrivateNetworks;
pub use registry::Registry;
pub use settings::{SecretLookup, SettingError};

use http_port::{Network, Port};
use rooms::Rooms;

/// The longest notification that a plugin is shown; processors send a few kilobytes.
pub const NOTIFICATION_BYTES_MAX: usize = 1024 * 1024;

/// How a host is set up.
pub struct HostConfig {
    /// What the operator allows to be called.
    pub allowed_hosts: AllowedHosts,
    /// Whether loopback and private addresses may be called.
    pub private_networks: PrivateNetworks,
    /// How long a call may take unless its context says otherwise.
    pub time_limit: Duration,
    /// How many calls of one connector may run at once; more wait, inside their time limit.
    pub concurrency: usize,
    /// When a connector is left alone.
    pub breaker: BreakerConfig,
    /// The longest answer of a processor.
    pub answer_bytes_max: usize,
    /// Hosts that live in this process: a name or `*.parent`, and who answers.
    pub local_services: Vec<(String, Arc<dyn Http>)>,
    /// Where processors and customers reach this server, if they can: the base of notification addresses.
    pub public_url: Option<Url>,
    /// Finds the secrets that settings refer to.
    pub secrets: Arc<SecretLookup>,
    /// The clock.
    pub source: Arc<dyn Source>,
}

impl HostConfig {
    /// The defaults of production: nothing private, no local services, no secret references.
    #[must_use]
    pub fn new(source: Arc<dyn Source>) -> Self {
        Self {
            allowed_hosts: AllowedHosts::AsDeclared,
            private_networks: PrivateNetworks::Refused,
            time_limit: Duration::from_secs(30),
            concurrency: 64,
            breaker: BreakerConfig { failures: 10, cool_down: Duration::from_secs(15) },
            answer_bytes_max: 1024 * 1024,
            local_services: Vec::new(),
            public_url: None,
            secrets: Arc::new(|_| None),
            source,
        }
    }
}

/// What a call carries besides its request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallContext {
    /// Our reference of the attempt.
    pub own: OwnReference,
    /// The key of the attempt.
    pub idempotency: IdempotencyKey,
    /// How long the call may take; absent for the host's limit.
    pub time_limit: Option<Duration>,
}

impl CallContext {
    /// The context of a call that continues `attempt` for the `nth` time, counted from 1.
    ///
    /// The reference stays the attempt's, since it is the same movement of money. The key is another one, since
    /// it is another request: `<attempt id>.resume`, then `<attempt id>.resume.2` and so on. The number is
    /// committed before the call like the request itself, and a repetition has the same.
    #[must_use]
    pub fn resume(attempt: AttemptId, nth: u32) -> Self {
        let key = if nth <= 1 { format!("{attempt}.resume") } else { format!("{attempt}.resume.{nth}") };
        let idempotency = key.parse().expect("an attempt's id, a word and a number are short and plain");
        Self { idempotency, ..Self::from(attempt) }
    }
}

impl From<AttemptId> for CallContext {
    fn from(attempt: AttemptId) -> Self {
        Self { own: attempt.into(), idempotency: attempt.into(), time_limit: None }
    }
}

/// Runs connectors.
pub struct Host {
    registry: Registry,
    config: HostConfig,
    network: Network,
    rooms: Rooms,
}

impl Host {
    /// A host for the plugins of `registry`.
    #[must_use]
    pub fn new(registry: Registry, mut config: HostConfig) -> Self {
        let network = Network::new(
            std::mem::take(&mut config.local_services),
            config.allowed_hosts.clone(),
            config.private_networks,
            config.answer_bytes_max,
        );
        let rooms = Rooms::new(config.concurrency, config.breaker);
        Self { registry, config, network, rooms }
    }

    /// The plugins, in the order of registration.
    pub fn plugins(&self) -> impl Iterator<Item = &Plugin> {
        self.registry.plugins()
    }

    /// The plugin of an id.
    #[must_use]
    pub fn plugin(&self, plugin_id: &str) -> Option<&Plugin> {
        self.registry.find(plugin_id).map(|entry| &entry.plugin)
    }

    /// Checks settings without making a connector of them: the schema first, then the plugin itself.
    ///
    /// # Errors
    /// One per wrong setting; messages never quote a value.
    pub fn validate(&self, plugin_id: &str, settings: &Value) -> Result<(), Vec<SettingError>> {
        self.configured(plugin_id, settings).map(|_| ())
    }

    /// Makes a connector of settings.
    ///
    /// # Errors
    /// The first wrong setting.
    pub fn configure(&self, plugin_id: &str, settings: &Value) -> Result<Arc<dyn Connector>, ConfigError> {
        self.configured(plugin_id, settings).map_err(|errors| {
            let first = errors.into_iter().next();
            first.unwrap_or_else(|| ConfigError::new("", "the settings are wrong"))
        })
    }

    fn configured(&self, plugin_id: &str, settings: &Value) -> Result<Arc<dyn Connector>, Vec<SettingError>> {
        let entry = settings::entry(&self.registry, plugin_id).map_err(|error| vec![error])?;
        let settings = settings::checked(entry, settings, &*self.config.secrets)?;
        let configure = entry.plugin.configure;
        std::panic::catch_unwind(AssertUnwindSafe(|| configure(settings)))
            .unwrap_or_else(|_| Err(ConfigError::new("", "the plugin panicked over these settings")))
            .map_err(|error| vec![error])
    }

    /// How a connector is doing.
    #[must_use]
    pub fn health(&self, connector_id: ConnectorId) -> Health {
        self.rooms.health(connector_id, self.config.source.now())
    }

    /// Lets a connector authenticate and read a notification.
    ///
    /// # Errors
    /// Those of the plugin; `Malformed` when it is too long or the plugin panicked.
    pub fn notification(
        &self,
        connector: &Arc<dyn Connector>,
        inbound: &Inbound,
    ) -> Result<Notification, NotificationError> {
        let malformed = |detail: &str| NotificationError::Malformed { detail: detail.to_owned() };
        if inbound.body.len() > NOTIFICATION_BYTES_MAX {
            return Err(malformed("it is too long"));
        }
        std::panic::catch_unwind(AssertUnwindSafe(|| connector.notification(inbound)))
            .unwrap_or_else(|_| Err(malformed("the plugin panicked")))
    }

    /// Where processors send notifications about a connector, if they can.
    #[must_use]
    pub fn notification_url(&self, connector_id: ConnectorId) -> Option<Url> {
        let mut url = self.config.public_url.clone()?;
        let id = connector_id.to_string();
        url.path_segments_mut().ok()?.pop_if_empty().extend(["connectors", &id, "notifications"]);
        Some(url)
    }

    /// How long a call may take unless its context says otherwise: what is open later was left behind.
    #[must_use]
    pub fn time_limit(&self) -> Duration {
        self.config.time_limit
    }

    /// Runs one operation of a connector: in its room, through its door, for a limited time.
    async fn run<T, F>(
        &self,
        connector_id: ConnectorId,
        connector: &Arc<dyn Connector>,
        context: &CallContext,
        operation: OperationKind,
        body: F,
    ) -> Result<T, Failure>
    where
        F: for<'a> FnOnce(&'a dyn Connector, &'a Call<'a>) -> BoxFuture<'a, Result<T, Failure>>,
    {
        let room = self.rooms.enter(connector_id);
        let now = self.config.source.now();
        room.enter(operation, now)?;
        let time_limit = context.time_limit.unwrap_or(self.config.time_limit);
        let ends_at = Instant::now() + time_limit;
        let port = Port::new(&self.network, connector.hosts(), ends_at);
        let notification_url = self.notification_url(connector_id);
        let call = Call {
            own: &context.own,
            idempotency: &context.idempotency,
            http: &port,
            now,
            deadline: now.saturating_add(time_limit),
            notification_url: notification_url.as_ref(),
        };
        let answered = async {
            let _slot = room.slots.acquire().await.ok();
            AssertUnwindSafe(body(&**connector, &call)).catch_unwind().await
        };
        let result = match tokio::time::timeout_at(ends_at, answered).await {
            Ok(Ok(result)) => result,
            Ok(Err(_panic)) => Err(Failure::protocol(operation, "the plugin panicked")),
            Err(_elapsed) => {
                let detail = "the call took longer than its time limit";
                Err(Failure::new(operation, FailureKind::TimedOut, Effect::Unknown, detail))
            }
        };
        let result = result.map_err(|failure| lowered(Failure { operation, ..failure }, &port));
        room.leave(result.as_ref().err(), self.config.source.now());
        record(operation, result.as_ref().err());
        result
    }
}

/// The failure with the effect that the port can vouch for.
fn lowered(failure: Failure, port: &Port<'_>) -> Failure {
    if !port.sent() {
        return Failure { effect: Effect::NotSent, ..failure };
    }
    match failure.effect {
        Effect::Rejected if !port.in_doubt() => failure,
        Effect::NotSent | Effect::Rejected | Effect::Unknown => failure.at_least(Effect::Unknown),
    }
}

fn record(operation: OperationKind, failure: Option<&Failure>) {
    let result = failure.map_or("answered", |failure| failure.effect.as_str());
    metrics::counter!("purser_connector_calls_total", "operation" => operation.as_str(), "result" => result)
        .increment(1);
    if let Some(failure) = failure {
        let (kind, effect) = (failure.kind.as_str(), failure.effect.as_str());
        tracing::debug!(operation = operation.as_str(), kind, effect, detail = failure.detail, "call failed");
    }
}

/// One method per operation of [`Connector`], with the operation it is accounted under.
macro_rules! operations {
    ($($(#[$doc:meta])* $method:ident($request:ty) -> $reply:ty, $kind:expr;)+) => {
        /// The operations. Each runs as this crate's essay says, and fails as the effect table says.
        impl Host {$(
            $(#[$doc])*
            ///
            /// # Errors
            /// A [`Failure`] whose effect can be believed.
            pub async fn $method(
                &self,
                connector_id: ConnectorId,
                connector: &Arc<dyn Connector>,
                context: &CallContext,
                request: $request,
            ) -> $reply {
                let kind: fn(&$request) -> OperationKind = $kind;
                let kind = kind(&request);
                self.run(connector_id, connector, context, kind, |connector, call| {
                    connector.$method(call, request)
                })
                .await
            }
        )+}
    };
}

operations! {
    /// Reserves or takes money.
    authorize(Authorize) -> Reply<Settled>, Authorize::operation;
    /// Continues after the customer acted.
    resume(Resume) -> Reply<Settled>, |_| OperationKind::Resume;
    /// Takes reserved money.
    capture(Capture) -> Reply<Settled>, |_| OperationKind::Capture;
    /// Raises what is reserved.
    increment(Increment) -> Reply<Settled>, |_| OperationKind::Increment;
    /// Releases reserved money, or undoes a capture before settlement.
    void(Void) -> Reply<Settled>, |_| OperationKind::Void;
    /// Gives captured money back.
    refund(Refund) -> Reply<Settled>, |_| OperationKind::Refund;
    /// Sends money to an instrument.
    payout(Payout) -> Reply<Settled>, |_| OperationKind::Payout;
    /// Stores an instrument.
    register(Register) -> Reply<StoredInstrument>, |_| OperationKind::Register;
    /// Forgets a stored instrument.
    deregister(Deregister) -> Reply<()>, |_| OperationKind::Deregister;
    /// Checks an instrument.
    verify(Verify) -> Reply<()>, |_| OperationKind::Verify;
    /// Asks what became of one of our references.
    lookup(Lookup) -> Result<Vec<Observation>, Failure>, |_| OperationKind::Lookup;
}

impl Host {
    /// Proves that a connector's credentials work.
    ///
    /// # Errors
    /// A [`Failure`], of kind `UNAUTHORIZED` when they do not.
    pub async fn probe(
        &self,
        connector_id: ConnectorId,
        connector: &Arc<dyn Connector>,
        context: &CallContext,
    ) -> Result<(), Failure> {
        self.run(connector_id, connector, context, OperationKind::Probe, |connector, call| {
            connector.probe(call)
        })
        .await
    }
}
