//! The district's pages: what needs somebody, one square per station, the annual report, every figure down to its leaves.
//!
//! Plain HTML as at the station, in the same look. A request becomes a [`Visit`]: which account, in which language, with
//! which form token. Whoever is not signed in is sent to the sign-in; what the account may not do is refused by the object
//! that it cannot get.

mod accounts;
mod alarms;
mod annual;
mod branches;
mod dashboard;
mod down;
mod drill;
mod epoch;
mod figures;
mod reports;
mod rulings;
mod sentences;
mod sign_in;
mod station;
mod stations;
mod visit;

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};

pub use down::Drafts;
pub use figures::Cache;
pub use visit::Visit;

use super::District;
use crate::config::Classes;
use crate::credit::{Policies, Policy};
use crate::http::Problem;
use crate::look;
use crate::pages::Voice;
use crate::report::annual::{Asked, BranchKind, Period};

/// What the pages are told about this district.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Its name, and whose office it is.
    pub office: look::Station,
    /// The policy of its reports.
    pub policy: Policy,
    /// Classes of items behind two blanks.
    pub classes: Classes,
}

impl Settings {
    /// What reports of a period are asked by.
    fn asked<'a>(
        &'a self,
        period: Period,
        policies: &'a Policies,
        kinds: &'a BTreeMap<(String, String), BranchKind>,
    ) -> Asked<'a> {
        Asked {
            period,
            policies,
            skill: &self.classes.skill,
            local: &self.classes.local,
            kinds,
        }
    }
}

/// What this room needs. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Web {
    /// The books.
    pub district: District,
    /// About this district.
    pub settings: Arc<Settings>,
    /// Figures that were made lately.
    pub cache: Cache,
    /// What waits for a signature before it goes down.
    pub drafts: Drafts,
}

impl Web {
    /// Pages over these books.
    pub fn new(district: District, settings: Settings) -> Self {
        Self {
            district,
            settings: Arc::new(settings),
            cache: Cache::default(),
            drafts: Drafts::default(),
        }
    }

    /// How the district speaks of what went wrong: every page of it is guarded.
    pub fn voice(&self) -> Voice {
        Voice {
            station: self.settings.office.clone(),
            guarded: "/",
            sign_in: "/signin",
            page: sign_in::error_page,
        }
    }

    /// The routes of the district.
    pub fn routes(self) -> Router {
        Router::new()
            .route("/", get(dashboard::page))
            .route("/stations", get(stations::page).post(stations::enrol))
            .route("/station", get(station::page).post(station::act))
            .route("/station/rulings", get(rulings::page).post(rulings::act))
            .route("/station/epoch", get(epoch::page).post(epoch::sign))
            .route("/station/epoch/permit", get(epoch::download))
            .route("/leaves", get(drill::leaves))
            .route("/photo/{digest}", get(drill::photo))
            .route("/alerts", get(alarms::page).post(alarms::acknowledge))
            .route("/annual", get(annual::page).post(annual::type_in))
            .route("/annual/print", get(annual::print))
            .route("/reports", get(reports::index))
            .route("/reports/{name}", get(reports::page))
            .route("/annual/sessions", get(drill::sessions))
            .route("/annual/sessions.csv", get(drill::as_csv))
            .route("/annual/sessions.xlsx", get(drill::as_workbook))
            .route("/annual/branches", get(branches::page).post(branches::save))
            .route(
                "/down",
                get(down::page)
                    .post(down::check)
                    .layer(DefaultBodyLimit::max(FORM_LIMIT)),
            )
            .route("/down/send", post(down::send))
            .route("/down/notice", post(down::notice))
            .route("/accounts", get(accounts::page).post(accounts::save))
            .route("/signin", get(sign_in::page).post(sign_in::sign_in))
            .route("/signout", post(sign_in::sign_out))
            .with_state(self)
            .merge(crate::pages::common_routes())
    }
}

/// A sheet that is edited and one that is uploaded, two MiB each, and the fields beside.
const FORM_LIMIT: usize = 5 << 20;

/// Renders a page.
fn show(page: &impl askama::Template) -> Result<Response, Problem> {
    let html = page.render().map_err(|error| Problem::internal(&error))?;
    Ok(([(header::CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response())
}

/// A file to save.
fn file(kind: &'static str, name: &str, bytes: Vec<u8>) -> Response {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static(kind));
    if let Ok(value) = header::HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    (headers, bytes).into_response()
}

/// 303 to a page of ours.
fn go_to(path: &str) -> Response {
    Redirect::to(path).into_response()
}

/// A value in an address.
fn query(text: &str) -> String {
    let plain = |b: &u8| b.is_ascii_alphanumeric() || b"-_.~".contains(b);
    text.bytes().fold(String::new(), |mut out, b| {
        if plain(&b) {
            out.push(char::from(b));
        } else {
            out.push('%');
            out.push_str(&data_encoding::HEXUPPER.encode(&[b]));
        }
        out
    })
}
