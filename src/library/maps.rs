//! The maps of the films that are watched now. Each beat asks for one; the database is asked once per film.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use media_index::{Indexer, TimeMap};

use crate::types::ItemId;

/// More films than these are hardly watched at the same time; the map of one takes up to 45 KB.
const FILMS: usize = 32;

#[derive(Debug, Default)]
pub(super) struct RecentMaps(Mutex<VecDeque<(ItemId, TimeMap)>>);

impl RecentMaps {
    /// The map of a film. One that cannot be read now credits nothing now, and is asked for again.
    pub(super) fn get(&self, indexer: &Indexer, id: &ItemId) -> TimeMap {
        let mut recent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, map)) = recent.iter().find(|(known, _)| known == id) {
            return map.clone();
        }
        let map = indexer.map(id).unwrap_or_else(|error| {
            tracing::warn!(%error, item = %id, "the map of a film cannot be read: its media cannot be credited now");
            TimeMap::elsewhere()
        });
        if map != TimeMap::elsewhere() {
            recent.truncate(FILMS - 1);
            recent.push_front((*id, map.clone()));
        }
        map
    }
}
