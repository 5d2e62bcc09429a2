//! All books at a glance: how each stands, and what waits for the operator.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;

use super::gather::{Gathered, gather};
use super::{Wanted, book, record};
use crate::http::Problem;
use crate::look::{Frame, Tab, Texts, format, texts};
use crate::pages::{Pages, Visit, show};
use crate::report::books::figures::{self, Figures};
use crate::report::books::{Period, hours};
use crate::report::sheet::{Cell, Value};
use crate::screening::Record;
use crate::types::{Hours, Lang};

struct Line {
    number: &'static str,
    code: &'static str,
    name: &'static str,
    what: &'static str,
    tag: &'static str,
    state: String,
    p: String,
}

struct Evening {
    id: String,
    date: String,
    title: String,
    line: String,
    is_signed: bool,
}

#[derive(Template)]
#[template(path = "desk_books.html")]
struct Page {
    f: Frame,
    lead: String,
    times: book::Times,
    books: Vec<Line>,
    records: Vec<Evening>,
}

pub(super) async fn page(
    State(pages): State<Pages>,
    visit: Visit,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Problem> {
    visit.operator()?;
    let t = texts(visit.lang);
    let of = gather(&pages, book::period(&pages, "", &wanted)?).await?;
    let (from, until) = (of.period.from_ms(), of.period.until_ms());
    let all = pages.screenings.records_between(from, until).await?;
    let records: Vec<Record> = all
        .into_iter()
        .filter(|record| !record.state.pieces.is_empty())
        .collect();
    let signed = record::signed(&pages, &records).await?;
    let waiting = records
        .iter()
        .filter(|record| !signed.contains(&record.state.id))
        .count();
    let unanswered = pages.records.unanswered().await?;
    let evening = |record: &Record| Evening {
        id: record.state.id.to_string(),
        date: short_date(record, t),
        title: record::titles(record),
        line: format::fill(
            t.books.line,
            &[
                &record.state.due,
                &record.lines.len(),
                &format::clock_length(record.state.shown),
            ],
        ),
        is_signed: signed.contains(&record.state.id),
    };
    let year = Period::year(of.period.last().year()).unwrap_or(of.period);
    let all = standing(&pages, &of, year, (records.len(), waiting, unanswered)).await?;
    let page = Page {
        lead: lead(waiting, unanswered, t),
        times: book::times(&pages, of.period, t, visit.lang),
        books: lines(&all, &of.period.word(), &year.word(), t),
        records: records.iter().rev().map(evening).collect(),
        f: visit.frame(&pages, t.tab_books, Tab::Books),
    };
    show(&visit, &page)
}

fn short_date(record: &Record, t: &Texts) -> String {
    if record.state.dated {
        format::short_date(record.state.opened_ms)
    } else {
        t.undated.to_owned()
    }
}

fn lead(waiting: usize, unanswered: usize, t: &Texts) -> String {
    match (waiting, unanswered) {
        (0, 0) => t.books.lead_fine.to_owned(),
        (0, n) => format::fill(t.books.lead_answers, &[&n]),
        (n, 0) => format::fill(t.books.lead_signs, &[&n]),
        (n, m) => format::fill(t.books.lead_both, &[&n, &m]),
    }
}

/// What the lines are made of.
struct Standing {
    evenings: usize,
    unsigned: usize,
    said: usize,
    unanswered: usize,
    pieces: usize,
    people: usize,
    lacking: usize,
    figures: Figures,
}

async fn standing(
    pages: &Pages,
    of: &Gathered,
    year: Period,
    (evenings, unsigned, unanswered): (usize, usize, usize),
) -> Result<Standing, Problem> {
    let of_year = gather(pages, year).await?;
    let lacking = of_year.make(pages, Lang::Zh, |source| {
        let sheet = hours(source, &of_year.members);
        // The gap stands third from the end, before sessions and the last day.
        let gap = sheet.columns.len() - 3;
        let lacks = |row: &&Vec<Cell>| matches!(&row[gap].value, Value::Hours(gap) if *gap > Hours::default());
        sheet.rows.iter().filter(lacks).count()
    });
    Ok(Standing {
        evenings,
        unsigned,
        said: pages
            .records
            .feedback(of.period.from_ms(), of.period.until_ms())
            .await?
            .len(),
        unanswered,
        pieces: pages.records.equipment().await?.len(),
        people: of.members.len(),
        lacking,
        figures: of.make(pages, Lang::Zh, |source| {
            figures::count(
                source.facts,
                source.calendar,
                source.policy,
                source.period,
                source.now_ms,
            )
        }),
    })
}

/// How each book stands, with a mark, in the order of the books.
fn states(all: &Standing, t: &Texts) -> [(&'static str, String); 7] {
    let Standing {
        people,
        lacking,
        pieces,
        said,
        ..
    } = all;
    let figures = &all.figures;
    let screenings = match (all.evenings, all.unsigned) {
        (0, _) => ("tag-off", t.books.f1_never.to_owned()),
        (n, 0) => ("tag-ok", format::fill(t.books.f1_signed, &[&n])),
        (n, m) => ("tag-you", format::fill(t.books.f1_waiting, &[&n, &m])),
    };
    let voices = match all.unanswered {
        0 => ("tag-ok", format::fill(t.books.f2_fine, &[said])),
        n => ("tag-you", format::fill(t.books.f2_waiting, &[said, &n])),
    };
    let fine_if = |is_fine: bool, other| if is_fine { "tag-ok" } else { other };
    let runs = format::fill(t.books.f4_state, &[&figures.boots, &figures.power_cuts]);
    let card = format::fill(t.books.f6_state, &[&figures.person_times, &figures.persons.len()]);
    let complete = people.saturating_sub(*lacking);
    [
        screenings,
        voices,
        (
            fine_if(*pieces > 0, "tag-off"),
            format::fill(t.books.f3_state, &[pieces]),
        ),
        ("tag-ok", runs),
        (
            fine_if(*people > 0, "tag-you"),
            format::fill(t.books.f5_state, &[people]),
        ),
        ("tag-ok", card),
        ("tag-ok", format::fill(t.books.f7_state, &[&complete, lacking])),
    ]
}

/// One line a book; the roster and the hours are kept by the year.
fn lines(all: &Standing, month: &str, year: &str, t: &Texts) -> Vec<Line> {
    let books = [
        ("一", "f1", month),
        ("二", "f2", month),
        ("三", "f3", month),
        ("四", "f4", month),
        ("五", "f5", year),
        ("六", "f6", month),
        ("七", "f7", year),
    ];
    let named = books.into_iter().zip(t.books.names()).zip(states(all, t));
    named
        .map(|(((number, code, p), (name, what)), (tag, state))| Line {
            number,
            code,
            name,
            what,
            tag,
            state,
            p: p.to_owned(),
        })
        .collect()
}
