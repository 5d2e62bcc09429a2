//! The head of the sheet: when, where, what, how long, from which plan; and its foot.

use crate::look::{Texts, format};
use crate::pages::Pages;
use crate::pages::desk::books::gather::Gathered;
use crate::report::books::screenings as books;
use crate::screening::{Record, Showing};
use crate::types::{Lang, Millis};

use super::{date, titles};

pub(super) fn facts(
    pages: &Pages,
    record: &Record,
    t: &'static Texts,
    lang: Lang,
) -> Vec<(&'static str, String, &'static str, String)> {
    let state = &record.state;
    let ended = state.ended_ms.map(format::time).unwrap_or_default();
    let times = format::fill(t.books.f1_to, &[&format::time(state.opened_ms), &ended]);
    let planned = Millis(state.programme.iter().map(|showing| showing.length.0).sum());
    let sources: Vec<String> = state
        .programme
        .iter()
        .map(|showing| source(pages, showing, t))
        .collect();
    let ids: Vec<String> = state.programme.iter().map(|showing| showing.item.to_string()).collect();
    let of_plan = state.plan.as_ref().map_or_else(
        || t.plan.not_planned.to_owned(),
        |plan| format::fill(t.plan.item, &[&plan.number, &plan.when]),
    );
    let day = format!("{} {}", long_date(record, lang), format::weekday(state.opened_ms, lang));
    vec![
        (t.books.f1_date, day, t.books.f1_from_to, times),
        (
            t.books.f1_place,
            state.remarks.place.clone(),
            t.books.f1_mode,
            books::mode_said(record, lang).to_owned(),
        ),
        (
            t.live.chair,
            state.remarks.chair.clone(),
            t.books.f1_operator,
            state.remarks.operator.clone(),
        ),
        (t.books.f1_item, titles(record), t.books.f1_class, sources.join(" / ")),
        (
            t.books.f1_length,
            format::length(planned, lang),
            t.books.f1_shown,
            format::length(state.shown, lang),
        ),
        (
            t.tab_plan,
            of_plan,
            t.books.f1_discussion,
            format::fill(t.books.f1_minutes_n, &[&state.remarks.discussion_minutes]),
        ),
        (
            t.books.f1_item_id,
            short(&ids),
            t.books.f1_station,
            pages.ledger.origin().to_string(),
        ),
    ]
}

/// Items' numbers, short enough for the sheet: eight digits tell them apart.
fn short(ids: &[String]) -> String {
    let short: Vec<&str> = ids.iter().map(|id| id.get(..8).unwrap_or(id)).collect();
    short.join(" / ")
}

fn long_date(record: &Record, lang: Lang) -> String {
    let year = crate::clock::local_date(record.state.opened_ms).filter(|_| record.state.dated && lang == Lang::Zh);
    let day = date(record, lang);
    year.map_or_else(|| day.clone(), |at| format!("{}年{day}", at.year()))
}

fn source(pages: &Pages, showing: &Showing, t: &Texts) -> String {
    let entry = pages.library.entry(&showing.item);
    let local = entry.as_ref().is_some_and(|entry| entry.local);
    let source = entry.and_then(|entry| entry.source().map(str::to_owned));
    let parts = [
        showing.class.clone(),
        local.then(|| t.library.item_local_says.to_owned()),
        source,
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// Which leaves tell of it, and by which policy hours were counted.
pub(super) fn foot(pages: &Pages, record: &Record, of: &Gathered, t: &Texts) -> String {
    let policy = &pages.viewing.policy().name;
    match of.facts.rooms.get(&record.state.id) {
        Some(room) => {
            let (first, last) = (format::thousands(room.leaf), format::thousands(room.last));
            format::fill(t.books.f1_foot_leaves, &[policy, &first, &last])
        }
        None => format::fill(t.books.f1_foot, &[policy]),
    }
}
