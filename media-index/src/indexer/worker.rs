//! The indexer's steps, one after the other on one thread.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender};
use std::time::Duration;

use super::growing::Growing;
use super::index::Index;
use super::look::{Looked, announced, look};
use super::others::Others;
use super::wakes::{self, Heard, Wake};
use super::{Settings, Shared, Watching};
use crate::catalogue::About;
use crate::monotonic::now_ms;
use crate::plan::{self, Plan};
use crate::scan::{self, Found, Stamp};
use crate::{Catalogue, Change, IndexError, Keep, Kind, Place, RootId, watch};

/// While the disk is away it is looked for this often.
const OFFLINE_MS: u64 = 2_000;
/// Files are looked into for so long between two snapshots: new ones appear while a large copy is still being read, and
/// the snapshots of a large library do not cost more than the looking.
const BATCH_MS: u64 = 500;

pub(super) struct Worker {
    settings: Settings,
    shared: Arc<Shared>,
    index: Index,
    offline: bool,
    growing: Growing,
    /// Steady files that wait to be looked into.
    queue: BTreeMap<Place, Stamp>,
    others: Others,
    generation: u64,
    next_sweep: u64,
}

/// Walks: what was walked, and what was found there.
type Walks = Vec<(PathBuf, Found)>;

impl Worker {
    pub(super) fn new(settings: Settings, keep: Box<dyn Keep>) -> Result<(Self, Arc<Shared>), IndexError> {
        fs::create_dir_all(&settings.root).map_err(|source| IndexError::Root {
            path: settings.root.clone(),
            source,
        })?;
        let shared = Arc::new(Shared::default());
        let mut worker = Self {
            growing: Growing::new(milliseconds(settings.settle)),
            index: Index::load(keep)?,
            settings,
            shared: Arc::clone(&shared),
            offline: false,
            queue: BTreeMap::new(),
            others: Others::default(),
            generation: 0,
            next_sweep: 0,
        };
        worker.publish();
        Ok((worker, shared))
    }

    pub(super) fn run(&mut self, heard: &Receiver<Wake>, wake: &SyncSender<Wake>) {
        let mut watcher = None;
        let mut watched_root = None;
        loop {
            if watched_root != self.root_now() || watcher.is_none() {
                watched_root = self.root_now();
                watcher = self.start_watching(wake.clone());
            }
            match wakes::wait(heard, self.next_step()) {
                Heard::Stop => return,
                Heard::Everything => self.next_sweep = 0,
                Heard::Touched(touched) if touched.is_empty() => {}
                Heard::Touched(touched) => self.look_at(&touched),
            }
            if now_ms() >= self.next_sweep {
                self.sweep();
            }
            self.settle_growing();
            self.look_into_some();
        }
    }

    /// What happened before the watch began is found by a sweep after it.
    fn start_watching(&mut self, wake: SyncSender<Wake>) -> Option<notify::RecommendedWatcher> {
        let outcome = watch::watch(&self.settings.root, wake);
        self.shared.status().watching = match &outcome {
            Ok(_) => Watching::Live,
            Err(why) => Watching::Degraded(why.clone()),
        };
        let watcher = outcome.ok()?;
        self.next_sweep = 0;
        Some(watcher)
    }

    /// When there is something to do even if nothing is heard.
    fn next_step(&self) -> u64 {
        if !self.queue.is_empty() {
            return 0;
        }
        self.growing
            .next()
            .map_or(self.next_sweep, |at| at.min(self.next_sweep))
    }

    fn root_now(&self) -> Option<RootId> {
        let meta = fs::metadata(&self.settings.root).ok()?;
        meta.is_dir().then(|| RootId {
            device: meta.dev(),
            inode: meta.ino(),
        })
    }

    /// Walks, and makes sure that the disk did not go away meanwhile: then it says nothing about what is there.
    fn walk<'a>(&self, places: impl Iterator<Item = &'a Path>) -> (Walks, Option<RootId>) {
        let before = self.root_now();
        let walks = places
            .map(|below| (below.to_owned(), scan::walk(&self.settings.root, below)))
            .collect();
        (walks, self.root_now().filter(|now| before == Some(*now)))
    }

    /// Looks at everything. A vanished disk makes everything offline and deletes nothing.
    pub(super) fn sweep(&mut self) {
        let (walks, root) = self.walk(std::iter::once(Path::new("")));
        let was_offline = self.offline;
        self.offline = plan::is_offline(self.index.known(), self.index.root(), root, &walks[0].1.files);
        let pause = if self.offline {
            OFFLINE_MS
        } else {
            milliseconds(self.settings.sweep)
        };
        self.next_sweep = now_ms().saturating_add(pause);
        if self.offline {
            if !was_offline {
                self.publish();
            }
            return;
        }
        if let Some(id) = root.filter(|_| root != self.index.root()) {
            self.keep(vec![Change::Root(id)]);
        }
        let changed = self.take(&walks);
        let first = !std::mem::replace(&mut self.shared.status().complete, true);
        if changed || first || was_offline {
            self.publish();
        }
    }

    /// Looks at what was touched; what lies below another touched place is walked with that one.
    fn look_at(&mut self, touched: &BTreeSet<PathBuf>) {
        let is_covered = |path: &PathBuf| path.ancestors().skip(1).any(|above| touched.contains(above));
        let (walks, root) = self.walk(touched.iter().filter(|path| !is_covered(path)).map(PathBuf::as_path));
        if self.offline || root.is_none() || root != self.index.root() {
            self.next_sweep = 0;
        } else if self.take(&walks) {
            self.publish();
        }
    }

    /// Acts on what was found; true if the catalogue is another one now.
    fn take(&mut self, walks: &Walks) -> bool {
        let before = self.others.clone();
        let mut plan = Plan::default();
        for (below, found) in walks {
            let here = plan::plan(self.index.known(), found, below);
            plan.look.extend(here.look);
            plan.gone.extend(here.gone);
            self.others.note(below, found);
        }
        let mut differs = self.forget_vanished();
        let moves = plan::moves(self.index.known(), plan);
        for (place, stamp) in moves.rest.look {
            differs |= self.settle(place, stamp);
        }
        let mut changes = moves.moved;
        changes.extend(moves.rest.gone.into_iter().map(Change::Gone));
        differs |= !changes.is_empty() || before != self.others;
        self.keep(changes);
        differs
    }

    fn forget_vanished(&mut self) -> bool {
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
    fn settle(&mut self, place: Place, stamp: Stamp) -> bool {
        if Kind::by_ending(&place.ending()).is_none() {
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

    fn settle_growing(&mut self) {
        let due = self.growing.due(now_ms());
        let any = !due.is_empty();
        for place in due {
            match self.stamp_now(&place) {
                Some(stamp) => drop(self.settle(place, stamp)),
                None => self.growing.forget(&place),
            }
        }
        if any && self.queue.is_empty() {
            self.publish();
        }
    }

    fn stamp_now(&self, place: &Place) -> Option<Stamp> {
        let meta = fs::symlink_metadata(self.settings.root.join(place.path())).ok()?;
        meta.is_file().then(|| Stamp::of(&meta))
    }

    pub(super) fn look_into_all(&mut self) {
        while !self.queue.is_empty() {
            self.look_into_some();
        }
    }

    /// Looks into a batch of steady files, keeps what was found and shows it.
    fn look_into_some(&mut self) {
        if self.queue.is_empty() {
            return;
        }
        let mut changes = Vec::new();
        let until = now_ms().saturating_add(BATCH_MS);
        while let Some((place, stamp)) = self.queue.pop_first() {
            match look(&self.settings.root, &place, stamp, self.settings.ffprobe.as_deref()) {
                Looked::Found(outcome) => changes.push(Change::Set(self.index.record(place, stamp, *outcome))),
                Looked::Changed => {
                    if let Some(stamp) = self.stamp_now(&place) {
                        self.growing.start_over(place, stamp, now_ms());
                    }
                }
            }
            if now_ms() >= until {
                break;
            }
        }
        self.keep(changes);
        self.publish();
    }

    /// If it cannot be kept it is shown all the same, and said.
    fn keep(&mut self, changes: Vec<Change>) {
        if !changes.is_empty() {
            self.shared.status().keep_fault = self.index.apply(changes);
        }
    }

    fn publish(&mut self) {
        self.generation += 1;
        let about = About {
            generation: self.generation,
            offline: self.offline,
            troubles: self.growing.troubles().chain(self.others.troubles()).collect(),
        };
        let next = Catalogue::build(&self.settings.root, about, self.index.known(), &self.others.subtitles);
        self.shared.publish(next, self.queue.len() + self.growing.len());
    }
}

fn milliseconds(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
