//! The files that somebody is still writing: how far they are, and when to look again.

use std::collections::BTreeMap;

use crate::Place;
use crate::catalogue::{Standing, Trouble};
use crate::scan::Stamp;
use crate::settle::{self, Seen, Verdict, Watched};

/// How far a copy is.
struct Copying {
    /// When it may have settled, in milliseconds of the machine's clock.
    again: u64,
    have: u64,
    need: Option<u64>,
}

pub(super) struct Growing {
    quiet_ms: u64,
    watched: Watched,
    copies: BTreeMap<Place, Copying>,
}

impl Growing {
    pub(super) fn new(quiet_ms: u64) -> Self {
        Self {
            quiet_ms,
            watched: Watched::new(),
            copies: BTreeMap::new(),
        }
    }

    /// Looks at a file that is new or changed; true if it has settled, and is followed no longer. `announced` is asked
    /// only about a file that was seen to grow: a folder of finished films costs nothing here.
    pub(super) fn has_settled(
        &mut self,
        place: &Place,
        stamp: Stamp,
        now: u64,
        announced: impl FnOnce() -> Option<u64>,
    ) -> bool {
        let grew = self.watched.get(place).is_some_and(|seen| seen.stamp != stamp);
        let before = self.copies.get(place).and_then(|copy| copy.need);
        match settle::settle(&mut self.watched, place, stamp, now, self.quiet_ms) {
            Verdict::Steady => {
                self.forget(place);
                true
            }
            Verdict::Growing(left) => {
                let copying = Copying {
                    again: now.saturating_add(left),
                    have: stamp.size,
                    need: if grew { announced() } else { before },
                };
                self.copies.insert(place.clone(), copying);
                false
            }
        }
    }

    /// A file that changed while it was looked into has to settle anew.
    pub(super) fn start_over(&mut self, place: Place, stamp: Stamp, now: u64) {
        self.watched.insert(place.clone(), Seen { stamp, since: now });
        let copying = Copying {
            again: now.saturating_add(self.quiet_ms),
            have: stamp.size,
            need: None,
        };
        self.copies.insert(place, copying);
    }

    pub(super) fn forget(&mut self, place: &Place) {
        self.watched.remove(place);
        self.copies.remove(place);
        // The first scan follows every file for a moment: room for twenty thousand is two megabytes.
        if self.watched.is_empty() {
            self.watched = Watched::new();
        }
    }

    /// Those that may have settled by `now`.
    pub(super) fn due(&self, now: u64) -> Vec<Place> {
        let due = self.copies.iter().filter(|(_, copy)| copy.again <= now);
        due.map(|(place, _)| place.clone()).collect()
    }

    /// When the next one may have settled.
    pub(super) fn next(&self) -> Option<u64> {
        self.copies.values().map(|copy| copy.again).min()
    }

    pub(super) fn places(&self) -> impl Iterator<Item = &Place> {
        self.copies.keys()
    }

    pub(super) fn len(&self) -> usize {
        self.copies.len()
    }

    /// As the operator's page tells it.
    pub(super) fn troubles(&self) -> impl Iterator<Item = Trouble> {
        self.copies.iter().map(|(place, copy)| Trouble {
            place: place.clone(),
            standing: Standing::Copying {
                have: copy.have,
                need: copy.need,
            },
        })
    }
}
