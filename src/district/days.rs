//! Credit by day, for the annual report: one row for each day of a station, in which every piece of credit of that day
//! takes some ten bytes. A view of `span`, written in the same transaction; a province's year is read in a moment.

mod row;

use std::collections::{BTreeMap, BTreeSet};

use row::{Each, Together, pack, unpack};

use crate::report::Credit;
use crate::report::annual::{Period, Piece};
use crate::store::{Sql, StoreError, Value, params};
use crate::types::ItemId;

/// The day of what has no date yet.
const UNDATED: i64 = -1;
/// Puts down all of a station's days. There are none of it yet.
pub(super) fn write_all(conn: &dyn Sql, station: &str, credits: &[Credit]) -> Result<(), StoreError> {
    let mut days: BTreeMap<i64, BTreeMap<u64, Piece>> = BTreeMap::new();
    for piece in credits.iter().map(Piece::from) {
        days.entry(day(&piece)).or_default().insert(piece.index, piece);
    }
    let mut rows = days.iter().map(|(day, pieces)| params![station, day, pack(pieces)]);
    conn.add("day_sheet", &["station", "day", "pieces"], &mut rows)?;
    let seen: BTreeSet<(ItemId, i64)> = days
        .iter()
        .flat_map(|(day, pieces)| pieces.values().map(move |piece| (piece.item, *day)))
        .collect();
    let mut rows = seen.iter().map(|(item, day)| params![station, &item.bytes()[..], day]);
    conn.add("item_day", &["station", "item", "day"], &mut rows).map(drop)
}

fn day(piece: &Piece) -> i64 {
    piece.day.unwrap_or(UNDATED)
}

/// Takes in pieces that are new or have changed; of the first `known` leaves the days stand in `span` as they were.
pub(super) fn change(conn: &dyn Sql, station: &str, known: u64, credits: &[Credit]) -> Result<(), StoreError> {
    let changed: Vec<Piece> = credits.iter().map(Piece::from).collect();
    let mut days: BTreeSet<i64> = changed.iter().map(day).collect();
    for piece in changed.iter().filter(|piece| piece.index < known) {
        days.extend(super::figures::one(conn, station, piece.index)?.map(|credit| day(&Piece::from(&credit))));
    }
    for of in days {
        let mut pieces = read(conn, station, of)?;
        let before = items(&pieces);
        for piece in &changed {
            if day(piece) == of {
                pieces.insert(piece.index, piece.clone());
            } else {
                pieces.remove(&piece.index);
            }
        }
        write(conn, station, of, &pieces)?;
        note_items(conn, station, of, &before, &items(&pieces))?;
    }
    Ok(())
}

fn items(pieces: &BTreeMap<u64, Piece>) -> BTreeSet<ItemId> {
    pieces.values().map(|piece| piece.item).collect()
}

/// On which days an item was seen: who opens its figure reads those days alone.
fn note_items(
    conn: &dyn Sql,
    station: &str,
    day: i64,
    before: &BTreeSet<ItemId>,
    now: &BTreeSet<ItemId>,
) -> Result<(), StoreError> {
    let insert = "INSERT INTO item_day (station, item, day) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
    let delete = "DELETE FROM item_day WHERE station = ?1 AND item = ?2 AND day = ?3";
    let come = now.difference(before).map(|item| (insert, item));
    let gone = before.difference(now).map(|item| (delete, item));
    for (statement, item) in come.chain(gone) {
        conn.execute(statement, params![station, &item.bytes()[..], day])?;
    }
    Ok(())
}

fn read(conn: &dyn Sql, station: &str, day: i64) -> Result<BTreeMap<u64, Piece>, StoreError> {
    let query = "SELECT pieces FROM day_sheet WHERE station = ?1 AND day = ?2";
    let found: Option<Vec<u8>> = conn.query_optional(query, params![station, day], |row| row.get(0))?;
    let mut pieces = Vec::new();
    if let Some(row) = found {
        unpack(&row, day, &mut Each(&mut pieces)).ok_or(StoreError::Column(0))?;
    }
    Ok(pieces.into_iter().map(|piece| (piece.index, piece)).collect())
}

fn write(conn: &dyn Sql, station: &str, day: i64, pieces: &BTreeMap<u64, Piece>) -> Result<(), StoreError> {
    if pieces.is_empty() {
        let delete = "DELETE FROM day_sheet WHERE station = ?1 AND day = ?2";
        return conn.execute(delete, params![station, day]).map(drop);
    }
    conn.execute(
        "INSERT INTO day_sheet (station, day, pieces) VALUES (?1, ?2, ?3)
         ON CONFLICT (station, day) DO UPDATE SET pieces = excluded.pieces",
        params![station, day, pack(pieces)],
    )
    .map(drop)
}

/// Of all stations, the days of a period and what has no date.
pub(super) const ALL: &str = "SELECT day_sheet.station, day, pieces FROM station JOIN day_sheet
         ON day_sheet.station = origin AND (day BETWEEN ?1 AND ?2 OR day = ?3)
     ORDER BY origin";
/// The same of one station.
pub(super) const OF_STATION: &str = "SELECT station, day, pieces FROM day_sheet
     WHERE station = ?4 AND (day BETWEEN ?1 AND ?2 OR day = ?3)";
/// The same of the stations where a member ever earned something: they keep a part of their count of him.
pub(super) const OF_MEMBER: &str = "SELECT day_sheet.station, day, pieces FROM station
     JOIN part ON part.station = origin AND part.kind = 'member' AND part.name = ?4
     JOIN day_sheet ON day_sheet.station = origin AND (day BETWEEN ?1 AND ?2 OR day = ?3)
     ORDER BY origin";
/// The days on which an item was seen, and those beside them: an evening may go on past midnight with another film.
pub(super) const OF_ITEM: &str = "SELECT day_sheet.station, day_sheet.day, pieces FROM
         (SELECT station, day FROM item_day WHERE item = ?4 AND day BETWEEN ?1 AND ?2
          UNION SELECT station, day - 1 FROM item_day WHERE item = ?4 AND day BETWEEN ?1 AND ?2
          UNION SELECT station, day + 1 FROM item_day WHERE item = ?4 AND day BETWEEN ?1 AND ?2
          UNION SELECT origin, ?3 FROM station) AS seen
     JOIN day_sheet ON day_sheet.station = seen.station AND day_sheet.day = seen.day
         AND (day_sheet.day BETWEEN ?1 AND ?2 OR day_sheet.day = ?3)
     ORDER BY seen.station";

/// Hands over, station by station, the pieces of a period and those without a date, in the order of the ledger. A station
/// without any is not named.
pub(super) fn each_station(conn: &dyn Sql, period: Period, act: impl FnMut(&str, &[Piece])) -> Result<(), StoreError> {
    each_of(conn, ALL, period, None, act)
}

/// The same of what one of the queries above finds, `of` being its last value.
pub(super) fn each_of(
    conn: &dyn Sql,
    query: &str,
    period: Period,
    of: Option<Value>,
    mut act: impl FnMut(&str, &[Piece]),
) -> Result<(), StoreError> {
    let mut values = params![period.from, period.to, UNDATED];
    values.extend(of);
    let (mut of, mut pieces, mut places) = (String::new(), Vec::new(), Vec::new());
    let mut hand_over = |of: &str, pieces: &mut Vec<Piece>| {
        // Days follow one another, leaves need not: a year may have been settled later.
        if !pieces.is_empty() {
            pieces.sort_unstable_by_key(|piece| piece.index);
            act(of, pieces);
            pieces.clear();
        }
    };
    conn.for_each(query, values, |row| {
        let station = row.text(0)?;
        if of != station {
            hand_over(&of, &mut pieces);
            station.clone_into(&mut of);
        }
        let mut together = Together::new(&mut pieces, &mut places);
        unpack(row.blob(2)?, row.get(1)?, &mut together).ok_or(StoreError::Column(2))
    })?;
    hand_over(&of, &mut pieces);
    Ok(())
}
