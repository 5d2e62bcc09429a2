//! The films that are watched now: what a beat asks of each. The index and the database are asked once per film.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use media_index::{Catalogue, Indexer, TimeMap};

use super::{Version, length};
use crate::types::{Intervals, ItemId, Millis};

/// More films than these are hardly watched at the same time; the map of one takes up to 128 KB.
const FILMS: usize = 32;

/// Which of its bytes hold which media. An id names a content, so this never changes.
#[derive(Debug, PartialEq)]
pub(super) struct Film {
    map: TimeMap,
    length: Millis,
    /// In bytes.
    size: u64,
}

impl Film {
    /// The media of these bytes; what lies outside of `within` may be missing.
    pub(super) fn media_within(&self, within: &Range<Millis>, bytes: &[Range<u64>]) -> Intervals {
        let within = within.start.0..within.end.0;
        Intervals::from(self.map.media_within(within, bytes, self.size, self.length.0))
    }
}

#[derive(Debug, Default)]
pub(super) struct Watched(Mutex<VecDeque<(ItemId, Arc<Film>)>>);

impl Watched {
    /// A film that is on the shelf. One whose map cannot be read now credits nothing now, and is asked for again.
    pub(super) fn get(&self, indexer: &Indexer, catalogue: &Catalogue, id: &ItemId) -> Option<Arc<Film>> {
        self.opened(id, || {
            let item = catalogue.get(id)?;
            let map = indexer.map(id).unwrap_or_else(|error| {
                tracing::warn!(%error, item = %id, "the map of a film cannot be read: its media cannot be credited now");
                TimeMap::elsewhere()
            });
            Some(Film {
                map,
                length: length(&item),
                size: item.stamp.size,
            })
        })
    }

    /// A version that was made for phones, whose map is at hand.
    pub(super) fn of_version(&self, version: &Version) -> Option<Arc<Film>> {
        self.opened(&version.content, || {
            Some(Film {
                map: version.facts.map.clone(),
                length: Millis(version.facts.duration_ms.unwrap_or(0)),
                size: version.stamp.size,
            })
        })
    }

    fn opened(&self, id: &ItemId, find: impl FnOnce() -> Option<Film>) -> Option<Arc<Film>> {
        let mut recent = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, film)) = recent.iter().find(|(known, _)| known == id) {
            return Some(Arc::clone(film));
        }
        let found = find()?;
        let film = Arc::new(Film {
            map: found.map.opened(),
            ..found
        });
        if film.map != TimeMap::elsewhere() {
            recent.truncate(FILMS - 1);
            recent.push_front((*id, Arc::clone(&film)));
        }
        Some(film)
    }
}
