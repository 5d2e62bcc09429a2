//! Who was removed from the roster, and when, in a file beside the database and beside the copies on a second medium: numbers,
//! each with the leaf that said so. A copy from before it holds the name still, and whoever restores it must not bring the
//! name back. A line stays when the number is given to somebody else: then the copy would bring back the first.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use crate::types::MemberId;

const FILE: &str = "removed-members";

/// Numbers and leaves.
pub(super) type Removed = BTreeSet<(MemberId, u64)>;

/// What a folder's file says; nothing without it. A line that is none of ours is passed over.
pub(super) fn read(folder: &Path) -> io::Result<Removed> {
    let bytes = match fs::read(folder.join(FILE)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Removed::new()),
        bytes => bytes?,
    };
    let text = String::from_utf8_lossy(&bytes);
    let line = |line: &str| {
        let (number, leaf) = line.split_once(' ')?;
        Some((MemberId::new(number).ok()?, leaf.parse().ok()?))
    };
    Ok(text.lines().filter_map(line).collect())
}

/// Adds to a folder's file. Nothing is ever taken off: the lines are short, and nobody knows which copies there are.
pub(super) fn add(folder: &Path, more: impl IntoIterator<Item = (MemberId, u64)>) -> io::Result<()> {
    let before = read(folder)?;
    let mut now = before.clone();
    now.extend(more);
    if now == before { Ok(()) } else { write(folder, &now) }
}

/// Whom a copy of so many leaves names although he was removed.
pub(super) fn since(all: &Removed, leaves: u64) -> impl Iterator<Item = &MemberId> {
    all.iter()
        .filter(move |(_, leaf)| *leaf >= leaves)
        .map(|(number, _)| number)
}

/// Under its name only when it is whole.
fn write(folder: &Path, removed: &Removed) -> io::Result<()> {
    let new = folder.join(format!("{FILE}.new"));
    let mut file = File::create(&new)?;
    for (number, leaf) in removed {
        writeln!(file, "{number} {leaf}")?;
    }
    file.sync_all()?;
    fs::rename(&new, folder.join(FILE))?;
    File::open(folder)?.sync_all()
}
