//! The sandbox faces the conformance kit: an account that can do everything, and one that can do little.

mod support;

use purser_connector_testkit::Subject;
use serde_json::json;

/// An account that takes bank transfers only.
fn transfers_only() -> Subject {
    let full = support::full();
    let mut config = full.config.clone();
    config["methods"] = json!(["BANK_TRANSFER"]);
    Subject {
        name: "transfers".to_owned(),
        config,
        declines: Vec::new(),
        pending: Some("tok_bank_transfer"),
        challenge: None,
        code: None,
        partial: None,
        dispute: None,
        siblings: None,
        ..full
    }
}

fn main() -> std::process::ExitCode {
    purser_connector_testkit::run(vec![support::full(), transfers_only()])
}
