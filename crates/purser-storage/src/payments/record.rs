//! Writing a change of a payment down: the payment, the attempt, the events, the ledger and the totals.
//!
//! Everything that follows from a change is written with it or not at all. On PostgreSQL it is one
//! statement, so that it can be sent without a transaction around it ([`record_alone`]): one round trip,
//! and no lock is held while anything but the database is waited for. On SQLite the same parts are sent one
//! after the other within a transaction. Both take the same values in the same places.
//!
//! The condition is the version: a change that was computed from a payment that somebody else has moved on
//! changes nothing, and whoever made it reads and decides again. What is sent twice, because the first answer
//! was lost, meets the version that it made itself.

use std::sync::LazyLock;

use purser_domain::Scope;
use purser_domain::payment::attempt::Attempt;
use purser_domain::payment::event::{EventKind, Origin};
use purser_domain::payment::{Payment, ledger};
use purser_types::Timestamp;
use purser_types::id::{AttemptId, ConnectorId, ContainerId, EventId, InstrumentId, ProfileId, RouterId};
use sea_orm::Value;
use serde_json::json;

use super::totals::{self, TotalDelta};
use crate::db::{Connection, Engine, Store, Write, column};
use crate::entity::payment::due_at;
use crate::error::Error;
use crate::parse::to_json;
use crate::sql::Sql;

/// A change of a payment, and what it was computed from.
#[derive(Debug, Clone, Copy)]
pub struct PaymentRecord<'a> {
    /// The payment as it was read. Its version is the condition, its amounts are where the ledger goes on.
    pub before: &'a Payment,
    /// The payment as it is to be: its state, amounts, route, commits and times. What never changes (its
    /// ids, terms, source and metadata), its version and its instants are not read.
    pub after: &'a Payment,
    /// The attempt that was observed, if one was.
    pub attempt: Option<AttemptRecord<'a>>,
    /// What is reported, in order; at most [`EVENTS_MAX`].
    pub events: &'a [NewEvent],
    /// What the change adds to the customer's totals.
    pub total_delta: Option<TotalDelta>,
    /// The instant of the change.
    pub now: Timestamp,
}

/// The most events of one change.
pub const EVENTS_MAX: usize = 8;

/// The change of an attempt.
#[derive(Debug, Clone, Copy)]
pub struct AttemptRecord<'a> {
    /// The attempt as it is to be. A reference that is missing here stays as it was, and an instant of
    /// its end that is missing is that of the change.
    pub after: &'a Attempt,
    /// What is kept sealed; none stays as it was. When the attempt is final, all but the token goes.
    pub seals: AttemptSeals<'a>,
}

/// What an attempt keeps beside itself for its repair.
#[derive(Debug, Clone, Copy, Default)]
pub struct AttemptSeals<'a> {
    /// The sealed request, to send the same bytes again.
    pub request: Option<&'a [u8]>,
    /// The plugin's sealed state between an action and its resumption.
    pub action: Option<&'a [u8]>,
    /// The keyed hash of the token in the customer's return address.
    pub return_token: Option<&'a [u8; 32]>,
}

/// An event that is to be written; its position and the payment's states are known to the statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewEvent {
    /// Its id.
    pub id: EventId,
    /// What happened.
    pub kind: EventKind,
    /// Who told.
    pub origin: Origin,
    /// The attempt it is about, if it is about one.
    pub attempt_id: Option<AttemptId>,
    /// The amount it is about, in minor units of the payment's currency.
    pub amount: Option<i64>,
}

/// Writes a change down within a transaction. False, and nothing is changed, if the payment is not the
/// viewer's or has another version by now, or if the attempt is not one of the payment's or has succeeded
/// and would be something else.
///
/// # Errors
/// [`Constraint::Check`](crate::Constraint::Check) if the amounts contradict each other;
/// [`Constraint::PaymentSuccess`](crate::Constraint::PaymentSuccess) if the payment was reported successful
/// before.
pub async fn record(w: &Write, scope: &Scope, record: &PaymentRecord<'_>) -> Result<bool, Error> {
    let doing = DOING;
    let values = values(scope, record)?;
    match w.engine() {
        Engine::Postgres => {
            let rows = w.rows(doing, Sql::with(&WHOLE, values)).await?;
            let Some(row) = rows.first() else { return Ok(false) };
            Ok(column::<i64>(doing, row, "changed")? == 1)
        }
        Engine::Sqlite => one_by_one(w, record, &values).await,
    }
}

/// Writes a change down as a transaction of its own: the same as [`record`] between
/// [`Store::begin`] and [`Write::commit`], in one round trip.
///
/// # Errors
/// As of [`record`]. After [`Error::Unavailable`] nobody knows whether the change was made: read again.
pub async fn record_alone(store: &Store, scope: &Scope, record: &PaymentRecord<'_>) -> Result<bool, Error> {
    if let Some(writers) = store.writers() {
        let values = values(scope, record)?;
        store.count();
        return Ok(writers.number(DOING, &WHOLE, &values).await? == 1);
    }
    let write = store.begin().await?;
    let is_changed = self::record(&write, scope, record).await?;
    write.commit().await?;
    Ok(is_changed)
}

const DOING: &str = "recording a change of a payment";

/// The statement of [`record_alone`] on PostgreSQL, for benchmarks that send the same.
#[must_use]
pub fn hot_write_sql() -> &'static str {
    &WHOLE
}

/// Where the values of the totals begin.
const TOTALS_AT: usize = 50;

/// `$1` tenant, `$2` environment, `$3` instant of the request; `$4` payment, `$5` version; `$6` to `$29` the
/// payment; `$30` to `$45` the attempt; `$46` status before, `$47` events, `$48` transfers, `$49` currency;
/// from `$50` the totals.
pub(super) fn values(scope: &Scope, record: &PaymentRecord<'_>) -> Result<Vec<Value>, Error> {
    if record.events.len() > EVENTS_MAX {
        return Err(Error::Database { doing: DOING, source: "too many events".into() });
    }
    let mut sql = Sql::scoped(scope, "").bind(record.before.id.uuid()).bind(record.before.version);
    sql = of_payment(sql, record);
    sql = of_attempt(sql, record);
    sql = sql
        .bind(record.before.status.as_str())
        .bind(events_json(record.events))
        .bind(transfers_json(record))
        .bind(record.before.amounts.currency.code());
    let sql = totals::values(record.total_delta.as_ref()).into_iter().fold(sql, Sql::bind);
    Ok(sql.into_values())
}

fn of_payment(sql: Sql, record: &PaymentRecord<'_>) -> Sql {
    let (before, after) = (record.before, record.after);
    let amounts = &after.amounts;
    // The route is a large document that rarely changes; none leaves it as it is.
    let route = (before.route != after.route).then(|| to_json(&after.route));
    sql.bind(after.status.as_str())
        .bind(amounts.requested)
        .bind(amounts.authorized)
        .bind(amounts.captured)
        .bind(amounts.capture_pending)
        .bind(amounts.refunded)
        .bind(amounts.refund_pending)
        .bind(amounts.disputed)
        .bind(after.decline.as_ref().map(to_json))
        .bind(after.next_action.as_ref().map(to_json))
        .bind(route)
        .bind(after.profile_id.map(ProfileId::uuid))
        .bind(after.container_id.map(ContainerId::uuid))
        .bind(after.instrument_id.map(InstrumentId::uuid))
        .bind(after.connector_id.map(ConnectorId::uuid))
        .bind(after.router_id.map(RouterId::uuid))
        .bind(after.method.clone())
        .bind(after.network_transaction_id.clone())
        .bind(after.capture_at.map(Timestamp::unix_micros))
        .bind(after.expires_at.map(Timestamp::unix_micros))
        .bind(due_at(after))
        .bind(after.commits)
        .bind(after.is_final_captured)
        .bind(record.now.unix_micros())
}

fn of_attempt(sql: Sql, record: &PaymentRecord<'_>) -> Sql {
    let attempt = record.attempt.map(|attempt| attempt.after);
    let seals = record.attempt.map(|attempt| attempt.seals).unwrap_or_default();
    let is_final = attempt.is_some_and(|attempt| attempt.status.is_final());
    let finished_at = attempt.and_then(|attempt| attempt.finished_at.or(is_final.then_some(record.now)));
    let bytes = |bytes: Option<&[u8]>| bytes.map(<[u8]>::to_vec);
    sql.bind(attempt.map(|attempt| attempt.id.uuid()))
        .bind(attempt.map(|attempt| attempt.status.as_str()))
        .bind(attempt.and_then(|attempt| attempt.connector_reference.clone()))
        .bind(attempt.and_then(|attempt| attempt.decline.as_ref().map(to_json)))
        .bind(attempt.and_then(|attempt| attempt.failure.clone()))
        .bind(finished_at.map(Timestamp::unix_micros))
        .bind(attempt.and_then(|attempt| attempt.action_expires_at).map(Timestamp::unix_micros))
        .bind(attempt.and_then(|attempt| attempt.next_check_at).map(Timestamp::unix_micros))
        .bind(attempt.and_then(|attempt| attempt.review.clone()))
        .bind(attempt.and_then(|attempt| attempt.network_transaction_id.clone()))
        .bind(attempt.and_then(|attempt| attempt.settled_by).map(Origin::as_str))
        .bind(attempt.is_some_and(|attempt| attempt.is_surplus))
        .bind(is_final)
        .bind(bytes(seals.request))
        .bind(bytes(seals.action))
        .bind(bytes(seals.return_token.map(<[u8; 32]>::as_slice)))
}

/// The events as both engines read them: a JSON array with the digits of ids.
pub(super) fn events_json(events: &[NewEvent]) -> String {
    let events = (1..).zip(events).map(|(n, event)| {
        json!({
            "n": n,
            "id": event.id.uuid().simple().to_string(),
            "kind": event.kind.as_str(),
            "origin": event.origin.as_str(),
            "attempt": event.attempt_id.map(|id| id.uuid().simple().to_string()),
            "amount": event.amount,
        })
    });
    serde_json::Value::Array(events.collect()).to_string()
}

/// What moves from the amounts of before to those of after, so that no ledger can fail to fold to them.
fn transfers_json(record: &PaymentRecord<'_>) -> String {
    let moved = ledger::transfers(&record.before.amounts, &record.after.amounts);
    let moved = (1..).zip(&moved).map(|(n, transfer)| {
        let (debit, credit) = (transfer.debit.as_str(), transfer.credit.as_str());
        json!({ "n": n, "debit": debit, "credit": credit, "minor": transfer.minor })
    });
    serde_json::Value::Array(moved.collect()).to_string()
}

/// The payment's row, under all conditions.
const CHANGED: &str = "UPDATE payment SET status = $6, amount = $7, amount_authorized = $8, \
    amount_captured = $9, amount_capture_pending = $10, amount_refunded = $11, amount_refund_pending = $12, \
    amount_disputed = $13, decline = $14, next_action = $15, route = COALESCE($16, route), profile_id = $17, \
    container_id = $18, instrument_id = $19, connector_id = $20, router_id = $21, method = $22, \
    network_transaction_id = $23, capture_at = $24, expires_at = $25, due_at = $26, commits = $27, \
    is_final_captured = $28, updated_at = $29, version = version + 1 \
    WHERE id = $4 AND tenant_id = $1 AND environment = $2 AND version = $5 \
    AND (EXISTS (SELECT 1 FROM attempt a WHERE a.id = $30 AND a.payment_id = $4 \
    AND a.tenant_id = $1 AND (a.status <> 'SUCCEEDED' OR $31 = 'SUCCEEDED')) OR $30 IS NULL)";

/// The attempt's row. The worker that had it is done with it.
const OBSERVED: &str = "UPDATE attempt SET status = $31, \
    connector_reference = COALESCE($32, connector_reference), decline = $33, failure = $34, finished_at = $35, \
    action_expires_at = $36, next_check_at = $37, review = $38, \
    network_transaction_id = COALESCE($39, network_transaction_id), settled_by = $40, is_surplus = $41, \
    request = CASE WHEN $42 THEN NULL ELSE COALESCE($43, request) END, \
    action = CASE WHEN $42 THEN NULL ELSE COALESCE($44, action) END, \
    return_token = COALESCE($45, return_token), lease_until = NULL";

/// What is written of an event whose description is `n`.
const EVENT: &str = "INSERT INTO event (id, tenant_id, environment, payment_id, position, kind, status_from, \
    status_to, origin, attempt_id, amount, currency, at)";
const TRANSFER: &str = "INSERT INTO ledger_transfer (payment_id, position, tenant_id, environment, attempt_id, \
    debit, credit, minor, currency, at)";

/// Everything in one statement. What follows a change is selected from its row, so that nothing is written
/// where it did not hold. Positions go on behind those that there are: whoever holds the version is alone.
static WHOLE: LazyLock<String> = LazyLock::new(|| {
    let condition = "EXISTS (SELECT 1 FROM changed)";
    let adding = totals::adding(Engine::Postgres, TOTALS_AT, condition);
    let beginning = format!("{condition} AND NOT EXISTS (SELECT 1 FROM added)");
    let beginning = totals::beginning(Engine::Postgres, TOTALS_AT, &beginning);
    format!(
        "WITH changed AS ({CHANGED} RETURNING 1), \
         observed AS ({OBSERVED} FROM changed WHERE attempt.id = $30 AND attempt.payment_id = $4), \
         told AS ({EVENT} SELECT n.id, $1, $2, $4, n.n + {}, n.kind, $46, $6, n.origin, n.attempt, n.amount, \
         $49, $29 FROM changed, json_to_recordset(CAST($47 AS json)) \
         AS n(n integer, id uuid, kind text, origin text, attempt uuid, amount bigint)), \
         moved AS ({TRANSFER} SELECT $4, n.n + {}, $1, $2, $30, n.debit, n.credit, n.minor, $49, $29 \
         FROM changed, json_to_recordset(CAST($48 AS json)) \
         AS n(n integer, debit text, credit text, minor bigint)), \
         added AS ({adding} RETURNING 1), \
         begun AS ({beginning}) \
         SELECT count(*) AS changed FROM changed",
        last_position("event"),
        last_position("ledger_transfer"),
    )
});

fn last_position(table: &str) -> String {
    format!("COALESCE((SELECT max(l.position) FROM {table} l WHERE l.payment_id = $4), 0)")
}

/// The same on SQLite, which has no statements that change several tables.
static PARTS: LazyLock<[String; 3]> = LazyLock::new(|| {
    let id = |name: &str| format!("unhex(value ->> '{name}')");
    [
        format!("{OBSERVED} WHERE id = $30 AND payment_id = $4"),
        format!(
            "{EVENT} SELECT {}, $1, $2, $4, (value ->> 'n') + {}, value ->> 'kind', $46, $6, value ->> 'origin', \
             {}, value ->> 'amount', $49, $29 FROM json_each($47)",
            id("id"),
            last_position("event"),
            id("attempt")
        ),
        format!(
            "{TRANSFER} SELECT $4, (value ->> 'n') + {}, $1, $2, $30, value ->> 'debit', value ->> 'credit', \
             value ->> 'minor', $49, $29 FROM json_each($48)",
            last_position("ledger_transfer")
        ),
    ]
});

async fn one_by_one(w: &Write, record: &PaymentRecord<'_>, values: &[Value]) -> Result<bool, Error> {
    if w.execute(DOING, Sql::with(CHANGED, values.to_vec())).await? == 0 {
        return Ok(false);
    }
    let [observed, told, moved] = &*PARTS;
    if record.attempt.is_some() {
        w.execute(DOING, Sql::with(observed, values.to_vec())).await?;
    }
    if !record.events.is_empty() {
        w.execute(DOING, Sql::with(told, values.to_vec())).await?;
    }
    if record.before.amounts != record.after.amounts {
        w.execute(DOING, Sql::with(moved, values.to_vec())).await?;
    }
    if record.total_delta.is_some() {
        let adding = totals::adding(Engine::Sqlite, TOTALS_AT, "TRUE");
        if w.execute(DOING, Sql::with(&adding, values.to_vec())).await? == 0 {
            let beginning = totals::beginning(Engine::Sqlite, TOTALS_AT, "TRUE");
            w.execute(DOING, Sql::with(&beginning, values.to_vec())).await?;
        }
    }
    Ok(true)
}
