//! F1, the record of one screening 学习收看记录: as a page, on A4 paper, with photos and confirmations.

use std::collections::{BTreeMap, HashSet};

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;

use super::book::{View, view};
use super::gather::{Gathered, gather};
use crate::http::Problem;
use crate::http::body::Form;
use crate::ledger::{Entry, Moment, Office};
use crate::look::{Frame, Tab, Texts, format, texts};
use crate::pages::screenings::{self, Attendance};
use crate::pages::{Pages, Visit, go_to, said, show};
use crate::records::{self, Confirmation, Photo};
use crate::report::books::{Names, Period, screenings as books};
use crate::report::sheet::Sheet;
use crate::roster::{Member, SignInError};
use crate::screening::{Line, Record, Remarks};
use crate::types::{Lang, MemberId, Millis, SessionId};

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

/// What is confirmed by a signature: everything that stands on the record, by numbers and hashes.
fn content(record: &Record, photos: &[Photo]) -> String {
    let state = &record.state;
    let person = |line: &Line| {
        let Line { who, .. } = line;
        format!(
            "{} {} {:?} {}",
            who.member,
            who.came_ms,
            who.went_ms,
            line.total().as_secs()
        )
    };
    let people: Vec<String> = record.lines.iter().map(person).collect();
    let absences: Vec<String> = record
        .absences
        .iter()
        .map(|(member, why)| format!("{member} {why}"))
        .collect();
    let photos: Vec<&str> = photos.iter().map(|photo| photo.digest.as_str()).collect();
    let facts = (
        state.id,
        state.due,
        state.guests,
        state.shown,
        state.unattended,
        &state.remarks,
    );
    serde_json::json!([facts, people, absences, photos]).to_string()
}

fn digest(record: &Record, photos: &[Photo]) -> String {
    records::digest(content(record, photos).as_bytes())
}

/// The screenings whose records both have confirmed, as they stand now.
pub(super) async fn signed(pages: &Pages, all: &[Record]) -> Result<HashSet<SessionId>, Problem> {
    let mut signed = HashSet::new();
    for record in all {
        let id = record.state.id;
        let by = pages.records.confirmations(id).await?;
        if by.is_empty() {
            continue;
        }
        let now = digest(record, &pages.records.photos(id).await?);
        let holds = |office| by.iter().any(|one| one.office == office && one.digest == now);
        if holds(Office::Chair) && holds(Office::Operator) {
            signed.insert(id);
        }
    }
    Ok(signed)
}

pub(super) async fn page(pages: &Pages, visit: &Visit, id: SessionId) -> Result<Response, Problem> {
    let record = pages.screenings.record(id).await?.ok_or_else(Problem::not_found)?;
    let of = gather(pages, Period::month_at(record.state.opened_ms)).await?;
    let visiting = pages.roster.visiting().await?;
    let people = Attendance::of(&record, &of.members).with_visitors(&visiting);
    let photos = pages.records.photos(id).await?;
    let by = pages.records.confirmations(id).await?;
    let now = digest(&record, &photos);
    let t = texts(visit.lang);
    let names = Names::of(&of.members).and_visitors(&visiting);
    let sheet = books::people(&record, &names, visit.lang);
    let mut lines = lines(&record, &people, &of, t, visit.lang);
    lines.extend(said::at(pages, &record, t).await?);
    let page = Page {
        no: format::fill(t.f1_no, &[&number(&record)]),
        facts: facts(pages, &record, t, visit.lang),
        lines,
        v: view(&sheet, visit.lang, "", ""),
        remarks: record.state.remarks.clone(),
        photos: photos.iter().map(|photo| picture(photo, t)).collect(),
        moments: [Moment::Start, Moment::Middle, Moment::End]
            .map(|when| moment(when, t))
            .to_vec(),
        signed: by
            .iter()
            .map(|one| confirmed(one, &names, &now, t, visit.lang))
            .collect(),
        is_over: !record.state.is_open(),
        chair_number: chair_number(&record, &of.members),
        foot: foot(pages, &record, &of, t),
        id: id.to_string(),
        f: visit.frame(pages, t.f1_title, Tab::Books),
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
        Moment::Start => ("start", t.photo_start),
        Moment::Middle => ("middle", t.photo_middle),
        Moment::End => ("end", t.photo_end),
    }
}

fn picture(photo: &Photo, t: &'static Texts) -> Picture {
    Picture {
        digest: photo.digest.clone(),
        when: moment(photo.when, t).1,
    }
}

fn confirmed(
    one: &Confirmation,
    names: &Names<'_>,
    now: &str,
    t: &'static Texts,
    lang: Lang,
) -> (&'static str, String, bool) {
    let office = match one.office {
        Office::Chair => t.live_chair,
        Office::Operator => t.f1_operator,
    };
    let who = one.member.as_ref().map(|id| names.name(id)).unwrap_or_default();
    let when = format!("{} {}", format::date(one.wall_ms, lang), format::time(one.wall_ms));
    (office, format!("{who} {when}").trim().to_owned(), one.digest == now)
}

/// The chair's number, if his name is one of the roster's: he then only has to give his PIN.
fn chair_number(record: &Record, members: &[Member]) -> String {
    let chair = &record.state.remarks.chair;
    let found = members
        .iter()
        .find(|member| member.name == *chair || member.id.as_str() == chair.as_str());
    found.map(|member| member.id.to_string()).unwrap_or_default()
}

/// Which leaves tell of it, and by which policy hours were counted.
fn foot(pages: &Pages, record: &Record, of: &Gathered, t: &Texts) -> String {
    let policy = &pages.viewing.policy().name;
    match of.facts.rooms.get(&record.state.id) {
        Some(room) => {
            let (first, last) = (format::thousands(room.leaf), format::thousands(room.last));
            format::fill(t.f1_foot_leaves, &[policy, &first, &last])
        }
        None => format::fill(t.f1_foot, &[policy]),
    }
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
    let ids: Vec<String> = state.programme.iter().map(|showing| showing.item.to_string()).collect();
    let of_plan = state.plan.as_ref().map_or_else(
        || t.plan_not_planned.to_owned(),
        |plan| format::fill(t.plan_item, &[&plan.number, &plan.when]),
    );
    let day = format!("{} {}", long_date(record, lang), format::weekday(state.opened_ms, lang));
    vec![
        (t.f1_date, day, t.f1_from_to, times),
        (
            t.f1_place,
            state.remarks.place.clone(),
            t.f1_mode,
            books::mode_said(record, lang).to_owned(),
        ),
        (t.live_chair, state.remarks.chair.clone(), t.f1_operator, String::new()),
        (t.f1_item, titles(record), t.f1_class, sources.join(" / ")),
        (
            t.f1_length,
            format::length(planned, lang),
            t.f1_shown,
            format::length(state.shown, lang),
        ),
        (
            t.tab_plan,
            of_plan,
            t.f1_discussion,
            format::fill(t.f1_minutes_n, &[&state.remarks.discussion_minutes]),
        ),
        (
            t.f1_item_id,
            short(&ids),
            t.f1_station,
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
fn lines(
    record: &Record,
    people: &Attendance<'_>,
    of: &Gathered,
    t: &'static Texts,
    lang: Lang,
) -> Vec<(&'static str, String)> {
    let state = &record.state;
    let comma = if lang == Lang::Zh { "、" } else { ", " };
    let excused: Vec<String> = record
        .absences
        .iter()
        .map(|(member, why)| format!("{} {why}", people.name(member)))
        .collect();
    let missing: Vec<String> = missing(record, &of.members)
        .iter()
        .map(|member| member.name.clone())
        .collect();
    let counts = format::fill(
        t.f1_people_line,
        &[
            &state.due,
            &people.came,
            &with_names(people.excused, &excused, comma, lang),
            &with_names(people.absent(), &missing, comma, lang),
            &state.guests,
            &people.rate(),
        ],
    );
    let mut lines = vec![(t.f1_people, counts)];
    lines.extend(by_branch(record, &of.members, lang).map(|text| (t.f1_branches, text)));
    lines.push((t.f1_evidence, evidence(record, people, t, comma, lang)));
    let alone = format::clock_length(state.unattended);
    let unattended = if state.unattended > Millis::ZERO {
        format::fill(t.f1_unattended, &[&alone])
    } else {
        t.f1_attended.to_owned()
    };
    lines.push((t.f1_alone, unattended));
    lines
}

/// So many names stand in a sentence; more would push the signatures onto a second sheet.
const NAMED: usize = 12;

/// `2（郑小满 住院、蒋国强 出差）`.
fn with_names(count: usize, names: &[String], comma: &str, lang: Lang) -> String {
    match (names.len(), lang) {
        (n, _) if n == 0 || n > NAMED => count.to_string(),
        (_, Lang::Zh) => format!("{count}（{}）", names.join(comma)),
        (_, Lang::En) => format!("{count} ({})", names.join(comma)),
    }
}

/// Whom the operator checked in, by reason: by name where they are few, the rest stand in the table with their grade.
fn evidence(record: &Record, people: &Attendance<'_>, t: &Texts, comma: &str, lang: Lang) -> String {
    let mut by_reason: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for line in record.lines.iter().filter(|line| line.who.entry == Entry::Ticked) {
        let names = by_reason.entry(line.who.reason.as_str()).or_default();
        names.push(people.name(&line.who.member));
    }
    let say = |(reason, names): (&&str, &Vec<String>)| {
        let count = with_names(names.len(), names, comma, lang);
        format!("{reason} {count}").trim().to_owned()
    };
    let ticked: Vec<String> = by_reason.iter().map(say).collect();
    let ticked = if ticked.is_empty() {
        String::new()
    } else {
        format::fill(t.f1_ticked, &[&ticked.join(if lang == Lang::Zh { "；" } else { "; " })])
    };
    format::fill(t.f1_evidence_line, &[&people.by_phone, &people.ticked, &ticked])
}

/// Who was expected: as it was kept when the evening began; by its branches, for one from before that was kept.
fn expected<'a>(record: &'a Record, members: &'a [Member]) -> impl Iterator<Item = &'a Member> {
    let branches = &record.state.branches;
    members.iter().filter(move |member| {
        if record.expected.is_empty() {
            screenings::is_expected(member) && (branches.is_empty() || branches.contains(&member.branch))
        } else {
            record.expected.contains(&member.id)
        }
    })
}

fn missing<'a>(record: &'a Record, members: &'a [Member]) -> Vec<&'a Member> {
    let is_accounted = |id: &MemberId| {
        record.lines.iter().any(|line| line.who.member == *id) || record.absences.iter().any(|(member, _)| member == id)
    };
    expected(record, members)
        .filter(|member| !is_accounted(&member.id))
        .collect()
}

/// Several branches in one room: how many of each came.
fn by_branch(record: &Record, members: &[Member], lang: Lang) -> Option<String> {
    let mut branches: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for member in expected(record, members) {
        let counts = branches.entry(member.branch.as_str()).or_default();
        counts.0 += 1;
        counts.1 += usize::from(record.lines.iter().any(|line| line.who.member == member.id));
    }
    let say = |(branch, (due, came)): (&&str, &(usize, usize))| match lang {
        Lang::Zh => format!("{branch} 到 {came} / 应到 {due}"),
        Lang::En => format!("{branch}: {came} of {due}"),
    };
    let all: Vec<String> = branches.iter().map(say).collect();
    (all.len() > 1).then(|| all.join(if lang == Lang::Zh { "；" } else { "; " }))
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

#[derive(Deserialize)]
pub(super) struct Signing {
    csrf: String,
    office: String,
    #[serde(default)]
    member: String,
    #[serde(default)]
    pin: String,
}

/// The operator confirms by his sign-in, the chair with his own number and PIN.
pub(super) async fn confirm(
    State(pages): State<Pages>,
    visit: Visit,
    Path(id): Path<String>,
    Form(sent): Form<Signing>,
) -> Result<Response, Problem> {
    visit.operator()?;
    visit.check(&sent.csrf)?;
    let record = find(&pages, &id).await?;
    if record.state.is_open() {
        return Err(Problem::conflict(
            "open",
            "这一场还没有散会，散会后再签字。",
            "The screening goes on; sign when it is over.",
        ));
    }
    let id = record.state.id;
    let digest = digest(&record, &pages.records.photos(id).await?);
    let (office, member) = match sent.office.as_str() {
        "operator" => (Office::Operator, None),
        "chair" => (Office::Chair, Some(chair(&pages, &visit, &sent).await?)),
        _ => return Err(Problem::not_found()),
    };
    pages.records.confirm(id, office, member, digest).await?;
    Ok(go_to(&format!("/desk/books/{id}#signing")))
}

async fn chair(pages: &Pages, visit: &Visit, sent: &Signing) -> Result<MemberId, Problem> {
    let signed_in = pages
        .roster
        .sign_in(&sent.member, sent.pin.trim(), visit.peer.ip())
        .await;
    match signed_in {
        Ok(cookie) => {
            // He only wanted to be known for this one act.
            pages.roster.sign_out(&cookie).await?;
            MemberId::new(&sent.member).map_err(|_| Problem::not_found())
        }
        Err(SignInError::Wrong { tries_left }) => Err(Problem::unprocessable(
            format::fill(texts(Lang::Zh).wrong_pin, &[&tries_left]),
            format::fill(texts(Lang::En).wrong_pin, &[&tries_left]),
        )),
        Err(SignInError::Paused(left)) => {
            let minutes = left.as_secs().div_ceil(60);
            Err(Problem::unprocessable(
                format::fill(texts(Lang::Zh).paused, &[&minutes]),
                format::fill(texts(Lang::En).paused, &[&minutes]),
            ))
        }
        Err(SignInError::Store(error)) => Err(error.into()),
        Err(SignInError::Busy | SignInError::WeakPassphrase) => Err(Problem::busy()),
    }
}
