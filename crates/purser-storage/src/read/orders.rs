//! Orders and what pays them, which only their own tenant sees.

use std::sync::LazyLock;

use purser_domain::Scope;
use purser_domain::order::Order;
use purser_domain::payment::Payment;
use purser_types::id::OrderId;
use purser_types::page::{Page, Slice};

use super::list::List;
use super::net;
use super::statement::{Param, Sql, Statement};
use super::tables::orders::{ORDER, order as decode};
use super::tables::payments::{PAYMENT, payment};
use super::visibility::scoped;
use crate::{Error, Store};

/// The viewer's own orders.
const OWN: &str = "FROM customer_order o WHERE o.tenant_id = $1 AND o.environment = $2";

/// An order's columns, and the two sums that say where it stands.
fn columns() -> String {
    let sum = |amount: &str| {
        format!(
            "(SELECT CAST(COALESCE(SUM(q.{amount}), 0) AS bigint) FROM payment q WHERE q.order_id = o.id \
             AND q.tenant_id = $1 AND q.environment = $2 AND q.currency = o.currency) AS {amount}"
        )
    };
    format!("{}, {}, {}", ORDER.list("o"), sum("amount_captured"), sum("amount_refunded"))
}

static NEWEST: LazyLock<List> = LazyLock::new(|| List::new(&columns(), "o", OWN));
static PAYMENTS: LazyLock<List> = LazyLock::new(|| {
    // Tested in a way that no planner sees through: the payments of an order are few, and a planner may look
    // for them among all of the tenant's, which are in order already.
    let own = "CASE WHEN p.tenant_id = $1 AND p.environment = $2 THEN 1 ELSE 0 END = 1";
    let source = &format!("FROM payment p WHERE p.order_id = $9 AND {own}");
    List::new(&PAYMENT.list("p"), "p", source)
});

/// The orders of the ids, in their order; `None` for what is not the viewer's.
///
/// # Errors
/// As of every read.
pub async fn orders_by_id(
    store: &Store,
    scope: &Scope,
    ids: &[OrderId],
) -> Result<Vec<Option<Order>>, Error> {
    static SQL: LazyLock<Sql> =
        LazyLock::new(|| Sql::both(&format!("SELECT {} {OWN} AND o.id IN_IDS($4)", columns())));
    let rows = store.reads().one(&SQL, scoped(scope, [Param::Ids(net::distinct(ids))])).await?;
    let found = rows.into_iter().map(|mut row| decode(&mut row).map(|found| (found.id.uuid(), found)));
    Ok(net::options(ids, found.collect::<Result<Vec<_>, Error>>()?))
}

/// The viewer's order that has an external id.
///
/// # Errors
/// As of every read.
pub async fn order_by_external_id(
    store: &Store,
    scope: &Scope,
    external_id: &str,
) -> Result<Option<Order>, Error> {
    static SQL: LazyLock<Sql> =
        LazyLock::new(|| Sql::both(&format!("SELECT {} {OWN} AND o.external_id = $4", columns())));
    let row = store.reads().one(&SQL, scoped(scope, [Param::Text(external_id.into())])).await?.pop();
    row.map(|mut row| decode(&mut row)).transpose()
}

/// The viewer's orders.
///
/// # Errors
/// As of every read.
pub async fn orders(store: &Store, scope: &Scope, page: Page) -> Result<Slice<Order>, Error> {
    NEWEST.page(store, scope, &page, &[], decode).await
}

/// The payments of one of the viewer's orders.
///
/// # Errors
/// As of every read.
pub async fn payments_of_order(
    store: &Store,
    scope: &Scope,
    id: OrderId,
    page: Page,
) -> Result<Slice<Payment>, Error> {
    PAYMENTS.page(store, scope, &page, &[Param::Id(id.uuid())], payment).await
}

/// The statements of a page by name, for whoever asks an engine how it would run them.
pub(super) fn statements(scope: &Scope, page: &Page) -> [(&'static str, Statement); 2] {
    let order_id = Param::Id(uuid::Uuid::nil());
    [
        ("orders", NEWEST.statement(scope, page, &[])),
        ("paying an order", PAYMENTS.statement(scope, page, &[order_id])),
    ]
}
