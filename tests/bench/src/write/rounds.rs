//! One side after the other, round after round, each time on payments that nobody has settled.

use std::{
    env, fs,
    process::{self, Command},
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use purser_storage::{Store, StoreOptions};
use serde_json::Value;

use super::{
    Slice, Template, open_sql,
    pgbench::{self, Script},
    table::{Measured, Row, Side, Table},
};
use crate::{
    cell::{Engine, Purser},
    database::{Cast, Database},
    measure::median,
    options::Options,
    process as system, sqlite,
};

/// As many as the goal is about, which is also what the gateway has by default.
const CONNECTIONS: u32 = 16;
/// The embedded database flushes each of its transactions, so that it gets so many times fewer of them.
const SQLITE_SHARE: i64 = 4;

/// Where is written, and how much.
pub(crate) struct Ground<'a> {
    pub(crate) options: &'a Options,
    pub(crate) database: &'a Database,
    pub(crate) cast: Cast,
    pub(crate) purser: &'a Purser,
}

/// One side with what it has shown so far.
struct Course {
    side: Side,
    url: String,
    /// What `pgbench` runs.
    script: Option<Script>,
    samples: Vec<Measured>,
}

/// What a client says about itself.
struct Said {
    per_second: f64,
    statements: Option<f64>,
}

/// Measures all sides, in turn.
///
/// # Errors
/// A side fails, or has written less than it says.
pub(crate) async fn measure(ground: &Ground<'_>) -> Result<Table> {
    let writers = i64::from(CONNECTIONS);
    let slice = Slice {
        first: 0,
        writers,
        each: (ground.options.writes() / writers).max(SQLITE_SHARE),
        customers: 0,
    };
    let slice = Slice { customers: slice.len(), ..slice };
    let warm = i64::from(!ground.options.quick);
    let rounds = warm + i64::try_from(ground.options.repeats())?;
    println!("Seeding {} open payments …", slice.len() * 2 * rounds);
    let text = open_sql(slice.len() * 2 * rounds, slice.customers);
    ground.database.seed(&ground.cast, &text).await.context("seeding open payments")?;
    let mut courses = ground.courses().await?;
    for round in 0..rounds {
        println!("hot write: round {} of {rounds}", round + 1);
        for course in &mut courses {
            let sample = course.sample(ground, course.side.slice(slice, round)).await;
            let sample = sample.with_context(|| course.side.name())?;
            if round >= warm {
                course.samples.push(sample);
            }
        }
        // Nobody always comes after the same one.
        courses.reverse();
    }
    courses.sort_by_key(|course| course.side);
    let on_postgres = courses.iter().filter(|course| course.side != Side::Purser(Engine::Sqlite)).count();
    check(ground.database, slice.len() * rounds * i64::try_from(on_postgres)?).await?;
    let rows = courses.iter().map(|course| Row { side: course.side, measured: medians(&course.samples) });
    Ok(Table { writers, writes: slice.len(), rounds: rounds - warm, rows: rows.collect() })
}

impl Side {
    /// Its own part of the payments; the embedded database has them all for itself.
    fn slice(self, slice: Slice, round: i64) -> Slice {
        match self {
            Self::Pgbench => Slice { first: slice.len() * 2 * round, ..slice },
            Self::Purser(Engine::Postgres) => Slice { first: slice.len() * (2 * round + 1), ..slice },
            Self::Purser(Engine::Sqlite) => {
                let slice = Slice { each: slice.each / SQLITE_SHARE, ..slice };
                Slice { first: slice.len() * round, ..slice }
            }
        }
    }
}

impl Ground<'_> {
    async fn courses(&self) -> Result<Vec<Course>> {
        let url = self.database.url();
        let mut courses = Vec::new();
        let course = |side, url, script| Course { side, url, script, samples: Vec::new() };
        if self.options.on_postgres() {
            if let Some(program) = pgbench::program() {
                let store = StoreOptions { url: url.clone(), read_connections: 1, write_connections: 1 };
                let template = Template::read(&Store::open(&store).await?, self.cast.shop, 0).await?;
                let script = Script::write(program, &self.purser.folder, &template)?;
                courses.push(course(Side::Pgbench, url.clone(), Some(script)));
            }
            courses.push(course(Side::Purser(Engine::Postgres), url.clone(), None));
        }
        if self.options.on_sqlite() {
            println!("Copying everything to the embedded database …");
            // Another file than that of the reads, which has no open payments.
            let folder = self.purser.folder.join("write");
            fs::create_dir_all(&folder)?;
            let embedded = Purser { folder, ..self.purser.clone() };
            embedded.run(Engine::Sqlite, &["migrate"])?;
            sqlite::copy(&url, &embedded.sqlite_file()).await?;
            let url = format!("sqlite:{}", embedded.sqlite_file().display());
            courses.push(course(Side::Purser(Engine::Sqlite), url, None));
        }
        Ok(courses)
    }
}

impl Course {
    /// The CPU time is that of the whole client, from its start to its end, and of PostgreSQL meanwhile.
    async fn sample(&self, ground: &Ground<'_>, slice: Slice) -> Result<Measured> {
        let (client, server) =
            (system::cpu_of_gone_children(process::id())?, ground.database.cpu_at_rest().await?);
        let said = match &self.script {
            Some(script) => {
                let told = script.run(&self.url, slice)?;
                ensure!(
                    told.transactions == slice.len(),
                    "it wrote {} of {}",
                    told.transactions,
                    slice.len()
                );
                Said { per_second: told.per_second, statements: Some(1.0) }
            }
            None => drive(&self.url, ground.cast, slice)?,
        };
        let (client, server) = (
            system::cpu_of_gone_children(process::id())? - client,
            ground.database.cpu_at_rest().await? - server,
        );
        // What PostgreSQL does while the embedded database is measured is not about its writes.
        let server = if self.side == Side::Purser(Engine::Sqlite) { Duration::ZERO } else { server };
        let writes = f64::from(i32::try_from(slice.len())?);
        Ok(Measured {
            client_us: client.as_secs_f64() * 1e6 / writes,
            database_us: server.as_secs_f64() * 1e6 / writes,
            per_second: said.per_second,
            statements: said.statements,
        })
    }
}

/// Runs our side's driver.
fn drive(url: &str, cast: Cast, slice: Slice) -> Result<Said> {
    let mut command = Command::new(env::current_exe()?);
    command.args(["write", "--url", url, "--tenant", &cast.shop.to_string()]);
    command.args(["--connections", &CONNECTIONS.to_string(), "--first", &slice.first.to_string()]);
    command.args(["--writers", &slice.writers.to_string(), "--each", &slice.each.to_string()]);
    command.args(["--customers", &slice.customers.to_string()]);
    let output = command.output().context("cannot run the driver")?;
    let printed = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        bail!("the driver failed: {printed}{}", String::from_utf8_lossy(&output.stderr));
    }
    let json: Value = serde_json::from_str(&printed).with_context(|| format!("it printed {printed}"))?;
    let number =
        |member: &str| json.get(member).and_then(Value::as_f64).context("the driver tells too little");
    let writes = f64::from(i32::try_from(slice.len())?);
    Ok(Said { per_second: writes / number("seconds")?, statements: Some(number("statements")? / writes) })
}

/// `pgbench` does not look at what its statement answers, so we look at what was written.
async fn check(database: &Database, writes: i64) -> Result<()> {
    let counts = database.numbers(include_str!("written.sql")).await?;
    let expected = [writes; 5];
    ensure!(
        counts == expected,
        "payments, attempts, events, ledger and totals tell of {counts:?}, not of {writes}"
    );
    Ok(())
}

fn medians(samples: &[Measured]) -> Measured {
    let of = |pick: fn(&Measured) -> f64| median(samples.iter().map(pick).collect());
    Measured {
        client_us: of(|sample| sample.client_us),
        database_us: of(|sample| sample.database_us),
        per_second: of(|sample| sample.per_second),
        statements: samples.last().and_then(|sample| sample.statements),
    }
}
