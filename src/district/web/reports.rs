//! The reports 报表 of the district: each as a page with bars, as a workbook and as a table, and all in one workbook.

use std::collections::BTreeMap;
use std::mem::discriminant;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::annual::{Days, blanks, in_address};
use super::figures::Figures;
use super::visit::View;
use super::{Visit, Web, file, show};
use crate::http::Problem;
use crate::look::{Frame, format, texts};
use crate::report::annual::{Annual, Period};
use crate::report::sheet::{Align, Cell, Sheet, To, Value};
use crate::report::survey::{self, By, Contacts, Named, Source, TypedIn};
use crate::report::{csv, xlsx};
use crate::types::{Lang, Year};

/// Office and WPS know their files by this.
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
/// A page shows so many rows; the files hold all of them.
const ROWS: usize = 500;

/// Reports that have the year before beside them: by how many cells a line is known, and of which figure.
const COMPARED: [(&str, (usize, usize)); 7] = [
    ("members", (1, 10)),
    ("townships", (1, 5)),
    ("stations", (2, 5)),
    ("branches", (2, 5)),
    ("activity", (2, 3)),
    ("films", (1, 5)),
    ("migrants", (2, 5)),
];

/// Each report by its code, and the column that its bars show.
const REPORTS: [(&str, usize); 10] = [
    ("annual", 1),
    ("townships", 12),
    ("stations", 12),
    ("branches", 12),
    ("members", 10),
    ("activity", 3),
    ("films", 5),
    ("twice", 5),
    ("migrants", 6),
    ("migrant-members", 7),
];

/// What the reports of a period are made of.
pub(super) struct Gathered {
    period: Period,
    figures: Arc<Figures>,
    before: Arc<Figures>,
    stations: BTreeMap<String, Named>,
    contacts: Contacts,
    typed: Vec<TypedIn>,
    policy: String,
}

impl Gathered {
    fn source(&self) -> Source<'_> {
        self.source_of(self.period, &self.figures, &self.before.annual)
    }

    /// The same days a year before; of the year before that nobody asks.
    fn source_before(&self) -> Source<'_> {
        self.source_of(self.period.a_year_before(), &self.before, &self.before.annual)
    }

    fn source_of<'a>(&'a self, period: Period, figures: &'a Figures, before: &'a Annual) -> Source<'a> {
        Source {
            period,
            annual: &figures.annual,
            before,
            times: &figures.times,
            people: &figures.people,
            visitors: &figures.visitors,
            lines: &figures.lines,
            titles: &figures.titles,
            stations: &self.stations,
            months: &figures.months,
            films: &figures.films,
            twice: &figures.twice,
            frequency: figures.policies.on(period.to).station,
            typed: &self.typed,
            policy: &self.policy,
        }
    }

    fn sheet(&self, code: &str) -> Option<Sheet> {
        let sheet = self.plain(code, &self.source())?;
        let Some((_, (keys, figure))) = COMPARED.iter().find(|(known, _)| *known == code) else {
            return Some(sheet);
        };
        let before = self.plain(code, &self.source_before())?;
        Some(survey::compared(sheet, &before, *keys, *figure))
    }

    fn plain(&self, code: &str, source: &Source<'_>) -> Option<Sheet> {
        Some(match code {
            "annual" => survey::annual(&source.blanks()),
            "townships" => survey::groups(source, By::Township),
            "stations" => survey::groups(source, By::Station),
            "branches" => survey::groups(source, By::Branch),
            "members" => survey::members(source),
            "activity" => survey::activity(source),
            "films" => survey::films(source),
            "twice" => survey::twice(source),
            "migrants" => survey::migrants(source, &self.contacts),
            "migrant-members" => survey::migrant_members(source, &self.contacts),
            _ => return None,
        })
    }
}

/// The annual report alone, which asks for no session.
async fn annual_sheet(web: &Web, period: Period) -> Result<Sheet, Problem> {
    let report = web.report(period).await?;
    let typed = typed(web, period.year()).await?;
    Ok(survey::annual(&survey::Blanks {
        period,
        now: &report.annual,
        before: &report.before,
        typed: &typed,
        policy: &report.policies.on(period.to).name,
    }))
}

/// Gathers it.
pub(super) async fn gather(web: &Web, period: Period) -> Result<Gathered, Problem> {
    let figures = web.figures(period).await?;
    let before = web.figures(period.a_year_before()).await?;
    let stations = named(web).await?;
    let typed = typed(web, period.year()).await?;
    let mut names = crate::report::tables::policy_names(&figures.lines);
    if names.is_empty() {
        names.push(figures.policies.newest().name.clone());
    }
    Ok(Gathered {
        period,
        before,
        stations,
        contacts: web.district.contacts().await?,
        typed,
        policy: names.join("》《"),
        figures,
    })
}

/// What people call the stations.
pub(super) async fn named(web: &Web) -> Result<BTreeMap<String, Named>, Problem> {
    let stations = web.district.watched().await?.into_iter().map(|station| {
        let (name, township) = (station.name, station.township);
        (station.origin.to_string(), Named { name, township })
    });
    Ok(stations.collect())
}

async fn typed(web: &Web, year: Year) -> Result<Vec<TypedIn>, Problem> {
    let blanks = blanks(web, year, texts(Lang::Zh)).await?;
    let typed = blanks.into_iter().map(|blank| TypedIn {
        label: blank.label,
        value: blank.value,
    });
    Ok(typed.collect())
}

/// A sheet as the file that was asked for: by its ending, `csv` or `xlsx`.
pub(super) async fn save(web: &Web, sheets: Vec<Sheet>, ending: &str) -> Result<Response, Problem> {
    let Some(first) = sheets.first() else {
        return Err(Problem::not_found());
    };
    let name = match sheets.len() {
        1 => first.file_name(),
        _ => format!("reports-{}", first.period.replace(" 到 ", "-")),
    };
    let office = web.settings.office.name.clone();
    let as_csv = match ending {
        "csv" if sheets.len() == 1 => true,
        "xlsx" => false,
        _ => return Err(Problem::not_found()),
    };
    let made = tokio::task::spawn_blocking(move || {
        if as_csv {
            csv::sheet(&sheets[0], Lang::Zh).map_err(|error| Problem::internal(&error))
        } else {
            xlsx::workbook_of(&sheets, &office, Lang::Zh).map_err(|error| Problem::internal(&error))
        }
    });
    let bytes = made.await.map_err(|error| Problem::internal(&error))??;
    let kind = if as_csv { "text/csv; charset=utf-8" } else { XLSX };
    Ok(file(kind, &format!("{name}.{ending}"), bytes))
}

struct Listed {
    code: &'static str,
    title: &'static str,
    rows: usize,
}

#[derive(Template)]
#[template(path = "district_reports.html")]
struct Index {
    v: View,
    f: Frame,
    lead: String,
    reports: Vec<Listed>,
    from: String,
    to: String,
    days: String,
}

pub(super) async fn index(State(web): State<Web>, visit: Visit, Query(days): Query<Days>) -> Result<Response, Problem> {
    visit.account()?;
    let (t, period) = (visit.t(), days.period(&web)?);
    let of = gather(&web, period).await?;
    let listed = |(code, _): &(&'static str, usize)| {
        of.sheet(code).map(|sheet| Listed {
            code,
            title: sheet.title,
            rows: sheet.rows.len(),
        })
    };
    let v = visit.frame(&web, t.district.tab_reports, "reports");
    let (from, to) = days_of(period);
    show(&Index {
        lead: format::fill(t.district.reports_lead, &[&REPORTS.len()]),
        reports: REPORTS.iter().filter_map(listed).collect(),
        days: in_address(period),
        from,
        to,
        f: v.f.clone(),
        v,
    })
}

fn days_of(period: Period) -> (String, String) {
    let date = |day| crate::report::annual::date_of(day).to_string();
    (date(period.from), date(period.to))
}

struct Shown {
    text: String,
    class: &'static str,
    link: String,
}

#[derive(Template)]
#[template(path = "district_report.html")]
struct Page {
    v: View,
    f: Frame,
    lead: String,
    code: &'static str,
    title: &'static str,
    period: String,
    head: Vec<(&'static str, &'static str)>,
    bars: &'static str,
    rows: Vec<(String, Vec<Shown>)>,
    sums: Vec<Shown>,
    notes: Vec<String>,
    from: String,
    to: String,
    days: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Asked {
    #[serde(flatten)]
    days: Days,
}

/// One report as a page, or as a file if its name ends like one.
pub(super) async fn page(
    State(web): State<Web>,
    visit: Visit,
    Path(name): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    visit.account()?;
    let period = asked.days.period(&web)?;
    if name == "annual" {
        return show(&shown(&web, &visit, 1, &annual_sheet(&web, period).await?, period));
    }
    if let Some(ending) = name.strip_prefix("annual.") {
        return save(&web, vec![annual_sheet(&web, period).await?], ending).await;
    }
    let of = gather(&web, period).await?;
    if let Some((code, ending)) = name.split_once('.') {
        let sheets: Vec<Sheet> = match code {
            "all" => REPORTS.iter().filter_map(|(code, _)| of.sheet(code)).collect(),
            code => of.sheet(code).into_iter().collect(),
        };
        return save(&web, sheets, ending).await;
    }
    let report = REPORTS.iter().find(|(code, _)| *code == name);
    let (bars, sheet) = report
        .and_then(|(code, bars)| Some((*bars, of.sheet(code)?)))
        .ok_or_else(Problem::not_found)?;
    show(&shown(&web, &visit, bars, &sheet, period))
}

fn class(align: Align) -> &'static str {
    match align {
        Align::Left => "",
        Align::Middle => "nb",
        Align::Right => "n",
    }
}

fn shown(web: &Web, visit: &Visit, bars: usize, sheet: &Sheet, period: Period) -> Page {
    let t = visit.t();
    let cells = |row: &Vec<Cell>| -> Vec<Shown> {
        let cells = row.iter().zip(&sheet.columns);
        let shown = cells.map(|(cell, column)| Shown {
            text: as_shown(&cell.value),
            class: class(column.align),
            link: match &cell.to {
                Some(To::Page(address)) => address.clone(),
                _ => String::new(),
            },
        });
        shown.collect()
    };
    let widths = widths(sheet, bars);
    let rows = widths
        .into_iter()
        .zip(sheet.rows.iter().map(cells))
        .take(ROWS)
        .collect();
    let mut notes = sheet.notes.clone();
    if sheet.rows.len() > ROWS {
        notes.insert(0, format::fill(t.district.report_more, &[&sheet.rows.len(), &ROWS]));
    }
    let v = visit.frame(web, sheet.title, "reports");
    let (from, to) = days_of(period);
    Page {
        lead: format::fill(t.district.report_lead, &[&sheet.title, &sheet.rows.len()]),
        code: sheet.code,
        title: sheet.title,
        period: sheet.period.clone(),
        head: sheet
            .columns
            .iter()
            .map(|column| (column.name.in_lang(visit.lang), class(column.align)))
            .collect(),
        bars: sheet.columns[bars].name.in_lang(visit.lang),
        rows,
        sums: sheet.sums.as_ref().map(cells).unwrap_or_default(),
        notes,
        days: in_address(period),
        from,
        to,
        f: v.f.clone(),
        v,
    }
}

/// Thousands with a comma, as on every screen; in files they are numbers.
fn as_shown(value: &Value) -> String {
    match value {
        Value::Count(n) => format::thousands(*n),
        Value::Minutes(ms) => format::thousands(ms.as_secs() / 60),
        other => other.text(),
    }
}

/// How long each row's bar is, in percent of the longest. Only what is counted in the same unit as the first row has one.
fn widths(sheet: &Sheet, column: usize) -> Vec<String> {
    let of = |row: &Vec<Cell>| row.get(column).map(|cell| discriminant(&cell.value));
    let unit = sheet.rows.first().and_then(of);
    let number = |row: &Vec<Cell>| match &row.get(column).filter(|_| of(row) == unit)?.value {
        Value::Count(n) => Some(*n),
        Value::Minutes(ms) => Some(ms.0),
        Value::Hours(hours) => Some(u64::from(hours.hundredths())),
        Value::Share(part, whole) => crate::report::sheet::tenths(*part, *whole),
        _ => None,
    };
    let numbers: Vec<Option<u64>> = sheet.rows.iter().map(number).collect();
    let most = numbers.iter().flatten().copied().max().unwrap_or(0);
    let width = |n: Option<u64>| n.map_or_else(|| "0%".to_owned(), |n| format::percent(n, most));
    numbers.into_iter().map(width).collect()
}
