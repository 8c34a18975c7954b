//! A tenant with its key, and shortcuts for what tenants do all day; each is one GraphQL request.

use std::fmt;

use purser_domain::Environment;
use purser_domain::tenant::ApiKeyKind;
use serde_json::{Map, Value, json};

use crate::answer::Answer;
use crate::client::Client;
use crate::world::World;

/// What payment mutations are asked for unless a test says otherwise.
const PAYMENT: &str = "payment { id status version kind merchantTransactionId purchaseId method
    amount { amount currency minorUnits } authorized { amount } captured { amount } capturable { amount }
    refunded { amount } refundable { amount }
    decline { code advice rawCode } connector { id name } instrument { id paymentToken } profile { id guid }
    attempts { position operation status connector { id } decline { code } failure } }";
const STORED: &str = "profile { id guid } instrument { id paymentToken }
    customerProfileData { profileGuid customerIdentification paymentToken }";

/// A tenant, asking with a secret key that may do everything.
#[derive(Clone)]
pub struct Tenant<'w> {
    world: &'w World,
    /// The global id.
    pub id: String,
    /// The slug.
    pub slug: String,
    /// The client with the key.
    pub client: Client,
}

/// A tenant that takes payments: a container that is bound to its one connector.
pub struct Shop<'w> {
    /// The tenant.
    pub tenant: Tenant<'w>,
    /// Its connector, to the processor `northbank`.
    pub connector: String,
    /// The container, as the default of the tenant.
    pub container: String,
}

impl<'w> Tenant<'w> {
    pub(crate) fn new(world: &'w World, id: String, slug: &str, client: Client) -> Self {
        Self { world, id, slug: slug.to_owned(), client }
    }

    /// The world it lives in.
    #[must_use]
    pub fn world(&self) -> &'w World {
        self.world
    }

    /// Runs a document.
    pub async fn query(&self, document: &str, variables: Value) -> Answer {
        self.client.query(document, variables).await
    }

    /// Runs one mutation: its name, its input, and what is selected of its payload besides `userErrors`.
    pub async fn mutate(&self, name: &str, input: Value, selection: &str) -> Answer {
        let first = name.chars().take(1).map(|letter| letter.to_ascii_uppercase());
        let ty: String = first.chain(name.chars().skip(1)).collect();
        let document = format!(
            "mutation($input: {ty}Input!) {{ {name}(input: $input) {{ {selection} userErrors {{ code message field }} }} }}"
        );
        self.query(&document, json!({ "input": input })).await
    }

    /// One mutation that must be carried out; answers the text at a path below its payload.
    ///
    /// # Panics
    /// If it was refused.
    pub async fn done(&self, name: &str, input: Value, selection: &str, path: &str) -> String {
        let answer = self.mutate(name, input, selection).await;
        assert_eq!(answer.user_errors(name), [], "{answer}");
        answer.text(&format!("{name}.{path}"))
    }

    /// A new tenant below this one, with a key.
    ///
    /// # Panics
    /// If it was refused.
    pub async fn child(&self, slug: &str) -> Tenant<'w> {
        let input = json!({ "slug": slug, "name": slug });
        let id = self.done("createTenant", input, "tenant { id }", "tenant.id").await;
        self.world.tenant(id.parse().expect("the id of a tenant"), slug).await
    }

    /// A client with a new publishable key of this tenant.
    ///
    /// # Panics
    /// If there is no such tenant.
    pub async fn publishable(&self) -> Client {
        let id = self.id.parse().expect("the id of a tenant");
        self.client.with(&self.world.key(id, ApiKeyKind::Publishable, Environment::Sandbox).await)
    }

    /// This tenant with a new secret key of the live environment, as the operator makes it.
    ///
    /// # Panics
    /// If there is no such tenant.
    pub async fn live(&self) -> Tenant<'w> {
        let id = self.id.parse().expect("the id of a tenant");
        let secret = self.world.key(id, ApiKeyKind::Secret, Environment::Live).await;
        Tenant { client: self.client.with(&secret), ..self.clone() }
    }

    /// This tenant with a new secret key that has these scopes only.
    ///
    /// # Panics
    /// If it was refused.
    pub async fn with_scopes(&self, scopes: &[&str]) -> Tenant<'w> {
        let input = json!({ "kind": "SECRET", "name": "narrow", "scopes": scopes });
        let secret = self.done("createApiKey", input, "secret", "secret").await;
        Tenant { client: self.client.with(&secret), ..self.clone() }
    }

    /// A new container.
    ///
    /// # Panics
    /// If it was refused.
    pub async fn container(&self, name: &str) -> String {
        self.done("createContainer", json!({ "name": name }), "container { id }", "container.id").await
    }

    /// Shares a container; answers the share.
    ///
    /// # Panics
    /// If it was refused.
    pub async fn share(&self, container: &str, grantee: &Tenant<'_>, permissions: &[&str]) -> String {
        let input =
            json!({ "containerId": container, "granteeTenantId": grantee.id, "permissions": permissions });
        self.done("shareContainer", input, "share { id }", "share.id").await
    }

    /// Binds a container to a connector, or as the tenant's default.
    ///
    /// # Panics
    /// If it was refused.
    pub async fn bind(&self, container: &str, connector: Option<&str>) {
        let input = json!({ "containerId": container, "connectorId": connector });
        self.done("bindContainer", input, "binding { id }", "binding.id").await;
    }

    /// A new connector to a simulated processor.
    ///
    /// # Panics
    /// If it was refused.
    pub async fn connector(&self, name: &str, processor: &str) -> String {
        self.connector_with(name, json!({ "processor": processor })).await
    }

    /// A new connector with more settings.
    ///
    /// # Panics
    /// If it was refused.
    pub async fn connector_with(&self, name: &str, more: Value) -> String {
        let account = format!("{}-{name}", self.slug);
        let mut settings = json!({ "account": account, "api_key": format!("sbx_{account}") });
        merge(&mut settings, more);
        let input = json!({ "pluginId": "sandbox", "name": name, "settings": settings });
        self.done("createConnector", input, "connector { id }", "connector.id").await
    }

    /// A new router over connectors.
    ///
    /// # Panics
    /// If it was refused.
    pub async fn router(&self, name: &str, connectors: &[&str]) -> String {
        let input = json!({ "name": name, "connectorIds": connectors });
        self.done("createRouter", input, "router { id }", "router.id").await
    }

    /// A container bound as the tenant's default, and a connector to `northbank`.
    pub async fn shop(&self) -> Shop<'w> {
        let container = self.container("customers").await;
        let connector = self.connector("cards", "northbank").await;
        self.bind(&container, None).await;
        Shop { tenant: self.clone(), connector, container }
    }

    /// A new profile; answers its id.
    ///
    /// # Panics
    /// If it was refused.
    pub async fn profile(&self, input: Value) -> String {
        self.done("createProfile", input, "profile { id }", "profile.id").await
    }

    /// `debitPayment`, `preauthorizePayment` or `registerInstrument`, for 9.99 EUR under a new
    /// `merchantTransactionId` unless the input says otherwise.
    pub async fn pay(&self, mutation: &str, more: Value) -> Answer {
        let mut input = json!({ "merchantTransactionId": self.world.unique("order") });
        if mutation != "registerInstrument" {
            merge(&mut input, json!({ "amount": { "amount": "9.99", "currency": "EUR" } }));
        }
        merge(&mut input, more);
        self.mutate(mutation, input, &format!("{PAYMENT} {STORED}")).await
    }

    /// Takes money.
    pub async fn debit(&self, more: Value) -> Answer {
        self.pay("debitPayment", more).await
    }

    /// Reserves money.
    pub async fn preauthorize(&self, more: Value) -> Answer {
        self.pay("preauthorizePayment", more).await
    }

    /// Stores an instrument.
    pub async fn register(&self, more: Value) -> Answer {
        self.pay("registerInstrument", more).await
    }

    /// Takes what was reserved, all of it or so much.
    pub async fn capture(&self, payment: &str, amount: Option<Value>) -> Answer {
        self.follow_up("capturePayment", payment, amount).await
    }

    /// Gives back what was taken, all of it or so much.
    pub async fn refund(&self, payment: &str, amount: Option<Value>) -> Answer {
        self.follow_up("refundPayment", payment, amount).await
    }

    /// Releases a reservation.
    pub async fn void(&self, payment: &str) -> Answer {
        self.follow_up("voidPayment", payment, None).await
    }

    async fn follow_up(&self, mutation: &str, payment: &str, amount: Option<Value>) -> Answer {
        let mut input = json!({ "paymentId": payment });
        if let Some(amount) = amount {
            merge(&mut input, json!({ "amount": amount }));
        }
        self.mutate(mutation, input, PAYMENT).await
    }
}

impl Shop<'_> {
    /// A customer with a stored card; answers the instrument's payment token.
    ///
    /// # Panics
    /// If the registration failed.
    pub async fn customer(&self, identification: &str, token: &str) -> String {
        let input = json!({
            "connectorId": self.connector,
            "payWith": { "transactionToken": token },
            "customerProfileData": { "customerIdentification": identification },
        });
        let answer = self.tenant.register(input).await;
        assert_eq!(answer.user_errors("registerInstrument"), [], "{answer}");
        answer.text("registerInstrument.instrument.paymentToken")
    }
}

/// Puts the members of one object into another.
fn merge(into: &mut Value, more: Value) {
    let empty = || Value::Object(Map::new());
    if !into.is_object() {
        *into = empty();
    }
    let (Some(into), Value::Object(more)) = (into.as_object_mut(), more) else { return };
    into.extend(more);
}

impl fmt::Debug for Tenant<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.slug, self.id)
    }
}
