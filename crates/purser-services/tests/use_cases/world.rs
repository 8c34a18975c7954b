//! One tenant with a bound container and a connector.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU8, Ordering};

use purser_connector::Initiator;
use purser_domain::container::{Container, ContainerStatus};
use purser_domain::payment::{PaymentKind, PaymentSource};
use purser_domain::scope::{Actor, Viewer};
use purser_domain::{Environment, KeyScopes};
use purser_host::{Host, HostConfig, Registry};
use purser_plugin_sandbox::Sandbox;
use purser_services::connectors::{self, CreateConnector};
use purser_services::containers::{self, CreateContainer, UpdateContainer};
use purser_services::payments::{CustomerProfileData, Pay, PayWith, Target, Terms};
use purser_services::tenants::{self, CreateTenant};
use purser_services::{App, Code, Ctx, Error, Patch};
use purser_storage::{Store, StoreOptions};
use purser_types::id::ConnectorId;
use purser_types::{Money, Secret, Source, Timestamp};
use purser_vault::Keyring;
use serde_json::{Map, json};
use tempfile::TempDir;

/// How the world reaches the server.
pub(crate) const ORIGIN: &str = "https://pay.example.org";
/// 2026-11-20T12:00:00Z, in microseconds.
const START: i64 = 1_795_176_000_000_000;

/// A clock that steps with every look, and dice that count.
struct Steps {
    micros: AtomicI64,
    dice: AtomicU8,
}

impl Source for Steps {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_micros(self.micros.fetch_add(1_000, Ordering::SeqCst))
    }

    fn fill(&self, bytes: &mut [u8]) {
        for byte in bytes {
            *byte = self.dice.fetch_add(1, Ordering::SeqCst).wrapping_mul(167);
        }
    }
}

pub(crate) struct World {
    pub(crate) ctx: Ctx,
    pub(crate) container: Container,
    connector: ConnectorId,
    _directory: TempDir,
}

impl World {
    pub(crate) async fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let url = format!("sqlite:{}", directory.path().join("purser.db").display());
        purser_migrations::migrate(&format!("{url}?mode=rwc")).await.expect("the tables are made");
        let options = StoreOptions { url, read_connections: 2, write_connections: 1 };
        let app = app(Store::open(&options).await.expect("the store opens"));
        let root = CreateTenant {
            parent_id: None,
            slug: "market".to_owned(),
            name: "Market".to_owned(),
            default_currency: None,
            features: None,
        };
        let tenant = tenants::create_root(&app, root).await.expect("a tenant");
        let viewer = Viewer::verified(tenant.id, Environment::Sandbox, Actor::Operator, KeyScopes::all());
        let ctx = app.ctx(viewer);
        let container = CreateContainer { name: "all".to_owned(), description: None };
        let container = containers::create(&ctx, container).await.expect("a container");
        let settings = json!({ "processor": "northbank", "account": "shop", "api_key": "sbx_shop" });
        let connector = CreateConnector {
            plugin_id: "sandbox".to_owned(),
            name: "cards".to_owned(),
            settings: settings.as_object().cloned().expect("an object"),
            ignores_tenant_default: false,
        };
        let connector = connectors::create(&ctx, connector).await.expect("a connector").id;
        containers::bind(&ctx, container.id, None).await.expect("a binding");
        Self { ctx, container, connector, _directory: directory }
    }

    /// From now on the container takes no changes, or anything again.
    pub(crate) async fn set(&self, status: ContainerStatus) {
        let input = UpdateContainer {
            id: self.container.id,
            expected_version: None,
            name: None,
            description: Patch::Keep,
            status: Some(status),
        };
        containers::update(&self.ctx, input).await.expect("a changed container");
    }

    /// A debit of 9.99 EUR, or a registration.
    pub(crate) fn asked(
        &self,
        kind: PaymentKind,
        id: &str,
        pay_with: PayWith,
        data: CustomerProfileData,
    ) -> Pay {
        let euro = "EUR".parse().expect("a currency");
        let amount = if kind == PaymentKind::Register { Money::zero(euro) } else { nine_ninety_nine(euro) };
        Pay {
            kind,
            merchant_transaction_id: id.to_owned(),
            target: Target::Connector(self.connector),
            pay_with: Some(pay_with),
            amount,
            description: None,
            customer: None,
            identification: None,
            customer_profile_data: Some(data),
            with_register: false,
            return_url: None,
            terms: Terms::default(),
            source: PaymentSource::Api,
            source_id: None,
            source_description: None,
            initiator: Initiator::Customer,
            metadata: Map::new(),
        }
    }
}

fn nine_ninety_nine(currency: purser_types::Currency) -> Money {
    Money::try_new(999, currency).expect("an amount")
}

fn app(store: Store) -> Arc<App> {
    let source: Arc<dyn Source> = Arc::new(Steps { micros: AtomicI64::new(START), dice: AtomicU8::new(1) });
    let sandbox = Arc::new(Sandbox::new(Arc::clone(&source)));
    let registry = Registry::default().with(purser_plugin_sandbox::plugin());
    let local_services = vec![(Sandbox::HOSTS.to_owned(), sandbox as _)];
    let host = Host::new(registry, HostConfig { local_services, ..HostConfig::new(Arc::clone(&source)) });
    App::new(store, host, Keyring::from_master(&[7; 32]), source, ORIGIN)
}

/// A token of the processor's form.
pub(crate) fn fresh(token: &str) -> PayWith {
    PayWith::TransactionToken(Secret::new(token.to_owned()))
}

/// The code and the path of a refusal.
#[track_caller]
pub(crate) fn refusal<T: std::fmt::Debug>(result: Result<T, Error>) -> (Code, String) {
    match result {
        Err(Error::Refused(refusal)) => (refusal.code, refusal.field.join(".")),
        other => panic!("it should be refused: {other:?}"),
    }
}
