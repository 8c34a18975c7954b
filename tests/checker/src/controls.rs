//! Controls: a bug is planted, and the same checks must find it.

use std::time::Duration;

use anyhow::Result;

use crate::compare::{Findings, Wrong};
use crate::kills::{self, Run};
use crate::options::Options;
use crate::report::{TRADE, drop_setup, kill_setup, race_setup};
use crate::settle::SETTLE_LIMIT;
use crate::stage::{Engine, Setup};
use crate::{drops, races};

/// So many kills show a bug that crashes bring to light.
const KILLS: u64 = 40;
/// What goes wrong only where a booked request cannot be looked up needs many requests, and few kills.
const LONG_TRADE: Duration = Duration::from_secs(20);
const FEW_KILLS: u64 = 10;
/// A server with a bug is not waited for as long as one that keeps its promise.
const SHORT: Duration = Duration::from_secs(8);
const RACES: u64 = 480;
const DROPS: u64 = 300;

/// A planted bug.
pub(crate) struct Control {
    pub(crate) name: &'static str,
    about: &'static str,
    run: How,
    /// Any of these is proof that it was noticed.
    proof: &'static [Wrong],
}

enum How {
    /// Kills of a server with this bug.
    Kills {
        bug: &'static str,
    },
    /// Kills, and a processor that ignores keys.
    KeysIgnored,
    /// Races without the database's own conditions.
    Races {
        bug: &'static str,
    },
    Drops {
        bug: &'static str,
    },
}

/// All controls.
pub(crate) const CONTROLS: [Control; 6] = [
    Control {
        name: "keys_ignored",
        about: "the processor ignores idempotency keys",
        run: How::KeysIgnored,
        proof: &[Wrong::DoubleCharge],
    },
    Control {
        name: "no_processor_key",
        about: "each call of the processor has a key of its own",
        run: How::Kills { bug: "no_processor_key" },
        proof: &[Wrong::DoubleCharge],
    },
    Control {
        name: "no_janitor",
        about: "nobody looks after doubt",
        run: How::Kills { bug: "no_janitor" },
        proof: &[Wrong::InDoubt, Wrong::Lost],
    },
    Control {
        name: "intent_after_call",
        about: "the attempt is written after the call",
        run: How::Kills { bug: "intent_after_call" },
        proof: &[Wrong::WithoutIntent],
    },
    Control {
        name: "refund_unchecked",
        about: "the refund's statement has no condition, nor has the table",
        run: How::Races { bug: "refund_unchecked" },
        proof: &[Wrong::TooMuch],
    },
    Control {
        name: "not_in_own_task",
        about: "a write dies with its client's connection",
        run: How::Drops { bug: "not_in_own_task" },
        proof: &[Wrong::Abandoned, Wrong::Lost, Wrong::WithoutIntent],
    },
];

impl Control {
    /// Runs it, prints what was found, and says whether the bug was noticed.
    pub(crate) async fn is_caught(&self, options: &Options) -> Result<bool> {
        let findings = self.findings(options).await?;
        let is_caught = self.proof.iter().any(|wrong| findings.count(*wrong) > 0);
        let verdict = if is_caught { "CAUGHT" } else { "NOT CAUGHT" };
        println!("control {}: {verdict}: {} ({})", self.name, self.about, findings.summary());
        for wrong in self.proof {
            if let Some(example) = findings.examples(*wrong).next() {
                println!("    {}: {example}", wrong.words());
            }
        }
        Ok(is_caught)
    }

    async fn findings(&self, options: &Options) -> Result<Findings> {
        let plant = |bug: &str| vec![("PURSER_PLANTED_BUG".to_owned(), bug.to_owned())];
        match &self.run {
            How::Kills { bug } => {
                let setup = kill_setup(options, options.engine()?);
                let setup = Setup { environment: plant(bug), ..setup };
                killed(Run { setup, kills: KILLS, trade: TRADE, settle_limit: SHORT }).await
            }
            How::KeysIgnored => {
                let mut setup = kill_setup(options, options.engine()?);
                setup.mood.ignores_keys = true;
                killed(Run { setup, kills: FEW_KILLS, trade: LONG_TRADE, settle_limit: SETTLE_LIMIT }).await
            }
            How::Races { bug } => {
                let setup = race_setup(options, options.postgres()?);
                let setup = Setup { environment: plant(bug), ..setup };
                Ok(races::run(setup, RACES, true).await?.findings)
            }
            How::Drops { bug } => {
                let engine = options.postgres().unwrap_or(Engine::Sqlite);
                let setup = Setup { environment: plant(bug), ..drop_setup(options, engine) };
                Ok(drops::run(setup, DROPS).await?.findings)
            }
        }
    }
}

async fn killed(run: Run) -> Result<Findings> {
    let report = kills::run(run).await?;
    if let Some(path) = report.kept {
        // What a control breaks is no failure that anybody wants to look at.
        drop(std::fs::remove_dir_all(path));
    }
    Ok(report.findings)
}
