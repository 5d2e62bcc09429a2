//! Decisions 区县裁定 about one station: hours that have no year, entries that credit wrongly, and what became of both.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::station::find;
use super::stations::moment;
use super::visit::View;
use super::{Visit, Web, go_to, query, show};
use crate::credit::correction::{Change, Unfit, Wish};
use crate::credit::settling::{choices, first_moment};
use crate::district::{DistrictError, NotRuled, Ruled, Ruling, Watched};
use crate::http::Problem;
use crate::http::body::Form;
use crate::ledger::Unruled;
use crate::ledger::ruling::{Decision, EVIDENCE, SPANS};
use crate::look::{Frame, Texts, format};
use crate::report::Undecided;
use crate::types::{ItemId, MemberId, Millis, Year};

#[derive(Debug, Default, Clone, Deserialize)]
pub(super) struct Wanted {
    of: String,
    #[serde(default)]
    leaf: Option<u64>,
}

/// Hours for which the same years fit.
struct Group {
    first: u64,
    what: String,
    when: String,
    members: Vec<(String, String)>,
    years: Vec<(u16, String)>,
}

/// A correction as it is being asked for.
#[derive(Default)]
struct Draft {
    leaf: String,
    sent: Sent,
    changes: Vec<String>,
    may_ask: bool,
}

struct Line {
    number: u64,
    what: String,
    evidence: String,
    people: String,
    /// Its state, and the class of the mark.
    state: (String, &'static str),
    leaf: Option<u64>,
    may_sign: bool,
    may_drop: bool,
}

#[derive(Template)]
#[template(path = "district_rulings.html")]
struct Page {
    v: View,
    f: Frame,
    lead: String,
    name: String,
    township: String,
    of: String,
    origin: String,
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
    let station = find(web, &sent.of).await?;
    let open = web.district.undecided(&station.origin).await?;
    let rulings = web.district.rulings(&station.origin).await?;
    let decided: Vec<u64> = rulings
        .iter()
        .filter(|one| is_on_its_way(one))
        .flat_map(spans_of)
        .collect();
    let open: Vec<Undecided> = open.into_iter().filter(|one| !decided.contains(&one.span)).collect();
    let v = visit.frame(web, &station.name, "stations");
    let me = visit.account()?.name.clone();
    let (draft, found) = if looks {
        draft(web, visit, &station, sent).await?
    } else {
        (Draft::default(), String::new())
    };
    show(&Page {
        lead: lead(&station, &open, &rulings, visit),
        of: query(station.origin.as_str()),
        origin: station.origin.to_string(),
        error: if error.is_empty() { found } else { error },
        most: EVIDENCE,
        groups: groups(&open, web.district.this_year(), visit),
        draft,
        lines: rulings.iter().map(|one| line(one, &me, &v, visit)).collect(),
        name: station.name,
        township: station.township,
        f: Frame {
            title: format!("{} - {}", t.rulings.title, v.f.title),
            ..v.f.clone()
        },
        v,
    })
}

fn is_on_its_way(one: &Ruling) -> bool {
    one.outcome == Ruled::UnderWay
}

fn spans_of(one: &Ruling) -> Vec<u64> {
    match &one.decides {
        Decision::Year { spans, .. } => spans.iter().map(|(span, _)| *span).collect(),
        Decision::Credit { .. } => Vec::new(),
    }
}

fn lead(station: &Watched, open: &[Undecided], rulings: &[Ruling], visit: &Visit) -> String {
    let t = &visit.t().rulings;
    let count = |signed: bool| {
        let waits = |one: &&Ruling| is_on_its_way(one) && one.signed.is_some() == signed;
        rulings.iter().filter(waits).count()
    };
    let credit = Millis(open.iter().map(|one| one.credit.0).sum());
    match (open.len(), count(false), count(true)) {
        (0, 0, 0) => format::fill(t.lead_none, &[&station.name]),
        (0, 0, way) => format::fill(t.lead_way, &[&station.name, &way]),
        (0, asked, _) => format::fill(t.lead_sign, &[&station.name, &asked]),
        (all, ..) => format::fill(t.lead_open, &[&station.name, &all, &format::length(credit, visit.lang)]),
    }
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

fn groups(open: &[Undecided], now: Year, visit: &Visit) -> Vec<Group> {
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

/// What the entry is, and what the correction would change.
async fn draft(web: &Web, visit: &Visit, station: &Watched, sent: Sent) -> Result<(Draft, String), Problem> {
    let t = visit.t();
    let wish = match wish(&sent) {
        Ok(wish) => wish,
        Err(why) => {
            return Ok((
                Draft {
                    leaf: sent.leaf.to_string(),
                    sent,
                    ..Draft::default()
                },
                why(t).to_owned(),
            ));
        }
    };
    let would = web
        .district
        .would_correct(&station.origin, sent.leaf, wish.clone())
        .await;
    let titles = web.district.known_items().await?;
    let (changes, error) = match would {
        Ok(changes) => (changes, String::new()),
        // An evening gives nothing before somebody is named who gets it.
        Err(NotRuled::Unfit(Unfit::Nothing)) if wish == Wish::default() => (Vec::new(), String::new()),
        Err(NotRuled::Unfit(Unfit::NotThere)) => {
            let why = format::fill(t.rulings.not_correctable, &[&sent.leaf]);
            return Ok((Draft::default(), why));
        }
        Err(why) => (Vec::new(), said(why, t)?.to_owned()),
    };
    let titles: BTreeMap<ItemId, &str> = titles
        .by_title()
        .into_iter()
        .map(|(id, title, _)| (id, title))
        .collect();
    let title = |item: &ItemId| {
        titles
            .get(item)
            .map_or_else(|| item.to_string(), |title| (*title).to_owned())
    };
    let draft = Draft {
        leaf: sent.leaf.to_string(),
        changes: changes
            .iter()
            .map(|change| change_line(change, &title, visit))
            .collect(),
        may_ask: !changes.is_empty(),
        sent,
    };
    Ok((draft, error))
}

fn change_line(change: &Change, title: &impl Fn(&ItemId) -> String, visit: &Visit) -> String {
    let t = &visit.t().rulings;
    let (sentence, media) = if change.gives.is_empty() {
        (t.takes, &change.takes)
    } else {
        (t.gives, &change.gives)
    };
    let length = format::length(media.total(), visit.lang);
    format::fill(
        sentence,
        &[&change.member, &length, &title(&change.item), &change.year.0],
    )
}

fn wish(sent: &Sent) -> Result<Wish, fn(&Texts) -> &'static str> {
    let to = match sent.to.trim() {
        "" => None,
        number => Some(MemberId::new(number).map_err(|_| (|t: &Texts| t.rulings.no_member) as fn(&Texts) -> _)?),
    };
    let minute = |text: &str| text.trim().parse::<u64>().ok().filter(|n| *n < 10_000);
    let bad = |t: &Texts| t.rulings.bad_stretch;
    let stretch = match (sent.from.trim(), sent.until.trim()) {
        ("", "") => None,
        (from, until) => {
            let from = if from.is_empty() { Some(0) } else { minute(from) };
            let stretch = from.zip(minute(until)).filter(|(from, until)| from < until);
            let (from, until) = stretch.ok_or(bad as fn(&Texts) -> _)?;
            Some((Millis::secs(from * 60), Millis::secs(until * 60)))
        }
    };
    Ok(Wish { to, stretch })
}

fn line(one: &Ruling, me: &str, v: &View, visit: &Visit) -> Line {
    let t = &visit.t().rulings;
    let needs_another = matches!(one.decides, Decision::Credit { .. }) && one.asked.0 == me;
    let mut people = format::fill(t.asked, &[&one.asked.0, &moment(one.asked.1, visit)]);
    if let Some((who, when)) = &one.signed {
        let comma = if visit.lang == crate::types::Lang::Zh {
            "；"
        } else {
            "; "
        };
        people = format!(
            "{people}{comma}{}",
            format::fill(t.signed, &[who, &moment(*when, visit)])
        );
    }
    let leaf = one.leaf.map_or_else(|| "–".to_owned(), format::thousands);
    let state = match (one.outcome, &one.signed) {
        (Ruled::UnderWay, None) if needs_another => (t.wait_other.to_owned(), "tag-go"),
        (Ruled::UnderWay, None) => (t.wait_sign.to_owned(), "tag-go"),
        (Ruled::UnderWay, Some(_)) => (t.under_way.to_owned(), "tag-go"),
        (Ruled::Done, _) => (format::fill(t.done, &[&leaf]), "tag-ok"),
        (Ruled::Not(Unruled::NothingLeft), _) => (format::fill(t.nothing_left, &[&leaf]), "tag-you"),
        (Ruled::Not(Unruled::OtherLog), _) => (format::fill(t.other_log, &[&leaf]), "tag-you"),
        (Ruled::Not(Unruled::Unfit), _) => (format::fill(t.unfit, &[&leaf]), "tag-you"),
    };
    Line {
        number: one.number,
        what: what(&one.decides, t),
        evidence: one.evidence.clone(),
        people,
        state,
        leaf: match &one.decides {
            Decision::Year { spans, .. } => spans.first().map(|(span, _)| *span),
            Decision::Credit { of, .. } => Some(*of),
        },
        may_sign: one.signed.is_none() && v.signs && !needs_another,
        may_drop: one.signed.is_none() && v.manages,
    }
}

fn what(decides: &Decision, t: &crate::look::texts::Rulings) -> String {
    match decides {
        Decision::Year { year, spans } => format::fill(t.is_year, &[&spans.len(), &year.0]),
        Decision::Credit { of, to, stretch } => {
            let mut said = match to {
                Some(to) => format::fill(t.is_moved, &[of, to]),
                None => format::fill(t.is_taken, &[of]),
            };
            if let Some((from, until)) = stretch {
                said.push_str(&format::fill(
                    t.is_part,
                    &[&(from.as_secs() / 60), &(until.as_secs() / 60)],
                ));
            }
            said
        }
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
        NotRuled::SamePerson => t.same_person,
        NotRuled::Gone => t.gone,
        NotRuled::InDoubt => t.in_doubt,
        NotRuled::District(DistrictError::Store(error)) => return Err(error.into()),
        NotRuled::District(error) => return Err(Problem::internal(&error)),
    })
}

pub(super) async fn act(State(web): State<Web>, visit: Visit, Form(sent): Form<Sent>) -> Result<Response, Problem> {
    let t = visit.t();
    let station = find(&web, &sent.of).await?;
    let origin = &station.origin;
    let done = match sent.act.as_str() {
        "year" => {
            let by = visit.manager(&sent.csrf)?;
            let decides = year_decision(&web, &station, &sent).await?;
            match decides {
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

/// The group that begins with this leaf, in this year.
async fn year_decision(web: &Web, station: &Watched, sent: &Sent) -> Result<Option<Decision>, Problem> {
    let open = web.district.undecided(&station.origin).await?;
    let rulings = web.district.rulings(&station.origin).await?;
    let decided: Vec<u64> = rulings
        .iter()
        .filter(|one| is_on_its_way(one))
        .flat_map(spans_of)
        .collect();
    let open: Vec<Undecided> = open.into_iter().filter(|one| !decided.contains(&one.span)).collect();
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
