//! Sharing: over random trees, shares, opt-outs and bindings, the graph answers what the rule says.

mod model;
mod play;
mod watch;

use purser_tests::{Dice, each_database};

use play::Play;

/// Each has its own tree, in the same world.
const CASES: u64 = 4;
const TENANTS: usize = 12;
const STEPS: usize = 36;
/// The whole graph is compared after so many steps.
const STEPS_BETWEEN_CHECKS: usize = 6;
/// Another seed makes other trees: `PURSER_TEST_SEED=1`.
const SEED_VARIABLE: &str = "PURSER_TEST_SEED";

#[tokio::test(flavor = "multi_thread")]
async fn what_the_graph_shows_is_what_the_rule_of_sharing_says() {
    let seed = std::env::var(SEED_VARIABLE).ok().and_then(|text| text.parse().ok()).unwrap_or(20_261_120);
    each_database(async |world| {
        for case in 0..CASES {
            let mut play = Play::begin(world, Dice::new(seed + case), seed + case, TENANTS).await;
            for step in 1..=STEPS {
                play.step().await;
                if step % STEPS_BETWEEN_CHECKS == 0 {
                    play.check().await;
                }
            }
            play.assert_that_it_was_worth_it();
        }
    })
    .await;
}
