//! Threads that read an embedded database, each with a connection of its own.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use tokio::sync::{mpsc, oneshot};

use super::super::row::Row;
use super::super::statement::Statement;
use crate::Error;
use crate::read::fault;

/// How many batches may wait for a reader; beyond it, requests wait before they queue.
const QUEUE_MAX: usize = 64;
/// How long a reader waits for a lock. In WAL mode a reader waits for nobody but recovery.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// More than all our texts, so that each is parsed once per thread.
const PREPARED_MAX: usize = 256;
/// The pages of the file that may be mapped instead of copied: reads are then memory accesses.
const MAPPED_BYTES_MAX: i64 = 256 * 1024 * 1024;

/// The reader threads of one database file. They end when this is dropped.
pub(super) struct Readers {
    queue: mpsc::Sender<Job>,
}

/// A batch and where its rows go.
struct Job {
    batch: Vec<Statement>,
    reply: oneshot::Sender<Result<Vec<Vec<Row>>, Error>>,
}

impl Readers {
    /// Starts the threads; each opens the file when its first batch comes, so that the writer can create
    /// and migrate it first.
    pub(super) fn open(url: &str, threads: u32) -> Result<Self, Error> {
        let path = path_of(url);
        if path.as_os_str().is_empty() || path.as_os_str() == ":memory:" {
            let source = "an embedded database needs a file: readers cannot share memory with the writer";
            return Err(fault::unavailable("reading the database URL", source.to_owned()));
        }
        let (queue, jobs) = mpsc::channel(QUEUE_MAX);
        let jobs = Arc::new(Mutex::new(jobs));
        for number in 0..threads.max(1) {
            let (path, jobs) = (path.clone(), Arc::clone(&jobs));
            let builder = std::thread::Builder::new().name(format!("sqlite-read-{number}"));
            let started = builder.spawn(move || serve(&path, &jobs));
            started.map_err(|error| fault::unavailable("starting a reader thread", error))?;
        }
        Ok(Self { queue })
    }

    /// Runs a batch on the first free thread.
    pub(super) async fn run(&self, batch: Vec<Statement>) -> Result<Vec<Vec<Row>>, Error> {
        let gone = || fault::unavailable("reading SQLite", "the reader threads have ended".to_owned());
        let (reply, answer) = oneshot::channel();
        self.queue.send(Job { batch, reply }).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }
}

/// The file of `sqlite:PATH` or `sqlite://PATH?…`.
fn path_of(url: &str) -> PathBuf {
    let rest = url.strip_prefix("sqlite:").unwrap_or(url);
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    PathBuf::from(rest.split_once('?').map_or(rest, |(path, _)| path))
}

fn serve(path: &std::path::Path, jobs: &Mutex<mpsc::Receiver<Job>>) {
    let mut connection = None;
    loop {
        // One idle thread waits for a job, the others for the lock.
        let next = jobs.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv();
        let Some(Job { batch, reply }) = next else { return };
        if reply.is_closed() {
            continue;
        }
        let answer = match connection.take().map_or_else(|| connect(path), Ok) {
            Ok(open) => run(connection.insert(open), &batch),
            Err(error) => Err(fault::unavailable("opening the SQLite file", error)),
        };
        // Whoever asked may have gone away, which is its right.
        let _ = reply.send(answer);
    }
}

fn connect(path: &std::path::Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "query_only", true)?;
    connection.pragma_update(None, "mmap_size", MAPPED_BYTES_MAX)?;
    // One plan per text, whatever is bound: without this, bound limits make SQLite prepare anew each time.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(PREPARED_MAX);
    Ok(connection)
}

/// A batch sees one state of the database; a single statement does so by itself.
fn run(connection: &Connection, batch: &[Statement]) -> Result<Vec<Vec<Row>>, Error> {
    let rows = if batch.len() < 2 { each(connection, batch) } else { at_once(connection, batch) };
    rows.map_err(|error| fault::sqlite("reading", error))
}

fn at_once(connection: &Connection, batch: &[Statement]) -> rusqlite::Result<Vec<Vec<Row>>> {
    connection.prepare_cached("BEGIN DEFERRED")?.execute([])?;
    let rows = each(connection, batch);
    // Nothing was written: ending the transaction either way is the same.
    connection.prepare_cached("ROLLBACK")?.execute([])?;
    rows
}

fn each(connection: &Connection, batch: &[Statement]) -> rusqlite::Result<Vec<Vec<Row>>> {
    batch.iter().map(|statement| query(connection, statement)).collect()
}

fn query(connection: &Connection, statement: &Statement) -> rusqlite::Result<Vec<Row>> {
    let mut prepared = connection.prepare_cached(&statement.sql.sqlite)?;
    let width = prepared.column_count();
    let mut found = prepared.query(rusqlite::params_from_iter(&statement.params))?;
    let mut rows = Vec::new();
    while let Some(row) = found.next()? {
        rows.push(Row::of_sqlite(row, width)?);
    }
    Ok(rows)
}
