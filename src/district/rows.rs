//! The district's SQL. The station's name stands first in every key, so that the tables can be spread over machines.

use super::books::Seen;
use crate::ledger::note;
use crate::report::Recount;
use crate::store::{Row, Schema, Sql, StoreError, params};
use crate::types::Origin;
use ed25519_dalek::VerifyingKey;

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
    ", "
        ALTER TABLE station ADD COLUMN after TEXT;
        ALTER TABLE station ADD COLUMN statement TEXT;
        ALTER TABLE station ADD COLUMN ended INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE station ADD COLUMN frozen_at INTEGER;
        CREATE TABLE fork (station TEXT NOT NULL, number INTEGER NOT NULL, at INTEGER NOT NULL, size INTEGER NOT NULL,
            first INTEGER NOT NULL, note TEXT NOT NULL, PRIMARY KEY (station, number)) STRICT, WITHOUT ROWID;
        CREATE TABLE fork_leaf (station TEXT NOT NULL, number INTEGER NOT NULL, idx INTEGER NOT NULL, bytes BLOB NOT NULL,
            PRIMARY KEY (station, number, idx)) STRICT, WITHOUT ROWID;
        CREATE TABLE receipt (station TEXT NOT NULL, idx INTEGER NOT NULL, size INTEGER NOT NULL, leaf BLOB NOT NULL,
            text TEXT NOT NULL, PRIMARY KEY (station, idx, size)) STRICT, WITHOUT ROWID;
    ", "
        ALTER TABLE station ADD COLUMN peaks BLOB;
        ALTER TABLE station ADD COLUMN owed INTEGER;
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
    /// The log of the epoch before, if this is not the first.
    pub after: Option<Origin>,
    /// Another epoch follows: it is counted, and asked no more.
    pub is_ended: bool,
    /// After a fork: credit from this leaf on is not counted until a person has settled it.
    pub frozen_at: Option<u64>,
}

fn sql(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn count(n: i64) -> u64 {
    u64::try_from(n).unwrap_or(0)
}

/// Pins a station. One that is known already may move to another address; under another key it is another box, and
/// `false` says that a person must decide.
pub(super) fn pin(conn: &dyn Sql, station: &StationRow) -> Result<bool, StoreError> {
    let key = data_encoding::HEXLOWER.encode(station.key.as_bytes());
    let pinned = conn.execute(
        "INSERT INTO station (origin, url, key, size) VALUES (?1, ?2, ?3, 0)
         ON CONFLICT (origin) DO UPDATE SET url = excluded.url WHERE station.key = excluded.key",
        params![station.origin.as_str(), station.url, key],
    )?;
    Ok(pinned > 0)
}

pub(super) fn stations(conn: &dyn Sql) -> Result<Vec<StationRow>, StoreError> {
    let query = format!("SELECT {COLUMNS} FROM station ORDER BY origin");
    Ok(conn.query_map(&query, [], station_row)?.into_iter().flatten().collect())
}

/// One station.
pub(super) fn station(conn: &dyn Sql, origin: &Origin) -> Result<Option<StationRow>, StoreError> {
    let query = format!("SELECT {COLUMNS} FROM station WHERE origin = ?1");
    Ok(conn.query_optional(&query, [origin.as_str()], station_row)?.flatten())
}

const COLUMNS: &str = "origin, url, key, size, after, ended, frozen_at";

fn station_row(row: &dyn Row) -> Result<Option<StationRow>, StoreError> {
    let (origin, key): (String, String) = (row.get(0)?, row.get(2)?);
    let key = data_encoding::HEXLOWER
        .decode(key.as_bytes())
        .ok()
        .and_then(|b| b.try_into().ok());
    let key = key.and_then(|bytes: [u8; 32]| VerifyingKey::from_bytes(&bytes).ok());
    let (url, size) = (row.get(1)?, count(row.get(3)?));
    let after: Option<String> = row.get(4)?;
    let after = after.and_then(|after| Origin::new(&after).ok());
    let (is_ended, frozen_at) = (row.get(5)?, row.get::<Option<i64>>(6)?.map(count));
    Ok(Origin::new(&origin).ok().zip(key).map(|(origin, key)| StationRow {
        origin,
        url,
        key,
        size,
        after,
        is_ended,
        frozen_at,
    }))
}

pub(super) fn each_leaf(
    conn: &dyn Sql,
    table: &str,
    station: &Origin,
    from: u64,
    mut act: impl FnMut(&[u8]) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let query = format!("SELECT bytes FROM {table} WHERE station = ?1 AND idx >= ?2 ORDER BY idx");
    conn.for_each(&query, params![station.as_str(), sql(from)], |row| act(row.blob(0)?))
}

/// Counts a station's leaves, up to where it is frozen. A later epoch goes on from what the one before had.
pub(super) fn recount(conn: &dyn Sql, station: &Origin) -> Result<Recount, StoreError> {
    count_until(conn, station, 0)
}

/// Counts all of a station's leaves, to find what cannot be.
pub(super) fn recount_whole(conn: &dyn Sql, station: &StationRow) -> Result<Recount, StoreError> {
    let mut counted = match &station.after {
        Some(before) => Recount::after(&count_until(conn, before, 1)?),
        None => Recount::default(),
    };
    each_leaf(conn, "leaf", &station.origin, 0, |bytes| {
        counted.count(bytes);
        Ok(())
    })?;
    counted.settle_rest(&visits(conn, &station.origin)?);
    Ok(counted)
}

/// More epochs than this are no honest history, and a cycle is none either.
const EPOCHS: u32 = 1_000;

fn count_until(conn: &dyn Sql, station: &Origin, depth: u32) -> Result<Recount, StoreError> {
    let (mut counted, visits) = leaves_until(conn, station, depth)?;
    // Our own visits bracket leaves, also of a station that never hears of them because its log comes on a stick.
    counted.settle_rest(&visits);
    Ok(counted)
}

/// What a station's leaves alone say, up to where it is frozen, and the visits that decide the rest.
pub(super) fn recount_leaves(conn: &dyn Sql, station: &Origin) -> Result<Leaves, StoreError> {
    leaves_until(conn, station, 0)
}

/// A count, and how many leaves we saw when.
type Leaves = (Recount, Vec<(u64, i64)>);

fn leaves_until(conn: &dyn Sql, station: &Origin, depth: u32) -> Result<Leaves, StoreError> {
    let (after, frozen): (Option<String>, Option<i64>) = conn
        .query_optional(
            "SELECT after, frozen_at FROM station WHERE origin = ?1",
            [station.as_str()],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?
        .unwrap_or_default();
    let before = after
        .and_then(|after| Origin::new(&after).ok())
        .filter(|_| depth < EPOCHS);
    let mut counted = match before {
        Some(before) => Recount::after(&count_until(conn, &before, depth + 1)?),
        None => Recount::default(),
    };
    let until = frozen.map_or(u64::MAX, count);
    each_leaf(conn, "leaf", station, 0, |bytes| {
        if counted.size() < until {
            counted.count(bytes);
        }
        Ok(())
    })?;
    let mut seen = visits(conn, station)?;
    seen.retain(|(size, _)| *size <= until);
    Ok((counted, seen))
}

/// How many leaves were seen when: sizes and milliseconds since 1970.
pub(super) fn visits(conn: &dyn Sql, station: &Origin) -> Result<Vec<(u64, i64)>, StoreError> {
    let query = "SELECT size, cosignature FROM checkpoint WHERE station = ?1 AND cosignature IS NOT NULL";
    let rows = conn.query_map(query, [station.as_str()], |row| {
        Ok((count(row.get(0)?), row.get::<String>(1)?))
    })?;
    let read = |(size, line): (u64, String)| {
        let time = note::time_of(&line)?;
        Some((size, i64::try_from(time.saturating_mul(1000)).ok()?))
    };
    Ok(rows.into_iter().filter_map(read).collect())
}

/// How many leaves were fetched and are not believed yet, and their bytes; an interrupted pull goes on from here.
pub(super) fn fetched(conn: &dyn Sql, station: &Origin, from: u64) -> Result<(u64, u64), StoreError> {
    conn.query_row(
        "SELECT count(*), coalesce(sum(length(bytes)), 0) FROM fetched WHERE station = ?1 AND idx >= ?2",
        params![station.as_str(), sql(from)],
        |row| Ok((count(row.get(0)?), count(row.get(1)?))),
    )
}

/// One leaf that was fetched and is not believed yet.
pub(super) fn fetched_leaf(conn: &dyn Sql, station: &Origin, index: u64) -> Result<Option<Vec<u8>>, StoreError> {
    let query = "SELECT bytes FROM fetched WHERE station = ?1 AND idx = ?2";
    conn.query_optional(query, params![station.as_str(), sql(index)], |row| row.get(0))
}

pub(super) fn keep_fetched(conn: &dyn Sql, station: &Origin, from: u64, leaves: &[Vec<u8>]) -> Result<(), StoreError> {
    let name = station.as_str();
    let mut rows = (from..)
        .zip(leaves)
        .map(|(index, bytes)| params![name, sql(index), bytes]);
    conn.add("fetched", &["station", "idx", "bytes"], &mut rows).map(drop)
}

pub(super) fn drop_fetched(conn: &dyn Sql, station: &Origin) -> Result<(), StoreError> {
    conn.execute("DELETE FROM fetched WHERE station = ?1", [station.as_str()])
        .map(drop)
}

/// Evidence is kept for ever, also of what is not believed.
pub(super) fn keep_note(
    conn: &dyn Sql,
    station: &Origin,
    size: u64,
    note: &str,
    cosignature: Option<&str>,
) -> Result<(), StoreError> {
    conn.execute(
        "INSERT INTO checkpoint (station, size, note, cosignature) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (station, size, note) DO UPDATE SET cosignature = coalesce(excluded.cosignature, checkpoint.cosignature)",
        params![station.as_str(), sql(size), note, cosignature],
    )
    .map(drop)
}

pub(super) fn leaf(conn: &dyn Sql, station: &Origin, index: u64) -> Result<Option<Vec<u8>>, StoreError> {
    let query = "SELECT bytes FROM leaf WHERE station = ?1 AND idx = ?2";
    conn.query_optional(query, params![station.as_str(), sql(index)], |row| row.get(0))
}

/// At most `most` leaves from an index on.
pub(super) fn leaves(conn: &dyn Sql, station: &Origin, from: u64, most: u64) -> Result<Vec<Vec<u8>>, StoreError> {
    let query = "SELECT bytes FROM leaf WHERE station = ?1 AND idx >= ?2 ORDER BY idx LIMIT ?3";
    conn.query_map(query, params![station.as_str(), sql(from), sql(most)], |row| row.get(0))
}

/// Leaves within a range, with their indexes, that speak of `word`.
pub(super) fn leaves_with(
    conn: &dyn Sql,
    station: &Origin,
    (from, to): (u64, u64),
    word: &[u8],
) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
    let query = "SELECT idx, bytes FROM leaf WHERE station = ?1 AND idx BETWEEN ?2 AND ?3 ORDER BY idx";
    let mut found = Vec::new();
    conn.for_each(query, params![station.as_str(), sql(from), sql(to)], |row| {
        let bytes = row.blob(1)?;
        if word.is_empty() || bytes.windows(word.len()).any(|part| part == word) {
            found.push((count(row.get(0)?), bytes.to_vec()));
        }
        Ok(())
    })?;
    Ok(found)
}

/// The newest checkpoints, believed or not.
pub(super) fn seen(conn: &dyn Sql, station: &Origin) -> Result<Vec<Seen>, StoreError> {
    let query = "SELECT size, note, cosignature FROM checkpoint WHERE station = ?1 ORDER BY size DESC LIMIT 12";
    conn.query_map(query, [station.as_str()], |row| {
        let (note, line): (String, Option<String>) = (row.get(1)?, row.get(2)?);
        Ok(Seen {
            size: count(row.get(0)?),
            root: note.lines().nth(2).unwrap_or("").to_owned(),
            cosigned_s: line.and_then(|line| note::time_of(&line)),
        })
    })
}

/// Signs a new epoch into the books: the old log is asked no more, the new one may come. `false`: it was signed before.
pub(super) fn begin_epoch(
    conn: &dyn Sql,
    old: &StationRow,
    next: &Origin,
    statement: &str,
) -> Result<bool, StoreError> {
    let ended = conn.execute(
        "UPDATE station SET ended = 1, frozen_at = NULL WHERE origin = ?1 AND ended = 0",
        [old.origin.as_str()],
    )?;
    if ended == 0 {
        return Ok(false);
    }
    let key = data_encoding::HEXLOWER.encode(old.key.as_bytes());
    conn.execute(
        "INSERT INTO station (origin, url, key, size, after, statement) VALUES (?1, ?2, ?3, 0, ?4, ?5)",
        params![next.as_str(), old.url, key, old.origin.as_str(), statement],
    )?;
    super::watch::hand_over(conn, &old.origin, next)?;
    Ok(true)
}

/// The statement of the epoch that follows this station's log.
pub(super) fn statement_after(conn: &dyn Sql, old: &Origin) -> Result<Option<String>, StoreError> {
    let found = conn.query_optional(
        "SELECT statement FROM station WHERE after = ?1",
        [old.as_str()],
        |row| row.get(0),
    )?;
    Ok(found.flatten())
}

/// The statement that this station's log follows from.
pub(super) fn statement_of(conn: &dyn Sql, station: &Origin) -> Result<Option<String>, StoreError> {
    let found = conn.query_optional(
        "SELECT statement FROM station WHERE origin = ?1",
        [station.as_str()],
        |row| row.get(0),
    )?;
    Ok(found.flatten())
}

/// Freezes a station's credit after its last good leaf; where it was frozen first stays.
pub(super) fn freeze(conn: &dyn Sql, station: &Origin, at: u64) -> Result<(), StoreError> {
    conn.execute(
        "UPDATE station SET frozen_at = coalesce(frozen_at, ?2) WHERE origin = ?1",
        params![station.as_str(), sql(at)],
    )
    .map(drop)
}

/// A person has looked at it. `false`: nothing was frozen.
pub(super) fn settle(conn: &dyn Sql, station: &str) -> Result<bool, StoreError> {
    let settled = conn.execute(
        "UPDATE station SET frozen_at = NULL WHERE origin = ?1 AND frozen_at IS NOT NULL",
        [station],
    )?;
    Ok(settled > 0)
}

/// Begins to keep the other version of a log: its number, or `None` if it is kept already or so many are.
pub(super) fn begin_fork(
    conn: &dyn Sql,
    station: &Origin,
    most: u32,
    (at, size, first, note): (u64, u64, u64, &str),
) -> Result<Option<u32>, StoreError> {
    let name = station.as_str();
    let (number, known): (u32, bool) = conn.query_row(
        "SELECT count(*), coalesce(max(CASE WHEN note = ?2 THEN 1 ELSE 0 END), 0) FROM fork WHERE station = ?1",
        [name, note],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    if known || number >= most {
        return Ok(None);
    }
    conn.execute(
        "INSERT INTO fork (station, number, at, size, first, note) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![name, number, sql(at), sql(size), sql(first), note],
    )?;
    Ok(Some(number))
}

pub(super) fn keep_fork_leaves(
    conn: &dyn Sql,
    station: &Origin,
    number: u32,
    from: u64,
    leaves: &[Vec<u8>],
) -> Result<(), StoreError> {
    let name = station.as_str();
    let mut rows = (from..)
        .zip(leaves)
        .map(|(index, bytes)| params![name, number, sql(index), bytes]);
    let columns = ["station", "number", "idx", "bytes"];
    conn.add("fork_leaf", &columns, &mut rows).map(drop)
}

/// A receipt that waits for a pull to decide about it.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    pub(super) index: u64,
    pub(super) size: u64,
    pub(super) leaf: Vec<u8>,
}

pub(super) fn keep_receipt(conn: &dyn Sql, station: &Origin, kept: &Kept, text: &str) -> Result<(), StoreError> {
    conn.execute(
        "INSERT INTO receipt (station, idx, size, leaf, text) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (station, idx, size) DO UPDATE SET leaf = excluded.leaf, text = excluded.text",
        params![station.as_str(), sql(kept.index), sql(kept.size), kept.leaf, text],
    )
    .map(drop)
}

pub(super) fn receipts(conn: &dyn Sql, station: &Origin) -> Result<Vec<Kept>, StoreError> {
    let query = "SELECT idx, size, leaf FROM receipt WHERE station = ?1 ORDER BY idx";
    conn.query_map(query, [station.as_str()], |row| {
        Ok(Kept {
            index: count(row.get(0)?),
            size: count(row.get(1)?),
            leaf: row.get(2)?,
        })
    })
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
            after: None,
            is_ended: false,
            frozen_at: None,
        };
        let try_pin = |row: StationRow| store.write_blocking(move |tx| pin(&**tx, &row)).unwrap().unwrap();
        assert!(try_pin(row("http://a", key("honest"))));
        assert!(try_pin(row("http://b", key("honest"))), "another address");
        assert!(!try_pin(row("http://c", key("thief"))), "another key");
        let kept = store.read_blocking(|conn| stations(conn)).unwrap();
        assert_eq!(
            (kept.len(), kept[0].url.as_str(), kept[0].key),
            (1, "http://b", key("honest"))
        );
    }
}
