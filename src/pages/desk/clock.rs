//! The desk's clock 校时: what the station believes and why, and the operator's phone as the better clock, in one tap.
//!
//! The time enters no duration. It names the dates, and with them the year in which hours count; so what the operator
//! says is a leaf, and a time before a district's last visit is refused.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use crate::clock::{Reading, Trust, plausibility};
use crate::credit::dating;
use crate::http::Problem;
use crate::http::body::Form;
use crate::ledger::{self, What};
use crate::look::{Frame, Tab, Texts, format, texts};
use crate::pages::{Pages, Visit, go_to, show};
use crate::store::Urgency;
use crate::types::{Lang, Year};
use crate::viewing;

#[derive(Template)]
#[template(path = "desk_clock.html")]
struct Page {
    f: Frame,
    lead: String,
    why: &'static str,
    said: String,
    may_set: bool,
    open: Vec<Group>,
}

/// Hours without a year that a person can settle with one tap.
struct Group {
    first: u64,
    what: String,
    when: String,
    years: Vec<(u16, String)>,
}

/// What the phone sends.
#[derive(Debug, Deserialize)]
pub(super) struct Said {
    csrf: String,
    /// Milliseconds since 1970 by the phone.
    now_ms: String,
}

/// What becomes of a time that the operator says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Taken,
    /// Network or district know better.
    NotNeeded,
    /// No number, or a date at which this program did not exist.
    Implausible,
    /// A district was here later than that.
    BeforeTheLastVisit,
}

fn judge(believed: Trust, said_ms: Option<i64>, last_visit_ms: Option<i64>) -> Ending {
    match said_ms {
        _ if !may_set(believed) => Ending::NotNeeded,
        Some(said) if plausibility(said) == Trust::Unset => Ending::Implausible,
        Some(said) if !dating::may_be_now(said, last_visit_ms) => Ending::BeforeTheLastVisit,
        Some(_) => Ending::Taken,
        None => Ending::Implausible,
    }
}

fn may_set(believed: Trust) -> bool {
    believed < Trust::District
}

pub(super) async fn page(State(pages): State<Pages>, visit: Visit) -> Result<Response, Problem> {
    visit.operator()?;
    show(&visit, &page_with(&pages, &visit, "").await?)
}

/// The operator says the year of a group of hours.
#[derive(Debug, Deserialize)]
pub(super) struct SaidYear {
    csrf: String,
    first: u64,
    year: u16,
}

pub(super) async fn year(
    State(pages): State<Pages>,
    visit: Visit,
    Form(said): Form<SaidYear>,
) -> Result<Response, Problem> {
    let by = visit.operator()?;
    visit.check(&said.csrf)?;
    let settled = pages.viewing.say_year(said.first, Year(said.year), by).await;
    settled.map_err(|error| Problem::internal(&error))?;
    Ok(go_to("/desk/clock"))
}

async fn groups(pages: &Pages, t: &Texts, lang: Lang) -> Result<Vec<Group>, Problem> {
    let open = pages.viewing.without_year().await;
    let open = open.map_err(|error| Problem::internal(&error))?;
    let day = |unix_ms: i64| format::full_date(unix_ms, lang);
    let group = |open: &viewing::Open| Group {
        first: open.first().unwrap_or_default(),
        what: format::fill(
            t.today.clock_open,
            &[&open.spans.len(), &format::length(open.credit, lang)],
        ),
        when: format::fill(
            t.today.clock_open_do,
            &[
                &day(open.within.lo),
                &open.within.hi.map_or_else(|| t.today.clock_open_now.to_owned(), day),
            ],
        ),
        years: open
            .years
            .iter()
            .map(|year| (year.0, format::fill(t.today.clock_open_year, &[&year.0])))
            .collect(),
    };
    Ok(open.iter().map(group).collect())
}

pub(super) async fn set(State(pages): State<Pages>, visit: Visit, Form(said): Form<Said>) -> Result<Response, Problem> {
    visit.operator()?;
    visit.check(&said.csrf)?;
    let now = pages.clock.now();
    let cosigned = pages.ledger.store().read(ledger::last_cosignatures).await?;
    let last_visit = cosigned.iter().map(|(_, _, time)| *time).max();
    let last_visit = last_visit.and_then(|s| i64::try_from(s.saturating_mul(1000)).ok());
    let said_ms = said.now_ms.trim().parse().ok();
    let t = texts(visit.lang);
    match (judge(now.trust, said_ms, last_visit), said_ms) {
        (Ending::Taken, Some(unix_ms)) => {
            keep(&pages, now, unix_ms).await?;
            let settled = pages.viewing.settle().await;
            settled.map_err(|error| Problem::internal(&error))?;
            Ok(go_to("/desk/clock"))
        }
        (Ending::NotNeeded, _) => Ok(go_to("/desk/clock")),
        (Ending::BeforeTheLastVisit, _) => show(&visit, &page_with(&pages, &visit, t.today.clock_before_visit).await?),
        (Ending::Taken | Ending::Implausible, _) => {
            show(&visit, &page_with(&pages, &visit, t.today.clock_implausible).await?)
        }
    }
}

/// The leaf first: a time that the ledger does not know would date hours that nobody could check.
async fn keep(pages: &Pages, now: Reading, unix_ms: i64) -> Result<(), Problem> {
    let ledger = pages.ledger.clone();
    let leaf = What::ClockAnchor {
        source: Trust::Operator,
        unix_ms,
    };
    let store = ledger.store().clone();
    let kept = store
        .write(Urgency::Now, move |tx| ledger.append(tx, now, leaf))
        .await?;
    kept.map_err(|error| Problem::internal(&error))?;
    pages.clock.correct(unix_ms, Trust::Operator);
    Ok(())
}

async fn page_with(pages: &Pages, visit: &Visit, said: &str) -> Result<Page, Problem> {
    let t = texts(visit.lang);
    let now = pages.clock.now();
    Ok(Page {
        open: groups(pages, t, visit.lang).await?,
        lead: believed(now, t, visit.lang),
        why: reason(now.trust, t),
        said: said.to_owned(),
        may_set: may_set(now.trust),
        f: visit.frame(pages, t.today.clock_title, Tab::Today),
    })
}

fn believed(now: Reading, t: &Texts, lang: Lang) -> String {
    if now.trust == Trust::Unset {
        return t.member.clock_unset.to_owned();
    }
    // With the year: a clock that was set by a slip is most often wrong by one.
    let day = format::full_date(now.wall_ms, lang);
    format::fill(
        t.today.clock_believes,
        &[&format!("{day} {}", format::time(now.wall_ms))],
    )
}

fn reason(trust: Trust, t: &Texts) -> &'static str {
    match trust {
        Trust::Ntp => t.today.clock_ntp,
        Trust::District => t.today.clock_district,
        Trust::Operator => t.today.clock_operator,
        Trust::Plausible => t.today.clock_unsure,
        Trust::Phones => t.today.clock_phones,
        Trust::Unset => t.today.clock_set_it,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOVEMBER_2026: i64 = 1_795_000_000_000;

    #[test]
    fn the_operators_phone_is_believed_while_nobody_knows_better() {
        for believed in [Trust::Unset, Trust::Plausible, Trust::Operator] {
            assert_eq!(judge(believed, Some(NOVEMBER_2026), None), Ending::Taken);
        }
        for better in [Trust::District, Trust::Ntp] {
            assert_eq!(judge(better, Some(NOVEMBER_2026), None), Ending::NotNeeded);
        }
    }

    #[test]
    fn a_phone_in_1970_or_2099_or_without_a_number_is_not_believed() {
        for said in [None, Some(0), Some(4_070_908_800_000), Some(i64::MAX), Some(i64::MIN)] {
            assert_eq!(judge(Trust::Unset, said, None), Ending::Implausible);
        }
    }

    /// Row 49 of the cases of credit.
    #[test]
    fn a_time_before_the_districts_last_visit_is_refused() {
        let visit = Some(NOVEMBER_2026 + 86_400_000);
        assert_eq!(
            judge(Trust::Plausible, Some(NOVEMBER_2026), visit),
            Ending::BeforeTheLastVisit
        );
    }
}
