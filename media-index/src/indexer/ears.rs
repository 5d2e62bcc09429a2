//! The watch on the folders: begun anew when another root lies there, or when it hears badly.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::SyncSender;

use notify::RecommendedWatcher;

use super::{Shared, Wake, Watching};
use crate::{RootId, share, watch};

pub(super) struct Ears {
    shared: Arc<Shared>,
    wake: SyncSender<Wake>,
    /// The root that is watched, or was to be.
    pub(super) root: Option<RootId>,
    watcher: Option<RecommendedWatcher>,
    /// Others can change it unheard: that sweeps find what nobody said is in order there.
    is_shared: bool,
    /// Folders that are watched since the last sweep, and those that this sweep came by.
    known: HashSet<PathBuf>,
    passed: HashSet<PathBuf>,
}

impl Ears {
    pub(super) fn new(shared: Arc<Shared>, wake: SyncSender<Wake>) -> Self {
        Self {
            shared,
            wake,
            root: None,
            watcher: None,
            is_shared: false,
            known: HashSet::new(),
            passed: HashSet::new(),
        }
    }

    /// A look found what should have been heard: a disk that was pulled and put back at once is another one to the
    /// system, and nobody says so. At the next sweep the watch is begun anew.
    pub(super) fn distrust(&mut self) {
        if !self.is_shared {
            self.watcher = None;
        }
    }

    /// Makes sure that there is a watcher for the root that lies there `now`. Called before each sweep, so that a system
    /// that has room for watches again is used within the time of one.
    pub(super) fn prepare(&mut self, root: &Path, now: Option<RootId>) {
        let is_live = self.shared.status().watching == Watching::Live;
        if self.watcher.is_some() && self.root == now && (is_live || self.is_shared) {
            return;
        }
        self.root = now;
        self.known.clear();
        // The old one first: its watches count against the same limit.
        self.watcher = None;
        self.shared.status().watching = Watching::Live;
        match watch::watcher(root, &self.shared, self.wake.clone()) {
            Ok(watcher) => self.watcher = Some(watcher),
            Err(why) => self.shared.heard_badly(why),
        }
        let kind = share::kind(root);
        self.is_shared = kind.is_some();
        if let Some(kind) = kind {
            self.shared
                .heard_badly(format!("what others change on a share ({kind}) is not heard"));
        }
    }

    /// Watches a folder that a sweep comes by, unless it is watched.
    pub(super) fn pass(&mut self, folder: &Path) {
        if !self.known.contains(folder) {
            self.hear(folder);
        }
        self.passed.insert(folder.to_owned());
    }

    /// The sweep is over: what it did not come by is forgotten, so that a folder made anew under an old name is watched.
    pub(super) fn passed(&mut self) {
        self.known = std::mem::take(&mut self.passed);
    }

    /// Watches a folder in which something was touched. It may have got another name, or be another one under the same
    /// name: the watch is set in any case.
    pub(super) fn hear(&mut self, folder: &Path) {
        let Some(watcher) = &mut self.watcher else {
            return;
        };
        match watch::add(watcher, folder) {
            Ok(()) => {}
            // It went away again, and that was heard in the folder above it.
            Err(_) if !folder.exists() => {}
            Err(why) => self.shared.heard_badly(why),
        }
    }
}
