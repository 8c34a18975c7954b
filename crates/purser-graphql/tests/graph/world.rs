//! One tenant with a container, a connector and a few customers, and a schema to ask.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU8, AtomicU64, Ordering};

use async_graphql::parser::parse_query;
use async_graphql::{Request, Variables};
use purser_domain::scope::{Actor, Viewer};
use purser_domain::{Environment, KeyScopes};
use purser_graphql::{Plan, Schema};
use purser_host::{Host, HostConfig, Registry};
use purser_plugin_sandbox::Sandbox;
use purser_services::App;
use purser_services::tenants::{self, CreateTenant};
use purser_storage::{Store, StoreOptions};
use purser_types::id::TenantId;
use purser_types::{Source, Timestamp};
use purser_vault::Keyring;
use serde_json::{Value, json};
use tempfile::TempDir;

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

/// The graph of one process.
pub(crate) struct World {
    app: Arc<App>,
    schema: Schema,
    tenant: TenantId,
    plans: AtomicU64,
    statements_of_plans: AtomicU64,
    _directory: TempDir,
}

/// The answer to a document.
pub(crate) struct Answer {
    /// The answer as it is sent, if there is no error.
    pub(crate) text: String,
    pub(crate) data: Value,
    /// Path and code of each error.
    pub(crate) errors: Vec<(String, String)>,
}

impl World {
    pub(crate) async fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let app = app(&directory.path().join("purser.db")).await;
        let tenant = root(&app, "market").await;
        Self {
            app,
            schema: purser_graphql::schema(),
            tenant,
            plans: AtomicU64::new(0),
            statements_of_plans: AtomicU64::new(0),
            _directory: directory,
        }
    }

    /// A tenant that has nothing to do with the first.
    pub(crate) async fn stranger(&self) -> TenantId {
        root(&self.app, "stranger").await
    }

    /// The first tenant with these scopes.
    pub(crate) fn viewer(&self, scopes: KeyScopes) -> Viewer {
        Viewer::verified(self.tenant, Environment::Sandbox, Actor::Operator, scopes)
    }

    /// Asks as the first tenant with every scope; there must be no error.
    pub(crate) async fn ask(&self, document: &str, variables: Value) -> Value {
        let answer = self.ask_as(self.tenant, KeyScopes::all(), document, variables).await;
        assert_eq!(answer.errors, [], "{document}: {}", answer.data);
        answer.data
    }

    pub(crate) async fn ask_with(&self, scopes: KeyScopes, document: &str, variables: Value) -> Answer {
        self.ask_as(self.tenant, scopes, document, variables).await
    }

    pub(crate) async fn ask_as(
        &self,
        tenant: TenantId,
        scopes: KeyScopes,
        document: &str,
        variables: Value,
    ) -> Answer {
        let viewer = Viewer::verified(tenant, Environment::Sandbox, Actor::Operator, scopes);
        let variables = Variables::from_json(variables);
        let request = Request::new(document).variables(variables.clone());
        let answer = self.execute(purser_graphql::with_context(request, self.app.ctx(viewer.clone()))).await;
        if answer.errors.is_empty()
            && let Some(planned) = self.planned(viewer, document, &variables).await
        {
            assert_eq!(planned, answer.text, "the plan of {document}");
        }
        answer
    }

    /// What the plan of a document answers, if it has one that does not give up.
    pub(crate) async fn planned(
        &self,
        viewer: Viewer,
        document: &str,
        variables: &Variables,
    ) -> Option<String> {
        let document = parse_query(document).expect("the document parses");
        let plan = Plan::of(&document, None)?;
        let before = self.app.store().statements();
        let json = plan.run(&self.app.ctx(viewer), variables).await?;
        self.statements_of_plans.fetch_add(self.app.store().statements() - before, Ordering::SeqCst);
        self.plans.fetch_add(1, Ordering::SeqCst);
        Some(String::from_utf8(json).expect("JSON is UTF-8"))
    }

    pub(crate) async fn execute(&self, request: Request) -> Answer {
        let response = self.schema.execute(request).await;
        let errors = response.errors.iter().map(|error| {
            let error = serde_json::to_value(error).expect("an error is JSON");
            let path = error["path"].as_array().cloned().unwrap_or_default();
            let path: Vec<String> = path.iter().map(|part| part.to_string().replace('"', "")).collect();
            (path.join("."), error["extensions"]["code"].as_str().unwrap_or_default().to_owned())
        });
        let errors = errors.collect();
        let text = serde_json::to_string(&response.data).expect("data is JSON");
        let text = format!("{{\"data\":{text}}}");
        Answer { text, data: response.data.into_json().expect("data is JSON"), errors }
    }

    /// Asks, and counts the statements that it took, which are as many if it is run as a plan.
    pub(crate) async fn count(&self, document: &str, variables: Value) -> (Value, u64) {
        let before = self.app.store().statements();
        let planned_before =
            (self.plans.load(Ordering::SeqCst), self.statements_of_plans.load(Ordering::SeqCst));
        let data = self.ask(document, variables).await;
        let has_plan = self.plans.load(Ordering::SeqCst) > planned_before.0;
        let planned = self.statements_of_plans.load(Ordering::SeqCst) - planned_before.1;
        let executed = self.app.store().statements() - before - planned;
        assert!(!has_plan || planned == executed, "{document}: {planned} statements instead of {executed}");
        (data, executed)
    }

    /// Runs a mutation that must not be refused; answers its payload.
    pub(crate) async fn done(&self, name: &str, input: Value, selection: &str) -> Value {
        let ty = name[..1].to_uppercase() + &name[1..];
        let document = format!(
            "mutation($input: {ty}Input!) {{ {name}(input: $input) {{ {selection} userErrors {{ code field }} }} }}"
        );
        let payload = self.ask(&document, json!({ "input": input })).await[name].take();
        assert_eq!(payload["userErrors"], json!([]), "{name}");
        payload
    }

    /// A container that is bound, and a connector; answers the connector.
    pub(crate) async fn shop(&self) -> String {
        let settings = json!({ "processor": "northbank", "account": "shop", "api_key": "sbx_shop" });
        let container = self.done("createContainer", json!({ "name": "all" }), "container { id }").await;
        let connector = json!({ "pluginId": "sandbox", "name": "cards", "settings": settings });
        let connector = self.done("createConnector", connector, "connector { id }").await;
        let binding = json!({ "containerId": container["container"]["id"] });
        self.done("bindContainer", binding, "binding { id }").await;
        text(&connector["connector"]["id"])
    }

    /// A customer with a stored card and so many payments of 9.99 EUR; answers the profile.
    pub(crate) async fn customer(&self, connector: &str, name: &str, payments: usize) -> String {
        let register = json!({
            "merchantTransactionId": format!("{name}-card"),
            "connectorId": connector,
            "payWith": { "transactionToken": "tok_visa" },
            "customer": { "email": format!("{name}@example.org"), "firstName": name },
            "customerProfileData": { "customerIdentification": name, "markAsPreferred": true },
        });
        let selection = "profile { id } customerProfileData { paymentToken }";
        let stored = self.done("registerInstrument", register, selection).await;
        for number in 0..payments {
            let debit = json!({
                "merchantTransactionId": format!("{name}-{number}"),
                "connectorId": connector,
                "payWith": { "paymentToken": stored["customerProfileData"]["paymentToken"] },
                "amount": { "amount": "9.99", "currency": "EUR" },
            });
            let paid = self.done("debitPayment", debit, "payment { status }").await;
            assert_eq!(paid["payment"]["status"], "SUCCEEDED");
        }
        text(&stored["profile"]["id"])
    }
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

async fn app(file: &Path) -> Arc<App> {
    let url = format!("sqlite:{}", file.display());
    purser_migrations::migrate(&format!("{url}?mode=rwc")).await.expect("the tables are made");
    let options = StoreOptions { url, read_connections: 2, write_connections: 2 };
    let store = Store::open(&options).await.expect("the store opens");
    let source: Arc<dyn Source> = Arc::new(Steps { micros: AtomicI64::new(START), dice: AtomicU8::new(1) });
    let sandbox = Arc::new(Sandbox::new(Arc::clone(&source)));
    let registry = Registry::default().with(purser_plugin_sandbox::plugin());
    let local_services = vec![(Sandbox::HOSTS.to_owned(), sandbox as _)];
    let host = Host::new(registry, HostConfig { local_services, ..HostConfig::new(Arc::clone(&source)) });
    App::new(store, host, Keyring::from_master(&[7; 32]), source, "https://pay.example.org")
}

async fn root(app: &App, slug: &str) -> TenantId {
    let input = CreateTenant {
        parent_id: None,
        slug: slug.to_owned(),
        name: slug.to_owned(),
        default_currency: None,
        features: None,
    };
    tenants::create_root(app, input).await.expect("a root tenant").id
}
