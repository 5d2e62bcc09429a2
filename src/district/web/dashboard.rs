//! The first page: how many stations answered, what needs somebody, one square per station, hours by township.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::figures::Figures;
use super::visit::View;
use super::{Visit, Web, query, sentences, show};
use crate::district::{Alarm, Watched};
use crate::http::Problem;
use crate::ledger::epoch::is_before;
use crate::look::art::escape;
use crate::look::{Frame, Texts, format};
use crate::report::annual::share;
use crate::types::{Grade, Hours, Millis, Mode, Origin};

/// So many alerts and silent stations stand on the first page; the rest has pages of its own.
const SHOWN: usize = 5;
/// Squares in one line.
const SEATS: usize = 36;
/// A week without a word.
const WEEK_S: u64 = 7 * 86_400;

pub(super) struct Todo {
    pub(super) head: String,
    pub(super) sentence: String,
    pub(super) link: String,
}

struct Town {
    name: String,
    stations: usize,
    seats: String,
    silent: usize,
    doubtful: usize,
}

struct TownHours {
    name: String,
    bar: String,
    modes: [String; 3],
    total: String,
}

/// A station in one of the lists beside: what is to be known of it, and how much of it.
struct Line {
    name: String,
    link: String,
    remark: String,
    much: String,
}

#[derive(Template)]
#[template(path = "district_home.html")]
struct Page {
    v: View,
    f: Frame,
    lead: String,
    todo: Vec<Todo>,
    todo_all: usize,
    facts: Vec<(&'static str, String, &'static str)>,
    grades: Vec<(&'static str, String, String, String)>,
    towns: Vec<Town>,
    sums: [usize; 3],
    due: String,
    hours: Vec<TownHours>,
    silent: Vec<Line>,
    silent_all: usize,
    undated: Vec<Line>,
    when: String,
}

pub(super) async fn page(State(web): State<Web>, visit: Visit) -> Result<Response, Problem> {
    visit.account()?;
    let stations = web.district.watched().await?;
    let open = web.district.open_alarms().await?;
    let period = web.this_year();
    let figures = web.figures(period).await?;
    let lost = web.district.lost(period.year()).await?;
    let (t, now) = (visit.t(), web.district.now_s());
    let v = visit.frame(&web, t.district.tab_home, "home");
    let towns = towns(&stations, &open, now, t);
    let silent_all = stations
        .iter()
        .filter(|station| station.silent_for(now) >= WEEK_S)
        .count();
    let doubtful = towns.iter().map(|town| town.doubtful).sum();
    let page = Page {
        lead: lead(stations.len(), silent_all, doubtful, t),
        todo: open
            .iter()
            .filter(|alarm| alarm.kind != "silent")
            .take(SHOWN)
            .map(|alarm| todo(alarm, &stations, t))
            .collect(),
        todo_all: open.iter().filter(|alarm| alarm.kind != "silent").count(),
        facts: facts(&figures, lost.unattended, t),
        grades: grades(&figures, lost.unconfirmed, t),
        sums: [stations.len(), silent_all, doubtful],
        towns,
        due: figures
            .policies
            .on(period.to)
            .due("member", period.year())
            .map_or_else(String::new, |due| due.to_string()),
        hours: hours_by_town(&web, &figures, &stations, t),
        silent: silent(&stations, now, t),
        silent_all,
        undated: undated(&figures, &stations, &visit),
        when: format!("{} {}", v.f.date, format::time(i64::try_from(now * 1000).unwrap_or(0))),
        f: v.f.clone(),
        v,
    };
    show(&page)
}

fn lead(stations: usize, silent: usize, doubtful: usize, t: &Texts) -> String {
    let red = |n: usize| match n {
        0 => "<span class=\"n\">0</span>".to_owned(),
        n => format!("<b class=\"n\">{n}</b>"),
    };
    match stations {
        0 => t.district.lead_none.to_owned(),
        n => format::fill(t.district.lead, &[&n, &(n - silent), &red(silent), &red(doubtful)]),
    }
}

/// What people call a station, by its name in the ledger; of a ledger that has ended with the name of that.
pub(super) fn name_of(origin: &str, stations: &[Watched]) -> String {
    if let Some(station) = stations.iter().find(|station| station.origin.as_str() == origin) {
        return station.name.clone();
    }
    let ended = Origin::new(origin).ok();
    let goes_on = |station: &&Watched| ended.as_ref().is_some_and(|ended| is_before(ended, &station.origin));
    let found = stations.iter().find(goes_on);
    found.map_or_else(|| origin.to_owned(), |station| format!("{} ({origin})", station.name))
}

pub(super) fn todo(alarm: &Alarm, stations: &[Watched], t: &Texts) -> Todo {
    let (head, sentence) = sentences::of_alarm(alarm, t);
    Todo {
        head: format::fill(t.district.of_station, &[&name_of(&alarm.station, stations), &head]),
        sentence,
        link: format!("/station?of={}#a{}", query(&alarm.station), alarm.key),
    }
}

fn town_of(station: &Watched, t: &Texts) -> String {
    if station.township.is_empty() {
        t.district.no_town.to_owned()
    } else {
        station.township.clone()
    }
}

fn towns(stations: &[Watched], open: &[Alarm], now: u64, t: &Texts) -> Vec<Town> {
    let mut by_town: BTreeMap<String, Vec<&Watched>> = BTreeMap::new();
    for station in stations {
        by_town.entry(town_of(station, t)).or_default().push(station);
    }
    let is_doubtful = |station: &Watched| {
        open.iter()
            .any(|alarm| alarm.station == station.origin.as_str() && alarm.kind != "silent")
    };
    let town = |(name, stations): (String, Vec<&Watched>)| {
        let silent = |station: &Watched| station.silent_for(now) >= WEEK_S;
        let seats = stations.iter().enumerate().map(|(at, station)| {
            let kind = if is_doubtful(station) {
                Seat::Doubtful
            } else if silent(station) {
                Seat::Silent
            } else {
                Seat::Fine
            };
            seat(at, station, kind)
        });
        let (width, height) = (stations.len().min(SEATS) * 20, stations.len().div_ceil(SEATS) * 20 - 5);
        Town {
            name,
            stations: stations.len(),
            seats: format!(
                r#"<svg class="seats" width="{width}" height="{height}">{}</svg>"#,
                seats.collect::<String>()
            ),
            silent: stations.iter().filter(|station| silent(station)).count(),
            doubtful: stations.iter().filter(|station| is_doubtful(station)).count(),
        }
    };
    by_town.into_iter().map(town).collect()
}

#[derive(Clone, Copy)]
enum Seat {
    Fine,
    Silent,
    Doubtful,
}

fn seat(at: usize, station: &Watched, kind: Seat) -> String {
    let (x, y) = (at % SEATS * 20, at / SEATS * 20);
    let drawing = match kind {
        Seat::Fine => format!(r#"<rect x="{x}" y="{y}" width="15" height="15" class="k-ok"/>"#),
        Seat::Silent => format!(r#"<rect x="{x}.75" y="{y}.75" width="13.5" height="13.5" class="k-out"/>"#),
        Seat::Doubtful => format!(
            r#"<path d="M{} {}l9 9-9 9-9-9z" class="k-warn"/>"#,
            x + 7,
            i64::try_from(y).unwrap_or(0) - 2
        ),
    };
    let (link, name) = (query(station.origin.as_str()), escape(&station.name));
    format!(r#"<a href="/station?of={link}"><title>{name}</title>{drawing}</a>"#)
}

fn facts(figures: &Figures, unattended: Millis, t: &Texts) -> Vec<(&'static str, String, &'static str)> {
    let annual = &figures.annual;
    let with_due = figures
        .lines
        .iter()
        .filter(|line| line.due.is_some() && figures.people.contains_key(&line.member));
    let reached = with_due
        .clone()
        .filter(|line| line.due.is_some_and(|due| line.tally.total >= due))
        .count();
    let percent = |part, whole| {
        let tenths = share(part, whole);
        format!("{}.{}", tenths / 10, tenths % 10)
    };
    vec![
        (
            t.district.person_times,
            format::thousands(annual.total.times as u64),
            "",
        ),
        (t.district.full, percent(reached, with_due.count()), "%"),
        (
            t.district.migrants_covered,
            percent(annual.migrants.persons, annual.migrants.times),
            "%",
        ),
        (
            t.district.unattended,
            format::thousands(unattended.as_secs() / 3600),
            t.district.hours_unit,
        ),
        (t.district.covered, percent(annual.covered, annual.members), "%"),
        (
            t.district.twice,
            format::thousands(figures.twice.len() as u64),
            t.district.times_unit,
        ),
    ]
}

/// Label, share in words, and the bar's place and width.
fn grades(figures: &Figures, unconfirmed: Millis, t: &Texts) -> Vec<(&'static str, String, String, String)> {
    let of = |grade| figures.by_grade.get(&grade).copied().unwrap_or_default().0;
    let parts = [
        (t.district.grade_a, of(Grade::A)),
        (t.district.grade_b, of(Grade::B)),
        (t.district.grade_c, of(Grade::C)),
        (t.district.grade_x, unconfirmed.0),
    ];
    let whole: u64 = parts.iter().map(|(_, ms)| ms).sum();
    let mut at = 0;
    let part = |(label, ms): (&'static str, u64)| {
        let tenths = share(usize::try_from(ms).unwrap_or(0), usize::try_from(whole).unwrap_or(0));
        let place = (format::percent(at, whole), format::percent(ms, whole));
        at += ms;
        (label, format!("{}.{}%", tenths / 10, tenths % 10), place.0, place.1)
    };
    if whole == 0 {
        Vec::new()
    } else {
        parts.into_iter().map(part).collect()
    }
}

fn hours_by_town(web: &Web, figures: &Figures, stations: &[Watched], t: &Texts) -> Vec<TownHours> {
    let towns: BTreeMap<&str, String> = stations
        .iter()
        .map(|station| (station.origin.as_str(), town_of(station, t)))
        .collect();
    let mut sums: BTreeMap<String, (u64, [u64; 3])> = BTreeMap::new();
    for line in &figures.lines {
        let Some(person) = figures.people.get(&line.member) else {
            continue;
        };
        let Some(town) = towns.get(person.station.as_str()) else {
            continue;
        };
        let (people, modes) = sums.entry(town.clone()).or_default();
        *people += 1;
        for (mode, hours) in &line.tally.by_mode {
            let column = match mode {
                Mode::Screening => 0,
                Mode::Alone => 1,
                Mode::Brought | Mode::MakeUp | Mode::Migrant => 2,
            };
            modes[column] += u64::from(hours.hundredths());
        }
    }
    let this_year = web.this_year();
    let policy = figures.policies.on(this_year.to);
    let due = policy.due("member", this_year.year()).unwrap_or(Hours::whole(32));
    let mut towns: Vec<(u64, TownHours)> = sums.into_iter().map(|(name, sum)| town_hours(name, sum, due)).collect();
    towns.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.name.cmp(&b.1.name)));
    towns.into_iter().map(|(_, town)| town).collect()
}

/// Averages are rounded to a tenth after summing; the total is that of the shown parts, so that the row adds up.
fn town_hours(name: String, (people, modes): (u64, [u64; 3]), due: Hours) -> (u64, TownHours) {
    let tenths = modes.map(|hundredths| hundredths.checked_div(people * 10).unwrap_or(0));
    let sum: u64 = tenths.iter().sum();
    let whole = (u64::from(due.hundredths()) / 10).max(sum).max(1);
    let mut at = 0;
    let rects = tenths.iter().enumerate().map(|(column, part)| {
        let (x, width) = (format::percent(at, whole), format::percent(*part, whole));
        at += part;
        format!(
            r#"<rect class="k-{}" x="{x}" width="{width}" height="100%"/>"#,
            column + 1
        )
    });
    let said = |tenths: u64| format!("{}.{}", tenths / 10, tenths % 10);
    let bar = format!(
        r#"<svg class="bar" aria-hidden="true"><rect class="k-bg" width="100%" height="100%"/>{}</svg>"#,
        rects.collect::<String>()
    );
    let hours = TownHours {
        name,
        bar,
        modes: tenths.map(said),
        total: said(sum),
    };
    (sum, hours)
}

fn silent(stations: &[Watched], now: u64, t: &Texts) -> Vec<Line> {
    let mut silent: Vec<&Watched> = stations
        .iter()
        .filter(|station| station.silent_for(now) >= WEEK_S)
        .collect();
    silent.sort_by_key(|station| std::cmp::Reverse(station.silent_for(now)));
    let line = |station: &&Watched| Line {
        name: station.name.clone(),
        link: format!("/station?of={}", query(station.origin.as_str())),
        remark: if station.remark.is_empty() {
            t.district.silent_call.to_owned()
        } else {
            station.remark.clone()
        },
        much: format!("{} {}", station.silent_for(now) / 86_400, t.district.days),
    };
    silent.iter().take(SHOWN).map(line).collect()
}

/// All of them: each is hours that a person waits for, and there are few.
fn undated(figures: &Figures, stations: &[Watched], visit: &Visit) -> Vec<Line> {
    let line = |(origin, members, sum): &(String, usize, Millis)| Line {
        name: name_of(origin, stations),
        link: format!("/station/rulings?of={}", query(origin)),
        remark: format::fill(visit.t().district.undated_says, &[members]),
        much: format::length(*sum, visit.lang),
    };
    figures.undated.iter().map(line).collect()
}
