//! Our side: writers that call the storage, in a process of its own so that its CPU time can be told apart.

use std::{sync::Arc, time::Instant};

use anyhow::{Context, Result, ensure};
use clap::Args;
use purser_storage::{Store, StoreOptions, payments};
use serde_json::json;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::{Slice, Template};

/// What the driver is told by the benchmark.
#[derive(Args, Clone, Debug)]
pub(crate) struct Options {
    #[arg(long)]
    url: String,
    #[arg(long)]
    tenant: Uuid,
    /// Connections of the write pool.
    #[arg(long)]
    connections: u32,
    #[command(flatten)]
    slice: Slice,
}

/// Settles the payments of the slice and prints how long that took, in JSON.
///
/// # Errors
/// The database does not answer, or a payment was settled before.
pub(crate) async fn run(options: Options) -> Result<()> {
    let Options { url, tenant, connections, slice } = options;
    let store =
        Store::open(&StoreOptions { url, read_connections: 1, write_connections: connections }).await?;
    let template = Arc::new(Template::read(&store, tenant, slice.first).await?);
    let statements = store.statements();
    let start = Instant::now();
    let mut writers = JoinSet::new();
    for writer in 0..slice.writers {
        writers.spawn(write(store.clone(), Arc::clone(&template), slice, writer));
    }
    while let Some(done) = writers.join_next().await {
        done.context("a writer ended badly")??;
    }
    let seconds = start.elapsed().as_secs_f64();
    let statements = store.statements() - statements;
    println!("{}", json!({ "seconds": seconds, "statements": statements }));
    Ok(())
}

async fn write(store: Store, template: Arc<Template>, slice: Slice, writer: i64) -> Result<()> {
    let first = slice.first + writer * slice.each;
    for number in first..first + slice.each {
        let settled = template.settle(number, number % slice.customers)?;
        let is_changed = payments::record_alone(&store, &template.scope, &settled.record()).await?;
        ensure!(is_changed, "payment {number} was settled before");
    }
    Ok(())
}
