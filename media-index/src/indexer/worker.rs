//! The indexer's steps, one after the other on one thread.

mod publishing;
mod settling;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender};
use std::time::Duration;

use super::ears::Ears;
use super::growing::Growing;
use super::index::Index;
use super::look::{Looked, look};
use super::others::Others;
use super::progress::Progress;
use super::publish::Pace;
use super::root;
use super::wakes::{self, Heard, Wake};
use super::{Settings, Shared};
use crate::monotonic::now_ms;
use crate::plan::{self, Plan, RootIs};
use crate::scan::{self, Found, Stamp};
use crate::{Change, IndexError, Keep, Maps, Place, RootId};

/// While the disk is away it is looked for this often.
const OFFLINE_MS: u64 = 2_000;
/// Whether the root is still the same is asked this often: the kernel does not always say that a disk was pulled.
const ROOT_MS: u64 = 2_000;
/// Files are looked into for so long before what was found is kept, and whoever touched something is heard.
const BATCH_MS: u64 = 500;

pub(super) struct Worker {
    settings: Settings,
    shared: Arc<Shared>,
    index: Index,
    root_is: RootIs,
    /// The operator said that what lies there is the library; it holds for one sweep.
    accepted: bool,
    /// None for a look by command.
    ears: Option<Ears>,
    growing: Growing,
    /// Steady files that wait to be looked into.
    queue: BTreeMap<Place, Stamp>,
    others: Others,
    generation: u64,
    pace: Pace,
    progress: Progress,
    /// The library was looked through once.
    swept: bool,
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
            ears: None,
            root_is: RootIs::Library,
            accepted: false,
            queue: BTreeMap::new(),
            others: Others::default(),
            generation: 0,
            pace: Pace::default(),
            progress: Progress::default(),
            swept: false,
            next_sweep: 0,
        };
        worker.publish();
        Ok((worker, shared))
    }

    pub(super) fn maps(&self) -> Arc<dyn Maps> {
        self.index.maps()
    }

    pub(super) fn run(&mut self, heard: &Receiver<Wake>, wake: &SyncSender<Wake>) {
        self.ears = Some(Ears::new(Arc::clone(&self.shared), wake.clone()));
        let mut asked = true;
        loop {
            match wakes::wait(heard, self.next_step()) {
                Heard::Stop => return,
                Heard::Everything { accept } => {
                    (asked, self.accepted) = (true, self.accepted || accept);
                    self.next_sweep = 0;
                }
                Heard::Touched(touched) if touched.is_empty() => {}
                Heard::Touched(touched) => self.look_at(&touched),
            }
            if now_ms() >= self.next_sweep || self.is_other_root() {
                let was_asked = std::mem::take(&mut asked);
                if self.sweep() && !was_asked {
                    (asked, self.next_sweep) = (true, 0);
                    self.ears.iter_mut().for_each(Ears::distrust);
                }
            }
            self.settle_growing();
            self.look_into_some();
            if self.pace.next().is_some_and(|at| at <= now_ms()) {
                self.publish();
            }
        }
    }

    fn is_other_root(&self) -> bool {
        let now = root::now(&self.settings.root);
        self.ears.as_ref().is_some_and(|ears| ears.root != now)
    }

    /// When there is something to do even if nothing is heard.
    fn next_step(&self) -> u64 {
        if !self.queue.is_empty() {
            return 0;
        }
        let root_check = now_ms().saturating_add(ROOT_MS);
        let next = [self.growing.next(), self.pace.next(), Some(root_check)];
        next.into_iter().flatten().fold(self.next_sweep, u64::min)
    }

    /// Walks, and makes sure that the disk did not go away meanwhile: then it says nothing about what is there.
    fn walk<'a>(&mut self, places: impl Iterator<Item = &'a Path>) -> (Walks, Option<RootId>) {
        let folder = &self.settings.root;
        let before = root::now(folder);
        let ears = &mut self.ears;
        let walk = |below: &Path| {
            let mut tell = |folder: &Path| match ears {
                Some(ears) if below.as_os_str().is_empty() => ears.pass(folder),
                Some(ears) => ears.hear(folder),
                None => {}
            };
            (below.to_owned(), scan::walk_and_tell(folder, below, &mut tell))
        };
        let walks = places.map(walk).collect();
        (walks, root::now(folder).filter(|now| before == Some(*now)))
    }

    /// Looks at everything; true if something was found. A vanished disk makes everything offline and deletes nothing.
    pub(super) fn sweep(&mut self) -> bool {
        if let Some(ears) = &mut self.ears {
            ears.prepare(&self.settings.root, root::now(&self.settings.root));
        }
        let (walks, root) = self.walk(std::iter::once(Path::new("")));
        self.ears.iter_mut().for_each(Ears::passed);
        let was = self.root_is;
        let accepted = std::mem::take(&mut self.accepted);
        let files = &walks[0].1.files;
        self.root_is = plan::root_is(self.index.known(), self.index.root(), root, files, accepted);
        let pause = if self.is_offline() {
            OFFLINE_MS
        } else {
            milliseconds(self.settings.sweep)
        };
        self.next_sweep = now_ms().saturating_add(pause);
        self.shared.status().root = self.root_is;
        if was != self.root_is {
            self.pace.want();
        }
        if self.is_offline() {
            return false;
        }
        if let Some(id) = root.filter(|_| root != self.index.root()) {
            self.keep(vec![Change::Root(id)]);
        }
        let changed = self.take(&walks);
        if changed {
            self.pace.want();
        } else if !self.swept {
            // What was known is what is there: nothing to publish but that.
            self.shared.say_complete();
        }
        // Otherwise with the next snapshot: before that nobody knows of what was found, and it would look as if all were done.
        self.swept = true;
        changed
    }

    /// Looks at what was touched; what lies below another touched place is walked with that one.
    fn look_at(&mut self, touched: &BTreeSet<PathBuf>) {
        let is_covered = |path: &PathBuf| path.ancestors().skip(1).any(|above| touched.contains(above));
        let (walks, root) = self.walk(touched.iter().filter(|path| !is_covered(path)).map(PathBuf::as_path));
        if self.is_offline() || root.is_none() || root != self.index.root() {
            self.next_sweep = 0;
        } else if self.take(&walks) {
            self.pace.want();
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
            self.others.note(&self.settings.root, below, found);
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

    pub(super) fn look_into_all(&mut self) {
        while !self.queue.is_empty() {
            self.look_into_some();
        }
        self.publish();
    }

    /// Looks into a batch of steady files and keeps what was found.
    fn look_into_some(&mut self) {
        if self.queue.is_empty() {
            return;
        }
        let mut changes = Vec::new();
        let begun = now_ms();
        while let Some((place, stamp)) = self.queue.pop_first() {
            match look(&self.settings.root, &place, stamp, self.settings.ffprobe.as_deref()) {
                Looked::Found(outcome) => changes.push(Change::Set(self.index.record(place, stamp, *outcome))),
                Looked::Changed => {
                    if let Some(stamp) = self.stamp_now(&place) {
                        self.growing.start_over(place, stamp, now_ms());
                    }
                }
            }
            if now_ms() >= begun.saturating_add(BATCH_MS) {
                break;
            }
        }
        self.progress.looked_into(changes.len(), begun);
        self.keep(changes);
        self.pace.want();
    }

    /// If it cannot be kept it is shown all the same, and said.
    fn keep(&mut self, changes: Vec<Change>) {
        if !changes.is_empty() || self.index.is_behind() {
            self.shared.status().keep_fault = self.index.apply(changes);
        }
    }

    fn is_offline(&self) -> bool {
        self.root_is != RootIs::Library
    }
}

fn milliseconds(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
