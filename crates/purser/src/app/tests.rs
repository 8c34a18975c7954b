//! The whole server over an embedded database: what processors and customers' browsers do.

use bytes::Bytes;
use purser_domain::Environment;
use purser_domain::tenant::ApiKeyKind;
use purser_services::connectors::{self as services_connectors, CreateConnector};
use purser_services::keys::CreateApiKey;
use purser_services::tenants::{self, CreateTenant};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::*;
use crate::source::SystemSource;
use url::Url;

/// A merchant with one account, and a server that it talks to.
struct Shop {
    origin: String,
    key: String,
    connector: String,
    running: Running,
    client: reqwest::Client,
    _directory: TempDir,
}

impl Shop {
    async fn open(change: impl FnOnce(&mut Config)) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let origin = format!("http://{}", listener.local_addr().expect("an address"));
        let mut config = Config { data_dir: directory.path().to_owned(), ..Config::default() };
        config.database.url = format!("sqlite:{}/purser.db", directory.path().display()).as_str().into();
        config.vault.key_file = directory.path().join("vault.key");
        config.server.public_url = Some(origin.clone());
        config.workers.poll_ms = 10;
        change(&mut config);
        let parts = open(&config, Arc::new(SystemSource)).await.expect("the parts open");
        let (key, connector) = enrol(&parts.app).await;
        let page = Arc::new(|| json!({}));
        let running = start(&config, parts, listener, page, None).await.expect("the server starts");
        let builder = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        let client = builder.build().expect("a client");
        Self { origin, key, connector, running, client, _directory: directory }
    }

    async fn ask(&self, document: &str, variables: Value) -> Value {
        let body = json!({ "query": document, "variables": variables }).to_string();
        let request = self.client.post(format!("{}/graphql", self.origin)).bearer_auth(&self.key);
        let request = request.header("content-type", "application/json").body(body);
        let text = request.send().await.expect("an answer").text().await.expect("a body");
        let answer: Value = serde_json::from_str(&text).expect("JSON");
        assert!(answer.get("errors").is_none(), "{answer}");
        answer["data"].clone()
    }

    /// A payment with a one-off token: its id, its status, and where the customer is sent.
    async fn pay(&self, number: &str, token: &str) -> (String, String, Option<Url>) {
        let input = json!({
            "merchantTransactionId": number,
            "connectorId": self.connector,
            "payWith": { "transactionToken": token },
            "amount": { "amount": "129.90", "currency": "EUR" },
            "returnUrl": "https://shop.example/back?cart=1",
        });
        let document = "mutation Pay($input: DebitPaymentInput!) { debitPayment(input: $input) {
            payment { id status nextAction { ... on RedirectAction { url } } } userErrors { message } } }";
        let data = self.ask(document, json!({ "input": input })).await;
        let payment = &data["debitPayment"]["payment"];
        let text = |field: &str| payment[field].as_str().unwrap_or_else(|| panic!("{data}")).to_owned();
        let url = payment["nextAction"]["url"].as_str().map(|url| url.parse().expect("a URL"));
        (text("id"), text("status"), url)
    }

    async fn status(&self, payment: &str) -> String {
        let data =
            self.ask("query($id: ID!) { payment(by: {id: $id}) { status } }", json!({ "id": payment })).await;
        data["payment"]["status"].as_str().unwrap_or_else(|| panic!("{data}")).to_owned()
    }

    /// Status, where it sends one, and body.
    async fn get(&self, url: &str) -> (u16, Option<String>, String) {
        let answer = self.client.get(url).send().await.expect("an answer");
        let status = answer.status().as_u16();
        let location = answer.headers().get("location");
        let location = location.map(|value| value.to_str().expect("ASCII").to_owned());
        (status, location, answer.text().await.expect("a body"))
    }

    async fn close(self) {
        assert!(self.running.stop().await.expect("the server ends well"), "everything finished in time");
    }
}

/// A root tenant with a key and an account: the key's secret and the connector's id.
async fn enrol(app: &Arc<App>) -> (String, String) {
    let tenant = CreateTenant {
        parent_id: None,
        slug: "shop".to_owned(),
        name: "Shop".to_owned(),
        default_currency: None,
        features: None,
    };
    let tenant = tenants::create_root(app, tenant).await.expect("a tenant");
    let key = CreateApiKey {
        tenant_id: None,
        kind: ApiKeyKind::Secret,
        environment: Some(Environment::Sandbox),
        name: "test".to_owned(),
        scopes: None,
        expires_at: None,
    };
    let key = keys::create_as_operator(app, tenant.id, key).await.expect("a key").secret;
    let viewer = keys::viewer_of_api_key(app, key.expose()).await.expect("storage").expect("the key opens");
    let settings = json!({ "processor": "northbank", "account": "acct-shop", "api_key": "sbx_shop" });
    let connector = CreateConnector {
        plugin_id: "sandbox".to_owned(),
        name: "cards".to_owned(),
        settings: settings.as_object().cloned().expect("an object"),
        ignores_tenant_default: false,
    };
    let connector = services_connectors::create(&app.ctx(viewer), connector).await.expect("a connector");
    (key.expose().to_owned(), connector.id.to_string())
}

/// The address of a link on a page.
fn link(page: &str, word: &str) -> String {
    let links = page.split("href=\"").skip(1).filter_map(|rest| rest.split_once('"'));
    let found = links.map(|(href, _)| href.replace("&amp;", "&")).find(|href| href.contains(word));
    found.unwrap_or_else(|| panic!("no link with {word}: {page}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_answers_a_challenge_and_goes_back_to_the_merchant() {
    let shop = Shop::open(|config| config.workers.enabled = false).await;
    for (number, answer, status) in [("o1", "authenticated", "SUCCEEDED"), ("o2", "failed", "FAILED")] {
        let (id, waiting, url) = shop.pay(number, "tok_threeDSecureRequired").await;
        let url = url.expect("the customer is sent somewhere");
        assert_eq!((waiting.as_str(), url.as_str().starts_with(&shop.origin)), ("REQUIRES_ACTION", true));

        let (code, _, page) = shop.get(url.as_str()).await;
        let back = link(&page, answer);
        let first = shop.get(&back).await;
        let again = shop.get(&back.replace(answer, "authenticated")).await;

        assert_eq!(code, 200);
        assert!(back.starts_with(&format!("{}/return/", shop.origin)), "{back}");
        let merchant = format!(
            "https://shop.example/back?cart=1&paymentId={id}&merchantTransactionId={number}&status={status}"
        );
        assert_eq!((first.0, first.1.as_deref()), (303, Some(merchant.as_str())));
        assert_eq!(again.1.as_deref(), Some(merchant.as_str()), "what is decided stays so");
        assert_eq!(shop.status(&id).await, status);
    }
    let unknown = shop.get(&format!("{}/return/{}", shop.origin, "0".repeat(32))).await;
    assert_eq!((unknown.0, unknown.1), (404, None));
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outcome_that_comes_late_arrives_by_itself() {
    let shop = Shop::open(|_| {}).await;
    let (paid, was_paid, _) = shop.pay("o1", "tok_delayedSuccess").await;
    let (lost, was_lost, _) = shop.pay("o2", "tok_unknownOutcome").await;
    assert_eq!((was_paid.as_str(), was_lost.as_str()), ("PENDING", "PENDING"));

    let settled = async {
        let mut tick = tokio::time::interval(Duration::from_millis(50));
        while shop.status(&paid).await != "SUCCEEDED" || shop.status(&lost).await != "SUCCEEDED" {
            tick.tick().await;
        }
    };
    let settled = tokio::time::timeout(Duration::from_secs(60), settled).await;

    assert!(settled.is_ok(), "{} {}", shop.status(&paid).await, shop.status(&lost).await);
    shop.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notification_is_acknowledged_if_it_is_the_processors() {
    let shop = Shop::open(|config| config.workers.enabled = false).await;
    shop.pay("o1", "tok_visa").await;
    let [told] = &shop.running.parts.sandbox.take_deliveries()[..] else { panic!("one notification") };
    let url = told.url.clone().expect("an address");
    assert_eq!(url.as_str(), format!("{}/connectors/{}/notifications", shop.origin, shop.connector));
    let tell = async |url: &str, body: Bytes| {
        let request = shop.client.post(url).headers(told.headers.clone()).body(body);
        let answer = request.send().await.expect("an answer");
        (answer.status().as_u16(), answer.text().await.expect("a body"))
    };

    let first = tell(url.as_str(), told.body.clone()).await;
    let again = tell(url.as_str(), told.body.clone()).await;
    let mut changed = told.body.to_vec();
    changed.push(b' ');
    let forged = tell(url.as_str(), changed.into()).await;
    let elsewhere = url.as_str().replace(&shop.connector, "con_01h455vb4pex5vsknk084sn02q");
    let elsewhere = tell(&elsewhere, told.body.clone()).await;

    assert_eq!((first, again), ((200, String::new()), (200, String::new())));
    assert_eq!(forged, (401, "The notification was not accepted.\n".to_owned()));
    assert_eq!(elsewhere, forged);
    shop.close().await;
}
