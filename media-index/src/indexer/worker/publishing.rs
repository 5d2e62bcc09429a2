//! The next snapshot, and what is said with it.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::Worker;
use crate::Catalogue;
use crate::catalogue::{About, Beside};
use crate::monotonic::now_ms;

impl Worker {
    /// Tells whether a film of this path, without its ending, is known.
    fn films(&self) -> impl Fn(&Path) -> bool {
        let stems: HashSet<PathBuf> = if self.others.notes.is_empty() {
            HashSet::new()
        } else {
            let cards = self.index.known().cards();
            cards.map(|card| card.path().with_extension("")).collect()
        };
        move |stem| stems.contains(stem)
    }

    /// Makes a snapshot of what is known.
    pub(in crate::indexer) fn publish(&mut self) {
        let begun = now_ms();
        self.generation += 1;
        let about = About {
            generation: self.generation,
            offline: self.is_offline(),
            troubles: self
                .growing
                .troubles()
                .chain(self.others.troubles(self.films()))
                .collect(),
        };
        let (subtitles, notes) = (&self.others.subtitles, &self.others.notes);
        let next = Catalogue::build(
            &self.settings.root,
            about,
            self.index.known(),
            Beside { subtitles, notes },
        );
        let left = self.queue.len();
        let remaining = self.progress.remaining(left, now_ms());
        self.shared
            .publish(next, self.swept, left + self.growing.len(), remaining);
        self.pace.made(begun);
    }
}
