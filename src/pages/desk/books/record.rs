//! F1, the record of one screening 学习收看记录: as a page, on A4 paper, with photos and confirmations.

mod facts;
mod people;
mod signing;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;

use super::book::{View, view};
use super::gather::gather;
use crate::http::Problem;
use crate::http::body::Form;
use crate::ledger::Moment;
use crate::look::{Frame, Tab, Texts, format, texts};
use crate::pages::screenings::Attendance;
use crate::pages::{Pages, Visit, go_to, said, show};
use crate::records::Photo;
use crate::report::books::{Names, Period, screenings as books};
use crate::report::sheet::Sheet;
use crate::screening::{Record, Remarks};
use crate::types::{Lang, SessionId};

pub(super) use signing::{confirm, signed};

/// A remark has at most so many characters: it must fit the sheet.
const REMARK: usize = 600;

struct Picture {
    digest: String,
    when: &'static str,
}

#[derive(Template)]
#[template(path = "desk_f1.html")]
struct Page {
    f: Frame,
    id: String,
    no: String,
    facts: Vec<(&'static str, String, &'static str, String)>,
    lines: Vec<(&'static str, String)>,
    v: View,
    remarks: Remarks,
    photos: Vec<Picture>,
    moments: Vec<(&'static str, &'static str)>,
    /// Who has confirmed: office, name and date; and whether that still holds.
    signed: Vec<(&'static str, String, bool)>,
    is_over: bool,
    chair_number: String,
    foot: String,
}

pub(super) fn titles(record: &Record) -> String {
    let titles: Vec<&str> = record
        .state
        .programme
        .iter()
        .map(|showing| showing.title.as_str())
        .collect();
    titles.join(" / ")
}

pub(super) fn date(record: &Record, lang: Lang) -> String {
    if record.state.dated {
        format::date(record.state.opened_ms, lang)
    } else {
        texts(lang).undated.to_owned()
    }
}

pub(super) async fn find(pages: &Pages, id: &str) -> Result<Record, Problem> {
    let id = SessionId::parse(id).ok_or_else(Problem::not_found)?;
    pages.screenings.record(id).await?.ok_or_else(Problem::not_found)
}

pub(super) async fn page(pages: &Pages, visit: &Visit, id: SessionId) -> Result<Response, Problem> {
    let record = pages.screenings.record(id).await?.ok_or_else(Problem::not_found)?;
    let of = gather(pages, Period::month_at(record.state.opened_ms)).await?;
    let people = Attendance::of(&record, &of.members).with_visitors(&of.visiting);
    let photos = pages.records.photos(id).await?;
    let by = pages.records.confirmations(id).await?;
    let now = signing::digest(&record, &photos);
    let t = texts(visit.lang);
    let names = of.names();
    let sheet = books::people(&record, &names, visit.lang);
    let mut lines = people::lines(&record, &people, &of, t, visit.lang);
    lines.extend(said::at(pages, &record, t).await?);
    let page = Page {
        no: format::fill(t.books.f1_no, &[&number(&record)]),
        facts: facts::facts(pages, &record, t, visit.lang),
        lines,
        v: view(&sheet, visit.lang, "", ""),
        remarks: record.state.remarks.clone(),
        photos: photos.iter().map(|photo| picture(photo, t)).collect(),
        moments: [Moment::Start, Moment::Middle, Moment::End]
            .map(|when| moment(when, t))
            .to_vec(),
        signed: by
            .iter()
            .map(|one| signing::confirmed(one, &names, &now, t, visit.lang))
            .collect(),
        is_over: !record.state.is_open(),
        chair_number: signing::chair_number(&record, &of.members),
        foot: facts::foot(pages, &record, &of, t),
        id: id.to_string(),
        f: visit.frame(pages, t.books.f1_title, Tab::Books),
    };
    show(visit, &page)
}

/// `2026-041`: the year and the serial number at this station.
fn number(record: &Record) -> String {
    let year = crate::clock::local_date(record.state.opened_ms).filter(|_| record.state.dated);
    year.map_or_else(
        || record.serial.to_string(),
        |day| format!("{}-{:03}", day.year(), record.serial),
    )
}

fn moment(when: Moment, t: &'static Texts) -> (&'static str, &'static str) {
    match when {
        Moment::Start => ("start", t.books.photo_start),
        Moment::Middle => ("middle", t.books.photo_middle),
        Moment::End => ("end", t.books.photo_end),
    }
}

fn picture(photo: &Photo, t: &'static Texts) -> Picture {
    Picture {
        digest: photo.digest.clone(),
        when: moment(photo.when, t).1,
    }
}

/// The people of a screening as one sheet, for files.
pub(super) async fn people(pages: &Pages, id: SessionId, lang: Lang) -> Result<Sheet, Problem> {
    let record = pages.screenings.record(id).await?.ok_or_else(Problem::not_found)?;
    let members = pages.roster.members().await?;
    let visiting = pages.roster.visiting().await?;
    let names = Names::of(&members).and_visitors(&visiting);
    Ok(books::people(&record, &names, lang))
}

#[derive(Deserialize)]
pub(super) struct Sent {
    csrf: String,
    #[serde(default)]
    chair: String,
    #[serde(default)]
    operator: String,
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
        operator: cut(&sent.operator),
        place: cut(&sent.place),
        discussion: cut(&sent.discussion),
        put_to_use: cut(&sent.put_to_use),
        incidents: cut(&sent.incidents),
        ..record.state.remarks
    };
    pages.screenings.remark(record.state.id, remarks, by).await?;
    Ok(go_to(&format!("/desk/books/{}", record.state.id)))
}
