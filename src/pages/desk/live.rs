//! The desk's evening: begin one, see who is there, check in who has no phone, end it. Works from the operator's phone.

mod act;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use crate::http::Problem;
use crate::ledger::Entry;
use crate::look::{Frame, Tab, Texts, format, texts};
use crate::pages::checkin::Stated;
use crate::pages::screenings::{self, Attendance};
use crate::pages::{Pages, Visit, begin, plan, show};
use crate::roster::{Member, Visiting};
use crate::screening::{Answer, Line, Record, ScreeningError, Stage};

/// A reason, a place or a name has at most so many characters.
const TEXT: usize = 60;
/// So many visitors are listed, the latest first; others are typed in.
const VISITORS: usize = 20;

pub(super) use act::act;

#[derive(Debug, Deserialize, Default)]
pub(super) struct Wanted {
    q: Option<String>,
    #[serde(default)]
    wrong: bool,
    #[serde(default)]
    unclear: bool,
}

struct Person {
    number: String,
    name: String,
    what: String,
    grade: String,
    is_excused: bool,
}

/// An evening that is open.
#[expect(clippy::struct_excessive_bools, reason = "each is a button of its own")]
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
    /// It can go on before one of the other screens.
    can_move: bool,
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
    planned: Vec<Choice>,
    visitors: Vec<Choice>,
    said: String,
    stated: Stated,
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
    let visiting = pages.roster.visiting().await?;
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
                running.push(evening(&pages, &answer, &screen.name, (&members, &visiting), &query, t).await?);
            }
            Ok(_) | Err(ScreeningError::NoScreening) => free.push(choice()),
            Err(error) => return Err(error.into()),
        }
    }
    let can_move = !free.is_empty();
    for one in &mut running {
        one.can_move = can_move;
    }
    let address = pages.settings.addresses.first().cloned().unwrap_or_default();
    let alone = super::watching(&pages).await?.len();
    let page = Page {
        lead: running
            .first()
            .map_or_else(|| t.live.lead_none.to_owned(), |r| r.lead.clone()),
        running,
        films: films(&pages),
        planned: planned(&pages).await?,
        visitors: visiting.iter().take(VISITORS).map(visitor).collect(),
        stated: Stated::default(),
        said: if wanted.unclear {
            t.checkin.visiting_unclear.to_owned()
        } else {
            String::new()
        },
        no_screen: format::fill(t.live.no_screen, &[&address.trim_end_matches('/')]),
        screens,
        free,
        wrong: wanted.wrong,
        query,
        reasons: vec![
            t.live.why_no_phone,
            t.live.why_cannot,
            t.live.why_empty,
            t.live.why_shared,
        ],
        alone: format::fill(t.live.alone, &[&alone]),
        f: visit.frame(&pages, t.tab_sessions, Tab::Sessions),
    };
    show(&visit, &page)
}

fn films(pages: &Pages) -> Vec<Choice> {
    let lines = pages.library.all();
    let films = lines.shown().filter(begin::is_film_line);
    films
        .filter_map(|line| {
            Some(Choice {
                value: line.id()?.to_string(),
                label: format!("{} {}", line.title(), format::clock_length(line.length())),
            })
        })
        .collect()
}

/// The screens on which nothing runs: device and name.
pub(super) async fn free_screens(pages: &Pages) -> Result<Vec<(String, String)>, Problem> {
    let mut free = Vec::new();
    for screen in pages.screenings.screens().await? {
        match pages.screenings.on_screen(screen.device).await {
            Ok(answer) if answer.state.is_open() => {}
            Ok(_) | Err(ScreeningError::NoScreening) => free.push((screen.device.to_string(), screen.name)),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(free)
}

/// What is planned for today and was not begun.
async fn planned(pages: &Pages) -> Result<Vec<Choice>, Problem> {
    let Some(day) = plan::today(pages) else {
        return Ok(Vec::new());
    };
    let entries = plan::open_entries(pages, day).await?;
    let choice = |entry: crate::programme::Entry| Choice {
        value: entry.number.to_string(),
        label: format!("{} {}", entry.plan.when.time, entry.plan.titles()),
    };
    Ok(entries.into_iter().map(choice).collect())
}

fn visitor(who: &Visiting) -> Choice {
    Choice {
        value: who.member.to_string(),
        label: format!("{} {} {}", who.name, who.branch, who.member),
    }
}

async fn evening(
    pages: &Pages,
    answer: &Answer,
    screen: &str,
    (members, visiting): (&[Member], &[Visiting]),
    query: &str,
    t: &Texts,
) -> Result<Running, Problem> {
    let state = &answer.state;
    let record = pages
        .screenings
        .record(state.id)
        .await?
        .ok_or_else(Problem::not_found)?;
    let people = Attendance::of(&record, members).with_visitors(visiting);
    let present: Vec<&Line> = record.lines.iter().filter(|line| line.who.went_ms.is_none()).collect();
    let title = state.now_showing().map_or("", |showing| &showing.title);
    let lead = match state.stage {
        Stage::Lobby => format::fill(t.live.lead_lobby, &[&title, &state.due, &present.len()]),
        Stage::Showing => format::fill(t.live.lead_showing, &[&title, &state.due, &present.len()]),
        Stage::Break => format::fill(t.live.lead_break, &[&title, &present.len()]),
        Stage::Ending | Stage::Closed => format::fill(t.live.lead_ending, &[&title, &present.len()]),
    };
    let others = others(&record, members, query);
    let length: u64 = state.programme.iter().map(|showing| showing.length.0).sum();
    Ok(Running {
        id: state.id.to_string(),
        screen: screen.to_owned(),
        lead,
        shown: format::fill(t.live.shown, &[&format::clock_length(state.shown)]),
        bar: crate::look::art::share_bar(state.shown.0, length),
        next: next_check(answer, t),
        figures: vec![
            (t.tv.came, people.came),
            (t.tv.excused, people.excused),
            (t.live.absent, people.absent()),
        ],
        grades: format::fill(t.live.grades, &[&people.by_phone, &people.ticked]),
        guests: state.guests,
        is_lobby: state.stage == Stage::Lobby,
        is_showing: matches!(state.stage, Stage::Showing | Stage::Break),
        can_move: false,
        has_ticked: state.check.is_some() && present.iter().any(|line| line.who.entry == Entry::Ticked),
        present_h: format::fill(t.live.present_n, &[&present.len()]),
        present: present.iter().map(|line| person(line, &people, t)).collect(),
        others_h: format::fill(t.live.not_come, &[&others.len()]),
        others: others
            .into_iter()
            .map(|(member, why)| stranger(member, why, t))
            .collect(),
    })
}

fn next_check(answer: &Answer, t: &Texts) -> String {
    let state = &answer.state;
    match (answer.check_left, state.stage) {
        (Some(left), _) => format::fill(t.live.check_open, &[&answer.passed, &left.as_secs()]),
        (None, Stage::Showing) => {
            let minutes = state.next_check.minus(state.shown).as_secs().div_ceil(60);
            format::fill(t.live.next_check, &[&minutes])
        }
        _ => String::new(),
    }
}

fn person(line: &Line, people: &Attendance<'_>, t: &Texts) -> Person {
    let (passed, missed) = (line.checks.passed, line.checks.missed());
    let came = format::time(line.who.came_ms);
    let mut what = match line.who.entry {
        Entry::Code if passed == 0 => format::fill(t.live.by_phone, &[&came, &""]),
        Entry::Code => {
            let passed = format::fill(t.live.passed, &[&passed]);
            format::fill(t.live.by_phone, &[&came, &passed])
        }
        Entry::Ticked => format::fill(t.live.by_tick, &[&came, &line.who.reason]),
    };
    if let Some(home) = &line.who.home {
        what = format!("{what}，{}", format::fill(t.checkin.visiting_of, &[&home.branch]));
    }
    if missed > 0 {
        what += &format::fill(t.live.missed, &[&missed]);
    }
    Person {
        number: line.who.member.to_string(),
        name: people.name(&line.who.member),
        what,
        grade: format!("{:?}", screenings::grade(line)),
        is_excused: false,
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
        what: excuse.map_or(branch.clone(), |why| {
            if *why == *t.live.excuse {
                format!("{branch}，{why}")
            } else {
                format!("{branch}，{} {why}", t.live.excuse)
            }
        }),
        grade: String::new(),
        is_excused: excuse.is_some(),
    }
}
