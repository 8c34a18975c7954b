//! `[log]`

use serde::{Deserialize, Serialize};
use tracing_subscriber::EnvFilter;

use super::fault;

section! {
    /// What is logged, and how.
    pub struct Log {
        /// "pretty" for people, "json" for machines.
        pub format: LogFormat = LogFormat::Pretty,
        /// "error", "warn", "info", "debug", "trace", or directives such as "info,purser_host=debug".
        pub level: String = "info".to_owned(),
    }
}

impl Log {
    pub(super) fn faults(&self) -> Vec<(String, String)> {
        match EnvFilter::builder().parse(&self.level) {
            Ok(_) => Vec::new(),
            Err(_) => vec![fault(
                "log.level",
                "expected a level such as \"info\" or directives such as \"info,purser=debug\"",
            )],
        }
    }
}

/// How a line of the log looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// One JSON object per line.
    Json,
}
