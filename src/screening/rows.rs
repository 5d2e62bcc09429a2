//! This room's SQL: screens and screenings; [`people`] has who was there and where he was seen.

mod people;

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::state::{LastRemarks, Stage, State};
use crate::clock::Reading;
use crate::store::{Schema, StoreError};
use crate::types::{DeviceId, MemberId, Millis, SessionId};

pub use people::Attendee;
pub(super) use people::{
    absences, attend, attendees, confirmed_before_going, excuse, expected, fold_marks, mark, marks, passed, where_is,
};

/// The tables of this room. `state` is JSON: one small text that each beat writes anew.
pub const SCHEMA: Schema = Schema {
    room: "screening",
    steps: &[
        "
        CREATE TABLE screen (device BLOB PRIMARY KEY, name TEXT NOT NULL, paired INTEGER NOT NULL) STRICT;
        CREATE TABLE screening (key INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, screen BLOB NOT NULL,
            open INTEGER NOT NULL, opened INTEGER NOT NULL, state TEXT NOT NULL) STRICT;
        CREATE INDEX screening_open ON screening (screen) WHERE open = 1;
        CREATE TABLE attendee (screening INTEGER NOT NULL REFERENCES screening (key), member TEXT NOT NULL,
            entry TEXT NOT NULL, device BLOB, reason TEXT NOT NULL, came INTEGER NOT NULL, went INTEGER,
            PRIMARY KEY (screening, member)) STRICT, WITHOUT ROWID;
        CREATE TABLE seen_at (seq INTEGER PRIMARY KEY, screening INTEGER NOT NULL REFERENCES screening (key),
            member TEXT NOT NULL, shown INTEGER NOT NULL, seen TEXT NOT NULL, number INTEGER NOT NULL) STRICT;
        CREATE INDEX seen_at_of_screening ON seen_at (screening, member);
        CREATE TABLE absence (screening INTEGER NOT NULL REFERENCES screening (key), member TEXT NOT NULL,
            reason TEXT NOT NULL, PRIMARY KEY (screening, member)) STRICT, WITHOUT ROWID;
    ",
        "
        ALTER TABLE screening ADD COLUMN plan INTEGER;
        CREATE INDEX screening_of_plan ON screening (plan) WHERE plan IS NOT NULL;
        ALTER TABLE attendee ADD COLUMN home TEXT;
        CREATE TABLE expected (screening INTEGER NOT NULL REFERENCES screening (key), member TEXT NOT NULL,
            PRIMARY KEY (screening, member)) STRICT, WITHOUT ROWID;
    ",
        "
        ALTER TABLE attendee ADD COLUMN marks TEXT;
        UPDATE attendee SET marks = (SELECT json_group_array(json_array(m.shown, m.seen, m.number)) FROM
                (SELECT shown, seen, number FROM seen_at s
                 WHERE s.screening = attendee.screening AND s.member = attendee.member ORDER BY s.seq) m)
            WHERE screening IN (SELECT key FROM screening WHERE open = 0);
        DELETE FROM seen_at WHERE EXISTS (SELECT 1 FROM attendee a
            WHERE a.screening = seen_at.screening AND a.member = seen_at.member AND a.marks IS NOT NULL);
    ",
    ],
};

/// A screen that may show: a television or a PC that the operator let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Screen {
    /// Its device.
    pub device: DeviceId,
    /// What the operator calls it.
    pub name: String,
}

/// A stored text that does not mean what it must.
fn odd(column: usize) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, "not a value of ours".into())
}

fn number(ms: Millis) -> i64 {
    i64::try_from(ms.0).unwrap_or(i64::MAX)
}

fn word<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("plain values are JSON")
}

fn read<T: serde::de::DeserializeOwned>(row: &Row<'_>, column: usize) -> Result<T, rusqlite::Error> {
    let text = row.get_ref(column)?.as_str().map_err(|_| odd(column))?;
    serde_json::from_str(text).map_err(|_| odd(column))
}

fn member(row: &Row<'_>, column: usize) -> Result<MemberId, rusqlite::Error> {
    let text = row.get_ref(column)?.as_str().map_err(|_| odd(column))?;
    MemberId::new(text).map_err(|_| odd(column))
}

pub(super) fn pair(conn: &Connection, screen: &Screen, wall_ms: i64) -> Result<(), rusqlite::Error> {
    conn.execute(
        "INSERT OR REPLACE INTO screen (device, name, paired) VALUES (?1, ?2, ?3)",
        params![screen.device.bytes(), screen.name, wall_ms],
    )
    .map(drop)
}

pub(super) fn unpair(conn: &Connection, device: DeviceId) -> Result<(), rusqlite::Error> {
    conn.execute("DELETE FROM screen WHERE device = ?1", [device.bytes()])
        .map(drop)
}

/// All screens, in the order in which they were let in.
pub fn screens(conn: &Connection) -> Result<Vec<Screen>, StoreError> {
    let mut query = conn.prepare_cached("SELECT device, name FROM screen ORDER BY paired, device")?;
    let rows = query.query_map([], |row| {
        Ok(Screen {
            device: DeviceId::from_bytes(row.get(0)?),
            name: row.get(1)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The screen of this device, if the operator let it in.
pub fn screen(conn: &Connection, device: DeviceId) -> Result<Option<Screen>, StoreError> {
    let name = conn
        .prepare_cached("SELECT name FROM screen WHERE device = ?1")?
        .query_row([device.bytes()], |row| row.get(0))
        .optional()?;
    Ok(name.map(|name| Screen { device, name }))
}

pub(super) fn insert(conn: &Connection, state: &State, expected: &[MemberId]) -> Result<i64, rusqlite::Error> {
    let plan = state.plan.as_ref().map(|plan| i64::try_from(plan.number).unwrap_or(-1));
    let key = conn
        .prepare_cached("INSERT INTO screening (id, screen, open, opened, state, plan) VALUES (?1, ?2, 1, ?3, ?4, ?5)")?
        .insert(params![
            state.id.bytes(),
            state.screen.bytes(),
            state.opened_ms,
            word(state),
            plan
        ])?;
    let mut put = conn.prepare_cached("INSERT OR IGNORE INTO expected (screening, member) VALUES (?1, ?2)")?;
    for member in expected {
        put.execute(params![key, member.as_str()])?;
    }
    Ok(key)
}

pub(super) fn write(conn: &Connection, key: i64, state: &State) -> Result<(), rusqlite::Error> {
    conn.prepare_cached("UPDATE screening SET open = ?2, state = ?3, screen = ?4 WHERE key = ?1")?
        .execute(params![key, state.is_open(), word(state), state.screen.bytes()])
        .map(drop)
}

/// What the newest evenings say of themselves that the next one is likely to say, too.
pub(super) fn last_remarks(conn: &Connection, screen: DeviceId) -> Result<LastRemarks, rusqlite::Error> {
    conn.prepare_cached(
        "SELECT (SELECT state ->> '$.remarks.operator' AS who FROM screening WHERE who <> '' ORDER BY key DESC LIMIT 1),
            (SELECT state ->> '$.remarks.place' AS place FROM screening WHERE screen = ?1 AND place <> ''
             ORDER BY key DESC LIMIT 1)",
    )?
    .query_row([screen.bytes()], |row| {
        Ok(LastRemarks {
            operator: row.get(0)?,
            place: row.get(1)?,
        })
    })
}

type Found = Option<(i64, State)>;

fn found(row: &Row<'_>) -> Result<(i64, State), rusqlite::Error> {
    Ok((row.get(0)?, read(row, 1)?))
}

/// A screening by its id.
pub(super) fn of_id(conn: &Connection, id: SessionId) -> Result<Found, rusqlite::Error> {
    conn.prepare_cached("SELECT key, state FROM screening WHERE id = ?1")?
        .query_row([id.bytes()], found)
        .optional()
}

/// The screening that is open on a screen.
pub(super) fn open_on(conn: &Connection, screen: DeviceId) -> Result<Found, rusqlite::Error> {
    conn.prepare_cached("SELECT key, state FROM screening WHERE screen = ?1 AND open = 1 ORDER BY key DESC LIMIT 1")?
        .query_row([screen.bytes()], found)
        .optional()
}

/// All screenings that are open, the oldest first.
pub(super) fn open(conn: &Connection) -> Result<Vec<(i64, State)>, rusqlite::Error> {
    conn.prepare_cached("SELECT key, state FROM screening WHERE open = 1 ORDER BY key")?
        .query_map([], found)?
        .collect()
}

/// A screening as a list names it.
#[derive(Debug, Clone)]
pub struct Brief {
    /// Which.
    pub id: SessionId,
    /// The entry of the programme that it was begun from.
    pub plan: Option<u64>,
    /// Whether it goes on.
    pub is_open: bool,
    /// When it was opened, by the wall clock.
    pub opened_ms: i64,
    /// What was shown.
    pub titles: Vec<String>,
    /// How long, in all.
    pub shown: Millis,
    /// How many were expected.
    pub due: u32,
    /// How many came.
    pub came: u32,
}

/// The screenings that were opened between two moments of the wall clock, the oldest first.
pub fn briefly(conn: &Connection, from_ms: i64, to_ms: i64) -> Result<Vec<Brief>, StoreError> {
    let mut query = conn.prepare_cached(
        "SELECT s.state, s.plan, (SELECT count(*) FROM attendee a WHERE a.screening = s.key) FROM screening s
         WHERE s.opened >= ?1 AND s.opened < ?2 ORDER BY s.key",
    )?;
    let rows = query.query_map([from_ms, to_ms], |row| {
        let state: State = read(row, 0)?;
        Ok(Brief {
            id: state.id,
            plan: row.get::<_, Option<i64>>(1)?.map(i64::unsigned_abs),
            is_open: state.is_open(),
            opened_ms: state.opened_ms,
            titles: state.programme.iter().map(|showing| showing.title.clone()).collect(),
            shown: state.shown,
            due: state.due,
            came: row.get(2)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The entries of the programme, among those named, for which a screening was held or runs: nothing was shown at one
/// that was called off.
pub fn begun(conn: &Connection, numbers: &[u64]) -> Result<Vec<u64>, StoreError> {
    let mut query = conn.prepare_cached("SELECT state FROM screening WHERE plan = ?1")?;
    let mut begun = Vec::new();
    for number in numbers {
        let key = i64::try_from(*number).unwrap_or(-1);
        let states = query.query_map([key], |row| read::<State>(row, 0))?;
        for state in states {
            let state = state?;
            if state.is_open() || state.shown > Millis::ZERO {
                begun.push(*number);
                break;
            }
        }
    }
    Ok(begun)
}

/// Before a new log begins: no evening may go on that only the old one knows.
pub fn let_go(conn: &Connection, now: Reading) -> Result<(), StoreError> {
    for (key, mut state) in open(conn)? {
        (state.stage, state.ended_ms, state.check) = (Stage::Closed, Some(now.wall_ms), None);
        write(conn, key, &state)?;
    }
    Ok(())
}

/// The newest screenings, `most` of them.
pub(super) fn newest(conn: &Connection, most: u32) -> Result<Vec<(i64, State)>, rusqlite::Error> {
    conn.prepare_cached("SELECT key, state FROM screening ORDER BY key DESC LIMIT ?1")?
        .query_map([most], found)?
        .collect()
}

/// The screenings that were opened from one wall-clock moment up to another, the oldest first.
pub(super) fn opened_between(
    conn: &Connection,
    from_ms: i64,
    until_ms: i64,
) -> Result<Vec<(i64, State)>, rusqlite::Error> {
    conn.prepare_cached("SELECT key, state FROM screening WHERE opened >= ?1 AND opened < ?2 ORDER BY key")?
        .query_map([from_ms, until_ms], found)?
        .collect()
}
