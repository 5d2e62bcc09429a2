//! Adding films: from this phone or PC, and from a stick in the station.

use std::sync::LazyLock;

use askama::Template;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt;
use media_index::Kind;
use serde::Deserialize;

use super::standing;
use crate::http::Problem;
use crate::http::body::{Form, Json};
use crate::intake::{Begin, IntakeError, Offer, Offered, Piece, Progress, Upload, Visit as StickVisit, name};
use crate::look::{Frame, Tab, Texts, art, format, texts};
use crate::pages::{Pages, Visit, go_to, show};
use crate::types::{Lang, Millis, RandomId};

/// What a page sends at once: a power cut costs so much, and a phone sends it within half a minute.
const PIECE: u64 = 8 << 20;
/// Bytes that are gathered before the disk is asked.
const GATHER: usize = 256 * 1024;
/// A phone that sends nothing for so long has left.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);

struct Unfinished {
    ticket: String,
    name: String,
    facts: String,
}

struct Line {
    at: usize,
    name: String,
    facts: String,
    tag: &'static str,
    state: String,
    remedy: String,
    bar: String,
    can_copy: bool,
    chosen: bool,
}

struct Choice {
    key: String,
    name: String,
}

/// The part of the page about sticks, which is asked for again while something moves.
#[derive(Template)]
#[template(path = "desk_stick.html")]
struct StickPart {
    f: Frame,
    key: String,
    lead: String,
    fault: String,
    choices: Vec<Choice>,
    lines: Vec<Line>,
    can_copy: bool,
    is_busy: bool,
}

#[derive(Template)]
#[template(path = "desk_add.html")]
struct Page {
    f: Frame,
    classes: Vec<String>,
    local: &'static str,
    unfinished: Vec<Unfinished>,
    fault: String,
    facts: String,
    accept: &'static str,
    stick: StickPart,
}

/// What the file dialogue offers.
static ACCEPT: LazyLock<String> = LazyLock::new(|| {
    let endings = Kind::endings().map(|ending| format!(".{ending}"));
    ["video/*".to_owned(), "audio/*".to_owned()]
        .into_iter()
        .chain(endings)
        .collect::<Vec<_>>()
        .join(",")
});

pub(super) async fn page(State(pages): State<Pages>, visit: Visit) -> Result<Response, Problem> {
    visit.operator()?;
    let t = texts(visit.lang);
    let uploads = pages.intake.uploads.clone();
    let unfinished = blocking(move || uploads.unfinished()).await?;
    let facts = serde_json::json!({"piece": PIECE, "texts": script_texts(t)});
    let page = Page {
        f: visit.frame(&pages, t.library.add_films, Tab::Library),
        classes: super::item::classes(&pages),
        local: name::LOCAL,
        fault: unfinished
            .as_ref()
            .err()
            .map(|error| say(error, visit.lang))
            .unwrap_or_default(),
        unfinished: unfinished
            .unwrap_or_default()
            .iter()
            .map(|(id, known)| unfinished_line(*id, known, t))
            .collect(),
        facts: facts.to_string().replace('<', "\\u003c"),
        accept: &ACCEPT,
        stick: stick_part(&pages, &visit).await?,
    };
    show(&visit, &page)
}

fn unfinished_line(ticket: RandomId, known: &Upload, t: &Texts) -> Unfinished {
    let (have, size) = (format::bytes(known.have), format::bytes(known.size));
    Unfinished {
        ticket: ticket.to_string(),
        name: known.name.clone(),
        facts: format::fill(t.library.upload_stands, &[&have, &size]),
    }
}

fn script_texts(t: &Texts) -> serde_json::Value {
    serde_json::json!({
        "sending": t.library.upload_sending, "left": t.library.upload_left, "done": t.library.upload_done, "waiting": t.library.upload_waiting,
        "retry": t.library.upload_retry, "cancel": t.library.cancel, "cancelled": t.library.upload_cancelled, "leave": t.library.upload_leave,
        "seconds": t.member.seconds, "minutes_seconds": t.member.minutes_seconds,
    })
}

/// Begins an upload, or tells where it goes on.
pub(super) async fn begin(
    State(pages): State<Pages>,
    visit: Visit,
    headers: HeaderMap,
    Json(wanted): Json<Begin>,
) -> Result<Response, Problem> {
    allow(&visit, &headers)?;
    let uploads = pages.intake.uploads.clone();
    let begun = blocking(move || uploads.begin(&wanted))
        .await?
        .map_err(|error| problem(&error))?;
    Ok((StatusCode::CREATED, axum::Json(begun)).into_response())
}

#[derive(Debug, Deserialize)]
pub(super) struct From {
    from: u64,
}

/// Takes the bytes from `from` on. What arrived is kept and acknowledged, also when the sender hung up half-way.
pub(super) async fn piece(
    State(pages): State<Pages>,
    visit: Visit,
    Path(ticket): Path<String>,
    Query(From { from }): Query<From>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    allow(&visit, &headers)?;
    let ticket = RandomId::parse(&ticket).ok_or_else(Problem::not_found)?;
    let uploads = pages.intake.uploads.clone();
    let piece = blocking(move || uploads.piece(ticket, from))
        .await?
        .map_err(|error| problem(&error))?;
    let done = receive(piece, body).await?;
    Ok(axum::Json(done).into_response())
}

async fn receive(mut piece: Piece, mut body: Body) -> Result<Progress, Problem> {
    let mut gathered = Vec::with_capacity(GATHER);
    let mut most = PIECE.min(piece.room());
    let mut is_whole = false;
    while !is_whole {
        match tokio::time::timeout(PATIENCE, body.frame()).await {
            Ok(Some(Ok(frame))) => gathered.extend_from_slice(frame.data_ref().map_or(&[][..], |data| data)),
            Ok(None | Some(Err(_))) | Err(_) => is_whole = true,
        }
        if gathered.len() as u64 > most {
            let limit = usize::try_from(PIECE).unwrap_or(usize::MAX);
            return Err(Problem::too_large(limit));
        }
        if is_whole || gathered.len() >= GATHER {
            most -= gathered.len() as u64;
            let bytes = std::mem::replace(&mut gathered, Vec::with_capacity(GATHER));
            piece = blocking(move || piece.write(&bytes).map(|()| piece))
                .await?
                .map_err(|error| problem(&error))?;
        }
    }
    blocking(move || piece.finish()).await?.map_err(|error| problem(&error))
}

pub(super) async fn cancel_upload(
    State(pages): State<Pages>,
    visit: Visit,
    Path(ticket): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    allow(&visit, &headers)?;
    let ticket = RandomId::parse(&ticket).ok_or_else(Problem::not_found)?;
    let uploads = pages.intake.uploads.clone();
    blocking(move || uploads.cancel(ticket))
        .await?
        .map_err(|error| problem(&error))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// A script sends the form's token in a header, which no foreign page can set.
fn allow(visit: &Visit, headers: &HeaderMap) -> Result<(), Problem> {
    visit.operator()?;
    let token = headers.get("x-csrf").and_then(|value| value.to_str().ok());
    visit.check(token.unwrap_or(""))
}

#[derive(Debug, Deserialize)]
pub(super) struct StickAct {
    csrf: String,
    key: String,
    act: String,
    /// Places in the list, separated by commas: a form repeats its fields, and this is simpler to bound.
    #[serde(default)]
    chosen: String,
}

pub(super) async fn stick(State(pages): State<Pages>, visit: Visit) -> Result<Response, Problem> {
    visit.operator()?;
    let part = stick_part(&pages, &visit).await?;
    show(&visit, &part)
}

pub(super) async fn stick_act(
    State(pages): State<Pages>,
    visit: Visit,
    Form(sent): Form<StickAct>,
) -> Result<Response, Problem> {
    visit.operator()?;
    visit.check(&sent.csrf)?;
    let sticks = pages.intake.sticks.clone();
    let act = move || match sent.act.as_str() {
        "look" => sticks.look(&sent.key),
        "copy" => {
            let chosen: Vec<usize> = sent.chosen.split(',').filter_map(|at| at.parse().ok()).collect();
            sticks.copy(&sent.key, &chosen)
        }
        "cancel" => {
            sticks.cancel();
            Ok(())
        }
        _ => Err(IntakeError::Unknown),
    };
    blocking(act).await?.map_err(|error| problem(&error))?;
    Ok(go_to("/desk/add#stick"))
}

async fn stick_part(pages: &Pages, visit: &Visit) -> Result<StickPart, Problem> {
    let sticks = pages.intake.sticks.clone();
    let (plugged_in, seen) = blocking(move || (sticks.plugged_in(), sticks.visit())).await?;
    let t = texts(visit.lang);
    let seen = seen.filter(|seen| plugged_in.contains(&seen.stick));
    let is_other = |key: &String| seen.as_ref().is_none_or(|seen| seen.stick.key != *key);
    let choices = plugged_in.into_iter().filter(|stick| is_other(&stick.key));
    let is_busy = seen.as_ref().is_some_and(|seen| seen.is_looking || seen.is_copying);
    let lines: Vec<Line> = seen
        .iter()
        .flat_map(|seen| seen.offers.iter().enumerate())
        .map(|(at, offer)| line(at, offer, t, visit.lang))
        .collect();
    Ok(StickPart {
        f: visit.frame(pages, t.library.add_films, Tab::Library),
        key: seen.as_ref().map(|seen| seen.stick.key.clone()).unwrap_or_default(),
        lead: seen.as_ref().map_or_else(String::new, |seen| lead(seen, t)),
        fault: seen.as_ref().and_then(|seen| seen.fault.clone()).unwrap_or_default(),
        choices: choices
            .map(|stick| Choice {
                key: stick.key,
                name: stick.name,
            })
            .collect(),
        can_copy: !is_busy && lines.iter().any(|line| line.can_copy),
        lines,
        is_busy,
    })
}

fn lead(seen: &StickVisit, t: &Texts) -> String {
    let count = |wanted: fn(&Offered) -> bool| seen.offers.iter().filter(|offer| wanted(&offer.state)).count();
    let name = &seen.stick.name;
    let fresh = count(|state| matches!(state, Offered::New));
    let copied = count(|state| matches!(state, Offered::Copied));
    if seen.is_looking {
        return format::fill(t.library.stick_looking, &[name, &seen.offers.len()]);
    }
    if seen.is_copying {
        let left = count(|state| matches!(state, Offered::Waiting | Offered::Copying(_)));
        return format::fill(t.library.stick_copying, &[name, &left]);
    }
    match (fresh, copied) {
        (0, 0) => format::fill(t.library.stick_nothing, &[name]),
        (0, copied) => format::fill(t.library.stick_done, &[name, &copied]),
        (fresh, _) => format::fill(t.library.stick_new, &[name, &fresh]),
    }
}

fn line(at: usize, offer: &Offer, t: &Texts, lang: Lang) -> Line {
    let length = (offer.length > Millis::ZERO).then(|| format::length(offer.length, lang));
    let folder = Some(offer.folder.clone()).filter(|folder| !folder.is_empty());
    let facts = [folder, length, Some(format::bytes(offer.size))];
    let (tag, state, remedy) = match &offer.state {
        Offered::New => ("tag-ok", t.library.stick_is_new.to_owned(), String::new()),
        Offered::Known => ("tag-off", t.library.stick_is_known.to_owned(), String::new()),
        Offered::Damaged(damage) => (
            "tag-you",
            t.library.damaged.to_owned(),
            standing::remedy(damage, t).to_owned(),
        ),
        Offered::Waiting => ("tag-go", t.library.stick_waits.to_owned(), String::new()),
        Offered::Copying(done) => (
            "tag-go",
            format!("{} {}", t.library.stick_copies, format::percent(*done, offer.size)),
            String::new(),
        ),
        Offered::Copied => ("tag-ok", t.library.stick_copied.to_owned(), String::new()),
        Offered::Failed(why) => (
            "tag-you",
            t.library.stick_failed.to_owned(),
            format::fill(t.library.stick_failed_do, &[why]),
        ),
    };
    let bar = match offer.state {
        Offered::Copying(done) => art::share_bar(done, offer.size),
        _ => String::new(),
    };
    Line {
        at,
        name: offer.name.clone(),
        facts: facts.into_iter().flatten().collect::<Vec<_>>().join(" · "),
        tag,
        state,
        remedy,
        bar,
        can_copy: matches!(offer.state, Offered::New | Offered::Failed(_)),
        // Somebody's own pictures and papers are on many sticks: they come along only if they are chosen.
        chosen: matches!(offer.kind, Kind::Film | Kind::Audio),
    }
}

async fn blocking<T: Send + 'static>(act: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    tokio::task::spawn_blocking(act)
        .await
        .map_err(|error| Problem::internal(&error))
}

fn say(error: &IntakeError, lang: Lang) -> String {
    problem(error).sentence(lang).to_owned()
}

fn problem(error: &IntakeError) -> Problem {
    match error {
        IntakeError::NoRoom { need, free } => {
            let (need, free) = (format::bytes(*need), format::bytes(*free));
            Problem::new(
                StatusCode::INSUFFICIENT_STORAGE,
                format!("硬盘放不下：要 {need}，只剩 {free}。请先把旧片子挪到 U 盘。"),
                format!("There is no room: {need} are needed and {free} are free. Move old films to a stick first."),
            )
        }
        IntakeError::Name(name) => Problem::unprocessable(
            format!("“{name}”不是片子、录音、讲义或图片，站点不收。"),
            format!("“{name}” is no film, sound, document or picture; it is not taken."),
        ),
        IntakeError::Empty => {
            Problem::unprocessable("这是一个空文件，请换一份。", "The file is empty; get another copy.")
        }
        IntakeError::WrongPlace { have } => Problem::conflict(
            "wrong_place",
            format!("上传停在第 {have} 字节，请从那里接着传。"),
            format!("The upload stands at byte {have}; go on from there."),
        ),
        IntakeError::Unknown => Problem::not_found(),
        IntakeError::Busy => Problem::conflict(
            "busy",
            "正在忙，等这一件做完再来。",
            "It is busy; wait until this is done.",
        ),
        IntakeError::Offline => {
            Problem::unavailable(30, texts(Lang::Zh).today.disk_gone, texts(Lang::En).today.disk_gone)
        }
        IntakeError::Io(error) => Problem::internal(error),
    }
}
