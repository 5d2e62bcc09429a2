//! This room's SQL.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::body::Home;
use super::{Kind, Paper, Standing};
use crate::store::{Schema, sql};
use crate::types::{BranchId, MemberId, Origin};

/// The tables of this room. A content is kept for as long as it is needed: a roster's until it is in the roster, any
/// other until the next one holds. What was signed about it stays.
pub const SCHEMA: Schema = Schema {
    room: "dispatch",
    steps: &["
        CREATE TABLE dispatch (district TEXT NOT NULL, kind TEXT NOT NULL, serial INTEGER NOT NULL,
            first_day INTEGER NOT NULL, note TEXT NOT NULL, body TEXT NOT NULL, entries INTEGER NOT NULL,
            wall INTEGER NOT NULL, holds INTEGER NOT NULL, PRIMARY KEY (district, kind, serial)) STRICT, WITHOUT ROWID;
        CREATE TABLE elsewhere (member TEXT PRIMARY KEY, district TEXT NOT NULL, station TEXT NOT NULL,
            branch TEXT NOT NULL) STRICT, WITHOUT ROWID;
    "],
};

fn odd(column: usize) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, "not a value of ours".into())
}

pub(super) fn newest(conn: &Connection, district: &Origin, kind: Kind) -> Result<Option<u64>, rusqlite::Error> {
    let newest: Option<i64> = conn
        .prepare_cached("SELECT max(serial) FROM dispatch WHERE district = ?1 AND kind = ?2")?
        .query_row([district.as_str(), kind.word()], |row| row.get(0))?;
    Ok(newest.map(|serial| u64::try_from(serial).unwrap_or(0)))
}

/// Keeps a record that does not hold yet. Whatever was to come into force on its day or later gives way.
pub(super) fn insert(
    conn: &Connection,
    paper: &Paper,
    day: i64,
    entries: usize,
    wall: i64,
) -> Result<(), rusqlite::Error> {
    let head = &paper.head;
    let (district, kind) = (head.district.as_str(), head.kind.word());
    conn.execute(
        "DELETE FROM dispatch WHERE district = ?1 AND kind = ?2 AND holds = 0 AND first_day >= ?3",
        params![district, kind, day],
    )?;
    conn.prepare_cached(
        "INSERT INTO dispatch (district, kind, serial, first_day, note, body, entries, wall, holds)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 0)",
    )?
    .execute(params![
        district,
        kind,
        sql(head.serial),
        day,
        paper.note,
        paper.body,
        sql(entries as u64),
        wall
    ])
    .map(drop)
}

/// A record whose day has come.
pub(super) struct Due {
    pub(super) district: Origin,
    pub(super) kind: Kind,
    pub(super) serial: i64,
    pub(super) note: String,
    pub(super) body: String,
}

/// What holds from today on and did not before, in the order of signing. While nobody knows the day, everything does.
pub(super) fn due(conn: &Connection, today: Option<i64>) -> Result<Vec<Due>, rusqlite::Error> {
    conn.prepare_cached(
        "SELECT district, kind, serial, note, body FROM dispatch WHERE holds = 0 AND first_day <= ?1
         ORDER BY first_day, serial",
    )?
    .query_map([today.unwrap_or(i64::MAX)], |row| {
        Ok(Due {
            district: Origin::new(&row.get::<_, String>(0)?).map_err(|_| odd(0))?,
            kind: Kind::read(&row.get::<_, String>(1)?).ok_or_else(|| odd(1))?,
            serial: row.get(2)?,
            note: row.get(3)?,
            body: row.get(4)?,
        })
    })?
    .collect()
}

/// It holds now; what it replaces needs its content no longer, and a roster is in the roster.
pub(super) fn holds(conn: &Connection, due: &Due) -> Result<(), rusqlite::Error> {
    let key = params![due.district.as_str(), due.kind.word(), due.serial];
    conn.execute(
        "UPDATE dispatch SET holds = 1 WHERE district = ?1 AND kind = ?2 AND serial = ?3",
        key,
    )?;
    let (district, kind) = (due.district.as_str(), due.kind.word());
    conn.execute(
        "UPDATE dispatch SET body = '' WHERE district = ?1 AND kind = ?2 AND holds = 1 AND body <> ''
         AND (serial < ?3 OR kind IN ('roster', 'visitors', 'plan', 'rulings'))",
        params![district, kind, due.serial],
    )
    .map(drop)
}

/// The contents of a kind that hold now, with who sent them.
pub(super) fn in_force(conn: &Connection, kind: Kind) -> Result<Vec<(String, String)>, rusqlite::Error> {
    conn.prepare_cached(
        "SELECT district, body FROM dispatch WHERE kind = ?1 AND holds = 1 AND body <> '' ORDER BY district",
    )?
    .query_map([kind.word()], |row| Ok((row.get(0)?, row.get(1)?)))?
    .collect()
}

/// The newest record of each kind that holds, and those that are to come.
pub(super) fn standing(conn: &Connection) -> Result<Vec<Standing>, rusqlite::Error> {
    conn.prepare_cached(
        "SELECT district, kind, serial, note, entries, wall, holds FROM dispatch AS one WHERE holds = 0 OR serial =
            (SELECT max(serial) FROM dispatch WHERE district = one.district AND kind = one.kind AND holds = 1)
         ORDER BY district, kind, serial",
    )?
    .query_map([], read_standing)?
    .collect()
}

fn read_standing(row: &Row<'_>) -> Result<Standing, rusqlite::Error> {
    let note: String = row.get(3)?;
    Ok(Standing {
        district: row.get(0)?,
        kind: Kind::read(&row.get::<_, String>(1)?).ok_or_else(|| odd(1))?,
        serial: u64::try_from(row.get::<_, i64>(2)?).unwrap_or(0),
        from: super::Head::of(&note).map(|head| head.from).unwrap_or_default(),
        entries: u64::try_from(row.get::<_, i64>(4)?).unwrap_or(0),
        wall: row.get(5)?,
        holds: row.get(6)?,
    })
}

/// Who belongs elsewhere, as this district says now.
pub(super) fn replace_elsewhere(conn: &Connection, district: &Origin, homes: &[Home]) -> Result<(), rusqlite::Error> {
    conn.execute("DELETE FROM elsewhere WHERE district = ?1", [district.as_str()])?;
    let mut insert = conn.prepare_cached(
        "INSERT OR REPLACE INTO elsewhere (member, district, station, branch) VALUES (?1, ?2, ?3, ?4)",
    )?;
    for home in homes {
        for number in &home.numbers {
            let (station, branch) = (home.station.as_str(), home.branch.as_str());
            insert.execute([number.as_str(), district.as_str(), station, branch])?;
        }
    }
    Ok(())
}

pub(super) fn elsewhere(conn: &Connection, id: &MemberId) -> Result<Option<(String, BranchId)>, rusqlite::Error> {
    let found: Option<(String, String)> = conn
        .prepare_cached("SELECT station, branch FROM elsewhere WHERE member = ?1")?
        .query_row([id.as_str()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let known = |(station, branch): (String, String)| Ok((station, BranchId::new(&branch).map_err(|_| odd(1))?));
    found.map(known).transpose()
}

/// Rosters that wait for their day.
pub(super) fn waiting_rosters(conn: &Connection) -> Result<Vec<(String, i64, String)>, rusqlite::Error> {
    conn.prepare_cached("SELECT district, serial, body FROM dispatch WHERE kind = 'roster' AND holds = 0")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect()
}

pub(super) fn set_waiting(conn: &Connection, district: &str, serial: i64, body: &str) -> Result<(), rusqlite::Error> {
    conn.execute(
        "UPDATE dispatch SET body = ?3 WHERE district = ?1 AND kind = 'roster' AND serial = ?2",
        params![district, serial, body],
    )
    .map(drop)
}
