//! Orders. Only their own tenant sees them.

use purser_domain::Scope;
use purser_domain::order::{Fulfilment, Order, OrderStatus};
use purser_domain::payment::Amounts;
use purser_types::id::OrderId;
use purser_types::{Currency, Money, Timestamp};

use crate::db::{Engine, Read, Write, column, one};
use crate::entity::order::{Model, delivery};
use crate::error::Error;
use crate::sql::Sql;
use crate::visibility::own;

const OWN: &str = "id = $4 AND tenant_id = $1 AND environment = $2";

/// Stores an order of the viewer's.
///
/// # Errors
/// [`Constraint::OrderExternalId`](crate::Constraint::OrderExternalId);
/// [`Constraint::Check`](crate::Constraint::Check) if the total is not the sum of its parts;
/// [`Error::OutOfScope`] for another tenant's or environment's.
pub async fn insert(w: &Write, scope: &Scope, order: &Order) -> Result<(), Error> {
    let doing = "storing an order";
    own(doing, scope, order.tenant_id, order.environment)?;
    w.execute(doing, Sql::scoped(scope, "").insert(&Model::of(order), &[])).await?;
    Ok(())
}

/// What changes of an order after it was submitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderChange {
    /// Where it stands.
    pub status: OrderStatus,
    /// How it was delivered; what was known before stays if none.
    pub fulfilment: Option<Fulfilment>,
    /// The instant of the change.
    pub now: Timestamp,
}

/// Changes an order of the viewer's. False, and nothing is changed, if it has another version by now or is
/// not the viewer's.
///
/// # Errors
/// Faults of the database.
pub async fn update(
    w: &Write,
    scope: &Scope,
    id: OrderId,
    expected_version: i32,
    change: &OrderChange,
) -> Result<bool, Error> {
    let text = format!(
        "UPDATE customer_order SET status = $6, fulfilment = COALESCE($7, fulfilment), updated_at = $8, \
         version = version + 1 WHERE {OWN} AND version = $5"
    );
    let sql = Sql::scoped(scope, text)
        .bind(id.uuid())
        .bind(expected_version)
        .bind(change.status.as_str())
        .bind(change.fulfilment.as_ref().map(delivery))
        .bind(change.now.unix_micros());
    Ok(w.execute("changing an order", sql).await? == 1)
}

/// An order of the viewer's.
///
/// # Errors
/// Faults of the database.
pub async fn find(on: &impl Read, scope: &Scope, id: OrderId) -> Result<Option<Order>, Error> {
    found(on, Sql::scoped(scope, format!("SELECT * FROM customer_order WHERE {OWN}")).bind(id.uuid())).await
}

/// An order of the viewer's, which nobody else changes until this transaction ends.
///
/// # Errors
/// [`Error::Unavailable`] if the lock stays taken.
pub async fn find_with_lock(w: &Write, scope: &Scope, id: OrderId) -> Result<Option<Order>, Error> {
    let lock = match w.engine() {
        Engine::Postgres => " FOR NO KEY UPDATE",
        Engine::Sqlite => "",
    };
    found(w, Sql::scoped(scope, format!("SELECT * FROM customer_order WHERE {OWN}{lock}")).bind(id.uuid()))
        .await
}

/// An order of the viewer's by the viewer's own id of it.
///
/// # Errors
/// Faults of the database.
pub async fn by_external_id(
    on: &impl Read,
    scope: &Scope,
    external_id: &str,
) -> Result<Option<Order>, Error> {
    let text = "SELECT * FROM customer_order WHERE tenant_id = $1 AND environment = $2 AND external_id = $4";
    found(on, Sql::scoped(scope, text).bind(external_id)).await
}

/// What all payments of an order of the viewer's have captured and given back, in the order's currency;
/// the other amounts are zero.
///
/// # Errors
/// Faults of the database.
pub async fn paid(on: &impl Read, scope: &Scope, id: OrderId, currency: Currency) -> Result<Amounts, Error> {
    let doing = "adding up the payments of an order";
    let text = "SELECT CAST(COALESCE(SUM(amount_captured), 0) AS bigint) AS captured, \
                CAST(COALESCE(SUM(amount_refunded), 0) AS bigint) AS refunded FROM payment \
                WHERE order_id = $4 AND tenant_id = $1 AND environment = $2 AND currency = $5";
    let rows = on.rows(doing, Sql::scoped(scope, text).bind(id.uuid()).bind(currency.code())).await?;
    let nothing = Amounts::requested(Money::zero(currency));
    let Some(row) = rows.first() else { return Ok(nothing) };
    Ok(Amounts {
        captured: column(doing, row, "captured")?,
        refunded: column(doing, row, "refunded")?,
        ..nothing
    })
}

async fn found(on: &impl Read, sql: Sql) -> Result<Option<Order>, Error> {
    let row: Option<Model> = one(on, "finding an order", sql).await?;
    row.map(Model::parse).transpose()
}
