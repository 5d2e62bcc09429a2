//! The annual report: every blank that can be measured, what a person must type in, and a paragraph to paste.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::figures::Report;
use super::visit::View;
use super::{Visit, Web, go_to, show};
use crate::district::Alarm;
use crate::http::Problem;
use crate::http::body::Form;
use crate::look::{Frame, Texts, format};
use crate::report::annual::{Annual, Category, Pair, Period, date_of, paragraph, share};
use crate::types::{Lang, Year};

/// Which days somebody asks for; without them, this year up to today.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Days {
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
}

impl Days {
    /// The period, if both are dates as a browser's date field writes them.
    pub(super) fn period(&self, web: &Web) -> Result<Period, Problem> {
        if self.from.is_empty() && self.to.is_empty() {
            return Ok(web.this_year());
        }
        let read = |text: &str| {
            text.parse::<jiff::civil::Date>()
                .ok()
                .filter(|d| (2000..2100).contains(&d.year()))
        };
        match (read(&self.from), read(&self.to)) {
            (Some(from), Some(to)) => Ok(Period::of(from, to)),
            _ => Err(Problem::bad_request(
                "日期要写成 2026-01-31 这样。",
                "Dates look like 2026-01-31.",
            )),
        }
    }
}

/// The days of a period as they stand in an address.
pub(super) fn in_address(period: Period) -> String {
    format!("from={}&to={}", date_of(period.from), date_of(period.to))
}

struct Row {
    name: String,
    hint: &'static str,
    width: String,
    times: String,
    persons: String,
    link: String,
    before: String,
}

pub(super) struct Blank {
    what: &'static str,
    pub(super) label: &'static str,
    pub(super) value: String,
}

#[derive(Template)]
#[template(path = "district_annual.html")]
struct Page {
    v: View,
    f: Frame,
    lead: String,
    sentence: String,
    rows: Vec<Row>,
    total: Row,
    copy: String,
    blanks: Vec<Blank>,
    year: u16,
    checks: Vec<(bool, String)>,
    from: String,
    to: String,
    days: String,
}

#[derive(Template)]
#[template(path = "district_annual_print.html")]
struct Sheet {
    v: View,
    f: Frame,
    title: String,
    sentence: String,
    rows: Vec<Row>,
    total: Row,
    blanks: Vec<Blank>,
    checks: Vec<(bool, String)>,
    days: String,
}

/// What a person types in, with its label.
fn blanks_of(t: &Texts) -> [(&'static str, &'static str); 4] {
    [
        ("funds", t.district.in_funds),
        ("books", t.district.in_books),
        ("full_time", t.district.in_full_time),
        ("part_time", t.district.in_part_time),
    ]
}

/// What people typed in for a year.
pub(super) async fn blanks(web: &Web, year: Year, t: &Texts) -> Result<Vec<Blank>, Problem> {
    let typed = web.district.typed_in(year).await?;
    let blank = |(what, label): (&'static str, &'static str)| Blank {
        what,
        label,
        value: typed.get(what).cloned().unwrap_or_default(),
    };
    Ok(blanks_of(t).map(blank).into())
}

fn category_word(category: Category, t: &Texts) -> &'static str {
    match category {
        Category::OfficeSecretary => t.district.cat_office,
        Category::RuralSecretary => t.district.cat_village,
        Category::PrivateSecretary => t.district.cat_private,
        Category::Rural => t.district.cat_rural,
        Category::New => t.district.cat_new,
        Category::Migrant => t.district.cat_migrant,
        Category::Skill => t.district.cat_skill,
    }
}

/// The category's word, or "all".
pub(super) fn category_name(category: Option<Category>, t: &Texts) -> &'static str {
    category.map_or(t.district.total, |category| category_word(category, t))
}

/// More or less than a year before, in words; nothing if there was nothing then.
fn change(now: usize, before: usize, t: &Texts) -> String {
    if before == 0 {
        return "–".to_owned();
    }
    let difference = share(now.abs_diff(before), before);
    let sign = if now >= before { "+" } else { "−" };
    format::fill(t.district.change, &[&sign, &(difference / 10), &(difference % 10)])
}

fn rows(annual: &Annual, before: &Annual, days: &str, t: &Texts) -> (Vec<Row>, Row) {
    let most = annual.lines.iter().map(|(_, pair)| pair.times).max().unwrap_or(0) as u64;
    let row = |category: Option<Category>, pair: Pair, earlier: Pair| Row {
        name: category_name(category, t).to_owned(),
        hint: if category == Some(Category::Skill) {
            t.district.by_class
        } else {
            ""
        },
        width: format::percent(pair.times as u64, most),
        times: format::thousands(pair.times as u64),
        persons: format::thousands(pair.persons as u64),
        link: format!(
            "/annual/sessions?{days}&category={}",
            category.map_or("all", Category::word)
        ),
        before: change(pair.times, earlier.times, t),
    };
    let lines = annual.lines.iter().zip(&before.lines);
    let rows = lines.map(|((category, pair), (_, earlier))| row(Some(*category), *pair, *earlier));
    (rows.collect(), row(None, annual.total, before.total))
}

fn sentence(annual: &Annual, period: Period, lang: Lang, t: &Texts) -> String {
    let blank = |text: String| format!("<u class=\"n\">{text}</u>");
    let number = |n: usize| blank(format::thousands(n as u64));
    let until = date_of(period.to);
    let day = match lang {
        Lang::Zh => format!("{}年{}月{}日", until.year(), until.month(), until.day()),
        Lang::En => until.to_string(),
    };
    let covered = share(annual.migrants.persons, annual.migrants.times);
    format::fill(
        t.district.annual_sentence,
        &[
            &blank(day),
            &number(annual.branches),
            &number(annual.members),
            &number(annual.stations),
            &number(annual.migrants.times),
            &number(annual.migrants.persons),
            &blank(format!("{}.{}%", covered / 10, covered % 10)),
            &number(annual.local.0),
            &number(annual.local.1),
        ],
    )
}

/// Where the figures come from, and what is not in them.
async fn checks(web: &Web, report: &Report, open: &[Alarm], t: &Texts) -> Result<Vec<(bool, String)>, Problem> {
    let now = web.district.now_s();
    let stations = web.district.watched().await?;
    let late = stations
        .iter()
        .filter(|station| station.silent_for(now) >= 7 * 86_400)
        .count();
    let policy = report.policies.newest();
    let mut checks = vec![
        (
            late > 0,
            format::fill(t.district.from_stations, &[&(stations.len() - late), &late]),
        ),
        (
            false,
            format::fill(t.district.from_minimum, &[&policy.min_session.as_secs()]),
        ),
    ];
    if report.annual.undated > 0 {
        checks.push((true, format::fill(t.district.from_undated, &[&report.annual.undated])));
    }
    let stopped = |alarm: &&Alarm| ["rollback", "fork", "fork_somewhere", "bad_checkpoint"].contains(&&*alarm.kind);
    let stopped = open.iter().filter(stopped).count();
    if stopped > 0 {
        checks.push((true, format::fill(t.district.from_stopped, &[&stopped])));
    }
    Ok(checks)
}

pub(super) async fn page(State(web): State<Web>, visit: Visit, Query(days): Query<Days>) -> Result<Response, Problem> {
    visit.account()?;
    let (t, period) = (visit.t(), days.period(&web)?);
    let report = web.report(period).await?;
    let blanks = blanks(&web, period.year(), t).await?;
    let open = web.district.open_alarms().await?;
    let missing = blanks.iter().filter(|blank| blank.value.is_empty()).count();
    let days = in_address(period);
    let (rows, total) = rows(&report.annual, &report.before, &days, t);
    let v = visit.frame(&web, t.district.tab_annual, "annual");
    let until = date_of(period.to);
    let checks = checks(&web, &report, &open, t).await?;
    show(&Page {
        lead: format::fill(
            if missing > 0 {
                t.district.annual_lead
            } else {
                t.district.annual_lead_whole
            },
            &[
                &period.year().0,
                &until.month(),
                &until.day(),
                &format!("<b class=\"n\">{missing}</b>"),
            ],
        ),
        sentence: sentence(&report.annual, period, visit.lang, t),
        rows,
        total,
        copy: paragraph(&report.annual, until),
        blanks,
        year: period.year().0,
        checks,
        from: date_of(period.from).to_string(),
        to: until.to_string(),
        days,
        f: v.f.clone(),
        v,
    })
}

/// The same on A4 paper.
pub(super) async fn print(State(web): State<Web>, visit: Visit, Query(days): Query<Days>) -> Result<Response, Problem> {
    visit.account()?;
    let (t, period) = (visit.t(), days.period(&web)?);
    let report = web.report(period).await?;
    let open = web.district.open_alarms().await?;
    let days = in_address(period);
    let (rows, total) = rows(&report.annual, &report.before, &days, t);
    let v = visit.frame(&web, t.district.tab_annual, "annual");
    let checks = checks(&web, &report, &open, t).await?;
    let blanks = blanks(&web, period.year(), t).await?;
    show(&Sheet {
        title: format::fill(t.district.sheet_title, &[&web.settings.office.name, &period.year().0]),
        sentence: sentence(&report.annual, period, visit.lang, t),
        rows,
        total,
        blanks,
        checks,
        days: format!("{} – {}", date_of(period.from), date_of(period.to)),
        f: v.f.clone(),
        v,
    })
}

#[derive(Debug, Deserialize)]
pub(super) struct TypeIn {
    csrf: String,
    year: u16,
    #[serde(default)]
    funds: String,
    #[serde(default)]
    books: String,
    #[serde(default)]
    full_time: String,
    #[serde(default)]
    part_time: String,
}

pub(super) async fn type_in(
    State(web): State<Web>,
    visit: Visit,
    Form(sent): Form<TypeIn>,
) -> Result<Response, Problem> {
    let by = visit.manager(&sent.csrf)?;
    let values = [
        ("funds", sent.funds),
        ("books", sent.books),
        ("full_time", sent.full_time),
        ("part_time", sent.part_time),
    ];
    let values = values.map(|(what, value)| (what, value.trim().replace([',', '，'], "")));
    let is_number = |value: &str| {
        value.is_empty() || (value.len() <= 15 && value.parse::<f64>().is_ok_and(|n| n.is_finite() && n >= 0.0))
    };
    if !values.iter().all(|(_, value)| is_number(value)) {
        return Err(Problem::unprocessable(
            "这里只填数字，比如 12 或 3.5。",
            "Only numbers here, such as 12 or 3.5.",
        ));
    }
    web.district.type_in(Year(sent.year), values.into(), &by).await?;
    Ok(go_to(&format!(
        "/annual?from={0}-01-01&to={1}",
        sent.year,
        last_day(&web, sent.year)
    )))
}

/// A year that goes on is shown up to today.
fn last_day(web: &Web, year: u16) -> String {
    let today = web.today();
    if i32::from(today.year()) == i32::from(year) {
        today.to_string()
    } else {
        format!("{year}-12-31")
    }
}
