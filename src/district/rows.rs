//! The district's SQL. The station's name stands first in every key, so that the tables can be spread over machines.

use ed25519_dalek::VerifyingKey;
use rusqlite::{Connection, OptionalExtension, params};

use super::books::Seen;
use crate::ledger::note;
use crate::ledger::tree::{Frontier, Hash, leaf_hash};
use crate::report::Recount;
use crate::store::{Schema, StoreError};
use crate::types::Origin;

/// The tables of this room.
pub(super) const SCHEMA: Schema = Schema {
    room: "district",
    steps: &["
        CREATE TABLE station (origin TEXT PRIMARY KEY, url TEXT NOT NULL, key TEXT NOT NULL, size INTEGER NOT NULL,
            root BLOB, frozen INTEGER NOT NULL DEFAULT 0) STRICT, WITHOUT ROWID;
        CREATE TABLE leaf (station TEXT NOT NULL, idx INTEGER NOT NULL, bytes BLOB NOT NULL,
            PRIMARY KEY (station, idx)) STRICT, WITHOUT ROWID;
        CREATE TABLE fetched (station TEXT NOT NULL, idx INTEGER NOT NULL, bytes BLOB NOT NULL,
            PRIMARY KEY (station, idx)) STRICT, WITHOUT ROWID;
        CREATE TABLE checkpoint (station TEXT NOT NULL, size INTEGER NOT NULL, note TEXT NOT NULL, cosignature TEXT,
            PRIMARY KEY (station, size, note)) STRICT, WITHOUT ROWID;
        CREATE TABLE alert (key INTEGER PRIMARY KEY, station TEXT NOT NULL, at INTEGER NOT NULL, what TEXT NOT NULL) STRICT;
    ", "
        CREATE TABLE policy (serial INTEGER PRIMARY KEY, name TEXT NOT NULL, first_day TEXT NOT NULL,
            file TEXT NOT NULL) STRICT;
        CREATE TABLE policy_taken (station TEXT PRIMARY KEY, serial INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    "],
};

/// A station as the district knows it.
#[derive(Debug, Clone)]
pub struct StationRow {
    /// Its name in its ledger.
    pub origin: Origin,
    /// Where it is asked.
    pub url: String,
    /// Its pinned key.
    pub key: VerifyingKey,
    /// Leaves that are kept and were cosigned.
    pub size: u64,
}

fn sql(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn count(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}

/// Pins a station. One that is known already may move to another address; under another key it is another box, and
/// `false` says that a person must decide.
pub(super) fn pin(conn: &Connection, station: &StationRow) -> Result<bool, rusqlite::Error> {
    let key = data_encoding::HEXLOWER.encode(station.key.as_bytes());
    let pinned = conn.execute(
        "INSERT INTO station (origin, url, key, size) VALUES (?1, ?2, ?3, 0)
         ON CONFLICT (origin) DO UPDATE SET url = excluded.url WHERE key = excluded.key",
        params![station.origin.as_str(), station.url, key],
    )?;
    Ok(pinned > 0)
}

pub(super) fn stations(conn: &Connection) -> Result<Vec<StationRow>, rusqlite::Error> {
    let mut query = conn.prepare("SELECT origin, url, key, size FROM station ORDER BY origin")?;
    let rows = query.query_map([], |row| {
        let (origin, key): (String, String) = (row.get(0)?, row.get(2)?);
        let key = data_encoding::HEXLOWER
            .decode(key.as_bytes())
            .ok()
            .and_then(|b| b.try_into().ok());
        let key = key.and_then(|bytes: [u8; 32]| VerifyingKey::from_bytes(&bytes).ok());
        let (url, size) = (row.get(1)?, count(row.get(3)?));
        Ok(Origin::new(&origin)
            .ok()
            .zip(key)
            .map(|(origin, key)| StationRow { origin, url, key, size }))
    })?;
    Ok(rows.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

/// The edge of what is kept, computed from the leaves themselves: nothing else has to be believed.
pub(super) fn edge(conn: &Connection, station: &Origin) -> Result<Frontier, rusqlite::Error> {
    let mut edge = Frontier::default();
    each_leaf(conn, "leaf", station, 0, |bytes| {
        edge.push(leaf_hash(bytes), |_, _, _| Ok::<(), rusqlite::Error>(()))
    })?;
    Ok(edge)
}

fn each_leaf(
    conn: &Connection,
    table: &str,
    station: &Origin,
    from: u64,
    mut act: impl FnMut(&[u8]) -> Result<(), rusqlite::Error>,
) -> Result<(), rusqlite::Error> {
    let mut query = conn.prepare(&format!(
        "SELECT bytes FROM {table} WHERE station = ?1 AND idx >= ?2 ORDER BY idx"
    ))?;
    let mut rows = query.query(params![station.as_str(), sql(from)])?;
    while let Some(row) = rows.next()? {
        act(row.get_ref(0)?.as_blob().unwrap_or_default())?;
    }
    Ok(())
}

pub(super) fn recount(conn: &Connection, station: &Origin) -> Result<Recount, StoreError> {
    let mut counted = Recount::default();
    each_leaf(conn, "leaf", station, 0, |bytes| {
        counted.count(bytes);
        Ok(())
    })?;
    // Our own visits bracket leaves, also of a station that never hears of them because its log comes on a stick.
    counted.settle_rest(&visits(conn, station)?);
    Ok(counted)
}

/// How many leaves were seen when: sizes and milliseconds since 1970.
fn visits(conn: &Connection, station: &Origin) -> Result<Vec<(u64, i64)>, rusqlite::Error> {
    let mut query =
        conn.prepare("SELECT size, cosignature FROM checkpoint WHERE station = ?1 AND cosignature IS NOT NULL")?;
    let rows = query.query_map([station.as_str()], |row| {
        Ok((count(row.get(0)?), row.get::<_, String>(1)?))
    })?;
    let read = |(size, line): (u64, String)| {
        let time = note::time_of(&line)?;
        Some((size, i64::try_from(time.saturating_mul(1000)).ok()?))
    };
    Ok(rows
        .collect::<Result<Vec<_>, _>>()?
        .into_iter()
        .filter_map(read)
        .collect())
}

/// How many leaves were fetched and are not believed yet, and their bytes; an interrupted pull goes on from here.
pub(super) fn fetched(conn: &Connection, station: &Origin, from: u64) -> Result<(u64, u64), rusqlite::Error> {
    conn.query_row(
        "SELECT count(*), coalesce(sum(length(bytes)), 0) FROM fetched WHERE station = ?1 AND idx >= ?2",
        params![station.as_str(), sql(from)],
        |row| Ok((count(row.get(0)?), count(row.get(1)?))),
    )
}

/// The root over what is kept and what was fetched up to `size`, and whether all that was fetched is an echo of ours. One
/// leaf after another: a log is never in memory. `None` if this is not `known` leaves any more, or not `size`.
pub(super) fn with_fetched(
    conn: &Connection,
    station: &Origin,
    known: u64,
    size: u64,
    is_echo: impl Fn(&[u8]) -> bool,
) -> Result<Option<(Hash, bool)>, StoreError> {
    let mut edge = edge(conn, station)?;
    if edge.size() != known {
        return Ok(None);
    }
    let mut quiet = true;
    each_leaf(conn, "fetched", station, known, |bytes| {
        if edge.size() < size {
            quiet = quiet && is_echo(bytes);
            edge.push(leaf_hash(bytes), |_, _, _| Ok::<(), rusqlite::Error>(()))?;
        }
        Ok(())
    })?;
    Ok((edge.size() == size).then(|| (edge.root(), quiet)))
}

pub(super) fn keep_fetched(
    conn: &Connection,
    station: &Origin,
    from: u64,
    leaves: &[Vec<u8>],
) -> Result<(), rusqlite::Error> {
    let mut insert = conn.prepare_cached("INSERT OR REPLACE INTO fetched (station, idx, bytes) VALUES (?1, ?2, ?3)")?;
    for (index, bytes) in (from..).zip(leaves) {
        insert.execute(params![station.as_str(), sql(index), bytes])?;
    }
    Ok(())
}

pub(super) fn drop_fetched(conn: &Connection, station: &Origin) -> Result<(), rusqlite::Error> {
    conn.execute("DELETE FROM fetched WHERE station = ?1", [station.as_str()])
        .map(drop)
}

/// What was fetched is believed now: it becomes the district's copy, together with the checkpoint and the cosignature.
/// `false`: another pull of the same station was faster, and nothing was changed.
pub(super) fn believe(
    conn: &Connection,
    station: &Origin,
    known: u64,
    size: u64,
    root: &Hash,
    note: &str,
    cosignature: &str,
) -> Result<bool, rusqlite::Error> {
    let name = station.as_str();
    let ours = conn.execute(
        "UPDATE station SET size = ?2, root = ?3 WHERE origin = ?1 AND size = ?4",
        params![name, sql(size), root, sql(known)],
    )?;
    if ours == 0 {
        return Ok(false);
    }
    conn.execute(
        "INSERT INTO leaf (station, idx, bytes) SELECT station, idx, bytes FROM fetched
         WHERE station = ?1 AND idx >= ?3 AND idx < ?2",
        params![name, sql(size), sql(known)],
    )?;
    drop_fetched(conn, station)?;
    keep_note(conn, station, size, note, Some(cosignature))?;
    Ok(true)
}

/// Evidence is kept for ever, also of what is not believed.
pub(super) fn keep_note(
    conn: &Connection,
    station: &Origin,
    size: u64,
    note: &str,
    cosignature: Option<&str>,
) -> Result<(), rusqlite::Error> {
    conn.execute(
        "INSERT INTO checkpoint (station, size, note, cosignature) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (station, size, note) DO UPDATE SET cosignature = coalesce(excluded.cosignature, cosignature)",
        params![station.as_str(), sql(size), note, cosignature],
    )
    .map(drop)
}

pub(super) fn leaf(conn: &Connection, station: &Origin, index: u64) -> Result<Option<Vec<u8>>, rusqlite::Error> {
    conn.prepare_cached("SELECT bytes FROM leaf WHERE station = ?1 AND idx = ?2")?
        .query_row(params![station.as_str(), sql(index)], |row| row.get(0))
        .optional()
}

/// At most `most` leaves from an index on.
pub(super) fn leaves(
    conn: &Connection,
    station: &Origin,
    from: u64,
    most: u64,
) -> Result<Vec<Vec<u8>>, rusqlite::Error> {
    let mut query =
        conn.prepare_cached("SELECT bytes FROM leaf WHERE station = ?1 AND idx >= ?2 ORDER BY idx LIMIT ?3")?;
    let rows = query.query_map(params![station.as_str(), sql(from), sql(most)], |row| row.get(0))?;
    rows.collect()
}

/// The newest checkpoints, believed or not.
pub(super) fn seen(conn: &Connection, station: &Origin) -> Result<Vec<Seen>, rusqlite::Error> {
    let mut query =
        conn.prepare("SELECT size, note, cosignature FROM checkpoint WHERE station = ?1 ORDER BY size DESC LIMIT 12")?;
    let rows = query.query_map([station.as_str()], |row| {
        let (note, line): (String, Option<String>) = (row.get(1)?, row.get(2)?);
        Ok(Seen {
            size: count(row.get(0)?),
            root: note.lines().nth(2).unwrap_or("").to_owned(),
            cosigned_s: line.and_then(|line| note::time_of(&line)),
        })
    })?;
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::Keys;
    use crate::store::{Options, Store};

    #[test]
    fn a_station_may_move_but_nobody_else_may_take_its_name() {
        let dir = tempfile::TempDir::new().unwrap();
        let store = Store::open(&dir.path().join("district.db"), &[SCHEMA], Options::default()).unwrap();
        let key = |name: &str| Keys::open_or_make(&dir.path().join(name)).unwrap().public();
        let row = |url: &str, key| StationRow {
            origin: Origin::new("station/17").unwrap(),
            url: url.into(),
            key,
            size: 0,
        };
        let try_pin = |row: StationRow| store.write_blocking(move |tx| pin(tx, &row)).unwrap().unwrap();
        assert!(try_pin(row("http://a", key("honest"))));
        assert!(try_pin(row("http://b", key("honest"))), "another address");
        assert!(!try_pin(row("http://c", key("thief"))), "another key");
        let kept = store
            .read_blocking::<_, StoreError, _>(|conn| Ok(stations(conn)?))
            .unwrap();
        assert_eq!(
            (kept.len(), kept[0].url.as_str(), kept[0].key),
            (1, "http://b", key("honest"))
        );
    }
}
