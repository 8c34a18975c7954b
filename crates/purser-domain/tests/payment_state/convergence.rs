//! Whatever order observations come in, and however often each comes, the end is the same.

use proptest::prelude::*;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use purser_domain::payment::PaymentKind;
use purser_domain::payment::attempt::{Attempt, AttemptStatus};
use purser_domain::payment::state;

use super::heard::{Heard, Wish};
use super::table::rows;
use super::world::{Apply, SUBJECT, Step, Terms, World};

/// What is heard of an attempt, and what follows if it is a refusal.
type Message = (usize, Heard, Wish);

/// One payment with some attempts, and all that is heard of them, in two orders with repetitions.
#[derive(Debug, Clone)]
struct Story {
    terms: Terms,
    before: Vec<Step>,
    first: Vec<Message>,
    second: Vec<Message>,
}

/// All that one attempt's processor says: noise, at most one kind of refusal, and perhaps a success,
/// which may come after the refusal.
fn messages(index: usize, may_be_late: bool) -> impl Strategy<Value = Vec<Message>> {
    let noise = proptest::sample::subsequence(
        vec![Heard::Unknown, Heard::Pending, Heard::Action, Heard::NotFound, Heard::Other(1)],
        0..=5,
    );
    let refusal = proptest::sample::select(vec![
        None,
        Some(Heard::Declined),
        Some(Heard::DeclinedForFunds),
        Some(Heard::Nothing),
        Some(Heard::Expired),
    ]);
    let wish = proptest::sample::select(vec![Wish::Again, Wish::Lower, Wish::End]);
    (noise, refusal, any::<bool>(), wish).prop_map(move |(noise, refusal, succeeds, wish)| {
        let success = (succeeds && (may_be_late || refusal.is_none())).then_some(Heard::Done);
        noise.into_iter().chain(refusal).chain(success).map(|heard| (index, heard, wish)).collect()
    })
}

/// Two orders of the same messages, some of them repeated.
fn told(messages: Vec<Vec<Message>>) -> impl Strategy<Value = (Vec<Message>, Vec<Message>)> {
    let all: Vec<Message> = messages.into_iter().flatten().collect();
    let again = proptest::sample::subsequence(all.clone(), 0..=all.len());
    let shuffled = |all: Vec<Message>| {
        again.clone().prop_flat_map(move |again| {
            let all: Vec<Message> = all.iter().copied().chain(again).collect();
            Just(all).prop_shuffle()
        })
    };
    (shuffled(all.clone()), shuffled(all))
}

fn stories(kind: PaymentKind, before: Vec<Step>, late: Vec<(usize, bool)>) -> impl Strategy<Value = Story> {
    let terms = Terms { kind, minor: 1_000, commits_max: 2, minimum: Some(100), takes_less: false };
    let each: Vec<_> = late.into_iter().map(|(index, may_be_late)| messages(index, may_be_late)).collect();
    each.prop_flat_map(told).prop_map(move |(first, second)| Story {
        terms: terms.clone(),
        before: before.clone(),
        first,
        second,
    })
}

const COMMIT: Step = Step::Commit { percent: None };
const REFUSED: Step = Step::Observe { back: 0, heard: Heard::Nothing, wish: Wish::Next };
const DONE: Step = Step::Observe { back: 0, heard: Heard::Done, wish: Wish::End };

fn any_story() -> impl Strategy<Value = Story> {
    let capture = |percent, is_final| Step::Capture { percent, is_final };
    let refund = |percent| Step::Refund { percent };
    let increment = Step::Increment { percent: 20 };
    let kind = || prop_oneof![Just(PaymentKind::Debit), Just(PaymentKind::Preauthorize)];
    let cascade = (kind(), 0..3_usize).prop_flat_map(|(kind, refused)| {
        let before = std::iter::once(COMMIT).chain(std::iter::repeat_n(REFUSED, refused)).collect();
        stories(kind, before, (0..=refused).map(|index| (index, true)).collect())
    });
    let canceled = kind().prop_flat_map(|kind| stories(kind, vec![COMMIT, Step::Cancel], vec![(0, true)]));
    let held = move |more: Vec<Step>| [COMMIT, DONE].into_iter().chain(more).collect::<Vec<Step>>();
    // A refused capture that succeeds after all, when a final one has released the rest, is for an
    // operator; so there refusals stay.
    let captures = prop_oneof![
        Just((held(vec![capture(30, false), capture(30, false), capture(100, false)]), true)),
        Just((held(vec![capture(30, false), capture(30, false), capture(50, true)]), false)),
    ]
    .prop_flat_map(|(before, late)| {
        stories(PaymentKind::Preauthorize, before, vec![(1, late), (2, late), (3, late)])
    });
    let refunds = stories(
        PaymentKind::Debit,
        held(vec![refund(30), refund(60), refund(100)]),
        vec![(1, true), (2, true), (3, true)],
    );
    let voids = kind().prop_flat_map(move |kind| stories(kind, held(vec![Step::Void]), vec![(1, true)]));
    let increments = stories(
        PaymentKind::Preauthorize,
        held(vec![increment.clone(), increment]),
        vec![(1, true), (2, true)],
    );
    prop_oneof![3 => cascade, 1 => canceled, 2 => captures, 2 => refunds, 1 => voids, 1 => increments]
}

/// All that can be seen at the end. Which of two successful siblings took the payment depends on who was
/// heard first, so the surplus is counted.
fn end(story: &Story, messages: &[Message], apply: Apply) -> Result<String, String> {
    let mut world = World::new(&story.terms, rows(), apply);
    for step in &story.before {
        world.take(step)?;
    }
    for (index, heard, wish) in messages {
        world.hear(*index, *heard, *wish)?;
    }
    let attempts: Vec<(AttemptStatus, bool)> =
        world.attempts.iter().map(|attempt| (attempt.status, attempt.review.is_some())).collect();
    let surplus = world.attempts.iter().filter(|attempt| attempt.is_surplus).count();
    let successes = world.events.iter().filter(|event| event.is_success()).count();
    let payment = &world.payment;
    let decline = payment.decline.as_ref().map(|decline| decline.code);
    Ok(format!(
        "{} {:?} {decline:?} {attempts:?} {surplus} surplus, {successes} successes, {:?}",
        payment.status, payment.amounts, payment.next_action
    ))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_order_and_repetition_of_observations_ends_the_same(story in any_story()) {
        let first = end(&story, &story.first, SUBJECT).map_err(TestCaseError::fail)?;
        let second = end(&story, &story.second, SUBJECT).map_err(TestCaseError::fail)?;

        prop_assert_eq!(first, second);
    }
}

/// The code under test with the last word winning among what is not final.
const LAST_WORD_WINS: Apply = |payment, attempts, id, observation, outlook| {
    let forgotten = |attempt: &Attempt| match attempt.status.is_final() {
        true => attempt.clone(),
        false => Attempt { status: AttemptStatus::Started, ..attempt.clone() },
    };
    let attempts: Vec<Attempt> = attempts.iter().map(forgotten).collect();
    state::apply(payment, &attempts, id, observation, outlook)
};

#[test]
fn a_last_word_that_wins_is_noticed() {
    let config = ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() };
    let seed = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let outcome = TestRunner::new_with_rng(config, seed).run(&any_story(), |story| {
        let first = end(&story, &story.first, LAST_WORD_WINS);
        prop_assert_eq!(first, end(&story, &story.second, LAST_WORD_WINS));
        Ok(())
    });

    assert!(outcome.is_err(), "every order ended the same, though the last word wins");
}
