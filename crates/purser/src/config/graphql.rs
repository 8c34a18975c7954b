//! `[graphql]` and `[graphql.limits]`

use serde::{Deserialize, Serialize};

use super::fault;
use crate::http::media::StatusMode;

section! {
    /// The GraphQL endpoint.
    pub struct Graphql {
        /// Answer introspection, for GraphiQL and code generators.
        pub introspection: bool = true,
        /// Statuses of faulty requests: "audit" (200 and 400) or "draft-2026" (422 and 294).
        pub status: StatusMode = StatusMode::Audit,
        /// Milliseconds to wait for a query. Mutations are always waited for.
        pub time_limit_ms: u64 = 15_000,
        /// Operations that run at once; more are told to try again.
        pub concurrency: usize = 1_024,
        /// Bounds of one document.
        pub limits: Limits = Limits::default(),
    }
}

section! {
    /// Bounds of one GraphQL document.
    ///
    /// The defaults let GraphiQL's introspection (about 300 tokens, 15 fields deep) and a written-out query of
    /// several hundred fields pass; they stop the published attacks two orders of magnitude before they hurt.
    pub struct Limits {
        /// Lexical tokens; a field costs one to eight. The validator's field merging is quadratic in them.
        pub tokens: u32 = 2_000,
        /// Brackets of any kind that are open at once; the parser recurses on them.
        pub nesting: u32 = 32,
        /// Selection sets that are open at once.
        pub selection_nesting: u32 = 20,
        /// Aliases, which multiply one field into many.
        pub aliases: u32 = 30,
        /// Directives in the whole document.
        pub directives: u32 = 50,
        /// Directives on one field, spread, fragment, variable or operation.
        pub directives_per_field: u32 = 4,
        /// Operations in one document.
        pub operations: u32 = 10,
        /// Variable definitions in the whole document.
        pub variables: u32 = 100,
        /// Fields at the root of one operation, fragments expanded.
        pub root_fields: u32 = 30,
        /// Fragment definitions.
        pub fragments: u32 = 50,
        /// Fields, spreads and inline fragments of the document after every fragment is expanded.
        pub expanded_selections: u32 = 5_000,
        /// Fields inside each other. GraphiQL's introspection is 15 deep.
        pub depth: u32 = 15,
        /// Points: one per field, multiplied by the size of each list around it.
        pub cost: u64 = 2_000,
    }
}

/// The parser's recursion takes about 1.5 KiB per bracket in a debug build; threads have 2 MiB.
const NESTING_MAX: u32 = 128;

impl Graphql {
    pub(super) fn faults(&self) -> Vec<(String, String)> {
        let mut faults = Vec::new();
        if self.limits.nesting > NESTING_MAX {
            faults.push(fault(
                "graphql.limits.nesting",
                "expected at most 128; the parser recurses on brackets",
            ));
        }
        if self.limits.fragments > 1_000 {
            faults.push(fault("graphql.limits.fragments", "expected at most 1000"));
        }
        if self.time_limit_ms == 0 {
            faults.push(fault("graphql.time_limit_ms", "expected more than 0"));
        }
        if self.concurrency == 0 {
            faults.push(fault("graphql.concurrency", "expected more than 0"));
        }
        faults
    }
}
