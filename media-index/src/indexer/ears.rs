//! The watch on the folder: begun anew when another folder lies there, or when it hears badly.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;

use notify::RecommendedWatcher;

use super::{Shared, Wake, Watching};
use crate::{RootId, watch};

#[derive(Default)]
pub(super) struct Ears {
    /// The folder that is watched, or was to be.
    pub(super) root: Option<RootId>,
    watcher: Option<RecommendedWatcher>,
}

impl Ears {
    /// A look found what should have been heard: a disk that was pulled and put back at once is another one to the
    /// system, and nobody says so. At the next sweep the watch is begun anew.
    pub(super) fn distrust(&mut self) {
        self.watcher = None;
    }

    /// Makes sure that `now` is watched, and says how well. Called before each sweep, so that a system that has room
    /// for watches again is used within the time of one.
    pub(super) fn listen(&mut self, root: &Path, now: Option<RootId>, shared: &Arc<Shared>, wake: &SyncSender<Wake>) {
        let is_live = shared.status().watching == Watching::Live;
        if self.watcher.is_some() && self.root == now && is_live {
            return;
        }
        self.root = now;
        // The old one first: its watches count against the same limit.
        self.watcher = None;
        shared.status().watching = Watching::Live;
        match watch::watch(root, shared, wake.clone()) {
            Ok(watcher) => self.watcher = Some(watcher),
            Err(why) => shared.heard_badly(why),
        }
    }
}
