//! What several pages say about a screening: names, figures, how long each was there.

use std::collections::HashMap;

use super::Pages;
use crate::credit::attendance::{Mark, Seen};
use crate::http::Problem;
use crate::ledger::Entry;
use crate::roster::{Member, Migrant, Status};
use crate::screening::{Line, Record};
use crate::types::{Grade, MemberId};

/// How many members of the roster are expected at a screening for everybody.
pub(super) async fn due(pages: &Pages) -> Result<u32, Problem> {
    let members = pages.roster.members().await?;
    let due = members.iter().filter(|member| is_expected(member)).count();
    Ok(u32::try_from(due).unwrap_or(u32::MAX))
}

/// Who lives here and has not left.
pub(super) fn is_expected(member: &Member) -> bool {
    member.status != Status::Left && member.migrant != Migrant::Out
}

/// The figures of one screening.
pub(super) struct Attendance<'a> {
    names: HashMap<&'a MemberId, &'a Member>,
    /// How many came.
    pub(super) came: usize,
    /// How many are excused.
    pub(super) excused: usize,
    /// How many checked in by phone.
    pub(super) by_phone: usize,
    /// How many the operator checked in.
    pub(super) ticked: usize,
    due: u32,
    came_of_due: usize,
}

impl<'a> Attendance<'a> {
    pub(super) fn of(record: &Record, members: &'a [Member]) -> Self {
        let names: HashMap<_, _> = members.iter().map(|member| (&member.id, member)).collect();
        let ticked = record
            .lines
            .iter()
            .filter(|line| line.who.entry == Entry::Ticked)
            .count();
        let is_due = |line: &&Line| names.get(&line.who.member).is_some_and(|member| is_expected(member));
        Self {
            came: record.lines.len(),
            excused: record.absences.len(),
            by_phone: record.lines.len() - ticked,
            ticked,
            due: record.state.due,
            came_of_due: record.lines.iter().filter(is_due).count(),
            names,
        }
    }

    pub(super) fn member(&self, id: &MemberId) -> Option<&'a Member> {
        self.names.get(id).copied()
    }

    /// A member's name; his number, if the roster has forgotten him.
    pub(super) fn name(&self, id: &MemberId) -> String {
        self.member(id)
            .map_or_else(|| id.to_string(), |member| member.name.clone())
    }

    /// 到会率: of those who were expected.
    pub(super) fn rate(&self) -> String {
        if self.due == 0 {
            return "–".to_owned();
        }
        // 到会率 to a tenth of a percent, rounded down: 99.96 % is not everybody.
        let tenths = self.came_of_due as u64 * 1000 / u64::from(self.due);
        match tenths % 10 {
            0 => format!("{}%", tenths / 10),
            tenth => format!("{}.{tenth}%", tenths / 10),
        }
    }

    /// Who was neither there nor excused.
    pub(super) fn absent(&self) -> usize {
        (self.due as usize)
            .saturating_sub(self.came_of_due)
            .saturating_sub(self.excused)
    }
}

/// How many checks a member passed, and how many he missed.
pub(super) fn checks(marks: &[Mark]) -> (usize, usize) {
    let passed = marks.iter().filter(|mark| matches!(mark.seen, Seen::Passed(_))).count();
    (passed.saturating_sub(1), marks.len() - passed)
}

/// The grade of what a member earned; of how he came in, while he has earned nothing.
pub(super) fn grade(line: &Line) -> Grade {
    let earned = line.earned.keys().map(|(_, _, grade)| *grade).max();
    earned.unwrap_or(match line.who.entry {
        Entry::Code => Grade::B,
        Entry::Ticked => Grade::C,
    })
}
