//! The same generated sequence of operations on SQLite, on PostgreSQL and on a small model: all three tell the
//! same after each step, refusals included, and both databases have the same history of events and transfers.

mod model;

use std::collections::BTreeMap;
use std::io::Write;
use std::time::Duration;

use purser_tests::{Dice, Engine, World};
use serde_json::{Value, json};

use super::eur;
use super::stage::{Seen, Stage, with};
use model::{Act, How, Model};

const SEED: u64 = 20_261_120;
const SEQUENCES: usize = 240;
const STEPS_MAX: usize = 9;

const TOKENS: [&str; 10] = [
    "tok_visa",
    "tok_visa",
    "tok_chargeDeclined",
    "tok_chargeDeclinedInsufficientFunds",
    "tok_insufficientFundsAbove10",
    "tok_partialApproval",
    "tok_unknownOutcome",
    "tok_delayedSuccess",
    "tok_delayedDecline",
    "tok_otp",
];

/// Every state that a sequence can reach without waiting.
const STATES: [&str; 14] = [
    "AUTHORIZED",
    "AWAITING_AMOUNT",
    "AWAITING_INSTRUMENT",
    "CANCELED",
    "FAILED",
    "PARTIALLY_AUTHORIZED",
    "PARTIALLY_CAPTURED",
    "PARTIALLY_REFUNDED",
    "PENDING",
    "REFUNDED",
    "REQUIRES_ACTION",
    "REVERSED",
    "SUCCEEDED",
    "VOIDED",
];

/// How often an operation was carried out and refused.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    done: usize,
    refused: usize,
}

fn token(dice: &mut Dice) -> &'static str {
    TOKENS[dice.below(TOKENS.len())]
}

fn start(dice: &mut Dice) -> Act {
    let how = *dice.one_of(&[How::Debit, How::Reserve, How::Reserve, How::Later, How::Later]);
    let minimum = dice.chance(60).then_some(400);
    // A payment whose amount may be lowered may be committed more than once.
    let commits = match how {
        How::Later => *dice.one_of(&[1, 2, 3]),
        How::Debit | How::Reserve if minimum.is_some() => 5,
        How::Debit | How::Reserve => 1,
    };
    let amount = *dice.one_of(&[500, 1_000, 2_000, 20_000, 20_000]);
    Act::Start { how, token: token(dice), amount, takes_less: dice.chance(50), minimum, commits }
}

/// An operation that fits the state more often than not.
fn step(dice: &mut Dice, model: &Model) -> Act {
    if model.is_open() && dice.chance(50) {
        return Act::Sync;
    }
    let amounts = [
        None,
        Some(1),
        Some(250),
        Some(499),
        Some(8_800),
        Some(8_801),
        Some(8_802),
        Some(8_803),
        Some(20_001),
    ];
    let amount = *dice.one_of(&amounts);
    let fitting = match model.status {
        "AWAITING_INSTRUMENT" | "AWAITING_AMOUNT" => 0,
        "REQUIRES_ACTION" => 1,
        "AUTHORIZED" | "PARTIALLY_AUTHORIZED" => *dice.one_of(&[3, 3, 3, 4, 5]),
        "PARTIALLY_CAPTURED" => *dice.one_of(&[3, 3, 5]),
        "SUCCEEDED" => *dice.one_of(&[5, 6, 6]),
        "PARTIALLY_REFUNDED" => 6,
        _ => dice.below(8),
    };
    match if dice.chance(75) { fitting } else { dice.below(8) } {
        0 => {
            let amount = *dice.one_of(&[None, None, Some(399), Some(400), Some(1_000), Some(99_999)]);
            Act::Commit { token: token(dice), amount }
        }
        1 => Act::Resume,
        2 => Act::Sync,
        3 => {
            // A final capture beside one in doubt is decided by the processor's clock.
            let is_plain = amount.is_none_or(|amount| amount < 8_800);
            Act::Capture { amount, is_final: is_plain && !model.is_open() && dice.chance(20) }
        }
        4 => Act::Increment { amount: 501 },
        5 => Act::Void,
        6 => Act::Refund { amount },
        _ => Act::Cancel,
    }
}

fn euro(minor: i64) -> Value {
    eur(&format!("{}.{:02}", minor / 100, minor % 100))
}

/// The mutation and its input.
fn request(stage: &Stage<'_>, id: &str, act: &Act) -> (&'static str, Value) {
    let about = || json!({ "paymentId": id });
    let of = |amount: &Option<i64>| {
        amount.map_or_else(about, |amount| with(about(), json!({ "amount": euro(amount) })))
    };
    match act {
        Act::Start { how, token, amount, takes_less, minimum, commits } => {
            let more = json!({ "amount": euro(*amount), "acceptPartialAuthorization": takes_less });
            let input = with(stage.nothing("1.00"), more);
            let input = match minimum {
                Some(minimum) => with(input, json!({ "minimumAmount": euro(*minimum) })),
                None => input,
            };
            let paid = |input: Value| with(input, json!({ "payWith": { "transactionToken": token } }));
            match how {
                How::Debit => ("debitPayment", paid(input)),
                How::Reserve => ("preauthorizePayment", paid(input)),
                How::Later => ("createPayment", with(input, json!({ "commitsMax": commits }))),
            }
        }
        Act::Commit { token, amount } => {
            ("commitPayment", with(of(amount), json!({ "payWith": { "transactionToken": token } })))
        }
        Act::Resume => {
            let parameters = json!([{ "name": "code", "value": "123456" }]);
            ("resumePayment", with(about(), json!({ "parameters": parameters })))
        }
        Act::Sync => ("syncPayment", about()),
        Act::Capture { amount, is_final } => {
            ("capturePayment", with(of(amount), json!({ "isFinal": is_final })))
        }
        Act::Increment { amount } => ("incrementAuthorization", of(&Some(*amount))),
        Act::Void => ("voidPayment", about()),
        Act::Refund { amount } => ("refundPayment", of(amount)),
        Act::Cancel => ("cancelPayment", about()),
    }
}

/// What one server says to one step: why it refused, and the payment afterwards.
async fn play(stage: &Stage<'_>, id: &mut String, act: &Act) -> (String, Seen) {
    // Leases of looks at attempts end.
    stage.world.advance(Duration::from_secs(20));
    let (mutation, input) = request(stage, id, act);
    let answer = stage.ask(mutation, input).await;
    let refusal = answer.refusal(mutation);
    if matches!(act, Act::Start { .. }) {
        *id = answer.text(&format!("{mutation}.payment.id"));
    }
    (refusal, stage.seen(id).await)
}

/// The same with the history in the order of its words.
fn unordered((refusal, mut seen): (String, Seen)) -> (String, Seen) {
    seen.events.sort_unstable();
    seen.ledger.sort_unstable();
    (refusal, seen)
}

#[tokio::test(flavor = "multi_thread")]
async fn both_databases_and_the_model_tell_the_same_after_every_step() {
    let [sqlite, postgres] = [Engine::Sqlite, Engine::Postgres];
    let (sqlite, postgres) = (World::start(sqlite).await, World::start(postgres).await);
    let stages = [Stage::open(&sqlite).await, Stage::open(&postgres).await];
    let mut operations: BTreeMap<&str, Count> = BTreeMap::new();
    let mut states: BTreeMap<&str, usize> = BTreeMap::new();
    let mut steps = 0;
    for sequence in 0..SEQUENCES {
        let mut dice = Dice::new(SEED + u64::try_from(sequence).expect("a small number"));
        let mut model = Model::default();
        let mut ids = [String::new(), String::new()];
        let mut played = Vec::new();
        let mut is_ordered = true;
        let length = 2 + dice.below(STEPS_MAX - 1);
        for at in 0..length {
            let act = if at == 0 { start(&mut dice) } else { step(&mut dice, &model) };
            is_ordered &= !(matches!(act, Act::Sync) && model.is_open_twice());
            let expected = model.act(&act).err().unwrap_or_default();
            played.push(format!("{act:?}"));
            let [one, other] = &mut ids;
            let (one, other) = futures::join!(play(&stages[0], one, &act), play(&stages[1], other, &act));
            let seed = format!("seed {}: {played:#?}", SEED + u64::try_from(sequence).expect("small"));
            let [one, other] = if is_ordered { [one, other] } else { [one, other].map(unordered) };
            assert_eq!(one, other, "the databases differ after {seed}");
            let (refusal, seen) = one;
            let told = (refusal.as_str(), seen.status.as_str(), seen.amounts);
            let modelled = (expected, model.status, [model.authorized, model.captured, model.refunded, 0]);
            assert_eq!(told, modelled, "the model differs after {seed}\n{seen}");
            let count = operations.entry(act.name()).or_default();
            if refusal.is_empty() {
                count.done += 1;
            } else {
                count.refused += 1;
            }
            *states.entry(model.status).or_default() += 1;
            steps += 1;
        }
    }
    assert_eq!(stages[0].kept(), stages[1].kept(), "the processors' books");
    report(steps, &operations, &states);
    for stage in stages {
        drop(stage);
    }
    sqlite.stop().await;
    postgres.stop().await;
}

/// Says what was reached; a sequence that reached less proves less.
fn report(steps: usize, operations: &BTreeMap<&str, Count>, states: &BTreeMap<&str, usize>) {
    let text = format!(
        "{SEQUENCES} sequences, {steps} steps, seed {SEED}\n  operations: {operations:?}\n  states: {states:?}\n"
    );
    std::io::stderr().write_all(text.as_bytes()).expect("standard error is open");
    assert_eq!(states.keys().copied().collect::<Vec<_>>(), STATES, "states that were reached");
    for act in ["commit", "resume", "capture", "increment", "void", "refund", "cancel"] {
        let Count { done, refused } = operations.get(act).copied().unwrap_or_default();
        assert!(done >= 10 && refused >= 3, "{act} was carried out {done} times and refused {refused} times");
    }
    for act in ["debit", "preauthorize", "create", "sync"] {
        let Count { done, refused } = operations.get(act).copied().unwrap_or_default();
        assert!(done >= 20 && refused == 0, "{act} was carried out {done} times and refused {refused} times");
    }
}
