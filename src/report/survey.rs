//! The district's reports 报表, each as one [`Sheet`]: page, print, CSV and XLSX are made of it alike, so that they cannot
//! differ. Pure: whoever asks brings the figures, what people call the stations, and the policy.
//!
//! [`annual`] are the blanks of F8; [`members`] and [`groups`] the hours against what is due; [`activity`] what stations did
//! against what is asked of them; [`films`] what became of items; [`compared`] puts the year before beside any of them; [`twice`] who was at two places at once; [`sessions`] what
//! is behind a figure. A cell opens to an address of the district's pages, and there to leaves.

mod activity;
mod annual;
mod compared;
mod films;
mod hours;
mod migrants;
mod sessions;

use std::collections::BTreeMap;

pub use activity::{activity, months_of, twice};
pub use annual::annual;
pub use compared::compared;
pub use films::{FilmLine, film_lines, films};
pub use hours::{By, groups, members};
pub use migrants::{Contacts, migrant_members, migrants};
pub use sessions::{Behind, sessions};

use super::Month;
use super::annual::{Annual, Period, Person, PersonTime, date_of};
use super::sheet::{Cell, Column, Sheet, To};
use super::tables::MemberLine;
use crate::credit::Frequency;
use crate::ledger::Home;
use crate::types::{ItemId, MemberId};

/// What people call a station, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Name.
    pub name: String,
    /// Township 乡镇; empty if nobody said.
    pub township: String,
}

/// A figure that nobody can measure, with its label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypedIn {
    /// What it is.
    pub label: &'static str,
    /// As a person wrote it; empty while nobody did.
    pub value: String,
}

/// A member whom several stations saw at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Twice {
    /// Who.
    pub member: MemberId,
    /// Where, by the stations' names in ledgers.
    pub stations: Vec<String>,
    /// From this moment, milliseconds since 1970 …
    pub from_ms: i64,
    /// … to this one.
    pub to_ms: i64,
}

/// What reports are made of.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// Of which days.
    pub period: Period,
    /// The blanks.
    pub annual: &'a Annual,
    /// The same days a year before.
    pub before: &'a Annual,
    /// Person-times of the period.
    pub times: &'a [PersonTime],
    /// Everybody whom a roster lists.
    pub people: &'a BTreeMap<MemberId, Person>,
    /// Visitors whom no roster lists, and where they say that they belong.
    pub visitors: &'a BTreeMap<MemberId, Home>,
    /// Hours of the period's year by member.
    pub lines: &'a [MemberLine],
    /// Titles of items.
    pub titles: &'a BTreeMap<ItemId, String>,
    /// Stations by their names in ledgers.
    pub stations: &'a BTreeMap<String, Named>,
    /// What each station did, by month.
    pub months: &'a BTreeMap<String, BTreeMap<u32, Month>>,
    /// Items, the most played first.
    pub films: &'a [(ItemId, FilmLine)],
    /// Who was at two places at once.
    pub twice: &'a [Twice],
    /// What is asked of a station each month.
    pub frequency: Frequency,
    /// What people typed in.
    pub typed: &'a [TypedIn],
    /// The policies by which all this was made, by name.
    pub policy: &'a str,
}

/// What the annual report is made of: it asks for no session.
#[derive(Debug, Clone, Copy)]
pub struct Blanks<'a> {
    /// Of which days.
    pub period: Period,
    /// The blanks.
    pub now: &'a Annual,
    /// The same days a year before.
    pub before: &'a Annual,
    /// What people typed in.
    pub typed: &'a [TypedIn],
    /// The policies by which all this was made, by name.
    pub policy: &'a str,
}

/// The sessions behind a figure: the address of their page, with one more condition.
fn behind(period: Period, condition: &str) -> To {
    let (from, to) = (date_of(period.from), date_of(period.to));
    To::Page(format!("/annual/sessions?from={from}&to={to}{condition}"))
}

fn days(period: Period) -> String {
    format!("{} 到 {}", date_of(period.from), date_of(period.to))
}

fn sheet(
    (period, policy): (Period, &str),
    code: &'static str,
    title: &'static str,
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
) -> Sheet {
    Sheet {
        code,
        title,
        period: days(period),
        columns,
        rows,
        sums: None,
        notes: vec![format!("学时按《{policy}》。")],
        is_wide: true,
        is_card: false,
    }
}

impl<'a> Source<'a> {
    /// What the annual report is made of.
    pub fn blanks(&self) -> Blanks<'a> {
        Blanks {
            period: self.period,
            now: self.annual,
            before: self.before,
            typed: self.typed,
            policy: self.policy,
        }
    }

    /// What people call a station; its name in the ledger, if nobody said.
    fn station(&self, origin: &str) -> String {
        self.stations
            .get(origin)
            .map_or_else(|| origin.to_owned(), |known| known.name.clone())
    }

    /// The station that a visitor named, by whatever name he knows it; none if nobody here is called so.
    fn station_named(&self, said: &str) -> Option<&'a str> {
        let is_it = |(origin, named): &(&String, &Named)| {
            origin.as_str() == said || named.name == said || origin.rsplit('/').next() == Some(said)
        };
        let found = self.stations.iter().find(|one| !said.is_empty() && is_it(one));
        found.map(|(origin, _)| origin.as_str())
    }

    /// The branch and the station of a visitor whom no roster lists.
    fn visitor(&self, member: &MemberId) -> Option<(&'a str, String)> {
        let home = self.visitors.get(member)?;
        let station = match self.station_named(&home.station) {
            Some(origin) => self.station(origin),
            None if home.station.is_empty() => "不知道".to_owned(),
            None => home.station.clone(),
        };
        Some((home.branch.as_str(), station))
    }

    fn township(&self, origin: &str) -> String {
        let known = self.stations.get(origin).map(|known| known.township.clone());
        known
            .filter(|name| !name.is_empty())
            .unwrap_or_else(|| "未分乡镇".to_owned())
    }

    fn year(&self) -> String {
        format!("{} 年", self.period.year().0)
    }

    fn days(&self) -> String {
        days(self.period)
    }

    /// The sessions behind a figure: the address of their page, with one more condition.
    fn behind(&self, condition: &str) -> To {
        behind(self.period, condition)
    }

    fn sheet(&self, code: &'static str, title: &'static str, columns: Vec<Column>, rows: Vec<Vec<Cell>>) -> Sheet {
        sheet((self.period, self.policy), code, title, columns, rows)
    }
}

#[cfg(test)]
mod tests;
