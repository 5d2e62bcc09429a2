//! The 10-foot page 电视页, for a television's browser or a PC on its cable: arrow keys, OK and Back, nothing typed.
//!
//! `/tv` shows whatever is due: the code of a screen that nobody knows, the films, the lobby, the film, the last check.
//! So a set that was switched off, or lost its power, comes back to where the evening stands.

mod evening;

use std::collections::BTreeMap;

use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::Response;
use axum::routing::{get, post};
use media_index::Kind;
use serde::Deserialize;

use super::{Pages, Visit, home, plan, show};
use crate::http::Problem;
use crate::library::{Entry, Line, Lines};
use crate::look::{Frame, Tab, Texts, format, texts};
use crate::screening::ScreeningError;
use crate::types::{ItemId, Millis, SearchQuery};

/// Two rows of four fill the screen.
const TILES: usize = 4;
const ROWS: usize = 2;
/// So many classes fit beside the other buttons.
const CLASSES: usize = 4;

pub(super) fn routes() -> Router<Pages> {
    Router::new()
        .route("/tv", get(page))
        .route("/tv/qr", get(evening::code))
        .route("/tv/begin", post(evening::begin))
        .route("/tv/start", post(evening::start))
        .route("/tv/break", post(evening::pause))
        .route("/tv/discuss", post(evening::discuss))
        .route("/tv/end", post(evening::end))
        .route("/tv/done/{screening}", get(evening::done))
}

#[derive(Debug, Deserialize, Default)]
struct Wanted {
    find: Option<String>,
    class: Option<String>,
    #[serde(default)]
    from: usize,
    after: Option<String>,
    #[serde(default)]
    again: bool,
}

struct Tile {
    id: String,
    title: String,
    card: String,
    remark: String,
    /// It was broken off, and goes on from there.
    go_on: bool,
}

#[derive(Template)]
#[template(path = "tv_home.html")]
struct Home {
    f: Frame,
    facts: String,
    heading: String,
    none: String,
    tonight: Option<plan::Tonight>,
    rows: Vec<Vec<Option<Tile>>>,
    classes: Vec<String>,
    more: Option<usize>,
    class: String,
    pad: Vec<String>,
    /// The key of the pad that was pressed last: the next one is looked for from there.
    letter: String,
    query: String,
    shorter: String,
    is_search: bool,
}

#[derive(Template)]
#[template(path = "tv_pair.html")]
struct Pair {
    f: Frame,
    facts: String,
    code: String,
}

async fn page(State(pages): State<Pages>, visit: Visit, Query(wanted): Query<Wanted>) -> Result<Response, Problem> {
    let device = visit.visitor.device;
    if pages.screenings.screen(device).await?.is_none() {
        return pair(&pages, &visit, wanted.again);
    }
    match pages.screenings.on_screen(device).await {
        Ok(answer) if answer.state.is_open() => evening::page(&pages, &visit, &answer).await,
        Ok(answer) => Ok(super::go_to(&format!("/tv/done/{}", answer.state.id))),
        Err(ScreeningError::NoScreening) => match wanted.after {
            Some(id) => Ok(super::go_to(&format!("/tv/done/{id}"))),
            None => films(&pages, &visit, &wanted).await,
        },
        Err(error) => Err(error.into()),
    }
}

/// The code belongs to the device's cookie, so a browser without one gets it first and asks again.
fn pair(pages: &Pages, visit: &Visit, again: bool) -> Result<Response, Problem> {
    if let Some(cookie) = &visit.visitor.set_device {
        if again {
            return Err(Problem::unprocessable(
                "这块屏的浏览器不收 Cookie，请在它的设置里打开，再打开这一页。",
                "This browser takes no cookies; allow them in its settings and open this page again.",
            ));
        }
        let mut response = super::go_to("/tv?again=true");
        response.headers_mut().append(header::SET_COOKIE, cookie.clone());
        return Ok(response);
    }
    let f = visit.frame(pages, texts(visit.lang).tv.pair_lead, Tab::None);
    let page = Pair {
        facts: facts(f.t, &serde_json::json!({})),
        code: pages.screenings.waiting_code(visit.visitor.device),
        f,
    };
    show(visit, &page)
}

/// What the script must know: its sentences, and what is special to the page.
fn facts(t: &Texts, of_page: &serde_json::Value) -> String {
    let mut all = serde_json::json!({
        "texts": {
            "code_left": t.tv.code_left, "check_left": t.tv.check_left, "end_sub": t.tv.end_sub,
            "more_names": t.tv.more_names, "press_ok": t.tv.press_ok,
        },
        "next": "/tv",
    });
    if let (Some(all), Some(more)) = (all.as_object_mut(), of_page.as_object()) {
        all.extend(more.clone());
    }
    // `<` would let a title end the block early; JSON has another way to write it.
    all.to_string().replace('<', "\\u003c")
}

async fn films(pages: &Pages, visit: &Visit, wanted: &Wanted) -> Result<Response, Problem> {
    let t = texts(visit.lang);
    let is_search = wanted.find.is_some() || wanted.class.is_some() || wanted.from > 0;
    let (tonight, stopped) = if is_search {
        (None, Vec::new())
    } else {
        (
            plan::tonight(pages, visit.lang).await?,
            pages.screenings.broken_off().await?,
        )
    };
    let find: Option<String> = wanted.find.as_ref().map(|find| initials(find));
    let lines = pages.library.all();
    let mut sought = find.as_deref().map(SearchQuery::new);
    let mut fits = |line: &Line<'_>| {
        let of_class = wanted.class.is_none() || line.class() == wanted.class.as_deref();
        let is_film = line.kind() == Kind::Film && line.length() > Millis::ZERO && of_class;
        is_film && sought.as_mut().is_none_or(|sought| line.matches(sought))
    };
    let mut all: Vec<Line<'_>> = lines.shown().filter(&mut fits).collect();
    let place = |line: &Line<'_>| stopped.iter().position(|(item, _)| line.id() == Some(*item));
    // What was broken off comes first; the sort keeps the others in their order.
    if !stopped.is_empty() {
        all.sort_by_cached_key(|line| place(line).unwrap_or(usize::MAX));
    }
    let most = if find.is_some() || tonight.is_some() {
        TILES
    } else {
        TILES * ROWS
    };
    let page = all.iter().skip(wanted.from).take(most);
    let page: Vec<Entry> = page.filter_map(Line::entry).collect();
    let query = find.clone().unwrap_or_default();
    let home = Home {
        facts: facts(t, &serde_json::json!({})),
        heading: if tonight.is_some() {
            t.tv.or_choose.to_owned()
        } else {
            heading(wanted, find.as_deref(), t)
        },
        tonight,
        none: if lines.shown().next().is_none() {
            t.tv.empty
        } else {
            t.tv.none
        }
        .to_owned(),
        rows: page.chunks(TILES).map(|row| row_of(row, &stopped, visit)).collect(),
        classes: classes(&lines),
        more: more(wanted, all.len(), most),
        class: wanted.class.clone().unwrap_or_default(),
        pad: find.map_or_else(Vec::new, |_| ('a'..='z').map(String::from).collect()),
        letter: query.chars().last().unwrap_or('a').to_string(),
        shorter: query.chars().take(query.chars().count().saturating_sub(1)).collect(),
        query,
        is_search,
        f: visit.frame(pages, t.tv.choose, Tab::None),
    };
    show(visit, &home)
}

/// Letters of the pad, and no more than a title has.
fn initials(typed: &str) -> String {
    let letters = typed.chars().filter(char::is_ascii_alphabetic);
    letters.take(12).collect::<String>().to_lowercase()
}

fn heading(wanted: &Wanted, find: Option<&str>, t: &Texts) -> String {
    match (find, &wanted.class) {
        (Some(""), _) => t.tv.find_pad.to_owned(),
        (Some(find), _) => format::fill(t.tv.found, &[&find]),
        (None, Some(class)) => class.clone(),
        (None, None) => t.tv.choose.to_owned(),
    }
}

fn row_of(entries: &[Entry], stopped: &[(ItemId, Millis)], visit: &Visit) -> Vec<Option<Tile>> {
    let t = texts(visit.lang);
    let tile = |entry: &Entry| {
        let id = entry.id?;
        let at = stopped.iter().find(|(item, _)| *item == id).map(|(_, at)| *at);
        Some(Tile {
            id: id.to_string(),
            go_on: at.is_some(),
            title: entry.title.clone(),
            card: home::card(entry),
            remark: at.map_or_else(
                || format::length(entry.length, visit.lang),
                |at| format::fill(t.tv.stopped, &[&format::clock_length(at)]),
            ),
        })
    };
    let mut row: Vec<Option<Tile>> = entries.iter().map(tile).collect();
    row.resize_with(TILES, || None);
    row
}

/// The classes with the most films.
fn classes(lines: &Lines) -> Vec<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let films = lines.shown().filter(|line| line.kind() == Kind::Film);
    for class in films.filter_map(|line| line.class()) {
        *counts.entry(class).or_default() += 1;
    }
    let mut classes: Vec<(&str, usize)> = counts.into_iter().collect();
    classes.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    classes
        .into_iter()
        .take(CLASSES)
        .map(|(class, _)| class.to_owned())
        .collect()
}

/// Where the next page of films begins, if there is one.
fn more(wanted: &Wanted, all: usize, most: usize) -> Option<usize> {
    let from = wanted.from.saturating_add(most);
    (wanted.find.is_none() && from < all).then_some(from)
}
