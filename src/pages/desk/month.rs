//! What is asked of the station this month, as a quiet light on the desk's first page: how it stands, and what is missing.

use super::books;
use crate::http::Problem;
use crate::look::{Texts, format};
use crate::pages::Pages;
use crate::report::books::{Light, Need, Period, figures, lights};
use crate::types::{Lang, Millis};

/// In the last days of a month what is missing needs somebody; before, there is time.
const LAST_DAYS: i64 = 7;

/// How the month stands.
pub(super) struct Month {
    pub(super) lead: String,
    pub(super) lines: Vec<(&'static str, String)>,
    pub(super) p: String,
}

/// `None` where the policy asks for nothing.
pub(super) async fn month(pages: &Pages, t: &Texts, lang: Lang) -> Result<Option<Month>, Problem> {
    let now = pages.clock.now().wall_ms;
    let period = Period::month_at(now);
    let of = books::gather(pages, period).await?;
    let lights = of.make(pages, lang, |source| {
        let figures = figures::count(source.facts, source.calendar, source.policy, period, source.now_ms);
        lights(source.policy, &figures)
    });
    if lights.is_empty() {
        return Ok(None);
    }
    let is_late = period.until_ms() - now < LAST_DAYS * 86_400_000;
    let lacks: Vec<String> = lights.iter().filter_map(|light| lack(light, t)).collect();
    let comma = if lang == Lang::Zh { "，" } else { ", " };
    Ok(Some(Month {
        lead: if lacks.is_empty() {
            t.books.month_fine.to_owned()
        } else {
            format::fill(t.books.month_lacks, &[&lacks.join(comma)])
        },
        lines: lights
            .iter()
            .map(|light| (tag(light, is_late), line(light, t)))
            .collect(),
        p: period.word(),
    }))
}

fn tag(light: &Light, is_late: bool) -> &'static str {
    match (light.is_reached, is_late) {
        (Some(true), _) => "tag-ok",
        (_, true) => "tag-you",
        (_, false) => "",
    }
}

fn hours(ms: Millis) -> String {
    let tenths = ms.as_secs() / 360;
    format!("{}.{}", tenths / 10, tenths % 10)
}

fn line(light: &Light, t: &Texts) -> String {
    match (light.need, light.is_reached) {
        (Need::Screenings(asked), _) => format::fill(t.books.month_screenings, &[&light.have, &asked]),
        (Need::Open(asked), _) => format::fill(
            t.books.month_open,
            &[&hours(Millis(light.have)), &(asked.as_secs() / 3_600)],
        ),
        (Need::Attendance(asked), None) => format::fill(t.books.month_attendance_none, &[&asked]),
        (Need::Attendance(asked), _) => {
            let have = format!("{}.{}", light.have / 10, light.have % 10);
            format::fill(t.books.month_attendance, &[&have, &asked])
        }
    }
}

/// What is missing; attendance before the first screening is nothing that could be made up for by itself.
fn lack(light: &Light, t: &Texts) -> Option<String> {
    if light.is_reached != Some(false) {
        return None;
    }
    Some(match light.need {
        Need::Screenings(asked) => format::fill(t.books.month_lack_screenings, &[&asked.saturating_sub(light.have)]),
        // Rounded up: what is shown as missing is enough.
        Need::Open(asked) => {
            let left = asked.minus(Millis(light.have)).plus(Millis::secs(359));
            format::fill(t.books.month_lack_open, &[&hours(left)])
        }
        Need::Attendance(_) => t.books.month_lack_attendance.to_owned(),
    })
}
