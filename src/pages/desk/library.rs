//! The desk's library: every file, where it stands, and what to do about it.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use serde::Deserialize;

use super::standing::{self, Standing, needs_you};
use crate::http::Problem;
use crate::http::body::Form;
use crate::library::{self, Approval, Entry, Lines, Stands};
use crate::look::{Frame, Tab, Texts, format, texts};
use crate::pages::{Pages, Visit, go_to, home, show};
use crate::prepare::Status;
use crate::types::{ItemId, Lang, Millis, SearchQuery};

/// A page that a village PC renders without a pause; the search finds the rest.
const LINES: usize = 300;

#[derive(Debug, Deserialize, Default)]
pub(super) struct Wanted {
    q: Option<String>,
    show: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Act {
    csrf: String,
    item: String,
    #[serde(rename = "act")]
    wish: String,
    /// `item` leads back to the item's page.
    #[serde(default)]
    back: String,
}

pub(super) struct Chip {
    pub(super) key: &'static str,
    pub(super) label: String,
    pub(super) count: usize,
    pub(super) here: bool,
}

struct Line {
    id: String,
    title: String,
    facts: String,
    card: String,
    standing: Standing,
    can_approve: bool,
    hidden: bool,
}

#[derive(Template)]
#[template(path = "desk_library.html")]
struct Page {
    f: Frame,
    lead: String,
    query: String,
    chips: Vec<Chip>,
    heading: String,
    lines: Vec<Line>,
}

/// Which lines a filter shows.
type Belongs = fn(&library::Line<'_>, &Status) -> bool;

fn is_copying(line: &library::Line<'_>, _: &Status) -> bool {
    line.stands() == Stands::Copying
}

fn is_waiting(line: &library::Line<'_>, _: &Status) -> bool {
    line.stands() == Stands::Waiting
}

pub(super) async fn page(
    State(pages): State<Pages>,
    visit: Visit,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Problem> {
    visit.operator()?;
    let t = texts(visit.lang);
    let all = pages.library.all();
    let work = pages.preparer.status();
    let moves = work.now.is_some() || all.iter().any(|line| is_copying(&line, &work));
    let count = |wanted: Belongs| all.iter().filter(|line| wanted(line, &work)).count();
    let key = wanted.show.as_deref().unwrap_or("all");
    let kinds: [(&'static str, &str, Belongs); 4] = [
        ("all", t.all, |_, _| true),
        ("todo", t.library.to_do, needs_you),
        ("copying", t.library.copying, is_copying),
        ("waiting", t.library.state_waiting, is_waiting),
    ];
    let (_, heading, belongs) = *kinds.iter().find(|(k, _, _)| *k == key).unwrap_or(&kinds[0]);
    let query: String = wanted.q.unwrap_or_default().chars().take(60).collect();
    let mut sought = SearchQuery::new(&query);
    let listed = all
        .iter()
        .filter(|line| belongs(line, &work) && (query.is_empty() || line.matches(&mut sought)))
        .take(LINES)
        .filter_map(|line| line.entry());
    let chip = |(key_of, label, of): &(&'static str, &str, Belongs)| Chip {
        key: key_of,
        label: (*label).to_owned(),
        count: count(*of),
        here: *key_of == key,
    };
    let page = Page {
        lead: lead(&pages, &all, &work, t),
        chips: kinds.iter().map(chip).collect(),
        heading: heading.to_owned(),
        lines: listed.map(|entry| line(&pages, &entry, &work, t, visit.lang)).collect(),
        query,
        f: visit.frame(&pages, t.tab_library, Tab::Library),
    };
    let mut response = show(&visit, &page)?;
    if moves {
        response
            .headers_mut()
            .insert(header::REFRESH, HeaderValue::from_static(AGAIN));
    }
    Ok(response)
}

/// While something is copied or converted the list shows itself again after so many seconds, with no script.
const AGAIN: &str = "10";

fn lead(pages: &Pages, all: &Lines, work: &Status, t: &Texts) -> String {
    let items = all.iter().filter(|line| line.id().is_some()).count();
    let ready = all.shown().count();
    match all.iter().filter(|line| needs_you(line, work)).count() {
        _ if all.is_empty() => format::fill(t.library.empty, &[&pages.settings.media.display()]),
        0 => format::fill(t.library.fine, &[&items, &ready]),
        you => format::fill(t.library.lead, &[&items, &ready, &you]),
    }
}

fn line(pages: &Pages, entry: &Entry, work: &Status, t: &'static Texts, lang: Lang) -> Line {
    let item = entry.id.and_then(|id| pages.library.of_folder(&id));
    let length = match (entry.length, entry.size) {
        (Millis::ZERO, 0) => String::new(),
        (Millis::ZERO, size) => format::bytes(size),
        (length, _) => format::length(length, lang),
    };
    let separator = if lang == Lang::Zh { "，" } else { ", " };
    let facts = if length.is_empty() {
        entry.file()
    } else {
        format!("{}{separator}{length}", entry.file())
    };
    let by_district = pages.library.approval() == Approval::District;
    Line {
        id: entry.id.map(|id| id.to_string()).unwrap_or_default(),
        title: entry.title.clone(),
        facts,
        card: home::card(entry),
        standing: standing::vetted_by(
            by_district,
            standing::of(entry, item.as_ref().map(|item| &item.facts), work, t, lang),
            t,
        ),
        can_approve: entry.state == library::State::Waiting && !by_district,
        hidden: entry.hidden,
    }
}

pub(super) async fn act(State(pages): State<Pages>, visit: Visit, Form(act): Form<Act>) -> Result<Response, Problem> {
    visit.operator()?;
    visit.check(&act.csrf)?;
    let id = ItemId::parse(&act.item).map_err(|_| Problem::not_found())?;
    pages.library.entry(&id).ok_or_else(Problem::not_found)?;
    let decide: fn(&mut library::Mark) = match act.wish.as_str() {
        "approve" => |mark| mark.approved = true,
        "hide" => |mark| mark.hidden = true,
        "show" => |mark| mark.hidden = false,
        "prepare" => |mark| mark.prepare = Some(true),
        "stop" => |mark| mark.prepare = Some(false),
        _ => return Err(Problem::bad_request("不认识这个按钮。", "This button is unknown.")),
    };
    pages.library.mark(id, decide).await?;
    pages.preparer.reconsider(id);
    match act.back.as_str() {
        "item" => Ok(go_to(&format!("/desk/library/{id}"))),
        _ => Ok(go_to("/desk/library")),
    }
}
