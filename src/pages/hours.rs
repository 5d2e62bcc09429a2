//! A member's hours, as home and "my hours" show them.

use crate::clock::Reading;
use crate::credit::Policies;
use crate::credit::hours::{Earned, Tally, tally};
use crate::look::{Texts, art, format};
use crate::types::{Hours, Year};
use crate::viewing::SpanRow;

/// Ready to show.
#[derive(Debug)]
pub(super) struct Shown {
    /// `22.6`.
    pub(super) total: Hours,
    /// `/ 32 学时`.
    pub(super) of_due: String,
    /// The year's ruler.
    pub(super) ruler: String,
    /// What is still due, in a sentence.
    pub(super) sentence: String,
}

/// Spans as the pieces that hours are made of.
pub(super) fn pieces(spans: &[SpanRow]) -> Vec<Earned> {
    let piece = |span: &SpanRow| Earned {
        day: crate::clock::day_of(span.wall_ms),
        mode: span.mode,
        item: span.item,
        credit: span.credit,
    };
    spans.iter().map(piece).collect()
}

/// The hours of a year and what they are worth.
pub(super) fn of(policies: &Policies, spans: &[SpanRow]) -> Tally {
    tally(policies, pieces(spans))
}

/// For the page.
pub(super) fn show(tally: &Tally, due: Option<Hours>, now: Reading, t: &Texts) -> Shown {
    let parts: Vec<u32> = tally.by_mode.values().map(|h| h.hundredths()).collect();
    let of_due = due.map_or_else(
        || t.hour_unit.to_owned(),
        |due| format::fill(t.member.due_of, &[&(due.hundredths() / 100)]),
    );
    Shown {
        total: tally.total,
        ruler: art::ruler(
            &parts,
            due.unwrap_or_default().hundredths(),
            &format!("{} {of_due}", tally.total),
        ),
        of_due,
        sentence: sentence(tally.total, due, now, t),
    }
}

fn sentence(total: Hours, due: Option<Hours>, now: Reading, t: &Texts) -> String {
    match (due, days_left(now)) {
        (_, None) => t.member.clock_unset.to_owned(),
        (None, _) => t.member.no_due.to_owned(),
        (Some(due), _) if total >= due => t.member.due_reached.to_owned(),
        (Some(due), Some(days)) => format::fill(t.member.still_due, &[&due.minus(total), &days]),
    }
}

/// Days until the end of the year, today not counted; `None` while the date is unknown.
fn days_left(now: Reading) -> Option<i64> {
    if now.year() == Year::UNDECIDED {
        return None;
    }
    let today = crate::clock::local_date(now.wall_ms)?;
    Some(i64::from(today.days_in_year()) - i64::from(today.day_of_year()))
}
