//! Down to the ledger: all leaves of a session or a screening, and one leaf with its proof.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

use crate::http::Problem;
use crate::ledger::receipt::Receipt;
use crate::ledger::{self, Leaf, What};
use crate::look::{Frame, Tab, Texts, format, texts};
use crate::pages::{Pages, Visit, show};
use crate::store::StoreError;
use crate::types::{Lang, SessionId};

/// A session's leaves lie close together; an evening of sixty people has some hundred among those of others.
const FAR: u64 = 20_000;
const AT_ONCE: u64 = 1_000;
const MOST: usize = 500;

struct Line {
    index: u64,
    place: String,
    when: String,
    kind: String,
    what: String,
}

#[derive(Template)]
#[template(path = "desk_leaves.html")]
struct Leaves {
    f: Frame,
    lead: String,
    list: Vec<Line>,
}

#[derive(Template)]
#[template(path = "desk_leaf.html")]
struct One {
    f: Frame,
    lead: String,
    holds: bool,
    facts: Vec<(&'static str, String)>,
    text: String,
    proof: Vec<String>,
    checkpoint: String,
    receipt: String,
}

/// All leaves of what begins with this one.
pub(super) async fn of_session(
    State(pages): State<Pages>,
    visit: Visit,
    Path(index): Path<u64>,
) -> Result<Response, Problem> {
    visit.operator()?;
    let found = pages.ledger.store().read(move |conn| collect(conn, index)).await?;
    if found.is_empty() {
        return Err(Problem::not_found());
    }
    let t = texts(visit.lang);
    let page = Leaves {
        lead: format::fill(t.books.leaves_lead, &[&found.len()]),
        list: found
            .iter()
            .map(|(index, leaf)| line(*index, leaf, t, visit.lang))
            .collect(),
        f: visit.frame(&pages, t.books.leaves_title, Tab::Books),
    };
    show(&visit, &page)
}

/// From the leaf that opens it to the one that ends it, and what was written of it afterwards as far as that is near.
fn collect(conn: &rusqlite::Connection, first: u64) -> Result<Vec<(u64, Leaf)>, StoreError> {
    let size = ledger::size(conn)?;
    let mut found: Vec<(u64, Leaf)> = Vec::new();
    let mut of: Option<SessionId> = None;
    let mut from = first;
    while from < size.min(first.saturating_add(FAR)) && found.len() < MOST {
        let upto = size.min(from + AT_ONCE);
        for (index, bytes) in (from..).zip(ledger::leaves(conn, from, upto)?) {
            let Some(leaf) = Leaf::read(&bytes) else { continue };
            let session = leaf.is.session();
            if index == first {
                of = session;
            }
            if of.is_none() {
                return Ok(found);
            }
            if session == of && found.len() < MOST {
                let is_end = matches!(leaf.is, What::Close { .. });
                found.push((index, leaf));
                if is_end {
                    return Ok(found);
                }
            }
        }
        from = upto;
    }
    Ok(found)
}

fn line(index: u64, leaf: &Leaf, t: &Texts, lang: Lang) -> Line {
    let wall = leaf.at.wall;
    let date = format::date(wall, lang);
    Line {
        index,
        place: format::thousands(index),
        when: if date.is_empty() {
            t.undated.to_owned()
        } else {
            format!("{date} {}", format::time(wall))
        },
        kind: kind(&leaf.is, lang).to_owned(),
        what: what(&leaf.is, lang),
    }
}

fn kind(is: &What, lang: Lang) -> &'static str {
    let (zh, en) = match is {
        What::Open { .. } => ("打开课件", "opened"),
        What::Span { .. } => ("计入学时", "credited"),
        What::Close { .. } => ("结束", "closed"),
        What::Screening { .. } => ("开始集中收看", "screening begun"),
        What::Attend { present: true, .. } => ("签到", "came"),
        What::Attend { .. } => ("离场", "went"),
        What::Shown { .. } => ("放映", "shown"),
        What::Check { .. } => ("抽查", "check"),
        What::Screened { .. } => ("散会", "ended"),
        What::Excused { .. } => ("请假", "excused"),
        What::Noted { .. } => ("记录改动", "record changed"),
        What::Photo { gone: false, .. } => ("照片", "photo"),
        What::Photo { .. } => ("照片撤回", "photo taken back"),
        What::Confirmed { .. } => ("签字", "confirmed"),
        _ => ("其他", "other"),
    };
    if lang == Lang::Zh { zh } else { en }
}

/// Who and how much; the rest stands in the leaf itself.
fn what(is: &What, lang: Lang) -> String {
    match is {
        What::Open { member, item, .. } => format!("{member} {item}"),
        What::Span {
            member, grade, media, ..
        } => format!("{member} {} {grade:?}", format::length(media.total(), lang)),
        What::Attend { member, reason, .. } | What::Excused { member, reason, .. } => format!("{member} {reason}"),
        What::Shown { pieces, .. } => {
            let length = crate::types::Millis(pieces.iter().map(|piece| piece.length().0).sum());
            format::length(length, lang)
        }
        What::Check { passed, ticked, .. } => format!("{} + {}", passed.len(), ticked.len()),
        What::Screened { shown, .. } => format::length(*shown, lang),
        What::Photo { digest, .. } | What::Noted { digest, .. } => digest.get(..16).unwrap_or("").to_owned(),
        What::Confirmed { member, .. } => member.as_ref().map(ToString::to_string).unwrap_or_default(),
        _ => String::new(),
    }
}

/// One leaf: its bytes as they were hashed, the way to the root, the checkpoint that was signed, who has seen it.
pub(super) async fn one(State(pages): State<Pages>, visit: Visit, Path(index): Path<u64>) -> Result<Response, Problem> {
    visit.operator()?;
    let read = move |conn: &rusqlite::Connection| {
        let receipt = Receipt::of(conn, index)?;
        Ok::<_, StoreError>((receipt, ledger::last_cosignatures(conn)?))
    };
    let (receipt, cosigned) = pages.ledger.store().read(read).await?;
    let receipt = receipt.ok_or_else(Problem::not_found)?;
    let t = texts(visit.lang);
    let checked = receipt.check(pages.ledger.origin(), &pages.ledger.keys().public());
    let mut facts = vec![(t.member.receipt_place, format::thousands(index))];
    let holds = checked.is_ok();
    if let Ok((leaf, point)) = checked {
        facts[0].1 = format::fill(
            t.member.receipt_place_of,
            &[&format::thousands(index), &format::thousands(point.size)],
        );
        if let Some(leaf) = leaf {
            let line = line(index, &leaf, t, visit.lang);
            facts.push((t.member.receipt_date, line.when));
            facts.push((t.books.leaf_kind, line.kind));
        }
    }
    let hash = ledger::tree::leaf_hash(&receipt.leaf);
    facts.push((t.books.leaf_hash, data_encoding::HEXLOWER.encode(&hash)));
    let seen = cosigned.iter().find(|(_, size, _)| *size > index);
    facts.push((
        t.tab_district,
        seen.map_or(t.never, |(name, ..)| name.as_str()).to_owned(),
    ));
    let page = One {
        lead: if holds {
            t.books.leaf_holds
        } else {
            t.member.receipt_not_in_log
        }
        .to_owned(),
        holds,
        facts,
        text: String::from_utf8_lossy(&receipt.leaf).into_owned(),
        proof: receipt
            .proof
            .iter()
            .map(|hash| data_encoding::HEXLOWER.encode(hash))
            .collect(),
        receipt: receipt.to_text(),
        checkpoint: receipt.checkpoint,
        f: visit.frame(&pages, t.books.leaf_title, Tab::Books),
    };
    show(&visit, &page)
}
