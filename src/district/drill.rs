//! Behind a figure, the person-times that it counts: read from the days that can hold them, never from all leaves.
//!
//! 1. Which days: a station's, those of the stations where a member ever was, those on which an item was seen; without any
//!    of these, the few days that a page shows, which the annual report has counted one by one.
//! 2. [`gather`], the same rule as in the report, makes person-times of them.
//! 3. What else is asked for only takes some away.

use std::collections::{BTreeMap, BTreeSet};

use super::{District, days, figures};
use crate::ledger::Home;
use crate::report::annual::{self, Annual, Asked, Category, Period, Person, PersonTime, gather, is_of};
use crate::store::{Sql, StoreError, ToValue as _, Value};
use crate::types::{ItemId, MemberId};

/// A session is closed after two hours of silence, an evening after eight: none reaches further than to the next day but
/// one.
const REACH: i64 = 2;

/// Which person-times somebody asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wish {
    /// A row of the report; `None` is every one.
    pub category: Option<Category>,
    /// Of a station.
    pub station: Option<String>,
    /// Of a member.
    pub member: Option<MemberId>,
    /// Of an item.
    pub item: Option<ItemId>,
}

/// Some person-times, with what a list says of them.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// The latest first.
    pub times: Vec<PersonTime>,
    /// How many there are in all, and of how many people.
    pub all: annual::Pair,
    /// The members among them whom a roster lists.
    pub people: BTreeMap<MemberId, Person>,
    /// Those whom none lists, and where they say that they belong.
    pub homes: BTreeMap<MemberId, Home>,
    /// What their stations call the items.
    pub titles: BTreeMap<ItemId, String>,
}

impl Wish {
    /// Whether it asks for a row of the report, or for everything.
    pub fn is_of_row(&self) -> bool {
        self.station.is_none() && self.member.is_none() && self.item.is_none()
    }

    /// The query that finds the days, and its last value.
    fn days(&self) -> (&'static str, Option<Value>) {
        match (&self.station, &self.member, &self.item) {
            (Some(station), ..) => (days::OF_STATION, Some(station.to_value())),
            (None, Some(member), _) => (days::OF_MEMBER, Some(member.as_str().to_value())),
            (None, None, Some(item)) => (days::OF_ITEM, Some(item.bytes()[..].to_value())),
            (None, None, None) => (days::ALL, None),
        }
    }

    fn takes(&self, time: &PersonTime) -> bool {
        self.station.as_ref().is_none_or(|station| time.station == *station)
            && self.member.as_ref().is_none_or(|member| time.member == *member)
            && self.item.is_none_or(|item| time.item == item)
    }
}

/// What of a row stands on one page: the days that hold it, and how many lines lie before it on the first of them.
#[derive(Debug, PartialEq, Eq)]
struct Cut {
    days: Period,
    skip: usize,
}

/// Finds the days that hold `most` lines behind the first `skip`, from the last day on.
fn cut(report: &Annual, category: Option<Category>, skip: usize, most: usize) -> Option<Cut> {
    let place = annual::place_of(category);
    let (mut before, mut cut) = (0, None::<Cut>);
    for (day, lines) in report.by_day.iter().rev() {
        let here = usize::try_from(lines[place]).unwrap_or(0);
        if before + here > skip {
            let cut = cut.get_or_insert_with(|| Cut {
                days: Period { from: *day, to: *day },
                skip: skip - before,
            });
            cut.days.from = *day;
        }
        before += here;
        if before >= skip.saturating_add(most) {
            break;
        }
    }
    cut
}

impl District {
    /// A page of a row of the annual report: `most` lines behind the first `skip`. `report` is that of the same period, which
    /// says how many lines the row has and on which days. Blocks.
    pub fn page_of_row(
        &self,
        asked: Asked<'_>,
        category: Option<Category>,
        report: &Annual,
        lines: (usize, usize),
    ) -> Result<Found, StoreError> {
        self.store
            .read_blocking(|conn| page(conn, asked, category, report, lines))
    }

    /// Those of all that are wished for: so many behind the first so many. Blocks.
    pub fn some_of(&self, asked: Asked<'_>, wish: &Wish, (skip, most): (usize, usize)) -> Result<Found, StoreError> {
        self.store.read_blocking(|conn| some(conn, asked, wish, (skip, most)))
    }
}

pub(super) fn page(
    conn: &dyn Sql,
    asked: Asked<'_>,
    category: Option<Category>,
    report: &Annual,
    lines: (usize, usize),
) -> Result<Found, StoreError> {
    let mut found = of_row(conn, asked, category, report, lines)?;
    name(conn, asked, &mut found)?;
    Ok(found)
}

pub(super) fn some(
    conn: &dyn Sql,
    asked: Asked<'_>,
    wish: &Wish,
    (skip, most): (usize, usize),
) -> Result<Found, StoreError> {
    let mut times = times(conn, asked, wish, asked.period, wish.category)?;
    times.retain(|time| time.day.is_some());
    let persons: BTreeSet<&MemberId> = times.iter().map(|time| &time.member).collect();
    let all = annual::Pair {
        times: times.len(),
        persons: persons.len(),
    };
    let mut found = Found {
        all,
        times: times.into_iter().skip(skip).take(most).collect(),
        ..Found::default()
    };
    name(conn, asked, &mut found)?;
    Ok(found)
}

fn of_row(
    conn: &dyn Sql,
    asked: Asked<'_>,
    category: Option<Category>,
    report: &Annual,
    (skip, most): (usize, usize),
) -> Result<Found, StoreError> {
    let line = category.and_then(|wanted| report.lines.iter().find(|(category, _)| *category == wanted));
    let mut found = Found {
        all: line.map_or(report.total, |(_, pair)| *pair),
        ..Found::default()
    };
    if let Some(few) = report.few.get(&category) {
        found.times = few.iter().skip(skip).take(most).cloned().collect();
    } else if let Some(cut) = cut(report, category, skip, most) {
        // What began before these days or goes on after them is read whole, and belongs to the day on which it began.
        let around = Period {
            from: (cut.days.from - REACH).max(asked.period.from),
            to: (cut.days.to + REACH).min(asked.period.to),
        };
        let mut times = times(conn, asked, &Wish::default(), around, category)?;
        times.retain(|time| time.day.is_some_and(|day| cut.days.holds(day)));
        found.times = times.into_iter().skip(cut.skip).take(most).collect();
    }
    Ok(found)
}

/// The person-times of some days, the latest first; those without a date are among them.
fn times(
    conn: &dyn Sql,
    asked: Asked<'_>,
    wish: &Wish,
    period: Period,
    category: Option<Category>,
) -> Result<Vec<PersonTime>, StoreError> {
    let skill = match category {
        Some(Category::Skill) => figures::of_classes(conn, asked.skill)?,
        _ => BTreeMap::new(),
    };
    let (query, of) = wish.days();
    let mut found = Vec::new();
    days::each_of(conn, query, period, of, |station, pieces| {
        let skill = skill.get(station);
        let teaches = |item: &ItemId| skill.is_some_and(|skill| skill.contains(item));
        let times = gather(station, teaches, pieces, asked);
        found.extend(times.into_iter().filter(|time| wish.takes(time)));
    })?;
    if let Some(category) = category {
        let people = people(conn, asked, &found)?;
        found.retain(|time| is_of(category, people.get(&time.member), time));
    }
    found.sort_by(annual::latest_first);
    Ok(found)
}

/// The people of these lines, as the whole district's rosters list them.
fn people(conn: &dyn Sql, asked: Asked<'_>, times: &[PersonTime]) -> Result<BTreeMap<MemberId, Person>, StoreError> {
    let members = times.iter().map(|time| &time.member).collect();
    Ok(annual::people(&figures::listed_of(conn, &members)?, asked.kinds))
}

impl Found {
    /// The branch of a member: as his roster says, or as he said himself where no roster lists him.
    pub fn branch(&self, member: &MemberId) -> String {
        let listed = self.people.get(member).map(|person| &person.listed.branch);
        let said = self.homes.get(member).map(|home| &home.branch);
        listed.or(said).map_or_else(String::new, ToString::to_string)
    }
}

fn name(conn: &dyn Sql, asked: Asked<'_>, found: &mut Found) -> Result<(), StoreError> {
    found.people = people(conn, asked, &found.times)?;
    for time in &found.times {
        if !found.people.contains_key(&time.member)
            && !found.homes.contains_key(&time.member)
            && let Some(home) = figures::home_of(conn, &time.station, &time.member)?
        {
            found.homes.insert(time.member.clone(), home);
        }
        if !found.titles.contains_key(&time.item)
            && let Some(title) = figures::title(conn, &time.station, time.item)?
        {
            found.titles.insert(time.item, title);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(days: &[(i64, u32)]) -> Annual {
        let place = annual::place_of(Some(Category::New));
        let row = |n: u32| {
            let mut row = [1_000_000; annual::ROWS];
            row[place] = n;
            row
        };
        Annual {
            by_day: days.iter().map(|(day, n)| (*day, row(*n))).collect(),
            ..Annual::default()
        }
    }

    #[test]
    fn a_page_lies_on_the_days_that_hold_its_lines_and_on_no_others() {
        let report = report(&[(1, 5), (2, 0), (3, 7), (9, 4)]);
        let found = |skip, most| {
            let cut = cut(&report, Some(Category::New), skip, most)?;
            Some((cut.days.from, cut.days.to, cut.skip))
        };
        assert_eq!(found(0, 4), Some((9, 9, 0)), "the last day alone");
        assert_eq!(found(0, 5), Some((3, 9, 0)));
        assert_eq!(found(4, 3), Some((3, 3, 0)), "the first line of a day");
        assert_eq!(found(6, 5), Some((3, 3, 2)), "to the last line of it");
        assert_eq!(found(6, 6), Some((1, 3, 2)));
        assert_eq!(found(15, 200), Some((1, 1, 4)), "the last line of all");
        assert_eq!(found(16, 200), None, "behind it");
        assert_eq!(found(usize::MAX, usize::MAX), None);
    }
}
