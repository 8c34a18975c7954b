//! A clock that walks through the past, and dice that fall the same way each time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use purser_types::{Source, Timestamp};

use super::dice::Dice;

/// How far the walking clock goes on with each look at it, so that what follows is later than what it
/// follows, and an attempt takes a plausible time.
const TICK: Duration = Duration::from_millis(23);

/// The demo's [`Source`]: walks through the past while the sample data is made, and is the process's own
/// source before and after that.
pub struct DemoSource {
    live: Arc<dyn Source>,
    walk: Mutex<Option<Walk>>,
}

struct Walk {
    at: Timestamp,
    dice: Dice,
    is_unpredictable: bool,
}

impl DemoSource {
    /// A source that is `live` until it is told to walk.
    #[must_use]
    pub fn new(live: Arc<dyn Source>) -> Self {
        Self { live, walk: Mutex::new(None) }
    }

    /// The instant of the process's own clock, whatever the walking one says.
    #[must_use]
    pub fn live_now(&self) -> Timestamp {
        self.live.now()
    }

    /// Starts to walk at an instant, with dice that fall as `seed` says.
    pub(super) fn walk_from(&self, at: Timestamp, seed: u64) {
        *self.walk() = Some(Walk { at, dice: Dice::new(seed), is_unpredictable: false });
    }

    /// Walks on to a later instant; the clock never goes back.
    pub(super) fn walk_to(&self, at: Timestamp) {
        if let Some(walk) = self.walk().as_mut() {
            walk.at = walk.at.max(at);
        }
    }

    /// Whether randomness comes from the process's own source although the clock walks, as it must where
    /// secrets are made.
    pub(super) fn set_unpredictable(&self, is_unpredictable: bool) {
        if let Some(walk) = self.walk().as_mut() {
            walk.is_unpredictable = is_unpredictable;
        }
    }

    /// Ends the walk.
    pub(super) fn go_live(&self) {
        *self.walk() = None;
    }

    fn walk(&self) -> MutexGuard<'_, Option<Walk>> {
        self.walk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Source for DemoSource {
    fn now(&self) -> Timestamp {
        match self.walk().as_mut() {
            Some(walk) => {
                walk.at = walk.at.saturating_add(TICK);
                walk.at
            }
            None => self.live.now(),
        }
    }

    fn fill(&self, bytes: &mut [u8]) {
        match self.walk().as_mut().filter(|walk| !walk.is_unpredictable) {
            Some(walk) => walk.dice.fill(bytes),
            None => self.live.fill(bytes),
        }
    }
}
