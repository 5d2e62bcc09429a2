//! The member's home: hours first, then what to go on with, what is new, and how to find something.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::hours::{self, Shown};
use super::{Pages, Visit, notices, plan, show};
use crate::http::Problem;
use crate::library::{Entry, Line, Lines};
use crate::look::{Frame, Tab, Texts, art, format};
use crate::roster::Member;
use crate::store::StoreError;
use crate::types::{Intervals, ItemId, Lang, MemberId, Millis, SearchQuery};
use crate::viewing::{self, Latest};

/// New items on the first page; the rest is one tap away.
const NEWS: usize = 6;
const GO_ON: usize = 3;
/// So many hits fit a phone's patience; a longer query finds fewer.
const HITS: usize = 200;

#[derive(Debug, Deserialize, Default)]
pub(super) struct Wanted {
    q: Option<String>,
    class: Option<String>,
}

/// A line of a list of items.
pub(super) struct Row {
    id: String,
    title: String,
    card: String,
    bar: String,
    remark: String,
}

struct Class {
    name: String,
    label: String,
    drawing: String,
    count: usize,
}

struct Found {
    heading: String,
    none: String,
    items: Vec<Row>,
}

#[derive(Template)]
#[template(path = "home.html")]
struct Page {
    f: Frame,
    hours: Option<Shown>,
    notices: Vec<notices::Line>,
    result: Option<Found>,
    tonight: Option<plan::Tonight>,
    go_on: Vec<Row>,
    month: Vec<plan::Line>,
    month_h: String,
    news: Vec<Row>,
    count: usize,
    classes: Vec<Class>,
    query: String,
}

pub(super) async fn page(
    State(pages): State<Pages>,
    visit: Visit,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Problem> {
    let lines = pages.library.all();
    let query: String = wanted.q.unwrap_or_default().chars().take(60).collect();
    let tab = if query.is_empty() && wanted.class.is_none() {
        Tab::Home
    } else {
        Tab::Find
    };
    let f = visit.frame(&pages, crate::look::texts(visit.lang).home, tab);
    let (hours, go_on) = match visit.visitor.member.clone() {
        Some(member) => (
            Some(hours_of(&pages, &member, f.t).await?),
            go_on(&pages, &member, f.t, visit.lang).await?,
        ),
        None => (None, Vec::new()),
    };
    let result = match (&wanted.class, query.trim()) {
        (_, q) if !q.is_empty() => Some(search(&lines, q, f.t, visit.lang)),
        (Some(class), _) => Some(of_class(&lines, class, f.t, visit.lang)),
        _ => None,
    };
    let member = visit.visitor.member.as_ref();
    let (notices, tonight, month) = match &result {
        Some(_) => (Vec::new(), None, Vec::new()),
        None => (
            notices::today(&pages, f.t).await?,
            plan::tonight(&pages, visit.lang).await?,
            plan::month(&pages, member, visit.lang).await?,
        ),
    };
    let page = Page {
        hours,
        notices,
        result,
        month_h: format::fill(f.t.plan.month, &[&plan::month_name(&pages, visit.lang)]),
        tonight,
        month,
        go_on,
        news: rows(lines.shown().take(NEWS), visit.lang),
        count: lines.shown().count(),
        classes: classes(&lines, f.t),
        query,
        f,
    };
    let shown = show(&visit, &page)?;
    Ok(match visit.visitor.member {
        Some(_) => visit.swap_copies(&pages, shown).await,
        None => shown,
    })
}

async fn hours_of(pages: &Pages, member: &Member, t: &Texts) -> Result<Shown, Problem> {
    let now = pages.clock.now();
    let (id, year) = (member.id.clone(), now.year());
    let spans = pages
        .ledger
        .store()
        .read(move |conn| viewing::spans_of_year(conn, Some(&id), year))
        .await?;
    Ok(hours::show(
        &hours::of(&pages.viewing.policies(), &spans),
        pages.viewing.policy().due(member.role.word(), year),
        now,
        t,
    ))
}

/// What the member began and did not finish, the latest first.
async fn go_on(pages: &Pages, member: &Member, t: &Texts, lang: Lang) -> Result<Vec<Row>, Problem> {
    let id = member.id.clone();
    let latest = pages
        .ledger
        .store()
        .read(move |conn| viewing::latest_sessions(conn, &id, 30))
        .await?;
    let begun = |seen: &Latest| seen.position > Millis::ZERO && seen.position.plus(Millis::secs(5)) < seen.length;
    let mut rows = Vec::new();
    for seen in latest.iter().filter(|seen| begun(seen)) {
        let Some(entry) = pages.library.shown_entry(&seen.item) else {
            continue;
        };
        let left = format::length(seen.length.minus(seen.position), lang);
        let remark = format::fill(t.member.seen_until, &[&format::clock_length(seen.position), &left]);
        let credited = credited_of(pages, member.id.clone(), seen.item).await?;
        let bar = art::film_bar("bar-s", entry.length, &credited, &Intervals::none());
        rows.push(row(&entry, bar, remark));
        if rows.len() == GO_ON {
            break;
        }
    }
    Ok(rows)
}

/// What is credited to somebody for an item this year.
pub(super) async fn credited_of(pages: &Pages, id: MemberId, item: ItemId) -> Result<Intervals, Problem> {
    let year = pages.clock.now().year();
    let all = pages
        .ledger
        .store()
        .read::<_, StoreError, _>(move |conn| viewing::credited_items(conn, &id))
        .await?;
    let found = all.into_iter().find(|c| c.item == item && c.year == year);
    Ok(found.map_or_else(Intervals::none, |c| c.media))
}

fn row(entry: &Entry, bar: String, remark: String) -> Row {
    Row {
        id: entry.id.map(|id| id.to_string()).unwrap_or_default(),
        title: entry.title.clone(),
        card: card(entry),
        bar,
        remark,
    }
}

/// The item's own picture on its title card, if it has one; the small one, if there is one.
pub(super) fn card(entry: &Entry) -> String {
    let drawn = art::card(entry.class.as_deref(), entry.length);
    let picture = match (entry.id, entry.has_thumb, entry.has_poster) {
        (Some(id), true, _) => format!("/media/{id}/thumb"),
        (Some(id), false, true) => format!("/media/{id}/poster"),
        _ => return drawn,
    };
    drawn.replacen(
        "<svg",
        &format!(r#"<img src="{picture}" alt="" loading="lazy"><svg"#),
        1,
    )
}

fn plain_row(entry: &Entry, lang: Lang) -> Row {
    let length = if entry.length == Millis::ZERO {
        String::new()
    } else {
        format::length(entry.length, lang)
    };
    let parts = [entry.class.as_deref().unwrap_or_default().to_owned(), length];
    let separator = if lang == Lang::Zh { "，" } else { ", " };
    let remark = parts
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(separator);
    row(entry, String::new(), remark)
}

fn rows<'a>(lines: impl Iterator<Item = Line<'a>>, lang: Lang) -> Vec<Row> {
    let entries = lines.filter_map(|line| line.entry());
    entries.map(|entry| plain_row(&entry, lang)).collect()
}

fn search(lines: &Lines, typed: &str, t: &Texts, lang: Lang) -> Found {
    let mut query = SearchQuery::new(typed);
    let hits = lines.shown().filter(|line| line.matches(&mut query)).take(HITS);
    let items = rows(hits, lang);
    Found {
        heading: format::fill(t.member.found, &[&items.len()]),
        none: format::fill(t.member.found_none, &[&typed]),
        items,
    }
}

/// The items of a class; `*` is all of them.
fn of_class(lines: &Lines, class: &str, t: &Texts, lang: Lang) -> Found {
    let belongs = |line: &Line<'_>| class == "*" || line.class().unwrap_or("") == class;
    let heading = match class {
        "*" => t.member.all_items.to_owned(),
        "" => t.member.no_class.to_owned(),
        name => name.to_owned(),
    };
    Found {
        heading,
        none: format::fill(t.member.found_none, &[&class]),
        items: rows(lines.shown().filter(belongs).take(HITS), lang),
    }
}

fn classes(lines: &Lines, t: &Texts) -> Vec<Class> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for line in lines.shown() {
        *counts.entry(line.class().unwrap_or_default()).or_default() += 1;
    }
    let mut counts: Vec<(&str, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| Reverse(*count));
    let class = |(name, count): (&str, usize)| Class {
        label: if name.is_empty() {
            t.member.no_class.to_owned()
        } else {
            name.to_owned()
        },
        drawing: art::class_drawing(name),
        name: name.to_owned(),
        count,
    };
    counts.into_iter().map(class).collect()
}
