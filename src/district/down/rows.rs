//! The tables of what goes down.

use super::Piece;
use crate::dispatch::{Head, Kind};
use crate::store::{Row, Schema, Sql, StoreError, count, params, sql};
use crate::types::{ItemId, Millis, Origin};

/// `down_piece` is what people decided, `down_signed` the newest record of each kind for each station, `down_looked` up to
/// which turn a station's records were put together.
pub(in crate::district) const SCHEMA: Schema = Schema {
    room: "district down",
    steps: &["
        CREATE TABLE down_piece (scope TEXT NOT NULL, kind TEXT NOT NULL, reference TEXT NOT NULL, first_day TEXT NOT NULL,
            piece TEXT NOT NULL, PRIMARY KEY (scope, kind, reference)) STRICT, WITHOUT ROWID;
        CREATE TABLE down_turn (one INTEGER PRIMARY KEY CHECK (one = 1), turn INTEGER NOT NULL) STRICT;
        INSERT INTO down_turn (one, turn) VALUES (1, 1);
        CREATE TABLE down_looked (station TEXT PRIMARY KEY, turn INTEGER NOT NULL, township TEXT NOT NULL)
            STRICT, WITHOUT ROWID;
        CREATE TABLE down_signed (station TEXT NOT NULL, kind TEXT NOT NULL, serial INTEGER NOT NULL,
            first_day TEXT NOT NULL, digest TEXT NOT NULL, file TEXT NOT NULL, entries INTEGER NOT NULL,
            taken_s INTEGER NOT NULL DEFAULT 0, refused TEXT NOT NULL DEFAULT '', PRIMARY KEY (station, kind))
            STRICT, WITHOUT ROWID;
    "],
};

/// The newest record of a kind for a station.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// For which station.
    pub station: String,
    /// What.
    pub kind: Kind,
    /// Its number.
    pub serial: u64,
    /// The first day on which it holds.
    pub from: String,
    /// SHA-256 of its content, in hexadecimal.
    pub digest: String,
    /// The file; empty in lists.
    pub file: String,
    /// How many members, numbers, evenings, items or notices it holds.
    pub entries: u64,
    /// When the station was known to have it, seconds since 1970; 0 if it is not.
    pub taken_s: u64,
    /// Why the station did not take it, in its own words; empty if it never refused.
    pub refused: String,
}

pub(super) fn pieces(conn: &dyn Sql, scope: &str, kind: Kind) -> Result<Vec<Piece>, StoreError> {
    let query = "SELECT reference, first_day, piece FROM down_piece WHERE scope = ?1 AND kind = ?2 ORDER BY reference";
    conn.query_map(query, [scope, kind.word()], |row| {
        Ok(Piece {
            reference: row.get(0)?,
            from: row.get(1)?,
            text: row.get(2)?,
        })
    })
}

/// Every roster that is kept, with its scope.
pub(super) fn rosters(conn: &dyn Sql) -> Result<Vec<(String, String)>, StoreError> {
    let query = "SELECT scope, piece FROM down_piece WHERE kind = 'roster' ORDER BY scope";
    conn.query_map(query, [], |row| Ok((row.get(0)?, row.get(1)?)))
}

pub(super) fn clear(conn: &dyn Sql, scope: &str, kind: Kind) -> Result<(), StoreError> {
    conn.execute(
        "DELETE FROM down_piece WHERE scope = ?1 AND kind = ?2",
        [scope, kind.word()],
    )
    .map(drop)
}

pub(super) fn put(conn: &dyn Sql, scope: &str, kind: Kind, piece: &Piece) -> Result<(), StoreError> {
    conn.execute(
        "INSERT INTO down_piece (scope, kind, reference, first_day, piece) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (scope, kind, reference) DO UPDATE SET first_day = excluded.first_day, piece = excluded.piece",
        params![scope, kind.word(), piece.reference, piece.from, piece.text],
    )
    .map(drop)
}

pub(super) fn take_back(conn: &dyn Sql, scope: &str, kind: Kind, reference: &str) -> Result<(), StoreError> {
    conn.execute(
        "DELETE FROM down_piece WHERE scope = ?1 AND kind = ?2 AND reference = ?3",
        [scope, kind.word(), reference],
    )
    .map(drop)
}

/// Something changed: every station's records are put together anew when it is next heard of.
pub(super) fn turn(conn: &dyn Sql) -> Result<(), StoreError> {
    conn.execute("UPDATE down_turn SET turn = turn + 1", []).map(drop)
}

pub(super) fn is_looked_at(conn: &dyn Sql, station: &Origin, township: &str) -> Result<bool, StoreError> {
    let found: Option<bool> = conn.query_optional(
        "SELECT down_looked.turn = down_turn.turn AND township = ?2 FROM down_looked, down_turn WHERE station = ?1",
        [station.as_str(), township],
        |row| row.get(0),
    )?;
    Ok(found.unwrap_or(false))
}

pub(super) fn look_at(conn: &dyn Sql, station: &Origin, township: &str) -> Result<(), StoreError> {
    conn.execute(
        "INSERT INTO down_looked (station, turn, township) SELECT ?1, turn, ?2 FROM down_turn WHERE true
         ON CONFLICT (station) DO UPDATE SET turn = excluded.turn, township = excluded.township",
        [station.as_str(), township],
    )
    .map(drop)
}

/// Keeps what was signed; it replaces what the station had to get before.
pub(super) fn sign(conn: &dyn Sql, head: &Head, file: &str, entries: usize) -> Result<(), StoreError> {
    conn.execute(
        "INSERT INTO down_signed (station, kind, serial, first_day, digest, file, entries) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (station, kind) DO UPDATE SET serial = excluded.serial, first_day = excluded.first_day,
            digest = excluded.digest, file = excluded.file, entries = excluded.entries, taken_s = 0, refused = ''",
        params![
            head.station.as_str(),
            head.kind.word(),
            sql(head.serial),
            head.from,
            head.digest,
            file,
            sql(entries as u64)
        ],
    )
    .map(drop)
}

const SENT: &str = "SELECT station, kind, serial, first_day, digest, entries, taken_s, refused";

fn sent(row: &dyn Row) -> Result<Sent, StoreError> {
    let kind = Kind::read(&row.get::<String>(1)?);
    Ok(Sent {
        station: row.get(0)?,
        kind: kind.ok_or(StoreError::Column(1))?,
        serial: count(row.get(2)?),
        from: row.get(3)?,
        digest: row.get(4)?,
        entries: count(row.get(5)?),
        taken_s: count(row.get(6)?),
        refused: row.get(7)?,
        file: String::new(),
    })
}

pub(super) fn newest(conn: &dyn Sql, station: &Origin, kind: Kind) -> Result<Option<Sent>, StoreError> {
    let query = format!("{SENT} FROM down_signed WHERE station = ?1 AND kind = ?2");
    conn.query_optional(&query, [station.as_str(), kind.word()], sent)
}

pub(super) fn all(conn: &dyn Sql) -> Result<Vec<Sent>, StoreError> {
    conn.query_map(&format!("{SENT} FROM down_signed ORDER BY station, kind"), [], sent)
}

pub(super) fn not_taken(conn: &dyn Sql, station: &Origin) -> Result<Vec<Sent>, StoreError> {
    let query = format!("{SENT}, file FROM down_signed WHERE station = ?1 AND taken_s = 0");
    let mut found: Vec<Sent> = conn.query_map(&query, [station.as_str()], |row| {
        Ok(Sent {
            file: row.get(8)?,
            ..sent(row)?
        })
    })?;
    found.sort_by_key(|one| one.kind);
    Ok(found)
}

pub(super) fn note_taken(
    conn: &dyn Sql,
    station: &Origin,
    kind: Kind,
    serial: u64,
    now_s: u64,
) -> Result<(), StoreError> {
    conn.execute(
        "UPDATE down_signed SET taken_s = ?4, refused = '' WHERE station = ?1 AND kind = ?2 AND serial = ?3 AND taken_s = 0",
        params![station.as_str(), kind.word(), sql(serial), sql(now_s)],
    )
    .map(drop)
}

pub(super) fn note_refused(conn: &dyn Sql, station: &Origin, kind: Kind, why: &str) -> Result<(), StoreError> {
    conn.execute(
        "UPDATE down_signed SET refused = ?3 WHERE station = ?1 AND kind = ?2 AND taken_s = 0",
        [station.as_str(), kind.word(), why],
    )
    .map(drop)
}
/// Id, title, class and length of an item.
pub(super) type KnownItem = (ItemId, String, Option<String>, Millis);

/// Items by id: title, class and length, as the stations tell.
pub(super) fn known_items(conn: &dyn Sql) -> Result<Vec<KnownItem>, StoreError> {
    let query = "SELECT item, title, class, ms FROM known_item ORDER BY title, item, station";
    let all = conn.query_map(query, [], |row| {
        let item: String = row.get(0)?;
        let item: Option<ItemId> = serde_json::from_value(serde_json::Value::String(item)).ok();
        Ok((item, row.get(1)?, row.get(2)?, Millis(count(row.get(3)?))))
    })?;
    Ok(all
        .into_iter()
        .filter_map(|(item, title, class, length)| Some((item?, title, class, length)))
        .collect())
}
