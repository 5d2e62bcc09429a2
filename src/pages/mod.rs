//! HTML for people: the member's pages and the operator's desk, rendered here, working without script except the beats.
//!
//! Each page is a template and a plain structure of ready-to-show values. A request first becomes a [`Visit`]: who asks,
//! in which language, with which form token. Whatever goes wrong is a [`Problem`], which the outermost layer turns into a
//! page or into JSON.

mod begin;
mod checkin;
mod desk;
mod error;
mod home;
mod hours;
mod item;
mod liking;
mod lost;
mod member;
mod notices;
mod person;
mod plan;
mod quiz;
mod receipt;
mod said;
mod screenings;
mod sign_in;
mod tv;
mod visit;
mod voice;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

pub use error::{Voice, speak};
pub use sign_in::sentence as not_let_in;
pub use visit::Visit;

use crate::clock::SharedClock;
use crate::dispatch::{Dispatches, Kind};
use crate::http::Problem;
use crate::intake::Intake;
use crate::ledger::Ledger;
use crate::library::Library;
use crate::look::{self, Station};
use crate::opinions::Opinions;
use crate::prepare::Preparer;
use crate::programme::Programme;
use crate::records::Records;
use crate::report::books::Calendar;
use crate::roster::Roster;
use crate::screening::Screenings;
use crate::types::Millis;
use crate::viewing::Viewing;

/// Districts, as far as the desk shows them.
pub trait Districts: std::fmt::Debug + Send + Sync {
    /// Name and key fingerprint of each enrolled district.
    fn list(&self) -> Result<Vec<(String, String)>, Problem>;
    /// Makes a one-time enrolment code.
    fn make_code(&self) -> Result<String, Problem>;
    /// Takes in what a district put on a stick and writes the log there.
    fn carry(&self, stick: &std::path::Path) -> Result<Carried, Problem>;
}

/// New epochs, as far as the desk may begin one. Everything here may block.
pub trait Epochs: std::fmt::Debug + Send + Sync {
    /// Whose permit a file is, and what it would do here.
    fn look(&self, file: &[u8]) -> Result<Offer, NotBegun>;
    /// The permit that lies on a stick, if one does.
    fn on_stick(&self, stick: &std::path::Path) -> Option<Vec<u8>>;
    /// Keeps the permit and starts the station anew with it. `spoken` is what the operator heard by telephone.
    fn begin(&self, file: &[u8], spoken: &str) -> Result<(), NotBegun>;
    /// Why the permit that was used last began nothing, in the program's own words.
    fn refused(&self) -> Option<String>;
    /// Old databases that were set aside.
    fn aside(&self) -> Vec<Aside>;
}

/// What a permit for a new epoch would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Whose permit it is.
    pub district: String,
    /// The fingerprint of its key.
    pub fingerprint: String,
    /// Whether that district and key are pinned here.
    pub known: bool,
    /// The name of the new log.
    pub next: String,
    /// Leaves that are carried along; none if they are neither here nor in the file.
    pub carried: u64,
    /// Leaves of the present log that the district had not cosigned.
    pub left_behind: u64,
}

/// Why a permit begins nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotBegun {
    /// It is no such file, or not all of it.
    NoPermit,
    /// It is not signed by the district that it names.
    BadSignature,
    /// The leaves in it are not those that it speaks of.
    OtherLeaves,
    /// It is for another box.
    AnotherBox,
    /// Its epoch has begun already.
    AlreadyBegun,
    /// What the operator heard is not the fingerprint of the one who signed it.
    OtherFingerprint,
    /// The disk does not take it.
    Disk,
}

/// An old database that was set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aside {
    /// For a new epoch; else because it was damaged.
    pub was_epoch: bool,
    /// Its folder below the data folder.
    pub name: String,
    /// How large it is.
    pub bytes: u64,
    /// When it was written last, by the wall clock.
    pub since_ms: i64,
}

/// What one tap did with a stick.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carried {
    /// Leaves on the stick.
    pub leaves: u64,
    /// Leaves that the district has cosigned, if that is news.
    pub cosigned: Option<u64>,
    /// What it sent down and is taken.
    pub down: Vec<Kind>,
    /// How many of its records were not taken.
    pub refused: usize,
}

/// What the pages are told about this station.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Name and place.
    pub station: Station,
    /// The media folder.
    pub media: PathBuf,
    /// Addresses under which phones reach the station, the best first.
    pub addresses: Vec<String>,
    /// The Wi-Fi's name and password, for the poster; empty if not configured.
    pub wifi: (String, String),
    /// Beats come this often.
    pub beat_every: Millis,
    /// The folder is swept this often.
    pub sweep: Millis,
    /// A random tag of this run: media addresses carry it, so that bytes are asked for anew after a restart.
    pub run: String,
    /// Whether people without a sign-in may watch.
    pub guests: bool,
}

/// What this room needs. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Pages {
    /// Who there is.
    pub roster: Roster,
    /// What there is.
    pub library: Library,
    /// Sessions and credit.
    pub viewing: Viewing,
    /// Screenings.
    pub screenings: Screenings,
    /// What shall be shown when.
    pub programme: Programme,
    /// What members think of it.
    pub opinions: Opinions,
    /// What happened.
    pub ledger: Ledger,
    /// Time.
    pub clock: SharedClock,
    /// What districts send down.
    pub dispatches: Dispatches,
    /// Districts.
    pub districts: Arc<dyn Districts>,
    /// New epochs.
    pub epochs: Arc<dyn Epochs>,
    /// The permit that is shown just now.
    pub permit: Shown,
    /// About this station.
    pub settings: Arc<Settings>,
    /// Import plans that wait for their confirmation.
    pub plans: Waiting,
    /// What is being prepared.
    pub preparer: Preparer,
    /// How films come in.
    pub intake: Intake,
    /// What people wrote down.
    pub records: Records,
    /// Where in the ledger each month lies.
    pub calendar: Arc<Mutex<Calendar>>,
}

pub use desk::import::Waiting;
pub use desk::ledger::Shown;

impl Pages {
    /// The address of an item's media for a device in this run.
    pub fn media_address(&self, item: &crate::types::ItemId, device: crate::types::DeviceId) -> String {
        format!("/media/{item}?d={device}.{}", self.settings.run)
    }

    /// The routes of this room.
    pub fn routes(self) -> Router {
        Router::new()
            .route("/", get(home::page))
            .route("/items/{item}", get(item::page))
            .route("/me", get(member::page))
            .route("/me/feedback", post(voice::say))
            .route("/me/receipts", get(receipt::list))
            .route("/me/receipts/{index}", get(receipt::one))
            .route("/receipt", get(receipt::check))
            .route("/signin", get(sign_in::page).post(sign_in::sign_in))
            .route("/signout", post(sign_in::sign_out))
            .merge(tv::routes())
            .merge(checkin::routes())
            .merge(quiz::routes())
            .merge(liking::routes())
            .merge(desk::routes())
            .with_state(self)
            .merge(common_routes())
    }
}

/// What pages of any role need: the style sheet and scripts, and the choice of the language.
pub fn common_routes() -> Router {
    Router::new()
        .route("/lang", post(sign_in::choose_language))
        .route("/assets/{tag}/{name}", get(asset))
}

/// Assets carry their content's tag in their address: whatever has it may be kept for ever.
async fn asset(Path((_, name)): Path<(String, String)>) -> Result<Response, Problem> {
    let asset = look::asset(&name).ok_or_else(Problem::not_found)?;
    let headers = [
        (header::CONTENT_TYPE, asset.mime),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    Ok((headers, asset.bytes).into_response())
}

/// Renders a page and lets the visitor keep his device's cookie.
fn show(visit: &Visit, page: &impl askama::Template) -> Result<Response, Problem> {
    let html = page.render().map_err(|error| Problem::internal(&error))?;
    let mut headers = HeaderMap::new();
    headers.insert(
        header::CONTENT_TYPE,
        header::HeaderValue::from_static("text/html; charset=utf-8"),
    );
    if let Some(cookie) = &visit.visitor.set_device {
        headers.append(header::SET_COOKIE, cookie.clone());
    }
    Ok((headers, html).into_response())
}

/// 303 to a path of our own; anything else becomes the home page, so that no form can send a reader elsewhere.
fn go_to(path: &str) -> Response {
    let safe = path.starts_with('/') && !path.starts_with("//") && !path.contains(['\\', '\r', '\n']);
    axum::response::Redirect::to(if safe { path } else { "/" }).into_response()
}
