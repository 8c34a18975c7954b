//! purser-services
