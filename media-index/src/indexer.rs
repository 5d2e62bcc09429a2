//! The thread that keeps the catalogue right.
//!
//! It waits for the earliest of: something was touched, a growing file may have settled, a sweep is due. Then it walks
//! what was touched (or everything), settles, looks into what is steady, keeps the changes, and publishes a snapshot.

mod ears;
mod growing;
mod index;
mod look;
mod others;
mod progress;
mod publish;
mod root;
mod wakes;
mod worker;

use std::path::PathBuf;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::plan::RootIs;
use crate::{Catalogue, IndexError, ItemId, Keep, KeepError, Maps, TimeMap};
pub(crate) use wakes::Wake;
use worker::Worker;

/// How the folder is watched.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The folder.
    pub root: PathBuf,
    /// Everything is looked at again this often, watcher or not.
    pub sweep: Duration,
    /// A file must have stood still for so long.
    pub settle: Duration,
    /// Where ffprobe lies, if it may be used.
    pub ffprobe: Option<PathBuf>,
}

impl Settings {
    /// A sweep a minute; 1.2 s of rest, so that a file is shown within two seconds after it is whole.
    pub fn new(root: PathBuf) -> Self {
        Self {
            root,
            sweep: Duration::from_secs(60),
            settle: Duration::from_millis(1_200),
            ffprobe: None,
        }
    }
}

/// Whether changes are heard of at once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Watching {
    /// They are.
    #[default]
    Live,
    /// Only the sweep notices them, and why.
    Degraded(String),
}

/// How the indexer is doing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Status {
    /// Whether changes are heard of at once.
    pub watching: Watching,
    /// Files that are still to be looked into.
    pub waiting: usize,
    /// How long that will take, once there is something to judge by.
    pub remaining: Option<Duration>,
    /// The last attempt to keep the index failed, and why.
    pub keep_fault: Option<String>,
    /// What lies where the library should lie.
    pub root: RootIs,
    /// The first sweep is done, and what it found is listed or waits.
    pub complete: bool,
}

impl Status {
    /// Whether nothing is left to look into.
    pub fn is_idle(&self) -> bool {
        self.complete && self.waiting == 0
    }
}

#[derive(Debug, Default)]
pub(crate) struct Shared {
    catalogue: RwLock<Arc<Catalogue>>,
    status: Mutex<Status>,
    changed: Condvar,
}

impl Shared {
    fn status(&self) -> MutexGuard<'_, Status> {
        self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The first sweep found what was known.
    fn say_complete(&self) {
        self.status().complete = true;
        self.changed.notify_all();
    }

    /// From now on changes may go unheard, and why.
    pub(crate) fn heard_badly(&self, why: String) {
        self.status().watching = Watching::Degraded(why);
        self.changed.notify_all();
    }

    fn catalogue(&self) -> Arc<Catalogue> {
        Arc::clone(&self.catalogue.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// All under the lock of the status, so that whoever waits on it sees them together. `swept`: the first sweep is done.
    fn publish(&self, next: Catalogue, swept: bool, waiting: usize, remaining: Option<Duration>) {
        let mut status = self.status();
        status.complete |= swept;
        status.waiting = waiting;
        status.remaining = remaining;
        *self.catalogue.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(next);
        self.changed.notify_all();
    }
}

/// A running indexer. Dropping it stops the thread.
#[derive(Debug)]
pub struct Indexer {
    shared: Arc<Shared>,
    maps: Arc<dyn Maps>,
    wake: SyncSender<Wake>,
    thread: Option<JoinHandle<()>>,
}

impl Indexer {
    /// Makes the folder if it is missing, publishes what was known, and starts looking.
    pub fn start(settings: Settings, keep: Box<dyn Keep>) -> Result<Self, IndexError> {
        let (wake, wakes) = sync_channel(4_096);
        let (mut worker, shared) = Worker::new(settings, keep)?;
        let (sender, maps) = (wake.clone(), worker.maps());
        let thread = std::thread::Builder::new()
            .name("indexer".into())
            .spawn(move || worker.run(&wakes, &sender))
            .map_err(IndexError::Thread)?;
        Ok(Self {
            shared,
            maps,
            wake,
            thread: Some(thread),
        })
    }

    /// The newest snapshot. Never waits for a scan.
    pub fn catalogue(&self) -> Arc<Catalogue> {
        self.shared.catalogue()
    }

    /// Which bytes of this content hold which time. Reads what was kept: not for the event loop.
    pub fn map(&self, content: &ItemId) -> Result<TimeMap, KeepError> {
        self.maps.map(content)
    }

    /// How the indexer is doing.
    pub fn status(&self) -> Status {
        self.shared.status().clone()
    }

    /// Looks at everything soon.
    pub fn rescan(&self) {
        drop(self.wake.try_send(Wake::Sweep));
    }

    /// Takes what lies in the folder now for the library, although nothing that was known lies there: the operator has
    /// put in a new disk for good (see [`Status::root`]). What lay on the old one is gone; people's marks on it stay with
    /// whoever keeps them, and come back with the same content. Does nothing while the folder itself is missing.
    pub fn accept_root(&self) {
        drop(self.wake.try_send(Wake::Accept));
    }

    /// Waits until a snapshot satisfies `enough`, at most `patience`; returns the last one looked at.
    pub fn wait_until(&self, patience: Duration, enough: impl Fn(&Catalogue, &Status) -> bool) -> Arc<Catalogue> {
        let status = self.shared.status();
        let waited = self
            .shared
            .changed
            .wait_timeout_while(status, patience, |status| !enough(&self.shared.catalogue(), status));
        drop(waited);
        self.shared.catalogue()
    }
}

impl Drop for Indexer {
    fn drop(&mut self) {
        drop(self.wake.send(Wake::Stop));
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// Looks at everything once, for a command: what is steady now is looked into without waiting.
pub fn scan_once(settings: Settings, keep: Box<dyn Keep>) -> Result<Arc<Catalogue>, IndexError> {
    let settings = Settings {
        settle: Duration::ZERO,
        ..settings
    };
    let (mut worker, shared) = Worker::new(settings, keep)?;
    worker.sweep();
    worker.look_into_all();
    Ok(shared.catalogue())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Memory;

    /// Whoever waits for the end of the work must not be let through before anybody knows of what there is.
    #[test]
    fn what_the_first_sweep_found_waits_before_the_sweep_counts_as_done() {
        let folder = tempfile::tempdir().unwrap();
        let sweep = || {
            let settings = Settings::new(folder.path().to_owned());
            let (mut worker, shared) = Worker::new(settings, Box::new(Memory::default())).unwrap();
            worker.sweep();
            (worker, shared)
        };
        assert!(sweep().1.status().is_idle(), "an empty folder is looked through");
        std::fs::write(folder.path().join("课.txt"), "一课").unwrap();
        let (mut worker, shared) = sweep();
        assert!(!shared.status().is_idle(), "found, and not told yet");
        worker.publish();
        let status = shared.status().clone();
        assert_eq!((status.complete, status.waiting), (true, 1));
    }
}
