//! Who was removed from the roster, and when, in a file beside the database and beside the copies on a second medium: numbers,
//! each with the epoch and the leaf that said so. A database from before it holds the name still, and whoever restores it must
//! not bring the name back. A line stays when the number is given to somebody else: that database would bring back the first.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use super::backups::Rank;
use crate::types::MemberId;

const FILE: &str = "removed-members";

/// Numbers, and when.
pub(super) type Removed = BTreeSet<(MemberId, Rank)>;

/// What a folder's file says; nothing without it. A line that is none of ours is passed over.
pub(super) fn read(folder: &Path) -> io::Result<Removed> {
    let bytes = match fs::read(folder.join(FILE)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Removed::new()),
        bytes => bytes?,
    };
    let line = |line: &str| {
        let mut words = line.split(' ');
        let number = MemberId::new(words.next()?).ok()?;
        let rank = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        Some((number, rank))
    };
    Ok(String::from_utf8_lossy(&bytes).lines().filter_map(line).collect())
}

/// Adds to a folder's file. Nothing is ever taken off: the lines are short, and nobody knows which copies there are.
pub(super) fn add(folder: &Path, more: impl IntoIterator<Item = (MemberId, Rank)>) -> io::Result<()> {
    let before = read(folder)?;
    let mut now = before.clone();
    now.extend(more);
    if now == before { Ok(()) } else { write(folder, &now) }
}

/// Whom a roster that was written down at this rank names although he was removed.
pub(super) fn since(all: &Removed, written: Rank) -> impl Iterator<Item = &MemberId> {
    let later = all.iter().filter(move |(_, rank)| *rank >= written);
    later.map(|(number, _)| number)
}

/// Puts it down anew, under its name only when it is whole.
pub(super) fn write(folder: &Path, removed: &Removed) -> io::Result<()> {
    let new = folder.join(format!("{FILE}.new"));
    let mut file = File::create(&new)?;
    for (number, (epoch, leaf)) in removed {
        writeln!(file, "{number} {epoch} {leaf}")?;
    }
    file.sync_all()?;
    fs::rename(&new, folder.join(FILE))?;
    File::open(folder)?.sync_all()
}
