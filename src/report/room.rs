//! Screenings, judged again from their leaves: who checked in when, who passed which check, what was shown between. The
//! district believes a span of a screening only if its own judgement gives it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::credit::attendance::{self, Earned, Mark, Seen};
use crate::ledger::{At, Ending, Entry};
use crate::types::{BranchId, Grade, Intervals, ItemId, MemberId, Millis, Mode, Piece, SessionId, Year};

/// One screening as its leaves tell it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomFacts {
    /// Which.
    pub screening: SessionId,
    /// How it counts.
    pub mode: Mode,
    /// For which branches; empty for everybody.
    pub branches: Vec<BranchId>,
    /// How many were expected.
    pub due: u32,
    /// When the lobby opened.
    pub opened: At,
    /// When and how it ended, if it has.
    pub ended: Option<(At, Ending)>,
    /// The leaf that ended it.
    pub ended_index: Option<u64>,
    /// Shown in all.
    pub shown: Millis,
    /// Shown while nobody was there.
    pub unattended: Millis,
    /// People present who are no members.
    pub guests: u32,
    /// Who came, and by which grade at the most.
    pub came: BTreeMap<MemberId, Grade>,
    pieces: Vec<Piece>,
    marks: BTreeMap<MemberId, Vec<Mark>>,
    present: BTreeSet<MemberId>,
    spans: Vec<(u64, MemberId, ItemId, Year, Grade, Intervals)>,
}

impl RoomFacts {
    pub(super) fn new(screening: SessionId, mode: Mode, branches: Vec<BranchId>, due: u32, opened: At) -> Self {
        Self {
            screening,
            mode,
            branches,
            due,
            opened,
            ended: None,
            ended_index: None,
            shown: Millis::ZERO,
            unattended: Millis::ZERO,
            guests: 0,
            came: BTreeMap::new(),
            pieces: Vec::new(),
            marks: BTreeMap::new(),
            present: BTreeSet::new(),
            spans: Vec::new(),
        }
    }

    /// What was shown, in its order.
    pub(super) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    pub(super) fn attend(&mut self, member: MemberId, shown: Millis, present: bool, by: Entry) {
        let grade = by.grade();
        let seen = if present { Seen::Passed(grade) } else { Seen::Missed };
        if present {
            let best = self.came.entry(member.clone()).or_insert(grade);
            *best = grade.min(*best);
            self.present.insert(member.clone());
        } else {
            self.present.remove(&member);
        }
        self.marks.entry(member).or_default().push(Mark { at: shown, seen });
    }

    pub(super) fn show(&mut self, pieces: Vec<Piece>) {
        self.pieces.extend(pieces);
    }

    /// Whoever was there when the check was put, and is not among those who passed, missed it.
    pub(super) fn check(&mut self, shown: Millis, passed: &[MemberId], ticked: &[MemberId], void: bool) {
        let grade_of = |member: &MemberId| {
            let is_in = |list: &[MemberId]| list.contains(member);
            if is_in(passed) {
                Some(Grade::B)
            } else if is_in(ticked) {
                Some(Grade::C)
            } else {
                None
            }
        };
        for member in passed.iter().chain(ticked) {
            self.present.insert(member.clone());
        }
        for member in &self.present {
            let marks = self.marks.entry(member.clone()).or_default();
            let came_later = marks.last().is_some_and(|mark| mark.at > shown);
            let seen = match grade_of(member) {
                Some(grade) => Seen::Passed(grade),
                None if void || came_later => continue,
                None => Seen::Missed,
            };
            marks.push(Mark { at: shown, seen });
        }
    }

    pub(super) fn span(&mut self, index: u64, who: &MemberId, what: (ItemId, Year, Grade), media: &Intervals) {
        self.spans
            .push((index, who.clone(), what.0, what.1, what.2, media.clone()));
    }

    /// The end: the spans that the marks do not give, by their places in the ledger.
    pub(super) fn end(&mut self, at: At, how: Ending, shown: Millis, unattended: Millis, guests: u32) -> Vec<u64> {
        self.ended = Some((at, how));
        (self.shown, self.unattended, self.guests) =
            (attendance::shown_time(&self.pieces).min(shown), unattended, guests);
        let spans = std::mem::take(&mut self.spans);
        let earned: BTreeMap<MemberId, Earned> = self
            .marks
            .iter()
            .map(|(member, marks)| (member.clone(), self.judge(marks, how)))
            .collect();
        let is_given = |who: &MemberId, what: &(ItemId, Year, Grade), media: &Intervals| {
            let set = earned.get(who).and_then(|sets| sets.get(what));
            set.is_some_and(|set| media.minus(set).is_empty())
        };
        let doubtful = spans
            .into_iter()
            .filter(|(_, who, item, year, grade, media)| !is_given(who, &(*item, *year, *grade), media));
        doubtful.map(|(index, ..)| index).collect()
    }

    fn judge(&self, marks: &[Mark], how: Ending) -> Earned {
        let mut marks = marks.to_vec();
        if how == Ending::StationFailure {
            marks.extend(attendance::kept(&marks, attendance::shown_time(&self.pieces)));
        }
        attendance::earned(&self.pieces, &marks)
    }
}

#[cfg(test)]
mod tests;
