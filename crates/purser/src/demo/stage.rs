//! The stage that the year plays on: tenants, keys, a shared container, connectors and routers.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context, ensure};
use purser_domain::container::{Permission, Permissions};
use purser_domain::tenant::ApiKeyKind;
use purser_domain::{Environment, Viewer};
use purser_plugin_sandbox::PLUGIN_ID;
use purser_services::connectors::{self, CreateConnector, CreateRouter};
use purser_services::containers::{self, CreateContainer, ShareContainer};
use purser_services::keys::{self, CreateApiKey};
use purser_services::tenants::{self, CreateTenant};
use purser_services::{App, Ctx};
use purser_types::Secret;
use purser_types::id::{ConnectorId, ContainerId, RouterId, TenantId};
use serde_json::{Map, Value, json};

use super::merchants::{Merchant, NORTHBANK, SOUTHPAY, SOUTHPAY_CURRENCIES, SOUTHPAY_METHODS};
use super::progress::Progress;
use super::source::DemoSource;
use super::{DemoTenant, KeySecrets};

/// What partners may do with each other's customers.
const SHARED: [Permission; 5] = [
    Permission::ReadProfile,
    Permission::ReadPii,
    Permission::UseInstrument,
    Permission::StoreInstrument,
    Permission::UpdateProfile,
];

/// A merchant on the stage.
pub(super) struct Actor {
    pub(super) viewer: Viewer,
    pub(super) tenant: DemoTenant,
    connectors: BTreeMap<&'static str, ConnectorId>,
}

impl Actor {
    pub(super) fn connector(&self, processor: &str) -> ConnectorId {
        *self.connectors.get(processor).expect("every merchant has an account at both processors")
    }
}

/// Everything that is there before the first customer comes.
pub(super) struct Stage {
    pub(super) container_id: ContainerId,
    actors: BTreeMap<Merchant, Actor>,
}

impl Stage {
    pub(super) fn actor(&self, merchant: Merchant) -> &Actor {
        self.actors.get(&merchant).expect("every merchant is on the stage")
    }

    pub(super) fn tenants(&self) -> Vec<DemoTenant> {
        self.actors.values().map(|actor| actor.tenant.clone()).collect()
    }
}

/// Sets the stage.
pub(super) async fn set(
    app: &Arc<App>,
    source: &DemoSource,
    secrets: KeySecrets,
    progress: &dyn Progress,
) -> anyhow::Result<Stage> {
    progress.begin("Opening shops", Merchant::ALL.len());
    let mut actors = BTreeMap::new();
    let mut owner: Option<Ctx> = None;
    for merchant in Merchant::ALL {
        let actor = enter(app, source, secrets, owner.as_ref(), merchant).await;
        let actor = actor.with_context(|| format!("setting up {}", merchant.slug()))?;
        if owner.is_none() {
            owner = Some(app.ctx(actor.viewer.clone()));
        }
        actors.insert(merchant, actor);
        progress.step();
    }
    let owner = owner.context("the marketplace comes first")?;
    let container_id = share(app, &owner, &actors).await.context("sharing the container")?;
    progress.end(&format!("{} shops are open.", Merchant::ALL.len()));
    Ok(Stage { container_id, actors })
}

/// A merchant with its keys, its connectors and its router.
async fn enter(
    app: &Arc<App>,
    source: &DemoSource,
    secrets: KeySecrets,
    owner: Option<&Ctx>,
    merchant: Merchant,
) -> anyhow::Result<Actor> {
    let input = CreateTenant {
        parent_id: None,
        slug: merchant.slug().to_owned(),
        name: merchant.name().to_owned(),
        default_currency: Some("EUR".parse()?),
        features: None,
    };
    let tenant = match owner {
        Some(owner) => tenants::create(owner, input).await?,
        None => tenants::create_root(app, input).await?,
    };
    source.set_unpredictable(secrets == KeySecrets::Unpredictable);
    let secret_key = key(app, owner, tenant.id, ApiKeyKind::Secret).await;
    let publishable_key = key(app, owner, tenant.id, ApiKeyKind::Publishable).await;
    source.set_unpredictable(false);
    let (secret_key, publishable_key) = (secret_key?, publishable_key?);
    // From here on the merchant acts with its own key, as its servers would.
    let viewer = keys::viewer_of_api_key(app, secret_key.expose()).await?;
    let viewer = viewer.context("the key that was just made is not accepted")?;
    let ctx = app.ctx(viewer.clone());
    let mut accounts = BTreeMap::new();
    for processor in merchant.preference() {
        let connector = connectors::create(&ctx, account(merchant, processor)).await?;
        accounts.insert(processor, connector.id);
    }
    let router_id = router(&ctx, merchant, &accounts).await?;
    let tenant = DemoTenant {
        slug: tenant.slug,
        id: tenant.id,
        name: tenant.name,
        role: merchant.role().to_owned(),
        secret_key,
        publishable_key,
        router_id,
        connectors: accounts.iter().map(|(name, id)| ((*name).to_owned(), *id)).collect(),
    };
    Ok(Actor { viewer, tenant, connectors: accounts })
}

/// A key: the operator makes those of the marketplace, the marketplace makes those of its merchants.
async fn key(
    app: &App,
    owner: Option<&Ctx>,
    tenant_id: TenantId,
    kind: ApiKeyKind,
) -> anyhow::Result<Secret> {
    let input = CreateApiKey {
        tenant_id: Some(tenant_id),
        kind,
        environment: Some(Environment::Sandbox),
        name: "Demo".to_owned(),
        scopes: None,
        expires_at: None,
    };
    let created = match owner {
        Some(owner) => keys::create(owner, input).await?.secret,
        None => Some(keys::create_as_operator(app, tenant_id, input).await?.secret),
    };
    created.context("a key that is made for the first time comes with its secret")
}

/// The merchant's own account at a processor.
fn account(merchant: Merchant, processor: &str) -> CreateConnector {
    let mut settings = Map::new();
    settings.insert("processor".to_owned(), json!(processor));
    settings.insert("account".to_owned(), json!(format!("acct-{}", merchant.slug())));
    settings.insert("api_key".to_owned(), json!(format!("sbx_{}_{processor}", merchant.slug())));
    if processor == SOUTHPAY {
        settings.insert("currencies".to_owned(), json!(SOUTHPAY_CURRENCIES));
        settings.insert("methods".to_owned(), json!(SOUTHPAY_METHODS));
    }
    CreateConnector {
        plugin_id: PLUGIN_ID.to_owned(),
        name: processor.to_owned(),
        settings: settings.into_iter().collect::<Map<String, Value>>(),
        ignores_tenant_default: false,
    }
}

async fn router(
    ctx: &Ctx,
    merchant: Merchant,
    accounts: &BTreeMap<&'static str, ConnectorId>,
) -> anyhow::Result<RouterId> {
    let connector_ids: Vec<ConnectorId> =
        merchant.preference().iter().filter_map(|processor| accounts.get(processor).copied()).collect();
    ensure!(connector_ids.len() == 2, "{NORTHBANK} and {SOUTHPAY} are both there");
    let input = CreateRouter { name: "main".to_owned(), connector_ids };
    Ok(connectors::create_router(ctx, input).await?.id)
}

/// The container: shared with every partner, and bound by each as its default.
async fn share(
    app: &Arc<App>,
    owner: &Ctx,
    actors: &BTreeMap<Merchant, Actor>,
) -> anyhow::Result<ContainerId> {
    let input = CreateContainer {
        name: "harbor".to_owned(),
        description: Some("Customers of the Harbor Market and its partners".to_owned()),
    };
    let container_id = containers::create(owner, input).await?.id;
    containers::bind(owner, container_id, None).await?;
    for (merchant, actor) in actors.iter().filter(|(merchant, _)| merchant.is_partner()) {
        let input = ShareContainer {
            container_id,
            grantee_tenant_id: actor.tenant.id,
            include_descendants: false,
            permissions: SHARED.into_iter().collect::<Permissions>(),
            expires_at: None,
        };
        let ctx = app.ctx(actor.viewer.clone());
        containers::share(owner, input).await.with_context(|| format!("with {}", merchant.slug()))?;
        containers::bind(&ctx, container_id, None).await?;
    }
    Ok(container_id)
}
