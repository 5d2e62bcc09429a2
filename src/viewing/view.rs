//! What pages and reports ask this room.

use std::collections::HashMap;

use rusqlite::{Connection, params};

use super::rows::{column, from_word, ms};
use crate::credit::rule::Lost;
use crate::ledger::{self, Leaf, What};
use crate::store::StoreError;
use crate::types::{Grade, Intervals, ItemId, MemberId, Millis, Mode, SessionId, Year};

/// A session that is open now, for the operator's desk.
#[derive(Debug, Clone)]
pub struct Live {
    /// Which.
    pub session: SessionId,
    /// Who.
    pub member: MemberId,
    /// What.
    pub item: ItemId,
    /// Where in the film.
    pub position: Millis,
    /// The film's length.
    pub length: Millis,
    /// Waiting for a presence proof.
    pub pending: Millis,
    /// Monotonic time of the last beat.
    pub seen: Millis,
    /// A presence question went unanswered.
    pub unattended: bool,
}

/// The last session of a member with an item, or where it stopped once its row is gone.
#[derive(Debug, Clone)]
pub struct Latest {
    /// What.
    pub item: ItemId,
    /// Where the member stopped.
    pub position: Millis,
    /// The film's length then.
    pub length: Millis,
    /// Wall clock at the opening.
    pub wall_ms: i64,
}

/// Credit of a member for an item in a year.
#[derive(Debug, Clone)]
pub struct Credited {
    /// What.
    pub item: ItemId,
    /// Counted to.
    pub year: Year,
    /// The media that count.
    pub media: Intervals,
}

/// One credited span, as hours are made of them.
#[derive(Debug, Clone)]
pub struct SpanRow {
    /// Who.
    pub member: MemberId,
    /// What.
    pub item: ItemId,
    /// How.
    pub mode: Mode,
    /// How much.
    pub credit: Millis,
    /// Wall clock at the proof.
    pub wall_ms: i64,
    /// Its leaf; none if it was carried over from an epoch before.
    pub index: Option<u64>,
}

/// What a member played in one session that earned nothing.
#[derive(Debug, Clone)]
pub struct NotCounted {
    /// What.
    pub item: ItemId,
    /// Wall clock at the session's opening.
    pub wall_ms: i64,
    /// How much, by the reason.
    pub lost: Lost,
}

fn member(row: &rusqlite::Row<'_>, index: usize) -> Result<MemberId, rusqlite::Error> {
    column(row, index, |text| MemberId::new(text).ok())
}

/// All sessions that are open now, the latest first.
pub fn live_sessions(conn: &Connection) -> Result<Vec<Live>, StoreError> {
    let mut query = conn.prepare_cached(
        "SELECT s.id, s.member, s.item, l.position, s.length, l.pending, l.seen, l.unattended
         FROM live l JOIN session s USING (key) ORDER BY key DESC",
    )?;
    let rows = query.query_map([], |row| {
        let pending = column(row, 5, |text| {
            serde_json::from_str::<crate::credit::rule::Pending>(text).ok()
        })?;
        Ok(Live {
            session: SessionId::from_bytes(row.get(0)?),
            member: member(row, 1)?,
            item: ItemId::from_bytes(row.get(2)?),
            position: ms(row.get(3)?),
            length: ms(row.get(4)?),
            pending: pending.total(),
            seen: ms(row.get(6)?),
            unattended: row.get(7)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// A member's last session with each item, the latest first.
pub fn latest_sessions(conn: &Connection, who: &MemberId, most: u32) -> Result<Vec<Latest>, StoreError> {
    let mut query = conn.prepare_cached(
        // Beside a maximum SQLite takes the other columns from the row that holds it.
        "SELECT item, position, length, wall, max(key) AS newest FROM (
            SELECT key, item, coalesce(l.position, s.position) AS position, length, wall
                FROM session s LEFT JOIN live l USING (key) WHERE member = ?1
            UNION ALL SELECT key, item, position, length, wall FROM stopped WHERE member = ?1)
         GROUP BY item ORDER BY newest DESC LIMIT ?2",
    )?;
    let rows = query.query_map(params![who.as_str(), most], |row| {
        Ok(Latest {
            item: ItemId::from_bytes(row.get(0)?),
            position: ms(row.get(1)?),
            length: ms(row.get(2)?),
            wall_ms: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What a member has earned, by item and year.
pub fn credited_items(conn: &Connection, who: &MemberId) -> Result<Vec<Credited>, StoreError> {
    let mut query =
        conn.prepare_cached("SELECT item, year, media FROM credited WHERE member = ?1 ORDER BY year DESC, item")?;
    let rows = query.query_map([who.as_str()], |row| {
        Ok(Credited {
            item: ItemId::from_bytes(row.get(0)?),
            year: Year(row.get(1)?),
            media: column(row, 2, |text| serde_json::from_str(text).ok())?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The spans of a year in the order in which they were earned, of one member or of all.
pub fn spans_of_year(conn: &Connection, who: Option<&MemberId>, year: Year) -> Result<Vec<SpanRow>, StoreError> {
    let mut query = conn.prepare_cached(
        "SELECT member, item, mode, credit, wall, idx FROM span
         WHERE year = ?2 AND (?1 IS NULL OR member = ?1) ORDER BY idx",
    )?;
    let rows = query.query_map(params![who.map(MemberId::as_str), year.0], |row| {
        Ok(SpanRow {
            member: member(row, 0)?,
            item: ItemId::from_bytes(row.get(1)?),
            mode: column(row, 2, from_word)?,
            credit: ms(row.get(3)?),
            wall_ms: row.get(4)?,
            index: u64::try_from(row.get::<_, i64>(5)?).ok(),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// How well a span is proven, as its leaf says; a correction's word is people's, grade C.
pub fn grade_of(conn: &Connection, span: &SpanRow) -> Result<Option<Grade>, StoreError> {
    let Some(index) = span.index else { return Ok(None) };
    let bytes = ledger::leaves(conn, index, index + 1)?;
    Ok(bytes.first().and_then(|bytes| match Leaf::read(bytes)?.is {
        What::Span { grade, .. } => Some(grade),
        What::Correct { .. } => Some(Grade::C),
        _ => None,
    }))
}

/// A member's newest spans with their places in the ledger, the newest first.
pub fn newest_spans(conn: &Connection, who: &MemberId, most: u32) -> Result<Vec<(u64, SpanRow)>, StoreError> {
    let mut query = conn.prepare_cached(
        "SELECT idx, member, item, mode, credit, wall FROM span
         WHERE member = ?1 AND idx >= 0 ORDER BY idx DESC LIMIT ?2",
    )?;
    let rows = query.query_map(params![who.as_str(), most], |row| {
        let span = SpanRow {
            member: member(row, 1)?,
            item: ItemId::from_bytes(row.get(2)?),
            mode: column(row, 3, from_word)?,
            credit: ms(row.get(4)?),
            wall_ms: row.get(5)?,
            index: Some(ms(row.get(0)?).0),
        };
        Ok((ms(row.get(0)?).0, span))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What waits for a member's confirmation, by item: left by closed sessions, or pending in an open one.
pub fn left_pending(conn: &Connection, who: &MemberId) -> Result<Vec<(ItemId, Millis)>, StoreError> {
    let mut query = conn.prepare_cached(
        "SELECT s.item, coalesce(l.pending, s.left_pending) FROM session s LEFT JOIN live l USING (key)
         WHERE s.member = ?1 AND coalesce(l.pending, s.left_pending) IS NOT NULL ORDER BY s.key DESC",
    )?;
    let rows = query.query_map([who.as_str()], |row| {
        let left = column(row, 1, |text| {
            serde_json::from_str::<crate::credit::rule::Pending>(text).ok()
        })?;
        Ok((ItemId::from_bytes(row.get(0)?), left.total()))
    })?;
    let mut all = rows.collect::<Result<Vec<_>, _>>()?;
    all.retain(|(_, left)| *left > Millis::ZERO);
    Ok(all)
}

/// What of a member's newest sessions earned nothing, the latest first: at most `most` sessions. What has been credited
/// since, in whatever year, is left out.
pub fn not_counted(conn: &Connection, who: &MemberId, most: u32) -> Result<Vec<NotCounted>, StoreError> {
    let mut query = conn.prepare_cached(
        "SELECT s.item, s.wall, coalesce(l.lost, s.lost) FROM session s LEFT JOIN live l USING (key)
         WHERE s.member = ?1 AND coalesce(l.lost, s.lost, '{}') <> '{}' ORDER BY s.key DESC LIMIT ?2",
    )?;
    let rows = query.query_map(params![who.as_str(), most], |row| {
        Ok(NotCounted {
            item: ItemId::from_bytes(row.get(0)?),
            wall_ms: row.get(1)?,
            lost: column(row, 2, |text| serde_json::from_str(text).ok())?,
        })
    })?;
    let sessions = rows.collect::<Result<Vec<_>, _>>()?;
    let mut counted: HashMap<ItemId, Intervals> = HashMap::new();
    for credited in credited_items(conn, who)? {
        let all = counted.entry(credited.item).or_default();
        *all = all.union(&credited.media);
    }
    let still = |session: NotCounted| {
        let lost = counted
            .get(&session.item)
            .map_or_else(|| session.lost.clone(), |all| session.lost.but(all));
        NotCounted { lost, ..session }
    };
    Ok(sessions
        .into_iter()
        .map(still)
        .filter(|session| session.lost != Lost::default())
        .collect())
}
