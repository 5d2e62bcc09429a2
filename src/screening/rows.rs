//! This room's SQL: screens, screenings, who was there, where he was seen.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::state::{Stage, State};
use crate::clock::Reading;
use crate::credit::attendance::{Mark, Seen};
use crate::ledger::{Entry, Home};
use crate::store::{Schema, StoreError};
use crate::types::{DeviceId, Grade, MemberId, Millis, SessionId};

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

/// Somebody who came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attendee {
    /// Who.
    pub member: MemberId,
    /// How he was let in.
    pub entry: Entry,
    /// The phone he came with.
    pub device: Option<DeviceId>,
    /// The operator's reason for a tick.
    pub reason: String,
    /// Where he belongs, if not here.
    pub home: Option<Home>,
    /// Wall clock when he came.
    pub came_ms: i64,
    /// Wall clock when he left, if he did.
    pub went_ms: Option<i64>,
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

/// Who was expected when it began; nobody for a screening from before that was kept.
pub(super) fn expected(conn: &Connection, key: i64) -> Result<Vec<MemberId>, rusqlite::Error> {
    conn.prepare_cached("SELECT member FROM expected WHERE screening = ?1 ORDER BY member")?
        .query_map([key], |row| member(row, 0))?
        .collect()
}

pub(super) fn write(conn: &Connection, key: i64, state: &State) -> Result<(), rusqlite::Error> {
    conn.prepare_cached("UPDATE screening SET open = ?2, state = ?3, screen = ?4 WHERE key = ?1")?
        .execute(params![key, state.is_open(), word(state), state.screen.bytes()])
        .map(drop)
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

pub(super) fn attendees(conn: &Connection, key: i64) -> Result<Vec<Attendee>, rusqlite::Error> {
    conn.prepare_cached(
        "SELECT member, entry, device, reason, came, went, home FROM attendee WHERE screening = ?1
         ORDER BY came, member",
    )?
    .query_map([key], |row| {
        Ok(Attendee {
            member: member(row, 0)?,
            entry: read(row, 1)?,
            device: row.get::<_, Option<[u8; 16]>>(2)?.map(DeviceId::from_bytes),
            reason: row.get(3)?,
            came_ms: row.get(4)?,
            went_ms: row.get(5)?,
            home: match row.get_ref(6)? {
                rusqlite::types::ValueRef::Null => None,
                _ => Some(read(row, 6)?),
            },
        })
    })?
    .collect()
}

/// Writes an attendee; who comes again keeps the moment when he came first.
pub(super) fn attend(conn: &Connection, key: i64, who: &Attendee) -> Result<(), rusqlite::Error> {
    conn.prepare_cached(
        "INSERT INTO attendee (screening, member, entry, device, reason, came, went, home)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT (screening, member) DO UPDATE SET entry = excluded.entry, device = excluded.device,
            reason = excluded.reason, went = excluded.went, home = coalesce(excluded.home, home)",
    )?
    .execute(params![
        key,
        who.member.as_str(),
        word(&who.entry),
        who.device.as_ref().map(|device| *device.bytes()),
        who.reason,
        who.came_ms,
        who.went_ms,
        who.home.as_ref().map(word),
    ])
    .map(drop)
}

/// The screening in which a member is present now.
pub(super) fn where_is(conn: &Connection, member: &MemberId) -> Result<Option<SessionId>, rusqlite::Error> {
    conn.prepare_cached(
        "SELECT s.id FROM attendee a JOIN screening s ON s.key = a.screening
         WHERE s.open = 1 AND a.member = ?1 AND a.went IS NULL LIMIT 1",
    )?
    .query_row([member.as_str()], |row| row.get(0).map(SessionId::from_bytes))
    .optional()
}

pub(super) fn mark(
    conn: &Connection,
    key: i64,
    member: &MemberId,
    mark: Mark,
    check: u32,
) -> Result<(), rusqlite::Error> {
    conn.prepare_cached("INSERT INTO seen_at (screening, member, shown, seen, number) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![key, member.as_str(), number(mark.at), word(&mark.seen), check])
        .map(drop)
}

/// All marks of a screening in the order in which they were made, with the number of their check. Zero: a check-in or a
/// leaving. Negative: a check that he confirmed before he went, which a leaf of his own has told.
pub(super) fn marks(conn: &Connection, key: i64) -> Result<Vec<(MemberId, Mark, i64)>, rusqlite::Error> {
    conn.prepare_cached("SELECT member, shown, seen, number FROM seen_at WHERE screening = ?1 ORDER BY seq")?
        .query_map([key], |row| {
            let shown: i64 = row.get(1)?;
            let mark = Mark {
                at: Millis(shown.unsigned_abs()),
                seen: read(row, 2)?,
            };
            Ok((member(row, 0)?, mark, row.get(3)?))
        })?
        .collect()
}

/// Who passed a check, how, and at which shown time: later than the check's own for those who came while it was open.
pub(super) fn passed(
    conn: &Connection,
    key: i64,
    check: u32,
) -> Result<Vec<(MemberId, Grade, Millis)>, rusqlite::Error> {
    let marks = marks(conn, key)?;
    let of_check = marks.into_iter().filter(|(_, _, number)| *number == i64::from(check));
    Ok(of_check
        .filter_map(|(member, mark, _)| match mark.seen {
            Seen::Passed(grade) => Some((member, grade, mark.at)),
            Seen::Missed => None,
        })
        .collect())
}

/// Whether a member confirmed the check that is open; from now on that is a mark of his own, no longer the check's.
pub(super) fn confirmed_before_going(
    conn: &Connection,
    key: i64,
    member: &MemberId,
    check: u32,
    shown: Millis,
) -> Result<bool, rusqlite::Error> {
    let own = conn.execute(
        "UPDATE seen_at SET number = -number WHERE screening = ?1 AND member = ?2 AND number = ?3 AND shown = ?4",
        params![key, member.as_str(), check, number(shown)],
    )?;
    Ok(own > 0)
}

pub(super) fn excuse(conn: &Connection, key: i64, member: &MemberId, reason: &str) -> Result<(), rusqlite::Error> {
    if reason.is_empty() {
        conn.execute(
            "DELETE FROM absence WHERE screening = ?1 AND member = ?2",
            params![key, member.as_str()],
        )
    } else {
        conn.execute(
            "INSERT OR REPLACE INTO absence (screening, member, reason) VALUES (?1, ?2, ?3)",
            params![key, member.as_str(), reason],
        )
    }
    .map(drop)
}

pub(super) fn absences(conn: &Connection, key: i64) -> Result<Vec<(MemberId, String)>, rusqlite::Error> {
    conn.prepare_cached("SELECT member, reason FROM absence WHERE screening = ?1 ORDER BY member")?
        .query_map([key], |row| Ok((member(row, 0)?, row.get(1)?)))?
        .collect()
}
