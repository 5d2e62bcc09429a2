//! The books 台账: F1, the record of each screening 学习收看记录, as a page, on A4 paper, and as a table.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use crate::http::Problem;
use crate::http::body::Form;
use crate::ledger::Entry;
use crate::look::{Frame, Tab, Texts, format, texts};
use crate::pages::screenings::{self, Attendance};
use crate::pages::{Pages, Visit, go_to, said, show};
use crate::report::csv;
use crate::roster::{Member, Migrant};
use crate::screening::{Line, Record, Remarks};
use crate::types::{Lang, Millis, SessionId};

/// So many records are listed; older ones open by their numbers.
const RECORDS: u32 = 200;
/// A remark has at most so many characters: it must fit the sheet.
const REMARK: usize = 600;

struct Entered {
    id: String,
    date: String,
    title: String,
    line: String,
}

#[derive(Template)]
#[template(path = "desk_books.html")]
struct Books {
    f: Frame,
    lead: String,
    records: Vec<Entered>,
}

struct Row {
    cells: Vec<String>,
}

#[derive(Template)]
#[template(path = "desk_f1.html")]
struct Sheet {
    f: Frame,
    id: String,
    no: String,
    facts: Vec<(&'static str, String, &'static str, String)>,
    lines: Vec<(&'static str, String)>,
    head: Vec<&'static str>,
    rows: Vec<Row>,
    remarks: Remarks,
    foot: String,
}

pub(super) async fn page(State(pages): State<Pages>, visit: Visit) -> Result<Response, Problem> {
    visit.operator()?;
    let t = texts(visit.lang);
    let records = pages.screenings.records(RECORDS).await?;
    let came: usize = records.iter().map(|record| record.lines.len()).sum();
    let entered = |record: &Record| Entered {
        id: record.state.id.to_string(),
        date: date(record, visit.lang),
        title: titles(record),
        line: format::fill(
            t.books_line,
            &[
                &record.state.due,
                &record.lines.len(),
                &format::clock_length(record.state.shown),
            ],
        ),
    };
    let page = Books {
        lead: if records.is_empty() {
            t.books_none.to_owned()
        } else {
            format::fill(t.books_lead, &[&records.len(), &came])
        },
        records: records.iter().map(entered).collect(),
        f: visit.frame(&pages, t.tab_books, Tab::Books),
    };
    show(&visit, &page)
}

fn titles(record: &Record) -> String {
    let titles: Vec<&str> = record
        .state
        .programme
        .iter()
        .map(|showing| showing.title.as_str())
        .collect();
    titles.join(" / ")
}

fn date(record: &Record, lang: Lang) -> String {
    if record.state.dated {
        format::date(record.state.opened_ms, lang)
    } else {
        texts(lang).undated.to_owned()
    }
}

async fn find(pages: &Pages, id: &str) -> Result<Record, Problem> {
    let id = SessionId::parse(id).ok_or_else(Problem::not_found)?;
    pages.screenings.record(id).await?.ok_or_else(Problem::not_found)
}

pub(super) async fn record(
    State(pages): State<Pages>,
    visit: Visit,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    visit.operator()?;
    let record = find(&pages, &id).await?;
    let members = pages.roster.members().await?;
    let people = Attendance::of(&record, &members);
    let t = texts(visit.lang);
    let said = said::at(&pages, &record, t).await?;
    let sheet = Sheet {
        id,
        no: format::fill(t.f1_no, &[&record.serial]),
        facts: facts(&pages, &record, t, visit.lang),
        lines: [lines(&record, &people, t, visit.lang), said].concat(),
        head: head(t),
        rows: rows(&record, &people),
        remarks: record.state.remarks.clone(),
        foot: format::fill(t.f1_foot, &[&pages.viewing.policy().name]),
        f: visit.frame(&pages, t.f1_title, Tab::Books),
    };
    show(&visit, &sheet)
}

fn facts(
    pages: &Pages,
    record: &Record,
    t: &'static Texts,
    lang: Lang,
) -> Vec<(&'static str, String, &'static str, String)> {
    let state = &record.state;
    let ended = state.ended_ms.map(format::time).unwrap_or_default();
    let times = format::fill(t.f1_to, &[&format::time(state.opened_ms), &ended]);
    let planned = Millis(state.programme.iter().map(|showing| showing.length.0).sum());
    let sources: Vec<String> = state
        .programme
        .iter()
        .map(|showing| source(pages, showing, t))
        .collect();
    let of_plan = state.plan.as_ref().map_or_else(
        || t.plan_not_planned.to_owned(),
        |plan| format::fill(t.plan_item, &[&plan.number, &plan.when]),
    );
    vec![
        (t.f1_date, date(record, lang), t.f1_from_to, times),
        (
            t.tab_plan,
            of_plan,
            t.f1_discussion,
            format::fill(t.f1_minutes_n, &[&state.remarks.discussion_minutes]),
        ),
        (
            t.f1_place,
            state.remarks.place.clone(),
            t.f1_mode,
            t.mode(state.mode).to_owned(),
        ),
        (t.live_chair, state.remarks.chair.clone(), t.f1_operator, String::new()),
        (t.f1_item, titles(record), t.f1_class, sources.join(" / ")),
        (
            t.f1_length,
            format::length(planned, lang),
            t.f1_shown,
            format::length(state.shown, lang),
        ),
    ]
}

fn source(pages: &Pages, showing: &crate::screening::Showing, t: &Texts) -> String {
    let entry = pages.library.entry(&showing.item);
    let local = entry.as_ref().is_some_and(|entry| entry.local);
    let source = entry.and_then(|entry| entry.source);
    let parts = [
        showing.class.clone(),
        local.then(|| t.item_local_says.to_owned()),
        source,
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// The sheet's sentences.
fn lines(record: &Record, people: &Attendance<'_>, t: &'static Texts, lang: Lang) -> Vec<(&'static str, String)> {
    let state = &record.state;
    let counts = format::fill(
        t.f1_people_line,
        &[
            &state.due,
            &people.came,
            &people.excused,
            &people.absent(),
            &state.guests,
            &people.rate(),
        ],
    );
    let why = |line: &&Line| line.who.entry == Entry::Ticked;
    let ticked: Vec<String> = record
        .lines
        .iter()
        .filter(why)
        .map(|line| format!("{} {}", people.name(&line.who.member), line.who.reason))
        .collect();
    let ticked = if ticked.is_empty() {
        String::new()
    } else {
        let comma = if lang == Lang::Zh { "，" } else { ", " };
        format::fill(t.f1_ticked, &[&ticked.join(comma)])
    };
    let evidence = format::fill(t.f1_evidence_line, &[&people.by_phone, &people.ticked, &ticked]);
    let mut lines = vec![(t.f1_people, counts), (t.f1_evidence, evidence)];
    if state.unattended > Millis::ZERO {
        let alone = format::clock_length(state.unattended);
        lines.push((t.f1_incidents, format::fill(t.f1_unattended, &[&alone])));
    }
    lines
}

fn head(t: &'static Texts) -> Vec<&'static str> {
    vec![
        t.f1_row,
        t.name,
        t.f1_number,
        t.f1_branch,
        t.f1_role,
        t.f1_migrant,
        t.f1_in,
        t.f1_out,
        t.f1_checks,
        t.f1_minutes,
        t.f1_grade,
        t.f1_sign,
    ]
}

fn rows(record: &Record, people: &Attendance<'_>) -> Vec<Row> {
    let ended = record.state.ended_ms;
    let row = |(n, line): (usize, &Line)| {
        let member = people.member(&line.who.member);
        let of = |what: fn(&Member) -> String| member.map(what).unwrap_or_default();
        let migrant = member.filter(|member| member.migrant != Migrant::No);
        let out = line.who.went_ms.or(ended).map(format::time).unwrap_or_default();
        Row {
            cells: vec![
                (n + 1).to_string(),
                people.name(&line.who.member),
                line.who.member.to_string(),
                of(|member| member.branch.to_string()),
                of(|member| member.role.zh().to_owned()),
                migrant.map(|member| member.migrant.zh().to_owned()).unwrap_or_default(),
                format::time(line.who.came_ms),
                out,
                screenings::checks(&line.marks).0.to_string(),
                (line.total().as_secs() / 60).to_string(),
                format!("{:?}", screenings::grade(line)),
                String::new(),
            ],
        }
    };
    record.lines.iter().enumerate().map(row).collect()
}

/// The same table for a spreadsheet.
pub(super) async fn table(
    State(pages): State<Pages>,
    visit: Visit,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    visit.operator()?;
    let record = find(&pages, &id).await?;
    let members = pages.roster.members().await?;
    let people = Attendance::of(&record, &members);
    let t = texts(visit.lang);
    let head: Vec<String> = head(t).iter().map(|name| (*name).to_owned()).collect();
    let rows = rows(&record, &people).into_iter().map(|row| row.cells);
    let text = csv::table(std::iter::once(head).chain(rows)).map_err(|error| Problem::internal(&error))?;
    let name = format!("attachment; filename=\"f1-{}.csv\"", record.serial);
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((headers, text).into_response())
}

#[derive(Deserialize)]
pub(super) struct Sent {
    csrf: String,
    #[serde(default)]
    chair: String,
    #[serde(default)]
    place: String,
    #[serde(default)]
    discussion: String,
    #[serde(default)]
    put_to_use: String,
    #[serde(default)]
    incidents: String,
}

pub(super) async fn remark(
    State(pages): State<Pages>,
    visit: Visit,
    Path(id): Path<String>,
    Form(sent): Form<Sent>,
) -> Result<Response, Problem> {
    let by = visit.operator()?;
    visit.check(&sent.csrf)?;
    let record = find(&pages, &id).await?;
    let cut = |text: &str| text.trim().chars().take(REMARK).collect();
    let remarks = Remarks {
        chair: cut(&sent.chair),
        place: cut(&sent.place),
        discussion: cut(&sent.discussion),
        put_to_use: cut(&sent.put_to_use),
        incidents: cut(&sent.incidents),
        ..record.state.remarks
    };
    pages.screenings.remark(record.state.id, remarks, by).await?;
    Ok(go_to(&format!("/desk/books/{}", record.state.id)))
}
