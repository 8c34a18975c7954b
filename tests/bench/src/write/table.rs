//! What the sides cost beside each other.

use std::fmt::Write;

use serde_json::{Value, json};

use crate::{cell::Engine, report::number};

/// The most CPU time that a write may cost, in times of `pgbench`'s.
const CPU_MAX: f64 = 1.3;
/// The least rate of writes, in times of `pgbench`'s.
const RATE_MIN: f64 = 0.9;
/// The most statements of a write on PostgreSQL.
const STATEMENTS_MAX: f64 = 1.0;

/// Who writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Side {
    Pgbench,
    Purser(Engine),
}

/// The medians of one side.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Measured {
    /// Microseconds of CPU time per write, of the client's process.
    pub(super) client_us: f64,
    /// The same, of PostgreSQL.
    pub(super) database_us: f64,
    pub(super) per_second: f64,
    pub(super) statements: Option<f64>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(super) side: Side,
    pub(super) measured: Measured,
}

/// All sides, and what they were asked to do.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    pub(super) writers: i64,
    pub(super) writes: i64,
    pub(super) rounds: i64,
    pub(super) rows: Vec<Row>,
}

impl Side {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Pgbench => "pgbench, the same statement",
            Self::Purser(Engine::Postgres) => "**purser, PostgreSQL**",
            Self::Purser(Engine::Sqlite) => "**purser, SQLite**",
        }
    }
}

impl Measured {
    fn cpu_us(&self) -> f64 {
        self.client_us + self.database_us
    }
}

impl Table {
    fn of(&self, side: Side) -> Option<Measured> {
        self.rows.iter().find(|row| row.side == side).map(|row| row.measured)
    }

    /// CPU time and rate in times of `pgbench`'s.
    fn ratios(&self, measured: &Measured) -> Option<(f64, f64)> {
        let theirs =
            self.of(Side::Pgbench).filter(|theirs| theirs.cpu_us() > 0.0 && theirs.per_second > 0.0)?;
        Some((measured.cpu_us() / theirs.cpu_us(), measured.per_second / theirs.per_second))
    }

    pub(crate) fn markdown(&self) -> String {
        let Self { writers, writes, rounds, .. } = self;
        let mut text = format!(
            "### hot write (a success settles a payment)\n\n\
             {writers} writers, {writes} writes per round, medians of {rounds} rounds. Ours call the storage from a \
             process of their own, without HTTP and GraphQL, which pgbench has not either; pgbench runs the \
             storage's own statement with the same values (-M prepared, {writers} connections). PostgreSQL does not \
             flush here; SQLite flushes every transaction.\n\n\
             | cell | CPU µs per write | of it database | × pgbench | writes/s | × pgbench | statements |\n\
             |---|---|---|---|---|---|---|\n"
        );
        for Row { side, measured } in &self.rows {
            let ratios = self.ratios(measured);
            let cells = [
                number(Some(measured.cpu_us()), 0),
                number(Some(measured.database_us), 0),
                number(ratios.map(|ratios| ratios.0), 2),
                number(Some(measured.per_second), 0),
                number(ratios.map(|ratios| ratios.1), 2),
                number(measured.statements, 1),
            ];
            // Writing to a String cannot fail.
            let _ = writeln!(text, "| {} | {} |", side.name(), cells.join(" | "));
        }
        text
    }

    /// The goals, and whether this run met them.
    pub(crate) fn verdicts(&self) -> Vec<String> {
        let ours = self.of(Side::Purser(Engine::Postgres));
        let Some((cpu, rate)) = ours.and_then(|ours| self.ratios(&ours)) else { return Vec::new() };
        let verdict = |is_met| if is_met { "met" } else { "MISSED" };
        vec![
            format!(
                "hot write: {cpu:.2} × pgbench's CPU, at most {CPU_MAX} is the goal: {}",
                verdict(cpu <= CPU_MAX)
            ),
            format!(
                "hot write: {rate:.2} × pgbench's rate, at least {RATE_MIN} is the goal: {}",
                verdict(rate >= RATE_MIN)
            ),
        ]
    }

    /// What is to be known about the run.
    pub(crate) fn notes(&self) -> Vec<String> {
        let has_pgbench = self.of(Side::Pgbench).is_some();
        let note =
            "hot write: pgbench was not measured (it is not installed, or PostgreSQL was not asked for)";
        (!has_pgbench).then(|| note.to_owned()).into_iter().collect()
    }

    /// Whether our write is more statements than it may be.
    pub(crate) fn statements_over(&self) -> Option<f64> {
        let statements = self.of(Side::Purser(Engine::Postgres))?.statements?;
        (statements > STATEMENTS_MAX).then_some(statements)
    }

    pub(crate) fn json(&self) -> Value {
        let rows = self.rows.iter().map(|Row { side, measured }| {
            let ratios = self.ratios(measured);
            json!({ "cell": side.name().replace("**", ""), "clientUs": measured.client_us,
                "databaseUs": measured.database_us, "perSecond": measured.per_second,
                "statements": measured.statements, "timesPgbenchCpu": ratios.map(|ratios| ratios.0),
                "timesPgbenchRate": ratios.map(|ratios| ratios.1) })
        });
        json!({ "writers": self.writers, "writes": self.writes, "rounds": self.rounds,
            "rows": rows.collect::<Vec<_>>() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(ours: Measured) -> Table {
        let theirs =
            Measured { client_us: 50.0, database_us: 150.0, per_second: 1_000.0, statements: Some(1.0) };
        let rows = vec![
            Row { side: Side::Pgbench, measured: theirs },
            Row { side: Side::Purser(Engine::Postgres), measured: ours },
        ];
        Table { writers: 16, writes: 1_600, rounds: 5, rows }
    }

    #[test]
    fn both_goals_are_compared_with_pgbench_of_the_same_run() {
        let ours = Measured { client_us: 60.0, database_us: 160.0, per_second: 850.0, statements: Some(1.0) };
        let table = table(ours);

        let line = "| **purser, PostgreSQL** | 220 | 160 | 1.10 | 850 | 0.85 | 1.0 |";
        assert!(table.markdown().lines().any(|it| it == line), "{}", table.markdown());
        let expected = [
            "hot write: 1.10 × pgbench's CPU, at most 1.3 is the goal: met",
            "hot write: 0.85 × pgbench's rate, at least 0.9 is the goal: MISSED",
        ];
        assert_eq!(table.verdicts(), expected);
        assert_eq!(table.statements_over(), None);
    }

    #[test]
    fn a_second_statement_is_noticed() {
        let table = table(Measured { statements: Some(2.0), ..Measured::default() });

        assert_eq!(table.statements_over().map(f64::to_bits), Some(2.0_f64.to_bits()));
    }
}
