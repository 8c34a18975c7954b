//! Where time and randomness come from.

use crate::Timestamp;

/// The clock and the dice of one process, handed to everything that needs either.
///
/// The server has one that asks the operating system; tests and the demo have one that is fixed and
/// seeded, so that a run can be repeated exactly.
pub trait Source: Send + Sync {
    /// The current instant.
    fn now(&self) -> Timestamp;
    /// Fills `bytes` with unpredictable bits.
    fn fill(&self, bytes: &mut [u8]);
}
