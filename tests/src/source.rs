//! A clock that tests move, and dice that they can throw again.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use purser_types::{Source, Timestamp};

/// 2026-11-20T12:00:00Z, in microseconds: cards of the sandbox, which expire in 09/2029, are good.
const START: i64 = 1_795_176_000_000_000;

/// The clock and the dice of one world.
///
/// Each look at the clock finds it one microsecond further, so that things have an order, and no test
/// waits for time to pass: it says how much has.
#[derive(Debug)]
pub struct TestSource {
    micros: AtomicI64,
    state: AtomicU64,
}

impl TestSource {
    /// Starts the clock, and the dice at `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { micros: AtomicI64::new(START), state: AtomicU64::new(seed) }
    }

    /// Lets time pass.
    pub fn advance(&self, by: Duration) {
        let micros = i64::try_from(by.as_micros()).expect("tests pass no millennia");
        self.micros.fetch_add(micros, Ordering::SeqCst);
    }
}

impl Source for TestSource {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_micros(self.micros.fetch_add(1, Ordering::SeqCst))
    }

    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let dice = splitmix(self.state.fetch_add(GOLDEN, Ordering::SeqCst)).to_le_bytes();
            chunk.copy_from_slice(&dice[..chunk.len()]);
        }
    }
}

const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// Steele, Lea and Flood's generator: one number in, a well-mixed one out.
const fn splitmix(state: u64) -> u64 {
    let mut z = state.wrapping_add(GOLDEN);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Dice for generated tests: the same seed makes the same test.
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// Dice of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN);
        splitmix(self.0)
    }

    /// A number below `bound`.
    ///
    /// # Panics
    /// If the bound is 0.
    pub fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).expect("64 bits are enough");
        usize::try_from(self.next() % bound).expect("less than the bound")
    }

    /// True in `percent` of 100 cases.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of the items.
    ///
    /// # Panics
    /// If there is none.
    pub fn one_of<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }
}
