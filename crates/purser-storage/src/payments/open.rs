//! The intent: what is committed before a processor is asked.
//!
//! A crash after it finds an attempt that repair looks at; a crash before it has asked nobody. On PostgreSQL
//! it is one statement, with the claim of the idempotency key first and everything else selected from it.

use purser_domain::Scope;
use purser_domain::payment::Payment;
use purser_domain::payment::attempt::Attempt;
use purser_types::id::InstrumentId;
use sea_orm::Value;

use super::record::events_json;
use super::totals::{self, TotalDelta};
use super::{AttemptSeals, NewEvent};
use crate::db::{Connection, Engine, Write, column};
use crate::entity::attempt;
use crate::entity::payment::Model;
use crate::error::Error;
use crate::idempotency::{self, Claim, Claimed};
use crate::sql::{Sql, names, row};
use crate::visibility::{own, reached};

/// A payment that is about to be made, with all that is known of it.
#[derive(Debug, Clone, Copy)]
pub struct Opening<'a> {
    /// The key of the request, if it has one.
    pub claim: Option<Claim<'a>>,
    /// The payment, whose version is 1.
    pub payment: &'a Payment,
    /// Its first attempt, if a processor is going to be asked.
    pub attempt: Option<NewAttempt<'a>>,
    /// What is reported.
    pub events: &'a [NewEvent],
    /// What it adds to the customer's totals.
    pub total_delta: Option<TotalDelta>,
}

/// An attempt that is about to be made.
#[derive(Debug, Clone, Copy)]
pub struct NewAttempt<'a> {
    /// The attempt.
    pub attempt: &'a Attempt,
    /// What is kept beside it.
    pub seals: AttemptSeals<'a>,
}

/// Stores a payment of the viewer's and nothing else.
///
/// # Errors
/// [`Constraint::MerchantTransactionId`](crate::Constraint::MerchantTransactionId);
/// [`Error::OutOfScope`] for another tenant's or environment's.
pub async fn insert(w: &Write, scope: &Scope, payment: &Payment) -> Result<(), Error> {
    own(DOING, scope, payment.tenant_id, payment.environment)?;
    w.execute(DOING, Sql::scoped(scope, "").insert(&Model::of(payment), &[])).await?;
    Ok(())
}

/// Stores an attempt of a payment of the viewer's, with the instrument that the payment names now.
///
/// # Errors
/// [`Constraint::AttemptPosition`](crate::Constraint::AttemptPosition); [`Error::OutOfScope`] if there is
/// no such payment of the viewer's.
pub async fn insert_attempt(w: &Write, scope: &Scope, attempt: &Attempt) -> Result<(), Error> {
    insert_sealed_attempt(w, scope, &NewAttempt { attempt, seals: AttemptSeals::default() }).await
}

/// The same, with what is kept beside it.
///
/// # Errors
/// As of [`insert_attempt`].
pub async fn insert_sealed_attempt(w: &Write, scope: &Scope, new: &NewAttempt<'_>) -> Result<(), Error> {
    let doing = "storing an attempt";
    let condition = "FROM payment p WHERE p.id = $4 AND p.tenant_id = $1 AND p.environment = $2";
    let sql = Sql::scoped(scope, condition)
        .bind(new.attempt.payment_id.uuid())
        .insert(&attempt::Model::of(new.attempt, &new.seals), &OF_PAYMENT);
    reached(doing, w.execute(doing, sql).await?)
}

const OF_PAYMENT: [(attempt::Column, &str); 3] = [
    (attempt::Column::TenantId, "p.tenant_id"),
    (attempt::Column::Environment, "p.environment"),
    (attempt::Column::InstrumentId, "p.instrument_id"),
];

/// Stores a payment of the viewer's with everything that belongs to it, if its key was not claimed before.
/// Without a key it is always the first; otherwise nothing is stored unless it is.
///
/// # Errors
/// [`Constraint::MerchantTransactionId`](crate::Constraint::MerchantTransactionId);
/// [`Error::OutOfScope`] for another tenant's or environment's; [`Error::Unavailable`] if a twin holds the
/// key for longer than a lock may be waited for.
pub async fn open(w: &Write, scope: &Scope, opening: &Opening<'_>) -> Result<Claimed, Error> {
    let payment = opening.payment;
    own(DOING, scope, payment.tenant_id, payment.environment)?;
    match w.engine() {
        Engine::Sqlite => one_by_one(w, scope, opening).await,
        Engine::Postgres => {
            let sql = whole(scope, opening);
            let rows = w.rows(DOING, sql).await?;
            let opened: i64 = rows.first().map_or(Ok(0), |row| column(DOING, row, "opened"))?;
            match &opening.claim {
                Some(claim) if opened == 0 => {
                    let known = idempotency::known(w, scope, claim).await?;
                    known.ok_or_else(|| Error::Unavailable {
                        doing: DOING,
                        source: "the key comes and goes".into(),
                    })
                }
                _ => Ok(Claimed::First),
            }
        }
    }
}

const DOING: &str = "storing a payment";

async fn one_by_one(w: &Write, scope: &Scope, opening: &Opening<'_>) -> Result<Claimed, Error> {
    if let Some(claim) = &opening.claim {
        match idempotency::claim(w, scope, claim).await? {
            Claimed::First => {}
            known => return Ok(known),
        }
    }
    insert(w, scope, opening.payment).await?;
    if let Some(new) = &opening.attempt {
        insert_sealed_attempt(w, scope, new).await?;
    }
    if !opening.events.is_empty() {
        let values = events(opening).into_iter();
        let text = format!(
            "{EVENT} SELECT unhex(value ->> 'id'), $1, $2, $4, value ->> 'n', value ->> 'kind', NULL, $5, \
             value ->> 'origin', unhex(value ->> 'attempt'), value ->> 'amount', $6, $7 FROM json_each($8)"
        );
        w.execute(DOING, values.fold(Sql::scoped(scope, text), Sql::bind)).await?;
    }
    if let Some(delta) = &opening.total_delta {
        totals::add_total(w, scope, delta).await?;
    }
    Ok(Claimed::First)
}

const EVENT: &str = "INSERT INTO event (id, tenant_id, environment, payment_id, position, kind, status_from, \
    status_to, origin, attempt_id, amount, currency, at)";

/// Payment, status, currency, instant, and the events themselves.
fn events(opening: &Opening<'_>) -> [Value; 5] {
    let payment = opening.payment;
    [
        payment.id.uuid().into(),
        payment.status.as_str().into(),
        payment.amounts.currency.code().into(),
        payment.created_at.unix_micros().into(),
        events_json(opening.events).into(),
    ]
}

/// One statement for all of it. Its texts are few: with or without a key, with or without an attempt.
fn whole(scope: &Scope, opening: &Opening<'_>) -> Sql {
    let mut sql = events(opening).into_iter().fold(Sql::scoped(scope, ""), Sql::bind);
    let mut parts = Vec::new();
    let mut from = "";
    if let Some(claim) = &opening.claim {
        let values: [Value; 5] = [
            claim.operation.into(),
            claim.key.into(),
            claim.fingerprint.to_vec().into(),
            claim.resource_id.into(),
            claim.now.unix_micros().into(),
        ];
        let places = sql.places(values);
        parts.push(format!(
            "claimed AS (INSERT INTO idempotency (tenant_id, environment, operation, key, fingerprint, \
             resource_id, created_at) VALUES ($1, $2, {places}) \
             ON CONFLICT (tenant_id, environment, operation, key) DO NOTHING RETURNING 1)"
        ));
        from = " FROM claimed";
    }
    let places = sql.places(row(&Model::of(opening.payment)));
    let columns = names::<Model>();
    parts.push(format!("opened AS (INSERT INTO payment ({columns}) SELECT {places}{from} RETURNING 1)"));
    if let Some(new) = &opening.attempt {
        let places = sql.places(row(&of_payment(new, opening.payment)));
        let columns = names::<attempt::Model>();
        parts.push(format!("asked AS (INSERT INTO attempt ({columns}) SELECT {places} FROM opened)"));
    }
    parts.push(format!(
        "told AS ({EVENT} SELECT n.id, $1, $2, $4, n.n, n.kind, NULL, $5, n.origin, n.attempt, n.amount, $6, $7 \
         FROM opened, json_to_recordset(CAST($8 AS json)) \
         AS n(n integer, id uuid, kind text, origin text, attempt uuid, amount bigint))"
    ));
    let first = sql.width() + 1;
    let _ = sql.places(totals::values(opening.total_delta.as_ref()));
    let condition = "EXISTS (SELECT 1 FROM opened)";
    let adding = totals::adding(Engine::Postgres, first, condition);
    let condition = format!("{condition} AND NOT EXISTS (SELECT 1 FROM added)");
    let beginning = totals::beginning(Engine::Postgres, first, &condition);
    parts.push(format!("added AS ({adding} RETURNING 1), begun AS ({beginning})"));
    sql.text(&format!("WITH {} SELECT count(*) AS opened FROM opened", parts.join(", ")))
}

/// The row of an attempt with what it has from its payment.
fn of_payment(new: &NewAttempt<'_>, payment: &Payment) -> attempt::Model {
    attempt::Model {
        tenant_id: payment.tenant_id.uuid(),
        environment: payment.environment.to_string(),
        instrument_id: payment.instrument_id.map(InstrumentId::uuid),
        payment_id: payment.id.uuid(),
        ..attempt::Model::of(new.attempt, &new.seals)
    }
}
