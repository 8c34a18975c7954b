//! A small customer graph: a marketplace with two merchants and a stranger, and makers of everything.
//!
//! ```text
//! market ─┬─ owner     has the container `customers`, shared with `partner`
//!         └─ partner
//! stranger             another tree
//! ```

use std::sync::atomic::{AtomicU64, Ordering};

use purser_domain::connector::{Connector, ConnectorStatus, Router};
use purser_domain::container::{
    Binding, Container, ContainerStatus, OptOut, OptOutReach, Permission, Permissions, Share, ShareStatus,
    accesses,
};
use purser_domain::instrument::{Instrument, InstrumentStatus, Origin, Shareable};
use purser_domain::payment::attempt::{Attempt, AttemptStatus};
use purser_domain::payment::{Amounts, Payment, PaymentKind, PaymentSource, PaymentStatus, SourceSnapshot};
use purser_domain::profile::{CreatedVia, LinkedVia, Overlay, Person, Profile, ProfileStatus};
use purser_domain::routing::Route;
use purser_domain::scope::Actor;
use purser_domain::tenant::{ApiKey, ApiKeyKind, Features, Path, Tenant, TenantStatus};
use purser_domain::{Environment, KeyScopes, Scope, SystemScope, Viewer};
use purser_storage::{Store, Write, connectors, containers, instruments, payments, profiles, tenants};
use purser_types::id::{ConnectorId, ContainerId, Id, Kind, ProfileId, TenantId};
use purser_types::{Currency, Money, Source, Timestamp};
use serde_json::json;

use crate::database::Database;

/// The instant of every request that is not about time.
pub(crate) const NOW: Timestamp = Timestamp::from_unix_micros(1_800_000_000_000_000);

pub(crate) struct World {
    pub(crate) database: Database,
    dice: Dice,
    pub(crate) market: Tenant,
    pub(crate) owner: Tenant,
    pub(crate) partner: Tenant,
    pub(crate) stranger: Tenant,
    /// Of `owner`, shared with `partner` with [`PARTNER`].
    pub(crate) customers: Container,
}

/// What the partner may do: everything but deleting and using what others stored.
pub(crate) fn partner_permissions() -> Permissions {
    Permissions::all()
        .iter()
        .filter(|permission| !matches!(permission, Permission::DeleteProfile | Permission::UseInstrument))
        .collect()
}

/// A source that counts.
#[derive(Default)]
struct Dice(AtomicU64);

impl Source for Dice {
    fn now(&self) -> Timestamp {
        NOW
    }

    fn fill(&self, bytes: &mut [u8]) {
        let count = self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        for (index, byte) in bytes.iter_mut().rev().enumerate() {
            *byte = count.iter().rev().nth(index).copied().unwrap_or(7);
        }
    }
}

pub(crate) fn operator() -> SystemScope {
    SystemScope::new("a test", NOW)
}

pub(crate) fn scope_in(tenant: &Tenant, environment: Environment, now: Timestamp) -> Scope {
    Viewer::verified(tenant.id, environment, Actor::Operator, KeyScopes::all()).scope(now)
}

pub(crate) fn scope(tenant: &Tenant) -> Scope {
    scope_in(tenant, Environment::Sandbox, NOW)
}

pub(crate) fn eur(minor: i64) -> Money {
    Money::try_new(minor, currency("EUR")).expect("not negative")
}

pub(crate) fn currency(code: &str) -> Currency {
    code.parse().expect("a currency")
}

impl World {
    pub(crate) async fn create(database: Database) -> Self {
        let dice = Dice::default();
        let market = root(&dice, "market");
        let owner = child(&dice, &market, "owner");
        let partner = child(&dice, &market, "partner");
        let stranger = root(&dice, "stranger");
        let write = database.store.begin().await.expect("a transaction");
        for tenant in [&market, &owner, &partner, &stranger] {
            tenants::insert(&write, &operator(), tenant).await.expect("a tenant");
        }
        let customers = container(&dice, &owner, "customers");
        containers::insert(&write, &scope(&owner), &customers).await.expect("a container");
        let share = share(&dice, &customers, &partner, partner_permissions());
        containers::put_share(&write, &scope(&owner), &share).await.expect("a share");
        rebuild(&write, customers.id).await;
        write.commit().await.expect("a commit");
        Self { database, dice, market, owner, partner, stranger, customers }
    }

    pub(crate) fn store(&self) -> &Store {
        &self.database.store
    }

    pub(crate) async fn begin(&self) -> Write {
        self.store().begin().await.expect("a transaction")
    }

    pub(crate) fn mint<K: Kind>(&self) -> Id<K> {
        Id::mint(&self.dice)
    }

    pub(crate) fn child_of(&self, parent: &Tenant, slug: &str) -> Tenant {
        child(&self.dice, parent, slug)
    }

    pub(crate) fn container_of(&self, owner: &Tenant, name: &str) -> Container {
        container(&self.dice, owner, name)
    }

    pub(crate) fn share_of(
        &self,
        container: &Container,
        grantee: &Tenant,
        permissions: Permissions,
    ) -> Share {
        share(&self.dice, container, grantee, permissions)
    }

    pub(crate) fn opt_out_of(&self, tenant: &Tenant, container_id: Option<ContainerId>) -> OptOut {
        OptOut {
            id: self.mint(),
            tenant_id: tenant.id,
            environment: Environment::Sandbox,
            reach: OptOutReach::SelfAndSubTenants,
            container_id,
            reason: Some("audit".to_owned()),
            created_at: NOW,
        }
    }

    pub(crate) fn key_of(&self, tenant: &Tenant) -> ApiKey {
        ApiKey {
            id: self.mint(),
            tenant_id: tenant.id,
            kind: ApiKeyKind::Secret,
            environment: Environment::Sandbox,
            name: "server".to_owned(),
            prefix: "sk_test_4f2a".to_owned(),
            scopes: KeyScopes::all(),
            expires_at: Timestamp::NEVER,
            revoked_at: None,
            created_at: NOW,
            created_by: "operator".to_owned(),
        }
    }

    pub(crate) fn connector_of(&self, tenant: &Tenant, name: &str) -> Connector {
        Connector {
            id: self.mint(),
            tenant_id: tenant.id,
            environment: Environment::Sandbox,
            plugin_id: "sandbox".to_owned(),
            processor: "sandbox".to_owned(),
            name: name.to_owned(),
            status: ConnectorStatus::Active,
            settings: json!({"account": "a-1", "nested": {"list": [1, 2, null]}}),
            ignores_tenant_default: true,
            created_at: NOW,
            updated_at: NOW,
            version: 1,
        }
    }

    pub(crate) fn router_of(&self, tenant: &Tenant, name: &str, connector_ids: Vec<ConnectorId>) -> Router {
        Router {
            id: self.mint(),
            tenant_id: tenant.id,
            environment: Environment::Sandbox,
            name: name.to_owned(),
            connector_ids,
            created_at: NOW,
            updated_at: NOW,
            version: 1,
        }
    }

    pub(crate) fn binding_of(
        &self,
        tenant: &Tenant,
        connector_id: Option<ConnectorId>,
        container: &Container,
    ) -> Binding {
        Binding {
            id: self.mint(),
            tenant_id: tenant.id,
            environment: Environment::Sandbox,
            connector_id,
            container_id: container.id,
            created_at: NOW,
        }
    }

    /// A profile with nothing but a name.
    pub(crate) fn profile_in(&self, container: &Container, by: &Tenant) -> Profile {
        let id: ProfileId = self.mint();
        Profile {
            id,
            guid: format!("CP-{id}"),
            container_id: container.id,
            customer_identification: None,
            status: ProfileStatus::Active,
            person: Person { name: Some("Alex".to_owned()), ..Person::default() },
            preferred_instrument_id: None,
            created_by_tenant_id: by.id,
            created_via: CreatedVia::Api,
            created_at: NOW,
            updated_at: NOW,
            version: 1,
        }
    }

    pub(crate) fn overlay_of(&self, tenant: &Tenant, profile: &Profile) -> Overlay {
        Overlay {
            tenant_id: tenant.id,
            profile_id: profile.id,
            external_id: None,
            metadata: serde_json::Map::new(),
            tags: Vec::new(),
            is_favorite: false,
            linked_via: LinkedVia::Proof,
            created_at: NOW,
            updated_at: NOW,
        }
    }

    pub(crate) fn instrument_of(&self, tenant: &Tenant, profile: &Profile) -> Instrument {
        let details = json!({
            "type": "CARD", "brand": "visa", "holder": "A. Smith", "bin6": "411111", "last4": "1111",
            "exp_month": 12, "exp_year": 2031, "funding": "CREDIT", "issuer_country": "DE",
        });
        Instrument {
            id: self.mint(),
            payment_token: purser_domain::instrument::mint_payment_token(&self.dice),
            profile_id: profile.id,
            container_id: profile.container_id,
            stored_by_tenant_id: tenant.id,
            kind: "CARD".parse().expect("a method"),
            method: "card".to_owned(),
            details: serde_json::from_value(details).expect("details of a card"),
            status: InstrumentStatus::Active,
            shareable: Shareable::Container,
            origin: Origin {
                connector_id: self.mint(),
                plugin_id: "sandbox".to_owned(),
                processor: "sandbox".to_owned(),
                token_scope: "PROCESSOR".parse().expect("a scope of tokens"),
            },
            created_at: NOW,
            last_used_at: None,
        }
    }

    /// A payment with nothing but what it must have.
    pub(crate) fn payment_of(&self, tenant: &Tenant, transaction_id: &str, amount: Money) -> Payment {
        Payment {
            id: self.mint(),
            tenant_id: tenant.id,
            environment: Environment::Sandbox,
            kind: PaymentKind::Preauthorize,
            merchant_transaction_id: transaction_id.to_owned(),
            profile_id: None,
            container_id: None,
            instrument_id: None,
            connector_id: None,
            router_id: None,
            status: PaymentStatus::Processing,
            amounts: Amounts::requested(amount),
            method: None,
            description: None,
            source: SourceSnapshot { source: PaymentSource::Api, source_id: None, description: None },
            initiator: "CUSTOMER".parse().expect("an initiator"),
            decline: None,
            next_action: None,
            capture_at: None,
            expires_at: None,
            commits: 1,
            commits_max: 1,
            minimum: None,
            accepts_partial: false,
            mit_reason: None,
            network_transaction_id: None,
            reference_payment_id: None,
            urls: purser_domain::payment::Urls::default(),
            order_id: None,
            is_final_captured: false,
            route: Route::default(),
            metadata: serde_json::Map::new(),
            created_at: NOW,
            updated_at: NOW,
            version: 1,
        }
    }

    pub(crate) fn attempt_of(&self, payment: &Payment, position: i32, operation: &str) -> Attempt {
        Attempt {
            id: self.mint(),
            payment_id: payment.id,
            position,
            operation: operation.parse().expect("an operation"),
            connector_id: self.mint(),
            amount: eur(payment.amounts.requested),
            status: AttemptStatus::Started,
            connector_reference: None,
            decline: None,
            failure: None,
            started_at: NOW,
            finished_at: None,
            action_expires_at: None,
            next_check_at: None,
            checks: 0,
            review: None,
            network_transaction_id: None,
            settled_by: None,
            commit: 1,
            is_final_capture: false,
            is_surplus: false,
            gives_back: None,
        }
    }

    /// A profile of the shared container that the tenant made and is linked to.
    pub(crate) async fn stored_profile(&self, by: &Tenant) -> Profile {
        let profile = self.profile_in(&self.customers, by);
        let write = self.begin().await;
        profiles::insert(&write, &scope(by), &profile).await.expect("a profile");
        let overlay = self.overlay_of(by, &profile);
        assert!(profiles::link(&write, &scope(by), &overlay, NOW).await.expect("a link"));
        write.commit().await.expect("a commit");
        profile
    }

    pub(crate) async fn stored_instrument(&self, by: &Tenant, profile: &Profile) -> Instrument {
        let instrument = self.instrument_of(by, profile);
        let write = self.begin().await;
        instruments::insert(&write, &scope(by), &instrument, b"sealed", None).await.expect("an instrument");
        write.commit().await.expect("a commit");
        instrument
    }

    pub(crate) async fn stored_connector(&self, of: &Tenant, name: &str) -> Connector {
        let connector = self.connector_of(of, name);
        let write = self.begin().await;
        connectors::insert(&write, &scope(of), &connector, b"sealed").await.expect("a connector");
        write.commit().await.expect("a commit");
        connector
    }

    pub(crate) async fn stored_payment(&self, payment: &Payment, attempt: &Attempt, of: &Tenant) {
        let write = self.begin().await;
        payments::insert(&write, &scope(of), payment).await.expect("a payment");
        payments::insert_attempt(&write, &scope(of), attempt).await.expect("an attempt");
        write.commit().await.expect("a commit");
    }
}

/// Computes and stores who may do what in a container.
pub(crate) async fn rebuild(write: &Write, id: ContainerId) {
    let sharing = containers::sharing(write, id).await.expect("an answer").expect("a container");
    let accesses = accesses(&sharing.container, &sharing.members, &sharing.shares, &sharing.opt_outs);
    containers::store_access(write, id, &accesses).await.expect("access");
}

fn root(dice: &Dice, slug: &str) -> Tenant {
    let id = TenantId::mint(dice);
    tenant(id, None, id, Path::root(id), slug)
}

fn child(dice: &Dice, parent: &Tenant, slug: &str) -> Tenant {
    let id = TenantId::mint(dice);
    tenant(id, Some(parent.id), parent.root_id, parent.path.child(id), slug)
}

fn tenant(id: TenantId, parent_id: Option<TenantId>, root_id: TenantId, path: Path, slug: &str) -> Tenant {
    Tenant {
        id,
        parent_id,
        root_id,
        path,
        slug: slug.to_owned(),
        name: format!("The {slug}"),
        status: TenantStatus::Active,
        features: Features::all(),
        default_currency: currency("EUR"),
        created_at: NOW,
        updated_at: NOW,
        version: 1,
    }
}

fn container(dice: &Dice, owner: &Tenant, name: &str) -> Container {
    Container {
        id: ContainerId::mint(dice),
        owner_tenant_id: owner.id,
        environment: Environment::Sandbox,
        name: name.to_owned(),
        description: None,
        status: ContainerStatus::Active,
        created_at: NOW,
        updated_at: NOW,
        version: 1,
    }
}

fn share(dice: &Dice, container: &Container, grantee: &Tenant, permissions: Permissions) -> Share {
    Share {
        id: Id::mint(dice),
        container_id: container.id,
        grantee_tenant_id: grantee.id,
        include_descendants: false,
        permissions,
        status: ShareStatus::Active,
        granted_by: "operator".to_owned(),
        expires_at: Timestamp::NEVER,
        created_at: NOW,
        updated_at: NOW,
    }
}
