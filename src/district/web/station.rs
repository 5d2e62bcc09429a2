//! One station: what was pulled and what does not fit, its year, how it does, what people call it.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::figures::Figures;
use super::stations::moment;
use super::visit::View;
use super::{Visit, Web, go_to, query, sentences, show};
use crate::district::{Alarm, Log, Place, Watched};
use crate::http::Problem;
use crate::http::body::Form;
use crate::look::{Frame, Texts, format};
use crate::report::Month;
use crate::report::annual::{Period, date_of, share};
use crate::report::sheet::Value;
use crate::report::survey::months_of;
use crate::types::{Grade, Hours, Origin};

#[derive(Debug, Deserialize)]
pub(super) struct Of {
    of: String,
}

impl Of {
    /// The station's name in its ledger, as the address has it.
    pub(super) fn name(&self) -> &str {
        &self.of
    }
}

/// An alert with the form that acknowledges it.
pub(super) struct Shown {
    pub(super) key: i64,
    pub(super) head: String,
    pub(super) sentence: String,
    pub(super) when: String,
    pub(super) leaf: Option<(u64, String)>,
    /// How grave it is, in a word, and the class of its mark.
    pub(super) grave: (&'static str, &'static str),
    /// Whose it is, and when it climbs.
    pub(super) whose: String,
}

/// One month against what is asked of a station.
struct MonthLine {
    name: String,
    screenings: u64,
    enough: bool,
    width: String,
    hours: String,
    on_enough: bool,
    attendance: String,
    unattended: u64,
}

struct SeenLine {
    when: String,
    size: String,
    root: String,
    good: bool,
    says: String,
}

#[derive(Template)]
#[template(path = "district_station.html")]
struct Page {
    v: View,
    f: Frame,
    lead: String,
    station: Watched,
    of: String,
    alarms: Vec<Shown>,
    seen: Vec<SeenLine>,
    facts: Vec<(&'static str, String, &'static str)>,
    months: Vec<(String, u64, u64, u64)>,
    activity: Vec<MonthLine>,
    asked: String,
    checks: Vec<(bool, String)>,
}

/// One line as people type it into a field.
pub(super) fn line(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control())
        .take(60)
        .collect::<String>()
        .trim()
        .to_owned()
}

/// The station of an address.
pub(super) async fn find(web: &Web, of: &str) -> Result<Watched, Problem> {
    let stations = web.district.watched().await?;
    let found = stations.into_iter().find(|station| station.origin.as_str() == of);
    found.ok_or_else(Problem::not_found)
}

/// The log of an address, which may have ended.
pub(super) async fn find_log(web: &Web, of: &str) -> Result<Log, Problem> {
    let name = Origin::new(of).map_err(|_| Problem::not_found())?;
    web.district.log(&name).await?.ok_or_else(Problem::not_found)
}

pub(super) fn shown(alarm: &Alarm, now_s: u64, visit: &Visit) -> Shown {
    let (head, sentence) = sentences::of_alarm(alarm, visit.t());
    let seconds = |s: i64| u64::try_from(s).unwrap_or(0);
    let first = moment(seconds(alarm.at_s), visit);
    Shown {
        key: alarm.key,
        head: head.to_owned(),
        sentence,
        when: match alarm.times {
            1 => first,
            times => format::fill(
                visit.t().district.again,
                &[&first, &times, &moment(seconds(alarm.last_s), visit)],
            ),
        },
        leaf: sentences::leaf_of(alarm).map(|index| (index, query(&alarm.station))),
        grave: sentences::of_severity(alarm.severity(), visit.t()),
        whose: sentences::of_rung(alarm, now_s, visit.t()),
    }
}

pub(super) async fn page(State(web): State<Web>, visit: Visit, Query(of): Query<Of>) -> Result<Response, Problem> {
    visit.account()?;
    let station = find(&web, &of.of).await?;
    let open = web.district.open_alarms().await?;
    let now = web.district.now_s();
    let alarms: Vec<Shown> = open
        .iter()
        .filter(|alarm| alarm.station == station.origin.as_str())
        .map(|alarm| shown(alarm, now, &visit))
        .collect();
    let seen = web.district.seen(&station.origin).await?;
    let figures = web.figures(web.this_year()).await?;
    let t = visit.t();
    let v = visit.frame(&web, &station.name, "stations");
    let seen_line = |seen: &crate::district::Seen| SeenLine {
        when: seen.cosigned_s.map_or_else(|| "–".to_owned(), |at| moment(at, &visit)),
        size: format::thousands(seen.size),
        root: seen.root.chars().take(14).collect(),
        good: seen.cosigned_s.is_some(),
        says: if seen.cosigned_s.is_some() {
            t.district.fits.to_owned()
        } else {
            t.district.fits_not.to_owned()
        },
    };
    show(&Page {
        lead: lead(&station, &alarms, now, t),
        of: query(station.origin.as_str()),
        alarms,
        seen: seen.iter().map(seen_line).collect(),
        facts: facts(&station.origin, &figures, t),
        months: months(&station.origin, &figures),
        activity: activity(&station.origin, &figures, web.this_year()),
        asked: asked(&figures, web.this_year(), t),
        checks: checks(&station, &visit, now),
        station,
        f: v.f.clone(),
        v,
    })
}

fn lead(station: &Watched, alarms: &[Shown], now: u64, t: &Texts) -> String {
    match alarms.first() {
        Some(alarm) => format::fill(t.district.station_alarm, &[&station.name, &alarm.head]),
        None if station.contact_s == 0 => format::fill(t.district.station_never, &[&station.name]),
        None => match station.silent_for(now) / 86_400 {
            0 => format::fill(t.district.station_fine, &[&station.name]),
            days => format::fill(t.district.station_days, &[&station.name, &days]),
        },
    }
}

fn facts(station: &Origin, figures: &Figures, t: &Texts) -> Vec<(&'static str, String, &'static str)> {
    let here = |member| {
        figures
            .people
            .get(member)
            .is_some_and(|person| person.station == station.as_str())
    };
    let lines = || figures.lines.iter().filter(|line| here(&line.member));
    let people = lines().count();
    let sum: u64 = lines().map(|line| u64::from(line.tally.total.hundredths())).sum();
    let average = sum.checked_div(people as u64).unwrap_or(0);
    let average = Hours::from_hundredths(u32::try_from(average / 10 * 10).unwrap_or(0));
    let full = lines()
        .filter(|line| line.due.is_some_and(|due| line.tally.total >= due))
        .count();
    let times = || figures.times.iter().filter(|time| time.station == station.as_str());
    let ticked = share(times().filter(|time| time.grade == Grade::C).count(), times().count());
    vec![
        (t.district.members, people.to_string(), ""),
        (t.district.average, average.to_string(), ""),
        (t.district.full_people, full.to_string(), t.district.people_unit),
        (t.district.ticked_share, format!("{}.{}", ticked / 10, ticked % 10), "%"),
    ]
}

/// Person-times by month of the year: the name, the figure, and where its bar stands.
fn months(station: &Origin, figures: &Figures) -> Vec<(String, u64, u64, u64)> {
    let mut by_month: BTreeMap<i8, u64> = BTreeMap::new();
    for time in figures.times.iter().filter(|time| time.station == station.as_str()) {
        if let Some(day) = time.day {
            *by_month.entry(date_of(day).month()).or_default() += 1;
        }
    }
    let most = by_month.values().copied().max().unwrap_or(0).max(1);
    let last = by_month.keys().copied().max().unwrap_or(0);
    (1..=last)
        .map(|month| {
            let n = by_month.get(&month).copied().unwrap_or(0);
            (
                month.to_string(),
                n,
                n * 88 / most,
                u64::from(month.unsigned_abs() - 1) * 36 + 4,
            )
        })
        .collect()
}

/// What is asked of a station each month, in words.
fn asked(figures: &Figures, period: Period, t: &Texts) -> String {
    let asked = figures.policies.on(period.to).station;
    format::fill(t.district.asked, &[&asked.screenings, &(asked.open.as_secs() / 3600)])
}

/// The months of the year so far, the latest first.
fn activity(station: &Origin, figures: &Figures, period: Period) -> Vec<MonthLine> {
    let asked = figures.policies.on(period.to).station;
    let known = figures.months.get(station.as_str());
    let of = |month: u32| known.and_then(|all| all.get(&month)).cloned().unwrap_or_default();
    let months: Vec<(u32, Month)> = months_of(period).into_iter().map(|month| (month, of(month))).collect();
    let most = months
        .iter()
        .map(|(_, facts)| facts.screenings)
        .max()
        .unwrap_or(0)
        .max(asked.screenings);
    let line = |(month, facts): &(u32, Month)| MonthLine {
        name: (month % 100).to_string(),
        screenings: facts.screenings,
        enough: facts.screenings >= asked.screenings,
        width: format::percent(facts.screenings, most),
        hours: Value::LongTime(facts.open.total()).text(),
        on_enough: facts.open.total() >= asked.open,
        attendance: Value::Share(facts.came, facts.due).text(),
        unattended: facts.unattended.as_secs() / 60,
    };
    months.iter().rev().map(line).collect()
}

/// Sentences of health: whether each is a warning, and what it says.
fn checks(station: &Watched, visit: &Visit, now: u64) -> Vec<(bool, String)> {
    let t = visit.t();
    let mut checks = Vec::new();
    if let Some(fault) = station.fault {
        let what = sentences::of_fault(fault, t);
        checks.push((
            true,
            format::fill(
                t.district.c_failed,
                &[&what, &station.failures, &moment(station.next_s, visit)],
            ),
        ));
    }
    if station.contact_s > 0 {
        let late = station.silent_for(now) > 2 * 86_400;
        checks.push((
            late,
            format::fill(t.district.c_heard, &[&moment(station.contact_s, visit)]),
        ));
    }
    let Some(told) = &station.condition else { return checks };
    checks.push((false, format::fill(t.district.c_version, &[&told.version])));
    match station.clock_off_ms {
        _ if told.trust == Some(crate::clock::Trust::Unset) => checks.push((true, t.district.c_clock_unset.to_owned())),
        Some(off) => {
            let tenths = off.unsigned_abs() / 100;
            let off_far = tenths > 1_200;
            checks.push((
                off_far,
                format::fill(t.district.c_clock, &[&format!("{}.{}", tenths / 10, tenths % 10)]),
            ));
        }
        None => {}
    }
    if told.disk_all > 0 {
        let full = told.disk_free < told.disk_all / 20;
        checks.push((
            full,
            format::fill(
                t.district.c_disk,
                &[&format::bytes(told.disk_free), &format::bytes(told.disk_all)],
            ),
        ));
    }
    checks
}

#[derive(Debug, Deserialize)]
pub(super) struct Wish {
    csrf: String,
    of: String,
    act: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    town: String,
    #[serde(default)]
    remark: String,
}

/// Names a station, or asks it now.
pub(super) async fn act(State(web): State<Web>, visit: Visit, Form(sent): Form<Wish>) -> Result<Response, Problem> {
    let by = visit.manager(&sent.csrf)?;
    let station = find(&web, &sent.of).await?;
    match sent.act.as_str() {
        "place" => {
            let place = Place {
                name: line(&sent.name),
                township: line(&sent.town),
                remark: line(&sent.remark),
            };
            web.district.set_place(&station.origin, place, &by).await?;
        }
        "pull" => {
            web.district.hurry(&station.origin).await?;
        }
        _ => return Err(Problem::not_found()),
    }
    Ok(go_to(&format!("/station?of={}", query(station.origin.as_str()))))
}
