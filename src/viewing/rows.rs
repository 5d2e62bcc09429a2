//! This room's SQL: sessions, their live state, and the credit view.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{Grant, ItemFacts, ViewingError};
use crate::clock::Reading;
use crate::credit::rule::{Flags, Lost, Note, Pending, Session};
use crate::ledger::Closing;
use crate::store::StoreError;
use crate::types::{DeviceId, Intervals, ItemId, MemberId, Millis, Mode, SessionId, Year};

/// A session's row, as far as acts need it.
#[derive(Debug, Clone)]
pub(super) struct SessionRow {
    pub(super) key: i64,
    pub(super) id: SessionId,
    pub(super) member: MemberId,
    pub(super) item: ItemId,
    pub(super) device: DeviceId,
    pub(super) mode: Mode,
    pub(super) length: Millis,
    pub(super) boot: u32,
    pub(super) opened: Millis,
    pub(super) why: Option<Closing>,
}

/// What changes with each beat.
#[derive(Debug, Clone)]
pub(super) struct LiveRow {
    pub(super) rule: Session,
    pub(super) position: Millis,
}

pub(super) fn sql(ms: Millis) -> i64 {
    i64::try_from(ms.0).unwrap_or(i64::MAX)
}

pub(super) fn ms(n: i64) -> Millis {
    Millis(u64::try_from(n).unwrap_or(0))
}

/// A word of a serde enum, as it stands in a TEXT column.
pub(super) fn word<T: serde::Serialize>(value: &T) -> String {
    let quoted = serde_json::to_string(value).expect("an enum without content is a word");
    quoted.trim_matches('"').to_owned()
}

pub(super) fn from_word<T: serde::de::DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_value(serde_json::Value::String(text.to_owned())).ok()
}

pub(super) fn json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("lists of numbers are JSON")
}

/// A text or number in a row that does not mean what it must.
fn odd(column: usize) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, "not a value of ours".into())
}

pub(super) fn column<T>(row: &Row<'_>, index: usize, read: impl Fn(&str) -> Option<T>) -> Result<T, rusqlite::Error> {
    let text = row.get_ref(index)?.as_str().map_err(|_| odd(index))?;
    read(text).ok_or_else(|| odd(index))
}

const SESSION: &str = "SELECT key, id, member, item, device, mode, length, boot, opened, why FROM session";

fn session_row(row: &Row<'_>) -> Result<SessionRow, rusqlite::Error> {
    let why: Option<String> = row.get(9)?;
    Ok(SessionRow {
        key: row.get(0)?,
        id: SessionId::from_bytes(row.get(1)?),
        member: column(row, 2, |text| MemberId::new(text).ok())?,
        item: ItemId::from_bytes(row.get(3)?),
        device: DeviceId::from_bytes(row.get(4)?),
        mode: column(row, 5, from_word)?,
        length: ms(row.get(6)?),
        boot: row.get(7)?,
        opened: ms(row.get(8)?),
        why: why.map(|text| from_word(&text).ok_or_else(|| odd(9))).transpose()?,
    })
}

pub(super) fn session(conn: &Connection, id: SessionId) -> Result<SessionRow, ViewingError> {
    conn.prepare_cached(&format!("{SESSION} WHERE id = ?1"))?
        .query_row([id.bytes()], session_row)
        .optional()?
        .ok_or(ViewingError::Unknown)
}

/// Sessions that are open and were last heard of at or before `silent_since`, by their keys.
pub(super) fn open_keys(conn: &Connection, silent_since: Option<Millis>) -> Result<Vec<i64>, rusqlite::Error> {
    let until = silent_since.map_or(i64::MAX, sql);
    conn.prepare("SELECT key FROM live WHERE seen <= ?1 ORDER BY key")?
        .query_map([until], |row| row.get(0))?
        .collect()
}

pub(super) fn session_of_key(conn: &Connection, key: i64) -> Result<SessionRow, ViewingError> {
    conn.prepare_cached(&format!("{SESSION} WHERE key = ?1"))?
        .query_row([key], session_row)
        .optional()?
        .ok_or(ViewingError::Unknown)
}

/// Lets go of a session whose rows cannot be read.
pub(super) fn abandon(conn: &Connection, key: i64) -> Result<(), rusqlite::Error> {
    conn.execute("DELETE FROM live WHERE key = ?1", [key])?;
    let why = word(&Closing::StationFailure);
    conn.execute("UPDATE session SET why = ?2 WHERE key = ?1", params![key, why])
        .map(drop)
}

/// Before a new log begins: no session may go on that only the old one knows. What is pending waits for its member, and
/// every item is told anew, and the new log was not looked through by anybody.
pub fn let_go(conn: &Connection) -> Result<(), StoreError> {
    let open: Vec<(i64, i64, String, String)> = conn
        .prepare("SELECT key, position, pending, lost FROM live")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?
        .collect::<Result<_, _>>()?;
    for (key, position, pending, lost) in open {
        let pending = serde_json::from_str(&pending).unwrap_or_default();
        let lost = serde_json::from_str(&lost).unwrap_or_default();
        end_session(conn, key, Closing::StationFailure, ms(position), &pending, &lost)?;
    }
    conn.execute_batch("DELETE FROM known_item; DELETE FROM trimmed;")?;
    Ok(())
}

pub(super) fn open_session_of(conn: &Connection, member: &MemberId) -> Result<Option<SessionRow>, rusqlite::Error> {
    conn.prepare_cached(&format!(
        "{SESSION} WHERE member = ?1 AND why IS NULL ORDER BY key DESC LIMIT 1"
    ))?
    .query_row([member.as_str()], session_row)
    .optional()
}

pub(super) fn insert_session(conn: &Connection, row: &SessionRow, now: Reading) -> Result<i64, rusqlite::Error> {
    conn.prepare_cached(
        "INSERT INTO session (id, member, item, device, mode, length, boot, opened, wall, trust)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?
    .insert(params![
        row.id.bytes(),
        row.member.as_str(),
        row.item.bytes(),
        row.device.bytes(),
        word(&row.mode),
        sql(row.length),
        row.boot,
        sql(row.opened),
        now.wall_ms,
        word(&now.trust),
    ])
}

/// Ends a session: its live row goes, what is left pending stays with it.
pub(super) fn end_session(
    conn: &Connection,
    key: i64,
    why: Closing,
    position: Millis,
    left: &Pending,
    lost: &Lost,
) -> Result<(), rusqlite::Error> {
    let left = (left.total() > Millis::ZERO).then(|| json(left));
    let lost = (*lost != Lost::default()).then(|| json(lost));
    conn.prepare_cached("UPDATE session SET why = ?2, position = ?3, left_pending = ?4, lost = ?5 WHERE key = ?1")?
        .execute(params![key, word(&why), sql(position), left, lost])?;
    conn.prepare_cached("DELETE FROM live WHERE key = ?1")?
        .execute([key])
        .map(drop)
}

/// Takes over what earlier sessions of this member left pending for this item.
pub(super) fn take_left_pending(conn: &Connection, member: &MemberId, item: &ItemId) -> Result<Pending, ViewingError> {
    let left: Vec<String> = conn
        .prepare_cached(
            "SELECT left_pending FROM session WHERE member = ?1 AND item = ?2 AND left_pending IS NOT NULL",
        )?
        .query_map(params![member.as_str(), item.bytes()], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    conn.prepare_cached(
        "UPDATE session SET left_pending = NULL WHERE member = ?1 AND item = ?2 AND left_pending IS NOT NULL",
    )?
    .execute(params![member.as_str(), item.bytes()])?;
    let sets = left
        .iter()
        .filter_map(|text| serde_json::from_str::<Pending>(text).ok());
    Ok(sets.fold(Pending::default(), |all, set| {
        set.by_year()
            .iter()
            .fold(all, |all, (year, media)| all.with(*year, media))
    }))
}

/// Where the member stopped in this item.
pub(super) fn last_position(conn: &Connection, member: &MemberId, item: &ItemId) -> Result<Millis, rusqlite::Error> {
    conn.prepare_cached(
        "SELECT position FROM (SELECT key, position FROM session WHERE member = ?1 AND item = ?2
            UNION ALL SELECT key, position FROM stopped WHERE member = ?1 AND item = ?2) ORDER BY key DESC LIMIT 1",
    )?
    .query_row(params![member.as_str(), item.bytes()], |row| row.get(0).map(ms))
    .optional()
    .map(Option::unwrap_or_default)
}

/// The columns of `live` from this one on, in the order of [`live_row`].
const LIVE: &str = "n, digest, note, pending, unproved, asked, ask_after, unattended, flags, position, lost";

/// Reads a live row whose columns begin at `first`, for a session that was opened then.
fn live_row(row: &Row<'_>, first: usize, opened: Millis) -> Result<LiveRow, rusqlite::Error> {
    Ok(LiveRow {
        rule: Session {
            opened,
            n: row.get(first)?,
            digest: row.get(first + 1)?,
            note: note_of(row.get(first + 2)?),
            pending: column(row, first + 3, |text| serde_json::from_str(text).ok())?,
            unproved: ms(row.get(first + 4)?),
            asked: row.get::<_, Option<i64>>(first + 5)?.map(ms),
            ask_after: ms(row.get(first + 6)?),
            unattended: row.get(first + 7)?,
            flags: Flags::from_bits(row.get(first + 8)?),
            lost: column(row, first + 10, |text| serde_json::from_str(text).ok())?,
        },
        position: ms(row.get(first + 9)?),
    })
}

pub(super) fn live(conn: &Connection, row: &SessionRow) -> Result<LiveRow, ViewingError> {
    conn.prepare_cached(&format!("SELECT {LIVE} FROM live WHERE key = ?1"))?
        .query_row([row.key], |live| live_row(live, 0, row.opened))
        .optional()?
        .ok_or(ViewingError::Damaged(row.id))
}

/// What a beat needs to know, in one question: its session, what is credited of the item in this year, and the live row,
/// which a session that has ended has no longer.
pub(super) fn of_beat(
    conn: &Connection,
    id: SessionId,
    year: Year,
) -> Result<(SessionRow, Option<LiveRow>, Intervals), ViewingError> {
    conn.prepare_cached(
        "SELECT s.key, s.id, s.member, s.item, s.device, s.mode, s.length, s.boot, s.opened, s.why, c.media,
            n, digest, note, pending, unproved, asked, ask_after, unattended, flags, l.position, l.lost
         FROM session s LEFT JOIN live l ON l.key = s.key
            LEFT JOIN credited c ON c.member = s.member AND c.item = s.item AND c.year = ?2
         WHERE s.id = ?1",
    )?
    .query_row(params![id.bytes(), year.0], |row| {
        let session = session_row(row)?;
        let credited = match row.get_ref(10)? {
            ValueRef::Null => Intervals::none(),
            _ => column(row, 10, |text| serde_json::from_str(text).ok())?,
        };
        let live = match row.get_ref(11)? {
            ValueRef::Null => None,
            _ => Some(live_row(row, 11, session.opened)?),
        };
        Ok((session, live, credited))
    })
    .optional()?
    .ok_or(ViewingError::Unknown)
}

pub(super) fn write_live(conn: &Connection, key: i64, live: &LiveRow, now: Reading) -> Result<(), rusqlite::Error> {
    let rule = &live.rule;
    conn.prepare_cached(
        "INSERT OR REPLACE INTO live
         (key, n, digest, note, pending, unproved, asked, ask_after, unattended, flags, position, seen, lost)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
    )?
    .execute(params![
        key,
        rule.n,
        rule.digest,
        note_number(rule.note),
        json(&rule.pending),
        sql(rule.unproved),
        rule.asked.map(sql),
        sql(rule.ask_after),
        rule.unattended,
        rule.flags.bits(),
        sql(live.position),
        sql(now.mono),
        json(&rule.lost),
    ])
    .map(drop)
}

fn note_number(note: Option<Note>) -> u8 {
    match note {
        None => 0,
        Some(Note::Unattended) => 1,
        Some(Note::NotNew) => 2,
        Some(Note::NotSent) => 3,
        Some(Note::TooFast) => 4,
    }
}

fn note_of(number: u8) -> Option<Note> {
    [Note::Unattended, Note::NotNew, Note::NotSent, Note::TooFast]
        .into_iter()
        .find(|note| note_number(Some(*note)) == number)
}

pub(super) fn credited(
    conn: &Connection,
    member: &MemberId,
    item: &ItemId,
    year: Year,
) -> Result<Intervals, rusqlite::Error> {
    conn.prepare_cached("SELECT media FROM credited WHERE member = ?1 AND item = ?2 AND year = ?3")?
        .query_row(params![member.as_str(), item.bytes(), year.0], |row| {
            column(row, 0, |text| serde_json::from_str(text).ok())
        })
        .optional()
        .map(Option::unwrap_or_default)
}

pub(super) fn write_credited(
    conn: &Connection,
    member: &MemberId,
    item: &ItemId,
    year: Year,
    media: &Intervals,
) -> Result<(), rusqlite::Error> {
    conn.prepare_cached("INSERT OR REPLACE INTO credited (member, item, year, media) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![member.as_str(), item.bytes(), year.0, json(media)])
        .map(drop)
}

pub(super) fn insert_span(
    conn: &Connection,
    index: u64,
    grant: &Grant,
    year: Year,
    credit: Millis,
    now: Reading,
) -> Result<(), rusqlite::Error> {
    conn.prepare_cached(
        "INSERT INTO span (idx, member, item, year, mode, credit, wall) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![
        i64::try_from(index).unwrap_or(i64::MAX),
        grant.member.as_str(),
        grant.item.bytes(),
        year.0,
        word(&grant.mode),
        sql(credit),
        now.wall_ms,
    ])
    .map(drop)
}

/// Whether the ledger must be told of an item: it is new, or its facts changed.
pub(super) fn item_is_news(conn: &Connection, facts: &ItemFacts) -> Result<bool, rusqlite::Error> {
    // Only what was made here says so, so that no station tells of all its films again after an update.
    let now = if facts.made_here {
        json(&(&facts.title, &facts.class, facts.length, true))
    } else {
        json(&(&facts.title, &facts.class, facts.length))
    };
    let changed = conn
        .prepare_cached(
            "INSERT INTO known_item (item, facts) VALUES (?1, ?2)
             ON CONFLICT (item) DO UPDATE SET facts = excluded.facts WHERE facts <> excluded.facts",
        )?
        .execute(params![facts.item.bytes(), now])?;
    Ok(changed > 0)
}
