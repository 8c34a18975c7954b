//! Controls: a bug is planted, and the same checks must find it.

use std::time::Duration;

use anyhow::Result;

use crate::compare::{Findings, Wrong};
use crate::kills::{self, Run};
use crate::options::Options;
use crate::report::{drop_setup, kill_setup, race_setup};
use crate::settle::SETTLE_LIMIT;
use crate::stage::Engine;
use crate::{drops, races};

/// So many kills show each of the bugs that crashes bring to light.
const KILLS: u64 = 60;
/// Without anybody who settles it makes no difference how long one waits.
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
    /// Kills, with this bug in the server, and a processor that may ignore keys.
    Kills {
        bug: Option<&'static str>,
        ignores_keys: bool,
        settle_limit: Duration,
    },
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
        run: How::Kills { bug: None, ignores_keys: true, settle_limit: SETTLE_LIMIT },
        proof: &[Wrong::DoubleCharge],
    },
    Control {
        name: "no_processor_key",
        about: "each call of the processor has a key of its own",
        run: How::Kills { bug: Some("no_processor_key"), ignores_keys: false, settle_limit: SETTLE_LIMIT },
        proof: &[Wrong::DoubleCharge],
    },
    Control {
        name: "no_janitor",
        about: "nobody looks after doubt",
        run: How::Kills { bug: Some("no_janitor"), ignores_keys: false, settle_limit: SHORT },
        proof: &[Wrong::InDoubt, Wrong::Lost],
    },
    Control {
        name: "intent_after_call",
        about: "the attempt is written after the call",
        run: How::Kills { bug: Some("intent_after_call"), ignores_keys: false, settle_limit: SHORT },
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
            How::Kills { bug, ignores_keys, settle_limit } => {
                let mut setup = kill_setup(options, options.engine()?);
                setup.mood.ignores_keys = *ignores_keys;
                setup.environment = bug.map(plant).unwrap_or_default();
                let report = kills::run(Run { setup, kills: KILLS, settle_limit: *settle_limit }).await?;
                discard(report.kept);
                Ok(report.findings)
            }
            How::Races { bug } => {
                let setup = race_setup(options, options.postgres()?);
                let setup = crate::stage::Setup { environment: plant(bug), ..setup };
                Ok(races::run(setup, RACES, true).await?.findings)
            }
            How::Drops { bug } => {
                let engine = options.postgres().unwrap_or(Engine::Sqlite);
                let setup = crate::stage::Setup { environment: plant(bug), ..drop_setup(options, engine) };
                Ok(drops::run(setup, DROPS).await?.findings)
            }
        }
    }
}

/// What a control breaks is no failure that anybody wants to look at.
fn discard(kept: Option<std::path::PathBuf>) {
    if let Some(path) = kept {
        // A leftover in the temporary folder harms nobody.
        drop(std::fs::remove_dir_all(path));
    }
}
