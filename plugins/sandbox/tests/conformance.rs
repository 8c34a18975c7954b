//! The sandbox faces the conformance kit: an account that can do everything, and one that can do little.

mod support;

fn main() -> std::process::ExitCode {
    purser_connector_testkit::run(vec![support::full(), support::transfers_only()])
}
