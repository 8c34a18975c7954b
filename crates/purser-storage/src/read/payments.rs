//! Payments and attempts. A payment is seen by the tenant that made it, in its environment, and by
//! nobody else; what a profile or a container lets others see does not matter here.

use std::collections::HashMap;
use std::sync::LazyLock;

use purser_domain::Scope;
use purser_domain::payment::attempt::Attempt;
use purser_domain::payment::{Payment, PaymentKind, PaymentSource, PaymentStatus};
use purser_types::id::{PaymentId, ProfileId};
use purser_types::page::{Direction, Page, Slice};
use purser_types::{Id, Timestamp};
use uuid::Uuid;

use super::key::{Key, PerKey};
use super::keyset::{PerDirection, is_within, page_params, slice, slice_of, total_params};
use super::net;
use super::row::Row;
use super::selection::{PaymentFilter, PaymentLookup, PaymentsKey};
use super::statement::{Param, Sql, Statement};
use super::tables::payments::{
    ATTEMPT, LINE, PAYMENT, PAYMENT_BRIEF, attempt, line, payment as decode, payment_brief,
};
use super::view::PaymentLine;
use super::visibility::scoped;
use crate::{Error, Store};

/// The viewer's own payments.
const OWN: &str = "p.tenant_id = $1 AND p.environment = $2";

/// The filter, which is `$9` to `$14`; a part that is NULL holds for every payment. One text serves
/// every filter: the parts are tested row by row in the order of the index, so that a filter that few
/// payments pass reads more of the list than it shows.
const FILTER: &str = "($9 IS NULL OR p.status IN_TEXTS($9)) AND ($10 IS NULL OR p.kind IN_TEXTS($10)) \
    AND ($11 IS NULL OR p.source = $11) AND ($12 IS NULL OR p.connector_id = $12) \
    AND ($13 IS NULL OR p.instrument_id = $13) AND ($14 IS NULL OR p.profile_id = $14)";
/// The first parameter of a key behind page and filter.
const KEY_AT: usize = 15;

static BY_ID: LazyLock<Sql> = LazyLock::new(|| by("p.id IN_IDS($4)"));
static BY_TRANSACTION_ID: LazyLock<Sql> = LazyLock::new(|| by("p.merchant_transaction_id = $4"));

fn by(condition: &str) -> Sql {
    let columns = PAYMENT.list("p");
    Sql::both(&format!("SELECT {columns} FROM payment p WHERE {OWN} AND {condition}"))
}

/// Reads the index `payment_newest` in its order.
static NEWEST: LazyLock<PerDirection<Sql>> = LazyLock::new(|| page_of("", "payment"));
static NEWEST_TOTAL: LazyLock<Sql> = LazyLock::new(|| total_of("", "payment"));

/// Reads the index `payment_instrument` and sorts what one instrument paid. Materialised, or a planner may
/// look for the few payments of the instrument among all of the tenant's, which are in order already.
const PAID: &str = "WITH paid AS MATERIALIZED (SELECT i.* FROM payment i WHERE i.instrument_id = $13) ";
static OF_INSTRUMENT: LazyLock<PerDirection<Sql>> = LazyLock::new(|| page_of(PAID, "paid"));
static OF_INSTRUMENT_TOTAL: LazyLock<Sql> = LazyLock::new(|| total_of(PAID, "paid"));

fn page_of(common: &str, table: &str) -> PerDirection<Sql> {
    let select = selecting(common, &PAYMENT.list("p"), table);
    PerDirection::new(|order| {
        let [postgres, sqlite] = order.page(&select, "p.created_at", "p.id");
        Sql::each(&postgres, &sqlite)
    })
}

fn total_of(common: &str, table: &str) -> Sql {
    Sql::both(&selecting(common, "count(*)", table))
}

fn selecting(common: &str, columns: &str, table: &str) -> String {
    let within = is_within("p.created_at", "p.id");
    format!("{common}SELECT {columns} FROM {table} p WHERE {OWN} AND {FILTER} AND {within}")
}

/// The newest payments of each profile, read off the end of the index `payment_profile_newest`, however
/// many the profile has. SQLite has no lateral joins: there a subquery names the rows and a join reads
/// them.
static OF_PROFILES: LazyLock<PerDirection<PerKey>> = LazyLock::new(|| of_profiles(&PAYMENT.list("p")));
static BRIEF_OF_PROFILES: LazyLock<PerDirection<PerKey>> =
    LazyLock::new(|| of_profiles(&PAYMENT_BRIEF.list("p")));
static LINES_OF_PROFILES: LazyLock<PerDirection<PerKey>> = LazyLock::new(|| of_profiles(&LINE.list("p")));

fn of_profiles(columns: &str) -> PerDirection<PerKey> {
    let rows = of_one_profile();
    PerDirection::new(|order| {
        PerKey::new(|kind| {
            let [postgres_keys, sqlite_keys] = kind.ids(KEY_AT);
            let [page, _] = order.page(&format!("SELECT {columns} {rows}"), "p.created_at", "p.id");
            let [_, rowids] = order.page(&format!("SELECT p.rowid {rows}"), "p.created_at", "p.id");
            Sql::each(
                &format!("SELECT page.* FROM {postgres_keys} k CROSS JOIN LATERAL {page} page"),
                &format!(
                    "SELECT {columns} FROM {sqlite_keys} k CROSS JOIN payment p ON p.rowid IN ({rowids})"
                ),
            )
        })
    })
}

static OF_PROFILES_TOTAL: LazyLock<PerKey> = LazyLock::new(|| {
    let rows = of_one_profile();
    PerKey::new(|kind| {
        let [postgres, sqlite] =
            kind.ids(KEY_AT).map(|keys| format!("SELECT k.id, (SELECT count(*) {rows}) FROM {keys} k"));
        Sql::each(&postgres, &sqlite)
    })
});

fn of_one_profile() -> String {
    let within = is_within("p.created_at", "p.id");
    format!("FROM payment p WHERE p.profile_id = k.id AND {OWN} AND {FILTER} AND {within}")
}

/// The viewer's payments that pass the filter, newest first.
///
/// # Errors
/// As of every read.
pub async fn payments(
    store: &Store,
    scope: &Scope,
    filter: &PaymentFilter,
    page: Page,
) -> Result<Slice<Payment>, Error> {
    if let Some(profile_id) = filter.profile_id {
        let wanted = PaymentsKey { page, filter: filter.clone(), is_brief: false };
        let mut slices = payments_of(store, scope, &[profile_id], &wanted).await?;
        return Ok(slices
            .pop()
            .unwrap_or_else(|| Slice::of(&page, Vec::new(), page.with_total.then_some(0))));
    }
    let mut answers = store.reads().run(page_statements(scope, filter, &page)).await?.into_iter();
    slice_of(&page, answers.next().unwrap_or_default(), answers.next(), decode)
}

/// A page of payments of whatever profile, then the number of all if it is asked for.
pub(super) fn page_statements(scope: &Scope, filter: &PaymentFilter, page: &Page) -> Vec<Statement> {
    let (rows, total) = match filter.instrument_id {
        Some(_) => (&OF_INSTRUMENT, &OF_INSTRUMENT_TOTAL),
        None => (&NEWEST, &NEWEST_TOTAL),
    };
    let mut batch = vec![Statement::new(rows.of(page), page_and_filter(scope, page, filter))];
    if page.with_total {
        batch.push(Statement::new(total, total_and_filter(scope, page, filter)));
    }
    batch
}

/// One payment of the viewer.
///
/// # Errors
/// As of every read.
pub async fn payment(store: &Store, scope: &Scope, lookup: &PaymentLookup) -> Result<Option<Payment>, Error> {
    let (sql, key) = match lookup {
        PaymentLookup::Id(id) => (&BY_ID, Param::Ids([id.uuid()].into())),
        PaymentLookup::TransactionId(id) => (&BY_TRANSACTION_ID, Param::Text(id.as_str().into())),
    };
    let row = store.reads().one(sql, scoped(scope, [key])).await?.pop();
    row.map(|mut row| decode(&mut row)).transpose()
}

/// The payments of the ids, in their order; `None` for what the viewer does not see.
///
/// # Errors
/// As of every read.
pub async fn payments_by_id(
    store: &Store,
    scope: &Scope,
    ids: &[PaymentId],
) -> Result<Vec<Option<Payment>>, Error> {
    let params = scoped(scope, [Param::Ids(net::distinct(ids))]);
    let rows = store.reads().one(&BY_ID, params).await?;
    let found = rows.into_iter().map(|mut row| decode(&mut row).map(|payment| (payment.id.uuid(), payment)));
    Ok(net::options(ids, found.collect::<Result<Vec<_>, Error>>()?))
}

/// A page of the viewer's payments of each profile, in the order of the ids.
///
/// # Errors
/// As of every read.
pub async fn payments_of(
    store: &Store,
    scope: &Scope,
    profile_ids: &[ProfileId],
    wanted: &PaymentsKey,
) -> Result<Vec<Slice<Payment>>, Error> {
    let key = Key::ids(net::distinct(profile_ids));
    let mut answers = store.reads().run(statements_of(scope, &key, wanted)).await?.into_iter();
    let found = slices_of(wanted, &mut answers)?;
    Ok(net::aligned(profile_ids, found, || nothing(wanted)))
}

/// The attempts of each payment by their position, in the order of the ids.
///
/// # Errors
/// As of every read.
pub async fn attempts_of(
    store: &Store,
    scope: &Scope,
    payment_ids: &[PaymentId],
) -> Result<Vec<Vec<Attempt>>, Error> {
    static SQL: LazyLock<Sql> = LazyLock::new(|| {
        let columns = ATTEMPT.list("a");
        Sql::both(&format!(
            "SELECT {columns} FROM payment p JOIN_NEXT attempt a ON a.payment_id = p.id \
             WHERE {OWN} AND p.id IN_IDS($4) AND a.tenant_id = $1"
        ))
    });
    let params = scoped(scope, [Param::Ids(net::distinct(payment_ids))]);
    let rows = store.reads().one(&SQL, params).await?;
    let found =
        rows.into_iter().map(|mut row| attempt(&mut row).map(|found| (found.payment_id.uuid(), found)));
    let mut found = net::grouped(found.collect::<Result<Vec<_>, Error>>()?);
    for attempts in found.values_mut() {
        attempts.sort_unstable_by_key(|attempt| attempt.position);
    }
    Ok(net::aligned(payment_ids, found, Vec::new))
}

/// The statements for a page of payments of each profile of a key: the page, then its total if asked.
pub(super) fn statements_of(scope: &Scope, key: &Key, wanted: &PaymentsKey) -> Vec<Statement> {
    let texts = if wanted.is_brief { &BRIEF_OF_PROFILES } else { &OF_PROFILES };
    statements(texts, scope, key, wanted)
}

/// The same for lines.
pub(super) fn statements_of_lines(scope: &Scope, key: &Key, wanted: &PaymentsKey) -> Vec<Statement> {
    statements(&LINES_OF_PROFILES, scope, key, wanted)
}

fn statements(
    texts: &'static PerDirection<PerKey>,
    scope: &Scope,
    key: &Key,
    PaymentsKey { page, filter, .. }: &PaymentsKey,
) -> Vec<Statement> {
    let mut params = page_and_filter(scope, page, filter);
    params.extend(key.params());
    let mut batch = vec![Statement::new(texts.of(page).of(key), params)];
    if page.with_total {
        let mut params = total_and_filter(scope, page, filter);
        params.extend(key.params());
        batch.push(Statement::new(OF_PROFILES_TOTAL.of(key), params));
    }
    batch
}

/// The answers to [`statements_of`], by profile.
pub(super) fn slices_of(
    wanted: &PaymentsKey,
    answers: &mut impl Iterator<Item = Vec<Row>>,
) -> Result<HashMap<Uuid, Slice<Payment>>, Error> {
    let read = |row: &mut Row| {
        let payment = if wanted.is_brief { payment_brief(row)? } else { decode(row)? };
        let profile_id = payment.profile_id.ok_or_else(|| row.refused("no profile"))?;
        Ok((profile_id.uuid(), payment))
    };
    grouped(wanted, answers, read, |payment| (payment.created_at, payment.id))
}

/// The answers to [`statements_of_lines`], by profile.
pub(super) fn lines_of(
    wanted: &PaymentsKey,
    answers: &mut impl Iterator<Item = Vec<Row>>,
) -> Result<HashMap<Uuid, Slice<PaymentLine>>, Error> {
    let read = |row: &mut Row| line(row).map(|line| (line.profile_id.uuid(), line));
    grouped(wanted, answers, read, |line| (line.created_at, line.id))
}

/// A page of each profile, read from its rows and, if it was asked for, its total.
fn grouped<T>(
    wanted: &PaymentsKey,
    answers: &mut impl Iterator<Item = Vec<Row>>,
    read: impl Fn(&mut Row) -> Result<(Uuid, T), Error>,
    position: fn(&T) -> (Timestamp, PaymentId),
) -> Result<HashMap<Uuid, Slice<T>>, Error> {
    let rows = answers.next().unwrap_or_default().into_iter();
    let found = rows.map(|mut row| read(&mut row));
    let mut pages = net::grouped(found.collect::<Result<Vec<_>, Error>>()?);
    if !wanted.page.with_total {
        let slice = |(id, rows)| (id, in_order(&wanted.page, rows, None, position));
        return Ok(pages.into_iter().map(slice).collect());
    }
    let totals = answers.next().unwrap_or_default().into_iter();
    let slice = |mut row: Row| {
        let (id, total) = (row.uuid()?, row.int()?);
        Ok((id, in_order(&wanted.page, pages.remove(&id).unwrap_or_default(), Some(total), position)))
    };
    totals.map(slice).collect()
}

/// The slice of a profile that has no payments.
pub(super) fn nothing<T>(wanted: &PaymentsKey) -> Slice<T> {
    Slice::of(&wanted.page, Vec::new(), wanted.page.with_total.then_some(0))
}

/// The slice of one profile's rows. A join of several profiles need not keep the order of each.
fn in_order<T>(
    page: &Page,
    mut rows: Vec<T>,
    total: Option<i64>,
    position: fn(&T) -> (Timestamp, PaymentId),
) -> Slice<T> {
    match page.direction {
        Direction::Forward if rows.is_sorted_by(|left, right| position(left) >= position(right)) => {}
        Direction::Backward if rows.is_sorted_by_key(position) => {}
        Direction::Forward => rows.sort_unstable_by_key(|row| std::cmp::Reverse(position(row))),
        Direction::Backward => rows.sort_unstable_by_key(position),
    }
    slice(page, rows, total)
}

fn page_and_filter(scope: &Scope, page: &Page, filter: &PaymentFilter) -> Vec<Param> {
    let page = page_params(page, filter.created_from, filter.created_before);
    scoped(scope, page.into_iter().chain(filter_params(filter)))
}

fn total_and_filter(scope: &Scope, page: &Page, filter: &PaymentFilter) -> Vec<Param> {
    let page = total_params(page, filter.created_from, filter.created_before);
    scoped(scope, page.into_iter().chain(filter_params(filter)))
}

fn filter_params(filter: &PaymentFilter) -> [Param; 6] {
    fn words<T: Copy>(items: &[T], word: fn(T) -> &'static str) -> Param {
        Param::Words((!items.is_empty()).then(|| items.iter().map(|item| word(*item)).collect()))
    }
    [
        words(&filter.statuses, PaymentStatus::as_str),
        words(&filter.kinds, PaymentKind::as_str),
        Param::WordOrNone(filter.source.map(PaymentSource::as_str)),
        Param::IdOrNone(filter.connector_id.map(Id::uuid)),
        Param::IdOrNone(filter.instrument_id.map(Id::uuid)),
        Param::IdOrNone(filter.profile_id.map(Id::uuid)),
    ]
}
