//! What lies in the folder now: a bounded walk that follows no links.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::kind::is_ignorable;
use crate::{Damage, Place};

/// Deeper folders are a loop or an attack.
const DEPTH: usize = 32;
/// More files than a station's disk holds.
const FILES: usize = 200_000;

/// What tells that a file is still the one that was looked into: compared as a whole, never by order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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
    /// Folders whose content could not be listed: what was known below them is not gone.
    pub unread: Vec<PathBuf>,
}

/// Walks `below` (relative; empty for all) under `root`. If `below` is a file, it is the only one found; if it is not
/// there, nothing is found.
pub fn walk(root: &Path, below: &Path) -> Found {
    let mut found = Found::default();
    visit(root, below.to_owned(), below.components().count(), &mut found);
    found
}

fn visit(root: &Path, place: PathBuf, depth: usize, found: &mut Found) {
    let Ok(meta) = fs::symlink_metadata(root.join(&place)) else {
        return;
    };
    if meta.is_dir() {
        list(root, place, depth, found);
    } else if meta.is_symlink() {
        visit_link(root, place, found);
    } else if meta.is_file() {
        found.files.push((Place::new(place), Stamp::of(&meta)));
    }
}

/// A link within the folder is a second name, and its target is walked anyway; one that leads out is refused and said.
fn visit_link(root: &Path, place: PathBuf, found: &mut Found) {
    let inside = fs::canonicalize(root)
        .and_then(|root| Ok(fs::canonicalize(root.join(&place))?.starts_with(root)))
        .unwrap_or(false);
    if !inside {
        found.refused.push((Place::new(place), Damage::LinkOutside));
    }
}

fn list(root: &Path, place: PathBuf, depth: usize, found: &mut Found) {
    if depth > DEPTH {
        found.refused.push((Place::new(place), Damage::TooMany));
        return;
    }
    let Ok(entries) = fs::read_dir(root.join(&place)) else {
        found.unread.push(place.clone());
        found.refused.push((
            Place::new(place),
            Damage::Unreadable("the folder cannot be listed".into()),
        ));
        return;
    };
    for entry in entries.flatten() {
        if found.files.len() >= FILES {
            found.refused.push((Place::new(place), Damage::TooMany));
            return;
        }
        if !is_ignorable(&entry.file_name().to_string_lossy()) {
            visit(root, place.join(entry.file_name()), depth + 1, found);
        }
    }
}
