//! purser-graphql
