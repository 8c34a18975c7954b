//! The tables, for people and for programs.

use std::{fmt::Write, fs, path::Path};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::{
    cell::{Engine, Kind},
    counts::Counts,
    measure::Measured,
    operation::Operation,
    write,
};

/// One cell, for one operation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) kind: Kind,
    pub(crate) counts: Counts,
    pub(crate) measured: Option<Measured>,
}

/// One operation in every cell.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    pub(crate) operation: Operation,
    /// How many fields the gateway's answer has.
    pub(crate) fields: usize,
    pub(crate) rows: Vec<Row>,
}

/// What a server is by itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Server {
    pub(crate) kind: Kind,
    pub(crate) peak_mib: u64,
    pub(crate) started_ms: u128,
}

/// Everything about one run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Report {
    /// What was run, in words.
    pub(crate) conditions: String,
    /// Whether the times mean anything, so that goals can be met or missed.
    pub(crate) is_judged: bool,
    pub(crate) tables: Vec<Table>,
    /// The hot write, if it was measured.
    pub(crate) write: Option<write::Table>,
    pub(crate) servers: Vec<Server>,
    /// What was left out and why, and what else is to be known.
    pub(crate) notes: Vec<String>,
}

impl Table {
    fn limit_us(&self) -> Option<f64> {
        let limit = self.rows.iter().find(|row| row.kind == Kind::Limit)?;
        limit.measured.map(|measured| measured.cpu_us()).filter(|cpu| *cpu > 0.0)
    }

    fn is_timed(&self) -> bool {
        self.rows.iter().any(|row| row.measured.is_some())
    }

    /// The lines of an operation that was counted only.
    fn counts(&self) -> String {
        let lines = self.rows.iter().map(|row| {
            let (operation, cell) = (self.operation.name(), row.kind.name());
            let (statements, buffers) = (number(row.counts.statements, 1), number(row.counts.buffers, 0));
            format!("| {operation} ({} fields) | {cell} | {statements} | {buffers} |\n", self.fields)
        });
        lines.collect()
    }

    fn ratio(&self, row: &Row) -> Option<f64> {
        Some(row.measured?.cpu_us() / self.limit_us()?)
    }

    fn markdown(&self) -> String {
        let fields = self.fields;
        let mut text = format!("### {} ({fields} fields)\n\n", self.operation.name());
        text += "| cell | CPU µs per request | of it database | × limit | requests/s | p50 ms | p99 ms | alone p50 ms | statements | buffers |\n";
        text += "|---|---|---|---|---|---|---|---|---|---|\n";
        for row in &self.rows {
            let of = |pick: fn(&Measured) -> f64| row.measured.as_ref().map(pick);
            let cells = [
                number(of(Measured::cpu_us), 0),
                number(of(|measured| measured.database_us), 0),
                number(self.ratio(row), 2),
                number(of(|measured| measured.per_second), 0),
                number(of(|measured| measured.p50_ms), 2),
                number(of(|measured| measured.p99_ms), 2),
                number(of(|measured| measured.alone_p50_ms), 2),
                number(row.counts.statements, 1),
                number(row.counts.buffers, 0),
            ];
            // Writing to a String cannot fail.
            let _ = writeln!(text, "| {} | {} |", row.kind.name(), cells.join(" | "));
        }
        text
    }

    /// The first milestone's goals, and whether this run met them.
    fn verdicts(&self) -> Vec<String> {
        let ours = self.rows.iter().find(|row| row.kind == Kind::Purser(Engine::Postgres));
        let Some(ratio) = ours.and_then(|row| self.ratio(row)) else { return Vec::new() };
        let name = self.operation.name();
        let mut verdicts = Vec::new();
        if let Some(goal) = self.operation.ratio_goal() {
            let verdict = if ratio <= goal { "met" } else { "MISSED" };
            verdicts
                .push(format!("{name}: {ratio:.2} × the limit, at most {goal:.1} is the goal: {verdict}"));
        }
        for peer in self.rows.iter().filter(|row| matches!(row.kind, Kind::Peer(_))) {
            let Some(theirs) = self.ratio(peer) else { continue };
            let (times, peer) = (theirs / ratio, peer.kind.name());
            let verdict = if times > 1.0 { "met" } else { "MISSED" };
            verdicts.push(format!("{name}: {times:.1} × cheaper than {peer}: {verdict}"));
        }
        verdicts
    }

    fn json(&self) -> Value {
        let rows = self.rows.iter().map(|row| {
            let measured = row.measured.map(|measured| {
                json!({ "gatewayUs": measured.gateway_us, "databaseUs": measured.database_us,
                    "timesLimit": self.ratio(row), "perSecond": measured.per_second, "p50Ms": measured.p50_ms,
                    "p99Ms": measured.p99_ms, "aloneP50Ms": measured.alone_p50_ms })
            });
            json!({ "cell": plain(row.kind), "statements": row.counts.statements,
                "buffers": row.counts.buffers, "measured": measured })
        });
        json!({ "operation": self.operation.name(), "fields": self.fields, "rows": rows.collect::<Vec<_>>() })
    }
}

impl Report {
    pub(crate) fn markdown(&self) -> String {
        let mut text = format!("\n{}\n\n", self.conditions);
        for table in self.tables.iter().filter(|table| table.is_timed()) {
            text += &table.markdown();
            text.push('\n');
        }
        if !self.tables.is_empty() {
            text += &self.counts_and_servers();
        }
        if let Some(write) = &self.write {
            text += &write.markdown();
            text.push('\n');
        }
        for line in self.verdicts().iter().chain(&self.notes) {
            let _ = writeln!(text, "- {line}");
        }
        text
    }

    fn counts_and_servers(&self) -> String {
        let mut text =
            "| operation, counted only | cell | statements | buffers |\n|---|---|---|---|\n".to_owned();
        text.extend(self.tables.iter().filter(|table| !table.is_timed()).map(Table::counts));
        text += "\n| cell | peak MiB | ms to a bound port |\n|---|---|---|\n";
        for server in &self.servers {
            let _ =
                writeln!(text, "| {} | {} | {} |", server.kind.name(), server.peak_mib, server.started_ms);
        }
        text.push('\n');
        text
    }

    fn verdicts(&self) -> Vec<String> {
        if !self.is_judged {
            return Vec::new();
        }
        let reads = self.tables.iter().flat_map(Table::verdicts);
        reads.chain(self.write.iter().flat_map(write::Table::verdicts)).collect()
    }

    /// # Errors
    /// The file cannot be written.
    pub(crate) fn write_json(&self, file: &Path) -> Result<()> {
        let servers = self.servers.iter().map(|server| {
            let started_ms = u64::try_from(server.started_ms).unwrap_or(u64::MAX);
            json!({ "cell": plain(server.kind), "peakMib": server.peak_mib, "startedMs": started_ms })
        });
        let report = json!({
            "conditions": self.conditions,
            "operations": self.tables.iter().map(Table::json).collect::<Vec<_>>(),
            "write": self.write.as_ref().map(write::Table::json),
            "servers": servers.collect::<Vec<_>>(),
            "notes": self.notes,
        });
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        let text = serde_json::to_string_pretty(&report)? + "\n";
        fs::write(file, text).with_context(|| format!("writing {}", file.display()))
    }
}

fn plain(kind: Kind) -> String {
    kind.name().replace("**", "")
}

pub(crate) fn number(value: Option<f64>, digits: usize) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.digits$}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::peers::Peer;

    fn row(kind: Kind, gateway_us: f64, database_us: f64) -> Row {
        let measured = Some(Measured { gateway_us, database_us, ..Measured::default() });
        Row { kind, counts: Counts { statements: Some(4.0), buffers: None }, measured }
    }

    #[test]
    fn a_table_compares_with_the_limit_of_its_own_run() {
        let rows = vec![
            row(Kind::Limit, 60.0, 140.0),
            row(Kind::Purser(Engine::Postgres), 100.0, 200.0),
            row(Kind::Peer(Peer::Mercurius), 400.0, 300.0),
        ];
        let table = Table { operation: Operation::Customer, fields: 140, rows };

        let text = table.markdown();

        let ours = "| **purser, PostgreSQL** | 300 | 200 | 1.50 | 0 | 0.00 | 0.00 | 0.00 | 4.0 | – |";
        assert!(text.lines().any(|line| line == ours), "{text}");
        let expected = [
            "customer 360: 1.50 × the limit, at most 2.0 is the goal: met",
            "customer 360: 2.3 × cheaper than Mercurius 16 + graphql-jit + loaders: met",
        ];
        assert_eq!(table.verdicts(), expected);
    }
}
