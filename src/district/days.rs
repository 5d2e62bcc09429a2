//! Credit by day, for the annual report: one row for each day of a station, in which every piece of credit of that day
//! takes some ten bytes. A view of `span`, written in the same transaction; a province's year is read in a moment.
//!
//! A row begins with what its pieces have in common, each once: sessions, members, items. Then come the pieces by their
//! leaves. Numbers are LEB128: seven bits in each byte, the low ones first, the eighth bit says that more follow.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::Hash;

use crate::report::Credit;
use crate::report::annual::{Period, Piece};
use crate::store::{Sql, StoreError, params};
use crate::types::{Grade, ItemId, MemberId, Millis, SessionId};

/// The day of what has no date yet.
const UNDATED: i64 = -1;
/// The grades by their places in a row.
const GRADES: [Grade; 4] = [Grade::A, Grade::B, Grade::C, Grade::X];

/// Puts down all of a station's days. There are none of it yet.
pub(super) fn write_all(conn: &dyn Sql, station: &str, credits: &[Credit]) -> Result<(), StoreError> {
    let mut days: BTreeMap<i64, BTreeMap<u64, Piece>> = BTreeMap::new();
    for piece in credits.iter().map(Piece::from) {
        days.entry(day(&piece)).or_default().insert(piece.index, piece);
    }
    let mut rows = days.iter().map(|(day, pieces)| params![station, day, pack(pieces)]);
    conn.add("day_sheet", &["station", "day", "pieces"], &mut rows)
        .map(drop)
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
        for piece in &changed {
            if day(piece) == of {
                pieces.insert(piece.index, piece.clone());
            } else {
                pieces.remove(&piece.index);
            }
        }
        write(conn, station, of, &pieces)?;
    }
    Ok(())
}

fn read(conn: &dyn Sql, station: &str, day: i64) -> Result<BTreeMap<u64, Piece>, StoreError> {
    let query = "SELECT pieces FROM day_sheet WHERE station = ?1 AND day = ?2";
    let found: Option<Vec<u8>> = conn.query_optional(query, params![station, day], |row| row.get(0))?;
    let mut pieces = Vec::new();
    if let Some(row) = found {
        unpack(&row, day, &mut pieces).ok_or(StoreError::Column(0))?;
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

/// Hands over, station by station, the pieces of a period and those without a date, in the order of the ledger. A station
/// without any is not named.
pub(super) fn each_station(
    conn: &dyn Sql,
    period: Period,
    mut act: impl FnMut(&str, &[Piece]),
) -> Result<(), StoreError> {
    let query = "SELECT day_sheet.station, day, pieces FROM station JOIN day_sheet ON day_sheet.station = origin
             AND (day BETWEEN ?1 AND ?2 OR day = ?3)
         ORDER BY origin";
    let (mut of, mut pieces) = (String::new(), Vec::new());
    let mut hand_over = |of: &str, pieces: &mut Vec<Piece>| {
        // Days follow one another, leaves need not: a year may have been settled later.
        if !pieces.is_empty() {
            pieces.sort_unstable_by_key(|piece| piece.index);
            act(of, pieces);
            pieces.clear();
        }
    };
    conn.for_each(query, [period.from, period.to, UNDATED], |row| {
        let station = row.text(0)?;
        if of != station {
            hand_over(&of, &mut pieces);
            station.clone_into(&mut of);
        }
        unpack(row.blob(2)?, row.get(1)?, &mut pieces).ok_or(StoreError::Column(2))
    })?;
    hand_over(&of, &mut pieces);
    Ok(())
}

/// What pieces have in common, each once.
struct Words<T> {
    list: Vec<T>,
    places: HashMap<T, u64>,
}

impl<T: Hash + Eq + Clone> Words<T> {
    fn of(all: impl Iterator<Item = T>) -> Self {
        let mut words = Self {
            list: Vec::new(),
            places: HashMap::new(),
        };
        for word in all {
            let next = words.list.len() as u64;
            words.places.entry(word.clone()).or_insert_with(|| {
                words.list.push(word);
                next
            });
        }
        words
    }

    fn place(&self, word: &T) -> u64 {
        self.places.get(word).copied().unwrap_or(0)
    }
}

fn pack(pieces: &BTreeMap<u64, Piece>) -> Vec<u8> {
    let sessions = Words::of(pieces.values().map(|piece| piece.session));
    let members = Words::of(pieces.values().map(|piece| piece.member.clone()));
    let items = Words::of(pieces.values().map(|piece| piece.item));
    let mut row = Vec::new();
    number(&mut row, sessions.list.len() as u64);
    sessions
        .list
        .iter()
        .for_each(|session| row.extend_from_slice(session.bytes()));
    number(&mut row, members.list.len() as u64);
    for member in &members.list {
        number(&mut row, member.as_str().len() as u64);
        row.extend_from_slice(member.as_str().as_bytes());
    }
    number(&mut row, items.list.len() as u64);
    items.list.iter().for_each(|item| row.extend_from_slice(item.bytes()));
    let mut before = 0;
    for (index, piece) in pieces {
        number(&mut row, index - before);
        before = *index;
        number(&mut row, sessions.place(&piece.session));
        number(&mut row, members.place(&piece.member));
        number(&mut row, items.place(&piece.item));
        number(&mut row, piece.earned.0);
        let grade = GRADES.iter().position(|grade| *grade == piece.grade);
        number(&mut row, grade.unwrap_or(GRADES.len() - 1) as u64);
    }
    row
}

fn number(row: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        row.push((n & 0x7f) as u8 | 0x80);
        n >>= 7;
    }
    row.push((n & 0x7f) as u8);
}

/// What is left of a row.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn number(&mut self) -> Option<u64> {
        let mut n = 0;
        for at in (0..64).step_by(7) {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            n |= u64::from(byte & 0x7f) << at;
            if byte & 0x80 == 0 {
                return Some(n);
            }
        }
        None
    }

    fn place(&mut self) -> Option<usize> {
        usize::try_from(self.number()?).ok()
    }

    fn take(&mut self, most: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(most)?;
        self.0 = rest;
        Some(taken)
    }

    fn list<T>(&mut self, read: impl Fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let n = self.place().filter(|n| *n <= self.0.len())?;
        (0..n).map(|_| read(self)).collect()
    }
}

/// Reads a row, and adds its pieces; `None` if it is not what this program writes.
fn unpack(row: &[u8], day: i64, pieces: &mut Vec<Piece>) -> Option<()> {
    let mut rest = Rest(row);
    let sixteen = |rest: &mut Rest<'_>| <[u8; 16]>::try_from(rest.take(16)?).ok();
    let sessions = rest.list(|rest| sixteen(rest).map(SessionId::from_bytes))?;
    let members = rest.list(|rest| {
        let length = rest.place()?;
        MemberId::new(std::str::from_utf8(rest.take(length)?).ok()?).ok()
    })?;
    let items = rest.list(|rest| sixteen(rest).map(ItemId::from_bytes))?;
    let mut index = 0;
    while !rest.0.is_empty() {
        index += rest.number()?;
        pieces.push(Piece {
            index,
            session: *sessions.get(rest.place()?)?,
            member: members.get(rest.place()?)?.clone(),
            item: *items.get(rest.place()?)?,
            day: (day != UNDATED).then_some(day),
            earned: Millis(rest.number()?),
            grade: *GRADES.get(rest.place()?)?,
        });
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(index: u64, who: &str, session: u8) -> (u64, Piece) {
        let piece = Piece {
            index,
            session: SessionId::from_bytes([session; 16]),
            member: MemberId::new(who).unwrap(),
            item: ItemId::from_bytes([session / 2; 16]),
            day: Some(20_784),
            earned: Millis(index * 1_000_003),
            grade: GRADES[usize::from(session) % 4],
        };
        (index, piece)
    }

    #[test]
    fn a_day_comes_back_as_it_was_put_down_and_takes_ten_bytes_a_piece() {
        let pieces: BTreeMap<u64, Piece> = (0..200_u8)
            .map(|n| {
                let who = ["0021", "00007", "3"][usize::from(n) % 3];
                piece(300 + u64::from(n) * 3, who, n % 7)
            })
            .collect();
        let row = pack(&pieces);
        assert!(row.len() < 200 * 10 + 7 * 32 + 20, "{}", row.len());
        let mut back = Vec::new();
        unpack(&row, 20_784, &mut back).unwrap();
        assert_eq!(back, pieces.values().cloned().collect::<Vec<_>>());
        for cut in 0..row.len() {
            // Nothing that was cut short or is something else is read as if it were whole.
            let mut some = Vec::new();
            assert!(unpack(&row[..cut], 20_784, &mut some).is_none() || some.len() < pieces.len());
        }
        assert!(unpack(&[0xff; 40], 0, &mut Vec::new()).is_none());
    }
}
