//! Decisions 区县裁定 about one station: hours that have no year, entries that credit wrongly, and what became of both.

mod draft;
mod groups;
mod lines;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use draft::{Draft, draft, wish};
use groups::{Group, group};
use lines::{Line, line};

use super::station::find_log;
use super::visit::View;
use super::{Visit, Web, go_to, query, show};
use crate::credit::correction::Unfit;
use crate::district::{DistrictError, NotRuled, Ruling, Undated, Watched};
use crate::http::Problem;
use crate::http::body::Form;
use crate::ledger::ruling::{Decision, EVIDENCE};
use crate::look::{Frame, Texts, format};
use crate::types::{Millis, Year};

#[derive(Debug, Default, Clone, Deserialize)]
pub(super) struct Wanted {
    of: String,
    #[serde(default)]
    leaf: Option<u64>,
}

#[derive(Template)]
#[template(path = "district_rulings.html")]
struct Page {
    v: View,
    f: Frame,
    lead: String,
    name: String,
    township: String,
    station: String,
    of: String,
    origin: String,
    is_over: bool,
    error: String,
    most: usize,
    groups: Vec<Group>,
    draft: Draft,
    lines: Vec<Line>,
}

#[derive(Debug, Default, Clone, Deserialize)]
pub(super) struct Sent {
    csrf: String,
    of: String,
    act: String,
    #[serde(default)]
    evidence: String,
    #[serde(default)]
    first: u64,
    #[serde(default)]
    year: u16,
    #[serde(default)]
    leaf: u64,
    #[serde(default)]
    to: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    until: String,
    #[serde(default)]
    number: u64,
}

pub(super) async fn page(State(web): State<Web>, visit: Visit, Query(of): Query<Wanted>) -> Result<Response, Problem> {
    visit.account()?;
    let sent = Sent {
        leaf: of.leaf.unwrap_or_default(),
        of: of.of,
        ..Sent::default()
    };
    let looks = of.leaf.is_some();
    page_with(&web, &visit, sent, looks, String::new()).await
}

async fn page_with(web: &Web, visit: &Visit, sent: Sent, looks: bool, error: String) -> Result<Response, Problem> {
    let t = visit.t();
    let log = find_log(web, &sent.of).await?;
    let station = &log.station;
    let open = web.district.undated(&log.name).await?;
    let rulings = web.district.rulings(&log.name).await?;
    let v = visit.frame(web, &station.name, "stations");
    let me = visit.account()?.name.clone();
    let (draft, found) = if looks && !log.is_over {
        draft(web, visit, &log, sent).await?
    } else {
        (Draft::default(), String::new())
    };
    show(&Page {
        lead: lead(station, &open, &rulings, visit),
        station: query(station.origin.as_str()),
        of: query(log.name.as_str()),
        origin: log.name.to_string(),
        is_over: log.is_over,
        error: if error.is_empty() { found } else { error },
        most: EVIDENCE,
        groups: open.iter().map(|of| group(of, visit)).collect(),
        draft,
        lines: rulings.iter().map(|one| line(one, &me, &v, visit)).collect(),
        name: station.name.clone(),
        township: station.township.clone(),
        f: Frame {
            title: format!("{} - {}", t.rulings.title, v.f.title),
            ..v.f.clone()
        },
        v,
    })
}

fn lead(station: &Watched, open: &[Undated], rulings: &[Ruling], visit: &Visit) -> String {
    let t = &visit.t().rulings;
    let count = |signed: bool| {
        let waits = |one: &&Ruling| one.is_on_its_way() && one.signed.is_some() == signed;
        rulings.iter().filter(waits).count()
    };
    let credit = Millis(open.iter().map(|of| of.credit().0).sum());
    let hours = open.iter().map(|of| of.spans.len()).sum::<usize>();
    match (hours, count(false), count(true)) {
        (0, 0, 0) => format::fill(t.lead_none, &[&station.name]),
        (0, 0, way) => format::fill(t.lead_way, &[&station.name, &way]),
        (0, asked, _) => format::fill(t.lead_sign, &[&station.name, &asked]),
        (all, ..) => format::fill(t.lead_open, &[&station.name, &all, &format::length(credit, visit.lang)]),
    }
}

/// What went wrong, for the page; what nobody can mend there is a problem.
fn said(why: NotRuled, t: &Texts) -> Result<&'static str, Problem> {
    let t = &t.rulings;
    Ok(match why {
        NotRuled::Evidence => t.no_evidence,
        NotRuled::Names => t.no_names,
        NotRuled::NotOpen => t.not_open,
        NotRuled::Unfit(Unfit::Undated) => t.undated,
        NotRuled::Unfit(_) => t.nothing,
        NotRuled::Over => t.is_over,
        NotRuled::Lost => t.lost,
        NotRuled::SamePerson => t.same_person,
        NotRuled::Gone => t.gone,
        NotRuled::InDoubt => t.in_doubt,
        NotRuled::District(DistrictError::Store(error)) => return Err(error.into()),
        NotRuled::District(error) => return Err(Problem::internal(&error)),
    })
}

pub(super) async fn act(State(web): State<Web>, visit: Visit, Form(sent): Form<Sent>) -> Result<Response, Problem> {
    let t = visit.t();
    let log = find_log(&web, &sent.of).await?;
    let origin = &log.name;
    let done = match sent.act.as_str() {
        "year" => {
            let by = visit.manager(&sent.csrf)?;
            let groups = web.district.undated(origin).await?;
            let group = groups.iter().find(|group| group.first() == sent.first);
            match group.and_then(|group| group.into_year(Year(sent.year))) {
                Some(decides) => web
                    .district
                    .ask_ruling(origin, decides, &sent.evidence, &by)
                    .await
                    .map(drop),
                None => Err(NotRuled::NotOpen),
            }
        }
        "credit" | "look" => {
            let by = visit.manager(&sent.csrf)?;
            let wish = match wish(&sent) {
                Ok(wish) => wish,
                Err(why) => return page_with(&web, &visit, sent, true, why(t).to_owned()).await,
            };
            if sent.act == "look" {
                return page_with(&web, &visit, sent, true, String::new()).await;
            }
            let decides = Decision::Credit {
                of: sent.leaf,
                to: wish.to,
                stretch: wish.stretch,
            };
            web.district
                .ask_ruling(origin, decides, &sent.evidence, &by)
                .await
                .map(drop)
        }
        "sign" => {
            let by = visit.signer(&sent.csrf)?;
            web.district.sign_ruling(origin, sent.number, &by).await
        }
        "drop" => {
            let by = visit.manager(&sent.csrf)?;
            web.district.drop_ruling(origin, sent.number, &by).await
        }
        _ => return Err(Problem::not_found()),
    };
    match done {
        Ok(()) => Ok(go_to(&format!("/station/rulings?of={}#all", query(origin.as_str())))),
        Err(why) => {
            let looks = sent.act == "credit";
            page_with(&web, &visit, sent, looks, said(why, t)?.to_owned()).await
        }
    }
}
