//! Bringing a damaged ledger back: what the last backup holds, and of what came after it, what can be proven.
//!
//! A leaf of the damaged file counts only under a checkpoint that this box signed: backup and leaves together must give
//! the root that the checkpoint names. What lies behind the last checkpoint that fits is evidence in the file that was set
//! aside, and nothing more.

use std::collections::BTreeMap;

use ed25519_dalek::VerifyingKey;
use rusqlite::Connection;

use super::leaf::Leaf;
use super::note::Checkpoint;
use super::rows::{self, StoredNodes};
use super::tree::{Frontier, leaf_hash};
use super::verify::{self, Verified};
use super::what::What;
use crate::store::StoreError;
use crate::types::Origin;

/// The tables that [`bring_back`] fills itself.
pub const TABLES: [&str; 4] = ["leaf", "node", "checkpoint", "schema_step"];

/// What was brought back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BroughtBack {
    /// Leaves that the backup held.
    pub from_backup: u64,
    /// Leaves that are there now.
    pub leaves: u64,
    /// The most leaves that a checkpoint of this box speaks of, as far as could be found.
    pub signed: u64,
}

/// What a file holds, seen with a key.
#[derive(Debug)]
pub enum Holds {
    /// No ledger.
    Nothing,
    /// The ledger of another key.
    AnotherKey,
    /// The ledger of this key, and how it was found.
    Ours(Verified),
}

/// Checks a ledger file against a key, whatever name it has.
pub fn check(conn: &Connection, key: &VerifyingKey) -> Result<Holds, StoreError> {
    let table = "SELECT count(*) FROM sqlite_master WHERE name = 'leaf'";
    if conn.query_row(table, [], |row| row.get::<_, i64>(0))? == 0 {
        return Ok(Holds::Nothing);
    }
    let ours = data_encoding::HEXLOWER.encode(key.as_bytes());
    Ok(match rows::genesis(conn)? {
        None if rows::size(conn)? == 0 => Holds::Nothing,
        Some((_, named)) if named != ours => Holds::AnotherKey,
        Some((origin, _)) => Holds::Ours(verify::verify(conn, &origin, key)?),
        // Leaves without a beginning: the name that counts is that of the newest checkpoint.
        None => {
            let origin = named_by_checkpoint(conn)?;
            origin.map_or(Ok(Holds::Nothing), |origin| {
                verify::verify(conn, &origin, key).map(Holds::Ours)
            })?
        }
    })
}

/// The name of a log, as its first leaf gives it.
pub fn named(conn: &Connection) -> Option<Origin> {
    rows::genesis(conn).ok().flatten().map(|(origin, _)| origin)
}

fn named_by_checkpoint(conn: &Connection) -> Result<Option<Origin>, StoreError> {
    let note = rows::newest_checkpoint(conn)?;
    Ok(note.and_then(|note| Origin::new(note.lines().next()?).ok()))
}

/// Whether a file that may be damaged was this key's ledger: its first leaf or one of its checkpoints says so.
pub fn is_of(conn: &Connection, key: &VerifyingKey) -> bool {
    let ours = data_encoding::HEXLOWER.encode(key.as_bytes());
    let begun = rows::genesis(conn).ok().flatten();
    begun.is_some_and(|(_, named)| named == ours) || most_signed(conn, key) > 0
}

/// The most leaves that a district has cosigned, as far as the file tells.
pub fn most_seen(conn: &Connection) -> u64 {
    let cosigned = rows::last_cosignatures(conn).unwrap_or_default();
    let seen = rows::seen_before(conn).unwrap_or(0);
    cosigned.iter().map(|(_, size, _)| *size).fold(seen, u64::max)
}

/// The largest checkpoint of ours that a file holds; 0 if none can be read.
pub fn most_signed(conn: &Connection, key: &VerifyingKey) -> u64 {
    let notes = readable_notes(conn);
    let sizes = notes.iter().filter_map(|(size, note)| {
        let origin = Origin::new(note.lines().next()?).ok()?;
        let point = Checkpoint::open(note, &origin, key).ok()?;
        (point.size == *size).then_some(*size)
    });
    sizes.max().unwrap_or(0)
}

/// The checkpoints of a file that may be damaged: as many as can be read.
fn readable_notes(conn: &Connection) -> Vec<Note> {
    let mut notes = Vec::new();
    for order in ["ASC", "DESC"] {
        let Ok(mut query) = conn.prepare(&format!("SELECT size, note FROM checkpoint ORDER BY size {order}")) else {
            continue;
        };
        let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?.unsigned_abs(), row.get(1)?));
        if let Ok(rows) = query.query_map([], read) {
            notes.extend(rows.map_while(Result::ok));
        }
    }
    notes
}

/// Appends to `into`, which holds the leaves of a backup or none, the leaves of the damaged file `from` up to the last
/// checkpoint that fits them.
pub fn bring_back(from: &Connection, into: &Connection, key: &VerifyingKey) -> Result<BroughtBack, StoreError> {
    let held = rows::size(into)?;
    let notes = readable_notes(from);
    let (leaves, proven) = proven(from, into, key, held, &notes)?;
    for bytes in leaves {
        rows::append(into, &bytes)?;
    }
    if let Some((size, note)) = proven {
        rows::keep_checkpoint(into, size, note)?;
    }
    Ok(BroughtBack {
        from_backup: held,
        leaves: rows::size(into)?,
        signed: most_signed(from, key).max(rows::signed_size(into)?),
    })
}

/// A checkpoint: its size and its signed note.
type Note = (u64, String);

/// Leaves, and the checkpoint whose root they give.
type Proven<'a> = (Vec<Vec<u8>>, Option<(u64, &'a str)>);

/// The leaves after `held` up to the last checkpoint whose root they give, and that checkpoint.
fn proven<'a>(
    from: &Connection,
    into: &Connection,
    key: &VerifyingKey,
    held: u64,
    notes: &'a [Note],
) -> Result<Proven<'a>, StoreError> {
    let due: BTreeMap<u64, &str> = notes.iter().map(|(size, note)| (*size, note.as_str())).collect();
    let mut edge = Frontier::load(&StoredNodes(into), held)?;
    let (mut leaves, mut sure, mut best) = (Vec::new(), 0, None);
    while let Some(bytes) = one_leaf(from, edge.size()) {
        edge.push(leaf_hash(&bytes), |_, _, _| Ok::<_, StoreError>(()))?;
        leaves.push(bytes);
        if let Some(note) = due.get(&edge.size()).filter(|note| fits(note, &edge, key)) {
            (sure, best) = (leaves.len(), Some((edge.size(), *note)));
        }
    }
    leaves.truncate(sure);
    Ok((leaves, best))
}

/// One leaf of a file that may be damaged anywhere: whatever goes wrong, it is not there.
fn one_leaf(from: &Connection, index: u64) -> Option<Vec<u8>> {
    rows::leaves(from, index, index + 1).ok()?.pop()
}

fn fits(note: &str, edge: &Frontier, key: &VerifyingKey) -> bool {
    let origin = note.lines().next().and_then(|line| Origin::new(line).ok());
    let point = origin.and_then(|origin| Checkpoint::open(note, &origin, key).ok());
    point.is_some_and(|point| point.size == edge.size() && point.root == edge.root())
}

/// Rebuilds the quick reference of cosignatures from the leaves.
pub fn rebuild_cosignatures(conn: &Connection) -> Result<(), StoreError> {
    conn.execute("DELETE FROM cosignature", [])?;
    for bytes in rows::leaves(conn, 0, rows::size(conn)?)? {
        if let Some(What::CheckpointSeen {
            district,
            size,
            time,
            cosignature,
        }) = Leaf::read(&bytes).map(|leaf| leaf.is)
        {
            rows::keep_cosignature(conn, &district, size, time, &cosignature)?;
        }
    }
    Ok(())
}
