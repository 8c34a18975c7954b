//! purser-connector-testkit
