//! Who was removed from the roster: numbers in a file beside the database and beside the copies on a second medium. A copy
//! from before a removing holds the name still, and whoever restores it must not bring the name back.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use crate::roster::RosterChange;
use crate::types::MemberId;

const FILE: &str = "removed-members";

/// The numbers in a folder's file; none without it. A line that is no number is passed over.
pub(super) fn numbers(folder: &Path) -> BTreeSet<MemberId> {
    let text = fs::read_to_string(folder.join(FILE)).unwrap_or_default();
    text.lines().filter_map(|line| MemberId::new(line).ok()).collect()
}

/// A change of the roster is about to be made.
pub(super) fn note(folder: &Path, change: &RosterChange) -> io::Result<()> {
    let before = numbers(folder);
    let mut now = before.clone();
    now.extend(change.removed.iter().cloned());
    for member in &change.changed {
        now.remove(&member.id);
    }
    if now == before { Ok(()) } else { write(folder, &now) }
}

/// Whoever is there was not removed: the power may have failed between the file and the database.
pub(super) fn keep_true(folder: &Path, there: impl IntoIterator<Item = MemberId>) -> io::Result<()> {
    let before = numbers(folder);
    let mut now = before.clone();
    for member in there {
        now.remove(&member);
    }
    if now == before { Ok(()) } else { write(folder, &now) }
}

/// The file goes to the second medium with the copies.
pub(super) fn carry(from: &Path, to: &Path) -> io::Result<()> {
    let now = numbers(from);
    if now == numbers(to) { Ok(()) } else { write(to, &now) }
}

/// Under its name only when it is whole.
fn write(folder: &Path, numbers: &BTreeSet<MemberId>) -> io::Result<()> {
    let lines: Vec<&str> = numbers.iter().map(MemberId::as_str).collect();
    let new = folder.join(format!("{FILE}.new"));
    let mut file = File::create(&new)?;
    file.write_all(lines.join("\n").as_bytes())?;
    file.sync_all()?;
    fs::rename(&new, folder.join(FILE))?;
    File::open(folder)?.sync_all()
}
