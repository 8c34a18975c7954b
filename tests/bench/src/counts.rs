//! What does not move with the neighbours: statements and buffers per request.

use std::time::Duration;

use anyhow::{Result, ensure};

use crate::{
    cell::{Cell, Kind},
    database::Database,
    load::{Client, Prepared},
    operation::{Operation, Subject},
};

/// Requests before anything is counted: enough that each connection has prepared its statements.
const UNCOUNTED: usize = 24;
const COUNTED: usize = 40;
/// A session of PostgreSQL reports its statistics when it comes to rest, but not within a second of the last
/// time; so we stay away from it for longer, and then give each of its connections something to end.
const REPORT_INTERVAL: Duration = Duration::from_millis(1_200);
const REPORTED: usize = 8;
/// The gateway's own counter, which is all there is for the embedded database.
const STATEMENTS_METRIC: &str = "purser_statements_total ";

/// Per request, for one operation in one cell.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) statements: Option<f64>,
    pub(crate) buffers: Option<f64>,
}

/// Counts an operation in a cell, one request after the other.
///
/// # Errors
/// A request fails, or what counts cannot be read.
pub(crate) async fn of(
    cell: &Cell,
    operation: Operation,
    subject: &Subject,
    database: &Database,
) -> Result<Counts> {
    let Some(requests) = operation.requests(cell.kind, subject) else { return Ok(Counts::default()) };
    let mut client = Client::connect(cell.address).await?;
    send(&mut client, &requests, UNCOUNTED).await?;
    if !cell.kind.is_on_postgres() {
        let before = metric(&mut client).await?;
        send(&mut client, &requests, COUNTED).await?;
        let after = metric(&mut client).await?;
        let statements = before.zip(after).map(|(before, after)| (after - before) / per(COUNTED));
        return Ok(Counts { statements, buffers: None });
    }
    let buffers = Some(buffers(&mut client, &requests, database).await?);
    let statements = Some(logged(&mut client, &requests, database).await?);
    Ok(Counts { statements, buffers })
}

/// The smaller of two counts: a new connection reads the catalogue, which is not about the request.
async fn buffers(client: &mut Client, requests: &[Prepared], database: &Database) -> Result<f64> {
    let mut before = reported(client, requests, database).await?;
    let mut least = f64::INFINITY;
    for _ in 0..2 {
        send(client, requests, COUNTED).await?;
        let after = reported(client, requests, database).await?;
        // Between two reports lie the requests that were counted and those that brought the second report.
        least = least.min((after - before) / per(COUNTED + REPORTED));
        before = after;
    }
    Ok(least)
}

/// Fails if the gateway sends more statements than the operation may take.
///
/// # Errors
/// It does.
pub(crate) fn check(kind: Kind, operation: Operation, counts: Counts) -> Result<()> {
    let (Kind::Purser(_), Some(statements)) = (kind, counts.statements) else { return Ok(()) };
    let most = operation.statements_max();
    let (operation, cell) = (operation.name(), kind.name());
    // Every few seconds a request has its key verified anew, which is one statement among many requests.
    ensure!(
        statements.round() <= most,
        "{operation} on {cell}: {statements:.2} statements per request, {most} are allowed"
    );
    Ok(())
}

async fn send(client: &mut Client, requests: &[Prepared], number: usize) -> Result<()> {
    for prepared in requests.iter().cycle().take(number) {
        client.send(prepared).await?;
    }
    Ok(())
}

async fn logged(client: &mut Client, requests: &[Prepared], database: &Database) -> Result<f64> {
    database.log_statements(true).await?;
    // A session reads its settings anew before the next statement, so that the first request may be
    // logged in part.
    send(client, requests, REPORTED).await?;
    let before = database.logged_statements()?;
    send(client, requests, COUNTED).await?;
    let after = database.logged_statements()?;
    database.log_statements(false).await?;
    send(client, requests, REPORTED).await?;
    Ok(per(after - before) / per(COUNTED))
}

async fn reported(client: &mut Client, requests: &[Prepared], database: &Database) -> Result<f64> {
    let mut interval = tokio::time::interval(REPORT_INTERVAL);
    interval.tick().await;
    interval.tick().await;
    send(client, requests, REPORTED).await?;
    let buffers = database.buffers().await?;
    Ok(i32::try_from(buffers).map(f64::from)?)
}

async fn metric(client: &mut Client) -> Result<Option<f64>> {
    let metrics = Prepared { path: "/metrics".to_owned(), authorization: None, body: None };
    let text = client.send(&metrics).await?;
    let text = String::from_utf8_lossy(&text);
    Ok(text.lines().find_map(|line| line.strip_prefix(STATEMENTS_METRIC)?.trim().parse().ok()))
}

/// Small numbers as divisors and dividends.
fn per(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::INFINITY, f64::from)
}
