//! The matrix: every failpoint × operation × action, one server start each.

use std::collections::VecDeque;
use std::fs;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::clock::pause;
use crate::compare::{Findings, Wrong, compare};
use crate::log::{Outcome::Accepted, Told};
use crate::merchant::{Market, Merchant};
use crate::processor::faults::Fault;
use crate::settle;
use crate::stage::{Setup, Stage, Template};
use crate::wire::Kind;

/// So many cells at once; a cell mostly waits.
const LANES: usize = 8;
/// How often a lane looks whether its server is still there.
const WATCH: Duration = Duration::from_millis(10);
/// A cell that takes longer is not held.
const CELL_LIMIT: Duration = Duration::from_secs(60);

/// The operations, by whose name the server's failpoints go.
const OPERATIONS: [Kind; 8] = [
    Kind::Sale,
    Kind::Authorize,
    Kind::Capture,
    Kind::Void,
    Kind::Refund,
    Kind::Increment,
    Kind::Register,
    Kind::Resume,
];
const STEPS: [&str; 10] = [
    "before_intent",
    "after_intent",
    "before_send",
    "after_reply",
    "before_result",
    "before_outbox",
    "after_outbox",
    "after_result",
    "before_lookup",
    "after_lookup",
];
/// What the point is told: to end the process, to panic, to fail, to let others go first.
const ACTIONS: [(&str, &str); 4] = [
    ("exit", "1*return(exit)"),
    ("panic", "1*panic"),
    ("error", "1*return(error)"),
    ("delay", "1*return(delay:150)"),
];

/// So often something about a sale is recorded before a resumption of it is answered.
const RECORDED_BEFORE: u32 = 1;

/// One cell.
#[derive(Debug, Clone, Copy)]
struct Cell {
    operation: Kind,
    step: &'static str,
    action: (&'static str, &'static str),
}

impl Cell {
    /// The name of the failpoint. A resumption goes on with the attempt that asked for the challenge, so that
    /// from its intent on its failpoints have the name of a sale.
    fn point(&self) -> String {
        let is_of_attempt = self.operation == Kind::Resume && !self.step.ends_with("_intent");
        let operation = if is_of_attempt { Kind::Sale } else { self.operation };
        format!("payments::{}::{}", operation.name().to_lowercase(), self.step)
    }

    /// What the point is told: nothing while the sale itself passes it, in the case of a resumption.
    fn told(&self) -> String {
        let passed = match (self.operation, self.step) {
            (Kind::Resume, "before_send" | "after_reply") => 1,
            (Kind::Resume, "before_result" | "before_outbox" | "after_outbox" | "after_result") => {
                RECORDED_BEFORE
            }
            _ => return self.action.1.to_owned(),
        };
        format!("{passed}*off->{}", self.action.1)
    }

    fn name(&self) -> String {
        format!("{} {} {}", self.operation.name().to_lowercase(), self.step, self.action.0)
    }

    /// Whether a line of the server's log says that the point was reached. Of a panic it tells the place only;
    /// no other point is told to panic.
    fn is_proof(&self, line: &str) -> bool {
        let has_panicked = self.action.0 == "panic" && line.contains("panic") && line.contains("/fail-");
        has_panicked || line.contains(&self.point())
    }

    /// A look-up is made only where there is doubt.
    fn needs_doubt(&self) -> bool {
        self.step.ends_with("_lookup")
    }
}

/// What came of a cell.
struct Tried {
    name: String,
    was_reached: bool,
    findings: Findings,
}

/// What came of the matrix.
pub(crate) struct Report {
    pub(crate) cells: usize,
    pub(crate) reached: usize,
    pub(crate) held: usize,
    /// The cells that were not reached or did not hold, and why.
    pub(crate) failures: Vec<String>,
    pub(crate) took: Duration,
}

/// Runs all cells, or so many of them, spread over all.
pub(crate) async fn run(setup: Setup, sample: Option<usize>, only: Option<&str>) -> Result<Report> {
    let begin = Instant::now();
    let cells = cells(sample, only);
    let count = cells.len();
    let template = Arc::new(Stage::build(setup.clone()).await?.take_down().await?);
    let queue = Arc::new(Mutex::new(cells));
    let mut lanes = Vec::new();
    for _ in 0..LANES {
        let (queue, template, setup) = (Arc::clone(&queue), Arc::clone(&template), setup.clone());
        lanes.push(tokio::spawn(async move {
            let mut results = Vec::new();
            loop {
                let next = queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
                let Some(cell) = next else { return results };
                results.push(tried(&template, setup.clone(), cell).await);
            }
        }));
    }
    let mut report = Report { cells: count, reached: 0, held: 0, failures: Vec::new(), took: Duration::ZERO };
    for lane in lanes {
        for result in lane.await? {
            report.reached += usize::from(result.was_reached);
            report.held += usize::from(result.findings.is_empty());
            if !result.was_reached {
                report.failures.push(format!("{}: was not reached", result.name));
            }
            if !result.findings.is_empty() {
                let examples = Wrong::ALL.iter().flat_map(|wrong| result.findings.examples(*wrong).take(1));
                let examples: Vec<&str> = examples.map(String::as_str).collect();
                report.failures.push(format!(
                    "{}: {}: {}",
                    result.name,
                    result.findings.summary(),
                    examples.join("; ")
                ));
            }
        }
    }
    report.took = begin.elapsed();
    Ok(report)
}

fn cells(sample: Option<usize>, only: Option<&str>) -> VecDeque<Cell> {
    let mut cells = VecDeque::new();
    for operation in OPERATIONS {
        for step in STEPS {
            for action in ACTIONS {
                let cell = Cell { operation, step, action };
                if only.is_none_or(|only| cell.name().contains(only)) {
                    cells.push_back(cell);
                }
            }
        }
    }
    // An odd distance, so that a sample has all of the four actions.
    let every = sample.map_or(1, |sample| (cells.len() / sample.max(1)) | 1);
    cells.into_iter().step_by(every).collect()
}

/// A cell that cannot be run is a cell that does not hold.
async fn tried(template: &Template, setup: Setup, cell: Cell) -> Tried {
    match run_cell(template, setup, cell).await {
        Ok(result) => result,
        Err(error) => {
            let mut findings = Findings::default();
            findings.add(Wrong::Broken, format!("{error:#}"));
            Tried { name: cell.name(), was_reached: false, findings }
        }
    }
}

async fn run_cell(template: &Template, mut setup: Setup, cell: Cell) -> Result<Tried> {
    let point = cell.point();
    setup.environment.push(("FAILPOINTS".to_owned(), format!("{point}={}", cell.told())));
    let plain: Vec<_> = setup.environment.iter().filter(|(name, _)| name != "FAILPOINTS").cloned().collect();
    let mut stage = Stage::copy(template, setup).await?;
    if cell.needs_doubt() {
        stage.processor.force(cell.operation, Fault::CutAfter);
    }
    stage.start().await?;
    let market = Market::open(&stage, false)?;
    let client = Arc::clone(&market);
    let mut driving = tokio::spawn(async move { Merchant::new(client, 1).perform(cell.operation).await });
    let deadline = Instant::now() + CELL_LIMIT;
    // The client asks on while its server dies and comes back.
    while !driving.is_finished() && Instant::now() < deadline {
        revive(&mut stage, &plain).await?;
        // Whether it finished is asked above.
        let _finished = tokio::time::timeout(WATCH, &mut driving).await;
    }
    driving.abort();
    let mut findings = Findings::default();
    let settled = {
        let until = Instant::now() + settle::SETTLE_LIMIT;
        loop {
            revive(&mut stage, &plain).await?;
            let settled = settle::settle(&stage, Duration::from_millis(300)).await?;
            if settled.is_settled() || Instant::now() > until {
                break settled;
            }
            pause(WATCH).await;
        }
    };
    if !settled.is_settled() {
        findings.add(Wrong::InDoubt, format!("{:?}", settled.after));
    }
    let told = market.log.told();
    let is_accepted = |told: &Told| told.kind == cell.operation && matches!(told.outcome, Accepted(_));
    if !told.iter().any(is_accepted) {
        findings.add(Wrong::Unanswered, "the operation was never accepted".to_owned());
    }
    findings.extend(compare(&told, &stage.processor.books(), &stage.database.read().await?));
    findings.extend(market.complaints());
    let log = fs::read_to_string(stage.log(0)).unwrap_or_default();
    let was_reached = log.lines().any(|line| cell.is_proof(line));
    if !findings.is_empty() || !was_reached {
        stage.keep();
    }
    Ok(Tried { name: cell.name(), was_reached, findings })
}

/// Starts the server again, without the fault, if it died of it.
async fn revive(stage: &mut Stage, environment: &[(String, String)]) -> Result<()> {
    for node in &mut stage.nodes {
        if !node.is_running() {
            node.set_environment(environment.to_vec());
            node.ready().await?;
        }
    }
    Ok(())
}
