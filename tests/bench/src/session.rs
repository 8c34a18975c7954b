//! One run from the empty database to the table.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use purser_types::id::TenantId;
use serde_json::Value;
use tempfile::TempDir;

use crate::{
    cell::{Cell, Engine, Kind, Purser},
    counts::{self, Counts},
    database::{Cast, Database},
    fields,
    load::Client,
    measure::{self, Plan},
    operation::{Operation, Subject},
    options::{Options, Part},
    peers::{self, Peer},
    report::{Report, Row, Server, Table},
    sqlite,
    write::{self, Ground},
};

/// By how much the data grows between the two counts of `--quick`.
const GROWTH: i64 = 8;
/// How much the buffers of one request may grow by then: an index or two gets one level deeper. A scan of
/// anything would grow with the data.
const BUFFER_GROWTH_MAX: f64 = 1.5;

struct Session {
    options: Options,
    database: Database,
    cast: Cast,
    subject: Subject,
    purser: Purser,
    _folder: TempDir,
}

/// Measures, prints the table, and fails if a count is too high.
///
/// # Errors
/// A count is too high, a cell answers otherwise than the limit, or something does not run at all.
pub(crate) async fn run(options: Options) -> Result<()> {
    let mut report = Report {
        conditions: conditions(&options),
        is_judged: options.is_fast() && !options.quick,
        ..Report::default()
    };
    let session = Session::prepare(options).await?;
    let mut counted = Vec::new();
    if session.options.has(Part::Read) {
        counted = session.read(&mut report).await?;
    }
    if session.options.has(Part::Write) {
        let table = write::measure(&session.ground()).await?;
        report.notes.extend(table.notes());
        report.write = Some(table);
    }
    println!("{}", report.markdown());
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/bench/report.json");
    report.write_json(&file)?;
    println!("Written as JSON to target/bench/report.json.");
    let over = report.write.as_ref().and_then(write::Table::statements_over);
    ensure!(over.is_none(), "hot write: {over:?} statements per write, 1 is allowed");
    counted.iter().try_for_each(|(kind, operation, counts)| counts::check(*kind, *operation, *counts))
}

fn conditions(options: &Options) -> String {
    let (profiles, clients, repeats) = (options.profiles(), options.clients, options.repeats());
    let seconds = options.window().as_secs();
    let reads = format!(" {clients} clients, medians of {repeats} rounds of {seconds} s;");
    let reads = if options.has(Part::Read) { reads } else { String::new() };
    let build = if options.is_fast() { "built as it is packaged" } else { "debug build: times mean nothing" };
    format!(
        "{profiles} profiles, {} instruments, {} payments;{reads} {build}.",
        profiles * 5 / 2,
        profiles * 10
    )
}

/// The Node that runs the peers, or a note that they are left out.
fn node(report: &mut Report) -> Option<PathBuf> {
    match peers::install() {
        Ok(node) => Some(node),
        Err(error) => {
            report.notes.push(format!("PostGraphile and Mercurius were not measured: {error:#}"));
            None
        }
    }
}

impl Session {
    async fn prepare(options: Options) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("purser-bench-").tempdir()?;
        let database = Database::start().await?;
        let binary = std::path::absolute(&options.purser)?;
        let purser = Purser { binary, folder: folder.path().to_owned(), postgres_url: database.url() };
        println!("Seeding {} profiles …", options.profiles());
        let root = told(&purser, &["tenant", "create", "marketplace", "--json"], "id")?;
        let cast = Cast::under(root.parse::<TenantId>().context("the marketplace's id")?);
        database.seed_tenants(&cast).await?;
        database.seed_customers(&cast, 1, options.profiles()).await?;
        let secret = told(&purser, &["key", "create", "--tenant", "shop", "--json"], "secret")?;
        let profiles = database.some_profiles().await?;
        let subject = Subject { tenant: cast.shop, container: cast.container, secret, profiles };
        if options.on_sqlite() && options.has(Part::Read) {
            purser.run(Engine::Sqlite, &["migrate"])?;
            sqlite::copy(&database.url(), &purser.sqlite_file()).await?;
        }
        Ok(Self { options, database, cast, subject, purser, _folder: folder })
    }

    fn ground(&self) -> Ground<'_> {
        let Self { options, database, cast, purser, .. } = self;
        Ground { options, database, cast: *cast, purser }
    }

    /// Everything about the operations that read; what was counted is to be checked once it is reported.
    async fn read(&self, report: &mut Report) -> Result<Vec<(Kind, Operation, Counts)>> {
        let node = if self.options.with_peers() { node(report) } else { None };
        let kinds = self.kinds(node.is_some());
        let cells = self.start(&kinds, node.as_deref()).await?;
        let mut counted = self.count(&cells).await?;
        for operation in Operation::TIMED {
            let measured =
                measure::all(&cells, operation, &self.subject, &self.database, self.plan()).await?;
            let table = report.tables.len();
            report.tables.push(self.table(&cells, operation).await?);
            for (row, measured) in report.tables[table].rows.iter_mut().zip(measured) {
                row.measured = measured;
            }
        }
        for operation in Operation::COUNTED {
            report.tables.push(self.table(&cells, operation).await?);
        }
        for table in &mut report.tables {
            for row in &mut table.rows {
                let found = counted.iter().find(|it| it.0 == row.kind && it.1 == table.operation);
                row.counts = found.map(|it| it.2).unwrap_or_default();
            }
        }
        for cell in &cells {
            let (peak_mib, started_ms) = (cell.peak_memory()?, cell.started_in.as_millis());
            report.servers.push(Server { kind: cell.kind, peak_mib, started_ms });
        }
        drop(cells);
        let grown = if self.options.quick { self.grow(&counted, report).await? } else { Vec::new() };
        counted.extend(grown);
        Ok(counted)
    }

    fn kinds(&self, has_node: bool) -> Vec<Kind> {
        let mut kinds = vec![Kind::Limit];
        kinds.extend(self.options.on_postgres().then_some(Kind::Purser(Engine::Postgres)));
        kinds.extend(self.options.on_sqlite().then_some(Kind::Purser(Engine::Sqlite)));
        kinds.extend(Peer::ALL.iter().filter(|_| has_node).map(|peer| Kind::Peer(*peer)));
        kinds
    }

    fn plan(&self) -> Plan {
        Plan {
            repeats: self.options.repeats(),
            window: self.options.window(),
            clients: self.options.clients,
            is_warmed: !self.options.quick,
        }
    }

    /// Starts the cells, and makes sure that they answer the same.
    async fn start(&self, kinds: &[Kind], node: Option<&Path>) -> Result<Vec<Cell>> {
        let mut cells = Vec::with_capacity(kinds.len());
        for kind in kinds {
            println!("Starting {} …", kind.name().replace("**", ""));
            cells.push(Cell::start(*kind, &self.purser, &self.subject, node).await?);
        }
        for operation in Operation::TIMED {
            let expected = self.answer(&cells[0], operation).await?;
            ensure!(!fields::payments(&expected).is_empty(), "{}: nothing was found", operation.name());
            for cell in &cells[1..] {
                let answer = self.answer(cell, operation).await?;
                let is_same = fields::payments(&answer) == fields::payments(&expected);
                let (operation, cell) = (operation.name(), cell.kind.name());
                ensure!(is_same, "{operation}: {cell} answers other payments than the limit:\n{answer}");
            }
        }
        Ok(cells)
    }

    async fn answer(&self, cell: &Cell, operation: Operation) -> Result<Value> {
        let requests = operation.requests(cell.kind, &self.subject).context("it has no such operation")?;
        let body = Client::connect(cell.address).await?.send(&requests[0]).await;
        let body = body.with_context(|| format!("{} of {}", operation.name(), cell.kind.name()))?;
        Ok(serde_json::from_slice(&body)?)
    }

    async fn count(&self, cells: &[Cell]) -> Result<Vec<(Kind, Operation, Counts)>> {
        println!("Counting statements and buffers …");
        let mut counted = Vec::new();
        for operation in Operation::ALL {
            for cell in cells {
                let counts = counts::of(cell, operation, &self.subject, &self.database).await?;
                counted.push((cell.kind, operation, counts));
            }
        }
        Ok(counted)
    }

    /// An empty table with the size of our answer.
    async fn table(&self, cells: &[Cell], operation: Operation) -> Result<Table> {
        let ours = cells.iter().find(|cell| matches!(cell.kind, Kind::Purser(_)));
        let answer = self.answer(ours.context("the gateway is always measured")?, operation).await?;
        let fields = answer.get("data").map_or(0, fields::count);
        let has_it = |cell: &&Cell| operation.requests(cell.kind, &self.subject).is_some();
        let row = |cell: &Cell| Row { kind: cell.kind, counts: Counts::default(), measured: None };
        Ok(Table { operation, fields, rows: cells.iter().filter(has_it).map(row).collect() })
    }

    /// Counts again in more data: statements must not grow at all, buffers hardly.
    async fn grow(
        &self,
        before: &[(Kind, Operation, Counts)],
        report: &mut Report,
    ) -> Result<Vec<(Kind, Operation, Counts)>> {
        if !self.options.on_postgres() {
            return Ok(Vec::new());
        }
        let (small, large) = (self.options.profiles(), self.options.profiles() * GROWTH);
        println!("Growing to {large} profiles …");
        self.database.seed_customers(&self.cast, small + 1, large).await?;
        let cells = self.start(&[Kind::Limit, Kind::Purser(Engine::Postgres)], None).await?;
        let after = self.count(&cells[1..]).await?;
        for (kind, operation, counts) in &after {
            let known = before.iter().find(|it| it.0 == *kind && it.1 == *operation);
            let Some((old, new)) = known.and_then(|it| it.2.buffers).zip(counts.buffers) else { continue };
            let name = operation.name();
            report.notes.push(format!("{name}: {old:.0} buffers at {small} profiles, {new:.0} at {large}"));
            ensure!(new <= old * BUFFER_GROWTH_MAX, "{name} reads {new:.0} buffers, {old:.0} in less data");
        }
        Ok(after)
    }
}

/// One member of the JSON that a command of the operator prints.
fn told(purser: &Purser, arguments: &[&str], member: &str) -> Result<String> {
    let printed = purser.run(Engine::Postgres, arguments)?;
    let json: Value = serde_json::from_str(&printed).with_context(|| format!("it printed {printed}"))?;
    json.get(member).and_then(Value::as_str).map(str::to_owned).context("the command tells less than it did")
}
