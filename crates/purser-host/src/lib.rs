//! purser-host
