//! One item: the player for what has time, a door to what has pages.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use media_index::{Kind, Plays};

use super::{Pages, Visit, home, liking, show};
use crate::http::Problem;
use crate::library::Entry;
use crate::look::{Frame, Tab, Texts, art, format};
use crate::types::{ItemId, Lang, Millis};
use crate::viewing;

struct Track {
    lang: String,
    label: String,
}

struct Handout {
    id: String,
    title: String,
}

struct Player {
    src: String,
    audio: bool,
    poster: bool,
    subtitles: Vec<Track>,
    credited: String,
    pending: String,
    unseen: String,
    facts: String,
}

#[derive(Template)]
#[template(path = "item.html")]
struct Page {
    f: Frame,
    id: String,
    title: String,
    facts: String,
    remark: String,
    card: String,
    about: String,
    plot: String,
    handouts: Vec<Handout>,
    player: Option<Player>,
    liking: Option<liking::Liking>,
    document: Option<String>,
}

pub(super) async fn page(
    State(pages): State<Pages>,
    visit: Visit,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id = ItemId::parse(&id).map_err(|_| Problem::not_found())?;
    let everything = visit.visitor.operator.is_some();
    let entry = pages
        .library
        .entry(&id)
        .filter(|e| everything || e.is_shown())
        .ok_or_else(Problem::not_found)?;
    if !pages.settings.guests && visit.visitor.member.is_none() && !everything {
        return Ok(super::go_to(&format!("/signin?back=/items/{id}")));
    }
    let f = visit.frame(&pages, &entry.title, Tab::None);
    let plays = matches!(entry.kind, Kind::Film | Kind::Audio);
    let player = if plays {
        Some(player(&pages, &visit, &entry, id, f.t).await?)
    } else {
        None
    };
    let liking = if plays {
        liking::of(&pages, &visit, &entry, f.t).await?
    } else {
        None
    };
    let page = Page {
        liking,
        id: id.to_string(),
        title: entry.title.clone(),
        facts: facts(&entry, visit.lang),
        remark: if plays && entry.plays == Plays::Pc {
            f.t.member.needs_pc.to_owned()
        } else {
            String::new()
        },
        card: art::card(entry.class.as_deref(), Millis::ZERO),
        about: about(&entry, f.t),
        plot: entry.plot().unwrap_or_default().to_owned(),
        handouts: handouts(&pages, &entry, everything),
        document: (!plays).then(|| pages.media_address(&id, visit.visitor.device)),
        player,
        f,
    };
    show(&visit, &page)
}

fn facts(entry: &Entry, lang: Lang) -> String {
    let length = match entry.length {
        Millis::ZERO => format::bytes(entry.size),
        length => format::length(length, lang),
    };
    match &entry.class {
        Some(class) => format!("{class}{}{length}", if lang == Lang::Zh { "，" } else { ", " }),
        None => length,
    }
}

/// Who speaks, where it comes from, whether it was made here.
fn about(entry: &Entry, t: &Texts) -> String {
    let speaker = entry
        .speaker()
        .map(|name| format::fill(t.library.item_speaker_says, &[&name]));
    let source = entry
        .source()
        .map(|name| format::fill(t.library.item_source_says, &[&name]));
    let local = entry.local.then(|| t.library.item_local_says.to_owned());
    [speaker, source, local]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" · ")
}

fn handouts(pages: &Pages, entry: &Entry, everything: bool) -> Vec<Handout> {
    let entries = entry.handouts().iter().filter_map(|id| pages.library.entry(id));
    let shown = entries.filter(|handout| everything || handout.is_shown());
    let of = |handout: Entry| {
        Some(Handout {
            id: handout.id?.to_string(),
            title: handout.title,
        })
    };
    shown.filter_map(of).collect()
}

async fn player(pages: &Pages, visit: &Visit, entry: &Entry, id: ItemId, t: &'static Texts) -> Result<Player, Problem> {
    let mut credited = crate::types::Intervals::none();
    let mut pending = Millis::ZERO;
    if let Some(member) = &visit.visitor.member {
        credited = home::credited_of(pages, member.id.clone(), id).await?;
        let number = member.id.clone();
        let left = pages
            .ledger
            .store()
            .read(move |conn| viewing::left_pending(conn, &number))
            .await?;
        pending = Millis(
            left.iter()
                .filter(|(item, _)| *item == id)
                .map(|(_, left)| left.0)
                .sum(),
        );
    }
    let facts = serde_json::json!({
        "item": id.to_string(),
        "member": visit.visitor.member.is_some(),
        "length_ms": entry.length.0,
        "beat_every_ms": pages.settings.beat_every.0,
        "credited_ms": credited.total(),
        "credited": credited,
        "pending_ms": pending.0,
        "texts": script_texts(t),
    });
    Ok(Player {
        src: pages.media_address(&id, visit.visitor.device),
        audio: entry.kind == Kind::Audio,
        poster: entry.has_poster,
        subtitles: entry
            .subtitles()
            .iter()
            .map(|language| track(language.as_deref(), visit.lang))
            .collect(),
        credited: format::clock_length(credited.total()),
        pending: format::clock_length(pending),
        unseen: format::clock_length(entry.length.minus(credited.total()).minus(pending)),
        // `<` would let a title end the block early; JSON has another way to write it.
        facts: facts.to_string().replace('<', "\\u003c"),
    })
}

fn track(language: Option<&str>, reader: Lang) -> Track {
    let lang = language.unwrap_or("zh").to_owned();
    let label = match (language, reader) {
        (None | Some("zh"), Lang::Zh) => "中文".to_owned(),
        (Some(other), _) => other.to_owned(),
        (None, Lang::En) => "Chinese".to_owned(),
    };
    Track { lang, label }
}

fn script_texts(t: &Texts) -> serde_json::Value {
    serde_json::json!({
        "play": t.member.play, "pause": t.member.pause, "seconds": t.member.seconds, "minutes_seconds": t.member.minutes_seconds,
        "resumed": t.member.resumed, "ask_text": t.member.ask_text, "ask_left": t.member.ask_left, "offline": t.member.offline, "disk_full": t.member.disk_full,
        "superseded": t.member.superseded, "go_on_here": t.member.go_on_here, "restarted": t.member.restarted,
        "note_unattended": t.member.note_unattended, "note_not_new": t.member.note_not_new, "note_not_sent": t.member.note_not_sent,
        "note_too_fast": t.member.note_too_fast, "guest_no_credit": t.member.guest_no_credit, "cannot_play": t.member.cannot_play,
        "offline_guest": t.member.offline_guest, "chime_on": t.member.chime_on, "chime_off": t.member.chime_off,
    })
}
