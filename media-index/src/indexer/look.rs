//! Looking into one file, and making sure that it was the same one before and after.

use std::fs::File;
use std::io;
use std::path::Path;

use crate::probe::{self, Subject};
use crate::scan::Stamp;
use crate::{Damage, Outcome, Place, Whole, beneath};

/// What came of looking.
pub(super) enum Looked {
    /// This.
    Found(Box<Outcome>),
    /// It is not as it was when it had settled: it must settle again.
    Changed,
}

/// Looks into the file at `place`, which had `stamp` when it had settled.
pub(super) fn look(root: &Path, place: &Place, stamp: Stamp, ffprobe: Option<&Path>) -> Looked {
    let file = match beneath::open(root, place.path()) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Looked::Changed,
        Err(error) => return found(Err(Damage::Unreadable(error.to_string()))),
    };
    let is_same = || file.metadata().is_ok_and(|meta| Stamp::of(&meta) == stamp);
    if !is_same() {
        return Looked::Changed;
    }
    let path = root.join(place.path());
    let outcome = probe::probe(&subject(&file, stamp.size, &place.ending(), &path, ffprobe));
    if is_same() { found(outcome) } else { Looked::Changed }
}

fn found(outcome: Result<Whole, Damage>) -> Looked {
    Looked::Found(Box::new(match outcome {
        Ok(whole) => Outcome::Whole(whole.into()),
        Err(damage) => Outcome::Damaged(damage),
    }))
}

/// What the container of a growing file says that its size will be.
pub(super) fn announced(root: &Path, place: &Place, size: u64) -> Option<u64> {
    let file = beneath::open(root, place.path()).ok()?;
    let path = root.join(place.path());
    match probe::probe(&subject(&file, size, &place.ending(), &path, None)) {
        Err(Damage::Truncated { need, .. }) if need > size + 1 => Some(need),
        _ => None,
    }
}

fn subject<'a>(file: &'a File, size: u64, ending: &'a str, path: &'a Path, ffprobe: Option<&'a Path>) -> Subject<'a> {
    Subject {
        file,
        size,
        ending,
        path,
        ffprobe,
    }
}
