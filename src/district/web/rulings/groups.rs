//! Hours without a year, by the years that fit.

use super::Sent;
use crate::credit::settling::{choices, first_moment};
use crate::district::Log;
use crate::district::web::{Visit, Web};
use crate::http::Problem;
use crate::ledger::ruling::{Decision, SPANS};
use crate::look::format;
use crate::report::Undecided;
use crate::types::{Millis, Year};

/// Hours for which the same years fit.
pub(super) struct Group {
    pub(super) first: u64,
    pub(super) what: String,
    pub(super) when: String,
    pub(super) members: Vec<(String, String)>,
    pub(super) years: Vec<(u16, String)>,
}

/// Undecided hours by the years that fit, no more in one than one decision can name.
fn sorted(open: &[Undecided], now: Year) -> Vec<(Vec<Year>, Vec<&Undecided>)> {
    let mut all: Vec<(Vec<Year>, Vec<&Undecided>)> = Vec::new();
    for one in open {
        let years = choices(&one.within, now);
        let there = all.iter_mut().find(|(fit, spans)| *fit == years && spans.len() < SPANS);
        match there {
            Some((_, spans)) => spans.push(one),
            None => all.push((years, vec![one])),
        }
    }
    all
}

pub(super) fn groups(open: &[Undecided], now: Year, visit: &Visit) -> Vec<Group> {
    let t = &visit.t().rulings;
    let day = |unix_ms: i64| format::full_date(unix_ms, visit.lang);
    let group = |(years, spans): (Vec<Year>, Vec<&Undecided>)| {
        let mut members: Vec<(String, Millis)> = Vec::new();
        for one in &spans {
            match members.iter_mut().find(|(member, _)| *member == one.member.as_str()) {
                Some((_, sum)) => *sum = sum.plus(one.credit),
                None => members.push((one.member.to_string(), one.credit)),
            }
        }
        let credit = Millis(spans.iter().map(|one| one.credit.0).sum());
        let lo = spans.iter().map(|one| one.within.lo).min().unwrap_or_default();
        let hi: Option<Vec<i64>> = spans.iter().map(|one| one.within.hi).collect();
        let until = hi.and_then(|all| all.into_iter().max());
        Group {
            first: spans[0].span,
            what: format::fill(t.group, &[&spans.len(), &format::length(credit, visit.lang)]),
            when: format::fill(
                t.within,
                &[&day(lo), &until.map_or_else(|| t.until_now.to_owned(), day)],
            ),
            members: members
                .into_iter()
                .map(|(member, sum)| (member, format::length(sum, visit.lang)))
                .collect(),
            years: years
                .iter()
                .map(|year| (year.0, format::fill(t.year, &[&year.0])))
                .collect(),
        }
    };
    sorted(open, now).into_iter().map(group).collect()
}

/// The group that begins with this leaf, in this year.
pub(super) async fn year_decision(web: &Web, log: &Log, sent: &Sent) -> Result<Option<Decision>, Problem> {
    let open = web.district.undecided(&log.name).await?;
    let year = Year(sent.year);
    let groups = sorted(&open, web.district.this_year());
    let group = groups
        .into_iter()
        .find(|(years, spans)| spans[0].span == sent.first && years.contains(&year));
    Ok(group.map(|(_, spans)| Decision::Year {
        year,
        spans: spans
            .iter()
            .map(|one| (one.span, first_moment(&one.within, year)))
            .collect(),
    }))
}
