//! The indexer's own state and its steps.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::sync::{Arc, Condvar, Mutex, RwLock};
use std::time::Duration;

use super::{Settings, Shared, Status, Wake, Watching};
use crate::catalogue::{Standing, Trouble};
use crate::monotonic::now_ms;
use crate::plan::{self, Known};
use crate::probe::{self, Subject};
use crate::scan::{self, Found, Stamp};
use crate::settle::{self, Verdict, Watched};
use crate::{Catalogue, Change, Damage, IndexError, Keep, Kind, Outcome, Place, Record, RootId, sidecar, watch};

/// While the disk is away it is looked for this often.
const OFFLINE_MS: u64 = 2_000;
/// Events come in bursts; a short breath puts the two halves of a rename into one look.
const BREATH: Duration = Duration::from_millis(150);
/// So many files are looked into between two snapshots: new ones appear while a large copy is still being read.
const BATCH: usize = 32;

pub(super) struct Worker {
    settings: Settings,
    keep: Box<dyn Keep>,
    shared: Arc<Shared>,
    known: Known,
    root: Option<RootId>,
    offline: bool,
    watched: Watched,
    /// Growing files: when to look again, and the bytes that are there and that were announced.
    growing: BTreeMap<Place, (u64, u64, Option<u64>)>,
    /// Steady files that wait to be looked into.
    queue: BTreeMap<Place, Stamp>,
    extras: BTreeSet<Place>,
    refused: BTreeMap<Place, Damage>,
    generation: u64,
    arrival: u64,
    next_sweep: u64,
}

impl Worker {
    pub(super) fn new(settings: Settings, mut keep: Box<dyn Keep>) -> Result<(Self, Arc<Shared>), IndexError> {
        fs::create_dir_all(&settings.root).map_err(|source| IndexError::Root {
            path: settings.root.clone(),
            source,
        })?;
        let kept = keep.load()?;
        let known: Known = kept.records.into_iter().map(|r| (r.place.clone(), r)).collect();
        let shared = Arc::new(Shared {
            catalogue: RwLock::default(),
            status: Mutex::default(),
            changed: Condvar::new(),
        });
        let mut worker = Self {
            arrival: known.values().map(|r| r.arrival).max().unwrap_or(0),
            settings,
            keep,
            shared: Arc::clone(&shared),
            known,
            root: kept.root,
            offline: false,
            watched: Watched::new(),
            growing: BTreeMap::new(),
            queue: BTreeMap::new(),
            extras: BTreeSet::new(),
            refused: BTreeMap::new(),
            generation: 0,
            next_sweep: 0,
        };
        worker.publish();
        Ok((worker, shared))
    }

    pub(super) fn run(&mut self, wakes: &Receiver<Wake>, wake: &SyncSender<Wake>) {
        let mut watcher = None;
        let mut watched_root = None;
        loop {
            if watched_root != self.root_now() || watcher.is_none() {
                watched_root = self.root_now();
                watcher = self.start_watching(wake.clone());
            }
            match self.wait(wakes) {
                None => return,
                Some(touched) if touched.is_empty() => {}
                Some(touched) => self.walk_all(&touched),
            }
            if now_ms() >= self.next_sweep {
                self.sweep();
            }
            self.settle_growing();
            self.look_into_some();
        }
    }

    fn start_watching(&self, wake: SyncSender<Wake>) -> Option<notify::RecommendedWatcher> {
        let outcome = watch::watch(&self.settings.root, wake);
        self.shared.status().watching = match &outcome {
            Ok(_) => Watching::Live,
            Err(why) => Watching::Degraded(why.clone()),
        };
        outcome.ok()
    }

    /// Waits for the next thing to do; `None` is the end. What comes in a burst is taken together.
    fn wait(&mut self, wakes: &Receiver<Wake>) -> Option<BTreeSet<PathBuf>> {
        let mut touched = BTreeSet::new();
        let mut patience = self.patience();
        loop {
            match wakes.recv_timeout(patience) {
                Ok(Wake::Touched(path)) => {
                    touched.insert(path);
                    patience = BREATH;
                }
                Ok(Wake::Sweep) => {
                    self.next_sweep = 0;
                    patience = BREATH;
                }
                Ok(Wake::Stop) | Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) => return Some(touched),
            }
            if touched.len() > 1_000 {
                self.next_sweep = 0;
                return Some(BTreeSet::new());
            }
        }
    }

    fn patience(&self) -> Duration {
        if !self.queue.is_empty() {
            return Duration::ZERO;
        }
        let settled = self.growing.values().map(|(at, _, _)| *at).min().unwrap_or(u64::MAX);
        Duration::from_millis(self.next_sweep.min(settled).saturating_sub(now_ms()))
    }

    fn root_now(&self) -> Option<RootId> {
        let meta = fs::metadata(&self.settings.root).ok()?;
        meta.is_dir().then(|| RootId {
            device: meta.dev(),
            inode: meta.ino(),
        })
    }

    /// Looks at everything. A vanished disk makes everything offline and deletes nothing.
    pub(super) fn sweep(&mut self) {
        let found = scan::walk(&self.settings.root, Path::new(""));
        let root = self.root_now();
        let was_offline = self.offline;
        self.offline = plan::is_offline(&self.known, self.root, root, !found.files.is_empty());
        let pause = if self.offline {
            OFFLINE_MS
        } else {
            u64::try_from(self.settings.sweep.as_millis()).unwrap_or(60_000)
        };
        self.next_sweep = now_ms() + pause;
        if self.offline {
            if !was_offline {
                self.publish();
            }
            return;
        }
        if root != self.root
            && let Some(id) = root
        {
            self.root = root;
            self.keep_changes(vec![Change::Root(id)]);
        }
        self.extras.clear();
        self.refused.clear();
        let changed = self.take(&found, Path::new(""));
        let mut status = self.shared.status();
        let first = !std::mem::replace(&mut status.complete, true);
        drop(status);
        if changed || first || was_offline {
            self.publish();
        }
    }

    fn walk_all(&mut self, touched: &BTreeSet<PathBuf>) {
        if self.offline || self.root_now() != self.root {
            self.next_sweep = 0;
            return;
        }
        let mut all = Found::default();
        let mut gone = Vec::new();
        for below in touched {
            let found = scan::walk(&self.settings.root, below);
            gone.extend(plan::plan(&self.known, &found, below).gone);
            self.extras.retain(|place| !place.path().starts_with(below));
            self.refused.retain(|place, _| !place.path().starts_with(below));
            all.files.extend(found.files);
            all.refused.extend(found.refused);
        }
        let look = plan::plan(&self.known, &all, Path::new("")).look;
        if self.take_planned(&all, look, gone) {
            self.publish();
        }
    }

    fn take(&mut self, found: &Found, below: &Path) -> bool {
        let plan = plan::plan(&self.known, found, below);
        self.take_planned(found, plan.look, plan.gone)
    }

    /// Acts on a plan; true if the catalogue is another one now.
    fn take_planned(&mut self, found: &Found, look: Vec<(Place, Stamp)>, gone: Vec<Place>) -> bool {
        let before = (self.extras.clone(), self.growing.len());
        self.extras.extend(
            found
                .files
                .iter()
                .map(|(place, _)| place)
                .filter(|p| sidecar::is_subtitle(p))
                .cloned(),
        );
        self.refused.extend(found.refused.iter().cloned());
        let vanished = |place: &Place| !self.settings.root.join(place.path()).exists();
        let lost: Vec<Place> = self.growing.keys().filter(|p| vanished(p)).cloned().collect();
        for place in lost {
            self.growing.remove(&place);
            self.watched.remove(&place);
        }
        let (renamed, look, gone) = self.renamed(look, gone);
        for (place, stamp) in look {
            self.settle_one(place, stamp);
        }
        let mut changes = renamed;
        changes.extend(gone.into_iter().map(Change::Gone));
        let any =
            !changes.is_empty() || before != (self.extras.clone(), self.growing.len()) || !self.growing.is_empty();
        self.keep_changes(changes);
        any || !found.refused.is_empty()
    }

    /// A file with the very stamp of one that is gone is the same file under another name: nothing to settle or read.
    fn renamed(&self, look: Vec<(Place, Stamp)>, gone: Vec<Place>) -> (Vec<Change>, Vec<(Place, Stamp)>, Vec<Place>) {
        let mut gone: BTreeSet<Place> = gone.into_iter().collect();
        let (mut moved, mut rest) = (Vec::new(), Vec::new());
        for (place, stamp) in look {
            let from = gone.iter().find(|p| {
                self.known
                    .get(p)
                    .is_some_and(|r| r.stamp == stamp && p.ending() == place.ending())
            });
            match from.cloned() {
                Some(from) => {
                    gone.remove(&from);
                    let to = Record {
                        place,
                        ..self.known[&from].clone()
                    };
                    moved.push(Change::Moved { from, to });
                }
                None => rest.push((place, stamp)),
            }
        }
        (moved, rest, gone.into_iter().collect())
    }

    fn settle_one(&mut self, place: Place, stamp: Stamp) {
        if Kind::by_ending(&place.ending()).is_none() {
            return;
        }
        let quiet = u64::try_from(self.settings.settle.as_millis()).unwrap_or(u64::MAX);
        match settle::settle(&mut self.watched, &place, stamp, now_ms(), quiet) {
            Verdict::Steady => {
                self.growing.remove(&place);
                self.queue.insert(place, stamp);
            }
            Verdict::Growing(left) => {
                let need = self.announced(&place, stamp);
                self.growing.insert(place, (now_ms() + left, stamp.size, need));
            }
        }
    }

    /// What the container of a growing file says that its size will be.
    fn announced(&self, place: &Place, stamp: Stamp) -> Option<u64> {
        match self.look(place, stamp.size, false)? {
            Outcome::Damaged(Damage::Truncated { need, .. }) if need > stamp.size + 1 => Some(need),
            _ => None,
        }
    }

    fn settle_growing(&mut self) {
        let now = now_ms();
        let due: Vec<Place> = self
            .growing
            .iter()
            .filter(|(_, (at, _, _))| *at <= now)
            .map(|(p, _)| p.clone())
            .collect();
        let any = !due.is_empty();
        for place in due {
            match fs::symlink_metadata(self.settings.root.join(place.path())) {
                Ok(meta) if meta.is_file() => self.settle_one(place, Stamp::of(&meta)),
                _ => {
                    self.growing.remove(&place);
                    self.watched.remove(&place);
                }
            }
        }
        if any && self.queue.is_empty() {
            self.publish();
        }
    }

    pub(super) fn look_into_all(&mut self) {
        while !self.queue.is_empty() {
            self.look_into_some();
        }
    }

    /// Looks into a batch of steady files, keeps what was found and shows it.
    fn look_into_some(&mut self) {
        let mut records = Vec::new();
        while let (Some((place, stamp)), true) = (self.queue.pop_first(), records.len() < BATCH) {
            self.watched.remove(&place);
            if let Some(outcome) = self.look(&place, stamp.size, true) {
                self.arrival += 1;
                let arrival = self.known.get(&place).map_or(self.arrival, |before| before.arrival);
                records.push(Record {
                    place,
                    stamp,
                    arrival,
                    outcome,
                });
            }
        }
        if !records.is_empty() {
            let changes = plan::changes(&self.known, records, Vec::new());
            self.keep_changes(changes);
            self.publish();
        }
    }

    /// `None` if the file has vanished meanwhile, or is not as it was.
    fn look(&self, place: &Place, size: u64, second_opinion: bool) -> Option<Outcome> {
        let path = self.settings.root.join(place.path());
        let file = match fs::File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
            Err(error) => return Some(Outcome::Damaged(Damage::Unreadable(error.to_string()))),
        };
        let ffprobe = self.settings.ffprobe.as_deref().filter(|_| second_opinion);
        let subject = Subject {
            file: &file,
            size,
            ending: &place.ending(),
            path: &path,
            ffprobe,
        };
        Some(match probe::probe(&subject) {
            Ok(whole) => Outcome::Whole(whole),
            Err(damage) => Outcome::Damaged(damage),
        })
    }

    /// Keeps first, then knows: what is shown was kept. If it cannot be kept it is shown all the same and said.
    fn keep_changes(&mut self, changes: Vec<Change>) {
        if changes.is_empty() {
            return;
        }
        let outcome = self.keep.apply(&changes);
        self.shared.status().keep_fault = outcome.err().map(|error| error.to_string());
        for change in changes {
            match change {
                Change::Set(record) => drop(self.known.insert(record.place.clone(), record)),
                Change::Moved { from, to } => {
                    self.known.remove(&from);
                    self.known.insert(to.place.clone(), to);
                }
                Change::Gone(place) => drop(self.known.remove(&place)),
                Change::Root(root) => self.root = Some(root),
            }
        }
    }

    fn publish(&mut self) {
        self.generation += 1;
        let copying = self.growing.iter().map(|(place, (_, have, need))| Trouble {
            place: place.clone(),
            standing: Standing::Copying {
                have: *have,
                need: *need,
            },
        });
        let refused = self.refused.iter().map(|(place, damage)| Trouble {
            place: place.clone(),
            standing: Standing::Damaged(damage.clone()),
        });
        let troubles = copying.chain(refused).collect();
        // A file that grows again is not shown while it does.
        let still: Known = self
            .known
            .iter()
            .filter(|(p, _)| !self.growing.contains_key(*p))
            .map(|(p, r)| (p.clone(), r.clone()))
            .collect();
        let next = Catalogue::build(
            &self.settings.root,
            self.generation,
            self.offline,
            &still,
            &self.extras,
            troubles,
        );
        let waiting = self.queue.len() + self.growing.len();
        self.shared.status().waiting = waiting;
        self.shared.publish(next);
    }
}

impl Status {
    /// Whether nothing is left to look into.
    pub fn is_idle(&self) -> bool {
        self.complete && self.waiting == 0
    }
}
