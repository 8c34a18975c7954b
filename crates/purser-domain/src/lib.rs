//! purser-domain
