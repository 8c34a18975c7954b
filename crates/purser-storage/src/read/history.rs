//! The history of payments: events, the ledger, disputes. Seen by whoever sees the payment.

use std::sync::LazyLock;

use purser_domain::Scope;
use purser_domain::payment::dispute::Dispute;
use purser_domain::payment::event::Event;
use purser_domain::payment::ledger::Entry;
use purser_types::id::{DisputeId, EventId, PaymentId};
use uuid::Uuid;

use super::net;
use super::row::{Row, Table};
use super::statement::{Param, Sql, Statement};
use super::tables::history::{DISPUTE, EVENT, TRANSFER, dispute, event, transfer};
use super::visibility::scoped;
use crate::{Error, Store};

/// The most events of one payment that are read, the newest. Positions have no gaps, so that the bound is a
/// range of the index.
pub const EVENTS_MAX: u32 = 100;
/// The most transfers of one payment that are read, the newest.
pub const TRANSFERS_MAX: u32 = 1_000;

static EVENTS: LazyLock<Sql> = LazyLock::new(|| newest(&EVENT, EVENTS_MAX));
static TRANSFERS: LazyLock<Sql> = LazyLock::new(|| newest(&TRANSFER, TRANSFERS_MAX));
static DISPUTES: LazyLock<Sql> =
    LazyLock::new(|| Sql::both(&format!("{} ORDER BY h.opened_at, h.id", of_payments(&DISPUTE))));

fn of_payments(table: &Table) -> String {
    format!(
        "SELECT {} FROM payment p JOIN_NEXT {} h ON h.payment_id = p.id \
         WHERE p.tenant_id = $1 AND p.environment = $2 AND p.id IN_IDS($4)",
        table.list("h"),
        table.name
    )
}

fn newest(table: &Table, max: u32) -> Sql {
    let rows = of_payments(table);
    let last = format!("(SELECT max(l.position) FROM {} l WHERE l.payment_id = p.id)", table.name);
    Sql::both(&format!("{rows} AND h.position > {last} - {max} ORDER BY h.payment_id, h.position"))
}

/// The newest events of each payment by their position, at most [`EVENTS_MAX`], in the order of the ids.
///
/// # Errors
/// As of every read.
pub async fn events_of(
    store: &Store,
    scope: &Scope,
    payment_ids: &[PaymentId],
) -> Result<Vec<Vec<Event>>, Error> {
    let decode = |row: &mut Row| event(row).map(|found| (found.payment_id.uuid(), found));
    of_each(store, scope, &EVENTS, payment_ids, decode).await
}

/// The newest transfers of each payment by their position, at most [`TRANSFERS_MAX`], in the order of the ids.
///
/// # Errors
/// As of every read.
pub async fn ledger_of(
    store: &Store,
    scope: &Scope,
    payment_ids: &[PaymentId],
) -> Result<Vec<Vec<Entry>>, Error> {
    of_each(store, scope, &TRANSFERS, payment_ids, transfer).await
}

/// The disputes of each payment, the first first, in the order of the ids.
///
/// # Errors
/// As of every read.
pub async fn disputes_of(
    store: &Store,
    scope: &Scope,
    payment_ids: &[PaymentId],
) -> Result<Vec<Vec<Dispute>>, Error> {
    let decode = |row: &mut Row| dispute(row).map(|found| (found.payment_id.uuid(), found));
    of_each(store, scope, &DISPUTES, payment_ids, decode).await
}

/// The events of the ids, in their order; `None` for what is not the viewer's.
///
/// # Errors
/// As of every read.
pub async fn events_by_id(
    store: &Store,
    scope: &Scope,
    ids: &[EventId],
) -> Result<Vec<Option<Event>>, Error> {
    static SQL: LazyLock<Sql> = LazyLock::new(|| by_id(&EVENT));
    let rows = store.reads().one(&SQL, scoped(scope, [Param::Ids(net::distinct(ids))])).await?;
    let found = rows.into_iter().map(|mut row| event(&mut row).map(|found| (found.id.uuid(), found)));
    Ok(net::options(ids, found.collect::<Result<Vec<_>, Error>>()?))
}

/// The disputes of the ids, in their order; `None` for what is not the viewer's.
///
/// # Errors
/// As of every read.
pub async fn disputes_by_id(
    store: &Store,
    scope: &Scope,
    ids: &[DisputeId],
) -> Result<Vec<Option<Dispute>>, Error> {
    static SQL: LazyLock<Sql> = LazyLock::new(|| by_id(&DISPUTE));
    let rows = store.reads().one(&SQL, scoped(scope, [Param::Ids(net::distinct(ids))])).await?;
    let found = rows.into_iter().map(|mut row| dispute(&mut row).map(|found| (found.id.uuid(), found)));
    Ok(net::options(ids, found.collect::<Result<Vec<_>, Error>>()?))
}

fn by_id(table: &Table) -> Sql {
    let (columns, name) = (table.list("h"), table.name);
    Sql::both(&format!(
        "SELECT {columns} FROM {name} h WHERE h.tenant_id = $1 AND h.environment = $2 AND h.id IN_IDS($4)"
    ))
}

async fn of_each<T: Clone>(
    store: &Store,
    scope: &Scope,
    sql: &'static Sql,
    payment_ids: &[PaymentId],
    decode: impl Fn(&mut Row) -> Result<(Uuid, T), Error>,
) -> Result<Vec<Vec<T>>, Error> {
    let rows = store.reads().one(sql, params(scope, payment_ids)).await?;
    let found = rows.into_iter().map(|mut row| decode(&mut row)).collect::<Result<Vec<_>, Error>>()?;
    Ok(net::aligned(payment_ids, net::grouped(found), Vec::new))
}

fn params(scope: &Scope, payment_ids: &[PaymentId]) -> Vec<Param> {
    scoped(scope, [Param::Ids(net::distinct(payment_ids))])
}

/// The statements by name, for whoever asks an engine how it would run them.
pub(super) fn statements(scope: &Scope) -> [(&'static str, Statement); 3] {
    [("events", &EVENTS), ("transfers", &TRANSFERS), ("disputes", &DISPUTES)]
        .map(|(name, sql)| (name, Statement::new(sql, params(scope, &[]))))
}
