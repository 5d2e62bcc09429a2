//! Checking in 签到 at a screening, and answering its checks: one tap for who is signed in, name or number and PIN for who
//! is not, number and home for who belongs elsewhere. Only from the station's own network.

mod after;
mod visiting;

use askama::Template;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use super::person::{Person, person};
use super::{Pages, Visit, show, sign_in};
use crate::http::body::Form;
use crate::http::{Problem, cookie, is_near};
use crate::look::{Frame, Tab, Texts, format, texts};
use crate::roster::MEMBER_COOKIE;
use crate::screening::{CheckedIn, ScreeningError};
use crate::types::Millis;
pub(super) use after::attended;
pub(super) use visiting::{Stated, as_listed};

pub(super) fn routes() -> Router<Pages> {
    Router::new()
        .route("/checkin", get(page).post(check_in))
        .route("/checkin/{code}", get(page_with_code))
        .route("/checkin/out", post(after::out))
        .route("/checkin/rate", post(after::rate))
        .route("/evening/{screening}", get(after::page))
}

#[derive(Template)]
#[template(path = "checkin.html")]
struct Page {
    f: Frame,
    error: String,
    code: String,
    who: String,
    member: String,
    /// He is known: a member who is signed in, or a visitor by his phone.
    is_known: bool,
    /// The fields for who belongs elsewhere are open.
    is_visitor: bool,
    stated: Stated,
}

#[derive(Template)]
#[template(path = "checkin_done.html")]
struct Done {
    f: Frame,
    lead: &'static str,
    sentence: String,
    more: String,
    ask_again: bool,
    /// What comes after the film: stars and questions.
    after: String,
}

#[derive(Deserialize)]
struct Asked {
    #[serde(default)]
    again: bool,
}

#[derive(Deserialize)]
pub(super) struct Sent {
    csrf: String,
    code: String,
    #[serde(default)]
    member: String,
    #[serde(default)]
    pin: String,
    #[serde(default, flatten)]
    stated: Stated,
}

/// What the form shows again.
#[derive(Default)]
struct Filled {
    error: String,
    code: String,
    member: String,
    stated: Stated,
}

async fn page(State(pages): State<Pages>, visit: Visit) -> Result<Response, Problem> {
    form(&pages, &visit, Filled::default()).await
}

async fn page_with_code(
    State(pages): State<Pages>,
    visit: Visit,
    Path(code): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let code: String = code.chars().filter(char::is_ascii_digit).take(6).collect();
    if let (Some(cookie), false) = (&visit.visitor.set_device, asked.again) {
        // A fresh phone gets its cookie first: what it scanned is remembered under that.
        let mut response = super::go_to(&format!("/checkin/{code}?again=true"));
        response.headers_mut().append(header::SET_COOKIE, cookie.clone());
        return Ok(response);
    }
    // A code that is out of date is shown all the same: the answer to sending it says so.
    if is_near(visit.peer.ip()) {
        pages.screenings.scanned(&code, visit.visitor.device).await?;
    }
    let filled = Filled {
        code,
        ..Filled::default()
    };
    form(&pages, &visit, filled).await
}

async fn form(pages: &Pages, visit: &Visit, filled: Filled) -> Result<Response, Problem> {
    let t = texts(visit.lang);
    let who = person(pages, visit).await?;
    let page = Page {
        who: who.as_ref().map_or_else(String::new, |person| {
            let sentence = if filled.code.is_empty() {
                t.checkin.who_code
            } else {
                t.checkin.who
            };
            format::fill(sentence, &[&person.name])
        }),
        is_known: who.is_some(),
        is_visitor: filled.stated.is_meant(),
        error: filled.error,
        code: filled.code,
        member: filled.member,
        stated: filled.stated,
        f: visit.frame(pages, t.checkin.title, Tab::None),
    };
    show(visit, &page)
}

/// The sentence for a phone that is not in the station's network.
fn outside(pages: &Pages, t: &Texts) -> String {
    match pages.settings.wifi.0.as_str() {
        "" => t.checkin.outside.to_owned(),
        name => format::fill(t.checkin.outside_wifi, &[&name]),
    }
}

async fn check_in(State(pages): State<Pages>, visit: Visit, Form(sent): Form<Sent>) -> Result<Response, Problem> {
    visit.check(&sent.csrf)?;
    let t = texts(visit.lang);
    let again = |error: String| {
        let filled = Filled {
            error,
            code: sent.code.chars().take(12).collect(),
            member: sent.member.chars().take(32).collect(),
            stated: sent.stated.cut(),
        };
        form(&pages, &visit, filled)
    };
    if !is_near(visit.peer.ip()) {
        return again(outside(&pages, t)).await;
    }
    let (visit, person, token) = match recognise(&pages, &visit, &sent, t).await? {
        Ok(known) => known,
        Err(sentence) => return again(sentence).await,
    };
    let who = (person.id.clone(), person.home.clone());
    let outcome = pages
        .screenings
        .check_in(&sent.code, who, visit.visitor.device, visit.peer.ip())
        .await;
    let response = match outcome {
        Ok(outcome) => done(&pages, &visit, &person, outcome).await,
        Err(error) => {
            let filled = Filled {
                error: sentence(&pages, error, t).await?,
                ..Filled::default()
            };
            form(&pages, &visit, filled).await
        }
    };
    Ok(with_sign_in(response?, token))
}

/// Who signs in while checking in stays signed in.
fn with_sign_in(mut response: Response, token: Option<String>) -> Response {
    if let Some(token) = token {
        let cookie = cookie::set(MEMBER_COOKIE, &token, cookie::HALF_A_YEAR);
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response.into_response()
}

/// Who is known already, who says where he belongs, or who says by number (or by a name that only one has) and PIN that he
/// is a member. A visit of somebody just signed in carries the form token that his next form must have.
async fn recognise(
    pages: &Pages,
    visit: &Visit,
    sent: &Sent,
    t: &Texts,
) -> Result<Result<(Visit, Person, Option<String>), String>, Problem> {
    if let Some(person) = person(pages, visit).await? {
        return Ok(Ok((visit.clone(), person, None)));
    }
    if sent.stated.is_meant() {
        let stated = visiting::take(pages, visit, &sent.stated, t).await?;
        return Ok(stated.map(|person| (visit.clone(), person, None)));
    }
    let typed = sent.member.trim();
    let members = pages.roster.members().await?;
    let namesakes: Vec<_> = members.iter().filter(|member| member.name == typed).collect();
    let number = match namesakes.as_slice() {
        [] => typed.to_owned(),
        [only] => only.id.to_string(),
        several => return Ok(Err(format::fill(t.checkin.namesakes, &[&several.len(), &typed]))),
    };
    let token = match pages.roster.sign_in(&number, &sent.pin, visit.peer.ip()).await {
        Ok(token) => token,
        Err(error) => return Ok(Err(sign_in::sentence(error, t, t.wrong_pin)?)),
    };
    let value = header::HeaderValue::from_str(&format!("{MEMBER_COOKIE}={token}"));
    let headers = HeaderMap::from_iter([(header::COOKIE, value.map_err(|error| Problem::internal(&error))?)]);
    let mut visitor = pages.roster.visitor(&headers, visit.peer.ip()).await?;
    (visitor.device, visitor.set_device) = (visit.visitor.device, visit.visitor.set_device.clone());
    let visit = visit.as_visitor(visitor);
    let person = person(pages, &visit).await?.ok_or_else(Problem::busy)?;
    Ok(Ok((visit, person, Some(token))))
}

async fn done(pages: &Pages, visit: &Visit, who: &Person, outcome: CheckedIn) -> Result<Response, Problem> {
    let f = visit.frame(pages, texts(visit.lang).checkin.title, Tab::None);
    let t = f.t;
    let time = format::time(pages.clock.now().wall_ms);
    let (lead, sentence, more) = match outcome {
        CheckedIn::Welcome { nth, is_late } => (
            t.checkin.welcome,
            format::fill(t.checkin.nth, &[&who.name, &time, &nth]),
            if is_late { t.checkin.late } else { "" },
        ),
        CheckedIn::Confirmed { at_the_end: false } => (
            t.checkin.confirmed,
            format::fill(t.checkin.confirmed_p, &[&who.name]),
            "",
        ),
        CheckedIn::Confirmed { at_the_end: true } => (
            t.checkin.confirmed,
            format::fill(t.checkin.confirmed_end, &[&who.name]),
            "",
        ),
        CheckedIn::Already => (t.checkin.already, format::fill(t.checkin.already_p, &[&who.name]), ""),
    };
    let at_the_end = outcome == CheckedIn::Confirmed { at_the_end: true };
    let evening = pages.screenings.where_is(who.id.clone()).await?.filter(|_| at_the_end);
    let page = Done {
        after: evening.map_or_else(String::new, |id| format!("/evening/{id}")),
        lead,
        sentence,
        more: more.to_owned(),
        ask_again: !at_the_end,
        f,
    };
    show(visit, &page)
}

/// Why a check-in was not taken, in the reader's words; what the reader cannot mend is a problem of the station.
async fn sentence(pages: &Pages, error: ScreeningError, t: &Texts) -> Result<String, Problem> {
    let step = pages.viewing.policy().checks.code_step;
    Ok(match error {
        ScreeningError::WrongCode | ScreeningError::Over => format::fill(t.checkin.wrong, &[&step.as_secs()]),
        ScreeningError::Paused(left) => {
            let left = left.plus(Millis(999)).as_secs();
            format::fill(t.checkin.paused, &[&left])
        }
        ScreeningError::OnePhone(other) => {
            let name = visiting::name_of(pages, &other).await?;
            format::fill(t.checkin.one_phone, &[&name])
        }
        other => return Err(other.into()),
    })
}
