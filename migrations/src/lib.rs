//! Ordered schema changes and their runner.
//!
//! One file per change, named by its day and its words; a released file never changes. The schema
//! builder writes both dialects; raw SQL stands only where SQLite and PostgreSQL differ.
//!
//! Conventions that every table follows:
//! - ids are the 16 bytes of a UUIDv7 (`uuid`; a blob on SQLite), minted by the server;
//! - instants are `bigint` microseconds since the Unix epoch, so that both databases sort and compare
//!   them alike (`docs/adr/0003-instants-are-integers.md`); "never" is the largest of them;
//! - amounts are `bigint` minor units with the ISO 4217 code beside them, and constraints keep them sane;
//! - closed enums are text in the spelling of the graph; sets are the bits of one integer;
//! - every hot table carries `tenant_id` or `container_id`, which its hot queries are given.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, Statement};

mod columns;
mod m20261120_000001_tenants;
mod m20261120_000002_api_keys;
mod m20261120_000003_containers;
mod m20261120_000004_container_shares;
mod m20261120_000005_container_opt_outs;
mod m20261120_000006_container_access;
mod m20261120_000007_connectors;
mod m20261120_000008_routers;
mod m20261120_000009_container_bindings;
mod m20261120_000010_profiles;
mod m20261120_000011_profile_links;
mod m20261120_000012_instruments;
mod m20261120_000013_payments;
mod m20261120_000014_attempts;
mod m20261120_000015_profile_totals;
mod m20261120_000016_idempotency;
mod m20261120_000017_orders;
mod m20261120_000018_payment_terms;
mod m20261120_000019_attempt_repair;
mod m20261120_000020_events;
mod m20261120_000021_ledger;
mod m20261120_000022_notifications;
mod m20261120_000023_disputes;

/// The migrations in order.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261120_000001_tenants::Migration),
            Box::new(m20261120_000002_api_keys::Migration),
            Box::new(m20261120_000003_containers::Migration),
            Box::new(m20261120_000004_container_shares::Migration),
            Box::new(m20261120_000005_container_opt_outs::Migration),
            Box::new(m20261120_000006_container_access::Migration),
            Box::new(m20261120_000007_connectors::Migration),
            Box::new(m20261120_000008_routers::Migration),
            Box::new(m20261120_000009_container_bindings::Migration),
            Box::new(m20261120_000010_profiles::Migration),
            Box::new(m20261120_000011_profile_links::Migration),
            Box::new(m20261120_000012_instruments::Migration),
            Box::new(m20261120_000013_payments::Migration),
            Box::new(m20261120_000014_attempts::Migration),
            Box::new(m20261120_000015_profile_totals::Migration),
            Box::new(m20261120_000016_idempotency::Migration),
            Box::new(m20261120_000017_orders::Migration),
            Box::new(m20261120_000018_payment_terms::Migration),
            Box::new(m20261120_000019_attempt_repair::Migration),
            Box::new(m20261120_000020_events::Migration),
            Box::new(m20261120_000021_ledger::Migration),
            Box::new(m20261120_000022_notifications::Migration),
            Box::new(m20261120_000023_disputes::Migration),
        ]
    }
}

/// Brings the database at `url` up to date.
///
/// # Errors
/// What the database answered.
pub async fn migrate(url: &str) -> Result<(), DbErr> {
    let connection = connect(url).await?;
    Migrator::up(&connection, None).await?;
    connection.close().await
}

/// What a database says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// The engine's name and version.
    pub version: String,
    /// How many migrations of this binary have not run.
    pub pending: usize,
    /// How many have run that this binary does not know.
    pub unknown: usize,
    /// The database's clock, in microseconds since the epoch.
    pub now_micros: Option<i64>,
}

/// Looks at the database at `url` and changes nothing.
///
/// # Errors
/// What the database answered.
pub async fn inspect(url: &str) -> Result<Inspection, DbErr> {
    let connection = connect(url).await?;
    let backend = connection.get_database_backend();
    let (version, clock) = match backend {
        sea_orm::DbBackend::Sqlite => ("SELECT 'SQLite ' || sqlite_version() AS it", None),
        _ => (
            "SELECT split_part(version(), ' on ', 1) AS it",
            Some("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS it"),
        ),
    };
    let version: String = one(&connection, version).await?;
    let now_micros = match clock {
        Some(text) => Some(one(&connection, text).await?),
        None => None,
    };
    let known: Vec<String> = Migrator::migrations().iter().map(|it| it.name().to_owned()).collect();
    let applied: Vec<String> = if connection_has_history(&connection).await? {
        let text = "SELECT version AS it FROM seaql_migrations";
        let rows = connection.query_all_raw(Statement::from_string(backend, text)).await?;
        rows.iter().map(|row| row.try_get("", "it")).collect::<Result<_, _>>()?
    } else {
        Vec::new()
    };
    connection.close().await?;
    Ok(Inspection {
        version,
        pending: known.iter().filter(|name| !applied.contains(name)).count(),
        unknown: applied.iter().filter(|name| !known.contains(name)).count(),
        now_micros,
    })
}

async fn connection_has_history(connection: &sea_orm::DatabaseConnection) -> Result<bool, DbErr> {
    SchemaManager::new(connection).has_table("seaql_migrations").await
}

async fn one<T: sea_orm::TryGetable>(
    connection: &sea_orm::DatabaseConnection,
    text: &str,
) -> Result<T, DbErr> {
    let statement = Statement::from_string(connection.get_database_backend(), text);
    let row = connection.query_one_raw(statement).await?;
    row.ok_or_else(|| DbErr::RecordNotFound(text.to_owned()))?.try_get("", "it")
}

async fn connect(url: &str) -> Result<sea_orm::DatabaseConnection, DbErr> {
    let mut options = sea_orm::ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    sea_orm::Database::connect(options).await
}
