//! Disputes of payments. Only the payment's own tenant sees them.

use purser_domain::Scope;
use purser_domain::payment::dispute::Dispute;
use purser_types::id::PaymentId;

use crate::db::{Read, Write, all, one};
use crate::entity::dispute::Model;
use crate::error::Error;
use crate::sql::Sql;
use crate::visibility::reached;

/// The most disputes of one payment that are listed; card networks know four stages of one.
pub const PER_PAYMENT_MAX: u32 = 20;

/// Stores a dispute of a payment of the viewer's, or what was learned of it since. Whoever calls holds the
/// lock of the payment and has asked [`Dispute::learn`] what is news.
///
/// # Errors
/// [`Error::OutOfScope`] if there is no such payment of the viewer's.
pub async fn put(w: &Write, scope: &Scope, dispute: &Dispute) -> Result<(), Error> {
    let doing = "storing a dispute";
    let payment = "FROM payment p WHERE p.id = $4 AND p.tenant_id = $1 AND p.environment = $2";
    let sql = Sql::scoped(scope, payment)
        .bind(dispute.payment_id.uuid())
        .insert(&Model::of(scope, dispute), &[])
        .then(
            "ON CONFLICT (payment_id, connector_reference) DO UPDATE SET stage = excluded.stage, \
             status = excluded.status, reason = excluded.reason, due_at = excluded.due_at, \
             resolved_at = excluded.resolved_at",
        );
    reached(doing, w.execute(doing, sql).await?)
}

/// A dispute of a payment of the viewer's by the processor's reference.
///
/// # Errors
/// Faults of the database.
pub async fn find(
    on: &impl Read,
    scope: &Scope,
    payment_id: PaymentId,
    connector_reference: &str,
) -> Result<Option<Dispute>, Error> {
    let text = "SELECT * FROM dispute WHERE payment_id = $4 AND connector_reference = $5 AND tenant_id = $1 \
                AND environment = $2";
    let sql = Sql::scoped(scope, text).bind(payment_id.uuid()).bind(connector_reference);
    let row: Option<Model> = one(on, "finding a dispute", sql).await?;
    row.map(Model::parse).transpose()
}

/// The disputes of a payment of the viewer's, the first first, at most [`PER_PAYMENT_MAX`].
///
/// # Errors
/// Faults of the database.
pub async fn of_payment(on: &impl Read, scope: &Scope, payment_id: PaymentId) -> Result<Vec<Dispute>, Error> {
    let text = "SELECT * FROM dispute WHERE payment_id = $4 AND tenant_id = $1 AND environment = $2 \
                ORDER BY opened_at, id LIMIT $5";
    let sql = Sql::scoped(scope, text).bind(payment_id.uuid()).bind(i64::from(PER_PAYMENT_MAX));
    let rows: Vec<Model> = all(on, "finding disputes", sql).await?;
    rows.into_iter().map(Model::parse).collect()
}
