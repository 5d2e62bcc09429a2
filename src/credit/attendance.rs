//! Attendance 出勤 of a screening: who was there for which stretch of what was shown.
//!
//! A screening has a clock of its own, the *shown time*: it moves only while the film really plays, so a pause stops
//! everyone's time at once. What was shown is a list of pieces in their order; where somebody was seen is a list of marks
//! at shown times. A member earns the stretch between two marks that follow each other only if he passed both: signed in
//! and left earns nothing, a missed check costs the stretches on both its sides (rule 6).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::types::{Grade, Intervals, ItemId, Millis, Piece, Year};

/// What became of a member at a shown time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Seen {
    /// He was there: by his own device (B) or by the operator's tick (C).
    Passed(Grade),
    /// A check went by without him.
    Missed,
}

/// A mark: seen or not, at a shown time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The shown time.
    pub at: Millis,
    /// What.
    pub seen: Seen,
}

/// What one member earned: media by item, year and grade. The sets of one item and year do not overlap.
pub type Earned = BTreeMap<(ItemId, Year, Grade), Intervals>;

/// How long was shown in all.
pub fn shown_time(pieces: &[Piece]) -> Millis {
    Millis(pieces.iter().map(|piece| piece.length().0).sum())
}

/// The mark of somebody who was there when the station failed: it is not his fault that no further check came.
pub fn kept(marks: &[Mark], shown: Millis) -> Option<Mark> {
    let last = marks.last().filter(|mark| matches!(mark.seen, Seen::Passed(_)))?;
    Some(Mark {
        at: shown,
        seen: last.seen,
    })
}

/// Judges one member's marks, which are in the order in which they were made.
pub fn earned(pieces: &[Piece], marks: &[Mark]) -> Earned {
    let mut all = Earned::new();
    for pair in marks.windows(2) {
        let (Seen::Passed(before), Seen::Passed(after)) = (pair[0].seen, pair[1].seen) else {
            continue;
        };
        // The weaker of two proofs is the stretch's proof.
        let grade = before.max(after);
        for piece in between(pieces, pair[0].at, pair[1].at) {
            let set = all.entry((piece.item, piece.year, grade)).or_default();
            *set = set.union(&Intervals::one(piece.from, piece.to));
        }
    }
    without_overlaps(all)
}

/// The pieces, or parts of them, that were shown between two shown times.
fn between(pieces: &[Piece], from: Millis, to: Millis) -> impl Iterator<Item = Piece> {
    let mut begin = Millis::ZERO;
    pieces.iter().filter_map(move |piece| {
        let end = begin.plus(piece.length());
        let cut = Piece {
            from: piece.from.plus(from.minus(begin)),
            to: piece.to.minus(end.minus(to)),
            ..*piece
        };
        begin = end;
        (cut.from < cut.to).then_some(cut)
    })
}

/// What was shown twice counts once, with the better proof.
fn without_overlaps(all: Earned) -> Earned {
    let mut counted: BTreeMap<ItemId, Intervals> = BTreeMap::new();
    let mut sets: Vec<_> = all.into_iter().collect();
    sets.sort_by_key(|((item, year, grade), _)| (*grade, *year, *item));
    let fresh = sets.into_iter().map(|((item, year, grade), set)| {
        let before = counted.entry(item).or_default();
        let new = set.minus(before);
        *before = before.union(&set);
        ((item, year, grade), new)
    });
    fresh.filter(|(_, set)| !set.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const YEAR: Year = Year(2026);

    fn item(n: u8) -> ItemId {
        ItemId::from_digest(&[n; 32])
    }

    fn piece(n: u8, from: u64, to: u64) -> Piece {
        Piece {
            item: item(n),
            year: YEAR,
            from: Millis::secs(from),
            to: Millis::secs(to),
        }
    }

    fn seen(at: u64, seen: Seen) -> Mark {
        Mark {
            at: Millis::secs(at),
            seen,
        }
    }

    const HERE: Seen = Seen::Passed(Grade::B);

    fn seconds(pieces: &[Piece], marks: &[Mark]) -> u64 {
        let sets = earned(pieces, marks);
        sets.values().map(|set| set.total().0).sum::<u64>() / 1000
    }

    /// A film of 45 minutes, checks after 15 and 30 and at the end.
    fn evening(marks: &[(u64, Seen)]) -> u64 {
        let marks: Vec<Mark> = marks.iter().map(|(at, what)| seen(*at, *what)).collect();
        seconds(&[piece(1, 0, 2700)], &marks)
    }

    #[test]
    fn row_24_who_passes_every_check_earns_the_whole_film() {
        assert_eq!(evening(&[(0, HERE), (900, HERE), (1800, HERE), (2700, HERE)]), 2700);
    }

    #[test]
    fn row_25_signed_in_and_left_earns_nothing() {
        let gone = [
            (0, HERE),
            (900, Seen::Missed),
            (1800, Seen::Missed),
            (2700, Seen::Missed),
        ];
        assert_eq!(evening(&gone), 0);
    }

    #[test]
    fn row_26_a_quarter_of_an_hour_late_earns_from_then_on() {
        assert_eq!(evening(&[(900, HERE), (1800, HERE), (2700, HERE)]), 1800);
    }

    #[test]
    fn row_27_the_check_after_half_an_hour_missed_costs_both_its_sides() {
        assert_eq!(
            evening(&[(0, HERE), (900, HERE), (1800, Seen::Missed), (2700, HERE)]),
            900
        );
    }

    #[test]
    fn row_28_a_pause_of_ten_minutes_counts_for_nobody() {
        // 45 minutes of wall time, of which the film stood still for 600 s: 2100 s were shown.
        let marks = [(0, HERE), (600, HERE), (1200, HERE), (2100, HERE)].map(|(at, what)| seen(at, what));
        assert_eq!(seconds(&[piece(1, 0, 600), piece(1, 600, 2100)], &marks), 2100);
    }

    #[test]
    fn row_29_a_television_for_the_wall_earns_nothing() {
        assert_eq!(evening(&[]), 0);
    }

    #[test]
    fn a_part_shown_twice_counts_once_and_with_the_better_proof() {
        let pieces = [piece(1, 0, 600), piece(1, 300, 900)];
        let ticked = Seen::Passed(Grade::C);
        let marks = [seen(0, ticked), seen(600, HERE), seen(1200, HERE)];
        let sets = earned(&pieces, &marks);
        assert_eq!(sets[&(item(1), YEAR, Grade::B)].pairs(), &[(300_000, 900_000)]);
        assert_eq!(sets[&(item(1), YEAR, Grade::C)].pairs(), &[(0, 300_000)]);
    }

    #[test]
    fn an_evening_of_two_films_is_divided_among_them() {
        let pieces = [piece(1, 0, 600), piece(2, 0, 900)];
        let marks = [seen(0, HERE), seen(700, HERE), seen(1500, Seen::Missed)];
        let sets = earned(&pieces, &marks);
        assert_eq!(sets[&(item(1), YEAR, Grade::B)].total(), Millis::secs(600));
        assert_eq!(sets[&(item(2), YEAR, Grade::B)].total(), Millis::secs(100));
    }

    #[test]
    fn nobody_earns_more_than_was_shown_whatever_the_marks() {
        // Marks beyond the end, out of order, or twice at one place.
        let odd = [(5000, HERE), (100, HERE), (100, HERE), (9000, HERE), (0, HERE)];
        assert!(evening(&odd) <= 2700);
        assert_eq!(shown_time(&[piece(1, 0, 600), piece(2, 5, 10)]), Millis::secs(605));
    }
}
