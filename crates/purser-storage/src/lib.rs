//! purser-storage
