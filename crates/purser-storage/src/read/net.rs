//! Answers of batched reads: one for every key, in the order of the keys.

use std::collections::HashMap;
use std::sync::Arc;

use purser_types::Id;
use purser_types::id::Kind;
use uuid::Uuid;

/// The ids as a parameter, each once.
pub(super) fn distinct<K: Kind>(ids: &[Id<K>]) -> Arc<[Uuid]> {
    let mut uuids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
    uuids.sort_unstable();
    uuids.dedup();
    uuids.into()
}

/// The answer for each id; `none` makes the answer for an id that was not found.
pub(super) fn aligned<K: Kind, T: Clone>(
    ids: &[Id<K>],
    mut found: HashMap<Uuid, T>,
    none: impl Fn() -> T,
) -> Vec<T> {
    let mut answers: Vec<T> = Vec::with_capacity(ids.len());
    let mut first_at: HashMap<Uuid, usize> = HashMap::with_capacity(ids.len());
    for id in ids {
        let at = *first_at.entry(id.uuid()).or_insert(answers.len());
        let answer = match answers.get(at) {
            // Asked for twice: the answer was moved to its first place.
            Some(answer) => answer.clone(),
            None => found.remove(&id.uuid()).unwrap_or_else(&none),
        };
        answers.push(answer);
    }
    answers
}

/// The answers that are there or not.
pub(super) fn options<K: Kind, T: Clone>(
    ids: &[Id<K>],
    found: impl IntoIterator<Item = (Uuid, T)>,
) -> Vec<Option<T>> {
    let found = found.into_iter().map(|(id, item)| (id, Some(item))).collect();
    aligned(ids, found, || None)
}

/// Items gathered under the profile, or whatever else, that they belong to.
pub(super) fn grouped<T>(items: impl IntoIterator<Item = (Uuid, T)>) -> HashMap<Uuid, Vec<T>> {
    let mut groups: HashMap<Uuid, Vec<T>> = HashMap::new();
    for (key, item) in items {
        groups.entry(key).or_default().push(item);
    }
    groups
}
