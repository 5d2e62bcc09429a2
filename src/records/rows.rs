//! This room's SQL.

use rusqlite::{Connection, Row, params};

use super::feedback::NewFeedback;
use crate::ledger::{About, Moment, Office};
use crate::store::Schema;
use crate::types::{MemberId, SessionId};

/// The tables of this room.
pub const SCHEMA: Schema = Schema {
    room: "records",
    steps: &["
        CREATE TABLE feedback (key INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, wall INTEGER NOT NULL,
            dated INTEGER NOT NULL, member TEXT, said_by TEXT NOT NULL, about TEXT NOT NULL, text TEXT NOT NULL,
            answer TEXT NOT NULL, answered INTEGER, closed INTEGER NOT NULL) STRICT;
        CREATE INDEX feedback_of ON feedback (member, wall);
        CREATE TABLE equipment (key INTEGER PRIMARY KEY, name TEXT NOT NULL, model TEXT NOT NULL, spec TEXT NOT NULL,
            serial TEXT NOT NULL, count INTEGER NOT NULL, bought TEXT NOT NULL, handler TEXT NOT NULL,
            state TEXT NOT NULL) STRICT;
        CREATE TABLE photo (key INTEGER PRIMARY KEY, screening BLOB NOT NULL, moment TEXT NOT NULL,
            digest TEXT NOT NULL, bytes INTEGER NOT NULL, wall INTEGER NOT NULL, UNIQUE (screening, digest)) STRICT;
        CREATE INDEX photo_digest ON photo (digest);
        CREATE TABLE confirmation (screening BLOB NOT NULL, office TEXT NOT NULL, member TEXT, digest TEXT NOT NULL,
            wall INTEGER NOT NULL, PRIMARY KEY (screening, office)) STRICT, WITHOUT ROWID;
    "],
};

/// Something that was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feedback {
    /// Its id.
    pub id: SessionId,
    /// When, by the wall clock.
    pub wall_ms: i64,
    /// Whether that date can be believed.
    pub dated: bool,
    /// Who, if he signed in.
    pub member: Option<MemberId>,
    /// Who, in the operator's words.
    pub said_by: String,
    /// About what.
    pub about: About,
    /// The words.
    pub text: String,
    /// The answer; empty while there is none.
    pub answer: String,
    /// When it was given.
    pub answered_ms: Option<i64>,
    /// Nothing more is to be done.
    pub closed: bool,
}

/// A piece of equipment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Equipment {
    /// Its key; 0 for one that is new.
    pub key: i64,
    /// 名称.
    pub name: String,
    /// 型号.
    pub model: String,
    /// 规格.
    pub spec: String,
    /// 编号.
    pub serial: String,
    /// 数量.
    pub count: u32,
    /// 购置时间.
    pub bought: String,
    /// 经手人.
    pub handler: String,
    /// 状态.
    pub state: String,
}

impl Equipment {
    pub(super) fn texts(&self) -> [&str; 7] {
        [
            &self.name,
            &self.model,
            &self.spec,
            &self.serial,
            &self.bought,
            &self.handler,
            &self.state,
        ]
    }
}

/// A photo of an evening.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Photo {
    /// Of which part.
    pub when: Moment,
    /// Its hash, by which it is asked for.
    pub digest: String,
    /// Its length.
    pub bytes: u64,
    /// When it came in.
    pub wall_ms: i64,
}

/// Who confirmed a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmation {
    /// In which office.
    pub office: Office,
    /// Who, if he is a member.
    pub member: Option<MemberId>,
    /// What: the hash of the record.
    pub digest: String,
    /// When.
    pub wall_ms: i64,
}

fn odd(column: usize) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, "not a value of ours".into())
}

/// A word of an enum without content, as JSON has it.
fn word<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("plain values are JSON")
}

fn read<T: serde::de::DeserializeOwned>(row: &Row<'_>, column: usize) -> Result<T, rusqlite::Error> {
    let text = row.get_ref(column)?.as_str().map_err(|_| odd(column))?;
    serde_json::from_str(text).map_err(|_| odd(column))
}

fn member(row: &Row<'_>, column: usize) -> Result<Option<MemberId>, rusqlite::Error> {
    let text: Option<String> = row.get(column)?;
    text.map(|text| MemberId::new(&text).map_err(|_| odd(column)))
        .transpose()
}

pub(super) fn add_feedback(
    conn: &Connection,
    id: SessionId,
    new: &NewFeedback,
    (wall_ms, dated): (i64, bool),
) -> Result<(), rusqlite::Error> {
    conn.execute(
        "INSERT INTO feedback (id, wall, dated, member, said_by, about, text, answer, answered, closed)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, '', NULL, 0)",
        params![
            id.bytes(),
            wall_ms,
            dated,
            new.member.as_ref().map(MemberId::as_str),
            new.said_by.trim(),
            word(&new.about),
            new.text,
        ],
    )
    .map(drop)
}

pub(super) fn said_since(conn: &Connection, who: &MemberId, wall_ms: i64) -> Result<usize, rusqlite::Error> {
    conn.query_row(
        "SELECT count(*) FROM feedback WHERE member = ?1 AND wall > ?2",
        params![who.as_str(), wall_ms],
        |row| row.get::<_, u32>(0),
    )
    .map(|n| n as usize)
}

pub(super) fn answer(
    conn: &Connection,
    id: SessionId,
    answer: &str,
    wall_ms: i64,
    closed: bool,
) -> Result<bool, rusqlite::Error> {
    let changed = conn.execute(
        "UPDATE feedback SET answer = ?2, answered = ?3, closed = ?4 WHERE id = ?1",
        params![id.bytes(), answer, wall_ms, closed],
    )?;
    Ok(changed > 0)
}

const FEEDBACK: &str = "SELECT id, wall, dated, member, said_by, about, text, answer, answered, closed FROM feedback";

fn feedback_row(row: &Row<'_>) -> Result<Feedback, rusqlite::Error> {
    Ok(Feedback {
        id: SessionId::from_bytes(row.get(0)?),
        wall_ms: row.get(1)?,
        dated: row.get(2)?,
        member: member(row, 3)?,
        said_by: row.get(4)?,
        about: read(row, 5)?,
        text: row.get(6)?,
        answer: row.get(7)?,
        answered_ms: row.get(8)?,
        closed: row.get(9)?,
    })
}

pub(super) fn feedback(conn: &Connection, from_ms: i64, until_ms: i64) -> Result<Vec<Feedback>, rusqlite::Error> {
    conn.prepare_cached(&format!(
        "{FEEDBACK} WHERE dated = 0 OR (wall >= ?1 AND wall < ?2) ORDER BY key DESC"
    ))?
    .query_map([from_ms, until_ms], feedback_row)?
    .collect()
}

pub(super) fn feedback_of(conn: &Connection, who: &MemberId) -> Result<Vec<Feedback>, rusqlite::Error> {
    conn.prepare_cached(&format!("{FEEDBACK} WHERE member = ?1 ORDER BY key DESC LIMIT 20"))?
        .query_map([who.as_str()], feedback_row)?
        .collect()
}

pub(super) fn unanswered(conn: &Connection) -> Result<usize, rusqlite::Error> {
    let count = "SELECT count(*) FROM feedback WHERE closed = 0";
    conn.query_row(count, [], |row| row.get::<_, u32>(0))
        .map(|n| n as usize)
}

pub(super) fn equipment(conn: &Connection) -> Result<Vec<Equipment>, rusqlite::Error> {
    conn.prepare_cached(
        "SELECT key, name, model, spec, serial, count, bought, handler, state FROM equipment ORDER BY key",
    )?
    .query_map([], |row| {
        Ok(Equipment {
            key: row.get(0)?,
            name: row.get(1)?,
            model: row.get(2)?,
            spec: row.get(3)?,
            serial: row.get(4)?,
            count: row.get(5)?,
            bought: row.get(6)?,
            handler: row.get(7)?,
            state: row.get(8)?,
        })
    })?
    .collect()
}

/// `false`: there is no such piece.
pub(super) fn save_equipment(conn: &Connection, piece: &Equipment) -> Result<bool, rusqlite::Error> {
    let Equipment {
        key,
        name,
        model,
        spec,
        serial,
        count,
        bought,
        handler,
        state,
    } = piece;
    let sql = if *key == 0 {
        "INSERT INTO equipment (key, name, model, spec, serial, count, bought, handler, state)
         VALUES (nullif(?1, 0), ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
    } else {
        "UPDATE equipment SET name = ?2, model = ?3, spec = ?4, serial = ?5, count = ?6, bought = ?7, handler = ?8,
         state = ?9 WHERE key = ?1"
    };
    let changed = conn.execute(
        sql,
        params![key, name, model, spec, serial, count, bought, handler, state],
    )?;
    Ok(changed > 0)
}

pub(super) fn drop_equipment(conn: &Connection, key: i64) -> Result<(), rusqlite::Error> {
    conn.execute("DELETE FROM equipment WHERE key = ?1", [key]).map(drop)
}

pub(super) fn photos(conn: &Connection, screening: SessionId) -> Result<Vec<Photo>, rusqlite::Error> {
    let mut photos: Vec<Photo> = conn
        .prepare_cached("SELECT moment, digest, bytes, wall FROM photo WHERE screening = ?1 ORDER BY key")?
        .query_map([screening.bytes()], |row| {
            Ok(Photo {
                when: read(row, 0)?,
                digest: row.get(1)?,
                bytes: row.get::<_, i64>(2)?.unsigned_abs(),
                wall_ms: row.get(3)?,
            })
        })?
        .collect::<Result<_, _>>()?;
    photos.sort_by_key(|photo| photo.when);
    Ok(photos)
}

pub(super) fn add_photo(
    conn: &Connection,
    screening: SessionId,
    when: Moment,
    digest: &str,
    bytes: u64,
    wall_ms: i64,
) -> Result<(), rusqlite::Error> {
    conn.execute(
        "INSERT INTO photo (screening, moment, digest, bytes, wall) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![
            screening.bytes(),
            word(&when),
            digest,
            i64::try_from(bytes).unwrap_or(i64::MAX),
            wall_ms
        ],
    )
    .map(drop)
}

pub(super) fn drop_photo(conn: &Connection, screening: SessionId, digest: &str) -> Result<(), rusqlite::Error> {
    conn.execute(
        "DELETE FROM photo WHERE screening = ?1 AND digest = ?2",
        params![screening.bytes(), digest],
    )
    .map(drop)
}

/// What is not closed of one kind, the oldest first.
pub(super) fn open_about(conn: &Connection, about: About) -> Result<Vec<Feedback>, rusqlite::Error> {
    conn.prepare_cached(&format!("{FEEDBACK} WHERE closed = 0 AND about = ?1 ORDER BY key"))?
        .query_map([word(&about)], feedback_row)?
        .collect()
}

/// The digests of all photos.
pub(super) fn digests(conn: &Connection) -> Result<Vec<String>, rusqlite::Error> {
    conn.prepare("SELECT DISTINCT digest FROM photo ORDER BY digest")?
        .query_map([], |row| row.get(0))?
        .collect()
}

pub(super) fn has_photo(conn: &Connection, digest: &str) -> Result<bool, rusqlite::Error> {
    conn.prepare_cached("SELECT EXISTS (SELECT 1 FROM photo WHERE digest = ?1)")?
        .query_row([digest], |row| row.get(0))
}

pub(super) fn confirm(conn: &Connection, screening: SessionId, by: &Confirmation) -> Result<(), rusqlite::Error> {
    conn.execute(
        "INSERT OR REPLACE INTO confirmation (screening, office, member, digest, wall) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![
            screening.bytes(),
            word(&by.office),
            by.member.as_ref().map(MemberId::as_str),
            by.digest,
            by.wall_ms
        ],
    )
    .map(drop)
}

pub(super) fn confirmations(conn: &Connection, screening: SessionId) -> Result<Vec<Confirmation>, rusqlite::Error> {
    conn.prepare_cached("SELECT office, member, digest, wall FROM confirmation WHERE screening = ?1")?
        .query_map([screening.bytes()], |row| {
            Ok(Confirmation {
                office: read(row, 0)?,
                member: member(row, 1)?,
                digest: row.get(2)?,
                wall_ms: row.get(3)?,
            })
        })?
        .collect()
}
