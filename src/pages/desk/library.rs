//! The desk's library: every file, where it stands, and what to do about it.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use media_index::{Damage, Plays};
use serde::Deserialize;

use crate::http::Problem;
use crate::http::body::Form;
use crate::library::{Entry, State as FileState};
use crate::look::{Frame, Tab, Texts, art, format, texts};
use crate::pages::{Pages, Visit, go_to, show};
use crate::types::{ItemId, Lang, Millis};

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
    tag: &'static str,
    state: String,
    bar: String,
    remedy: String,
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
type Belongs = fn(&Entry) -> bool;

fn needs_you(entry: &Entry) -> bool {
    matches!(entry.state, FileState::Damaged(_)) || (entry.state == FileState::Ready && entry.plays == Plays::Prepare)
}

fn is_copying(entry: &Entry) -> bool {
    matches!(entry.state, FileState::Copying(_))
}

fn is_waiting(entry: &Entry) -> bool {
    entry.state == FileState::Waiting
}

pub(super) async fn page(
    State(pages): State<Pages>,
    visit: Visit,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Problem> {
    visit.operator()?;
    let t = texts(visit.lang);
    let all = pages.library.all();
    let count = |wanted: fn(&Entry) -> bool| all.iter().filter(|e| wanted(e)).count();
    let key = wanted.show.as_deref().unwrap_or("all");
    let kinds: [(&'static str, &str, Belongs); 4] = [
        ("all", t.all, |_| true),
        ("todo", t.to_do, needs_you),
        ("copying", t.copying, is_copying),
        ("waiting", t.state_waiting, is_waiting),
    ];
    let (_, heading, belongs) = *kinds.iter().find(|(k, _, _)| *k == key).unwrap_or(&kinds[0]);
    let query: String = wanted.q.unwrap_or_default().chars().take(60).collect();
    let listed = all
        .iter()
        .filter(|e| belongs(e) && (query.is_empty() || e.matches(&query)));
    let chip = |(key_of, label, of): &(&'static str, &str, Belongs)| Chip {
        key: key_of,
        label: (*label).to_owned(),
        count: count(*of),
        here: *key_of == key,
    };
    let page = Page {
        lead: lead(&pages, &all, t),
        chips: kinds.iter().map(chip).collect(),
        heading: heading.to_owned(),
        lines: listed.take(LINES).map(|entry| line(entry, t, visit.lang)).collect(),
        query,
        f: visit.frame(&pages, t.tab_library, Tab::Library),
    };
    show(&visit, &page)
}

fn lead(pages: &Pages, all: &[Entry], t: &Texts) -> String {
    let items = all.iter().filter(|e| e.id.is_some()).count();
    let ready = all.iter().filter(|e| e.is_shown()).count();
    match all.iter().filter(|e| needs_you(e)).count() {
        _ if all.is_empty() => format::fill(t.library_empty, &[&pages.settings.media.display()]),
        0 => format::fill(t.library_fine, &[&items, &ready]),
        you => format::fill(t.library_lead, &[&items, &ready, &you]),
    }
}

fn line(entry: &Entry, t: &Texts, lang: Lang) -> Line {
    let (tag, state, remedy) = standing(entry, t);
    let bar = match entry.state {
        FileState::Copying(Some(percent)) => art::share_bar(percent.into(), 100),
        _ => String::new(),
    };
    let length = match (entry.length, entry.size) {
        (Millis::ZERO, 0) => String::new(),
        (Millis::ZERO, size) => format::bytes(size),
        (length, _) => format::length(length, lang),
    };
    let separator = if lang == Lang::Zh { "，" } else { ", " };
    let facts = if length.is_empty() {
        entry.file.clone()
    } else {
        format!("{}{separator}{length}", entry.file)
    };
    Line {
        id: entry.id.map(|id| id.to_string()).unwrap_or_default(),
        title: entry.title.clone(),
        facts,
        card: art::card(entry.class.as_deref(), entry.length),
        tag,
        state,
        bar,
        remedy,
        can_approve: is_waiting(entry),
        hidden: entry.hidden,
    }
}

/// Mark, word and remedy.
fn standing(entry: &Entry, t: &Texts) -> (&'static str, String, String) {
    let say = |tag, state: &str, remedy: &str| (tag, state.to_owned(), remedy.to_owned());
    match &entry.state {
        _ if entry.hidden => say("tag-off", t.state_hidden, ""),
        FileState::Copying(percent) => {
            let percent = percent.map(|p| format!(" {p}%")).unwrap_or_default();
            ("tag-go", format!("{}{percent}", t.copying), t.copying_do.to_owned())
        }
        FileState::Damaged(damage) => say("tag-you", t.damaged, remedy(damage, t)),
        FileState::Offline => say("tag-off", t.state_offline, t.offline_do),
        FileState::Waiting => say("tag-you", t.state_waiting, t.waiting_do),
        FileState::Ready => match entry.plays {
            Plays::Everywhere => say("tag-ok", t.ready, ""),
            Plays::Pc => say("tag-ok", t.plays_pc, ""),
            Plays::Prepare | Plays::No => say("tag-you", t.plays_prepare, t.prepare_do),
        },
    }
}

fn remedy(damage: &Damage, t: &Texts) -> &'static str {
    match damage {
        Damage::Empty => t.damage_empty,
        Damage::Truncated { .. } => t.damage_truncated,
        Damage::IndexMissing => t.damage_index,
        Damage::NotWhatItsNameSays => t.damage_name,
        Damage::Broken(_) | Damage::NoStreams => t.damage_broken,
        Damage::Unreadable(_) => t.damage_unreadable,
        Damage::LinkOutside => t.damage_link,
        Damage::TooMany => t.damage_many,
    }
}

pub(super) async fn act(State(pages): State<Pages>, visit: Visit, Form(act): Form<Act>) -> Result<Response, Problem> {
    visit.operator()?;
    visit.check(&act.csrf)?;
    let id = ItemId::parse(&act.item).map_err(|_| Problem::not_found())?;
    pages.library.entry(&id).ok_or_else(Problem::not_found)?;
    let decide: fn(&mut crate::library::Mark) = match act.wish.as_str() {
        "approve" => |mark| mark.approved = true,
        "hide" => |mark| mark.hidden = true,
        "show" => |mark| mark.hidden = false,
        _ => return Err(Problem::bad_request("不认识这个按钮。", "This button is unknown.")),
    };
    pages.library.mark(id, decide).await?;
    Ok(go_to("/desk/library"))
}
