//! Databases that hold the world: a file of SQLite always, and a database of PostgreSQL if
//! `PURSER_TEST_POSTGRES` names a server. Each test gets copies of its own.

use std::sync::atomic::{AtomicU32, Ordering};

use purser_domain::SystemScope;
use purser_domain::container::{Access, Permissions, ShareStatus};
use purser_domain::payment::Payment;
use purser_storage::payments::TotalDelta;
use purser_storage::{
    Error, Store, StoreOptions, Write, connectors, containers, instruments, keys, payments, profiles, tenants,
};
use purser_types::Timestamp;
use tempfile::TempDir;
use tokio::sync::OnceCell;
use tokio_postgres::NoTls;

use crate::world::{World, at, scope};

/// A database with the world in it.
pub(crate) struct Database {
    pub(crate) store: Store,
    pub(crate) url: String,
    _directory: Option<TempDir>,
}

/// One database per engine.
pub(crate) async fn databases(world: &World) -> Vec<Database> {
    let mut databases = vec![sqlite(world).await];
    if let Some(server) = server() {
        databases.push(postgres(world, &server).await);
    }
    databases
}

/// The PostgreSQL server to test with.
pub(crate) fn server() -> Option<String> {
    std::env::var("PURSER_TEST_POSTGRES").ok().filter(|url| !url.is_empty())
}

/// A store of its own on a database, whose statements nobody else adds to.
pub(crate) async fn open(url: &str) -> Store {
    let options = StoreOptions { url: url.to_owned(), read_connections: 2, write_connections: 1 };
    Store::open(&options).await.expect("the database opens")
}

async fn sqlite(world: &World) -> Database {
    static SEEDED: OnceCell<Vec<u8>> = OnceCell::const_new();
    let directory = TempDir::new().expect("a directory");
    let path = directory.path().join("world.sqlite");
    let seed = async || {
        let raw = directory.path().join("raw.sqlite");
        let url = format!("sqlite:{}?mode=rwc", raw.display());
        purser_migrations::migrate(&url).await.expect("migrations run");
        seed(&open(&url).await, world).await.expect("the world is stored");
        let whole = directory.path().join("whole.sqlite");
        let connection = rusqlite::Connection::open(&raw).expect("the file opens");
        let vacuumed = connection.execute("VACUUM INTO ?1", [whole.display().to_string()]);
        vacuumed.expect("the file is copied");
        std::fs::read(&whole).expect("the copy is read")
    };
    std::fs::write(&path, SEEDED.get_or_init(seed).await).expect("the file is written");
    let url = format!("sqlite:{}", path.display());
    Database { store: open(&url).await, url, _directory: Some(directory) }
}

async fn postgres(world: &World, server: &str) -> Database {
    static SEEDED: OnceCell<String> = OnceCell::const_new();
    static COPIES: AtomicU32 = AtomicU32::new(0);
    let prefix = format!("reads_{}", std::process::id());
    let seed = async || {
        let template = format!("{prefix}_template");
        statement(server, &format!("CREATE DATABASE {template}")).await;
        let url = on_server(server, &template);
        purser_migrations::migrate(&url).await.expect("migrations run");
        seed(&open(&url).await, world).await.expect("the world is stored");
        // A template can be copied only while nobody is connected to it.
        let others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname";
        statement(server, &format!("ALTER DATABASE {template} ALLOW_CONNECTIONS false")).await;
        statement(server, &format!("{others} = '{template}'")).await;
        template
    };
    let template = SEEDED.get_or_init(seed).await;
    let name = format!("{prefix}_{}", COPIES.fetch_add(1, Ordering::Relaxed));
    statement(server, &format!("CREATE DATABASE {name} TEMPLATE {template}")).await;
    let url = on_server(server, &name);
    Database { store: open(&url).await, url, _directory: None }
}

/// The URL of another database of the same server.
fn on_server(server: &str, database: &str) -> String {
    let (base, query) = server.split_once('?').unwrap_or((server, ""));
    let (authority, _) = base.rsplit_once('/').filter(|(rest, _)| !rest.ends_with('/')).unwrap_or((base, ""));
    format!("{authority}/{database}?{query}")
}

/// Sends one statement to a database of PostgreSQL.
pub(crate) async fn statement(url: &str, text: &str) {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("the server answers");
    let driver = tokio::spawn(connection);
    client.batch_execute(text).await.expect("the statement runs");
    driver.abort();
}

/// Stores the world through the repositories. While it is stored every tenant may do everything.
async fn seed(store: &Store, world: &World) -> Result<(), Error> {
    let w = store.begin().await?;
    seed_tenants(&w, world).await?;
    for container in &world.containers {
        containers::insert(&w, &scope(container.owner_tenant_id, container.environment), container).await?;
        let everything = world.tenants.iter().map(|tenant| Access {
            tenant_id: tenant.id,
            share_id: None,
            permissions: Permissions::all(),
            expires_at: Timestamp::NEVER,
        });
        containers::store_access(&w, container.id, &everything.collect::<Vec<_>>()).await?;
    }
    seed_sharing(&w, world).await?;
    seed_profiles(&w, world).await?;
    seed_payments(&w, world).await?;
    for container in &world.containers {
        let real = world.accesses.iter().filter(|(id, _)| *id == container.id);
        let real: Vec<Access> = real.map(|(_, access)| access.clone()).collect();
        containers::store_access(&w, container.id, &real).await?;
    }
    w.commit().await
}

async fn seed_tenants(w: &Write, world: &World) -> Result<(), Error> {
    let system = SystemScope::new("seeding a test", at(0));
    for tenant in &world.tenants {
        tenants::insert(w, &system, tenant).await?;
    }
    for (index, key) in world.keys.iter().enumerate() {
        let hash = [u8::try_from(index).expect("few keys"); 32];
        keys::insert_system(w, &system, key, &hash).await?;
    }
    for connector in &world.connectors {
        connectors::insert(w, &scope(connector.tenant_id, connector.environment), connector, b"sealed")
            .await?;
    }
    for router in &world.routers {
        connectors::insert_router(w, &scope(router.tenant_id, router.environment), router).await?;
    }
    Ok(())
}

async fn seed_sharing(w: &Write, world: &World) -> Result<(), Error> {
    let container = |id| world.containers.iter().find(|container| container.id == id).expect("a container");
    for share in &world.shares {
        let container = container(share.container_id);
        let owner = scope(container.owner_tenant_id, container.environment);
        containers::put_share(w, &owner, share).await?;
        if share.status == ShareStatus::Revoked {
            containers::revoke_share(w, &owner, share.id, share.updated_at).await?;
        }
    }
    for opt_out in &world.opt_outs {
        containers::insert_opt_out(w, &scope(opt_out.tenant_id, opt_out.environment), opt_out).await?;
    }
    for binding in &world.bindings {
        containers::put_binding(w, &scope(binding.tenant_id, binding.environment), binding).await?;
    }
    Ok(())
}

async fn seed_profiles(w: &Write, world: &World) -> Result<(), Error> {
    let environment = |id| {
        let mut containers = world.containers.iter();
        containers.find(|container| container.id == id).expect("a container").environment
    };
    let profile = |id| world.profiles.iter().find(|profile| profile.id == id).expect("a profile");
    for profile in &world.profiles {
        let scope = scope(profile.created_by_tenant_id, environment(profile.container_id));
        profiles::insert(w, &scope, profile).await?;
    }
    for overlay in &world.overlays {
        let profile = profile(overlay.profile_id);
        let scope = scope(overlay.tenant_id, environment(profile.container_id));
        profiles::put_overlay(w, &scope, overlay, profile.created_at).await?;
    }
    for instrument in &world.instruments {
        let scope = scope(instrument.stored_by_tenant_id, environment(instrument.container_id));
        instruments::insert(w, &scope, instrument, b"sealed", None).await?;
    }
    for (tenant_id, total) in &world.totals {
        let delta = TotalDelta {
            profile_id: total.profile_id,
            currency: total.currency,
            payment_count: total.payment_count,
            success_count: total.success_count,
            captured: total.captured,
            refunded: total.refunded,
            at: total.last_payment_at,
        };
        let scope = scope(*tenant_id, environment(profile(total.profile_id).container_id));
        payments::add_total(w, &scope, &delta).await?;
    }
    Ok(())
}

async fn seed_payments(w: &Write, world: &World) -> Result<(), Error> {
    let own = |payment: &Payment| scope(payment.tenant_id, payment.environment);
    for payment in &world.payments {
        payments::insert(w, &own(payment), payment).await?;
    }
    for attempt in &world.attempts {
        let payment = world.payments.iter().find(|payment| payment.id == attempt.payment_id);
        payments::insert_attempt(w, &own(payment.expect("a payment")), attempt).await?;
    }
    Ok(())
}
