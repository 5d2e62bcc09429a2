//! The desk's corrections 更正: what is wrong, who should have it, why, and a second person who signs with his own PIN.

mod choose;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use crate::credit::attendance;
use crate::credit::correction::{Named, REASON, Unfit, Wish};
use crate::http::Problem;
use crate::http::body::Form;
use crate::ledger::{self, What};
use crate::look::{Frame, Tab, Texts, format, texts};
use crate::pages::sign_in::sentence;
use crate::pages::{Pages, Visit, go_to, show};
use crate::types::{Intervals, MemberId, Millis, SessionId};
use crate::viewing::{self, CorrectError, Correctable, Correcting};

#[derive(Debug, Deserialize)]
pub(super) struct Which {
    of: Option<u64>,
    screening: Option<String>,
    member: Option<String>,
}

/// The form, as it was sent.
#[derive(Deserialize, Default)]
pub(super) struct Sent {
    #[serde(default)]
    csrf: String,
    of: u64,
    #[serde(default)]
    to: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    until: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    second: String,
    #[serde(default)]
    pin: String,
}

#[derive(Template)]
#[template(path = "desk_correct.html")]
struct Page {
    f: Frame,
    lead: &'static str,
    of: u64,
    is_span: bool,
    facts: Vec<(&'static str, String)>,
    error: String,
    sent: Sent,
}

pub(super) async fn page(
    State(pages): State<Pages>,
    visit: Visit,
    Query(which): Query<Which>,
) -> Result<Response, Problem> {
    visit.operator()?;
    let of = match (which.of, which.screening) {
        (Some(of), _) => of,
        (None, Some(id)) => end_of(&pages, &id).await?.ok_or_else(Problem::not_found)?,
        (None, None) => return choose::page(&pages, &visit, which.member.as_deref()).await,
    };
    let sent = Sent { of, ..Sent::default() };
    show_form(&pages, &visit, sent, String::new()).await
}

/// The leaf that ended a screening.
async fn end_of(pages: &Pages, id: &str) -> Result<Option<u64>, Problem> {
    let id = SessionId::parse(id).ok_or_else(Problem::not_found)?;
    let is_its_end =
        move |leaf: &ledger::Leaf| matches!(&leaf.is, What::Screened { screening, .. } if *screening == id);
    let read = move |conn: &_| ledger::newest_place_of(conn, is_its_end);
    Ok(pages.ledger.store().read(read).await?)
}

async fn found(pages: &Pages, of: u64) -> Result<Correctable, Problem> {
    let read = move |conn: &_| viewing::correctable(conn, of);
    pages.ledger.store().read(read).await?.ok_or_else(Problem::not_found)
}

async fn show_form(pages: &Pages, visit: &Visit, sent: Sent, error: String) -> Result<Response, Problem> {
    let t = texts(visit.lang);
    let found = found(pages, sent.of).await?;
    let facts = facts(pages, visit, &found, sent.of).await?;
    let page = Page {
        lead: t.correct.lead,
        of: sent.of,
        is_span: matches!(found.named, Named::Span { .. }),
        facts,
        error,
        sent: Sent {
            pin: String::new(),
            ..sent
        },
        f: visit.frame(pages, t.correct.title, Tab::Members),
    };
    show(visit, &page)
}

async fn facts(
    pages: &Pages,
    visit: &Visit,
    found: &Correctable,
    of: u64,
) -> Result<Vec<(&'static str, String)>, Problem> {
    let t = texts(visit.lang);
    let title = |item| {
        let entry = pages.library.entry(item);
        entry.map_or_else(|| item.to_string(), |entry| entry.title)
    };
    let mut facts = vec![(t.correct.entry, format::thousands(of))];
    let time = match &found.named {
        Named::Span {
            member, item, still, ..
        } => {
            let name = pages.roster.member(member.clone()).await?.map(|member| member.name);
            facts.push((t.correct.whose, format!("{member} {}", name.unwrap_or_default())));
            facts.push((t.member.receipt_item, title(item)));
            format!("{} ({})", format::length(still.total(), visit.lang), minutes(still))
        }
        Named::Screening(pieces) => {
            let mut titles: Vec<String> = Vec::new();
            for piece in pieces {
                let title = title(&piece.item);
                if !titles.contains(&title) {
                    titles.push(title);
                }
            }
            facts.push((t.member.receipt_item, titles.join(" / ")));
            format::length(attendance::shown_time(pieces), visit.lang)
        }
    };
    facts.push((t.member.receipt_time, time));
    facts.push((t.member.receipt_date, format::date(found.wall_ms, visit.lang)));
    Ok(facts)
}

/// The stretches in minutes of the film, as the form asks for them.
fn minutes(media: &Intervals) -> String {
    let stretch = |(from, to): &(u64, u64)| format!("{}-{}", from / 60_000, to.div_ceil(60_000));
    media.pairs().iter().map(stretch).collect::<Vec<_>>().join(", ")
}

pub(super) async fn save(
    State(pages): State<Pages>,
    visit: Visit,
    Form(sent): Form<Sent>,
) -> Result<Response, Problem> {
    let operator = visit.operator()?.clone();
    visit.check(&sent.csrf)?;
    let t = texts(visit.lang);
    let wanted = match wanted(&pages, &sent, t).await? {
        Ok(wanted) => wanted,
        Err(why) => return show_form(&pages, &visit, sent, why.to_owned()).await,
    };
    let second = match pages.roster.second(&sent.second, &sent.pin, visit.peer.ip()).await {
        Ok(Some(second)) => second,
        Ok(None) => return show_form(&pages, &visit, sent, t.correct.not_a_signer.to_owned()).await,
        Err(error) => {
            let said = sentence(error, t, t.wrong_pin)?;
            return show_form(&pages, &visit, sent, said).await;
        }
    };
    let back = whose(&pages, &wanted).await?;
    match pages.viewing.correct(wanted, &operator, &second).await {
        Ok(()) => Ok(go_to(&format!("/desk/members/{back}"))),
        Err(CorrectError::Unfit(why)) => show_form(&pages, &visit, sent, unfit(why, t).to_owned()).await,
        Err(CorrectError::NotCorrectable(_)) => Err(Problem::not_found()),
        Err(CorrectError::Viewing(error)) => match error.trouble() {
            Some(_) => Err(Problem::busy()),
            None => Err(Problem::internal(&error)),
        },
    }
}

/// Whose page shows the outcome.
async fn whose(pages: &Pages, wanted: &Correcting) -> Result<MemberId, Problem> {
    match (&wanted.wish.to, found(pages, wanted.of).await?.named) {
        (Some(to), _) => Ok(to.clone()),
        (None, Named::Span { member, .. }) => Ok(member),
        (None, Named::Screening(_)) => Err(Problem::not_found()),
    }
}

/// What the form asks for, or a sentence about what is wrong with it.
async fn wanted(pages: &Pages, sent: &Sent, t: &Texts) -> Result<Result<Correcting, &'static str>, Problem> {
    let to = match sent.to.trim() {
        "" => None,
        number => match MemberId::new(number) {
            Ok(id) if pages.roster.member(id.clone()).await?.is_some() => Some(id),
            _ => return Ok(Err(t.correct.no_member)),
        },
    };
    let Ok(stretch) = stretch(&sent.from, &sent.until) else {
        return Ok(Err(t.correct.bad_stretch));
    };
    let reason = sent.reason.trim().to_owned();
    if reason.is_empty() || reason.chars().count() > REASON {
        return Ok(Err(t.correct.no_reason));
    }
    if pages.roster.is_named_in(&reason).await? {
        return Ok(Err(t.correct.no_names));
    }
    let of = sent.of;
    Ok(Ok(Correcting {
        of,
        wish: Wish { to, stretch },
        reason,
    }))
}

/// Both empty is all of it; else whole minutes, the first before the second.
fn stretch(from: &str, until: &str) -> Result<Option<(Millis, Millis)>, ()> {
    let minute = |text: &str| text.trim().parse::<u64>().map(|n| Millis::secs(n * 60)).map_err(drop);
    match (from.trim(), until.trim()) {
        ("", "") => Ok(None),
        (from, until) => {
            let from = if from.is_empty() { Millis::ZERO } else { minute(from)? };
            let until = minute(until)?;
            (from < until).then_some(Some((from, until))).ok_or(())
        }
    }
}

fn unfit(why: Unfit, t: &Texts) -> &'static str {
    match why {
        Unfit::Nothing => t.correct.nothing,
        Unfit::NotThere => t.correct.not_there,
        Unfit::HasIt => t.correct.has_it,
        Unfit::Own => t.correct.own,
        Unfit::Undated => t.correct.undated,
    }
}
