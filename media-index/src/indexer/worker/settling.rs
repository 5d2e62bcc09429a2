//! From new or changed to steady: what waits, what grows, what vanished meanwhile.

use std::fs;

use super::Worker;
use crate::indexer::look::announced;
use crate::monotonic::now_ms;
use crate::scan::Stamp;
use crate::{Kind, Place};

impl Worker {
    pub(super) fn forget_vanished(&mut self) -> bool {
        let is_there = |place: &Place| fs::symlink_metadata(self.settings.root.join(place.path())).is_ok();
        let lost: Vec<Place> = self
            .growing
            .places()
            .filter(|place| !is_there(place))
            .cloned()
            .collect();
        for place in &lost {
            self.growing.forget(place);
        }
        !lost.is_empty()
    }

    /// Queues a file that has settled; true if it has not.
    pub(super) fn settle(&mut self, place: Place, stamp: Stamp) -> bool {
        if Kind::by_ending(&place.ending()).is_none() || self.queue.get(&place) == Some(&stamp) {
            return false;
        }
        let root = &self.settings.root;
        let announced = || announced(root, &place, stamp.size);
        let settled = self.growing.has_settled(&place, stamp, now_ms(), announced);
        if settled {
            self.queue.insert(place, stamp);
        }
        !settled
    }

    pub(super) fn settle_growing(&mut self) {
        let due = self.growing.due(now_ms());
        let any = !due.is_empty();
        for place in due {
            match self.stamp_now(&place) {
                Some(stamp) => drop(self.settle(place, stamp)),
                None => self.growing.forget(&place),
            }
        }
        if any {
            self.pace.want();
        }
    }

    pub(super) fn stamp_now(&self, place: &Place) -> Option<Stamp> {
        let meta = fs::symlink_metadata(self.settings.root.join(place.path())).ok()?;
        meta.is_file().then(|| Stamp::of(&meta))
    }
}
