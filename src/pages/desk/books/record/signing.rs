//! Who stands for the record: the operator by his sign-in, the chair by number and PIN. What they confirmed is a hash of
//! everything that stands on it, so a later change is seen.

use std::collections::HashSet;

use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;

use super::find;
use crate::http::Problem;
use crate::http::body::Form;
use crate::ledger::Office;
use crate::look::{Texts, format, texts};
use crate::pages::{Pages, Visit, go_to};
use crate::records::{self, Confirmation, Photo};
use crate::report::books::Names;
use crate::roster::{Member, SignInError};
use crate::screening::{Line, Record};
use crate::types::{Lang, MemberId, SessionId};

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

pub(super) fn digest(record: &Record, photos: &[Photo]) -> String {
    records::digest(content(record, photos).as_bytes())
}

/// The screenings whose records both have confirmed, as they stand now.
pub(in crate::pages::desk::books) async fn signed(
    pages: &Pages,
    all: &[Record],
) -> Result<HashSet<SessionId>, Problem> {
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

pub(super) fn confirmed(
    one: &Confirmation,
    names: &Names<'_>,
    now: &str,
    t: &'static Texts,
    lang: Lang,
) -> (&'static str, String, bool) {
    let office = match one.office {
        Office::Chair => t.live.chair,
        Office::Operator => t.books.f1_operator,
    };
    let who = one.member.as_ref().map(|id| names.name(id)).unwrap_or_default();
    let when = format!("{} {}", format::date(one.wall_ms, lang), format::time(one.wall_ms));
    (office, format!("{who} {when}").trim().to_owned(), one.digest == now)
}

/// The chair's number, if his name is one of the roster's: he then only has to give his PIN.
pub(super) fn chair_number(record: &Record, members: &[Member]) -> String {
    let chair = &record.state.remarks.chair;
    let found = members
        .iter()
        .find(|member| member.name == *chair || member.id.as_str() == chair.as_str());
    found.map(|member| member.id.to_string()).unwrap_or_default()
}

#[derive(Deserialize)]
pub(in crate::pages::desk::books) struct Signing {
    csrf: String,
    office: String,
    #[serde(default)]
    member: String,
    #[serde(default)]
    pin: String,
}

/// The operator confirms by his sign-in, the chair with his own number and PIN.
pub(in crate::pages::desk::books) async fn confirm(
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
