//! One cell after the other under load, round after round.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result};

use crate::{
    cell::{Cell, Kind},
    database::Database,
    load::{self, Prepared, Seen},
    operation::{Operation, Subject},
};

/// A just-in-time compiler needs this long; a shorter time would flatter us.
const WARM_NODE: Duration = Duration::from_secs(10);
const WARM: Duration = Duration::from_secs(2);

/// What one window of one cell showed.
#[derive(Clone, Copy, Debug)]
struct Sample {
    gateway_us: f64,
    database_us: f64,
    per_second: f64,
    p50: Duration,
    p99: Duration,
    /// The median latency of a client that has the server for itself.
    alone_p50: Duration,
}

/// The medians of a cell's windows, for one operation.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Measured {
    /// Microseconds of CPU time per request.
    pub(crate) gateway_us: f64,
    pub(crate) database_us: f64,
    pub(crate) per_second: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
    pub(crate) alone_p50_ms: f64,
}

impl Measured {
    /// What is compared.
    pub(crate) fn cpu_us(&self) -> f64 {
        self.gateway_us + self.database_us
    }
}

/// How long and how often.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) repeats: usize,
    pub(crate) window: Duration,
    pub(crate) clients: usize,
    pub(crate) is_warmed: bool,
}

struct Course<'a> {
    cell: &'a Cell,
    requests: Arc<[Prepared]>,
    samples: Vec<Sample>,
}

/// Measures one operation in every cell that has it; the answers are in the cells' order.
///
/// # Errors
/// A request fails.
pub(crate) async fn all(
    cells: &[Cell],
    operation: Operation,
    subject: &Subject,
    database: &Database,
    plan: Plan,
) -> Result<Vec<Option<Measured>>> {
    let courses = cells.iter().map(|cell| {
        let requests = operation.requests(cell.kind, subject)?;
        Some(Course { cell, requests, samples: Vec::new() })
    });
    let mut courses: Vec<Option<Course<'_>>> = courses.collect();
    for course in courses.iter().flatten().filter(|_| plan.is_warmed) {
        let warm = if matches!(course.cell.kind, Kind::Peer(_)) { WARM_NODE } else { WARM };
        load::run(course.cell.address, &course.requests, plan.clients, warm).await?;
    }
    for round in 1..=plan.repeats {
        println!("{}: round {round} of {}", operation.name(), plan.repeats);
        for course in courses.iter_mut().flatten() {
            let sample = course.sample(database, plan).await;
            course.samples.push(sample.with_context(|| course.cell.kind.name())?);
        }
    }
    Ok(courses.into_iter().map(|course| course.map(|course| median_of(&course.samples))).collect())
}

impl Course<'_> {
    async fn sample(&self, database: &Database, plan: Plan) -> Result<Sample> {
        let address = self.cell.address;
        let alone = load::run(address, &self.requests, 1, plan.window / 4).await?;
        let (gateway, server) = (self.cell.cpu()?, database.cpu()?);
        let seen = load::run(address, &self.requests, plan.clients, plan.window).await?;
        let (gateway, server) = (self.cell.cpu()? - gateway, database.cpu()? - server);
        // What PostgreSQL does while the embedded database is measured is not about the request.
        let server = if self.cell.kind.is_on_postgres() { server } else { Duration::ZERO };
        Ok(Sample {
            gateway_us: per_request(gateway, &seen) * 1e6,
            database_us: per_request(server, &seen) * 1e6,
            per_second: 1.0 / per_request(seen.elapsed, &seen),
            p50: seen.percentile(50),
            p99: seen.percentile(99),
            alone_p50: alone.percentile(50),
        })
    }
}

fn per_request(time: Duration, seen: &Seen) -> f64 {
    u32::try_from(seen.latencies.len())
        .map_or(0.0, |requests| time.as_secs_f64() / f64::from(requests.max(1)))
}

fn median_of(samples: &[Sample]) -> Measured {
    let of = |pick: fn(&Sample) -> f64| median(samples.iter().map(pick).collect());
    Measured {
        gateway_us: of(|sample| sample.gateway_us),
        database_us: of(|sample| sample.database_us),
        per_second: of(|sample| sample.per_second),
        p50_ms: of(|sample| sample.p50.as_secs_f64() * 1e3),
        p99_ms: of(|sample| sample.p99.as_secs_f64() * 1e3),
        alone_p50_ms: of(|sample| sample.alone_p50.as_secs_f64() * 1e3),
    }
}

/// The middle one; of an even number the mean of the two in the middle.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => 0.0,
        count if count % 2 == 1 => values[middle],
        _ => f64::midpoint(values[middle - 1], values[middle]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_ignores_one_disturbed_round() {
        assert_eq!(median(vec![3.0, 1_000.0, 2.0]).to_bits(), 3.0_f64.to_bits());
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]).to_bits(), 2.5_f64.to_bits());
        assert_eq!(median(Vec::new()).to_bits(), 0.0_f64.to_bits());
    }

    #[test]
    fn a_time_is_shared_among_the_requests() {
        let seen = Seen { elapsed: Duration::from_secs(2), latencies: vec![Duration::from_millis(1); 4] };

        assert_eq!(per_request(seen.elapsed, &seen).to_bits(), 0.5_f64.to_bits());
    }
}
