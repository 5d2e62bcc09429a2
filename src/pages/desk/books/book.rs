//! One book: its sheet as a page, as a table and as a workbook.

use askama::Template;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::gather::{Gathered, gather};
use super::{Wanted, equipment, feedback, record};
use crate::http::Problem;
use crate::look::{Frame, Tab, Texts, texts};
use crate::pages::{Pages, Visit, show};
use crate::report::books::{self, Period, screenings};
use crate::report::sheet::{Align, Cell, Sheet, To};
use crate::report::{csv, xlsx};
use crate::types::{Lang, MemberId, SessionId};

/// A cell, ready to show.
pub(super) struct Shown {
    pub(super) text: String,
    pub(super) class: &'static str,
    pub(super) link: String,
}

/// A sheet, ready to show.
pub(super) struct View {
    pub(super) code: &'static str,
    pub(super) title: &'static str,
    pub(super) period: String,
    pub(super) head: Vec<(&'static str, &'static str)>,
    pub(super) rows: Vec<Vec<Shown>>,
    pub(super) sums: Vec<Shown>,
    pub(super) notes: Vec<String>,
    pub(super) is_wide: bool,
    pub(super) is_card: bool,
    /// What the files of the same sheet are asked for with.
    pub(super) query: String,
}

/// The way to other times.
pub(super) struct Times {
    pub(super) word: String,
    pub(super) before: Option<(String, String)>,
    pub(super) after: Option<(String, String)>,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) chips: Vec<(String, &'static str, bool)>,
}

#[derive(Template)]
#[template(path = "desk_book.html")]
struct Page {
    f: Frame,
    v: View,
    times: Option<Times>,
}

/// The time that is asked for; the present month, or for hours the present year, if none is.
pub(super) fn period(pages: &Pages, code: &str, wanted: &Wanted) -> Result<Period, Problem> {
    let odd = || {
        Problem::unprocessable(
            "这段时间看不懂，请重新选。",
            "That time cannot be read; please choose again.",
        )
    };
    if let (Some(from), Some(to)) = (&wanted.from, &wanted.to) {
        return Period::read(&format!("{from}..{to}")).ok_or_else(odd);
    }
    if let Some(word) = &wanted.p {
        return Period::read(word).ok_or_else(odd);
    }
    let month = Period::month_at(pages.clock.now().wall_ms);
    let is_by_year = matches!(code, "f7" | "f5");
    Ok(Period::year(month.first().year())
        .filter(|_| is_by_year)
        .unwrap_or(month))
}

fn member(wanted: &Wanted) -> Result<Option<MemberId>, Problem> {
    let id = wanted.member.as_deref().filter(|text| !text.is_empty());
    id.map(|text| MemberId::new(text).map_err(|_| Problem::not_found()))
        .transpose()
}

/// The sheet of a book.
pub(super) async fn sheet(
    pages: &Pages,
    code: &str,
    wanted: &Wanted,
    lang: Lang,
) -> Result<(Sheet, Gathered), Problem> {
    let of = gather(pages, period(pages, code, wanted)?).await?;
    let (from, until) = (of.period.from_ms(), of.period.until_ms());
    let sheet = match code {
        "f1" => {
            let records = pages.screenings.records_between(from, until).await?;
            let signed = record::signed(pages, &records).await?;
            let is_signed = |record: &crate::screening::Record| signed.contains(&record.state.id);
            of.make(pages, lang, |source| screenings::list(source, &records, &is_signed))
        }
        "f2" => {
            let all = pages.records.feedback(from, until).await?;
            of.make(pages, lang, |source| books::feedback(source, &all))
        }
        "f3" => {
            let all = pages.records.equipment().await?;
            of.make(pages, lang, |source| books::equipment(source, &all))
        }
        "f4" => of.make(pages, lang, books::runs),
        "f5" => of.make(pages, lang, |source| books::roster(source, &of.members)),
        "f6" => of.make(pages, lang, books::month_card),
        "f7" => of.make(pages, lang, |source| books::hours(source, &of.members)),
        "parts" => {
            let only = member(wanted)?;
            of.make(pages, lang, |source| books::parts(source, only.as_ref()))
        }
        _ => return Err(Problem::not_found()),
    };
    Ok((sheet, of))
}

pub(super) async fn page(pages: &Pages, visit: &Visit, code: &str, wanted: &Wanted) -> Result<Response, Problem> {
    let (sheet, of) = sheet(pages, code, wanted, visit.lang).await?;
    let t = texts(visit.lang);
    let only = wanted.member.as_deref().filter(|text| !text.is_empty());
    let query = match only {
        Some(id) => format!("?p={}&member={id}", of.period.word()),
        None => format!("?p={}", of.period.word()),
    };
    let f = visit.frame(pages, sheet.title, Tab::Books);
    let v = view(&sheet, visit.lang, &query, &of.period.word());
    let times = Some(times(pages, of.period, t, visit.lang));
    match code {
        "f2" => feedback::page(pages, visit, f, v, times, &of).await,
        "f3" => equipment::page(pages, visit, f, v, wanted.edit).await,
        "f5" => show(visit, &Page { f, v, times: None }),
        _ => show(visit, &Page { f, v, times }),
    }
}

/// The sheet as the page and the paper show it.
pub(super) fn view(sheet: &Sheet, lang: Lang, query: &str, period: &str) -> View {
    let class = |align: Align| match align {
        Align::Left => "",
        Align::Middle => "m",
        Align::Right => "r",
    };
    let row = |cells: &Vec<Cell>| {
        let cells = cells.iter().zip(&sheet.columns);
        let shown = cells.map(|(cell, column)| Shown {
            text: cell.value.text(),
            class: class(column.align),
            link: cell.to.as_ref().map(|to| href(to, period)).unwrap_or_default(),
        });
        shown.collect()
    };
    let head = sheet
        .columns
        .iter()
        .map(|column| (column.name.in_lang(lang), class(column.align)));
    View {
        code: sheet.code,
        title: sheet.title,
        period: sheet.period.clone(),
        head: head.collect(),
        rows: sheet.rows.iter().map(row).collect(),
        sums: sheet.sums.as_ref().map(row).unwrap_or_default(),
        notes: sheet.notes.clone(),
        is_wide: sheet.is_wide,
        is_card: sheet.is_card,
        query: query.to_owned(),
    }
}

/// Where a figure opens to.
fn href(to: &To, period: &str) -> String {
    match to {
        To::Record(id) => format!("/desk/books/{id}"),
        To::Leaves(index) => format!("/desk/leaves/{index}"),
        To::Leaf(index) => format!("/desk/leaf/{index}"),
        To::Book(code, None) => format!("/desk/books/{code}?p={period}"),
        To::Book(code, Some(member)) => format!("/desk/books/{code}?p={period}&member={member}"),
        To::Page(address) => address.clone(),
    }
}

pub(super) fn times(pages: &Pages, period: Period, t: &'static Texts, lang: Lang) -> Times {
    let step = |other: Option<Period>| other.map(|other| (other.word(), other.said(lang)));
    let month = Period::month_at(pages.clock.now().wall_ms);
    let first = month.first();
    let quarter = Period::read(&format!("{}-q{}", first.year(), (first.month() + 2) / 3));
    let chips = [
        (Some(month), t.books.this_month),
        (quarter, t.books.this_quarter),
        (Period::year(first.year()), t.books.this_year),
    ];
    let chip = |(of, name): (Option<Period>, &'static str)| of.map(|of| (of.word(), name, of == period));
    Times {
        word: period.said(lang),
        before: step(period.before()),
        after: step(period.after()),
        from: period.first().to_string(),
        to: period.last().to_string(),
        chips: chips.into_iter().filter_map(chip).collect(),
    }
}

/// The sheet for a file: Chinese, whatever the reader speaks, because it goes to people who ask for these columns.
pub(super) async fn for_file(pages: &Pages, visit: &Visit, name: &str, wanted: &Wanted) -> Result<Sheet, Problem> {
    visit.operator()?;
    match SessionId::parse(name) {
        Some(id) => record::people(pages, id, Lang::Zh).await,
        None => sheet(pages, name, wanted, Lang::Zh).await.map(|(sheet, _)| sheet),
    }
}

fn file(sheet: &Sheet, ending: &str, mime: &str, bytes: Vec<u8>) -> Response {
    let name = format!("attachment; filename=\"{}.{ending}\"", sheet.file_name());
    let headers = [
        (header::CONTENT_TYPE, mime.to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    (headers, bytes).into_response()
}

pub(super) fn as_csv(sheet: &Sheet) -> Result<Response, Problem> {
    let bytes = csv::sheet(sheet, Lang::Zh).map_err(|error| Problem::internal(&error))?;
    Ok(file(sheet, "csv", "text/csv; charset=utf-8", bytes))
}

pub(super) async fn as_workbook(pages: &Pages, sheet: Sheet) -> Result<Response, Problem> {
    const MIME: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    let station = pages.settings.station.name.clone();
    let made = tokio::task::spawn_blocking(move || {
        let bytes = xlsx::workbook(&sheet, &station, Lang::Zh);
        bytes.map(|bytes| file(&sheet, "xlsx", MIME, bytes))
    });
    let made = made.await.map_err(|error| Problem::internal(&error))?;
    made.map_err(|error| Problem::internal(&error))
}
