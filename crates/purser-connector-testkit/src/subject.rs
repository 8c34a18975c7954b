//! What is examined: a plugin, its settings, and instruments that do known things.

use std::collections::BTreeMap;
use std::sync::Arc;

use purser_connector::{
    Advice, ConfigError, Connector, DeclineCode, DisputeStatus, Http, Inbound, Method, Plugin,
};
use purser_types::Source;
use serde_json::Value;

/// A processor that lives in memory.
pub trait Simulator: Send + Sync {
    /// The processor, behind a port.
    fn http(&self) -> &dyn Http;
    /// The notifications that it sent since the last time; empty if it sends none.
    fn notifications(&self) -> Vec<Inbound>;
}

/// How a connector is made of settings.
pub type Configure = dyn Fn(Value) -> Result<Arc<dyn Connector>, ConfigError> + Send + Sync;

/// A plugin under examination.
pub struct Subject {
    /// What the trials are called after.
    pub name: String,
    /// The plugin.
    pub plugin: Plugin,
    /// How it makes connectors: `plugin.configure`, unless a bug is planted.
    pub configure: Arc<Configure>,
    /// Settings that work.
    pub config: Value,
    /// A processor with empty books, new for each trial.
    pub simulator: fn(Arc<dyn Source>) -> Box<dyn Simulator>,
    /// One instrument per declared method that approves at once or after a look-up.
    pub instruments: Vec<Instrument>,
    /// Instruments that are declined, with every row of the plugin's table that can be reached.
    pub declines: Vec<DeclineCase>,
    /// An instrument whose payment is pending until it is looked up.
    pub pending: Option<&'static str>,
    /// An instrument that needs a challenge.
    pub challenge: Option<Challenge>,
    /// An instrument that asks for a code.
    pub code: Option<CodeCase>,
    /// An instrument that has less than 1200 minor units, and some.
    pub partial: Option<&'static str>,
    /// An instrument whose payments are disputed.
    pub dispute: Option<DisputeCase>,
    /// Settings of neighbours, if tokens are shared inside a processor.
    pub siblings: Option<Siblings>,
    /// Settings with which notifications of `config` are not authentic; absent if there are none.
    pub wrong_secret: Option<Value>,
    /// The key of the setting that is secret, to try without it.
    pub secret_field: &'static str,
}

/// An instrument that approves.
#[derive(Debug, Clone, Copy)]
pub struct Instrument {
    /// Its kind.
    pub method: Method,
    /// The one-off token.
    pub token: &'static str,
}

/// A payment that is declined.
#[derive(Debug, Clone, Copy)]
pub struct DeclineCase {
    /// The one-off token.
    pub token: &'static str,
    /// The amount in minor units, if it decides.
    pub minor: i64,
    /// What the code has to be.
    pub code: DeclineCode,
    /// What the advice has to be.
    pub advice: Advice,
    /// What the raw code has to be.
    pub raw_code: &'static str,
}

/// What to answer to a challenge.
#[derive(Debug, Clone)]
pub struct Challenge {
    /// The one-off token of an instrument that needs one.
    pub token: &'static str,
    /// What the browser brings back after success.
    pub success: BTreeMap<String, String>,
    /// What it brings back after failure.
    pub failure: BTreeMap<String, String>,
    /// Whether a look-up gives the action back to whoever lost the answer.
    pub is_restored: bool,
}

/// A payment that asks for a code.
#[derive(Debug, Clone, Copy)]
pub struct CodeCase {
    /// The one-off token.
    pub token: &'static str,
    /// The code that pays.
    pub right: &'static str,
    /// A code that does not.
    pub wrong: &'static str,
}

/// A payment that is disputed, and what becomes of the dispute.
#[derive(Debug, Clone, Copy)]
pub struct DisputeCase {
    /// The one-off token.
    pub token: &'static str,
    /// How the dispute ends, after it was open.
    pub ends: DisputeStatus,
}

/// Settings of neighbours.
#[derive(Debug, Clone)]
pub struct Siblings {
    /// Another account of the same processor.
    pub same_processor: Value,
    /// An account of another processor.
    pub other_processor: Value,
}
