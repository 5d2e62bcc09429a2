//! The evening on the screen: lobby, film, last check, what came of it.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::facts;
use crate::http::Problem;
use crate::http::body::Form;
use crate::look::{Frame, Tab, Texts, format, qr, texts};
use crate::pages::screenings::Attendance;
use crate::pages::{Pages, Visit, begin as beginning, go_to, notices, show};
use crate::screening::{Answer, Record, Stage};
use crate::types::{ItemId, Lang, Millis, SessionId};

#[derive(Template)]
#[template(path = "tv_lobby.html")]
struct Lobby {
    f: Frame,
    facts: String,
    title: String,
    about: String,
    address: String,
    code: String,
    present: usize,
    due: String,
    notices: Vec<notices::Line>,
}

#[derive(Template)]
#[template(path = "tv_playing.html")]
struct Playing {
    f: Frame,
    facts: String,
    id: String,
    src: String,
    title: String,
    length: String,
    subtitles: Vec<String>,
    code: String,
    present: usize,
}

#[derive(Template)]
#[template(path = "tv_break.html")]
struct Break {
    f: Frame,
    facts: String,
    title: String,
    code: String,
    present: usize,
    passed: usize,
}

#[derive(Template)]
#[template(path = "tv_ending.html")]
struct Ending {
    f: Frame,
    facts: String,
    code: String,
    present: usize,
    passed: usize,
}

#[derive(Template)]
#[template(path = "tv_done.html")]
struct Done {
    f: Frame,
    facts: String,
    lead: String,
    figures: Vec<(&'static str, String)>,
    less: Vec<(String, String)>,
    rate: String,
}

#[derive(Deserialize)]
pub(super) struct Begin {
    csrf: String,
    /// A film …
    #[serde(default)]
    item: String,
    /// … from the place on where it was broken off, …
    #[serde(default)]
    go_on: bool,
    /// … or an entry of the programme.
    plan: Option<u64>,
}

#[derive(Deserialize)]
pub(super) struct Act {
    csrf: String,
}

/// More would push the code off the screen; phones show them all.
const NOTICES: usize = 2;

/// The page of an open evening.
pub(super) async fn page(pages: &Pages, visit: &Visit, answer: &Answer) -> Result<Response, Problem> {
    match answer.state.stage {
        Stage::Lobby => lobby(pages, visit, answer, notices::today(pages, texts(visit.lang)).await?),
        Stage::Showing => playing(pages, visit, answer),
        Stage::Break => rest(pages, visit, answer),
        Stage::Ending | Stage::Closed => ending(pages, visit, answer),
    }
}

/// Where a phone checks in.
fn check_in_address(pages: &Pages) -> String {
    format!("{}/checkin", base(pages))
}

/// The station's address without a slash at its end.
fn base(pages: &Pages) -> &str {
    let base = pages.settings.addresses.first().map_or("", String::as_str);
    base.trim_end_matches('/')
}

/// The code as a picture: scanned, it opens the check-in with the digits filled in.
pub(super) async fn code(State(pages): State<Pages>, visit: Visit) -> Result<Response, Problem> {
    let answer = pages.screenings.on_screen(visit.visitor.device).await?;
    let digits = answer.spoken_code().replace(' ', "");
    let svg = qr::to_svg(&format!("{}/{digits}", check_in_address(&pages)));
    let headers = [
        (header::CONTENT_TYPE, "image/svg+xml"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, svg).into_response())
}

fn next(answer: &Answer) -> serde_json::Value {
    serde_json::json!({ "next": format!("/tv?after={}", answer.state.id) })
}

fn lobby(pages: &Pages, visit: &Visit, answer: &Answer, mut notices: Vec<notices::Line>) -> Result<Response, Problem> {
    notices.truncate(NOTICES);
    let t = texts(visit.lang);
    let titles: Vec<&str> = answer.state.programme.iter().map(|s| s.title.as_str()).collect();
    let length = Millis(answer.state.programme.iter().map(|s| s.length.0).sum());
    let place = &answer.state.remarks.place;
    let parts = [format::length(length, visit.lang), place.clone()];
    let comma = if visit.lang == Lang::Zh { "，" } else { ", " };
    let page = Lobby {
        facts: facts(t, &next(answer)),
        title: titles.join(" / "),
        about: parts
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(comma),
        address: format::fill(t.tv.lobby_or, &[&check_in_address(pages).trim_start_matches("http://")]),
        notices,
        code: answer.spoken_code(),
        present: answer.present.len(),
        due: if answer.state.due == 0 {
            String::new()
        } else {
            format!("{comma}{}", format::fill(t.tv.due, &[&answer.state.due]))
        },
        f: visit.frame(pages, t.checkin.title, Tab::None),
    };
    show(visit, &page)
}

fn playing(pages: &Pages, visit: &Visit, answer: &Answer) -> Result<Response, Problem> {
    let state = &answer.state;
    let showing = state.now_showing().ok_or_else(Problem::not_found)?;
    let entry = pages.library.entry(&showing.item);
    let subtitles = entry.map_or_else(Vec::new, |entry| entry.subtitles().to_vec());
    let language = |language: Option<String>| language.unwrap_or_else(|| "zh".to_owned());
    let t = texts(visit.lang);
    let of_page = serde_json::json!({
        "next": format!("/tv?after={}", state.id),
        "turn": state.turn,
        "n": state.n,
        "position_ms": state.position,
        "beat_every_ms": pages.settings.beat_every,
        "title": showing.title,
    });
    let page = Playing {
        facts: facts(t, &of_page),
        id: showing.item.to_string(),
        src: pages.media_address(&showing.item, visit.visitor.device),
        title: showing.title.clone(),
        length: format::clock_length(showing.length),
        subtitles: subtitles.into_iter().map(language).collect(),
        code: answer.spoken_code(),
        present: answer.present.len(),
        f: visit.frame(pages, &showing.title, Tab::None),
    };
    show(visit, &page)
}

fn rest(pages: &Pages, visit: &Visit, answer: &Answer) -> Result<Response, Problem> {
    let t = texts(visit.lang);
    let page = Break {
        facts: facts(t, &next(answer)),
        title: answer
            .state
            .now_showing()
            .map_or_else(String::new, |showing| showing.title.clone()),
        code: answer.spoken_code(),
        present: answer.present.len(),
        passed: answer.passed,
        f: visit.frame(pages, t.tv.tv_break, Tab::None),
    };
    show(visit, &page)
}

fn ending(pages: &Pages, visit: &Visit, answer: &Answer) -> Result<Response, Problem> {
    let t = texts(visit.lang);
    let page = Ending {
        facts: facts(t, &next(answer)),
        code: answer.spoken_code(),
        present: answer.present.len(),
        passed: answer.passed,
        f: visit.frame(pages, t.tv.finish, Tab::None),
    };
    show(visit, &page)
}

/// One OK opens the lobby: of what is planned, of a film, or of one that was broken off.
pub(super) async fn begin(
    State(pages): State<Pages>,
    visit: Visit,
    Form(sent): Form<Begin>,
) -> Result<Response, Problem> {
    visit.check(&sent.csrf)?;
    let screen = visit.visitor.device;
    let evening = if let Some(number) = sent.plan {
        beginning::from_plan(&pages, screen, number).await?
    } else {
        let item = ItemId::parse(&sent.item).map_err(|_| Problem::not_found())?;
        let stopped = pages.screenings.broken_off().await?;
        let stopped = stopped.iter().find(|(other, _)| *other == item && sent.go_on);
        let from = stopped.map_or(Millis::ZERO, |(_, at)| *at);
        beginning::with_film(&pages, screen, item, from).await?
    };
    beginning::begin(&pages, evening).await?;
    Ok(go_to("/tv"))
}

pub(super) async fn start(
    State(pages): State<Pages>,
    visit: Visit,
    Form(sent): Form<Act>,
) -> Result<Response, Problem> {
    visit.check(&sent.csrf)?;
    pages.screenings.start(visit.visitor.device).await?;
    Ok(go_to("/tv"))
}

/// A break 休息.
pub(super) async fn pause(
    State(pages): State<Pages>,
    visit: Visit,
    Form(sent): Form<Act>,
) -> Result<Response, Problem> {
    visit.check(&sent.csrf)?;
    pages.screenings.pause(visit.visitor.device).await?;
    Ok(go_to("/tv"))
}

/// The discussion goes on.
pub(super) async fn discuss(
    State(pages): State<Pages>,
    visit: Visit,
    Form(sent): Form<Act>,
) -> Result<Response, Problem> {
    visit.check(&sent.csrf)?;
    pages.screenings.discuss(visit.visitor.device).await?;
    Ok(go_to("/tv"))
}

pub(super) async fn end(State(pages): State<Pages>, visit: Visit, Form(sent): Form<Act>) -> Result<Response, Problem> {
    visit.check(&sent.csrf)?;
    let state = pages.screenings.end(visit.visitor.device).await?;
    Ok(if state.is_open() {
        go_to("/tv")
    } else {
        go_to(&format!("/tv/done/{}", state.id))
    })
}

/// What came of it, on the screen where it was shown.
pub(super) async fn done(
    State(pages): State<Pages>,
    visit: Visit,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id = SessionId::parse(&id).ok_or_else(Problem::not_found)?;
    let record = pages.screenings.record(id).await?.ok_or_else(Problem::not_found)?;
    // It went on before another screen, or goes on here.
    if record.state.screen != visit.visitor.device || record.state.is_open() {
        return Ok(go_to("/tv"));
    }
    let t = texts(visit.lang);
    let members = pages.roster.members().await?;
    let visiting = pages.roster.visiting().await?;
    let people = Attendance::of(&record, &members).with_visitors(&visiting);
    let mut figures = vec![
        (t.tv.due_short, record.state.due.to_string()),
        (t.tv.came, people.came.to_string()),
        (t.tv.excused, people.excused.to_string()),
        (t.tv.rate, people.rate()),
    ];
    // Two of two and 50 %: who is counted in the rate must be said.
    figures.extend(
        people
            .of_them_expected()
            .map(|came| (t.live.came_expected, came.to_string())),
    );
    figures.push((t.tv.shown, format::clock_length(record.state.shown)));
    let page = Done {
        facts: facts(t, &serde_json::json!({})),
        lead: lead(&record, &people, t, visit.lang),
        figures,
        less: less(&record, &people, visit.lang),
        rate: qr::to_svg(&format!("{}/evening/{}", base(&pages), record.state.id)),
        f: visit.frame(&pages, t.tv.home, Tab::None),
    };
    show(&visit, &page)
}

fn lead(record: &Record, people: &Attendance, t: &Texts, lang: Lang) -> String {
    let whole = record
        .lines
        .iter()
        .filter(|line| line.total() == record.state.shown)
        .count();
    match (people.came, whole) {
        (0, _) => t.tv.done_nobody.to_owned(),
        (came, 0) => format::fill(t.tv.done_some, &[&came]),
        (came, whole) => {
            let each = format::length(record.state.shown, lang);
            format::fill(t.tv.done_lead, &[&came, &whole, &each])
        }
    }
}

/// Who got less than was shown: at most four lines fit.
fn less(record: &Record, people: &Attendance, lang: Lang) -> Vec<(String, String)> {
    let short = record.lines.iter().filter(|line| line.total() < record.state.shown);
    short
        .take(4)
        .map(|line| (people.name(&line.who.member), format::length(line.total(), lang)))
        .collect()
}
