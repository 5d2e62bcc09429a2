//! Hours without a year, by the years that fit.

use crate::district::Undated;
use crate::district::web::Visit;
use crate::look::format;

/// Hours for which the same years fit.
pub(super) struct Group {
    pub(super) first: u64,
    pub(super) entry: String,
    pub(super) what: String,
    pub(super) when: String,
    pub(super) members: Vec<(String, String)>,
    pub(super) years: Vec<(u16, String)>,
}

pub(super) fn group(of: &Undated, visit: &Visit) -> Group {
    let t = &visit.t().rulings;
    let day = |unix_ms: i64| format::full_date(unix_ms, visit.lang);
    let length = |time| format::length(time, visit.lang);
    let within = of.within();
    let until = within.hi.map_or_else(|| t.until_now.to_owned(), day);
    Group {
        first: of.first(),
        entry: format::fill(t.of_entry, &[&format::thousands(of.first())]),
        what: format::fill(t.group, &[&of.spans.len(), &length(of.credit())]),
        when: format::fill(t.within, &[&day(within.lo), &until]),
        members: of
            .members()
            .into_iter()
            .map(|(member, sum)| (member.to_string(), length(sum)))
            .collect(),
        years: of
            .years
            .iter()
            .map(|year| (year.0, format::fill(t.year, &[&year.0])))
            .collect(),
    }
}
