//! Hearing that something moved. The watcher may fail at once (a network share) or later (one folder more than the system
//! lets anybody watch); either is said, and the sweep works without it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::SyncSender;

use notify::{Config, EventKind, RecommendedWatcher, RecursiveMode, Watcher};

use crate::indexer::{Shared, Wake};

/// Something that hears of the folders that it is told to watch; dropping it ends that. Each folder is added by itself when
/// the walk comes by: a recursive watch would look at every file of the library a second time.
pub(crate) fn watcher(root: &Path, shared: &Arc<Shared>, wake: SyncSender<Wake>) -> Result<RecommendedWatcher, String> {
    let (base, shared) = (root.to_owned(), Arc::clone(shared));
    let heard = move |event: notify::Result<notify::Event>| {
        // A full queue means that a sweep is due anyway; nothing is lost by not queueing more.
        match event {
            Ok(event) if matches!(event.kind, EventKind::Access(_)) && !event.need_rescan() => {}
            Ok(event) if event.need_rescan() => drop(wake.try_send(Wake::Sweep)),
            Ok(event) => touched(&base, event.paths, &wake),
            Err(error) => {
                shared.heard_badly(error.to_string());
                drop(wake.try_send(Wake::Sweep));
            }
        }
    };
    // The walk follows no links, so neither do the ears.
    let config = Config::default().with_follow_symlinks(false);
    RecommendedWatcher::new(heard, config).map_err(|error| error.to_string())
}

/// Begins to watch one folder. An error is a sentence for the operator's page.
pub(crate) fn add(watcher: &mut RecommendedWatcher, folder: &Path) -> Result<(), String> {
    let outcome = watcher.watch(folder, RecursiveMode::NonRecursive);
    outcome.map_err(|error| error.to_string())
}

fn touched(base: &Path, paths: Vec<PathBuf>, wake: &SyncSender<Wake>) {
    for path in paths {
        let wake_up = match path.strip_prefix(base) {
            Ok(below) if !below.as_os_str().is_empty() => Wake::Touched(below.to_owned()),
            _ => Wake::Sweep,
        };
        if wake.try_send(wake_up).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::io::Read;
    use std::sync::mpsc::sync_channel;

    #[test]
    fn the_stations_own_reading_wakes_nobody() {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join("class")).unwrap();
        fs::write(home.path().join("class/film.mp4"), "a film").unwrap();
        let (wake, wakes) = sync_channel(1_000);
        let mut watcher = watcher(home.path(), &Arc::default(), wake).unwrap();
        add(&mut watcher, home.path()).unwrap();
        add(&mut watcher, &home.path().join("class")).unwrap();
        for _ in 0..20 {
            assert!(fs::read_dir(home.path().join("class")).unwrap().next().is_some());
            let mut film = fs::File::open(home.path().join("class/film.mp4")).unwrap();
            film.read_to_end(&mut Vec::new()).unwrap();
        }
        // The system tells in order: whatever the reading caused comes before this.
        fs::write(home.path().join("mark"), "").unwrap();
        assert_eq!(wakes.recv().unwrap(), Wake::Touched("mark".into()));
        drop(watcher);
    }
}
