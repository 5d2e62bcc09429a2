//! The desk's evening: begin one, see who is there, check in who has no phone, end it. Works from the operator's phone.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use media_index::Kind;
use serde::Deserialize;

use crate::http::Problem;
use crate::http::body::Form;
use crate::ledger::Entry;
use crate::look::{Frame, Tab, Texts, format, texts};
use crate::pages::screenings::{self, Attendance};
use crate::pages::{Pages, Visit, go_to, show, tv};
use crate::roster::Member;
use crate::screening::{Answer, Evening, Line, Record, ScreeningError, Stage};
use crate::types::{DeviceId, ItemId, MemberId, Millis, Mode, SessionId};

/// A reason, a place or a name has at most so many characters.
const TEXT: usize = 60;

#[derive(Debug, Deserialize, Default)]
pub(super) struct Wanted {
    q: Option<String>,
    #[serde(default)]
    wrong: bool,
}

struct Person {
    number: String,
    name: String,
    what: String,
    grade: String,
}

/// An evening that is open.
struct Running {
    id: String,
    screen: String,
    lead: String,
    shown: String,
    bar: String,
    next: String,
    figures: Vec<(&'static str, usize)>,
    grades: String,
    guests: u32,
    is_lobby: bool,
    is_showing: bool,
    has_ticked: bool,
    present: Vec<Person>,
    present_h: String,
    others: Vec<Person>,
    others_h: String,
}

struct Choice {
    value: String,
    label: String,
}

#[derive(Template)]
#[template(path = "desk_live.html")]
struct Page {
    f: Frame,
    lead: String,
    running: Vec<Running>,
    films: Vec<Choice>,
    screens: Vec<Choice>,
    free: Vec<Choice>,
    no_screen: String,
    wrong: bool,
    query: String,
    reasons: Vec<&'static str>,
    alone: String,
}

pub(super) async fn page(
    State(pages): State<Pages>,
    visit: Visit,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Problem> {
    visit.operator()?;
    let t = texts(visit.lang);
    let members = pages.roster.members().await?;
    let query: String = wanted.q.unwrap_or_default().chars().take(TEXT).collect();
    let (mut running, mut screens, mut free) = (Vec::new(), Vec::new(), Vec::new());
    for screen in pages.screenings.screens().await? {
        let choice = || Choice {
            value: screen.device.to_string(),
            label: screen.name.clone(),
        };
        screens.push(choice());
        match pages.screenings.on_screen(screen.device).await {
            Ok(answer) if answer.state.is_open() => {
                running.push(evening(&pages, &answer, &screen.name, &members, &query, t).await?);
            }
            Ok(_) | Err(ScreeningError::NoScreening) => free.push(choice()),
            Err(error) => return Err(error.into()),
        }
    }
    let address = pages.settings.addresses.first().cloned().unwrap_or_default();
    let alone = super::watching(&pages).await?.len();
    let page = Page {
        lead: running
            .first()
            .map_or_else(|| t.live_lead_none.to_owned(), |r| r.lead.clone()),
        running,
        films: films(&pages),
        no_screen: format::fill(t.live_no_screen, &[&address.trim_end_matches('/')]),
        screens,
        free,
        wrong: wanted.wrong,
        query,
        reasons: vec![t.why_no_phone, t.why_cannot, t.why_empty, t.why_shared],
        alone: format::fill(t.live_alone, &[&alone]),
        f: visit.frame(&pages, t.tab_sessions, Tab::Sessions),
    };
    show(&visit, &page)
}

fn films(pages: &Pages) -> Vec<Choice> {
    let shown = pages.library.shown();
    let films = shown
        .iter()
        .filter(|entry| matches!(entry.kind, Kind::Film | Kind::Audio) && entry.length > Millis::ZERO);
    films
        .filter_map(|entry| {
            Some(Choice {
                value: entry.id?.to_string(),
                label: format!("{} {}", entry.title, format::clock_length(entry.length)),
            })
        })
        .collect()
}

async fn evening(
    pages: &Pages,
    answer: &Answer,
    screen: &str,
    members: &[Member],
    query: &str,
    t: &Texts,
) -> Result<Running, Problem> {
    let state = &answer.state;
    let record = pages
        .screenings
        .record(state.id)
        .await?
        .ok_or_else(Problem::not_found)?;
    let people = Attendance::of(&record, members);
    let present: Vec<&Line> = record.lines.iter().filter(|line| line.who.went_ms.is_none()).collect();
    let title = state.now_showing().map_or("", |showing| &showing.title);
    let lead = match state.stage {
        Stage::Lobby => format::fill(t.live_lead_lobby, &[&title, &state.due, &present.len()]),
        Stage::Showing => format::fill(t.live_lead_showing, &[&title, &state.due, &present.len()]),
        Stage::Ending | Stage::Closed => format::fill(t.live_lead_ending, &[&title, &present.len()]),
    };
    let others = others(&record, members, query);
    let length: u64 = state.programme.iter().map(|showing| showing.length.0).sum();
    Ok(Running {
        id: state.id.to_string(),
        screen: screen.to_owned(),
        lead,
        shown: format::fill(t.live_shown, &[&format::clock_length(state.shown)]),
        bar: crate::look::art::share_bar(state.shown.0, length),
        next: next_check(answer, t),
        figures: vec![
            (t.tv_came, people.came),
            (t.tv_excused, people.excused),
            (t.live_absent, people.absent()),
        ],
        grades: format::fill(t.live_grades, &[&people.by_phone, &people.ticked]),
        guests: state.guests,
        is_lobby: state.stage == Stage::Lobby,
        is_showing: state.stage == Stage::Showing,
        has_ticked: state.check.is_some() && present.iter().any(|line| line.who.entry == Entry::Ticked),
        present_h: format::fill(t.live_present_n, &[&present.len()]),
        present: present.iter().map(|line| person(line, &people, t)).collect(),
        others_h: format::fill(t.live_not_come, &[&others.len()]),
        others: others
            .into_iter()
            .map(|(member, why)| stranger(member, why, t))
            .collect(),
    })
}

fn next_check(answer: &Answer, t: &Texts) -> String {
    let state = &answer.state;
    match (answer.check_left, state.stage) {
        (Some(left), _) => format::fill(t.live_check_open, &[&answer.passed, &left.as_secs()]),
        (None, Stage::Showing) => {
            let minutes = state.next_check.minus(state.shown).as_secs().div_ceil(60);
            format::fill(t.live_next_check, &[&minutes])
        }
        _ => String::new(),
    }
}

fn person(line: &Line, people: &Attendance<'_>, t: &Texts) -> Person {
    let (passed, missed) = screenings::checks(&line.marks);
    let came = format::time(line.who.came_ms);
    let mut what = match line.who.entry {
        Entry::Code if passed == 0 => format::fill(t.live_by_phone, &[&came, &""]),
        Entry::Code => {
            let passed = format::fill(t.live_passed, &[&passed]);
            format::fill(t.live_by_phone, &[&came, &passed])
        }
        Entry::Ticked => format::fill(t.live_by_tick, &[&came, &line.who.reason]),
    };
    if missed > 0 {
        what += &format::fill(t.live_missed, &[&missed]);
    }
    Person {
        number: line.who.member.to_string(),
        name: people.name(&line.who.member),
        what,
        grade: format!("{:?}", screenings::grade(line)),
    }
}

/// Who has not come, or has gone; found by name, pinyin or number.
fn others<'a>(record: &'a Record, members: &'a [Member], query: &str) -> Vec<(&'a Member, Option<&'a str>)> {
    let is_there = |member: &Member| {
        let own = record.lines.iter().find(|line| line.who.member == member.id);
        own.is_some_and(|line| line.who.went_ms.is_none())
    };
    let fits = |member: &&Member| query.is_empty() || member.keys().matches(query) || member.id.as_str() == query;
    let excuse = |member: &Member| {
        let found = record.absences.iter().find(|(id, _)| *id == member.id);
        found.map(|(_, why)| why.as_str())
    };
    let expected = members
        .iter()
        .filter(|member| screenings::is_expected(member) && !is_there(member));
    expected.filter(fits).map(|member| (member, excuse(member))).collect()
}

fn stranger(member: &Member, excuse: Option<&str>, t: &Texts) -> Person {
    let branch = member.branch.to_string();
    Person {
        number: member.id.to_string(),
        name: member.name.clone(),
        what: excuse.map_or(branch.clone(), |why| format!("{branch} · {} {why}", t.live_excuse)),
        grade: String::new(),
    }
}

#[derive(Deserialize)]
pub(super) struct Sent {
    csrf: String,
    act: String,
    #[serde(default)]
    id: String,
    #[serde(default)]
    screen: String,
    #[serde(default)]
    item: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    chair: String,
    #[serde(default)]
    why: String,
    #[serde(default)]
    guests: String,
}

fn cut(text: &str) -> String {
    text.trim().chars().take(TEXT).collect()
}

/// What the operator does. Buttons of a list say `act:number`.
pub(super) async fn act(State(pages): State<Pages>, visit: Visit, Form(sent): Form<Sent>) -> Result<Response, Problem> {
    visit.operator()?;
    visit.check(&sent.csrf)?;
    let (what, whom) = sent.act.split_once(':').unwrap_or((&sent.act, ""));
    match what {
        "let_in" | "send_away" => return screen(&pages, &visit, what, &sent).await,
        "begin" => begin(&pages, &sent).await?,
        "end" => end(&pages, &sent).await?,
        _ => with_people(&pages, &visit, what, whom, &sent).await?,
    }
    Ok(go_to("/desk/live"))
}

async fn screen(pages: &Pages, visit: &Visit, what: &str, sent: &Sent) -> Result<Response, Problem> {
    let by = visit.operator()?;
    if what == "send_away" {
        let device = DeviceId::parse(&sent.screen).ok_or_else(Problem::not_found)?;
        pages.screenings.send_away(device, by).await?;
        return Ok(go_to("/desk/live"));
    }
    let name = match cut(&sent.chair) {
        name if name.is_empty() => texts(visit.lang).live_screen_default.to_owned(),
        name => name,
    };
    let found = pages.screenings.let_in(&sent.text, &name, by).await?;
    Ok(go_to(if found { "/desk/live" } else { "/desk/live?wrong=true" }))
}

async fn begin(pages: &Pages, sent: &Sent) -> Result<(), Problem> {
    let screen = DeviceId::parse(&sent.screen).ok_or_else(Problem::not_found)?;
    let item = ItemId::parse(&sent.item).map_err(|_| Problem::not_found())?;
    let evening = Evening {
        screen,
        programme: vec![tv::showing(pages, item)?],
        mode: Mode::Screening,
        branches: Vec::new(),
        due: screenings::due(pages).await?,
        place: cut(&sent.text),
        chair: cut(&sent.chair),
    };
    pages.screenings.begin(evening).await?;
    Ok(())
}

async fn end(pages: &Pages, sent: &Sent) -> Result<(), Problem> {
    let record = pages.screenings.record(id(&sent.id)?).await?;
    let record = record
        .filter(|record| record.state.is_open())
        .ok_or_else(Problem::not_found)?;
    pages.screenings.end(record.state.screen).await?;
    Ok(())
}

fn id(text: &str) -> Result<SessionId, Problem> {
    SessionId::parse(text).ok_or_else(Problem::not_found)
}

async fn with_people(pages: &Pages, visit: &Visit, what: &str, whom: &str, sent: &Sent) -> Result<(), Problem> {
    let (by, room, screening) = (visit.operator()?, &pages.screenings, id(&sent.id)?);
    let member = || MemberId::new(whom).map_err(|_| Problem::not_found());
    match what {
        "tick" => {
            let who = member()?;
            // Only who stands in the roster: the operator cannot check in somebody he makes up.
            pages.roster.member(who.clone()).await?.ok_or_else(Problem::not_found)?;
            room.tick(screening, who, cut(&sent.why), by).await?;
        }
        "again" => drop(room.tick_all_again(screening, by).await?),
        "gone" => room.leave(screening, member()?).await?,
        "excuse" => room.excuse(screening, member()?, cut(&sent.text), by).await?,
        "guests" => {
            let guests = sent.guests.trim().parse().ok().filter(|guests| *guests <= 10_000);
            let guests = guests.ok_or_else(|| {
                Problem::unprocessable("群众人数请填 0 到 10000。", "Type 0 to 10000 for the other people.")
            })?;
            room.set_guests(screening, guests, by).await?;
        }
        _ => return Err(Problem::not_found()),
    }
    Ok(())
}
