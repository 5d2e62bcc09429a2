//! The programme 播放计划 on the desk: a month at a time, the form, the notice for the wall, and what people would like.

mod form;
mod notice;

use std::collections::HashMap;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::live::free_screens;
use crate::clock;
use crate::http::Problem;
use crate::ledger::About;
use crate::look::{Frame, Tab, Texts, format, texts};
use crate::pages::plan::{joined, today};
use crate::pages::{Pages, Visit, begin, show};
use crate::programme::{Entry, Month, When};
use crate::report::books::Period;
use crate::roster::Member;
use crate::screening::{self, Brief};
use crate::types::{ItemId, Lang, Millis};

pub(super) use form::{act, edit, fresh};
pub(super) use notice::notice;

/// So many wishes and ratings fit beside a month.
const MOST: usize = 6;
/// Ratings of fewer people say little about a film.
const SOME: u32 = 3;

#[derive(Debug, Deserialize, Default)]
pub(in crate::pages) struct Wanted {
    month: Option<String>,
    #[serde(default)]
    number: Option<u64>,
}

struct Choice {
    value: String,
    label: String,
}

/// An evening of the month: planned, held, or both.
struct Line {
    date: String,
    day: &'static str,
    time: String,
    title: String,
    about: String,
    is_today: bool,
    /// It can be begun now; its number.
    begin: Option<u64>,
    /// It can be changed.
    edit: Option<u64>,
    /// What became of it.
    tag: String,
    tag_class: &'static str,
    link: String,
}

struct Wish {
    title: String,
    about: String,
    plan: String,
}

#[derive(Template)]
#[template(path = "desk_plan.html")]
struct Page {
    f: Frame,
    lead: String,
    under: String,
    heading: String,
    month: String,
    before: (String, String),
    after: (String, String),
    lines: Vec<Line>,
    screens: Vec<Choice>,
    wishes: Vec<Wish>,
    /// Wishes in members' own words, which are feedback, with the month in whose book they stand.
    said: Vec<(String, String)>,
    said_more: String,
    liked: Vec<(String, String)>,
    left: Vec<(String, String)>,
}

/// The month that is asked for, or the present one; while the date is unknown, the first that can be.
fn month_of(pages: &Pages, wanted: &Wanted) -> Month {
    let asked = wanted.month.as_deref().and_then(Month::read);
    let present = || Month::of(pages.clock.now().wall_ms);
    let first = || Month::read("2026-01").expect("a month of the calendar");
    asked.or_else(present).unwrap_or_else(first)
}

fn name_of(month: Month, lang: Lang) -> (String, String) {
    let (year, number) = month.numbers();
    match lang {
        Lang::Zh => (format!("{year}年{number}月"), format!("{number}月")),
        Lang::En => (format!("{number}/{year}"), format!("{number}/{year}")),
    }
}

/// Begin and end of a month by the wall clock.
fn bounds(month: Month) -> (i64, i64) {
    let at = |month: Month| When::read(&month.days().0, "00:00").map_or(0, |when| when.wall_ms());
    (at(month), at(month.plus(1)))
}

pub(super) async fn page(
    State(pages): State<Pages>,
    visit: Visit,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Problem> {
    visit.operator()?;
    let (t, lang) = (texts(visit.lang), visit.lang);
    let month = month_of(&pages, &wanted);
    let (from, to) = month.days();
    let entries = pages.programme.between(from, to).await?;
    let (begins, ends) = bounds(month);
    let held = pages
        .ledger
        .store()
        .read(move |conn| screening::briefly(conn, begins, ends))
        .await?;
    let members = pages.roster.members().await?;
    let lines = lines(&pages, &entries, &held, &members, lang);
    let shown = held.iter().filter(|brief| brief.shown > Millis::ZERO).count();
    let in_all = Millis(held.iter().map(|brief| brief.shown.0).sum());
    let screens = free_screens(&pages).await?;
    let wishes = wishes(&pages, t, lang).await?;
    let (said, said_more) = said(&pages, t).await?;
    let (liked, left) = (liked(&pages, t).await?, left_early(&pages, t).await?);
    let (heading, name) = name_of(month, lang);
    let named = |month: Month| (month.to_string(), name_of(month, lang).1);
    let page = Page {
        lead: if entries.is_empty() && shown == 0 {
            format::fill(t.plan.lead_none, &[&name])
        } else {
            format::fill(t.plan.lead, &[&name, &entries.len(), &shown])
        },
        under: if in_all > Millis::ZERO {
            format::fill(t.plan.under, &[&format::length(in_all, lang)])
        } else {
            String::new()
        },
        heading,
        month: month.to_string(),
        before: named(month.plus(-1)),
        after: named(month.plus(1)),
        lines,
        screens: screens
            .into_iter()
            .map(|(value, label)| Choice { value, label })
            .collect(),
        wishes,
        said,
        said_more,
        liked,
        left,
        f: visit.frame(&pages, t.tab_plan, Tab::Plan),
    };
    show(&visit, &page)
}

/// What is planned and what was held, in the order of time; an evening that follows an entry stands in its line.
fn lines(pages: &Pages, entries: &[Entry], held: &[Brief], members: &[Member], lang: Lang) -> Vec<Line> {
    let today = today(pages).unwrap_or_default();
    let of_entry: HashMap<u64, &Brief> = held
        .iter()
        .filter(|brief| brief.is_open || brief.shown > Millis::ZERO)
        .filter_map(|brief| Some((brief.plan?, brief)))
        .collect();
    let planned = entries.iter().map(|entry| {
        let brief = of_entry.get(&entry.number).copied();
        (entry.plan.when.wall_ms(), planned(entry, brief, members, &today, lang))
    });
    let is_in_a_line = |brief: &&Brief| {
        let number = brief
            .plan
            .filter(|plan| entries.iter().any(|entry| entry.number == *plan));
        number.is_some() || (!brief.is_open && brief.shown == Millis::ZERO)
    };
    let others = held.iter().filter(|brief| !is_in_a_line(brief));
    let others = others.map(|brief| (brief.opened_ms, unplanned(brief, &today, lang)));
    let mut all: Vec<(i64, Line)> = planned.chain(others).collect();
    all.sort_by_key(|(at, _)| *at);
    all.into_iter().map(|(_, line)| line).collect()
}

fn blank(at: i64, is_today: bool, lang: Lang) -> Line {
    Line {
        date: clock::local_date(at).map_or_else(String::new, |day| format!("{:02}", day.day())),
        day: if is_today {
            texts(lang).plan.is_today
        } else {
            format::weekday(at, lang)
        },
        time: format::time(at),
        title: String::new(),
        about: String::new(),
        is_today,
        begin: None,
        edit: None,
        tag: String::new(),
        tag_class: "",
        link: String::new(),
    }
}

fn planned(entry: &Entry, brief: Option<&Brief>, members: &[Member], today: &str, lang: Lang) -> Line {
    let (t, plan) = (texts(lang), &entry.plan);
    let class = plan
        .items
        .first()
        .and_then(|planned| planned.class.clone())
        .unwrap_or_default();
    let chair = if plan.chair.is_empty() {
        String::new()
    } else {
        format!("{} {}", t.live.chair, plan.chair)
    };
    let branches: Vec<String> = plan.branches.iter().map(ToString::to_string).collect();
    let from = entry
        .from
        .as_ref()
        .map_or_else(String::new, |_| t.plan.of_district.to_owned());
    let length = format::length(plan.length(), lang);
    let parts = [class, length, branches.join(" "), plan.place.clone(), chair, from];
    let is_today = plan.when.day == today;
    let mut line = blank(plan.when.wall_ms(), is_today && brief.is_none(), lang);
    line.title = plan.titles();
    line.about = joined(&parts, lang);
    match brief {
        Some(brief) => became(&mut line, brief, t),
        None if plan.when.day.as_str() < today => {
            t.plan.missed.clone_into(&mut line.tag);
            line.tag_class = "tag-you";
        }
        None => line.tag = format::fill(t.tv.due, &[&begin::due(plan, members)]),
    }
    if brief.is_none() {
        line.begin = is_today.then_some(entry.number);
        line.edit = entry.from.is_none().then_some(entry.number);
    }
    line
}

fn unplanned(brief: &Brief, today: &str, lang: Lang) -> Line {
    let t = texts(lang);
    let is_today = clock::local_date(brief.opened_ms).is_some_and(|day| day.to_string() == today);
    let mut line = blank(brief.opened_ms, is_today, lang);
    line.is_today = false;
    line.title = brief.titles.join("》《");
    t.plan.not_planned.clone_into(&mut line.about);
    became(&mut line, brief, t);
    line
}

fn became(line: &mut Line, brief: &Brief, t: &Texts) {
    if brief.is_open {
        line.tag = format::fill(t.plan.running, &[&brief.came]);
        line.tag_class = "tag-go";
        "/desk/live".clone_into(&mut line.link);
    } else {
        line.tag = format::fill(t.plan.came, &[&brief.came, &brief.due]);
        line.tag_class = "tag-ok";
        line.link = format!("/desk/books/{}", brief.id);
    }
}

fn title_of(pages: &Pages, item: &ItemId) -> Option<String> {
    pages.library.entry(item).map(|entry| entry.title)
}

/// What members would like to see together.
async fn wishes(pages: &Pages, t: &Texts, lang: Lang) -> Result<Vec<Wish>, Problem> {
    let all = pages.opinions.wishes(u32::try_from(MOST).unwrap_or(0)).await?;
    let wish = |(item, many): (ItemId, u32)| {
        let entry = pages.library.shown_entry(&item);
        let there = entry.as_ref().filter(|entry| begin::is_film(entry));
        Wish {
            title: title_of(pages, &item).unwrap_or_else(|| item.to_string()),
            about: match there {
                Some(entry) => format::fill(t.plan.wished, &[&many, &format::length(entry.length, lang)]),
                None => format::fill(t.plan.wished_away, &[&many]),
            },
            plan: there.map_or_else(String::new, |_| format!("/desk/plan/new?item={item}")),
        }
    };
    Ok(all.into_iter().map(wish).collect())
}

/// What members ask for in their own words 信息反馈, not answered yet, and how many more there are.
async fn said(pages: &Pages, t: &Texts) -> Result<(Vec<(String, String)>, String), Problem> {
    let all = pages.records.open_about(About::Wish).await?;
    let more = all.len().saturating_sub(MOST);
    let line = |said: &crate::records::Feedback| (said.text.clone(), Period::month_at(said.wall_ms).word());
    let more = if more > 0 {
        format::fill(t.plan.said_more, &[&more])
    } else {
        String::new()
    };
    Ok((all.iter().take(MOST).map(line).collect(), more))
}

/// What was liked best, among the films that some people rated.
async fn liked(pages: &Pages, t: &Texts) -> Result<Vec<(String, String)>, Problem> {
    let all = pages.opinions.liked().await?;
    let (some, few): (Vec<_>, Vec<_>) = all.into_iter().partition(|liked| liked.ratings >= SOME);
    let line = |liked: crate::opinions::Liked| {
        let (whole, tenth) = (liked.tenths() / 10, liked.tenths() % 10);
        let mean = format!("{whole}.{tenth}");
        let said = format::fill(t.plan.stars, &[&mean, &liked.ratings]);
        Some((title_of(pages, &liked.item)?, said))
    };
    Ok(some.into_iter().chain(few).filter_map(line).take(MOST).collect())
}

/// From which films people went early, and from which many: of the newest evenings.
async fn left_early(pages: &Pages, t: &Texts) -> Result<Vec<(String, String)>, Problem> {
    const EVENINGS: u32 = 30;
    let mut left: Vec<(String, usize, usize)> = Vec::new();
    for record in pages.screenings.records(EVENINGS).await? {
        // Only somebody who went while the film ran went from the film: who came back has no leaving.
        let gone = record.lines.iter().filter(|line| line.who.went_ms.is_some()).count();
        let Some(showing) = record.state.programme.first().filter(|_| gone > 0) else {
            continue;
        };
        match left.iter_mut().find(|(title, ..)| *title == showing.title) {
            Some((_, went, came)) => (*went, *came) = (*went + gone, *came + record.lines.len()),
            None => left.push((showing.title.clone(), gone, record.lines.len())),
        }
    }
    left.sort_by_key(|(_, went, _)| std::cmp::Reverse(*went));
    let said = |(title, went, came): (String, usize, usize)| (title, format::fill(t.plan.left, &[&came, &went]));
    Ok(left.into_iter().take(MOST).map(said).collect())
}
