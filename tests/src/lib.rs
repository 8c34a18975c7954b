//! purser-tests
