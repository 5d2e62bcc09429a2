//! Behind a figure: the sessions that it counts, and behind a session the leaves, as the station signed them.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::annual::{Days, category_name, in_address};
use super::dashboard::name_of;
use super::station::find_log;
use super::visit::View;
use super::{Visit, Web, query, reports, show};
use crate::district::Wish;
use crate::http::Problem;
use crate::ledger::{Leaf, Moment, What};
use crate::look::{Frame, Texts, format};
use crate::records::picture;
use crate::report::annual::{Category, Period, PersonTime, date_of};
use crate::report::survey::{self, Behind};
use crate::types::{ItemId, MemberId, SessionId};

/// Lines on one page.
const PAGE: usize = 200;
/// Leaves on one page: a bundle.
const LEAVES: u64 = 256;
/// A session that lasted a whole evening among a hundred others lies within so many leaves.
const WITHIN: u64 = 20_000;

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    #[serde(default)]
    category: String,
    #[serde(default)]
    of: String,
    #[serde(default)]
    member: String,
    #[serde(default)]
    item: String,
    #[serde(default)]
    page: usize,
}

impl Wanted {
    fn category(&self) -> Result<Option<Category>, Problem> {
        match self.category.as_str() {
            "" | "all" => Ok(None),
            word => Category::read(word).map(Some).ok_or_else(Problem::not_found),
        }
    }

    /// The same in an address.
    fn address(&self, period: Period) -> String {
        format!(
            "{}&category={}&of={}&member={}&item={}",
            in_address(period),
            query(&self.category),
            query(&self.of),
            query(&self.member),
            query(&self.item)
        )
    }

    fn days(&self) -> Days {
        serde_json::from_value(serde_json::json!({ "from": self.from, "to": self.to })).unwrap_or_default()
    }

    /// What is asked for. An item or a member whose name is none has nothing behind it.
    fn wish(&self) -> Result<Wish, Problem> {
        let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let known = |read: Option<_>| read.ok_or_else(Problem::not_found);
        Ok(Wish {
            category: self.category()?,
            station: given(&self.of),
            member: given(&self.member)
                .map(|member| MemberId::new(&member).map_err(|_| Problem::not_found()))
                .transpose()?,
            item: given(&self.item)
                .map(|item| known(ItemId::parse(&item).ok()))
                .transpose()?,
        })
    }
}

struct Line {
    day: String,
    station: String,
    member: String,
    branch: String,
    title: String,
    length: String,
    grade: &'static str,
    link: String,
}

#[derive(Template)]
#[template(path = "district_sessions.html")]
struct Page {
    v: View,
    f: Frame,
    lead: String,
    lines: Vec<Line>,
    address: String,
    before: Option<usize>,
    after: Option<usize>,
}

fn day(time: &PersonTime) -> String {
    time.day.map_or_else(String::new, |day| date_of(day).to_string())
}

pub(super) async fn sessions(
    State(web): State<Web>,
    visit: Visit,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Problem> {
    visit.account()?;
    let (t, period) = (visit.t(), wanted.days().period(&web)?);
    let page = wanted.page;
    let found = web
        .page(period, wanted.wish()?, (page.saturating_mul(PAGE), PAGE))
        .await?;
    let stations = web.district.watched().await?;
    let line = |time: &PersonTime| Line {
        day: day(time),
        station: name_of(&time.station, &stations),
        member: time.member.to_string(),
        branch: found.branch(&time.member),
        title: found
            .titles
            .get(&time.item)
            .cloned()
            .unwrap_or_else(|| time.item.to_string()),
        length: format::clock_length(time.earned),
        grade: time.grade.letter(),
        link: format!(
            "/leaves?of={}&session={}&from={}&to={}",
            query(&time.station),
            time.session,
            time.leaves.0,
            time.leaves.1
        ),
    };
    let v = visit.frame(&web, t.district.sessions, "annual");
    let name = category_name(wanted.category()?, t);
    let (from, to) = (date_of(period.from).to_string(), date_of(period.to).to_string());
    show(&Page {
        lead: format::fill(
            t.district.sessions_lead,
            &[
                &name,
                &from,
                &to,
                &format::thousands(found.all.times as u64),
                &format::thousands(found.all.persons as u64),
            ],
        ),
        lines: found.times.iter().map(line).collect(),
        address: wanted.address(period),
        before: page.checked_sub(1),
        after: (page.saturating_add(1).saturating_mul(PAGE) < found.all.times).then_some(page + 1),
        f: v.f.clone(),
        v,
    })
}

/// All of them as a table, not a page of them.
pub(super) async fn as_csv(
    State(web): State<Web>,
    visit: Visit,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Problem> {
    as_file(&web, &visit, &wanted, "csv").await
}

/// All of them as a workbook.
pub(super) async fn as_workbook(
    State(web): State<Web>,
    visit: Visit,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Problem> {
    as_file(&web, &visit, &wanted, "xlsx").await
}

async fn as_file(web: &Web, visit: &Visit, wanted: &Wanted, ending: &str) -> Result<Response, Problem> {
    visit.account()?;
    let period = wanted.days().period(web)?;
    let found = web.all_of(period, wanted.wish()?).await?;
    let (policies, stations) = (web.policies().await?, reports::named(web).await?);
    let sheet = survey::sessions(&Behind {
        period,
        times: &found.times,
        branch: &|member| found.branch(member),
        titles: &found.titles,
        stations: &stations,
        policy: &policies.on(period.to).name,
    });
    reports::save(web, vec![sheet], ending).await
}

#[derive(Debug, Deserialize)]
pub(super) struct WantedLeaves {
    of: String,
    from: u64,
    #[serde(default)]
    to: u64,
    #[serde(default)]
    session: String,
}

struct LeafLine {
    index: u64,
    text: String,
    /// It credits something, or ended a screening.
    may_correct: bool,
}

fn may_correct(bytes: &[u8]) -> bool {
    let is = Leaf::read(bytes).map(|leaf| leaf.is);
    matches!(
        is,
        Some(What::Span { .. } | What::Screened { .. } | What::Correct { .. })
    )
}

/// A photo that the leaves of a page name, and whether it is kept here.
struct Shot {
    digest: String,
    when: &'static str,
    is_here: bool,
}

#[derive(Template)]
#[template(path = "district_leaves.html")]
struct LeafPage {
    v: View,
    f: Frame,
    lead: String,
    name: String,
    station: String,
    of: String,
    is_over: bool,
    leaves: Vec<LeafLine>,
    shots: Vec<Shot>,
    before: Option<u64>,
    after: Option<u64>,
}

/// The photos that leaves name, without those that were taken back, in the order of the log.
fn shots(web: &Web, leaves: &[(u64, Vec<u8>)], t: &Texts) -> Vec<Shot> {
    let mut shots: Vec<Shot> = Vec::new();
    for leaf in leaves.iter().filter_map(|(_, bytes)| Leaf::read(bytes)) {
        let What::Photo { digest, when, gone, .. } = leaf.is else {
            continue;
        };
        shots.retain(|shot| shot.digest != digest);
        if !gone {
            let when = match when {
                Moment::Start => t.books.photo_start,
                Moment::Middle => t.books.photo_middle,
                Moment::End => t.books.photo_end,
            };
            let is_here = web.district.has_photo(&digest);
            shots.push(Shot { digest, when, is_here });
        }
    }
    shots
}

/// A photo, if it is kept here. Its address is its hash, so it never changes.
pub(super) async fn photo(
    State(web): State<Web>,
    visit: Visit,
    Path(digest): Path<String>,
) -> Result<Response, Problem> {
    visit.account()?;
    let district = web.district.clone();
    let read = tokio::task::spawn_blocking(move || district.photo(&digest)).await;
    let read = read.map_err(|error| Problem::internal(&error))?;
    let bytes = read
        .map_err(|error| Problem::internal(&error))?
        .ok_or_else(Problem::not_found)?;
    let headers = [
        (header::CONTENT_TYPE, picture::mime(&bytes)),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "private, max-age=86400, immutable"),
    ];
    Ok((headers, bytes).into_response())
}

/// Leaves as the station signed them: of one session, or one bundle after another.
pub(super) async fn leaves(
    State(web): State<Web>,
    visit: Visit,
    Query(wanted): Query<WantedLeaves>,
) -> Result<Response, Problem> {
    visit.account()?;
    let log = find_log(&web, &wanted.of).await?;
    let (station, size) = (log.station, log.size);
    let last = size.saturating_sub(1);
    let session = SessionId::parse(&wanted.session);
    let (from, to) = match session {
        // The opening lies before the first span, the close after the last.
        Some(_) => (
            wanted.from.saturating_sub(WITHIN / 2),
            wanted.to.saturating_add(WITHIN / 2).min(last),
        ),
        None => (wanted.from, wanted.from.saturating_add(LEAVES - 1).min(last)),
    };
    let to = to.min(from.saturating_add(2 * WITHIN));
    // Ids are as long as their hash: what holds the word names it, whether or not this program knows the kind of leaf.
    let word = session.map_or_else(String::new, |session| session.to_string());
    let found = web.district.leaves_with(&log.name, from, to, &word).await?;
    let shots = shots(&web, &found, visit.t());
    let leaves: Vec<LeafLine> = found
        .into_iter()
        .map(|(index, bytes)| LeafLine {
            index,
            may_correct: may_correct(&bytes),
            text: String::from_utf8_lossy(&bytes).into_owned(),
        })
        .collect();
    let t = visit.t();
    let v = visit.frame(&web, t.district.leaves, "stations");
    let name = station.name.clone();
    show(&LeafPage {
        lead: match session {
            Some(_) => format::fill(t.district.leaves_session, &[&name, &leaves.len()]),
            None => format::fill(t.district.leaves_lead, &[&name, &format::thousands(size)]),
        },
        name,
        station: query(station.origin.as_str()),
        of: query(log.name.as_str()),
        is_over: log.is_over,
        leaves,
        shots,
        before: (session.is_none() && from > 0).then(|| from.saturating_sub(LEAVES)),
        after: (session.is_none() && to < last).then_some(to + 1),
        f: v.f.clone(),
        v,
    })
}
