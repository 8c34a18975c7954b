//! The rooms of all connectors, of which there are only so many.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use purser_types::Timestamp;
use purser_types::id::ConnectorId;

use crate::guard::{BreakerConfig, Health, Room};

/// So many connectors have a room at once. A room is a few hundred bytes; the bound is for servers that see
/// many connectors come and go and would otherwise keep a room for each until the next restart.
const ROOMS_MAX: usize = 4096;

/// The rooms, each made when its connector is first called.
pub(crate) struct Rooms {
    rooms: Mutex<HashMap<ConnectorId, Arc<Room>>>,
    concurrency: usize,
    breaker: BreakerConfig,
    max: usize,
}

impl Rooms {
    pub(crate) fn new(concurrency: usize, breaker: BreakerConfig) -> Self {
        Self { rooms: Mutex::default(), concurrency, breaker, max: ROOMS_MAX }
    }

    fn rooms(&self) -> MutexGuard<'_, HashMap<ConnectorId, Arc<Room>>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The room of a connector. When there are too many, idle ones make place.
    pub(crate) fn enter(&self, connector_id: ConnectorId) -> Arc<Room> {
        let mut rooms = self.rooms();
        if let Some(room) = rooms.get(&connector_id) {
            return Arc::clone(room);
        }
        if rooms.len() >= self.max {
            evict(&mut rooms, self.max);
        }
        let room = Arc::new(Room::new(self.concurrency, self.breaker));
        rooms.insert(connector_id, Arc::clone(&room));
        room
    }

    /// How a connector is doing; one that has no room has not failed lately.
    pub(crate) fn health(&self, connector_id: ConnectorId, now: Timestamp) -> Health {
        self.rooms().get(&connector_id).map_or(Health::Up, |room| room.health(now))
    }
}

/// Makes place for at least one room.
///
/// A room in use stays, so that its limit holds. Rooms with nothing to remember go first; if that is not
/// enough, some go that remember failures, and their connectors are tried once too often. If all are in
/// use, there is one more: calls are bounded elsewhere.
fn evict(rooms: &mut HashMap<ConnectorId, Arc<Room>>, max: usize) {
    let is_in_use = |room: &Arc<Room>| Arc::strong_count(room) > 1;
    rooms.retain(|_, room| is_in_use(room) || room.has_failed());
    if rooms.len() >= max {
        let idle = rooms.iter().find(|(_, room)| !is_in_use(room)).map(|(id, _)| *id);
        idle.and_then(|id| rooms.remove(&id));
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use purser_connector::{Effect, Failure, FailureKind, OperationKind};

    use super::*;

    const NOW: Timestamp = Timestamp::from_unix_micros(1_800_000_000_000_000);

    fn id(number: u128) -> ConnectorId {
        ConnectorId::from_uuid(uuid::Uuid::from_u128(number))
    }

    #[test]
    fn idle_rooms_make_place_and_used_and_broken_ones_stay() {
        let breaker = BreakerConfig { failures: 1, cool_down: Duration::from_secs(60) };
        let rooms = Rooms { max: 3, ..Rooms::new(2, breaker) };
        let failure = Failure::new(OperationKind::Sale, FailureKind::TimedOut, Effect::Unknown, "late");
        rooms.enter(id(1)).leave(Some(&failure), NOW);
        let used = rooms.enter(id(2));

        for number in 3..100 {
            rooms.enter(id(number));
        }

        assert!(rooms.rooms().len() <= 3);
        assert!(matches!(rooms.health(id(1), NOW), Health::Down { .. }));
        assert!(Arc::ptr_eq(&used, &rooms.enter(id(2))));
        assert_eq!(rooms.health(id(1000), NOW), Health::Up);
        assert!(!rooms.rooms().contains_key(&id(1000)), "to ask is not to enter");
    }

    #[test]
    fn rooms_that_remember_failures_are_bounded_too() {
        let breaker = BreakerConfig { failures: 1, cool_down: Duration::from_secs(60) };
        let rooms = Rooms { max: 3, ..Rooms::new(2, breaker) };
        let failure = Failure::new(OperationKind::Sale, FailureKind::TimedOut, Effect::Unknown, "late");

        for number in 0..100 {
            rooms.enter(id(number)).leave(Some(&failure), NOW);
        }

        assert_eq!(rooms.rooms().len(), 3);
    }
}
