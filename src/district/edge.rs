//! The edge of a station's log as it was believed last, and how it grows: a pull of a few leaves hashes those and no
//! others, however long the log is.
//!
//! The edge is kept with the station and is not simply believed: it must give the root of the last checkpoint that we
//! cosigned, under the station's pinned key. One that does not, or that an older program did not keep, is made of the
//! leaves again.

use std::collections::{BTreeMap, BTreeSet};

use super::fetched;
use super::recounts::each_leaf;
use super::rows::{StationRow, keep_note};
use crate::exchange::CosignIn;
use crate::ledger::Checkpoint;
use crate::ledger::tree::{Frontier, Hash, leaf_hash};
use crate::store::{Sql, StoreError, count, params, sql};
use crate::types::Origin;

/// The edge of what is kept of a station.
pub(super) fn of(conn: &dyn Sql, station: &StationRow) -> Result<Frontier, StoreError> {
    if let Some(edge) = kept(conn, station)? {
        return Ok(edge);
    }
    let mut edge = Frontier::default();
    each_leaf(conn, "leaf", &station.origin, 0, |bytes| push(&mut edge, bytes))?;
    Ok(edge)
}

fn push(edge: &mut Frontier, leaf: &[u8]) -> Result<(), StoreError> {
    edge.push(leaf_hash(leaf), |_, _, _| Ok(()))
}

/// The edge as it was kept, if the checkpoint that we cosigned last says the same.
fn kept(conn: &dyn Sql, station: &StationRow) -> Result<Option<Frontier>, StoreError> {
    let query = "SELECT station.size, peaks, note FROM station JOIN checkpoint ON checkpoint.station = origin
             AND checkpoint.size = station.size AND cosignature IS NOT NULL
         WHERE origin = ?1 AND peaks IS NOT NULL LIMIT 1";
    let found: Option<(i64, Vec<u8>, String)> = conn.query_optional(query, [station.origin.as_str()], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?))
    })?;
    let edge = found.and_then(|(size, peaks, note)| {
        let edge = Frontier::of_peaks(count(size), &peaks)?;
        let point = Checkpoint::open(&note, &station.origin, &station.key).ok()?;
        (point.size == edge.size() && point.root == edge.root()).then_some(edge)
    });
    Ok(edge)
}

/// What is kept together with what was fetched.
#[derive(Debug, Clone)]
pub(super) struct Grown {
    /// The edge over both.
    pub(super) edge: Frontier,
    /// Whether all that was fetched are echoes of our own cosignatures: then nothing has happened.
    pub(super) is_quiet: bool,
    /// The largest size for which it shows that the station has our cosignature.
    pub(super) echoed: u64,
}

/// Adds what was fetched, up to `size`, to the edge. One leaf after another: a log is never in memory. `echo` gives the
/// size that a leaf says we cosigned. `None` if `station.size` leaves are not what is kept any more, or not `size` are there.
pub(super) fn grown(
    conn: &dyn Sql,
    station: &StationRow,
    size: u64,
    echo: impl Fn(&[u8]) -> Option<u64>,
) -> Result<Option<Grown>, StoreError> {
    let mut grown = Grown {
        edge: of(conn, station)?,
        is_quiet: true,
        echoed: 0,
    };
    if grown.edge.size() != station.size {
        return Ok(None);
    }
    each_leaf(conn, "fetched", &station.origin, station.size, |bytes| {
        if grown.edge.size() < size {
            let echoed = echo(bytes);
            grown.is_quiet = grown.is_quiet && echoed.is_some();
            grown.echoed = grown.echoed.max(echoed.unwrap_or(0));
            push(&mut grown.edge, bytes)?;
        }
        Ok(())
    })?;
    Ok((grown.edge.size() == size).then_some(grown))
}

/// The roots over so many leaves, of lengths that what was fetched comes to.
pub(super) fn roots_at(
    conn: &dyn Sql,
    station: &StationRow,
    lengths: impl Iterator<Item = u64>,
) -> Result<BTreeMap<u64, Hash>, StoreError> {
    let lengths: BTreeSet<u64> = lengths.collect();
    let mut roots = BTreeMap::new();
    if lengths.is_empty() {
        return Ok(roots);
    }
    let mut edge = of(conn, station)?;
    each_leaf(conn, "fetched", &station.origin, station.size, |bytes| {
        push(&mut edge, bytes)?;
        if lengths.contains(&edge.size()) {
            roots.insert(edge.size(), edge.root());
        }
        Ok(())
    })?;
    Ok(roots)
}

/// What was fetched is believed now: it becomes the district's copy, together with the checkpoint and the cosignature.
/// Unless all is quiet the station is owed that cosignature. `false`: another pull of the same station was faster, and
/// nothing was changed.
pub(super) fn believe(
    conn: &dyn Sql,
    station: &StationRow,
    grown: &Grown,
    note: &str,
    cosignature: &str,
) -> Result<bool, StoreError> {
    let (name, size) = (station.origin.as_str(), grown.edge.size());
    let ours = conn.execute(
        "UPDATE station SET size = ?2, root = ?3, peaks = ?4 WHERE origin = ?1 AND size = ?5 AND ended = 0",
        params![
            name,
            sql(size),
            grown.edge.root(),
            grown.edge.peaks(),
            sql(station.size)
        ],
    )?;
    if ours == 0 {
        return Ok(false);
    }
    conn.execute(
        "INSERT INTO leaf (station, idx, bytes) SELECT station, idx, bytes FROM fetched
         WHERE station = ?1 AND idx >= ?3 AND idx < ?2",
        params![name, sql(size), sql(station.size)],
    )?;
    fetched::forget(conn, &station.origin)?;
    keep_note(conn, &station.origin, size, note, Some(cosignature))?;
    if grown.is_quiet {
        has_it(conn, &station.origin, grown.echoed)?;
    } else {
        conn.execute(
            "UPDATE station SET owed = ?2 WHERE origin = ?1",
            params![name, sql(size)],
        )?;
    }
    Ok(true)
}

/// The station has the cosignature of so many leaves.
pub(super) fn has_it(conn: &dyn Sql, station: &Origin, size: u64) -> Result<(), StoreError> {
    conn.execute(
        "UPDATE station SET owed = NULL WHERE origin = ?1 AND owed <= ?2",
        params![station.as_str(), sql(size)],
    )
    .map(drop)
}

/// A cosignature that was given and of which nobody knows that it arrived.
pub(super) fn owed(conn: &dyn Sql, station: &StationRow) -> Result<Option<CosignIn>, StoreError> {
    let query = "SELECT owed, cosignature FROM station JOIN checkpoint ON checkpoint.station = origin
             AND checkpoint.size = owed AND cosignature IS NOT NULL
         WHERE origin = ?1 LIMIT 1";
    conn.query_optional(query, [station.origin.as_str()], |row| {
        Ok(CosignIn {
            size: count(row.get(0)?),
            line: row.get(1)?,
        })
    })
}
