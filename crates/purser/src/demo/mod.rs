//! `purser demo`: a marketplace with its merchants, their customers and a year of business, to try out.
//!
//! The sample data is made by the services' own use cases, called with the keys of the merchants it
//! belongs to, so that a demo that starts has shown that they work: shops open, a container is shared,
//! people store a card at one merchant and pay with it at another, reservations are captured, money goes
//! back. Nothing is written past the services.
//!
//! | module | what it does |
//! |---|---|
//! | `dice`, [`source`] | chance that falls the same way each time; a clock that walks through the year |
//! | `countries`, `people`, `merchants` | what the sample data is made of |
//! | [`plan`] | who does what when: pure, from a seed and a size |
//! | `stage`, `play` | tenants and connectors first, then the plan, event by event |
//! | [`ecosystem`] | what came of it, and the file that keeps it with the keys |
//! | [`tabs`] | the sample operations, filled in |
//! | [`announce`] | what people and programs are told when it is ready |
//! | [`progress`] | what they see until then |
//!
//! The same seed gives the same ids, guids and payment tokens, apart from the API keys, which come from
//! the operating system: a demo listens on a socket, and its keys must not be known to whoever reads this.
//!
//! To add a merchant, a country or a habit, add a row to its table; a test says what the plan must have.
//! To add a sample operation: a `.graphql` and a `.json` beside the others, and a line in [`tabs`].

pub mod announce;
mod countries;
mod dice;
pub mod ecosystem;
mod merchants;
mod people;
pub mod plan;
mod play;
pub mod progress;
pub mod source;
mod stage;
pub mod tabs;

use std::sync::Arc;

use anyhow::{Context, bail};
use purser_services::{App, keys};
use purser_types::{Source, Timestamp};

use crate::app::{self, Parts};
use crate::config::Config;
use crate::source::SystemSource;

pub use announce::announce;
pub use ecosystem::{Counts, DemoCustomer, DemoTenant, Ecosystem};
pub use plan::Size;
pub use progress::Progress;
pub use source::DemoSource;
pub use tabs::{blank_graphiql_config, graphiql_config};

use ecosystem::Found;

/// Where the secrets of API keys come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeySecrets {
    /// The process's own source of randomness.
    Unpredictable,
    /// The seed: for tests that compare two runs, and for nothing that listens.
    Seeded,
}

/// What the sample data is made from.
#[derive(Debug, Clone, Copy)]
pub struct Recipe {
    /// The same seed gives the same data.
    pub seed: u64,
    /// How much of it.
    pub size: Size,
    /// The present: the year of business ends a little earlier.
    pub ends_at: Timestamp,
    /// Where the secrets of API keys come from.
    pub key_secrets: KeySecrets,
}

/// The seed of the demo that everybody sees.
pub const SEED: u64 = 42;

/// A demo that is ready to be served.
pub struct Prepared {
    /// The process's parts, over the demo's data.
    pub parts: Parts,
    /// What the data is.
    pub ecosystem: Ecosystem,
}

/// Makes the sample data in the configuration's data directory, or finds it there again.
///
/// # Errors
/// The directory holds a database that is not the demo's, or the data cannot be made; the message says what
/// to do.
pub async fn prepare(config: &Config, is_fresh: bool, is_json: bool) -> anyhow::Result<Prepared> {
    let source = Arc::new(DemoSource::new(Arc::new(SystemSource)));
    let recipe = Recipe {
        seed: SEED,
        size: Size::FULL,
        ends_at: source.live_now(),
        key_secrets: KeySecrets::Unpredictable,
    };
    let progress: Box<dyn Progress> =
        if is_json { Box::new(progress::Silent) } else { progress::on_stderr() };
    prepare_with(config, is_fresh, recipe, &source, &*progress).await
}

/// [`prepare`] with everything that a test wants to decide itself.
///
/// # Errors
/// As [`prepare`].
pub async fn prepare_with(
    config: &Config,
    is_fresh: bool,
    recipe: Recipe,
    source: &Arc<DemoSource>,
    progress: &dyn Progress,
) -> anyhow::Result<Prepared> {
    let directory = &config.data_dir;
    if is_fresh {
        ecosystem::clear(directory)?;
    }
    let mut prepared = match ecosystem::look(directory)? {
        Found::Complete(found) => again(config, *found, source).await?,
        Found::Interrupted => {
            ecosystem::clear(directory)?;
            anew(config, recipe, source, progress).await?
        }
        Found::Nothing => anew(config, recipe, source, progress).await?,
        Found::Foreign => bail!(
            "{} holds a database that is not the demo's; choose another directory with --data",
            directory.display()
        ),
    };
    let mut random = [0; 4];
    source.fill(&mut random);
    prepared.ecosystem.run = random.iter().map(|byte| format!("{byte:02x}")).collect();
    prepared.ecosystem.origin = config.server.origin();
    Ok(prepared)
}

/// Opens the data of an earlier start, if its keys still open it.
async fn again(config: &Config, ecosystem: Ecosystem, source: &Arc<DemoSource>) -> anyhow::Result<Prepared> {
    let parts = app::open(config, Arc::clone(source) as Arc<dyn Source>).await?;
    for tenant in &ecosystem.tenants {
        let viewer = keys::viewer_of_api_key(&parts.app, tenant.secret_key.expose()).await?;
        if viewer.is_none_or(|viewer| viewer.tenant() != tenant.id) {
            let (file, slug) = (ecosystem::FILE, &tenant.slug);
            bail!("the key of {slug} in {file} does not open the database beside it; start with --fresh");
        }
    }
    Ok(Prepared { parts, ecosystem })
}

async fn anew(
    config: &Config,
    recipe: Recipe,
    source: &Arc<DemoSource>,
    progress: &dyn Progress,
) -> anyhow::Result<Prepared> {
    ecosystem::claim(&config.data_dir)?;
    let parts = app::open(config, Arc::clone(source) as Arc<dyn Source>).await?;
    let ecosystem = seed(&parts.app, progress, recipe, source).await.context("making the sample data")?;
    ecosystem::keep(&config.data_dir, &ecosystem)?;
    // What the processors had to say in that year is old news; what they say from now on is not.
    drop(parts.sandbox.take_deliveries());
    Ok(Prepared { parts, ecosystem })
}

/// Makes the sample data in an empty database whose process asks `source` for time and chance.
///
/// # Errors
/// A use case refused what the plan asked for, or failed; the message says which event.
pub async fn seed(
    app: &Arc<App>,
    progress: &dyn Progress,
    recipe: Recipe,
    source: &DemoSource,
) -> anyhow::Result<Ecosystem> {
    let plan = plan::Plan::new(recipe.seed, recipe.size, recipe.ends_at);
    source.walk_from(plan.starts_at, recipe.seed);
    let made = perform(app, progress, recipe, source, &plan).await;
    source.go_live();
    made
}

async fn perform(
    app: &Arc<App>,
    progress: &dyn Progress,
    recipe: Recipe,
    source: &DemoSource,
    plan: &plan::Plan,
) -> anyhow::Result<Ecosystem> {
    let stage = stage::set(app, source, recipe.key_secrets, progress).await?;
    let (counts, alex) = play::play(app, source, &stage, plan, progress).await?;
    Ok(Ecosystem {
        tenants: stage.tenants(),
        container_id: stage.container_id,
        alex,
        counts,
        run: String::new(),
        origin: String::new(),
    })
}

#[cfg(test)]
mod tests;
