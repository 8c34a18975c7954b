//! The amounts of a payment, and what is left of them.

use purser_types::{Currency, Money};

/// The amounts of a payment, in minor units of its currency.
///
/// `captured + capture_pending ≤ authorized` and `refunded + refund_pending + disputed ≤ captured` hold
/// always: here, in conditional updates, and as constraints of the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amounts {
    /// The currency of all of them.
    pub currency: Currency,
    /// What is asked for now.
    pub requested: i64,
    /// What was asked for first; more than `requested` after the customer lowered it (Corefy: editable if
    /// insufficient).
    pub original: i64,
    /// What the processor reserved, with what was captured of it.
    pub authorized: i64,
    /// What was captured.
    pub captured: i64,
    /// What a running capture may still take.
    pub capture_pending: i64,
    /// What went back.
    pub refunded: i64,
    /// What a running refund may still give back.
    pub refund_pending: i64,
    /// What the customer's bank holds or has taken back in disputes.
    pub disputed: i64,
}

impl Amounts {
    /// The amounts of a payment that was only asked for.
    #[must_use]
    pub fn requested(amount: Money) -> Self {
        Self {
            currency: amount.currency(),
            requested: amount.minor(),
            original: amount.minor(),
            authorized: 0,
            captured: 0,
            capture_pending: 0,
            refunded: 0,
            refund_pending: 0,
            disputed: 0,
        }
    }

    /// What a further capture may take.
    #[must_use]
    pub fn capturable(&self) -> i64 {
        self.authorized.saturating_sub(self.captured).saturating_sub(self.capture_pending).max(0)
    }

    /// What a void takes: the rest of what is reserved, or else all that is captured. The processor names
    /// the same amount, or it has not proven that it did that.
    #[must_use]
    pub fn voidable(&self) -> i64 {
        match self.capturable() {
            0 => self.captured,
            reserved => reserved,
        }
    }

    /// What a further refund may give back.
    #[must_use]
    pub fn refundable(&self) -> i64 {
        self.undisputed().saturating_sub(self.disputed).max(0)
    }

    /// What a dispute may be about: what was captured and neither went back nor is going back.
    #[must_use]
    pub fn undisputed(&self) -> i64 {
        self.captured.saturating_sub(self.refunded).saturating_sub(self.refund_pending).max(0)
    }

    /// Whether all that was reserved is captured, which makes a payment successful.
    #[must_use]
    pub const fn is_captured(&self) -> bool {
        self.captured > 0 && self.captured == self.authorized
    }

    /// Whether the amounts obey the two invariants and none is negative.
    #[must_use]
    pub fn are_sound(&self) -> bool {
        let parts = [
            self.requested,
            self.original,
            self.authorized,
            self.captured,
            self.capture_pending,
            self.refunded,
            self.refund_pending,
            self.disputed,
        ];
        let sum = |parts: &[i64]| parts.iter().try_fold(0_i64, |sum, part| sum.checked_add(*part));
        let taken = sum(&[self.captured, self.capture_pending]);
        let given = sum(&[self.refunded, self.refund_pending, self.disputed]);
        parts.iter().all(|part| *part >= 0)
            && taken.is_some_and(|taken| taken <= self.authorized)
            && given.is_some_and(|given| given <= self.captured)
    }
}
