//! JSON for the page's script, and for whoever wants to see the same as numbers.
//!
//! A session's id is drawn at random and told to nobody but the page that opened it: knowing it is the right to report
//! for it, so beats need no cookie and may come by `sendBeacon`. Opening one needs the member's cookie and a JSON body,
//! which no foreign page can send.

mod beats;
mod items;
mod refusals;
mod tv;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub use beats::Beats;
use refusals::{refused, refused_sign_in};

use crate::clock::SharedClock;
use crate::credit::rule::Note;
use crate::http::body::{Json, Lenient};
use crate::http::{Peer, Problem, cookie};
use crate::library::Library;
use crate::roster::{COPY_COOKIE, MEMBER_COOKIE, Roster};
use crate::screening::Screenings;
use crate::store::StoreError;
use crate::types::{Intervals, ItemId, Millis, Mode, SessionId};
use crate::viewing::{self, Answer, BeatIn, ItemFacts, Viewing};

/// What this room needs.
#[derive(Debug, Clone)]
pub struct Api {
    /// Who there is.
    pub roster: Roster,
    /// What there is.
    pub library: Library,
    /// Sessions and credit.
    pub viewing: Viewing,
    /// Screenings.
    pub screenings: Screenings,
    /// What happened, and the database that sessions lie in.
    pub ledger: crate::ledger::Ledger,
    /// Time.
    pub clock: SharedClock,
    /// Beats come this often.
    pub beat_every: Millis,
    /// A tag of this run of the station, part of media addresses.
    pub run: String,
}

/// No honest beat has more: a seek every second for ten seconds is ten.
const SEGMENTS: usize = 256;

impl Api {
    /// The routes of this room.
    pub fn routes(self: Arc<Self>) -> Router {
        Router::new()
            .route("/api/items", get(items::list))
            .route("/api/login", post(login))
            .route("/api/me", get(me))
            .route("/api/sessions", post(open))
            .route("/api/sessions/{session}/beats", post(beat))
            .route("/api/sessions/{session}/proof", post(proof))
            .route("/api/sessions/{session}/close", post(close))
            .route("/api/tv", get(tv::state))
            .route("/api/tv/beats", post(tv::beat))
            .with_state(self)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Login {
    member: String,
    pin: String,
}

async fn login(
    State(api): State<Arc<Api>>,
    peer: Peer,
    headers: axum::http::HeaderMap,
    Json(login): Json<Login>,
) -> Result<Response, Problem> {
    let token = api
        .roster
        .sign_in(&login.member, &login.pin, peer.ip())
        .await
        .map_err(refused_sign_in)?;
    let cookie = cookie::set(MEMBER_COOKIE, &token, cookie::HALF_A_YEAR);
    let mut answer = (StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]).into_response();
    let brought = cookie::value(&headers, COPY_COOKIE).map(str::to_owned);
    match api.ledger.swap_copies(api.clock.now(), brought).await {
        Ok(Some(copy)) => {
            let cookie = cookie::set(COPY_COOKIE, &copy, 2 * cookie::HALF_A_YEAR);
            answer.headers_mut().append(header::SET_COOKIE, cookie);
        }
        Ok(None) => {}
        Err(error) => tracing::warn!(%error, "a phone's copy of the checkpoint could not be compared"),
    }
    Ok(answer)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OpenIn {
    item: String,
    /// The phone's clock, milliseconds since 1970: a box that nobody has set goes by several of them for the time being.
    now_ms: Option<i64>,
}

async fn open(
    State(api): State<Arc<Api>>,
    peer: Peer,
    headers: axum::http::HeaderMap,
    Json(wanted): Json<OpenIn>,
) -> Result<Response, Problem> {
    let visitor = api.roster.visitor(&headers, peer.ip()).await?;
    let member = visitor.member.ok_or_else(Problem::sign_in_first)?;
    if api.screenings.where_is(member.id.clone()).await?.is_some() {
        return Err(Problem::conflict(
            "in_a_screening",
            "您正在参加集中收看，学时在那边记。散场以后再用手机看。",
            "You are in a screening, which counts your hours; watch on the phone when it is over.",
        ));
    }
    let id = ItemId::parse(&wanted.item).map_err(|_| Problem::not_found())?;
    let entry = api.library.shown_entry(&id).ok_or_else(Problem::not_found)?;
    let facts = ItemFacts {
        item: id,
        title: entry.title,
        class: entry.class.as_deref().map(str::to_owned),
        length: entry.length,
        made_here: entry.local,
    };
    if let Some(unix_ms) = wanted.now_ms {
        let heard = api.viewing.phone_says(&member.id, visitor.device, unix_ms).await;
        heard.map_err(refused)?;
    }
    let opened = api
        .viewing
        .open(member.id, visitor.device, facts, Mode::Alone)
        .await
        .map_err(refused)?;
    let body = serde_json::json!({
        "session": opened.session,
        "resume_ms": opened.resume,
        "beat_every_ms": api.beat_every,
        "length_ms": entry.length,
        "media": format!("/media/{id}?d={}.{}", visitor.device, api.run),
        "credited_ms": opened.credited.total(),
        "pending_ms": opened.pending,
        "credited": opened.credited,
    });
    Ok((StatusCode::CREATED, axum::Json(body)).into_response())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BeatBody {
    n: u32,
    segments: Vec<(i64, i64)>,
    state: PlayWord,
}

/// What the player was doing.
#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum PlayWord {
    Playing,
    Paused,
    Seeking,
    Ended,
    Hidden,
}

async fn beat(
    State(api): State<Arc<Api>>,
    Path(session): Path<String>,
    Lenient(body, bytes): Lenient<BeatBody>,
) -> Result<Response, Problem> {
    let beat = beat_of(body, &bytes)?;
    drop(bytes);
    take(&api.viewing, session_of(&session)?, beat).await
}

async fn take(viewing: &Viewing, session: SessionId, beat: BeatIn) -> Result<Response, Problem> {
    let taken = viewing.beat(session, beat).await;
    taken.map(|a| answer(&a)).map_err(refused)
}

/// A beat within the limits, with what tells it from another one of the same number.
fn beat_of(body: BeatBody, bytes: &[u8]) -> Result<BeatIn, Problem> {
    if body.segments.len() > SEGMENTS {
        return Err(Problem::unprocessable(
            format!("一次最多报 {SEGMENTS} 段。"),
            format!("A beat has at most {SEGMENTS} segments."),
        ));
    }
    let digest = Sha256::digest(bytes);
    let mut short = [0; 8];
    short.copy_from_slice(&digest[..8]);
    // While the film plays on a beat can wait for company; after anything else a person may be about to leave.
    let urgent = body.state != PlayWord::Playing;
    Ok(BeatIn {
        n: body.n,
        segments: body.segments,
        ended: body.state == PlayWord::Ended,
        urgent,
        digest: short,
    })
}

async fn proof(State(api): State<Arc<Api>>, Path(session): Path<String>) -> Result<Response, Problem> {
    api.viewing
        .prove(session_of(&session)?)
        .await
        .map(|a| answer(&a))
        .map_err(refused)
}

async fn close(State(api): State<Arc<Api>>, Path(session): Path<String>) -> Result<Response, Problem> {
    api.viewing
        .close(session_of(&session)?)
        .await
        .map(|a| answer(&a))
        .map_err(refused)
}

fn session_of(text: &str) -> Result<SessionId, Problem> {
    SessionId::parse(text).ok_or_else(Problem::not_found)
}

/// What the page's script is told of its session.
#[derive(Serialize)]
struct Told<'a> {
    n: u32,
    credited_ms: Millis,
    pending_ms: Millis,
    proof_due: bool,
    proof_ms_left: Option<Millis>,
    note: Option<&'static str>,
    credited: &'a Intervals,
}

fn answer(answer: &Answer) -> Response {
    let told = Told {
        n: answer.n,
        credited_ms: answer.credited.total(),
        pending_ms: answer.pending,
        proof_due: answer.proof_left.is_some_and(|left| left > Millis::ZERO),
        proof_ms_left: answer.proof_left,
        note: answer.note.map(|note| match note {
            Note::Unattended => "unattended",
            Note::NotNew => "not_new",
            Note::NotSent => "not_sent",
            Note::TooFast => "too_fast",
        }),
        credited: &answer.credited,
    };
    axum::Json(told).into_response()
}

async fn me(State(api): State<Arc<Api>>, peer: Peer, headers: axum::http::HeaderMap) -> Result<Response, Problem> {
    let visitor = api.roster.visitor(&headers, peer.ip()).await?;
    let member = visitor.member.ok_or_else(Problem::sign_in_first)?;
    let (id, year) = (member.id.clone(), api.clock.now().year());
    let credited = api
        .ledger
        .store()
        .read::<_, StoreError, _>(move |conn| viewing::credited_items(conn, &id))
        .await?;
    let items: Vec<serde_json::Value> = credited
        .iter()
        .map(|c| {
            serde_json::json!({
                "item": c.item,
                "title": api.library.entry(&c.item).map(|entry| entry.title),
                "mode": Mode::Alone,
                "year": c.year,
                "credited_ms": c.media.total(),
            })
        })
        .collect();
    let body = serde_json::json!({
        "member": member.id, "year": year, "policy": api.viewing.policy().name, "items": items,
    });
    Ok(axum::Json(body).into_response())
}
