//! Randomness that a seed repeats.

/// A stream of numbers; the same seed gives the same ones (SplitMix64).
#[derive(Debug, Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    /// The stream of a seed and of who uses it, so that each user has a stream of its own.
    pub(crate) fn new(seed: u64, user: u64) -> Self {
        let mut dice = Self(seed ^ user.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        // The first numbers of neighbouring seeds are alike.
        dice.next();
        dice
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.next() % (high - low + 1)
    }

    /// Whether something happens that happens in so many of a hundred cases.
    pub(crate) fn happens(&mut self, percent: u64) -> bool {
        self.next() % 100 < percent
    }

    /// One of several.
    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        let count = u64::try_from(from.len()).expect("a length fits 64 bits");
        let index = usize::try_from(self.next() % count).expect("an index fits");
        &from[index]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_its_numbers_and_users_have_their_own() {
        let (mut once, mut again, mut other) = (Dice::new(7, 1), Dice::new(7, 1), Dice::new(7, 2));

        let numbers: Vec<u64> = (0..10).map(|_| once.between(1, 60)).collect();

        assert_eq!(numbers, (0..10).map(|_| again.between(1, 60)).collect::<Vec<_>>());
        assert_ne!(numbers, (0..10).map(|_| other.between(1, 60)).collect::<Vec<_>>());
        assert!(numbers.iter().all(|number| (1..=60).contains(number)));
    }
}
