//! The district's door at the station: enrolment, signed requests, the log as static files, cosignatures.
//!
//! Keys are pinned on both sides, once, with a code that the operator reads out; there are no certificates and no dates,
//! because the box may not know what day it is. A request of the district is signed over a nonce that this station drew
//! and a number that only grows, so that nothing that was overheard can be asked again. A stranger gets no leaf.

mod auth;
mod condition;
mod dispatch;
mod enrol;
mod export;
mod policy;
mod rows;
mod stick;

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Request, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use ed25519_dalek::VerifyingKey;
use serde::{Deserialize, Serialize};

pub use auth::{HEADER, Proof, signed_text};
pub use condition::{CONDITION, Condition};
pub use enrol::{Enrol, Enrolled, code_of, enrol_tag, station_tag};
pub use export::{ExportError, export};
pub use policy::Offered;
pub use rows::SCHEMA;
pub use stick::{CameBack, Carried, ON_STICK, put_back};

use crate::clock::{Clock, SharedClock};
use crate::dispatch::Dispatches;
use crate::http::{Problem, body};
use crate::ledger::{self, Checkpoint, Ledger, LedgerError, What, note, tiles};
use crate::records::{Records, picture};
use crate::store::{StoreError, Urgency};
use crate::types::Origin;
use auth::Nonces;

/// The districts that a station's database has pinned, whatever state its ledger is in.
pub fn pinned(conn: &rusqlite::Connection) -> Result<Vec<Known>, StoreError> {
    Ok(rows::districts(conn)?)
}

/// A district that was enrolled: its name and the key that is pinned.
#[derive(Debug, Clone)]
pub struct Known {
    /// Its name in ledgers.
    pub name: Origin,
    /// Its key.
    pub key: VerifyingKey,
}

/// Called with the district's time, in milliseconds since 1970, after a cosignature was accepted.
pub type OnTime = Box<dyn Fn(i64) + Send + Sync>;

/// Called after a policy of a district was taken; may block.
pub type OnPolicy = Box<dyn Fn() + Send + Sync>;

/// Called after a record that a district sent down was taken; may block.
pub type OnDispatch = Box<dyn Fn() + Send + Sync>;

/// Called for each checkpoint that a district takes: how the box does.
pub type OnAsked = Box<dyn Fn() -> Condition + Send + Sync>;

/// A handle to the room. Cheap to clone.
#[derive(Clone)]
pub struct Exchange {
    ledger: Ledger,
    records: Records,
    dispatches: Dispatches,
    clock: SharedClock,
    nonces: Arc<Mutex<Nonces>>,
    on_time: Arc<Mutex<Option<OnTime>>>,
    on_policy: Arc<Mutex<Option<OnPolicy>>>,
    on_dispatch: Arc<Mutex<Option<OnDispatch>>>,
    on_asked: Arc<Mutex<Option<OnAsked>>>,
}

impl std::fmt::Debug for Exchange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Exchange").finish_non_exhaustive()
    }
}

/// No body of this door is longer.
const LIMIT: usize = 16 * 1024;

/// What the district posts after it has stored everything durably.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CosignIn {
    /// Leaves that it holds now.
    pub size: u64,
    /// The cosignature line.
    pub line: String,
}

impl Exchange {
    /// Works on this ledger, hands out the pictures that it names, and brings in what districts send down.
    pub fn new(ledger: Ledger, records: Records, dispatches: Dispatches, clock: Arc<impl Clock + 'static>) -> Self {
        Self {
            ledger,
            records,
            dispatches,
            clock,
            nonces: Arc::default(),
            on_time: Arc::default(),
            on_policy: Arc::default(),
            on_dispatch: Arc::default(),
            on_asked: Arc::default(),
        }
    }

    /// Sets what learns the district's time.
    pub fn on_district_time(&self, tell: OnTime) {
        *self.on_time.lock().unwrap_or_else(PoisonError::into_inner) = Some(tell);
    }

    /// Sets what learns that a district's policy was taken.
    pub fn on_district_policy(&self, tell: OnPolicy) {
        *self.on_policy.lock().unwrap_or_else(PoisonError::into_inner) = Some(tell);
    }

    /// Sets what learns that a record was taken.
    pub fn on_dispatch(&self, tell: OnDispatch) {
        *self.on_dispatch.lock().unwrap_or_else(PoisonError::into_inner) = Some(tell);
    }

    async fn tell_of_policy(&self) {
        let told = Arc::clone(&self.on_policy);
        let tell = move || {
            if let Some(tell) = &*told.lock().unwrap_or_else(PoisonError::into_inner) {
                tell();
            }
        };
        // A panic in there is logged by the runtime; the policy is in the ledger and is read at the next minute.
        drop(tokio::task::spawn_blocking(tell).await);
    }

    /// Sets what says how the box does.
    pub fn on_asked(&self, tell: OnAsked) {
        *self.on_asked.lock().unwrap_or_else(PoisonError::into_inner) = Some(tell);
    }

    /// How the box does: its clock, and what was set to tell.
    fn condition(&self) -> Condition {
        let told = self.on_asked.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        Condition {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            wall_ms: now.wall_ms,
            trust: Some(now.trust),
            ..told.as_ref().map(|tell| tell()).unwrap_or_default()
        }
    }

    /// The districts that were enrolled. Blocks.
    pub fn districts(&self) -> Result<Vec<Known>, StoreError> {
        self.ledger.store().read_blocking(|conn| Ok(rows::districts(conn)?))
    }

    /// Pins a district that somebody on this box has vouched for, and says so in the ledger. Blocks.
    pub fn trust(&self, district: Known) -> Result<(), LedgerError> {
        let (ledger, now) = (self.ledger.clone(), self.clock.now());
        let act = move |tx: &crate::store::Tx<'_>| {
            let key = data_encoding::HEXLOWER.encode(district.key.as_bytes());
            rows::pin(tx, &district.name, &key)?;
            let leaf = What::Enrolled {
                district: district.name,
                key,
            };
            ledger.append(tx, now, leaf).map(drop)
        };
        self.ledger.store().write_blocking(act)?
    }

    /// Makes a one-time enrolment code, valid for half an hour of this boot; an earlier one is void. Blocks.
    pub fn enrol_code(&self) -> Result<String, StoreError> {
        let (code, now) = (enrol::new_code(), self.clock.now());
        let kept = code.clone();
        self.ledger
            .store()
            .write_blocking(move |tx| rows::set_code(tx, &kept, now))??;
        Ok(code)
    }

    /// The routes of this room.
    pub fn routes(self) -> Router {
        Router::new()
            .route("/log/challenge", post(challenge))
            .route("/log/enrol", post(enrol_here))
            .route("/log/checkpoint", get(checkpoint))
            .route("/log/tile/{*path}", get(tile))
            .route("/log/blob/{digest}", get(blob))
            .route("/log/cosign", post(cosign))
            .route("/log/policy", post(policy::post))
            // The router's own limit is smaller; each reader of this door brings its own.
            .route("/log/dispatch", post(dispatch::post))
            .with_state(self)
    }

    /// Whose request this is; a stranger is refused before anything is looked up.
    async fn whose(&self, method: &str, path: &str, header: Option<&str>, body: &[u8]) -> Result<Known, Problem> {
        let proof = header.and_then(Proof::parse).ok_or_else(stranger)?;
        let name = proof.district.clone();
        let found = self
            .ledger
            .store()
            .read(move |conn| Ok::<_, StoreError>(rows::district(conn, &name)?))
            .await?;
        let known = found.ok_or_else(stranger)?;
        let text = signed_text(self.ledger.origin(), &proof, method, path, body);
        proof.check(&known.key, &text).ok_or_else(stranger)?;
        let now = self.clock.now().mono;
        let mut nonces = self.nonces.lock().unwrap_or_else(PoisonError::into_inner);
        nonces.spend(&proof.nonce, proof.seq, now).ok_or_else(stranger)?;
        Ok(known)
    }
}

fn stranger() -> Problem {
    Problem::new(
        axum::http::StatusCode::UNAUTHORIZED,
        "台账只给登记过的县里看。",
        "The log is for enrolled districts only.",
    )
}

/// A nonce for one pull. Anybody may have one; it is worth nothing without a pinned key.
async fn challenge(State(exchange): State<Exchange>) -> Response {
    let now = exchange.clock.now().mono;
    let nonce = exchange
        .nonces
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .fresh(now);
    let body = serde_json::json!({ "nonce": nonce, "origin": exchange.ledger.origin() });
    axum::Json(body).into_response()
}

/// Splits a request into what was signed and the rest.
async fn authorised(exchange: &Exchange, request: Request) -> Result<(Known, Vec<u8>), Problem> {
    authorised_within(exchange, request, LIMIT).await
}

async fn authorised_within(exchange: &Exchange, request: Request, limit: usize) -> Result<(Known, Vec<u8>), Problem> {
    let method = request.method().as_str().to_owned();
    let path = request.uri().path().to_owned();
    let header = request
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|v| v.to_str().ok())
        .map(str::to_owned);
    let sent = body::read(request, limit).await?;
    let known = exchange.whose(&method, &path, header.as_deref(), &sent).await?;
    Ok((known, sent.to_vec()))
}

async fn checkpoint(State(exchange): State<Exchange>, request: Request) -> Result<Response, Problem> {
    authorised(&exchange, request).await?;
    let note = exchange.ledger.store().read(ledger::newest_checkpoint).await?;
    let note = note.ok_or_else(Problem::not_found)?;
    let asked = exchange.clone();
    // The disk is asked, and a disk may be slow.
    let condition = tokio::task::spawn_blocking(move || asked.condition()).await;
    let condition = condition.map_err(|error| Problem::internal(&error))?.to_header();
    let kind = (header::CONTENT_TYPE.as_str(), "text/plain; charset=utf-8");
    Ok(([kind, (CONDITION, condition.as_str())], note).into_response())
}

/// `/log/tile/entries/<N>[.p/<W>]` and `/log/tile/<L>/<N>[.p/<W>]`.
async fn tile(
    State(exchange): State<Exchange>,
    Path(path): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    authorised(&exchange, request).await?;
    let (kind, name) = path.split_once('/').ok_or_else(Problem::not_found)?;
    let name = tiles::TileName::parse(name).ok_or_else(Problem::not_found)?;
    let level = match kind {
        "entries" => None,
        digit => Some(digit.parse::<u8>().map_err(|_| Problem::not_found())?),
    };
    let read = move |conn: &_| match level {
        None => tiles::entries(conn, name),
        Some(level) => tiles::hashes(conn, level, name),
    };
    let bytes = exchange
        .ledger
        .store()
        .read(read)
        .await?
        .ok_or_else(Problem::not_found)?;
    Ok(([(header::CONTENT_TYPE, "application/octet-stream")], Bytes::from(bytes)).into_response())
}

/// A picture that a leaf names by its hash: the asker can check that it is the one.
async fn blob(
    State(exchange): State<Exchange>,
    Path(digest): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    authorised(&exchange, request).await?;
    let bytes = exchange.records.blob(&digest).await?.ok_or_else(Problem::not_found)?;
    let headers = [
        (header::CONTENT_TYPE, picture::mime(&bytes)),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    Ok((headers, bytes).into_response())
}

async fn cosign(State(exchange): State<Exchange>, request: Request) -> Result<Response, Problem> {
    let (known, sent) = authorised(&exchange, request).await?;
    let told: CosignIn = serde_json::from_slice(&sent)
        .map_err(|_| Problem::bad_request("会签的内容读不懂。", "The cosignature cannot be read."))?;
    let refused = || Problem::unprocessable("会签和台账对不上。", "The cosignature does not fit the log.");
    let ours = checkpoint_of(&exchange, told.size).await?.ok_or_else(refused)?;
    let time = note::open_cosignature(&ours, &told.line, &known.name, &known.key).map_err(|_| refused())?;
    let (ledger, now) = (exchange.ledger.clone(), exchange.clock.now());
    let seen = What::CheckpointSeen {
        district: known.name,
        size: told.size,
        time,
        cosignature: told.line,
    };
    let kept = ledger
        .store()
        .clone()
        .write(Urgency::Now, move |tx| ledger.keep_cosignature(tx, now, seen))
        .await?;
    kept.map_err(from_ledger)?;
    if let Some(tell) = &*exchange.on_time.lock().unwrap_or_else(PoisonError::into_inner) {
        tell(i64::try_from(time.saturating_mul(1000)).unwrap_or(0));
    }
    Ok(axum::http::StatusCode::NO_CONTENT.into_response())
}

fn from_ledger(error: LedgerError) -> Problem {
    match error {
        LedgerError::Store(error) => error.into(),
        other => Problem::internal(&other),
    }
}

/// Our own checkpoint of that size: recomputed, so that any size that was ever served can be cosigned.
async fn checkpoint_of(exchange: &Exchange, size: u64) -> Result<Option<Checkpoint>, Problem> {
    let origin = exchange.ledger.origin().clone();
    let read = move |conn: &_| {
        if size == 0 || size > ledger::size(conn)? {
            return Ok::<_, StoreError>(None);
        }
        Ok(Some(Checkpoint {
            origin,
            size,
            root: ledger::root_at(conn, size)?,
        }))
    };
    Ok(exchange.ledger.store().read(read).await?)
}

async fn enrol_here(State(exchange): State<Exchange>, request: Request) -> Result<Response, Problem> {
    let sent = body::read(request, LIMIT).await?;
    let wanted: Enrol = serde_json::from_slice(&sent)
        .map_err(|_| Problem::bad_request("登记的内容读不懂。", "The enrolment cannot be read."))?;
    let (ledger, now) = (exchange.ledger.clone(), exchange.clock.now());
    let store = ledger.store().clone();
    let outcome = store
        .write(Urgency::Now, move |tx| enrol::enrol(tx, &ledger, now, &wanted))
        .await?;
    match outcome.map_err(from_ledger)? {
        Some(enrolled) => Ok(axum::Json(enrolled).into_response()),
        None => Err(Problem::forbidden(
            "登记码不对或者过期了，请站点管理员再生成一个。",
            "The enrolment code is wrong or has expired; ask the operator for a new one.",
        )),
    }
}
