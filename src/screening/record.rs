//! What is known of an evening: who was there, what each was asked, passed and earned. As it stands, while it runs.

use std::collections::BTreeMap;

use super::Screenings;
use super::rows::{self, Attendee};
use super::state::State;
use crate::credit::attendance::{self, Earned, Mark, Seen};
use crate::store::StoreError;
use crate::types::{MemberId, Millis, SessionId};

/// The checks 抽查 that were put to one who was there. One that a power cut made void asked nobody who had not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Checks {
    /// So many were put while he was in; the code with which he came in answered one that was open.
    pub asked: usize,
    /// So many of them he passed.
    pub passed: usize,
}

impl Checks {
    /// Counts the marks of one member: his checks by number.
    fn of<'a>(marks: impl Iterator<Item = (&'a Mark, i64)>) -> Self {
        let mut by_number: BTreeMap<u64, bool> = BTreeMap::new();
        for (mark, number) in marks.filter(|(_, number)| *number != 0) {
            *by_number.entry(number.unsigned_abs()).or_default() |= mark.seen != Seen::Missed;
        }
        Self {
            asked: by_number.len(),
            passed: by_number.values().filter(|passed| **passed).count(),
        }
    }

    /// How many he missed.
    pub fn missed(self) -> usize {
        self.asked - self.passed
    }
}

/// One line of an evening's record.
#[derive(Debug, Clone)]
pub struct Line {
    /// Who.
    pub who: Attendee,
    /// What he was asked, and answered.
    pub checks: Checks,
    /// What he earned, once it is over; what he would earn if it were over now, before.
    pub earned: Earned,
}

impl Line {
    /// Everything he earned.
    pub fn total(&self) -> Millis {
        Millis(self.earned.values().map(|set| set.total().0).sum())
    }
}

/// A screening with everything that is known of it.
#[derive(Debug, Clone)]
pub struct Record {
    /// Its serial number at this station.
    pub serial: i64,
    /// Itself.
    pub state: State,
    /// Who was there.
    pub lines: Vec<Line>,
    /// Who was expected when it began; nobody for one from before that was kept.
    pub expected: Vec<MemberId>,
    /// Who was excused, and why.
    pub absences: Vec<(MemberId, String)>,
}

impl Screenings {
    /// The record of a screening.
    pub async fn record(&self, screening: SessionId) -> Result<Option<Record>, StoreError> {
        let find = move |conn: &rusqlite::Connection| {
            let found = rows::of_id(conn, screening)?;
            found.map(|(key, state)| record(conn, key, state)).transpose()
        };
        self.ledger.store().read(find).await
    }

    /// The newest screenings, `most` of them, the newest first.
    pub async fn records(&self, most: u32) -> Result<Vec<Record>, StoreError> {
        let find = move |conn: &rusqlite::Connection| {
            let all = rows::newest(conn, most)?.into_iter();
            all.map(|(key, state)| record(conn, key, state)).collect()
        };
        self.ledger.store().read(find).await
    }

    /// The screenings that were opened between two wall-clock moments, the oldest first.
    pub async fn records_between(&self, from_ms: i64, until_ms: i64) -> Result<Vec<Record>, StoreError> {
        let find = move |conn: &rusqlite::Connection| {
            let all = rows::opened_between(conn, from_ms, until_ms)?.into_iter();
            all.map(|(key, state)| record(conn, key, state)).collect()
        };
        self.ledger.store().read(find).await
    }
}

fn record(conn: &rusqlite::Connection, key: i64, state: State) -> Result<Record, StoreError> {
    let marks = rows::marks(conn, key)?;
    let line = |who: Attendee| {
        let own = || marks.iter().filter(|(member, ..)| *member == who.member);
        let seen: Vec<Mark> = own().map(|(_, mark, _)| *mark).collect();
        Line {
            checks: Checks::of(own().map(|(_, mark, number)| (mark, *number))),
            earned: attendance::earned(&state.pieces, &seen),
            who,
        }
    };
    let lines = rows::attendees(conn, key)?.into_iter().map(line).collect();
    Ok(Record {
        serial: key,
        lines,
        expected: rows::expected(conn, key)?,
        absences: rows::absences(conn, key)?,
        state,
    })
}
