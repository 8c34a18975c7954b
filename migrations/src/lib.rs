//! purser-migrations
