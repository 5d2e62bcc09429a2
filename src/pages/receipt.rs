//! Receipts for people: a member's latest spans each with a code to keep, and a page where anybody can check one.
//!
//! The check needs no sign-in and no trust in this page: whoever knows the station's key can do the same elsewhere.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::{Pages, Visit, go_to, show};
use crate::http::Problem;
use crate::ledger::copies::Compared;
use crate::ledger::receipt::{Receipt, ReceiptError};
use crate::ledger::{self, Checkpoint, Leaf, What, Witness};
use crate::look::{Frame, Tab, Texts, format, qr, texts};
use crate::types::{ItemId, Lang, MemberId};
use crate::viewing::{self, SpanRow};

/// So many of the latest leaves of a member are listed.
const LISTED: u32 = 30;

struct Line {
    index: u64,
    date: String,
    title: String,
    time: String,
}

#[derive(Template)]
#[template(path = "receipts.html")]
struct ListPage {
    f: Frame,
    list: Vec<Line>,
}

#[derive(Template)]
#[template(path = "receipt.html")]
struct OnePage {
    f: Frame,
    lead: String,
    holds: bool,
    /// What was recorded, label and value.
    facts: Vec<(&'static str, String)>,
    /// The code to keep; empty on the page that checks one.
    code: String,
    text: String,
}

/// A receipt as it comes back.
#[derive(Debug, Deserialize)]
pub(super) struct Shown {
    #[serde(default)]
    r: String,
}

/// A member's latest spans.
pub(super) async fn list(State(pages): State<Pages>, visit: Visit) -> Result<Response, Problem> {
    let Some(member) = visit.visitor.member.clone() else {
        return Ok(go_to("/signin?back=/me/receipts"));
    };
    let id = member.id.clone();
    let read = move |conn: &_| viewing::newest_spans(conn, &id, LISTED);
    let found = pages.ledger.store().read(read).await?;
    let t = texts(visit.lang);
    let page = ListPage {
        list: found
            .iter()
            .map(|(index, span)| line(&pages, *index, span, t, visit.lang))
            .collect(),
        f: visit.frame(&pages, t.member.receipts, Tab::Hours),
    };
    show(&visit, &page)
}

fn is_span_of(leaf: &Leaf, who: &MemberId) -> bool {
    matches!(&leaf.is, What::Span { member, .. } | What::Correct { member, .. } if member == who)
}

fn line(pages: &Pages, index: u64, span: &SpanRow, t: &Texts, lang: Lang) -> Line {
    let date = format::short_date(span.wall_ms);
    Line {
        index,
        date: if date.is_empty() { t.undated.to_owned() } else { date },
        title: title(pages, &span.item),
        time: format::length(span.credit, lang),
    }
}

fn title(pages: &Pages, item: &ItemId) -> String {
    pages
        .library
        .entry(item)
        .map_or_else(|| item.to_string(), |entry| entry.title)
}

/// One of the member's own leaves, with its code.
pub(super) async fn one(State(pages): State<Pages>, visit: Visit, Path(index): Path<u64>) -> Result<Response, Problem> {
    let Some(member) = visit.visitor.member.clone() else {
        return Ok(go_to("/signin?back=/me/receipts"));
    };
    let found = pages.ledger.store().read(move |conn| Receipt::of(conn, index)).await?;
    let own = |receipt: &Receipt| Leaf::read(&receipt.leaf).is_some_and(|leaf| is_span_of(&leaf, &member.id));
    let receipt = found.filter(own).ok_or_else(Problem::not_found)?;
    let text = receipt.to_text();
    let address = pages
        .settings
        .addresses
        .first()
        .map_or("http://localhost/", String::as_str);
    // Upper case keeps the long part of the code in its dense mode.
    let code = qr::to_svg(&format!("{address}receipt?r={text}"));
    checked(&pages, &visit, &receipt, code, text).await
}

/// Checks a receipt that somebody brings.
pub(super) async fn check(
    State(pages): State<Pages>,
    visit: Visit,
    Query(shown): Query<Shown>,
) -> Result<Response, Problem> {
    match Receipt::read(&shown.r) {
        Ok(receipt) => checked(&pages, &visit, &receipt, String::new(), shown.r).await,
        Err(error) => {
            let asked = !shown.r.is_empty();
            let t = texts(visit.lang);
            let lead = if asked {
                sentence(&error, t)
            } else {
                t.member.receipt_lead
            };
            show(&visit, &page(&pages, &visit, lead, false, Vec::new()))
        }
    }
}

async fn checked(
    pages: &Pages,
    visit: &Visit,
    receipt: &Receipt,
    code: String,
    text: String,
) -> Result<Response, Problem> {
    let t = texts(visit.lang);
    let mut shown = match receipt.check(pages.ledger.origin(), &pages.ledger.keys().public()) {
        Ok((leaf, point)) => {
            let facts = facts(pages, receipt.index, leaf.as_ref(), &point, visit.lang).await?;
            let now = pages.clock.now();
            let compared = pages.ledger.look_at(now, &receipt.checkpoint, Witness::Receipt).await;
            match compared {
                Ok(Compared::Differs { .. }) => page(pages, visit, t.member.receipt_taken_back, false, facts),
                Ok(_) => page(pages, visit, t.member.receipt_holds, true, facts),
                // A halted ledger says so on the desk; the receipt is as good as it was.
                Err(error) => {
                    tracing::warn!(%error, "a receipt could not be compared with the log");
                    page(pages, visit, t.member.receipt_holds, true, facts)
                }
            }
        }
        Err(error) => page(pages, visit, sentence(&error, t), false, Vec::new()),
    };
    shown.code = code;
    shown.text = text;
    show(visit, &shown)
}

fn page(pages: &Pages, visit: &Visit, lead: &str, holds: bool, facts: Vec<(&'static str, String)>) -> OnePage {
    OnePage {
        lead: lead.to_owned(),
        holds,
        facts,
        code: String::new(),
        text: String::new(),
        f: visit.frame(pages, texts(visit.lang).member.receipt, Tab::Hours),
    }
}

fn sentence(error: &ReceiptError, t: &'static Texts) -> &'static str {
    match error {
        ReceiptError::Malformed => t.member.receipt_malformed,
        ReceiptError::Checkpoint(_) => t.member.receipt_other_key,
        ReceiptError::NotInTheLog => t.member.receipt_not_in_log,
    }
}

async fn facts(
    pages: &Pages,
    index: u64,
    leaf: Option<&Leaf>,
    point: &Checkpoint,
    lang: Lang,
) -> Result<Vec<(&'static str, String)>, Problem> {
    let t = texts(lang);
    let mut facts = leaf.map_or_else(Vec::new, |leaf| told(pages, leaf, t, lang));
    facts.push((t.station_origin, point.origin.to_string()));
    let place = [format::thousands(index), format::thousands(point.size)];
    facts.push((
        t.member.receipt_place,
        format::fill(t.member.receipt_place_of, &[&place[0], &place[1]]),
    ));
    let cosigned = pages.ledger.store().read(ledger::last_cosignatures).await?;
    let seen = cosigned.iter().find(|(_, size, _)| *size > index);
    facts.push((
        t.tab_district,
        seen.map_or(t.never, |(name, ..)| name.as_str()).to_owned(),
    ));
    Ok(facts)
}

/// What a leaf says of a member.
fn told(pages: &Pages, leaf: &Leaf, t: &'static Texts, lang: Lang) -> Vec<(&'static str, String)> {
    let (member, item, year, time, total) = match &leaf.is {
        What::Span {
            member,
            item,
            year,
            media,
            total,
            ..
        } => (member, item, year, format::length(media.total(), lang), total),
        What::Correct {
            member,
            item,
            year,
            takes,
            gives,
            total,
            ..
        } => {
            let (sign, media) = if gives.is_empty() { ("−", takes) } else { ("+", gives) };
            let time = format!("{sign} {}", format::length(media.total(), lang));
            (member, item, year, time, total)
        }
        _ => return Vec::new(),
    };
    let date = format::date(leaf.at.wall, lang);
    let undated = year.0 == 0;
    vec![
        (t.member_number, member.to_string()),
        (t.member.receipt_item, title(pages, item)),
        (t.member.receipt_time, time),
        (t.member.receipt_total, format::length(*total, lang)),
        (t.member.receipt_date, if undated { t.undated.to_owned() } else { date }),
    ]
}
