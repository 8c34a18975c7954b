//! What can go wrong, in the words of whoever decides what to do about it.

use std::borrow::Cow;

use sea_orm::{DbErr, RuntimeErr};
use sqlx::error::DatabaseError;

/// Why the database did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A rule that the database keeps was about to be broken. Nothing was changed.
    #[error("a rule of the database was about to be broken: {0}")]
    Conflict(Constraint),
    /// The value names another tenant or environment than the scope, or something that the scope may
    /// not touch. Nothing was changed, and the transaction goes on.
    #[error("{doing}: the value is outside the scope of the request")]
    OutOfScope {
        /// What was being done.
        doing: &'static str,
    },
    /// The database cannot be reached, is overloaded, or gave up waiting for a lock. The transaction
    /// was rolled back, so that it may be tried again.
    #[error("{doing}: the database is not available: {source}")]
    Unavailable {
        /// What was being done.
        doing: &'static str,
        /// What the database or the driver said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A row holds what this version cannot read.
    #[error("{table}.{column} of row {row} cannot be read")]
    Inconsistent {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The row's key.
        row: String,
    },
    /// The database refused for another reason, which is a fault of ours.
    #[error("{doing}: {source}")]
    Database {
        /// What was being done.
        doing: &'static str,
        /// What the database or the driver said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// A rule that the database keeps.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Constraint {
    /// Slugs are unique.
    #[error("the slug of a tenant")]
    TenantSlug,
    /// Names are unique among an owner's containers of one environment.
    #[error("the name of a container")]
    ContainerName,
    /// Names are unique among a tenant's connectors of one environment.
    #[error("the name of a connector")]
    ConnectorName,
    /// Names are unique among a tenant's routers of one environment.
    #[error("the name of a router")]
    RouterName,
    /// The identification is unique in its container.
    #[error("the customerIdentification of a profile")]
    CustomerIdentification,
    /// The external id is unique among a tenant's profiles of one environment.
    #[error("the external id of a profile")]
    ExternalId,
    /// The transaction id is unique among a tenant's payments of one environment.
    #[error("the merchantTransactionId of a payment")]
    MerchantTransactionId,
    /// A tenant stores the same instrument once per profile and processor.
    #[error("the fingerprint of an instrument")]
    Fingerprint,
    /// A container is shared once with a tenant.
    #[error("the grantee of a share")]
    ShareGrantee,
    /// A tenant has one default binding per environment.
    #[error("the default binding of a tenant")]
    BindingDefault,
    /// A connector has one binding.
    #[error("the binding of a connector")]
    BindingConnector,
    /// A tenant opts out once of all containers, and once of each.
    #[error("the opt-out of a tenant")]
    OptOut,
    /// Attempts of one payment have different positions.
    #[error("the position of an attempt")]
    AttemptPosition,
    /// A payment becomes successful once.
    #[error("the success of a payment")]
    PaymentSuccess,
    /// The external id is unique among a tenant's orders of one environment.
    #[error("the external id of an order")]
    OrderExternalId,
    /// Two attempts never share the token of a return address.
    #[error("the return token of an attempt")]
    ReturnToken,
    /// A condition on the columns of one table, which is named.
    #[error("a check of table {0}")]
    Check(String),
    /// Any other rule, as the database names it.
    #[error("{0}")]
    Other(String),
}

/// Unique rules by the name that PostgreSQL reports, and by the columns that SQLite reports.
const UNIQUE: &[(&str, &str, Constraint)] = &[
    ("tenant_slug", "tenant.slug", Constraint::TenantSlug),
    (
        "container_name",
        "container.owner_tenant_id, container.environment, container.name",
        Constraint::ContainerName,
    ),
    (
        "connector_name",
        "connector.tenant_id, connector.environment, connector.name",
        Constraint::ConnectorName,
    ),
    ("event_success", "event.payment_id", Constraint::PaymentSuccess),
    (
        "customer_order_external_id",
        "customer_order.tenant_id, customer_order.environment, customer_order.external_id",
        Constraint::OrderExternalId,
    ),
    ("attempt_return_token", "attempt.return_token", Constraint::ReturnToken),
    ("router_name", "router.tenant_id, router.environment, router.name", Constraint::RouterName),
    (
        "profile_identification",
        "profile.container_id, profile.customer_identification",
        Constraint::CustomerIdentification,
    ),
    (
        "profile_link_external_id",
        "profile_link.tenant_id, profile_link.environment, profile_link.external_id",
        Constraint::ExternalId,
    ),
    (
        "payment_transaction_id",
        "payment.tenant_id, payment.environment, payment.merchant_transaction_id",
        Constraint::MerchantTransactionId,
    ),
    (
        "instrument_fingerprint",
        "instrument.profile_id, instrument.stored_by_tenant_id, instrument.plugin_id, \
         instrument.processor, instrument.fingerprint",
        Constraint::Fingerprint,
    ),
    (
        "container_share_grantee",
        "container_share.container_id, container_share.grantee_tenant_id",
        Constraint::ShareGrantee,
    ),
    (
        "container_binding_default",
        "container_binding.tenant_id, container_binding.environment",
        Constraint::BindingDefault,
    ),
    ("container_binding_connector", "container_binding.connector_id", Constraint::BindingConnector),
    (
        "container_opt_out_one",
        "container_opt_out.tenant_id, container_opt_out.container_id",
        Constraint::OptOut,
    ),
    (
        "container_opt_out_all",
        "container_opt_out.tenant_id, container_opt_out.environment",
        Constraint::OptOut,
    ),
    ("attempt_position", "attempt.payment_id, attempt.position", Constraint::AttemptPosition),
];

/// SQLSTATE classes and codes of PostgreSQL after which the same transaction may be tried again:
/// lost connections (08), serialisation and deadlock (40), too few resources (53), a lock or a
/// statement that took too long (55P03, 57014), and a server that goes or comes (57P).
const TRANSIENT_SQLSTATES: &[&str] = &["08", "40", "53", "55P03", "57014", "57P"];

/// Primary result codes of SQLite after which the same may be tried again: busy, locked, I/O error,
/// disk full, cannot open.
const TRANSIENT_SQLITE_CODES: &[i32] = &[5, 6, 10, 13, 14];

impl Error {
    /// What an error of the model's library means.
    pub(crate) fn of_model(doing: &'static str, error: DbErr) -> Self {
        match error {
            DbErr::Conn(RuntimeErr::SqlxError(error))
            | DbErr::Exec(RuntimeErr::SqlxError(error))
            | DbErr::Query(RuntimeErr::SqlxError(error)) => Self::of_driver(doing, &error),
            DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => {
                Self::Unavailable { doing, source: Box::new(error) }
            }
            other => Self::Database { doing, source: Box::new(other) },
        }
    }

    /// What an error of the driver means.
    pub(crate) fn of_driver(doing: &'static str, error: &sqlx::Error) -> Self {
        let source = error.to_string().into();
        match error {
            sqlx::Error::Database(database) => Self::of_database(doing, database.as_ref()),
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Self::Unavailable { doing, source },
            _ => Self::Database { doing, source },
        }
    }

    /// What an error of the driver of the single writes means.
    pub(crate) fn of_postgres(doing: &'static str, error: &tokio_postgres::Error) -> Self {
        let Some(database) = error.as_db_error() else {
            return Self::Unavailable { doing, source: error.to_string().into() };
        };
        let code = database.code().code();
        let rule = database.constraint().unwrap_or_default();
        match code {
            "23505" => return Self::Conflict(named(Some(rule), rule)),
            "23514" => {
                let table = database.table().unwrap_or(rule);
                return Self::Conflict(Constraint::Check(table.to_owned()));
            }
            "23503" => return Self::Conflict(Constraint::Other(rule.to_owned())),
            _ => {}
        }
        // The message only: the detail of an error repeats values of the row.
        let source = database.message().to_owned().into();
        if TRANSIENT_SQLSTATES.iter().any(|start| code.starts_with(start)) {
            Self::Unavailable { doing, source }
        } else {
            Self::Database { doing, source }
        }
    }

    fn of_database(doing: &'static str, error: &dyn DatabaseError) -> Self {
        if let Some(constraint) = constraint(error) {
            return Self::Conflict(constraint);
        }
        // The message only: the detail of a PostgreSQL error repeats values of the row.
        let source = error.message().to_owned().into();
        if is_transient(error) {
            Self::Unavailable { doing, source }
        } else {
            Self::Database { doing, source }
        }
    }
}

fn constraint(error: &dyn DatabaseError) -> Option<Constraint> {
    if error.is_unique_violation() {
        return Some(unique(error));
    }
    if error.is_check_violation() {
        // SQLite repeats the condition instead of the table's name.
        let table = error.table().map_or_else(|| after_colon(error.message()), Cow::Borrowed);
        return Some(Constraint::Check(table.into_owned()));
    }
    if error.is_foreign_key_violation() {
        return Some(Constraint::Other(error.constraint().unwrap_or("a foreign key").to_owned()));
    }
    None
}

fn unique(error: &dyn DatabaseError) -> Constraint {
    named(error.constraint(), &after_colon(error.message()))
}

/// The unique rule of an index, or of columns.
fn named(index: Option<&str>, columns: &str) -> Constraint {
    let known = UNIQUE.iter().find(|(name, of, _)| index == Some(*name) || columns == *of);
    match known {
        Some((_, _, constraint)) => constraint.clone(),
        None => Constraint::Other(index.unwrap_or(columns).to_owned()),
    }
}

/// `UNIQUE constraint failed: tenant.slug` without its first half.
fn after_colon(message: &str) -> Cow<'_, str> {
    Cow::Borrowed(message.rsplit_once(": ").map_or(message, |(_, rest)| rest))
}

fn is_transient(error: &dyn DatabaseError) -> bool {
    let Some(code) = error.code() else { return false };
    let is_sqlite = error.try_downcast_ref::<sqlx::sqlite::SqliteError>().is_some();
    if !is_sqlite {
        return TRANSIENT_SQLSTATES.iter().any(|start| code.starts_with(start));
    }
    // The low byte of an extended code is the primary one.
    code.parse::<i32>().is_ok_and(|code| TRANSIENT_SQLITE_CODES.contains(&(code & 0xff)))
}
