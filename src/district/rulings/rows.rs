//! The table of decisions: what stands in a row, and what a station's leaves say became of it.

use std::collections::{BTreeSet, HashMap};

use super::super::{figures, rows::logs};
use super::{Asked, Outcome};
use crate::credit::settling::Settled;
use crate::ledger::ruling::{Decision, Ruling};
use crate::ledger::{Leaf, Settler, Unruled, What};
use crate::store::{Row, Sql, StoreError, count, params, sql};
use crate::types::{Intervals, Origin};

/// What a station has to carry out, about its log and those before it, as signed notes in their order.
pub(in crate::district) fn under_way(conn: &dyn Sql, station: &Origin, most: usize) -> Result<Vec<String>, StoreError> {
    let query =
        "SELECT serial, note FROM ruling WHERE station = ?1 AND serial > 0 AND outcome = '' ORDER BY serial LIMIT ?2";
    let mut all: Vec<(i64, String)> = Vec::new();
    for log in logs(conn, station)? {
        let read = |row: &dyn Row| Ok((row.get(0)?, row.get(1)?));
        all.extend(conn.query_map(query, params![log.as_str(), sql(most as u64)], read)?);
    }
    all.sort_unstable_by_key(|(serial, _)| *serial);
    Ok(all.into_iter().take(most).map(|(_, note)| note).collect())
}

/// The number of the newest decision about a station, 0 before the first: they grow over all its epochs.
pub(super) fn newest(conn: &dyn Sql, station: &Origin) -> Result<u64, StoreError> {
    let query = "SELECT coalesce(max(serial), 0) FROM ruling WHERE station = ?1";
    let mut newest = 0;
    for log in logs(conn, station)? {
        newest = newest.max(conn.query_row(query, [log.as_str()], |row| row.get::<i64>(0))?);
    }
    Ok(count(newest))
}

/// Years that were decided of a log that has ended, as leaves of later ones carried them out.
pub(in crate::district) fn carried_out_later(
    conn: &dyn Sql,
    ended: &Origin,
) -> Result<Vec<(Settled, Intervals)>, StoreError> {
    let query = "SELECT decides, leaf.bytes FROM ruling JOIN leaf ON leaf.station = log AND leaf.idx = ruling.leaf
        WHERE ruling.station = ?1 AND outcome = 'done' AND log <> '' AND log <> ?1 ORDER BY serial";
    let mut said = Vec::new();
    conn.for_each(query, [ended.as_str()], |row| {
        let named = match serde_json::from_str(row.text(0)?) {
            Ok(Decision::Year { year, spans }) => (year, spans),
            _ => return Ok(()),
        };
        if let Some(What::SettledBefore {
            log,
            year,
            spans,
            twice,
            ..
        }) = Leaf::read(row.blob(1)?).map(|leaf| leaf.is)
            && log == *ended
            && year == named.0
        {
            let twice: HashMap<u64, Intervals> = twice.into_iter().collect();
            let settled = spans.into_iter().filter(|span| named.1.contains(span));
            said.extend(settled.map(|(span, wall_ms)| {
                let had = twice.get(&span).cloned().unwrap_or_default();
                (Settled { span, year, wall_ms }, had)
            }));
        }
        Ok(())
    })?;
    Ok(said)
}

/// What a leaf says became of a decision: its note, its log, its number, and that. Most leaves say nothing, and are not taken
/// apart.
fn outcome_in(bytes: &[u8]) -> Option<(String, Ruling, Outcome)> {
    const SIGNED: &[u8] = b"\"signed\":\"yuanjiao-ruling/";
    if !bytes.windows(SIGNED.len()).any(|part| part == SIGNED) {
        return None;
    }
    let (signed, outcome) = match Leaf::read(bytes)?.is {
        What::Settled {
            signed,
            by: Settler::District,
            ..
        }
        | What::SettledBefore { signed, .. }
        | What::Correct { signed, .. } => (signed, Outcome::Done),
        What::Unruled { signed, why } => (signed, Outcome::Not(why)),
        _ => return None,
    };
    let ruling = Ruling::of(&signed)?;
    Some((signed, ruling, outcome))
}

/// What leaves of a station say became of decisions, `(index, bytes)` as they are believed; the first word counts. Figures of
/// logs that ended change with it.
pub(in crate::district) fn learn<'a>(
    conn: &dyn Sql,
    station: &Origin,
    leaves: impl Iterator<Item = (u64, &'a [u8])>,
) -> Result<(), StoreError> {
    let mut ended = BTreeSet::new();
    let mut own = None;
    for (leaf, bytes) in leaves {
        let Some((note, ruling, outcome)) = outcome_in(bytes) else {
            continue;
        };
        let logs = own.get_or_insert(logs(conn, station)?);
        if !logs.contains(&ruling.station) {
            continue;
        }
        let about = &ruling.station;
        let noted = conn.execute(
            "UPDATE ruling SET outcome = ?3, leaf = ?4, log = ?5
             WHERE station = ?1 AND serial = ?2 AND serial > 0 AND outcome = '' AND note = ?6",
            params![
                about.as_str(),
                sql(ruling.serial),
                word(outcome),
                sql(leaf),
                station.as_str(),
                note
            ],
        )?;
        if noted > 0 && about != station && outcome == Outcome::Done {
            ended.insert(about.clone());
        }
    }
    ended.iter().try_for_each(|log| figures::rebuild(conn, log))
}

fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::UnderWay => "",
        Outcome::Done => "done",
        Outcome::Not(Unruled::NothingLeft) => "nothing_left",
        Outcome::Not(Unruled::OtherLog) => "other_log",
        Outcome::Not(Unruled::Unfit) => "unfit",
    }
}

fn read_word(word: &str) -> Option<Outcome> {
    let not = [Unruled::NothingLeft, Unruled::OtherLog, Unruled::Unfit].map(Outcome::Not);
    let mut all = [Outcome::UnderWay, Outcome::Done].into_iter().chain(not);
    all.find(|outcome| self::word(*outcome) == word)
}

pub(super) const ASKED: &str =
    "SELECT number, decides, evidence, asked_by, asked_s, signed_by, signed_s, outcome, leaf, log, station FROM ruling";

pub(super) fn asked(row: &dyn Row) -> Result<Asked, StoreError> {
    let (decides, outcome): (String, String) = (row.get(1)?, row.get(7)?);
    let (signed_by, leaf): (String, Option<i64>) = (row.get(5)?, row.get(8)?);
    let (log, station): (String, String) = (row.get(9)?, row.get(10)?);
    Ok(Asked {
        number: count(row.get(0)?),
        decides: serde_json::from_str(&decides).map_err(|_| StoreError::Column(1))?,
        evidence: row.get(2)?,
        asked: (row.get(3)?, count(row.get(4)?)),
        signed: match signed_by.as_str() {
            "" => None,
            _ => Some((signed_by, count(row.get(6)?))),
        },
        outcome: read_word(&outcome).ok_or(StoreError::Column(7))?,
        leaf: leaf.map(count),
        later: Origin::new(&log).ok().filter(|_| log != station),
    })
}

/// All decisions about a station, the newest first.
pub(super) fn all(conn: &dyn Sql, station: &Origin) -> Result<Vec<Asked>, StoreError> {
    let query = format!("{ASKED} WHERE station = ?1 ORDER BY number DESC");
    conn.query_map(&query, [station.as_str()], asked)
}
