//! The district's SQL. The station's name stands first in every key, so that the tables can be spread over machines.

use super::books::Seen;
use crate::ledger::{Leaf, What, note};
use crate::store::{Row, Schema, Sql, StoreError, count, params, sql};
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

/// More epochs than this are no honest history, and a cycle is none either.
pub(super) const EPOCHS: usize = 1_000;

/// The log that goes on after this one and its followers: of those that ended, the one that is asked today.
pub(super) fn goes_on(conn: &dyn Sql, origin: &Origin) -> Result<Option<StationRow>, StoreError> {
    let query = format!("SELECT {COLUMNS} FROM station WHERE after = ?1");
    let mut last = station(conn, origin)?;
    for _ in 0..EPOCHS {
        let Some(ended) = last.as_ref().filter(|row| row.is_ended) else {
            break;
        };
        last = conn
            .query_optional(&query, [ended.origin.as_str()], station_row)?
            .flatten();
    }
    Ok(last.filter(|row| !row.is_ended))
}

/// Whether all logs that followed a log which has ended say that the one before was carried along; one that says nothing yet
/// does not say no.
pub(super) fn is_carried(conn: &dyn Sql, ended: &Origin) -> Result<bool, StoreError> {
    let query =
        "SELECT origin, bytes FROM station LEFT JOIN leaf ON leaf.station = origin AND idx = 0 WHERE after = ?1";
    let mut at = ended.to_string();
    for _ in 0..EPOCHS {
        let next = |row: &dyn Row| Ok((row.get::<String>(0)?, row.get::<Option<Vec<u8>>>(1)?));
        let Some((origin, first)) = conn.query_optional(query, [at.as_str()], next)? else {
            return Ok(true);
        };
        let is = first.and_then(|bytes| Leaf::read(&bytes)).map(|leaf| leaf.is);
        if matches!(is, Some(What::Genesis { after: Some(past), .. }) if !past.carried) {
            return Ok(false);
        }
        at = origin;
    }
    Ok(true)
}

/// The logs of a station's earlier epochs, the latest first.
pub(super) fn earlier(conn: &dyn Sql, origin: &Origin) -> Result<Vec<Origin>, StoreError> {
    let mut all = Vec::new();
    let mut at = station(conn, origin)?.and_then(|row| row.after);
    while let Some(name) = at.filter(|_| all.len() < EPOCHS) {
        at = station(conn, &name)?.and_then(|row| row.after);
        all.push(name);
    }
    Ok(all)
}

/// A station's log and those of its earlier epochs, the latest first.
pub(super) fn logs(conn: &dyn Sql, origin: &Origin) -> Result<Vec<Origin>, StoreError> {
    let mut logs = vec![origin.clone()];
    logs.extend(earlier(conn, origin)?);
    Ok(logs)
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
