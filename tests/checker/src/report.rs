//! Runs what was asked for, and prints what came of it.

use std::time::Duration;

use anyhow::{Result, bail};

use crate::compare::{Findings, Wrong};
use crate::controls::CONTROLS;
use crate::kills::{self, Run};
use crate::options::{Command, Options};
use crate::processor::faults::Mood;
use crate::settle::SETTLE_LIMIT;
use crate::stage::{Engine, Setup};
use crate::{drops, matrix, races};

/// The deadline of a call while everything fails; the processor's slow answers come after it.
const TIME_LIMIT: Duration = Duration::from_millis(1_500);
const SLOW: Duration = Duration::from_millis(2_000);
/// So long merchants trade before the first kill.
pub(crate) const TRADE: Duration = Duration::from_secs(5);
/// The deadline where nothing is slow.
const LONG_TIME_LIMIT: Duration = Duration::from_secs(20);
/// So many examples of each kind of finding are printed.
const EXAMPLES: usize = 5;

/// Runs a command; whether everything held.
pub(crate) async fn perform(options: Options) -> Result<bool> {
    match &options.command {
        Command::Kills { count } => kills(&options, *count).await,
        Command::Matrix { sample, only } => matrix(&options, *sample, only.as_deref()).await,
        Command::Races { count } => races(&options, *count).await,
        Command::Drops { count } => drops(&options, *count).await,
        Command::Control { name } => controls(&options, name.as_deref()).await,
    }
}

/// Everything fails.
pub(crate) fn kill_setup(options: &Options, engine: Engine) -> Setup {
    let mood = Mood { is_faulty: true, notifies: true, slow: SLOW, ..Mood::calm() };
    let nodes = usize::try_from(options.nodes).unwrap_or(1);
    Setup { nodes, ..calm_setup(options, engine, mood, TIME_LIMIT) }
}

/// Nothing fails, and the processor believes whatever it is told.
pub(crate) fn race_setup(options: &Options, engine: Engine) -> Setup {
    let mood = Mood { is_lenient: true, latency: Duration::from_millis(3), ..Mood::calm() };
    let nodes = if matches!(engine, Engine::Sqlite) { 1 } else { 2 };
    Setup { nodes, ..calm_setup(options, engine, mood, LONG_TIME_LIMIT) }
}

/// Nothing fails, and the processor takes as long as a quick one does.
pub(crate) fn drop_setup(options: &Options, engine: Engine) -> Setup {
    let mood = Mood { latency: Duration::from_millis(20), ..Mood::calm() };
    calm_setup(options, engine, mood, LONG_TIME_LIMIT)
}

fn calm_setup(options: &Options, engine: Engine, mood: Mood, time_limit: Duration) -> Setup {
    let (purser, seed) = (options.purser.clone(), options.seed);
    Setup { purser, engine, nodes: 1, seed, mood, time_limit, environment: Vec::new() }
}

async fn kills(options: &Options, count: u64) -> Result<bool> {
    let engine = options.engine()?;
    if options.nodes > 1 && matches!(engine, Engine::Sqlite) {
        bail!("two servers cannot share one SQLite file");
    }
    let setup = kill_setup(options, engine.clone());
    let report = kills::run(Run { setup, kills: count, trade: TRADE, settle_limit: SETTLE_LIMIT }).await?;
    println!(
        "kills on {}: seed {}, {} nodes, {} kills ({} while starting), {} stops, {} crashes of the database, {:.0} s",
        engine.name(),
        options.seed,
        options.nodes,
        report.kills,
        report.while_starting,
        report.stops,
        report.crashes,
        report.took.as_secs_f64()
    );
    println!(
        "  {} requests, {} hung up; {} attempts in doubt after the last kill, settled in {:.1} s ({:.0}/s); \
         {} in doubt and {} notifications left then",
        report.requests,
        report.disconnects,
        report.settled.before.attempts,
        report.settled.took.as_secs_f64(),
        report.settled.rate(),
        report.settled.after.attempts,
        report.settled.after.notifications,
    );
    for line in report.coverage.lines() {
        println!("  {line}");
    }
    let mut findings = report.findings;
    if !report.settled.is_settled() {
        findings.add(Wrong::InDoubt, format!("{:?} after {SETTLE_LIMIT:?}", report.settled.after));
    }
    if report.coverage.count("payments", "DEBIT SUCCEEDED") == 0 {
        findings.add(Wrong::Broken, "nothing succeeded, so that nothing was proven".to_owned());
    }
    let is_held = told(&findings);
    if let Some(kept) = report.kept {
        println!("  logs and database: {}", kept.display());
    }
    println!("{} kills on {}: {}", report.kills, engine.name(), verdict(is_held));
    Ok(is_held)
}

async fn matrix(options: &Options, sample: Option<usize>, only: Option<&str>) -> Result<bool> {
    let engine = options.engine()?;
    let mood = Mood { notifies: false, slow: SLOW, ..Mood::calm() };
    let setup = calm_setup(options, engine.clone(), mood, TIME_LIMIT);
    let report = matrix::run(setup, sample, only).await?;
    for failure in &report.failures {
        println!("  {failure}");
    }
    let is_held = report.failures.is_empty();
    println!(
        "matrix on {}: {} cells, {} reached, {} held, {:.0} s: {}",
        engine.name(),
        report.cells,
        report.reached,
        report.held,
        report.took.as_secs_f64(),
        verdict(is_held)
    );
    Ok(is_held)
}

async fn races(options: &Options, count: u64) -> Result<bool> {
    let engine = options.engine()?;
    let setup = race_setup(options, engine.clone());
    let nodes = setup.nodes;
    let report = races::run(setup, count, false).await?;
    let is_held = told(&report.findings);
    println!(
        "races on {}: seed {}, {nodes} nodes, {} requests, {} accepted, {} refused, no answers {:?}, {:.0} s: {}",
        engine.name(),
        options.seed,
        report.requests,
        report.accepted,
        report.refused,
        report.losses,
        report.took.as_secs_f64(),
        verdict(is_held)
    );
    Ok(is_held)
}

async fn drops(options: &Options, count: u64) -> Result<bool> {
    let engine = options.engine()?;
    let report = drops::run(drop_setup(options, engine.clone()), count).await?;
    let mut findings = report.findings;
    if report.charged == 0 || report.unknown == 0 {
        findings.add(
            Wrong::Broken,
            "the drops did not straddle the request, so that nothing was proven".to_owned(),
        );
    }
    let is_held = told(&findings);
    println!(
        "drops on {}: seed {}, {} requests dropped within {} ms: {} answered before, {} charged all the same, {} \
         never begun; {} connections in a transaction, {} warnings: {}",
        engine.name(),
        options.seed,
        report.requests,
        report.window.as_millis(),
        report.answered,
        report.charged,
        report.unknown,
        report.in_transaction,
        report.warnings,
        verdict(is_held)
    );
    Ok(is_held)
}

async fn controls(options: &Options, name: Option<&str>) -> Result<bool> {
    let chosen: Vec<_> =
        CONTROLS.iter().filter(|control| name.is_none_or(|name| name == control.name)).collect();
    if chosen.is_empty() {
        let names: Vec<&str> = CONTROLS.iter().map(|control| control.name).collect();
        bail!("there is no such control; there are {}", names.join(", "));
    }
    let mut caught = 0;
    for control in &chosen {
        caught += usize::from(control.is_caught(options).await?);
    }
    let is_held = caught == chosen.len();
    println!("controls: {caught} of {} caught: {}", chosen.len(), verdict(is_held));
    Ok(is_held)
}

/// Prints the counts of everything that could be wrong; whether nothing was.
fn told(findings: &Findings) -> bool {
    let zeros: Vec<&str> =
        Wrong::ALL.iter().filter(|wrong| findings.count(**wrong) == 0).map(|wrong| wrong.words()).collect();
    println!("  0 {}", zeros.join(", 0 "));
    for wrong in Wrong::ALL.iter().filter(|wrong| findings.count(**wrong) > 0) {
        println!("  {} {}", findings.count(*wrong), wrong.words());
        for example in findings.examples(*wrong).take(EXAMPLES) {
            println!("    {example}");
        }
    }
    findings.is_empty()
}

fn verdict(is_held: bool) -> &'static str {
    if is_held { "held" } else { "FAILED" }
}
