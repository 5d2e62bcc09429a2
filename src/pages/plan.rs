//! What several pages say about the programme: what is due today, and what this month brings.

use super::{Pages, begin};
use crate::clock::Trust;
use crate::http::Problem;
use crate::look::{Texts, format, texts};
use crate::programme::{Entry, Month};
use crate::roster::Member;
use crate::screening;
use crate::store::StoreError;
use crate::types::{Lang, Millis};
use crate::viewing::{self, Credited};

/// Media at the end of a film that nobody misses.
const TAIL: Millis = Millis::secs(5);

/// What is due today and was not begun.
pub(super) struct Tonight {
    pub(super) number: u64,
    pub(super) time: String,
    pub(super) title: String,
    pub(super) about: String,
    pub(super) heading: &'static str,
}

/// A line of a member's month.
pub(super) struct Line {
    pub(super) date: String,
    pub(super) day: String,
    pub(super) title: String,
    pub(super) about: String,
    /// How far he is; empty for guests and for what is still to come.
    pub(super) far: String,
    pub(super) is_done: bool,
    /// He can make up for it 补学: the item's page.
    pub(super) link: String,
}

/// The calendar's today as `2026-11-26`, if the date is known.
pub(super) fn today(pages: &Pages) -> Option<String> {
    let now = pages.clock.now();
    let known = now.trust != Trust::Unset;
    known
        .then(|| crate::clock::local_date(now.wall_ms))
        .flatten()
        .map(|day| day.to_string())
}

/// The entries of a day for which nothing was begun, the first first.
pub(super) async fn open_entries(pages: &Pages, day: String) -> Result<Vec<Entry>, Problem> {
    let entries = pages.programme.between(day.clone(), day).await?;
    let numbers: Vec<u64> = entries.iter().map(|entry| entry.number).collect();
    let begun = pages
        .ledger
        .store()
        .read(move |conn| screening::begun(conn, &numbers))
        .await?;
    Ok(entries
        .into_iter()
        .filter(|entry| !begun.contains(&entry.number))
        .collect())
}

/// The next evening of today.
pub(super) async fn tonight(pages: &Pages, lang: Lang) -> Result<Option<Tonight>, Problem> {
    let Some(day) = today(pages) else { return Ok(None) };
    let t = texts(lang);
    let Some(entry) = open_entries(pages, day).await?.into_iter().next() else {
        return Ok(None);
    };
    let members = pages.roster.members().await?;
    let plan = &entry.plan;
    let due = format::fill(t.tv.due, &[&begin::due(plan, &members)]);
    let parts = [plan.place.clone(), format::length(plan.length(), lang), due];
    let is_evening = plan.when.time.as_str() >= "17:00";
    Ok(Some(Tonight {
        number: entry.number,
        time: plan.when.time.clone(),
        title: plan.titles(),
        about: joined(&parts, lang),
        heading: if is_evening { t.plan.tonight } else { t.plan.today },
    }))
}

/// What is not empty, with the language's comma between.
pub(super) fn joined(parts: &[String], lang: Lang) -> String {
    let comma = if lang == Lang::Zh { "，" } else { ", " };
    let parts: Vec<&str> = parts
        .iter()
        .map(String::as_str)
        .filter(|part| !part.is_empty())
        .collect();
    parts.join(comma)
}

/// This month's entries, those still to come first, and how far a member is with each.
pub(super) async fn month(pages: &Pages, member: Option<&Member>, lang: Lang) -> Result<Vec<Line>, Problem> {
    let (Some(today), Some(month)) = (today(pages), Month::of(pages.clock.now().wall_ms)) else {
        return Ok(Vec::new());
    };
    let (from, to) = month.days();
    let entries = pages.programme.between(from, to).await?;
    let is_his = |entry: &&Entry| member.is_none_or(|member| entry.plan.expects(member));
    let (mut come, mut over): (Vec<&Entry>, Vec<&Entry>) = entries
        .iter()
        .filter(is_his)
        .partition(|entry| entry.plan.when.day >= today);
    over.reverse();
    come.append(&mut over);
    let credited = credited(pages, member).await?;
    let line = |entry: &Entry| line(entry, &today, credited.as_deref(), lang);
    Ok(come.into_iter().map(line).collect())
}

/// The present month's name: `11月`.
pub(super) fn month_name(pages: &Pages, lang: Lang) -> String {
    let Some(month) = Month::of(pages.clock.now().wall_ms) else {
        return String::new();
    };
    let (year, number) = month.numbers();
    match lang {
        Lang::Zh => format!("{number}月"),
        Lang::En => format!("{number}/{year}"),
    }
}

async fn credited(pages: &Pages, member: Option<&Member>) -> Result<Option<Vec<Credited>>, Problem> {
    let Some(member) = member else { return Ok(None) };
    let id = member.id.clone();
    let read = move |conn: &_| viewing::credited_items(conn, &id);
    let all = pages.ledger.store().read::<_, StoreError, _>(read).await?;
    let year = pages.clock.now().year();
    Ok(Some(all.into_iter().filter(|credit| credit.year == year).collect()))
}

fn line(entry: &Entry, today: &str, credited: Option<&[Credited]>, lang: Lang) -> Line {
    let (t, plan) = (texts(lang), &entry.plan);
    let at = plan.when.wall_ms();
    let class = plan
        .items
        .first()
        .and_then(|planned| planned.class.clone())
        .unwrap_or_default();
    let is_over = plan.when.day.as_str() < today;
    let (far, is_done) = credited.map_or((String::new(), false), |credited| {
        far(entry, credited, is_over, t, lang)
    });
    let link = plan.items.first().filter(|_| is_over && !is_done && credited.is_some());
    Line {
        date: format::short_date(at),
        day: format!("{} {}", format::weekday(at, lang), plan.when.time),
        title: plan.titles(),
        about: joined(&[class, plan.place.clone()], lang),
        far,
        is_done,
        link: link.map_or_else(String::new, |planned| format!("/items/{}", planned.item)),
    }
}

/// How far he is with the items of an entry, in whatever way he saw them.
fn far(entry: &Entry, credited: &[Credited], is_over: bool, t: &Texts, lang: Lang) -> (String, bool) {
    let of_item = |item| {
        let own = credited.iter().find(|credit| credit.item == item);
        own.map_or(Millis::ZERO, |credit| credit.media.total())
    };
    let seen = Millis(entry.plan.items.iter().map(|planned| of_item(planned.item).0).sum());
    let left = entry.plan.length().minus(seen);
    if seen > Millis::ZERO && left <= TAIL {
        (format::fill(t.plan.far_done, &[&format::length(seen, lang)]), true)
    } else if seen > Millis::ZERO {
        let (seen, left) = (format::length(seen, lang), format::length(left, lang));
        (format::fill(t.plan.far_part, &[&seen, &left]), false)
    } else if is_over {
        (t.plan.far_none.to_owned(), false)
    } else {
        (String::new(), false)
    }
}
