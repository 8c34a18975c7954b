//! purser-connector
