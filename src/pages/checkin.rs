//! Checking in 签到 at a screening, and answering its checks: one tap for who is signed in, name or number and PIN for who
//! is not. Only from the station's own network.

use std::net::IpAddr;

use askama::Template;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;

use super::{Pages, Visit, show, sign_in};
use crate::http::body::Form;
use crate::http::{Problem, cookie};
use crate::look::{Frame, Tab, Texts, format, texts};
use crate::roster::{MEMBER_COOKIE, Member};
use crate::screening::{CheckedIn, ScreeningError};
use crate::types::Millis;

pub(super) fn routes() -> Router<Pages> {
    Router::new()
        .route("/checkin", get(page).post(check_in))
        .route("/checkin/{code}", get(page_with_code))
}

#[derive(Template)]
#[template(path = "checkin.html")]
struct Page {
    f: Frame,
    error: String,
    code: String,
    who: String,
    member: String,
}

#[derive(Template)]
#[template(path = "checkin_done.html")]
struct Done {
    f: Frame,
    lead: &'static str,
    sentence: String,
    more: String,
    ask_again: bool,
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
}

async fn page(State(pages): State<Pages>, visit: Visit) -> Result<Response, Problem> {
    form(&pages, &visit, String::new(), String::new(), String::new())
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
    form(&pages, &visit, String::new(), code, String::new())
}

fn form(pages: &Pages, visit: &Visit, error: String, code: String, member: String) -> Result<Response, Problem> {
    let t = texts(visit.lang);
    let who = visit.visitor.member.as_ref();
    let page = Page {
        who: who.map_or_else(String::new, |member| {
            let sentence = if code.is_empty() {
                t.checkin_who_code
            } else {
                t.checkin_who
            };
            format::fill(sentence, &[&member.name])
        }),
        error,
        code,
        member,
        f: visit.frame(pages, t.checkin, Tab::None),
    };
    show(visit, &page)
}

async fn check_in(State(pages): State<Pages>, visit: Visit, Form(sent): Form<Sent>) -> Result<Response, Problem> {
    visit.check(&sent.csrf)?;
    let t = texts(visit.lang);
    let code: String = sent.code.chars().take(12).collect();
    let again = |error: String, code: String, sent: &Sent| {
        let member = sent.member.chars().take(32).collect();
        form(&pages, &visit, error, code, member)
    };
    if !is_near(visit.peer.ip()) {
        return again(t.checkin_outside.to_owned(), code, &sent);
    }
    let (visit, token) = match recognise(&pages, &visit, &sent, t).await? {
        Ok(known) => known,
        Err(sentence) => return again(sentence, code, &sent),
    };
    let Some(who) = visit.visitor.member.clone() else {
        return Err(Problem::busy());
    };
    let device = visit.visitor.device;
    let outcome = pages
        .screenings
        .check_in(&code, who.id.clone(), device, visit.peer.ip())
        .await;
    let response = match outcome {
        Ok(outcome) => done(&pages, &visit, &who, outcome),
        Err(error) => {
            let sentence = sentence(&pages, error, t).await?;
            form(&pages, &visit, sentence, String::new(), String::new())
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

/// The station's own network, and nothing that came through a router from the world outside.
fn is_near(from: IpAddr) -> bool {
    match from {
        IpAddr::V4(v4) => v4.is_private() || v4.is_loopback() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

/// The member who is signed in, or who says by number (or by a name that only one has) and PIN that he is. A visit of
/// somebody just signed in carries the form token that his next form must have.
async fn recognise(
    pages: &Pages,
    visit: &Visit,
    sent: &Sent,
    t: &Texts,
) -> Result<Result<(Visit, Option<String>), String>, Problem> {
    if visit.visitor.member.is_some() {
        return Ok(Ok((visit.clone(), None)));
    }
    let typed = sent.member.trim();
    let members = pages.roster.members().await?;
    let mut namesakes = members.iter().filter(|member| member.name == typed);
    let number = match (namesakes.next(), namesakes.next()) {
        (Some(only), None) => only.id.to_string(),
        _ => typed.to_owned(),
    };
    let token = match pages.roster.sign_in(&number, &sent.pin, visit.peer.ip()).await {
        Ok(token) => token,
        Err(error) => return Ok(Err(sign_in::sentence(error, t, t.wrong_pin)?)),
    };
    let value = header::HeaderValue::from_str(&format!("{MEMBER_COOKIE}={token}"));
    let headers = HeaderMap::from_iter([(header::COOKIE, value.map_err(|error| Problem::internal(&error))?)]);
    let mut visitor = pages.roster.visitor(&headers, visit.peer.ip()).await?;
    (visitor.device, visitor.set_device) = (visit.visitor.device, visit.visitor.set_device.clone());
    Ok(Ok((visit.as_visitor(visitor), Some(token))))
}

fn done(pages: &Pages, visit: &Visit, who: &Member, outcome: CheckedIn) -> Result<Response, Problem> {
    let f = visit.frame(pages, texts(visit.lang).checkin, Tab::None);
    let t = f.t;
    let time = format::time(pages.clock.now().wall_ms);
    let (lead, sentence, more) = match outcome {
        CheckedIn::Welcome { nth, is_late } => (
            t.checkin_welcome,
            format::fill(t.checkin_nth, &[&who.name, &time, &nth]),
            if is_late { t.checkin_late } else { "" },
        ),
        CheckedIn::Confirmed { at_the_end: false } => (
            t.checkin_confirmed,
            format::fill(t.checkin_confirmed_p, &[&who.name]),
            "",
        ),
        CheckedIn::Confirmed { at_the_end: true } => (
            t.checkin_confirmed,
            format::fill(t.checkin_confirmed_end, &[&who.name]),
            "",
        ),
        CheckedIn::Already => (t.checkin_already, format::fill(t.checkin_already_p, &[&who.name]), ""),
    };
    let page = Done {
        lead,
        sentence,
        more: more.to_owned(),
        ask_again: outcome != CheckedIn::Confirmed { at_the_end: true },
        f,
    };
    show(visit, &page)
}

/// Why a check-in was not taken, in the reader's words; what the reader cannot mend is a problem of the station.
async fn sentence(pages: &Pages, error: ScreeningError, t: &Texts) -> Result<String, Problem> {
    let step = pages.viewing.policy().checks.code_step;
    Ok(match error {
        ScreeningError::WrongCode | ScreeningError::Over => format::fill(t.checkin_wrong, &[&step.as_secs()]),
        ScreeningError::Paused(left) => {
            let left = left.plus(Millis(999)).as_secs();
            format::fill(t.checkin_paused, &[&left])
        }
        ScreeningError::OnePhone(other) => {
            let member = pages.roster.member(other.clone()).await?;
            let name = member.map_or_else(|| other.to_string(), |member| member.name);
            format::fill(t.checkin_one_phone, &[&name])
        }
        other => return Err(other.into()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_stations_own_network_checks_in() {
        let near = [
            "192.168.8.20",
            "10.0.0.7",
            "172.16.3.4",
            "169.254.1.1",
            "127.0.0.1",
            "fd00::1",
            "fe80::1",
            "::1",
        ];
        let far = ["8.8.8.8", "114.114.114.114", "172.32.0.1", "2001:db8::1"];
        assert!(near.iter().all(|ip| is_near(ip.parse().unwrap())));
        assert!(!far.iter().any(|ip| is_near(ip.parse().unwrap())));
    }
}
