//! What several pages say about a screening: names, figures, how long each was there.

use std::collections::HashMap;

use crate::ledger::Entry;
pub(super) use crate::report::books::screenings::grade;
use crate::roster::{Member, Migrant, Status, Visiting};
use crate::screening::{Line, Record};
use crate::types::MemberId;

/// Who lives here and has not left.
pub(super) fn is_expected(member: &Member) -> bool {
    member.status != Status::Left && member.migrant != Migrant::Out
}

/// The figures of one screening.
pub(super) struct Attendance<'a> {
    names: HashMap<&'a MemberId, &'a Member>,
    visitors: HashMap<&'a MemberId, &'a str>,
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
        let is_due = |line: &&Line| was_expected(record, &line.who.member, &names);
        Self {
            came: record.lines.len(),
            excused: record.absences.len(),
            by_phone: record.lines.len() - ticked,
            ticked,
            due: record.state.due,
            came_of_due: record.lines.iter().filter(is_due).count(),
            names,
            visitors: HashMap::new(),
        }
    }

    /// Knows the names of those who belong elsewhere, too.
    pub(super) fn with_visitors(mut self, visiting: &'a [Visiting]) -> Self {
        self.visitors = visiting.iter().map(|who| (&who.member, who.name.as_str())).collect();
        self
    }

    pub(super) fn member(&self, id: &MemberId) -> Option<&'a Member> {
        self.names.get(id).copied()
    }

    /// A member's name; his number, if the roster has forgotten him.
    pub(super) fn name(&self, id: &MemberId) -> String {
        let member = self.member(id).map(|member| member.name.as_str());
        let name = member.or_else(|| self.visitors.get(id).copied());
        name.map_or_else(|| id.to_string(), str::to_owned)
    }

    /// How many came who were expected, if others came as well: visitors, or members of another branch.
    pub(super) fn of_them_expected(&self) -> Option<usize> {
        (self.came_of_due < self.came).then_some(self.came_of_due)
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

/// Whether a member was expected at this screening; by the roster, for one from before that was kept.
fn was_expected(record: &Record, who: &MemberId, names: &HashMap<&MemberId, &Member>) -> bool {
    if record.expected.is_empty() {
        names.get(who).is_some_and(|member| is_expected(member))
    } else {
        record.expected.contains(who)
    }
}
