//! Drops: clients that close the connection after a random number of milliseconds.
//!
//! Nothing else fails here, so that every attempt that was begun must be carried to its end by the request
//! that began it: an attempt that a later look-up had to finish was dropped with its client.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::api::{Api, Said};
use crate::compare::{Findings, Wrong, compare};
use crate::log::{Outcome, Told};
use crate::merchant::{Market, PAYMENT, seen};
use crate::money::Amount;
use crate::random::Dice;
use crate::settle;
use crate::stage::{Engine, Setup, Stage};
use crate::wire::Kind;

/// So many requests at once.
const CLIENTS: u64 = 12;
/// So many requests are waited for to learn how long one takes.
const SAMPLES: u64 = 60;
/// What PostgreSQL says about a connection whose transaction was left by somebody else.
const WARNINGS: [&str; 2] = ["already a transaction in progress", "no transaction in progress"];

/// What came of it.
pub(crate) struct Report {
    pub(crate) requests: u64,
    pub(crate) answered: u64,
    /// Dropped, and the processor was asked all the same.
    pub(crate) charged: u64,
    /// Dropped before anything was written.
    pub(crate) unknown: u64,
    /// The latest drop.
    pub(crate) window: Duration,
    /// Connections of the server that are in a transaction although nothing runs; of PostgreSQL only.
    pub(crate) in_transaction: u64,
    /// Warnings about transactions in PostgreSQL's log.
    pub(crate) warnings: u64,
    pub(crate) findings: Findings,
}

/// What all clients share.
struct Crowd {
    market: Arc<Market>,
    api: Api,
    next: AtomicU64,
    count: u64,
    window: Duration,
}

/// Drops so many requests.
pub(crate) async fn run(setup: Setup, count: u64) -> Result<Report> {
    let log_before = log_length(&setup.engine);
    let seed = setup.seed;
    let mut stage = Stage::build(setup).await?;
    let market = Market::open(&stage, false)?;
    let api = Api::new(stage.origins(), &stage.key, false)?;
    let mut crowd =
        Crowd { market, api, next: AtomicU64::new(0), count: SAMPLES, window: settle::SETTLE_LIMIT };
    // Under the same load as afterwards, or the window would be too narrow.
    let mut latencies = charge(&Arc::new(clone(&crowd)), seed, "sample").await?;
    latencies.sort_unstable();
    let slowest = latencies.get(latencies.len() * 9 / 10).copied().unwrap_or(Duration::from_millis(50));
    crowd.window = slowest * 5 / 4;
    crowd.count = count;
    let crowd = Arc::new(crowd);
    charge(&crowd, seed, "dropped").await?;
    settle::settle(&stage, settle::SETTLE_LIMIT).await?;
    let (told, books) = (crowd.market.log.told(), stage.processor.books());
    let recorded = stage.database.read().await?;
    let mut findings = compare(&told, &books, &recorded);
    for (id, attempt) in &recorded.attempts {
        if attempt.is_final() && attempt.settled_by.as_deref() != Some("ANSWER") {
            let by = attempt.settled_by.as_deref().unwrap_or("nobody");
            findings.add(Wrong::Abandoned, format!("{} {id} was settled by {by}", attempt.operation));
        }
    }
    findings.extend(crowd.market.complaints());
    let (in_transaction, warnings) = transactions(&stage, log_before).await?;
    if in_transaction + warnings > 0 {
        let what = format!("{in_transaction} connections in a transaction, {warnings} warnings");
        findings.add(Wrong::Abandoned, what);
    }
    if !findings.is_empty() {
        stage.keep();
    }
    let answered = told.iter().filter(|told| told.order.starts_with("dropped")).count();
    let is_dropped =
        |order: &str| order.starts_with("dropped") && !told.iter().any(|told| told.order == order);
    let charged = books.payments.values().filter(|payment| is_dropped(&payment.order)).count();
    let answered = u64::try_from(answered)?;
    let charged = u64::try_from(charged)?;
    let begun = recorded.payments.values().filter(|payment| is_dropped(&payment.order)).count();
    let unknown = count.saturating_sub(answered).saturating_sub(u64::try_from(begun)?);
    let window = crowd.window;
    Ok(Report { requests: count, answered, charged, unknown, window, in_transaction, warnings, findings })
}

fn clone(crowd: &Crowd) -> Crowd {
    let Crowd { market, api, count, window, .. } = crowd;
    let next = AtomicU64::new(0);
    Crowd { market: Arc::clone(market), api: api.clone(), next, count: *count, window: *window }
}

/// Sends all requests of a crowd; answers how long those took that were answered.
async fn charge(crowd: &Arc<Crowd>, seed: u64, what: &'static str) -> Result<Vec<Duration>> {
    let client = |number| {
        let crowd = Arc::clone(crowd);
        let mut dice = Dice::new(seed, 3_000_000 + number);
        tokio::spawn(async move {
            let mut latencies = Vec::new();
            loop {
                let number = crowd.next.fetch_add(1, Ordering::SeqCst);
                if number >= crowd.count {
                    return latencies;
                }
                let window = u64::try_from(crowd.window.as_micros()).unwrap_or(u64::MAX);
                let patience = match what {
                    "sample" => crowd.window,
                    // Some before the request has arrived, which is soon.
                    _ if dice.happens(25) => Duration::from_micros(dice.between(0, 3_000)),
                    _ => Duration::from_micros(dice.between(0, window)),
                };
                latencies.extend(one(&crowd, number, what, patience).await);
            }
        })
    };
    let clients: Vec<_> = (0..CLIENTS).map(client).collect();
    let mut latencies = Vec::new();
    for client in clients {
        latencies.extend(client.await?);
    }
    Ok(latencies)
}

/// One request; how long it took if it was answered before the client went away.
async fn one(crowd: &Crowd, number: u64, what: &str, patience: Duration) -> Option<Duration> {
    let (kind, mutation) = if number.is_multiple_of(2) {
        (Kind::Sale, "debitPayment")
    } else {
        (Kind::Authorize, "preauthorizePayment")
    };
    let (order, amount) = (format!("{what}-{number}"), Amount::new(1_000, "EUR"));
    let mut input = crowd.market.payment(&order, &amount, "tok_visa");
    input["idempotencyKey"] = order.clone().into();
    let begin = Instant::now();
    let asking = crowd.api.mutate(usize::try_from(number).unwrap_or(0), mutation, &input, PAYMENT);
    // What is dropped here takes its connection along.
    let said = tokio::time::timeout(patience, asking).await.ok()?;
    let outcome = match said {
        Said::Done(payload) => seen(&payload["payment"]).map_or(Outcome::Unanswered, Outcome::Accepted),
        Said::Refused(codes) => Outcome::Refused(codes),
        Said::Lost(_) | Said::Broken(_) => Outcome::Unanswered,
    };
    let key = order.clone();
    crowd.market.log.append(Told { order, kind, key, amount: Some(amount), tries: 1, outcome });
    Some(begin.elapsed())
}

fn log_length(engine: &Engine) -> usize {
    match engine {
        Engine::Postgres { log, .. } => fs::read(log).map_or(0, |bytes| bytes.len()),
        Engine::Sqlite => 0,
    }
}

/// Connections that are left in a transaction, and warnings in the log since it had this length.
async fn transactions(stage: &Stage, log_before: usize) -> Result<(u64, u64)> {
    let Engine::Postgres { log, .. } = &stage.setup.engine else { return Ok((0, 0)) };
    let left = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
        AND state LIKE 'idle in transaction%'";
    let rows = stage.database.rows(left).await?;
    let count = rows.first().and_then(|row| row.first().cloned().flatten());
    let bytes = fs::read(log)?;
    let text = String::from_utf8_lossy(bytes.get(log_before..).unwrap_or_default()).into_owned();
    let warnings = text.lines().filter(|line| WARNINGS.iter().any(|warning| line.contains(warning)));
    Ok((count.and_then(|count| count.parse().ok()).unwrap_or(0), u64::try_from(warnings.count())?))
}
