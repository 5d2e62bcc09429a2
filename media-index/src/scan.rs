//! What lies in the folder now: a bounded walk that follows no links.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::kind::is_ignorable;
use crate::{Damage, Place};

/// Deeper folders are a loop or an attack.
const DEPTH: usize = 32;
/// More files and folders than a station's disk holds.
const ENTRIES: usize = 200_000;

/// What tells that a file is still the one that was looked into: compared as a whole, never by order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Stamp {
    /// Bytes.
    pub size: u64,
    /// Date of the last change, in nanoseconds since 1970; may be nonsense.
    pub mtime_ns: i128,
    /// The file's number on its disk.
    pub inode: u64,
}

impl Stamp {
    /// Of an open or named file.
    pub fn of(meta: &fs::Metadata) -> Self {
        Self {
            size: meta.len(),
            mtime_ns: i128::from(meta.mtime()) * 1_000_000_000 + i128::from(meta.mtime_nsec()),
            inode: meta.ino(),
        }
    }
}

/// What a walk found.
#[derive(Debug, Default)]
pub struct Found {
    /// Files, in no order.
    pub files: Vec<(Place, Stamp)>,
    /// What was left out, and why.
    pub refused: Vec<(Place, Damage)>,
    /// What could not be looked at: what was known there and below is not gone.
    pub unread: Vec<PathBuf>,
    /// So many entries were looked at.
    pub(crate) entries: usize,
}

impl Found {
    /// Whether nothing can be said about what lay at `place`.
    pub fn is_unread(&self, place: &Place) -> bool {
        self.unread.iter().any(|folder| place.path().starts_with(folder))
    }

    /// Nothing can be said about `place`, and why.
    fn leave_out(&mut self, place: PathBuf, why: Damage) {
        self.unread.push(place.clone());
        self.refused.push((Place::new(place), why));
    }
}

/// Walks `below` (relative; empty for all) under `root`. If `below` is a file, it is the only one found; if it is not
/// there, or a walk over everything would not come by, nothing is found.
pub fn walk(root: &Path, below: &Path) -> Found {
    walk_and_tell(root, below, &mut |_| {})
}

/// The same; `tell` is told of each folder (in full) just before it is listed. Who begins to watch it then misses nothing.
pub(crate) fn walk_and_tell(root: &Path, below: &Path, tell: &mut dyn FnMut(&Path)) -> Found {
    let mut walk = Walk {
        root,
        tell,
        found: Found::default(),
    };
    if comes_by(root, below) {
        let meta = fs::symlink_metadata(root.join(below));
        walk.visit(below.to_owned(), meta, below.components().count());
    }
    walk.found
}

/// Whether no name on the way to `below` is ignored and no folder on it is a link.
fn comes_by(root: &Path, below: &Path) -> bool {
    let is_link = |folder: &Path| fs::symlink_metadata(root.join(folder)).is_ok_and(|meta| meta.is_symlink());
    let mut above = below
        .ancestors()
        .skip(1)
        .filter(|folder| !folder.as_os_str().is_empty());
    !below.iter().any(|name| is_ignorable(&name.to_string_lossy())) && !above.any(is_link)
}

struct Walk<'a> {
    root: &'a Path,
    tell: &'a mut dyn FnMut(&Path),
    found: Found,
}

impl Walk<'_> {
    fn visit(&mut self, place: PathBuf, meta: io::Result<fs::Metadata>, depth: usize) {
        self.found.entries += 1;
        match meta {
            Ok(meta) if meta.is_dir() => self.list(place, depth),
            Ok(meta) if meta.is_symlink() => visit_link(self.root, place, &mut self.found),
            Ok(meta) if meta.is_file() => self.found.files.push((Place::new(place), Stamp::of(&meta))),
            Ok(_) => {}
            Err(error) => failed(place, &error, &mut self.found),
        }
    }

    fn list(&mut self, place: PathBuf, depth: usize) {
        if depth > DEPTH {
            return self.found.leave_out(place, Damage::TooMany);
        }
        let folder = self.root.join(&place);
        (self.tell)(&folder);
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) => return failed(place, &error, &mut self.found),
        };
        for entry in entries {
            match entry {
                Ok(_) if self.found.entries >= ENTRIES => return self.found.leave_out(place, Damage::TooMany),
                Ok(entry) if is_ignorable(&entry.file_name().to_string_lossy()) => {}
                Ok(entry) => self.visit(place.join(entry.file_name()), entry.metadata(), depth + 1),
                Err(error) => return self.found.leave_out(place, Damage::Unreadable(error.to_string())),
            }
        }
    }
}

/// Only these two say that a file is not there; a failing disk has other words, and takes nothing with it.
fn failed(place: PathBuf, error: &io::Error, found: &mut Found) {
    if !matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) {
        found.leave_out(place, Damage::Unreadable(error.to_string()));
    }
}

/// A link within the folder is a second name, and its target is walked anyway; one that leads out is refused and said,
/// and so is one that leads nowhere.
fn visit_link(root: &Path, place: PathBuf, found: &mut Found) {
    let Ok(target) = fs::canonicalize(root.join(&place)) else {
        found.refused.push((Place::new(place), Damage::LinkNowhere));
        return;
    };
    if !fs::canonicalize(root).is_ok_and(|root| target.starts_with(root)) {
        found.refused.push((Place::new(place), Damage::LinkOutside));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn only_an_absent_file_is_gone_and_a_failing_disk_takes_nothing() {
        let found = |kind: io::ErrorKind| {
            let mut found = Found::default();
            failed("a".into(), &kind.into(), &mut found);
            (found.unread.len(), found.refused.len())
        };
        assert_eq!(found(io::ErrorKind::NotFound), (0, 0));
        assert_eq!(found(io::ErrorKind::NotADirectory), (0, 0));
        assert_eq!(found(io::ErrorKind::PermissionDenied), (1, 1));
        assert_eq!(found(io::Error::from_raw_os_error(5).kind()), (1, 1), "EIO");
    }

    #[test]
    fn what_a_walk_over_everything_leaves_out_is_not_found_by_its_own_name_either() {
        let (home, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::create_dir(home.path().join(".trash")).unwrap();
        fs::write(home.path().join(".trash/a.mp4"), "x").unwrap();
        fs::write(elsewhere.path().join("b.mp4"), "x").unwrap();
        symlink(elsewhere.path(), home.path().join("out")).unwrap();
        for below in ["", ".trash", ".trash/a.mp4", "out/b.mp4"] {
            assert!(walk(home.path(), Path::new(below)).files.is_empty(), "{below}");
        }
    }

    #[test]
    fn beyond_the_most_entries_the_rest_is_unread_and_not_gone() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("a.mp4"), "x").unwrap();
        let mut walk = Walk {
            root: home.path(),
            tell: &mut |_| {},
            found: Found {
                entries: ENTRIES,
                ..Found::default()
            },
        };
        walk.list(PathBuf::new(), 0);
        assert_eq!((walk.found.files.len(), walk.found.unread), (0, vec![PathBuf::new()]));
    }
}
