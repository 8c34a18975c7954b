//! Payments and their attempts. Only their own tenant sees them.
//!
//! What a payment becomes is decided by [`purser_domain::payment::state::apply`]; here it is written down
//! under two kinds of condition. A version that somebody else has moved on refuses the change, and an
//! amount that is set aside is set aside by the same statement that checks what is left of it.

use purser_domain::Scope;
use purser_domain::container::Permission;
use purser_domain::payment::attempt::{Attempt, AttemptStatus};
use purser_domain::payment::state::{Change, is_capturable, is_refundable};
use purser_domain::payment::{Payment, PaymentStatus};
use purser_types::id::{AttemptId, ConnectorId, InstrumentId, PaymentId, ProfileId};
use purser_types::{Currency, Timestamp};

use crate::db::{Engine, Read, Write, all, one};
use crate::entity::payment::Model;
use crate::entity::{attempt, profile_total};
use crate::error::Error;
use crate::parse::to_json;
use crate::sql::Sql;
use crate::visibility::{granted, own, reached};

/// What an observation of an attempt changes.
#[derive(Debug)]
pub struct PaymentRecord<'a> {
    /// The payment.
    pub payment_id: PaymentId,
    /// The version that the change was computed from.
    pub expected_version: i32,
    /// The new state of the payment and of the attempt.
    pub change: &'a Change,
    /// The attempt that was observed.
    pub attempt_id: AttemptId,
    /// The processor's reference, if it told one; an earlier one stays otherwise.
    pub connector_reference: Option<String>,
    /// Why there was no answer, for operators.
    pub failure: Option<String>,
    /// The connector that the payment is at now; the one of before stays otherwise.
    pub connector_id: Option<ConnectorId>,
    /// The instrument that was stored or used, if one was.
    pub instrument_id: Option<InstrumentId>,
    /// The method's name, if the processor told it.
    pub method: Option<String>,
    /// The instant of the change.
    pub now: Timestamp,
    /// What the change adds to the customer's totals.
    pub total_delta: Option<TotalDelta>,
}

/// What is added to a customer's totals at one tenant in one currency. A void takes away again, so that
/// numbers may be negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TotalDelta {
    /// The customer's profile.
    pub profile_id: ProfileId,
    /// The currency of the amounts.
    pub currency: Currency,
    /// Payments made.
    pub payment_count: i64,
    /// Payments that succeeded.
    pub success_count: i64,
    /// Minor units that were captured.
    pub captured: i64,
    /// Minor units that went back.
    pub refunded: i64,
    /// When.
    pub at: Timestamp,
}

const OWN: &str = "id = $4 AND tenant_id = $1 AND environment = $2";

/// Stores a payment of the viewer's.
///
/// # Errors
/// [`Constraint::MerchantTransactionId`](crate::Constraint::MerchantTransactionId);
/// [`Error::OutOfScope`] for another tenant's or environment's.
pub async fn insert(w: &Write, scope: &Scope, payment: &Payment) -> Result<(), Error> {
    let doing = "storing a payment";
    own(doing, scope, payment.tenant_id, payment.environment)?;
    w.execute(doing, Sql::scoped(scope, "").insert(&Model::of(payment), &[])).await?;
    Ok(())
}

/// Stores an attempt of a payment of the viewer's, with the instrument that the payment names now.
///
/// # Errors
/// [`Constraint::AttemptPosition`](crate::Constraint::AttemptPosition); [`Error::OutOfScope`] if there is
/// no such payment of the viewer's.
pub async fn insert_attempt(w: &Write, scope: &Scope, attempt: &Attempt) -> Result<(), Error> {
    use attempt::Column;
    let doing = "storing an attempt";
    let condition = "FROM payment p WHERE p.id = $4 AND p.tenant_id = $1 AND p.environment = $2";
    let of_payment = [(Column::TenantId, "p.tenant_id"), (Column::InstrumentId, "p.instrument_id")];
    let sql = Sql::scoped(scope, condition)
        .bind(attempt.payment_id.uuid())
        .insert(&attempt::Model::of(attempt), &of_payment);
    reached(doing, w.execute(doing, sql).await?)
}

/// Writes an observation down: the payment, the attempt and the customer's totals. False, and nothing is
/// changed, if the payment is not the viewer's or has another version by now.
///
/// # Errors
/// [`Error::OutOfScope`] if the attempt is not one of the payment's that may still change;
/// [`Constraint::Check`](crate::Constraint::Check) if the amounts contradict each other.
pub async fn record(w: &Write, scope: &Scope, record: &PaymentRecord<'_>) -> Result<bool, Error> {
    let doing = "recording an observation";
    if w.execute(doing, of_payment(scope, record)).await? == 0 {
        return Ok(false);
    }
    reached(doing, w.execute(doing, of_attempt(scope, record)).await?)?;
    if let Some(delta) = &record.total_delta {
        add_total(w, scope, delta).await?;
    }
    Ok(true)
}

fn of_payment(scope: &Scope, record: &PaymentRecord<'_>) -> Sql {
    let text = format!(
        "UPDATE payment SET status = $6, amount_authorized = $7, amount_captured = $8, \
         amount_capture_pending = $9, amount_refunded = $10, amount_refund_pending = $11, decline = $12, \
         next_action = $13, connector_id = COALESCE($14, connector_id), \
         instrument_id = COALESCE($15, instrument_id), method = COALESCE($16, method), updated_at = $17, \
         version = version + 1 WHERE {OWN} AND version = $5"
    );
    let change = record.change;
    Sql::scoped(scope, text)
        .bind(record.payment_id.uuid())
        .bind(record.expected_version)
        .bind(change.status.as_str())
        .bind(change.amounts.authorized)
        .bind(change.amounts.captured)
        .bind(change.amounts.capture_pending)
        .bind(change.amounts.refunded)
        .bind(change.amounts.refund_pending)
        .bind(change.decline.as_ref().map(to_json))
        .bind(change.next_action.as_ref().map(to_json))
        .bind(record.connector_id.map(ConnectorId::uuid))
        .bind(record.instrument_id.map(InstrumentId::uuid))
        .bind(record.method.clone())
        .bind(record.now.unix_micros())
}

fn of_attempt(scope: &Scope, record: &PaymentRecord<'_>) -> Sql {
    let open: Vec<&str> =
        AttemptStatus::ALL.iter().filter(|status| !status.is_final()).map(|status| status.as_str()).collect();
    let text = format!(
        "UPDATE attempt SET status = $6, connector_reference = COALESCE($7, connector_reference), \
         decline = $8, failure = $9, finished_at = $10 \
         WHERE id = $4 AND payment_id = $5 AND tenant_id = $1 AND status IN ({})",
        texts(&open)
    );
    let change = record.change;
    let finished_at = change.attempt.is_final().then_some(record.now.unix_micros());
    Sql::scoped(scope, text)
        .bind(record.attempt_id.uuid())
        .bind(record.payment_id.uuid())
        .bind(change.attempt.as_str())
        .bind(record.connector_reference.clone())
        .bind(change.attempt_decline.as_ref().map(to_json))
        .bind(record.failure.clone())
        .bind(finished_at)
}

/// Adds to what a customer has paid at the viewer. Totals begin with a grant in the profile's container
/// and go on without one. A profile that is gone, or never was in reach, has none, and that is no error:
/// the payment is recorded all the same.
///
/// # Errors
/// [`Constraint::Check`](crate::Constraint::Check) if more would have gone back than was captured.
pub async fn add_total(w: &Write, scope: &Scope, delta: &TotalDelta) -> Result<(), Error> {
    let doing = "adding to a customer's totals";
    if w.execute(doing, adding(scope, delta)).await? == 0 {
        w.execute(doing, beginning(w.engine(), scope, delta)).await?;
        w.execute(doing, adding(scope, delta)).await?;
    }
    Ok(())
}

/// Sums stop at the largest number: SQLite would go on with floats, which no read understands, and
/// PostgreSQL would refuse to record that the money moved.
fn adding(scope: &Scope, delta: &TotalDelta) -> Sql {
    let text = "UPDATE profile_total SET payment_count = payment_count + $6, \
                success_count = success_count + $7, \
                captured = CASE WHEN $8 > 0 AND captured > 9223372036854775807 - $8 \
                THEN 9223372036854775807 ELSE captured + $8 END, \
                refunded = CASE WHEN $9 > 0 AND refunded > 9223372036854775807 - $9 \
                THEN 9223372036854775807 ELSE refunded + $9 END, \
                last_payment_at = CASE WHEN $10 > last_payment_at THEN $10 ELSE last_payment_at END \
                WHERE tenant_id = $1 AND profile_id = $4 AND currency = $5";
    Sql::scoped(scope, text)
        .bind(delta.profile_id.uuid())
        .bind(delta.currency.code())
        .bind(delta.payment_count)
        .bind(delta.success_count)
        .bind(delta.captured)
        .bind(delta.refunded)
        .bind(delta.at.unix_micros())
}

/// Totals of nothing. Not an insertion of the numbers with their addition on a conflict: both engines hold
/// the row that was proposed against the checks first, and a refund alone breaks one.
fn beginning(engine: Engine, scope: &Scope, delta: &TotalDelta) -> Sql {
    let model = profile_total::Model {
        tenant_id: scope.tenant().uuid(),
        profile_id: delta.profile_id.uuid(),
        currency: delta.currency.to_string(),
        payment_count: 0,
        success_count: 0,
        captured: 0,
        refunded: 0,
        last_payment_at: delta.at.unix_micros(),
    };
    // On PostgreSQL the lock keeps the profile from going between the condition and the foreign key.
    let lock = match engine {
        Engine::Postgres => " FOR KEY SHARE OF p",
        Engine::Sqlite => "",
    };
    let knows = granted("p.container_id", &[Permission::ReadProfile, Permission::StoreInstrument]);
    Sql::scoped(scope, format!("FROM profile p WHERE p.id = $4 AND {knows}{lock}"))
        .bind(delta.profile_id.uuid())
        .insert(&model, &[])
        .then("ON CONFLICT (tenant_id, profile_id, currency) DO NOTHING")
}

/// Sets minor units aside for a capture, if the payment's state and what is left of it allow; false if
/// not. The payment's version grows.
///
/// # Errors
/// Faults of the database.
pub async fn reserve_capture(
    w: &Write,
    scope: &Scope,
    id: PaymentId,
    minor: i64,
    now: Timestamp,
) -> Result<bool, Error> {
    let text = format!(
        "UPDATE payment SET amount_capture_pending = amount_capture_pending + $5, updated_at = $6, \
         version = version + 1 WHERE {OWN} AND $5 > 0 \
         AND amount_authorized - amount_captured - amount_capture_pending >= $5 AND status IN ({})",
        statuses(is_capturable)
    );
    let sql = Sql::scoped(scope, text).bind(id.uuid()).bind(minor).bind(now.unix_micros());
    Ok(w.execute("reserving a capture", sql).await? == 1)
}

/// Sets minor units aside for a refund, if the payment's state and what is left of it allow; false if not.
/// The payment's version grows.
///
/// # Errors
/// Faults of the database.
pub async fn reserve_refund(
    w: &Write,
    scope: &Scope,
    id: PaymentId,
    minor: i64,
    now: Timestamp,
) -> Result<bool, Error> {
    let text = format!(
        "UPDATE payment SET amount_refund_pending = amount_refund_pending + $5, updated_at = $6, \
         version = version + 1 WHERE {OWN} AND $5 > 0 \
         AND amount_captured - amount_refunded - amount_refund_pending >= $5 AND status IN ({})",
        statuses(is_refundable)
    );
    let sql = Sql::scoped(scope, text).bind(id.uuid()).bind(minor).bind(now.unix_micros());
    Ok(w.execute("reserving a refund", sql).await? == 1)
}

/// A payment of the viewer's.
///
/// # Errors
/// Faults of the database.
pub async fn find(on: &impl Read, scope: &Scope, id: PaymentId) -> Result<Option<Payment>, Error> {
    let sql = Sql::scoped(scope, format!("SELECT * FROM payment WHERE {OWN}")).bind(id.uuid());
    found(on, sql).await
}

/// A payment of the viewer's by the viewer's own id of it.
///
/// # Errors
/// Faults of the database.
pub async fn by_transaction_id(
    on: &impl Read,
    scope: &Scope,
    merchant_transaction_id: &str,
) -> Result<Option<Payment>, Error> {
    let text = "SELECT * FROM payment WHERE tenant_id = $1 AND environment = $2 \
                AND merchant_transaction_id = $4";
    found(on, Sql::scoped(scope, text).bind(merchant_transaction_id)).await
}

/// The attempts of a payment of the viewer's, in order.
///
/// # Errors
/// Faults of the database.
pub async fn attempts(on: &impl Read, scope: &Scope, id: PaymentId) -> Result<Vec<Attempt>, Error> {
    let text = "SELECT a.* FROM attempt a JOIN payment p ON p.id = a.payment_id WHERE p.id = $4 \
                AND p.tenant_id = $1 AND p.environment = $2 ORDER BY a.position";
    let sql = Sql::scoped(scope, text).bind(id.uuid());
    let rows: Vec<attempt::Model> = all(on, "finding attempts", sql).await?;
    rows.into_iter().map(attempt::Model::parse).collect()
}

/// A payment of the viewer's, which nobody else changes until this transaction ends.
///
/// # Errors
/// [`Error::Unavailable`] if the lock stays taken.
pub async fn find_with_lock(w: &Write, scope: &Scope, id: PaymentId) -> Result<Option<Payment>, Error> {
    // On SQLite the transaction has the only write lock since it began. On PostgreSQL not FOR UPDATE,
    // which would hold up the insertion of attempts.
    let lock = match w.engine() {
        Engine::Postgres => " FOR NO KEY UPDATE",
        Engine::Sqlite => "",
    };
    let sql = Sql::scoped(scope, format!("SELECT * FROM payment WHERE {OWN}{lock}")).bind(id.uuid());
    found(w, sql).await
}

async fn found(on: &impl Read, sql: Sql) -> Result<Option<Payment>, Error> {
    let row: Option<Model> = one(on, "finding a payment", sql).await?;
    row.map(Model::parse).transpose()
}

/// The states of which the domain says that something may be asked for.
fn statuses(allows: fn(PaymentStatus) -> bool) -> String {
    let allowed: Vec<&str> =
        PaymentStatus::ALL.iter().filter(|status| allows(**status)).map(|status| status.as_str()).collect();
    texts(&allowed)
}

/// Our own words as a list of SQL texts; never a value from outside.
fn texts(words: &[&str]) -> String {
    words.iter().map(|word| format!("'{word}'")).collect::<Vec<String>>().join(", ")
}
