//! The kill run: merchants trade, a processor fails, servers die; then all comes to rest and the books are
//! compared.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::clock::pause;
use crate::compare::{Findings, compare};
use crate::coverage::Coverage;
use crate::killer::{self, Toll};
use crate::merchant::{Market, Merchant};
use crate::random::Dice;
use crate::settle::{self, Settled};
use crate::stage::{Engine, Setup, Stage};

/// How many merchants trade at once.
const MERCHANTS: u64 = 12;
/// So many kills of servers for one crash of PostgreSQL.
const KILLS_PER_CRASH: u64 = 40;

/// What is run.
pub(crate) struct Run {
    pub(crate) setup: Setup,
    pub(crate) kills: u64,
    /// So long merchants trade before the first kill: what only a faulty processor brings to light needs
    /// servers that live.
    pub(crate) trade: Duration,
    pub(crate) settle_limit: Duration,
}

/// What came of it.
pub(crate) struct Report {
    pub(crate) kills: u64,
    pub(crate) while_starting: u64,
    pub(crate) stops: u64,
    pub(crate) crashes: u64,
    pub(crate) requests: u64,
    pub(crate) disconnects: u64,
    pub(crate) took: Duration,
    pub(crate) settled: Settled,
    pub(crate) findings: Findings,
    pub(crate) coverage: Coverage,
    /// Where logs and database are, if something was wrong.
    pub(crate) kept: Option<std::path::PathBuf>,
}

/// Runs it.
pub(crate) async fn run(run: Run) -> Result<Report> {
    let begin = Instant::now();
    let seed = run.setup.seed;
    let mut stage = Stage::build(run.setup.clone()).await?;
    let market = Market::open(&stage, true)?;
    let merchants = 0..MERCHANTS;
    let merchants: Vec<_> =
        merchants.map(|number| tokio::spawn(Merchant::new(Arc::clone(&market), number).trade())).collect();
    pause(run.trade).await;
    let toll = hunt(&mut stage, run.kills, seed).await?;
    stage.processor.calm_down();
    stage.start().await?;
    market.is_over.store(true, Ordering::SeqCst);
    let settled = settle::settle(&stage, run.settle_limit).await?;
    for merchant in merchants {
        merchant.await?;
    }
    // The clients' last requests were made while nothing failed any more; they settle as well.
    let last = settle::settle(&stage, run.settle_limit).await?;
    let settled = Settled { after: last.after, ..settled };
    let (told, books, recorded) = (market.log.told(), stage.processor.books(), stage.database.read().await?);
    let mut findings = compare(&told, &books, &recorded);
    findings.extend(market.complaints());
    let coverage = Coverage::of(&stage.processor, &told, &recorded, market.api.losses());
    let kept = if findings.is_empty() { None } else { Some(stage.keep()) };
    Ok(Report {
        kills: toll.kills.load(Ordering::SeqCst),
        while_starting: toll.while_starting.load(Ordering::SeqCst),
        stops: toll.stops.load(Ordering::SeqCst),
        crashes: toll.crashes.load(Ordering::SeqCst),
        requests: market.requests.load(Ordering::SeqCst),
        disconnects: market.disconnects.load(Ordering::SeqCst),
        took: begin.elapsed(),
        settled,
        findings,
        coverage,
        kept,
    })
}

/// One killer for each node.
async fn hunt(stage: &mut Stage, kills: u64, seed: u64) -> Result<Toll> {
    let toll = Arc::new(Toll::default());
    let folder = match &stage.setup.engine {
        Engine::Postgres { log, .. } => log.parent().map(std::path::Path::to_owned),
        Engine::Sqlite => None,
    };
    let mut hunts = Vec::new();
    for (number, mut node) in (1..).zip(std::mem::take(&mut stage.nodes)) {
        let (toll, folder) = (Arc::clone(&toll), folder.clone());
        let dice = Dice::new(seed, 2_000_000 + number);
        hunts.push(tokio::spawn(async move {
            let postgres = folder.as_deref().map(|folder| (folder, KILLS_PER_CRASH));
            let hunted = killer::hunt(&mut node, &toll, kills, dice, postgres).await;
            hunted.map(|()| node)
        }));
    }
    for hunt in hunts {
        stage.nodes.push(hunt.await??);
    }
    let toll = Arc::into_inner(toll);
    Ok(toll.unwrap_or_default())
}
