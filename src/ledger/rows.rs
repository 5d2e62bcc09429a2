//! The ledger's SQL.

use rusqlite::{Connection, OptionalExtension, params};

use super::copies::Suspicion;
use super::epoch::Carried;
use super::leaf::{At, Leaf};
use super::short::{fold, unfold};
use super::tree::{Frontier, Hash, Nodes, leaf_hash, node_hash};
use super::what::What;
use crate::store::{StoreError, count};
use crate::types::Origin;

/// These levels are not stored: they follow from at most eight hashes below, and would be seven eighths of the tree.
const REASONED: std::ops::RangeInclusive<u8> = 1..=3;

/// Complete subtrees as they lie in the `node` table, or follow from what lies there.
pub(super) struct StoredNodes<'a>(pub(super) &'a Connection);

impl Nodes for StoredNodes<'_> {
    type Error = rusqlite::Error;
    fn node(&self, level: u8, pos: u64) -> Result<Hash, rusqlite::Error> {
        if REASONED.contains(&level) {
            return reasoned(self.0, level, pos);
        }
        self.0
            .prepare_cached("SELECT hash FROM node WHERE level = ?1 AND pos = ?2")?
            .query_row(params![level, sql(pos)], |row| row.get(0))
    }
}

fn reasoned(conn: &Connection, level: u8, pos: u64) -> Result<Hash, rusqlite::Error> {
    let mut hashes = nodes(conn, 0, pos << level, 1 << level)?;
    if hashes.len() != 1 << level {
        return Err(rusqlite::Error::QueryReturnedNoRows);
    }
    while hashes.len() > 1 {
        hashes = hashes.chunks_exact(2).map(|two| node_hash(&two[0], &two[1])).collect();
    }
    Ok(hashes[0])
}

/// A leaf as its row gives it. A row that cannot be unfolded is shown as it lies there, and fits no hash.
fn leaf_in(row: &rusqlite::Row<'_>, column: usize) -> Result<Vec<u8>, rusqlite::Error> {
    let bytes: Vec<u8> = row.get(column)?;
    Ok(unfold(bytes.clone()).unwrap_or(bytes))
}

/// SQLite's integers are signed; a ledger of 2^63 leaves would need longer than the universe has had.
fn sql(n: u64) -> i64 {
    i64::try_from(n).expect("indices stay below 2^63")
}

pub(super) fn size(conn: &Connection) -> Result<u64, rusqlite::Error> {
    conn.prepare_cached("SELECT coalesce(max(idx) + 1, 0) FROM leaf")?
        .query_row([], |row| row.get(0))
        .map(count)
}

pub(super) fn append(conn: &Connection, bytes: &[u8]) -> Result<u64, rusqlite::Error> {
    let index = size(conn)?;
    conn.prepare_cached("INSERT INTO leaf (idx, bytes) VALUES (?1, ?2)")?
        .execute(params![sql(index), fold(bytes)])?;
    let mut edge = Frontier::load(&StoredNodes(conn), index)?;
    let mut keep = conn.prepare_cached("INSERT INTO node (level, pos, hash) VALUES (?1, ?2, ?3)")?;
    edge.push(leaf_hash(bytes), |level, pos, hash| {
        if REASONED.contains(&level) {
            return Ok(());
        }
        keep.execute(params![level, sql(pos), hash]).map(drop)
    })?;
    Ok(index)
}

/// So many rows are brought into the short form in one transaction.
const FOLD_AT_ONCE: u64 = 256;

/// See [`super::Ledger::fold_some`].
pub(super) fn fold_some(conn: &Connection) -> Result<bool, rusqlite::Error> {
    let (from, size) = (
        conn.query_row("SELECT coalesce(max(upto), 0) FROM folded", [], |row| row.get(0))
            .map(count)?,
        size(conn)?,
    );
    let to = (from + FOLD_AT_ONCE).min(size);
    let rows: Vec<(i64, Vec<u8>)> = conn
        .prepare_cached("SELECT idx, bytes FROM leaf WHERE idx >= ?1 AND idx < ?2")?
        .query_map(params![sql(from), sql(to)], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    let mut keep = conn.prepare_cached("UPDATE leaf SET bytes = ?2 WHERE idx = ?1")?;
    for (index, bytes) in rows {
        // What is folded already unfolds, and folds to itself.
        let row = unfold(bytes.clone())
            .map(|leaf| fold(&leaf))
            .filter(|row| *row != bytes);
        if let Some(row) = row {
            keep.execute(params![index, row])?;
        }
    }
    conn.execute("INSERT OR REPLACE INTO folded (only, upto) VALUES (1, ?1)", [sql(to)])?;
    Ok(to < size)
}

/// The clocks at the last leaf; none if there is no leaf, or one that cannot be read.
pub(super) fn last_moment(conn: &Connection) -> Result<Option<At>, rusqlite::Error> {
    #[derive(serde::Deserialize)]
    struct Dated {
        at: At,
    }
    let last: Option<Vec<u8>> = conn
        .prepare_cached("SELECT bytes FROM leaf ORDER BY idx DESC LIMIT 1")?
        .query_row([], |row| leaf_in(row, 0))
        .optional()?;
    Ok(last
        .and_then(|bytes| serde_json::from_slice::<Dated>(&bytes).ok())
        .map(|dated| dated.at))
}

pub(super) fn leaves(conn: &Connection, from: u64, to: u64) -> Result<Vec<Vec<u8>>, rusqlite::Error> {
    conn.prepare_cached("SELECT bytes FROM leaf WHERE idx >= ?1 AND idx < ?2 ORDER BY idx")?
        .query_map(params![sql(from), sql(to)], |row| leaf_in(row, 0))?
        .collect()
}

/// Name and key that the first leaf gives; `None` while the ledger is empty or does not begin as it must.
pub(super) fn genesis(conn: &Connection) -> Result<Option<(Origin, String)>, StoreError> {
    let first: Option<Vec<u8>> = conn
        .query_row("SELECT bytes FROM leaf WHERE idx = 0", [], |row| leaf_in(row, 0))
        .optional()?;
    Ok(first.and_then(|bytes| match Leaf::read(&bytes)?.is {
        What::Genesis { origin, key, .. } => Some((origin, key)),
        _ => None,
    }))
}

pub(super) fn signed_size(conn: &Connection) -> Result<u64, rusqlite::Error> {
    conn.prepare_cached("SELECT coalesce(max(size), 0) FROM checkpoint")?
        .query_row([], |row| row.get(0))
        .map(count)
}

/// Keeps the newest few checkpoints and those that a district cosigned; the rest follow from the leaves.
pub(super) fn keep_checkpoint(conn: &Connection, size: u64, note: &str) -> Result<(), rusqlite::Error> {
    conn.prepare_cached("INSERT OR REPLACE INTO checkpoint (size, note) VALUES (?1, ?2)")?
        .execute(params![sql(size), note])?;
    conn.prepare_cached(
        "DELETE FROM checkpoint WHERE size NOT IN (SELECT size FROM cosignature)
         AND size NOT IN (SELECT size FROM checkpoint ORDER BY size DESC LIMIT 16)",
    )?
    .execute([])
    .map(drop)
}

pub(super) fn newest_checkpoint(conn: &Connection) -> Result<Option<String>, rusqlite::Error> {
    conn.prepare_cached("SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1")?
        .query_row([], |row| row.get(0))
        .optional()
}

pub(super) fn checkpoints(conn: &Connection) -> Result<Vec<(u64, String)>, rusqlite::Error> {
    conn.prepare("SELECT size, note FROM checkpoint ORDER BY size")?
        .query_map([], |row| Ok((count(row.get(0)?), row.get(1)?)))?
        .collect()
}

pub(super) fn keep_cosignature(
    conn: &Connection,
    district: &Origin,
    size: u64,
    time: u64,
    line: &str,
) -> Result<(), rusqlite::Error> {
    conn.execute(
        "INSERT OR REPLACE INTO cosignature (district, size, time, line) VALUES (?1, ?2, ?3, ?4)",
        params![district.as_str(), sql(size), sql(time), line],
    )
    .map(drop)
}

/// What a district had seen when the ledger was last restored; 0 if it never was.
pub(super) fn seen_before(conn: &Connection) -> Result<u64, rusqlite::Error> {
    conn.query_row("SELECT coalesce(max(size), 0) FROM seen", [], |row| row.get(0))
        .map(count)
}

pub(super) fn note_seen(conn: &Connection, size: u64) -> Result<(), rusqlite::Error> {
    conn.execute("INSERT OR REPLACE INTO seen (only, size) VALUES (1, ?1)", [sql(size)])
        .map(drop)
}

pub(super) fn last_cosignatures(conn: &Connection) -> Result<Vec<(Origin, u64, u64)>, rusqlite::Error> {
    let mut query =
        conn.prepare("SELECT district, max(size), max(time) FROM cosignature GROUP BY district ORDER BY district")?;
    let rows = query.query_map([], |row| {
        let name: String = row.get(0)?;
        Ok((Origin::new(&name).ok(), count(row.get(1)?), count(row.get(2)?)))
    })?;
    rows.filter_map(|row| match row {
        Ok((origin, size, time)) => origin.map(|origin| Ok((origin, size, time))),
        Err(error) => Some(Err(error)),
    })
    .collect()
}

pub(super) fn indexed_leaves(conn: &Connection, from: u64, to: u64) -> Result<Vec<(u64, Vec<u8>)>, rusqlite::Error> {
    conn.prepare_cached("SELECT idx, bytes FROM leaf WHERE idx >= ?1 AND idx < ?2 ORDER BY idx")?
        .query_map(params![sql(from), sql(to)], |row| {
            Ok((count(row.get(0)?), leaf_in(row, 1)?))
        })?
        .collect()
}

/// The hashes on one level from `pos` on, at most `most`.
pub(super) fn nodes(conn: &Connection, level: u8, pos: u64, most: u64) -> Result<Vec<Hash>, rusqlite::Error> {
    conn.prepare_cached("SELECT hash FROM node WHERE level = ?1 AND pos >= ?2 AND pos < ?3 ORDER BY pos")?
        .query_map(params![level, sql(pos), sql(pos + most)], |row| row.get(0))?
        .collect()
}

/// Leaves that tell of runs and policies are few and recent ones are near the end, so the search goes backwards.
pub(super) fn newest_of(
    conn: &Connection,
    wanted: impl Fn(&Leaf) -> bool,
) -> Result<Option<(u64, Leaf)>, rusqlite::Error> {
    let mut query = conn.prepare_cached("SELECT idx, bytes FROM leaf ORDER BY idx DESC")?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let bytes = leaf_in(row, 1)?;
        if let Some(leaf) = Leaf::read(&bytes).filter(&wanted) {
            return Ok(Some((count(row.get(0)?), leaf)));
        }
    }
    Ok(None)
}

pub(super) fn is_suspected(conn: &Connection, size: u64, root: &Hash) -> Result<bool, rusqlite::Error> {
    conn.query_row(
        "SELECT EXISTS (SELECT 1 FROM suspicion WHERE size = ?1 AND root = ?2)",
        params![sql(size), root],
        |row| row.get(0),
    )
}

pub(super) fn keep_suspicion(conn: &Connection, size: u64, root: &Hash, index: u64) -> Result<(), rusqlite::Error> {
    conn.execute(
        "INSERT INTO suspicion (size, root, idx) VALUES (?1, ?2, ?3)",
        params![sql(size), root, sql(index)],
    )
    .map(drop)
}

pub(super) fn suspicions(conn: &Connection) -> Result<Vec<Suspicion>, rusqlite::Error> {
    conn.prepare(
        "SELECT size, idx, idx < (SELECT coalesce(max(size), 0) FROM cosignature) FROM suspicion ORDER BY idx DESC",
    )?
    .query_map([], |row| {
        Ok(Suspicion {
            size: count(row.get(0)?),
            index: count(row.get(1)?),
            is_told: row.get(2)?,
        })
    })?
    .collect()
}

pub(super) fn carried(conn: &Connection) -> Result<Vec<Carried>, rusqlite::Error> {
    conn.prepare("SELECT place, idx, bytes FROM carried ORDER BY place")?
        .query_map([], |row| {
            Ok(Carried {
                place: row.get(0)?,
                index: count(row.get(1)?),
                bytes: row.get(2)?,
            })
        })?
        .collect()
}

pub(super) fn carried_at(conn: &Connection, place: i64) -> Result<Option<Vec<u8>>, rusqlite::Error> {
    conn.query_row("SELECT bytes FROM carried WHERE place = ?1", [place], |row| row.get(0))
        .optional()
}

pub(super) fn carry(conn: &Connection, leaves: &[(u64, Vec<u8>)]) -> Result<(), rusqlite::Error> {
    let first = -sql(leaves.len() as u64);
    let mut insert = conn.prepare("INSERT INTO carried (place, idx, bytes) VALUES (?1, ?2, ?3)")?;
    for (place, (index, bytes)) in (first..).zip(leaves) {
        insert.execute(params![place, sql(*index), bytes])?;
    }
    Ok(())
}
