//! `[workers]`

use serde::{Deserialize, Serialize};

use super::fault;

section! {
    /// Jobs in the background: repair of doubt, notifications, scheduled captures, expiry.
    pub struct Workers {
        /// Run them in this process. Nodes that share a database share the work; at least one has to do it.
        pub enabled: bool = true,
        /// Milliseconds that a job rests when it found nothing to do.
        pub poll_ms: u64 = 500,
        /// Attempts in doubt that are looked up at once, oldest first.
        pub width: usize = 16,
        /// Attempts in doubt that are taken from the database at once.
        pub repairs_max: u32 = 64,
        /// Notifications that are taken from the database at once.
        pub notifications_max: u32 = 64,
        /// Scheduled captures that are taken from the database at once.
        pub captures_max: u32 = 32,
        /// Payments past their time that are taken from the database at once.
        pub expiries_max: u32 = 64,
    }
}

/// The most that one job takes at once; what it took is its own until its lease ends.
const TAKE_MAX: u32 = 1_000;
/// More calls at once than any processor answers gladly.
const WIDTH_MAX: usize = 256;

impl Workers {
    pub(super) fn faults(&self) -> Vec<(String, String)> {
        let mut faults = Vec::new();
        if !(10..=60_000).contains(&self.poll_ms) {
            faults.push(fault("workers.poll_ms", "expected 10 to 60000"));
        }
        if !(1..=WIDTH_MAX).contains(&self.width) {
            faults.push(fault("workers.width", "expected 1 to 256"));
        }
        let takes = [
            ("workers.repairs_max", self.repairs_max),
            ("workers.notifications_max", self.notifications_max),
            ("workers.captures_max", self.captures_max),
            ("workers.expiries_max", self.expiries_max),
        ];
        let wrong = takes.into_iter().filter(|(_, take)| !(1..=TAKE_MAX).contains(take));
        faults.extend(wrong.map(|(key, _)| fault(key, "expected 1 to 1000")));
        faults
    }
}
