//! The table of decisions: what stands in a row, and what a station's leaves say became of it.

use super::{Asked, Outcome};
use crate::ledger::ruling::Ruling;
use crate::ledger::{Leaf, Settler, Unruled, What};
use crate::store::{Row, Sql, StoreError, count, params, sql};
use crate::types::Origin;

/// What a station has to carry out, as signed notes in their order.
pub(in crate::district) fn under_way(conn: &dyn Sql, station: &Origin, most: usize) -> Result<Vec<String>, StoreError> {
    let query = "SELECT note FROM ruling WHERE station = ?1 AND serial > 0 AND outcome = '' ORDER BY serial LIMIT ?2";
    conn.query_map(query, params![station.as_str(), sql(most as u64)], |row| row.get(0))
}

/// What a leaf says became of a decision. Most leaves say nothing, and are not taken apart.
pub(in crate::district) fn outcome_in(bytes: &[u8]) -> Option<(Ruling, Outcome)> {
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
        | What::Correct { signed, .. } => (signed, Outcome::Done),
        What::Unruled { signed, why } => (signed, Outcome::Not(why)),
        _ => return None,
    };
    Some((Ruling::of(&signed)?, outcome))
}

/// A leaf of the station says what became of a decision; the first word counts.
pub(in crate::district) fn note_outcome(
    conn: &dyn Sql,
    station: &Origin,
    (ruling, outcome): &(Ruling, Outcome),
    leaf: u64,
) -> Result<(), StoreError> {
    conn.execute(
        "UPDATE ruling SET outcome = ?3, leaf = ?4 WHERE station = ?1 AND serial = ?2 AND serial > 0 AND outcome = ''",
        params![station.as_str(), sql(ruling.serial), word(*outcome), sql(leaf)],
    )
    .map(drop)
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
    "SELECT number, decides, evidence, asked_by, asked_s, signed_by, signed_s, outcome, leaf FROM ruling";

pub(super) fn asked(row: &dyn Row) -> Result<Asked, StoreError> {
    let (decides, outcome): (String, String) = (row.get(1)?, row.get(7)?);
    let (signed_by, leaf): (String, Option<i64>) = (row.get(5)?, row.get(8)?);
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
    })
}

/// All decisions about a station, the newest first.
pub(super) fn all(conn: &dyn Sql, station: &Origin) -> Result<Vec<Asked>, StoreError> {
    let query = format!("{ASKED} WHERE station = ?1 ORDER BY number DESC");
    conn.query_map(&query, [station.as_str()], asked)
}
