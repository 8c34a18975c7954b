//! Races: many requests at once for the same money, over all nodes, with a right answer that is known.
//!
//! The processor books whatever it is asked for, so that only the server stands between a payment and too
//! much of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::api::Said;
use crate::clock::pause;
use crate::compare::{Findings, Wrong, compare};
use crate::log::{Outcome, Told};
use crate::merchant::{Market, PAYMENT, seen};
use crate::money::Amount;
use crate::settle;
use crate::stage::{Setup, Stage};
use crate::wire::Kind;

/// So many requests for one payment.
const RACERS: u64 = 12;
/// So many payments at once.
const TRACKS: u64 = 4;
/// How often, and after how long, a racer comes back whom the server had no time for.
const TRIES_MAX: u32 = 100;
const BUSY: Duration = Duration::from_millis(50);

/// A race, and how it may end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Race {
    /// Twelve refunds of 300 of 1,000: three are accepted.
    Refunds,
    /// Twelve captures of 300 of 1,000: three are accepted.
    Captures,
    /// Six captures of all and six voids: one of either, and a void may undo the capture.
    CapturesAndVoids,
    /// Six refunds of 300 and six voids of 1,000: three refunds, or one void.
    RefundsAndVoids,
}

impl Race {
    const ALL: [Self; 4] = [Self::Refunds, Self::Captures, Self::CapturesAndVoids, Self::RefundsAndVoids];

    /// What the racer of this number asks for, and how much.
    fn racer(self, number: u64) -> (Kind, Option<i64>) {
        match (self, number % 2) {
            (Self::Refunds, _) | (Self::RefundsAndVoids, 0) => (Kind::Refund, Some(300)),
            (Self::Captures, _) => (Kind::Capture, Some(300)),
            (Self::CapturesAndVoids, 0) => (Kind::Capture, Some(1_000)),
            (Self::CapturesAndVoids | Self::RefundsAndVoids, _) => (Kind::Void, None),
        }
    }

    /// Whether so many accepted captures or refunds, and voids, are too many or too few.
    fn judge(self, moved: u64, voids: u64) -> Option<Wrong> {
        let (is_too_much, is_right) = match self {
            Self::Refunds | Self::Captures => (moved > 3, moved == 3),
            Self::CapturesAndVoids => (moved > 1 || voids > 1, moved + voids > 0),
            Self::RefundsAndVoids => (
                moved > 3 || voids > 1 || moved * voids > 0,
                (moved, voids) == (3, 0) || (moved, voids) == (0, 1),
            ),
        };
        match (is_too_much, is_right) {
            (true, _) => Some(Wrong::TooMuch),
            (false, true) => None,
            (false, false) => Some(Wrong::WronglyRefused),
        }
    }
}

/// What came of it.
pub(crate) struct Report {
    pub(crate) requests: u64,
    pub(crate) accepted: u64,
    pub(crate) refused: u64,
    /// Answers that were none, and why.
    pub(crate) losses: BTreeMap<String, u64>,
    pub(crate) took: Duration,
    pub(crate) findings: Findings,
}

/// Runs so many racing requests. `unguarded` takes the database's own conditions away first.
pub(crate) async fn run(setup: Setup, count: u64, unguarded: bool) -> Result<Report> {
    let mut stage = Stage::build(setup).await?;
    if unguarded {
        unguard(&stage).await?;
    }
    let market = Market::open(&stage, false)?;
    let begin = Instant::now();
    let next = Arc::new(AtomicU64::new(0));
    let races = count.div_ceil(RACERS);
    let mut tracks = Vec::new();
    for _ in 0..TRACKS {
        let (market, next) = (Arc::clone(&market), Arc::clone(&next));
        tracks.push(tokio::spawn(async move {
            let mut findings = Findings::default();
            loop {
                let number = next.fetch_add(1, Ordering::SeqCst);
                if number >= races {
                    return Ok::<Findings, anyhow::Error>(findings);
                }
                race(&market, number, &mut findings).await?;
            }
        }));
    }
    let mut findings = Findings::default();
    for track in tracks {
        findings.extend(track.await??);
    }
    let took = begin.elapsed();
    settle::settle(&stage, settle::SETTLE_LIMIT).await?;
    let told = market.log.told();
    findings.extend(compare(&told, &stage.processor.books(), &stage.database.read().await?));
    findings.extend(market.complaints());
    if !findings.is_empty() {
        stage.keep();
    }
    let is_racer = |told: &&Told| !told.kind.is_first_step();
    let accepted = told.iter().filter(is_racer).filter(|told| matches!(told.outcome, Outcome::Accepted(_)));
    let accepted = u64::try_from(accepted.count())?;
    let requests = u64::try_from(told.iter().filter(is_racer).count())?;
    Ok(Report {
        requests,
        accepted,
        refused: requests - accepted,
        losses: market.api.losses(),
        took,
        findings,
    })
}

async fn race(market: &Arc<Market>, number: u64, findings: &mut Findings) -> Result<()> {
    let race = Race::ALL[usize::try_from(number % 4)?];
    let payment = open(market, race, number).await?;
    let racers: Vec<_> = (0..RACERS)
        .map(|racer| tokio::spawn(run_racer(Arc::clone(market), race, number, racer, payment.clone())))
        .collect();
    let (mut moved, mut voids) = (0, 0);
    for racer in racers {
        match racer.await? {
            Some(Kind::Void) => voids += 1,
            Some(_) => moved += 1,
            None => {}
        }
    }
    if let Some(wrong) = race.judge(moved, voids) {
        let what =
            format!("race {number} ({race:?}): {moved} captures or refunds and {voids} voids were accepted");
        findings.add(wrong, what);
    }
    Ok(())
}

fn order(number: u64) -> String {
    format!("race-{number}")
}

/// The payment that is raced for: 10.00 EUR, captured where refunds race.
async fn open(market: &Market, race: Race, number: u64) -> Result<String> {
    let is_captured = matches!(race, Race::Refunds | Race::RefundsAndVoids);
    let (kind, mutation) =
        if is_captured { (Kind::Sale, "debitPayment") } else { (Kind::Authorize, "preauthorizePayment") };
    let (order, amount) = (order(number), Amount::new(1_000, "EUR"));
    let input = market.payment(&order, &amount, "tok_visa");
    let node = usize::try_from(number)?;
    let Said::Done(payload) = market.api.mutate(node, mutation, &input, PAYMENT).await else {
        bail!("the payment of race {number} was not made");
    };
    let seen = seen(&payload["payment"]).context("an answer without a payment")?;
    let payment = seen.payment.clone();
    let outcome = Outcome::Accepted(seen);
    market.log.append(Told { order, kind, key: String::new(), amount: Some(amount), tries: 1, outcome });
    Ok(payment)
}

/// One racer; what it asked for if that was accepted.
async fn run_racer(
    market: Arc<Market>,
    race: Race,
    number: u64,
    racer: u64,
    payment: String,
) -> Option<Kind> {
    let (kind, minor) = race.racer(racer);
    let amount = minor.map(|minor| Amount::new(minor, "EUR"));
    let mutation = match kind {
        Kind::Capture => "capturePayment",
        Kind::Void => "voidPayment",
        _ => "refundPayment",
    };
    let key = format!("race-{number}-{racer}");
    let mut input = json!({ "paymentId": payment, "idempotencyKey": key });
    if let Some(amount) = &amount {
        input["amount"] = amount.input();
    }
    let node = usize::try_from(racer / 2).unwrap_or(0);
    let mut tries = 0;
    let outcome = loop {
        tries += 1;
        match market.api.mutate(node, mutation, &input, PAYMENT).await {
            Said::Done(payload) => break accepted(&payload),
            Said::Refused(codes) => break Outcome::Refused(codes),
            // A server that is too busy may say so, and nothing else: nothing fails here.
            Said::Lost(why) if why == "UNAVAILABLE" && tries < TRIES_MAX => pause(BUSY).await,
            Said::Lost(why) | Said::Broken(why) => {
                market.complain(format!("{mutation} of race {number}: {why}"));
                break Outcome::Unanswered;
            }
        }
    };
    let was_accepted = matches!(outcome, Outcome::Accepted(_));
    market.log.append(Told { order: order(number), kind, key, amount, tries, outcome });
    was_accepted.then_some(kind)
}

fn accepted(payload: &Value) -> Outcome {
    seen(&payload["payment"]).map_or(Outcome::Unanswered, Outcome::Accepted)
}

/// Drops the conditions of the table that hold refunds below captures, so that only the server's own
/// statement is left.
async fn unguard(stage: &Stage) -> Result<()> {
    let find = "SELECT conname FROM pg_constraint WHERE conrelid = 'payment'::regclass AND contype = 'c' \
        AND pg_get_constraintdef(oid) LIKE '%amount_refunded%'";
    for row in stage.database.rows(find).await? {
        let name = row.first().cloned().flatten().context("a constraint has a name")?;
        stage.database.rows(&format!("ALTER TABLE payment DROP CONSTRAINT \"{name}\"")).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_race_knows_its_right_answer() {
        assert_eq!(Race::Refunds.judge(3, 0), None);
        assert_eq!(Race::Refunds.judge(4, 0), Some(Wrong::TooMuch));
        assert_eq!(Race::Captures.judge(2, 0), Some(Wrong::WronglyRefused));
        assert_eq!(Race::CapturesAndVoids.judge(1, 1), None);
        assert_eq!(Race::CapturesAndVoids.judge(0, 0), Some(Wrong::WronglyRefused));
        assert_eq!(Race::CapturesAndVoids.judge(1, 2), Some(Wrong::TooMuch));
        assert_eq!(Race::RefundsAndVoids.judge(0, 1), None);
        assert_eq!(Race::RefundsAndVoids.judge(1, 1), Some(Wrong::TooMuch));
        assert_eq!(Race::RefundsAndVoids.judge(2, 0), Some(Wrong::WronglyRefused));
    }
}
