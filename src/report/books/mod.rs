//! The books 台账 that a station must hold, filled in by the station: F1 screenings, F2 feedback, F3 equipment, F4 runs of
//! the box, F5 the roster, F6 the month card, F7 hours.
//!
//! 1. A [`Calendar`] knows where in the ledger each month lies.
//! 2. [`Facts`] are counted from the leaves of a [`Period`].
//! 3. [`figures`] and the modules of the single books make a [`Sheet`](super::sheet::Sheet) of them.
//!
//! Pure but for reading leaves; names come from the roster, which a district does not have: there, numbers stand for them.

mod asked;
mod calendar;
mod facts;
pub mod figures;
mod period;
pub mod screenings;
mod station;
mod study;

use std::collections::HashMap;

pub use asked::{Light, Need, lights};
pub use calendar::{Calendar, Run};
pub use facts::{Facts, Room, Session, Span};
pub use period::Period;
pub use station::{about_words, equipment, feedback, month_card, runs};
pub use study::{hours, parts, roster};

use super::sheet::Words;
use crate::credit::{Policies, Policy};
use crate::roster::{Member, Visiting};
use crate::types::{ItemId, Lang, MemberId, Mode};

/// What a book is made of.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// Titles, members, runs.
    pub calendar: &'a Calendar,
    /// What happened in the period.
    pub facts: &'a Facts,
    /// Names.
    pub names: &'a Names<'a>,
    /// The rule in force at its end: what is a person-time, what is due.
    pub policy: &'a Policy,
    /// The rules of all days: hours are weighed by that of their day.
    pub policies: &'a Policies,
    /// Of which time.
    pub period: Period,
    /// The present moment, by the wall clock.
    pub now_ms: i64,
    /// In which language.
    pub lang: Lang,
}

impl Source<'_> {
    /// An item's title; its id, if the ledger never learned it.
    pub fn title(&self, item: &ItemId) -> String {
        let known = self.calendar.items.get(item);
        known.map_or_else(|| item.to_string(), |(title, ..)| title.clone())
    }

    fn say(&self, words: Words) -> &'static str {
        words.in_lang(self.lang)
    }

    /// Leaves without a date are in no period: whoever reads the figures must know that there are some.
    fn undated_note(&self) -> Option<String> {
        let n = self.facts.undated;
        (n > 0).then(|| match self.lang {
            Lang::Zh => format!("另有 {n} 条台账日期待定，没有算在里面。"),
            Lang::En => format!("{n} entries without a date are not in these figures."),
        })
    }
}

/// The members of a roster by number, and the names of visitors.
#[derive(Debug, Default)]
pub struct Names<'a> {
    members: HashMap<&'a MemberId, &'a Member>,
    visitors: HashMap<&'a MemberId, &'a str>,
}

impl<'a> Names<'a> {
    /// Of these members.
    pub fn of(members: &'a [Member]) -> Self {
        Self {
            members: members.iter().map(|member| (&member.id, member)).collect(),
            visitors: HashMap::new(),
        }
    }

    /// Knows those who belong elsewhere, too.
    #[must_use]
    pub fn and_visitors(mut self, visiting: &'a [Visiting]) -> Self {
        self.visitors = visiting.iter().map(|who| (&who.member, who.name.as_str())).collect();
        self
    }

    /// A member, if the roster knows him.
    pub fn member(&self, id: &MemberId) -> Option<&'a Member> {
        self.members.get(id).copied()
    }

    /// A member's or a visitor's name; his number, if the roster has forgotten him.
    pub fn name(&self, id: &MemberId) -> String {
        let member = self.member(id).map(|member| member.name.as_str());
        let name = member.or_else(|| self.visitors.get(id).copied());
        name.map_or_else(|| id.to_string(), str::to_owned)
    }
}

/// The word for a mode.
pub fn mode_words(mode: Mode) -> Words {
    match mode {
        Mode::Screening => Words("集中收看", "Screening"),
        Mode::Alone => Words("个人自学", "Alone"),
        Mode::Brought => Words("送学上门", "Brought home"),
        Mode::MakeUp => Words("补学", "Made up"),
        Mode::Migrant => Words("流动党员远程", "Migrant, remote"),
    }
}

#[cfg(test)]
mod tests;
