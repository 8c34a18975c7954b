//! purser-vault
