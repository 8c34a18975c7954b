//! Kills servers and crashes PostgreSQL.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::process::Command;

use crate::clock::pause;
use crate::node::Node;
use crate::random::Dice;

/// What was done to the servers.
#[derive(Debug, Default)]
pub(crate) struct Toll {
    pub(crate) kills: AtomicU64,
    /// Of these, of servers that were not ready yet.
    pub(crate) while_starting: AtomicU64,
    pub(crate) stops: AtomicU64,
    pub(crate) crashes: AtomicU64,
}

/// Kills one node again and again until all nodes together were killed so often.
pub(crate) async fn hunt(
    node: &mut Node,
    toll: &Toll,
    kills: u64,
    mut dice: Dice,
    postgres: Option<(&Path, u64)>,
) -> Result<()> {
    loop {
        if !node.is_running() {
            node.spawn()?;
        }
        // Most die soon after they are ready; some while they start, and some get to do more.
        let is_early = dice.happens(10);
        if is_early {
            pause(Duration::from_millis(dice.between(1, 120))).await;
        } else {
            node.ready().await?;
            let life = if dice.happens(35) { dice.between(60, 300) } else { dice.between(1, 60) };
            pause(Duration::from_millis(life)).await;
        }
        if dice.happens(5) {
            // Its leases end while it sleeps; then it goes on as if nothing had happened.
            node.signal("STOP").await?;
            pause(Duration::from_millis(dice.between(100, 1_500))).await;
            node.signal("CONT").await?;
            toll.stops.fetch_add(1, Ordering::SeqCst);
            pause(Duration::from_millis(dice.between(1, 30))).await;
        }
        let number = toll.kills.fetch_add(1, Ordering::SeqCst);
        if number >= kills {
            toll.kills.fetch_sub(1, Ordering::SeqCst);
            return Ok(());
        }
        node.kill().await;
        toll.while_starting.fetch_add(u64::from(is_early), Ordering::SeqCst);
        if let Some((folder, every)) = postgres
            && number % every == every - 1
        {
            crash_postgres(folder).await?;
            toll.crashes.fetch_add(1, Ordering::SeqCst);
        }
    }
}

/// Makes PostgreSQL restart as `pg_ctl restart -m immediate` does: one of its processes is killed, upon which
/// it throws all connections out and all memory away, and recovers from its log.
async fn crash_postgres(folder: &Path) -> Result<()> {
    let file =
        fs::read_to_string(folder.join("data/postmaster.pid")).context("PostgreSQL has no pid file")?;
    let postmaster = file.lines().next().context("the pid file is empty")?.trim().to_owned();
    let children = Command::new("pgrep").args(["-P", &postmaster]).output().await?;
    let text = String::from_utf8_lossy(&children.stdout).into_owned();
    let child = text.lines().last().context("PostgreSQL has no process to kill")?;
    Command::new("kill").args(["-KILL", child]).status().await?;
    Ok(())
}
