//! What the records hold, and what can be wrong with it. Read on the station, written at the district.

use serde::{Deserialize, Serialize};

use super::Kind;
use crate::clock::day_named;
use crate::ledger::ruling::Ruling;
use crate::programme::{ITEMS, Plan, When};
use crate::roster::Member;
use crate::types::{BranchId, ItemId, MemberId};

/// A village has some hundreds, a township's own station some thousands.
pub const MEMBERS: usize = 5_000;
/// Neighbours and migrants who may come by.
pub const VISITORS: usize = 20_000;
/// Two evenings a day for half a year.
pub const ENTRIES: usize = 400;
/// The library of a whole district.
pub const ITEMS_LISTED: usize = 10_000;
/// One record of the largest that there can be: what a district decides about one station between two visits.
pub const RULINGS: usize = 50;
/// More than this nobody reads.
pub const NOTICES: usize = 20;
/// Texts of one line.
pub const LINE: usize = 60;
/// The words of a notice.
pub const WORDS: usize = 500;

/// The members of the station.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Roster {
    /// Everybody who belongs to it. No PINs: those are the station's.
    pub members: Vec<Member>,
}

/// Numbers of one branch elsewhere. No names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Home {
    /// What people call its station.
    pub station: String,
    /// The branch.
    pub branch: BranchId,
    /// Who belongs there.
    pub numbers: Vec<MemberId>,
}

/// Who may come by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Visitors {
    /// By branch.
    pub homes: Vec<Home>,
}

/// The programme from its first day on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Programme {
    /// Each under the district's own reference, by which it keeps its place when it comes again.
    pub entries: Vec<(String, Plan)>,
}

/// One item that may be shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approved {
    /// Which.
    pub item: ItemId,
    /// Its title, for people.
    pub title: String,
    /// The first day, `2026-11-26`.
    pub from: String,
}

/// The list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct List {
    /// In the order of titles.
    pub items: Vec<Approved>,
}

/// One notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    /// One line.
    pub title: String,
    /// The words; may be empty.
    pub text: String,
    /// The first day on which it is shown, `2026-11-26`.
    pub from: String,
    /// The last one.
    pub until: String,
}

impl Notice {
    /// Whether it is shown on a day; while nobody knows the day, it is.
    pub fn is_shown(&self, today: Option<i64>) -> bool {
        let Some(today) = today else { return true };
        let (from, until) = (day_named(&self.from), day_named(&self.until));
        from.is_some_and(|from| from <= today) && until.is_some_and(|until| today <= until)
    }
}

/// All of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Board {
    /// In the order of their days.
    pub notices: Vec<Notice>,
}

/// Decisions 裁定 that the station has not carried out yet, as far as the district knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Docket {
    /// Each a signed note ([`crate::ledger::ruling`]), in the order of their numbers.
    pub rulings: Vec<String>,
}

/// A content of any kind, within its limits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// Members.
    Roster(Roster),
    /// Who may come by.
    Visitors(Visitors),
    /// Programme.
    Plan(Programme),
    /// List of items.
    Approved(List),
    /// Notices.
    Notices(Board),
    /// Decisions.
    Rulings(Docket),
}

fn fits(text: &str, most: usize) -> bool {
    text.chars().count() <= most && !text.chars().any(|c| c.is_control() && c != '\n')
}

fn check(holds: bool, what: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(what.to_owned()) }
}

impl Body {
    /// Reads a content; the sentence says what is wrong with it, for the log.
    pub fn read(kind: Kind, text: &str) -> Result<Self, String> {
        let plain = |error: serde_json::Error| error.to_string();
        let body = match kind {
            Kind::Roster => Self::Roster(serde_json::from_str(text).map_err(plain)?),
            Kind::Visitors => Self::Visitors(serde_json::from_str(text).map_err(plain)?),
            Kind::Plan => Self::Plan(serde_json::from_str(text).map_err(plain)?),
            Kind::Approved => Self::Approved(serde_json::from_str(text).map_err(plain)?),
            Kind::Notices => Self::Notices(serde_json::from_str(text).map_err(plain)?),
            Kind::Rulings => Self::Rulings(serde_json::from_str(text).map_err(plain)?),
        };
        body.check().map(|()| body)
    }

    /// The text that is signed.
    pub fn text(&self) -> String {
        match self {
            Self::Roster(body) => serde_json::to_string(body),
            Self::Visitors(body) => serde_json::to_string(body),
            Self::Plan(body) => serde_json::to_string(body),
            Self::Approved(body) => serde_json::to_string(body),
            Self::Notices(body) => serde_json::to_string(body),
            Self::Rulings(body) => serde_json::to_string(body),
        }
        .expect("plain values are JSON")
    }

    /// What it is.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Roster(_) => Kind::Roster,
            Self::Visitors(_) => Kind::Visitors,
            Self::Plan(_) => Kind::Plan,
            Self::Approved(_) => Kind::Approved,
            Self::Notices(_) => Kind::Notices,
            Self::Rulings(_) => Kind::Rulings,
        }
    }

    /// How many members, numbers, evenings, items, notices or decisions it holds.
    pub fn count(&self) -> usize {
        match self {
            Self::Roster(body) => body.members.len(),
            Self::Visitors(body) => body.homes.iter().map(|home| home.numbers.len()).sum(),
            Self::Plan(body) => body.entries.len(),
            Self::Approved(body) => body.items.len(),
            Self::Notices(body) => body.notices.len(),
            Self::Rulings(body) => body.rulings.len(),
        }
    }

    /// Whether everything is within its limits: a district's program may be another version, and its clerks are people.
    pub fn check(&self) -> Result<(), String> {
        let most = match self {
            Self::Roster(_) => MEMBERS,
            Self::Visitors(_) => VISITORS,
            Self::Plan(_) => ENTRIES,
            Self::Approved(_) => ITEMS_LISTED,
            Self::Notices(_) => NOTICES,
            Self::Rulings(_) => RULINGS,
        };
        check(self.count() <= most, &format!("more than {most} entries"))?;
        match self {
            Self::Roster(body) => check_members(&body.members),
            Self::Visitors(body) => check(
                body.homes.iter().all(|home| fits(&home.station, LINE)),
                "a station's name",
            ),
            Self::Plan(body) => body
                .entries
                .iter()
                .try_for_each(|(reference, plan)| check_plan(reference, plan)),
            Self::Approved(body) => {
                let sound = |item: &Approved| fits(&item.title, 200) && day_named(&item.from).is_some();
                check(body.items.iter().all(sound), "an item of the list")
            }
            Self::Notices(body) => {
                let sound = |one: &Notice| {
                    let days = day_named(&one.from).zip(day_named(&one.until));
                    let named = !one.title.is_empty() && fits(&one.title, LINE) && fits(&one.text, WORDS);
                    named && days.is_some_and(|(from, until)| from <= until)
                };
                check(body.notices.iter().all(sound), "a notice")
            }
            Self::Rulings(body) => {
                let all: Option<Vec<u64>> = body.rulings.iter().map(|note| Some(Ruling::of(note)?.serial)).collect();
                let in_order = all.is_some_and(|all| all.is_sorted_by(|a, b| a < b));
                check(in_order, "a decision")
            }
        }
    }
}

fn check_members(members: &[Member]) -> Result<(), String> {
    check(members.iter().all(Member::is_sound), "a member's facts")?;
    let numbers: std::collections::BTreeSet<&MemberId> = members.iter().map(|member| &member.id).collect();
    check(numbers.len() == members.len(), "a number that stands there twice")
}

fn check_plan(reference: &str, plan: &Plan) -> Result<(), String> {
    let day = When::read(&plan.when.day, &plan.when.time);
    check(day.as_ref() == Some(&plan.when), "a day or a time of the plan")?;
    check((1..=ITEMS).contains(&plan.items.len()), "the items of an evening")?;
    let texts = [&plan.place, &plan.chair];
    let titles = plan.items.iter().all(|planned| fits(&planned.title, 200));
    let lines = texts.into_iter().all(|text| fits(text, LINE));
    check(titles && lines && fits(reference, LINE), "a text of the plan")
}
