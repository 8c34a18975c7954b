//! purser-plugin-sandbox
