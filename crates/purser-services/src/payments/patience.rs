//! How long to wait before looking again, and when to stop.

use std::time::Duration;

use purser_domain::payment::attempt::Attempt;
use purser_types::{Source, Timestamp};

/// The pauses between tries of what cannot be applied yet, the last one for ever.
const PAUSES: [Duration; 7] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(15),
    Duration::from_secs(60),
    Duration::from_secs(5 * 60),
    PAUSE_MAX,
];
/// A pause between looks is this part of the time that the doubt has lasted.
const DOUBT_PER_PAUSE: u32 = 20;
/// The longest pause, whatever a processor wishes.
pub(super) const PAUSE_MAX: Duration = Duration::from_secs(60 * 60);
/// After so many looks without an answer an operator is asked,
const CHECKS_MAX: i32 = 30;
/// but not before a processor had a day to recover, however often somebody who reads had it asked.
const AGE_MAX: Duration = Duration::from_secs(24 * 60 * 60);
/// After so long a processor that keeps saying "pending" has forgotten; bank transfers take days.
pub(super) const PENDING_MAX: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// Clocks differ, and answers take a while to be written down: how much later than a deadline it is over.
pub(super) const MARGIN: Duration = Duration::from_secs(2);

/// Whether looking again is no use any more.
pub(super) fn is_hopeless(attempt: &Attempt, now: Timestamp) -> bool {
    attempt.checks >= CHECKS_MAX && now.since(attempt.started_at) >= AGE_MAX
}

/// The pause after so many looks, counted from 1. Up to a quarter shorter at random, so that what
/// came into doubt together is not looked at together for ever; never longer.
pub(super) fn pause(checks: i32, source: &dyn Source) -> Duration {
    let nth = usize::try_from(checks.saturating_sub(1)).unwrap_or(0);
    shortened(PAUSES.get(nth).copied().unwrap_or(PAUSE_MAX), source)
}

/// The pause before the next look at an attempt that has been in doubt for so long: a part of that time. So a
/// doubt outlasts its cause by little, whether the processor was away for a second or for a day, and
/// however many looks its absence has cost.
fn pause_in_doubt(age: Duration, source: &dyn Source) -> Duration {
    shortened((age / DOUBT_PER_PAUSE).clamp(PAUSES[0], PAUSE_MAX), source)
}

fn shortened(pause: Duration, source: &dyn Source) -> Duration {
    let mut dice = [0];
    source.fill(&mut dice);
    let [thrown] = dice;
    // 1024 − 256 × thrown ÷ 256 parts of 1024.
    pause.saturating_mul(1024 - u32::from(thrown)) / 1024
}

/// When to look at an attempt next after this look: not before the processor wishes, within reason.
pub(super) fn next_look(
    attempt: &Attempt,
    wish: Option<Duration>,
    source: &dyn Source,
    now: Timestamp,
) -> Timestamp {
    let wish = wish.unwrap_or_default().min(PAUSE_MAX);
    let doubt = now.since(attempt.started_at);
    now.saturating_add(pause_in_doubt(doubt, source).max(wish))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Dice that always show the same.
    struct Loaded(u8);

    impl Source for Loaded {
        fn now(&self) -> Timestamp {
            Timestamp::from_unix_micros(0)
        }

        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    #[test]
    fn pauses_grow_to_an_hour_and_no_further() {
        let seconds: Vec<u64> = (1..=9).map(|nth| pause(nth, &Loaded(0)).as_secs()).collect();

        assert_eq!(seconds, [1, 2, 5, 15, 60, 300, 3600, 3600, 3600]);
        assert_eq!(pause(i32::MAX, &Loaded(0)), PAUSE_MAX);
        assert_eq!(pause(0, &Loaded(0)).as_secs(), 1, "what was never counted is looked at soon");
    }

    #[test]
    fn a_doubt_outlasts_its_cause_by_a_twentieth() {
        let seconds = |age| pause_in_doubt(Duration::from_secs(age), &Loaded(0)).as_secs();

        assert_eq!([0, 19, 20, 100, 1_200].map(seconds), [1, 1, 1, 5, 60]);
        assert_eq!([72_000, 1_000_000].map(seconds), [3_600, 3_600], "at most an hour");
    }

    #[test]
    fn jitter_takes_a_quarter_at_most_and_adds_nothing() {
        for nth in 1..=8 {
            let whole = pause(nth, &Loaded(0));
            let least = pause(nth, &Loaded(u8::MAX));
            assert!(least <= whole && least >= whole.saturating_mul(3) / 4, "{nth}: {least:?} of {whole:?}");
        }
    }
}
