//! The maps of the films that are watched now. Each beat asks for one; the database is asked once per film.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use media_index::{Indexer, TimeMap};

use crate::types::ItemId;

/// More films than these are hardly watched at the same time; the map of one takes up to 128 KB.
const FILMS: usize = 32;

#[derive(Debug, Default)]
pub(super) struct RecentMaps(Mutex<VecDeque<(ItemId, Arc<TimeMap>)>>);

impl RecentMaps {
    /// The map of a film. One that cannot be read now credits nothing now, and is asked for again.
    pub(super) fn get(&self, indexer: &Indexer, id: &ItemId) -> Arc<TimeMap> {
        self.opened(id, || {
            indexer.map(id).unwrap_or_else(|error| {
                tracing::warn!(%error, item = %id, "the map of a film cannot be read: its media cannot be credited now");
                TimeMap::elsewhere()
            })
        })
    }

    /// The map of a version that was made for phones, which is at hand.
    pub(super) fn of_version(&self, content: &ItemId, map: &TimeMap) -> Arc<TimeMap> {
        self.opened(content, || map.clone())
    }

    fn opened(&self, id: &ItemId, find: impl FnOnce() -> TimeMap) -> Arc<TimeMap> {
        let mut recent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, map)) = recent.iter().find(|(known, _)| known == id) {
            return Arc::clone(map);
        }
        let map = Arc::new(find().opened());
        if *map != TimeMap::elsewhere() {
            recent.truncate(FILMS - 1);
            recent.push_front((*id, Arc::clone(&map)));
        }
        map
    }
}
