//! Sharing: over random trees, shares, opt-outs and bindings, the graph answers what the rule says.

mod model;
mod play;
mod watch;

use std::collections::BTreeMap;

use purser_tests::{Dice, each_database_asked_again};

use play::Play;

/// Each has its own tree, in the same world.
const CASES: u64 = 4;
const TENANTS: usize = 12;
const OPENINGS: usize = 8;
const STEPS: usize = 48;
/// The whole graph is compared after so many steps.
const STEPS_BETWEEN_CHECKS: usize = 6;
/// What must have happened for the test to mean something.
const EVENTS: [&str; 15] = [
    "checks",
    "opt-outs",
    "revocations",
    "bindings",
    "links",
    "profiles",
    "containers shown",
    "containers hidden",
    "profiles shown",
    "profiles hidden",
    "usable",
    "NO_CONTAINER_BOUND",
    "CONTAINER_DISABLED",
    "CONTAINER_DISABLED_FOR_SUBTENANT",
    "CONTAINER_NOT_SHARED",
];
/// Another seed makes other trees: `PURSER_TEST_SEED=1`.
const SEED_VARIABLE: &str = "PURSER_TEST_SEED";

#[tokio::test(flavor = "multi_thread")]
async fn what_the_graph_shows_is_what_the_rule_of_sharing_says() {
    let seed = std::env::var(SEED_VARIABLE).ok().and_then(|text| text.parse().ok()).unwrap_or(20_261_120);
    each_database_asked_again(async |world| {
        let mut seen = BTreeMap::new();
        for case in 0..CASES {
            let mut play = Play::begin(world, Dice::new(seed + case), seed + case, TENANTS).await;
            for _ in 0..OPENINGS {
                play.opening().await;
            }
            for step in 1..=STEPS {
                play.step().await;
                if step % STEPS_BETWEEN_CHECKS == 0 {
                    play.check().await;
                }
            }
            for (what, count) in play.seen {
                *seen.entry(what).or_insert(0) += count;
            }
        }
        // A test that saw nothing proves nothing.
        for what in EVENTS {
            assert!(seen.contains_key(what), "{what} never happened: {seen:?}");
        }
    })
    .await;
}
