//! One row: the pieces of a day of a station.
//!
//! It begins with what its pieces have in common, each once: sessions, members, items. Then come the pieces by their
//! leaves. Numbers are LEB128: seven bits in each byte, the low ones first, the eighth bit says that more follow.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

use super::UNDATED;
use crate::report::annual::Piece;
use crate::types::{Grade, ItemId, MemberId, Millis, SessionId};

/// The grades by their places in a row.
const GRADES: [Grade; 4] = [Grade::A, Grade::B, Grade::C, Grade::X];

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

pub(super) fn pack(pieces: &BTreeMap<u64, Piece>) -> Vec<u8> {
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
pub(super) trait Take {
    fn take(&mut self, session: usize, piece: &Packed<'_>);
}

/// A piece whose words stand elsewhere still.
pub(super) struct Packed<'a> {
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
pub(super) struct Each<'a>(pub(super) &'a mut Vec<Piece>);

impl Take for Each<'_> {
    fn take(&mut self, _: usize, piece: &Packed<'_>) {
        self.0.push(piece.into());
    }
}

/// What a member earned in one item and session on a day, as one piece: a person-time is made of it just as well, and of
/// the ten minutes of a film there is a third.
pub(super) struct Together<'a> {
    pieces: &'a mut Vec<Piece>,
    /// The place of each session's newest piece.
    places: &'a mut Vec<Option<usize>>,
}

impl<'a> Together<'a> {
    pub(super) fn new(pieces: &'a mut Vec<Piece>, places: &'a mut Vec<Option<usize>>) -> Self {
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
pub(super) fn unpack(row: &[u8], day: i64, to: &mut impl Take) -> Option<()> {
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
        use crate::report::annual::{Asked, Period, gather, latest_first};
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
