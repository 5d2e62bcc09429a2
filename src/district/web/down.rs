//! What goes down to stations: a person chooses for whom, edits or uploads, sees what would change, and signs.
//!
//! What was read waits here under a ticket until somebody signs it, so that nothing can go out that was not shown first.

mod draft;
mod read;

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Multipart, Query, State};
use axum::response::Response;
use serde::Deserialize;

pub use draft::Drafts;

use super::stations::moment;
use super::visit::View;
use super::{Visit, Web, go_to, query, show};
use crate::dispatch::{Kind, LINE, Notice, WORDS};
use crate::district::down::{Piece, Scope, Sent};
use crate::district::{DistrictError, Watched};
use crate::http::Problem;
use crate::http::body::Form;
use crate::keys;
use crate::look::{Frame, Texts, format};
use crate::types::{Lang, RandomId};

/// Kinds that a person decides about, in the order of the page; visitors' numbers follow from rosters.
const KINDS: [Kind; 4] = [Kind::Notices, Kind::Plan, Kind::Approved, Kind::Roster];

#[derive(Debug, Deserialize, Default)]
pub(super) struct Wanted {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    scope: String,
    #[serde(default)]
    done: String,
}

struct Choice {
    value: String,
    label: String,
    here: bool,
}

struct Shown {
    reference: String,
    title: String,
    text: String,
    about: String,
}

/// A station, and how far it has what was signed for it.
struct Line {
    name: String,
    of: String,
    is_waiting: bool,
    says: String,
}

#[derive(Template)]
#[template(path = "district_down.html")]
struct Page {
    v: View,
    f: Frame,
    lead: String,
    done: String,
    kind: &'static str,
    scope: String,
    kinds: Vec<Choice>,
    scopes: Vec<Choice>,
    hint: String,
    notices: Vec<Shown>,
    today: String,
    sheet: String,
    lines: Vec<Line>,
    /// What came of reading a file.
    preview: Option<Preview>,
}

/// What would change, or what is wrong.
#[derive(Default)]
pub(super) struct Preview {
    pub(super) lead: String,
    pub(super) faults: Vec<(String, String)>,
    pub(super) changes: Vec<(String, String)>,
    pub(super) warnings: Vec<String>,
    pub(super) ticket: String,
}

/// The kind and the scope of an address; a roster is always one station's.
fn wanted(kind: &str, scope: &str, stations: &[Watched]) -> (Kind, Scope) {
    let kind = Kind::read(kind)
        .filter(|kind| KINDS.contains(kind))
        .unwrap_or(Kind::Notices);
    let first = || stations.first().map(|station| Scope::Station(station.origin.clone()));
    let is_known = |scope: &Scope| match scope {
        Scope::All => true,
        Scope::Town(town) => stations.iter().any(|station| station.township == *town),
        Scope::Station(origin) => stations.iter().any(|station| station.origin == *origin),
    };
    let scope = Scope::read(scope).filter(is_known);
    match (kind, scope) {
        (Kind::Roster, Some(scope @ Scope::Station(_))) => (kind, scope),
        (Kind::Roster, _) => (kind, first().unwrap_or(Scope::All)),
        (_, scope) => (kind, scope.unwrap_or(Scope::All)),
    }
}

fn scopes(kind: Kind, here: &Scope, stations: &[Watched], t: &Texts) -> Vec<Choice> {
    let mut all = Vec::new();
    if kind != Kind::Roster {
        all.push((Scope::All, format::fill(t.district.down_all, &[&stations.len()])));
        let mut towns: BTreeMap<&str, usize> = BTreeMap::new();
        for station in stations.iter().filter(|station| !station.township.is_empty()) {
            *towns.entry(&station.township).or_default() += 1;
        }
        let towns = towns.into_iter().map(|(town, count)| {
            let label = format::fill(t.district.down_town, &[&town, &count]);
            (Scope::Town(town.to_owned()), label)
        });
        all.extend(towns);
    }
    all.extend(
        stations
            .iter()
            .map(|station| (Scope::Station(station.origin.clone()), station.name.clone())),
    );
    let choice = |(scope, label): (Scope, String)| Choice {
        here: scope == *here,
        value: scope.word(),
        label,
    };
    all.into_iter().map(choice).collect()
}

/// How far each station has what was signed for it; those that wait first.
fn lines(stations: &[Watched], sent: &[Sent], visit: &Visit) -> Vec<Line> {
    let t = visit.t();
    let comma = if visit.lang == Lang::Zh { "，" } else { ", " };
    let line = |station: &Watched| {
        let own: Vec<&Sent> = sent
            .iter()
            .filter(|sent| sent.station == station.origin.as_str())
            .collect();
        let say = |sent: &&Sent| {
            let name = sent.kind.name(t);
            match (sent.taken_s, sent.refused.as_str()) {
                (0, "") => format::fill(t.district.down_waits, &[&name, &sent.entries]),
                (0, why) => format::fill(t.district.down_refused, &[&name, &why]),
                (at, _) => format::fill(t.district.down_taken, &[&name, &sent.entries, &moment(at, visit)]),
            }
        };
        let said: Vec<String> = own.iter().map(say).collect();
        Line {
            name: station.name.clone(),
            of: query(station.origin.as_str()),
            is_waiting: own.iter().any(|sent| sent.taken_s == 0),
            says: if said.is_empty() {
                t.district.down_nothing.to_owned()
            } else {
                said.join(comma)
            },
        }
    };
    let mut lines: Vec<Line> = stations.iter().map(line).collect();
    lines.sort_by_key(|line| !line.is_waiting);
    lines
}

pub(super) async fn page(State(web): State<Web>, visit: Visit, Query(of): Query<Wanted>) -> Result<Response, Problem> {
    visit.account()?;
    let stations = web.district.watched().await?;
    let (kind, scope) = wanted(&of.kind, &of.scope, &stations);
    let mut page = page_of(&web, &visit, kind, &scope).await?;
    if !of.done.is_empty() {
        visit.t().district.down_done.clone_into(&mut page.done);
    }
    show(&page)
}

async fn page_of(web: &Web, visit: &Visit, kind: Kind, scope: &Scope) -> Result<Page, Problem> {
    let t = visit.t();
    let stations = web.district.watched().await?;
    let sent = web.district.sent_down().await?;
    let lines = lines(&stations, &sent, visit);
    let pieces = web.district.pieces(scope, kind).await?;
    let waiting = lines.iter().filter(|line| line.is_waiting).count();
    let v = visit.frame(web, t.district.tab_down, "down");
    let kinds = KINDS.map(|each| Choice {
        value: each.word().to_owned(),
        label: each.name(t).to_owned(),
        here: each == kind,
    });
    Ok(Page {
        lead: match (stations.len(), waiting) {
            (0, _) => t.district.down_no_stations.to_owned(),
            (_, 0) => t.district.down_lead_fine.to_owned(),
            (all, waiting) => format::fill(t.district.down_lead, &[&waiting, &all]),
        },
        done: String::new(),
        kind: kind.word(),
        scope: scope.word(),
        kinds: kinds.into(),
        scopes: scopes(kind, scope, &stations, t),
        hint: hint(kind, t).to_owned(),
        notices: pieces.iter().filter_map(|piece| shown(piece, t)).collect(),
        today: web.district.today_named(),
        sheet: match kind {
            Kind::Notices => String::new(),
            _ => read::as_sheet(kind, &pieces)?,
        },
        lines,
        preview: None,
        f: v.f.clone(),
        v,
    })
}

fn hint(kind: Kind, t: &Texts) -> &'static str {
    match kind {
        Kind::Roster | Kind::Visitors => t.district.down_hint_roster,
        Kind::Plan => t.district.down_hint_plan,
        Kind::Approved => t.district.down_hint_approved,
        Kind::Notices | Kind::Rulings => t.district.down_hint_notices,
    }
}

fn shown(piece: &Piece, t: &Texts) -> Option<Shown> {
    let notice: Notice = serde_json::from_str(&piece.text).ok()?;
    Some(Shown {
        reference: piece.reference.clone(),
        title: notice.title,
        text: notice.text,
        about: format::fill(t.district.down_days, &[&notice.from, &notice.until]),
    })
}

/// Reads what was edited or uploaded, and shows what it would change. Whoever may manage prepares; who may sign sends.
pub(super) async fn check(State(web): State<Web>, visit: Visit, form: Multipart) -> Result<Response, Problem> {
    visit.account()?;
    let sent = draft::Sent::read(form).await?;
    visit.manager(&sent.csrf)?;
    let stations = web.district.watched().await?;
    let (kind, scope) = wanted(&sent.kind, &sent.scope, &stations);
    let (preview, draft) = read::read(&web, &visit, kind, &scope, &sent).await?;
    let mut page = page_of(&web, &visit, kind, &scope).await?;
    // Beside a workbook of which something is lost stays what holds now: it is to be mended, and chosen again.
    if let Some(sheet) = sent.shown(kind) {
        page.sheet = sheet;
    }
    let ticket = draft.map(|draft| web.drafts.keep(draft).to_string());
    page.preview = Some(Preview {
        ticket: ticket.unwrap_or_default(),
        ..preview
    });
    show(&page)
}

#[derive(Debug, Deserialize)]
pub(super) struct Confirm {
    csrf: String,
    ticket: String,
}

/// Signs what was shown.
pub(super) async fn send(State(web): State<Web>, visit: Visit, Form(sent): Form<Confirm>) -> Result<Response, Problem> {
    let by = visit.signer(&sent.csrf)?;
    let draft = RandomId::parse(&sent.ticket).and_then(|ticket| web.drafts.take(ticket));
    let draft = draft.ok_or_else(|| {
        Problem::conflict(
            "stale",
            "这份内容放得太久了，请再预览一次。",
            "This is out of date; please preview it again.",
        )
    })?;
    let (kind, scope) = (draft.kind, draft.scope);
    let sent = web.district.send_down(&scope, kind, draft.pieces, &by).await;
    sent.map_err(unfit)?;
    Ok(go_to(&address(kind, &scope)))
}

fn address(kind: Kind, scope: &Scope) -> String {
    format!("/down?kind={}&scope={}&done=1", kind.word(), query(&scope.word()))
}

fn unfit(error: DistrictError) -> Problem {
    match error {
        DistrictError::Store(error) => error.into(),
        DistrictError::Down(why) => Problem::unprocessable(
            format!("这样站点收不下：{why}。内容太多的话，请按乡镇或站点分开。"),
            format!("A station could not take this: {why}. If it is too much, part it by township or station."),
        ),
        other => Problem::internal(&other),
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Said {
    csrf: String,
    scope: String,
    #[serde(default)]
    withdraw: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    until: String,
}

/// A notice goes out, or is taken back.
pub(super) async fn notice(State(web): State<Web>, visit: Visit, Form(said): Form<Said>) -> Result<Response, Problem> {
    let by = visit.signer(&said.csrf)?;
    let stations = web.district.watched().await?;
    let (kind, scope) = wanted(Kind::Notices.word(), &said.scope, &stations);
    let done = if said.withdraw.is_empty() {
        let notice = notice_of(&said)?;
        let piece = Piece::notice(keys::random_id().to_string(), &notice);
        web.district.add_down(&scope, kind, piece, &by).await
    } else {
        web.district.withdraw(&scope, kind, said.withdraw.clone(), &by).await
    };
    done.map_err(unfit)?;
    Ok(go_to(&address(kind, &scope)))
}

fn notice_of(said: &Said) -> Result<Notice, Problem> {
    let title = super::station::line(&said.title);
    let text = said.text.replace('\r', "");
    let days = crate::clock::day_named(&said.from).zip(crate::clock::day_named(&said.until));
    let fits = title.chars().count() <= LINE && text.chars().count() <= WORDS;
    match days {
        Some((from, until)) if from <= until && !title.is_empty() && fits => Ok(Notice {
            title,
            text: text.trim().to_owned(),
            from: said.from.trim().to_owned(),
            until: said.until.trim().to_owned(),
        }),
        _ => Err(Problem::unprocessable(
            format!("通知要有标题（最多 {LINE} 字），正文最多 {WORDS} 字，日期写成 2026-11-26，最后一天不早于第一天。"),
            format!(
                "A notice has a title ({LINE} characters at most), {WORDS} characters of text, days like 2026-11-26, and ends no earlier than it begins."
            ),
        )),
    }
}
