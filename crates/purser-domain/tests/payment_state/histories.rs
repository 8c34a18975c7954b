//! Random histories of one payment: no transition outside the table, and every row of it reached.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use purser_domain::payment::PaymentKind;
use purser_domain::payment::dispute::{DisputeStage, DisputeStatus};

use super::heard::{Heard, Wish};
use super::table::{LISTED, Row, rows};
use super::world::{Apply, SUBJECT, Step, Terms, World};

/// How many histories the coverage is counted over.
const HISTORIES: u32 = 8_000;

fn terms() -> impl Strategy<Value = Terms> {
    let kind = prop_oneof![
        3 => Just(PaymentKind::Debit),
        4 => Just(PaymentKind::Preauthorize),
        1 => Just(PaymentKind::Register),
    ];
    let minor = prop_oneof![1 => Just(1), 1 => Just(2), 6 => Just(999), 1 => Just(1_000_000_000_000_000)];
    let minimum = proptest::option::of(1..=500_i64);
    (kind, minor, prop_oneof![Just(1), Just(2), Just(4)], minimum, any::<bool>()).prop_map(
        |(kind, minor, commits_max, minimum, takes_less)| {
            let minimum = minimum.filter(|minimum| *minimum <= minor);
            Terms { kind, minor, commits_max, minimum, takes_less }
        },
    )
}

fn heard() -> impl Strategy<Value = Heard> {
    prop_oneof![
        6 => Just(Heard::Done),
        2 => Just(Heard::Less),
        1 => (0..3_u8).prop_map(Heard::Other),
        2 => Just(Heard::Declined),
        3 => Just(Heard::DeclinedForFunds),
        1 => Just(Heard::Nothing),
        2 => Just(Heard::Expired),
        4 => Just(Heard::Action),
        3 => Just(Heard::Resumed),
        2 => Just(Heard::Pending),
        2 => Just(Heard::Unknown),
        1 => Just(Heard::NotFound),
    ]
}

fn wish() -> impl Strategy<Value = Wish> {
    prop_oneof![2 => Just(Wish::Next), 2 => Just(Wish::Again), 3 => Just(Wish::Lower), 1 => Just(Wish::End)]
}

fn percent() -> impl Strategy<Value = i64> {
    prop_oneof![3 => 1..=100_i64, 3 => Just(100), 1 => Just(101), 2 => Just(50)]
}

fn dispute() -> impl Strategy<Value = Step> {
    let stage = prop_oneof![1 => Just(DisputeStage::Inquiry), 4 => Just(DisputeStage::Dispute)];
    let status = proptest::sample::select(DisputeStatus::ALL);
    (0..3_usize, percent(), stage, status).prop_map(|(which, percent, stage, status)| Step::Dispute {
        which,
        percent,
        stage,
        status,
    })
}

fn observe() -> impl Strategy<Value = Step> {
    let back = prop_oneof![6 => Just(0_usize), 3 => Just(1), 1 => Just(2)];
    (back, heard(), wish()).prop_map(|(back, heard, wish)| Step::Observe { back, heard, wish })
}

fn capture() -> impl Strategy<Value = Step> {
    let is_final = prop_oneof![3 => Just(false), 1 => Just(true)];
    (percent(), is_final).prop_map(|(percent, is_final)| Step::Capture { percent, is_final })
}

/// Anything at any time.
fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        1 => Just(Step::AwaitInstrument),
        8 => proptest::option::weighted(0.5, 1..=110_i64).prop_map(|percent| Step::Commit { percent }),
        30 => observe(),
        1 => Just(Step::Cancel),
        1 => any::<bool>().prop_map(|is_over| Step::Expire { is_over }),
        6 => capture(),
        5 => percent().prop_map(|percent| Step::Refund { percent }),
        2 => Just(Step::Void),
        2 => percent().prop_map(|percent| Step::Increment { percent }),
        1 => Just(Step::GiveBack),
        3 => dispute(),
    ]
}

fn success() -> Step {
    Step::Observe { back: 0, heard: Heard::Done, wish: Wish::End }
}

/// What may follow once money was reserved; mostly it succeeds.
fn follow_up() -> impl Strategy<Value = Vec<Step>> {
    let asked = prop_oneof![
        4 => capture(),
        4 => percent().prop_map(|percent| Step::Refund { percent }),
        1 => Just(Step::Void),
        1 => percent().prop_map(|percent| Step::Increment { percent }),
        6 => dispute(),
    ];
    let answer = prop_oneof![4 => Just(success()), 3 => observe(), 1 => dispute(), 1 => capture()];
    (asked, answer).prop_map(|(asked, answer)| vec![asked, answer])
}

/// Many histories begin where something was committed or reserved, or they would seldom get that far.
fn history() -> impl Strategy<Value = (Terms, Vec<Step>)> {
    let commit = || Step::Commit { percent: None };
    let any = proptest::collection::vec(step(), 1..20);
    let early = proptest::collection::vec(step(), 1..20)
        .prop_map(move |steps| std::iter::once(commit()).chain(steps).collect());
    let late = proptest::collection::vec(follow_up(), 1..10).prop_map(move |pairs| {
        [commit(), success()].into_iter().chain(pairs.into_iter().flatten()).collect()
    });
    (terms(), prop_oneof![1 => any.boxed(), 6 => early.boxed(), 4 => late.boxed()])
}

/// The same histories in every run.
pub(crate) fn histories() -> impl Iterator<Item = impl ValueTree<Value = (Terms, Vec<Step>)>> {
    let config = Config { failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let strategy = history();
    (0..HISTORIES).map(move |_| strategy.new_tree(&mut runner).expect("a history"))
}

/// The shortest history that can be found from a failing one, and why it fails.
fn shortest(mut tree: impl ValueTree<Value = (Terms, Vec<Step>)>) -> String {
    let failure = |(terms, steps): &(Terms, Vec<Step>)| play(&rows(), SUBJECT, terms, steps).err();
    let mut found = String::new();
    for _ in 0..2_000 {
        let current = tree.current();
        let why = failure(&current);
        let goes_on = match &why {
            Some(why) => {
                found = format!("{why}\n{current:#?}");
                tree.simplify()
            }
            None => tree.complicate(),
        };
        if !goes_on {
            break;
        }
    }
    found
}

/// Takes the steps of a history, and returns how often each row was followed.
pub(crate) fn play(
    rows: &[Row],
    apply: Apply,
    terms: &Terms,
    steps: &[Step],
) -> Result<BTreeMap<Row, u64>, String> {
    let mut world = World::new(terms, rows.to_vec(), apply);
    for (at, step) in steps.iter().enumerate() {
        world.take(step).map_err(|why| format!("step {at}, {step:?}: {why}"))?;
    }
    Ok(world.model.fired)
}

#[test]
fn histories_follow_the_table_and_reach_every_row() {
    let mut fired = BTreeMap::<Row, u64>::new();
    for tree in histories() {
        let (terms, steps) = tree.current();
        let Ok(followed) = play(&rows(), SUBJECT, &terms, &steps) else { panic!("{}", shortest(tree)) };
        for (row, count) in followed {
            *fired.entry(row).or_insert(0) += count;
        }
    }

    let missed: Vec<Row> = rows().into_iter().filter(|row| !fired.contains_key(row)).collect();
    println!(
        "{HISTORIES} histories of a fixed seed, {} transitions; {} of {} rows reached, {} of them listed",
        fired.values().sum::<u64>(),
        fired.len(),
        rows().len(),
        LISTED.len()
    );
    for ((from, word, to, event), count) in &fired {
        println!("{count:>6}  {from} | {word} | {to} | {event}");
    }
    assert_eq!(missed, Vec::<Row>::new(), "rows that no history reached");
}
