//! The notice 公告 for the wall: what is shown when and where, on A4, with the code that leads to the station.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;

use super::{Wanted, month_of, name_of};
use crate::http::Problem;
use crate::look::{Frame, Tab, format, qr, texts};
use crate::pages::plan::{joined, today};
use crate::pages::{Pages, Visit, show};
use crate::programme::{Entry, Who};
use crate::types::Lang;

struct Line {
    date: String,
    day: String,
    title: String,
    about: String,
}

#[derive(Template)]
#[template(path = "desk_notice.html")]
struct Page {
    f: Frame,
    title: String,
    lines: Vec<Line>,
    code: String,
    address: String,
    signed: String,
}

/// Of one entry, or of what is still to come in a month.
pub(in crate::pages) async fn notice(
    State(pages): State<Pages>,
    visit: Visit,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Problem> {
    visit.operator()?;
    let (t, lang) = (texts(visit.lang), visit.lang);
    let month = month_of(&pages, &wanted);
    let entries = if let Some(number) = wanted.number {
        pages.programme.entry(number).await?.into_iter().collect()
    } else {
        let (from, to) = month.days();
        // Of the present month only what is still to come; another one whole.
        let from = today(&pages)
            .filter(|today| *today > from && *today <= to)
            .unwrap_or(from);
        pages.programme.between(from, to).await?
    };
    let address = pages.settings.addresses.first().cloned().unwrap_or_default();
    let page = Page {
        title: match wanted.number {
            Some(_) => t.plan.notice_one.to_owned(),
            None => format::fill(t.plan.notice_month, &[&name_of(month, lang).0]),
        },
        lines: entries.iter().map(|entry| line(entry, lang)).collect(),
        code: qr::to_svg(&address),
        address,
        signed: format!(
            "{} {}",
            pages.settings.station.name,
            format::date(pages.clock.now().wall_ms, lang)
        ),
        f: visit.frame(&pages, t.tab_poster, Tab::Plan),
    };
    show(&visit, &page)
}

fn line(entry: &Entry, lang: Lang) -> Line {
    let (t, plan) = (texts(lang), &entry.plan);
    let at = plan.when.wall_ms();
    let branches: Vec<String> = plan.branches.iter().map(ToString::to_string).collect();
    let who = match (branches.is_empty(), plan.who) {
        (true, Who::Everybody) => t.plan.everybody.to_owned(),
        (false, Who::Everybody) => branches.join(if lang == Lang::Zh { "、" } else { ", " }),
        (_, Who::Committee) => format!("{} {}", branches.join(" "), t.plan.committee),
        (_, Who::New) => format!("{} {}", branches.join(" "), t.plan.newcomers),
    };
    let parts = [
        plan.place.clone(),
        format::length(plan.length(), lang),
        who.trim().to_owned(),
    ];
    Line {
        date: format::date(at, lang),
        day: format!("{} {}", format::weekday(at, lang), plan.when.time),
        title: plan.titles(),
        about: joined(&parts, lang),
    }
}
