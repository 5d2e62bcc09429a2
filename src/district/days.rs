//! Credit by day, for the annual report: one row for each day of a station, in which every piece of credit of that day
//! takes some ten bytes. A view of `span`, written in the same transaction; a province's year is read in a moment.
//!
//! A row begins with what its pieces have in common, each once: sessions, members, items. Then come the pieces by their
//! leaves. Numbers are LEB128: seven bits in each byte, the low ones first, the eighth bit says that more follow.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::Hash;

use crate::report::Credit;
use crate::report::annual::{Period, Piece};
use crate::store::{Sql, StoreError, Value, params};
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

/// Where the pieces of a row go, each with the place of its session in the row.
trait Take {
    fn take(&mut self, session: usize, piece: &Packed<'_>);
}

/// A piece whose words stand elsewhere still.
struct Packed<'a> {
    index: u64,
    session: SessionId,
    member: &'a MemberId,
    item: ItemId,
    day: Option<i64>,
    earned: Millis,
    grade: Grade,
}

impl From<&Packed<'_>> for Piece {
    fn from(packed: &Packed<'_>) -> Self {
        Self {
            index: packed.index,
            last: packed.index,
            session: packed.session,
            member: packed.member.clone(),
            item: packed.item,
            day: packed.day,
            earned: packed.earned,
            grade: packed.grade,
        }
    }
}

/// Each by itself.
struct Each<'a>(&'a mut Vec<Piece>);

impl Take for Each<'_> {
    fn take(&mut self, _: usize, piece: &Packed<'_>) {
        self.0.push(piece.into());
    }
}

/// What a member earned in one item and session on a day, as one piece: a person-time is made of it just as well, and of
/// the ten minutes of a film there is a third.
struct Together<'a> {
    pieces: &'a mut Vec<Piece>,
    /// The place of each session's newest piece.
    places: &'a mut Vec<Option<usize>>,
}

impl<'a> Together<'a> {
    fn new(pieces: &'a mut Vec<Piece>, places: &'a mut Vec<Option<usize>>) -> Self {
        places.clear();
        Self { pieces, places }
    }
}

impl Take for Together<'_> {
    fn take(&mut self, session: usize, piece: &Packed<'_>) {
        if self.places.len() <= session {
            self.places.resize(session + 1, None);
        }
        let before = self.places[session].and_then(|at| self.pieces.get_mut(at));
        if let Some(before) = before.filter(|before| before.member == *piece.member && before.item == piece.item) {
            before.last = piece.index;
            before.earned = before.earned.plus(piece.earned);
            before.grade = before.grade.max(piece.grade);
        } else {
            self.places[session] = Some(self.pieces.len());
            self.pieces.push(piece.into());
        }
    }
}

/// Reads a row, and hands over its pieces; `None` if it is not what this program writes.
fn unpack(row: &[u8], day: i64, to: &mut impl Take) -> Option<()> {
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
        let session = rest.place()?;
        let piece = Packed {
            index,
            session: *sessions.get(session)?,
            member: members.get(rest.place()?)?,
            item: *items.get(rest.place()?)?,
            day: (day != UNDATED).then_some(day),
            earned: Millis(rest.number()?),
            grade: *GRADES.get(rest.place()?)?,
        };
        to.take(session, &piece);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(index: u64, who: &str, session: u8) -> (u64, Piece) {
        let piece = Piece {
            index,
            last: index,
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
        unpack(&row, 20_784, &mut Each(&mut back)).unwrap();
        assert_eq!(back, pieces.values().cloned().collect::<Vec<_>>());
        for cut in 0..row.len() {
            // Nothing that was cut short or is something else is read as if it were whole.
            let mut some = Vec::new();
            assert!(unpack(&row[..cut], 20_784, &mut Each(&mut some)).is_none() || some.len() < pieces.len());
        }
        assert!(unpack(&[0xff; 40], 0, &mut Each(&mut Vec::new())).is_none());
    }

    #[test]
    fn pieces_that_are_taken_together_give_the_same_person_times() {
        use crate::credit::{Policies, Policy};
        use crate::report::annual::{Asked, gather, latest_first};
        // Members and items change within a session, as in an evening of several films.
        let pieces: BTreeMap<u64, Piece> = (0..400_u16)
            .map(|n| {
                let who = ["0021", "00007", "3"][usize::from(n / 70) % 3];
                let (index, mut piece) = piece(5 + u64::from(n) * 2, who, u8::try_from(n % 11).unwrap());
                piece.item = ItemId::from_bytes([u8::try_from(n / 50).unwrap(); 16]);
                (index, piece)
            })
            .collect();
        let (mut each, mut together) = (Vec::new(), Vec::new());
        let row = pack(&pieces);
        unpack(&row, 20_784, &mut Each(&mut each)).unwrap();
        unpack(&row, 20_784, &mut Together::new(&mut together, &mut Vec::new())).unwrap();
        assert!(together.len() < each.len(), "{}", together.len());
        let (policies, kinds): (Policies, _) = (Policy::built_in().into(), BTreeMap::new());
        let asked = Asked {
            period: Period {
                from: 20_000,
                to: 21_000,
            },
            policies: &policies,
            skill: &[],
            local: &[],
            kinds: &kinds,
        };
        let times = |pieces: &[Piece]| {
            let skilled = |item: &ItemId| item.bytes()[0].is_multiple_of(2);
            let mut times = gather("station/1", skilled, pieces, asked);
            times.sort_by(latest_first);
            times.sort_by(|a, b| (a.session, &a.member).cmp(&(b.session, &b.member)));
            times
        };
        assert!(!each.is_empty() && !times(&each).is_empty());
        assert_eq!(times(&together), times(&each));
    }
}
