//! Signing in and out, and choosing the language.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, header};
use axum::response::Response;
use serde::Deserialize;

use super::{Pages, Visit, go_to, show};
use crate::http::body::Form;
use crate::http::{Problem, cookie, lang};
use crate::look::{Frame, Tab, Texts, format, texts};
use crate::roster::{MEMBER_COOKIE, SignInError};

#[derive(Template)]
#[template(path = "signin.html")]
struct Page {
    f: Frame,
    error: String,
    member: String,
    back: String,
}

#[derive(Debug, Deserialize, Default)]
pub(super) struct Back {
    back: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct SignIn {
    csrf: String,
    member: String,
    pin: String,
    #[serde(default)]
    back: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Token {
    pub(super) csrf: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Choice {
    lang: String,
    #[serde(default)]
    back: String,
}

pub(super) async fn page(
    State(pages): State<Pages>,
    visit: Visit,
    Query(back): Query<Back>,
) -> Result<Response, Problem> {
    show_form(
        &pages,
        &visit,
        String::new(),
        String::new(),
        back.back.unwrap_or_default(),
    )
}

fn show_form(pages: &Pages, visit: &Visit, error: String, member: String, back: String) -> Result<Response, Problem> {
    let f = visit.frame(pages, texts(visit.lang).sign_in, Tab::None);
    show(visit, &Page { f, error, member, back })
}

pub(super) async fn sign_in(
    State(pages): State<Pages>,
    visit: Visit,
    Form(form): Form<SignIn>,
) -> Result<Response, Problem> {
    visit.check(&form.csrf)?;
    match pages.roster.sign_in(&form.member, &form.pin, visit.peer.ip()).await {
        Ok(token) => {
            let back = if form.back.is_empty() { "/" } else { &form.back };
            let signed_in = cookie::set(MEMBER_COOKIE, &token, cookie::HALF_A_YEAR);
            Ok(visit.swap_copies(&pages, with_cookie(go_to(back), signed_in)).await)
        }
        Err(error) => {
            let said = sentence(error, texts(visit.lang), texts(visit.lang).wrong_pin)?;
            let member = form.member.chars().take(32).collect();
            show_form(&pages, &visit, said, member, form.back)
        }
    }
}

/// What to tell somebody who was not let in. `wrong` is the sentence for a wrong secret.
pub fn sentence(error: SignInError, t: &Texts, wrong: &str) -> Result<String, Problem> {
    Ok(match error {
        SignInError::Wrong { tries_left } => format::fill(wrong, &[&tries_left]),
        SignInError::Paused(left) => format::fill(t.paused, &[&left.as_secs().div_ceil(60)]),
        SignInError::WeakPassphrase => t.weak.to_owned(),
        SignInError::Busy => t.busy_now.to_owned(),
        SignInError::Store(error) => return Err(error.into()),
    })
}

pub(super) fn with_cookie(mut response: Response, cookie: header::HeaderValue) -> Response {
    response.headers_mut().append(header::SET_COOKIE, cookie);
    response
}

pub(super) async fn sign_out(
    State(pages): State<Pages>,
    visit: Visit,
    headers: HeaderMap,
    Form(form): Form<Token>,
) -> Result<Response, Problem> {
    visit.check(&form.csrf)?;
    if let Some(token) = cookie::value(&headers, MEMBER_COOKIE) {
        pages.roster.sign_out(token).await?;
    }
    Ok(with_cookie(go_to("/"), cookie::clear(MEMBER_COOKIE)))
}

/// The language is nobody's secret and harms nobody, so this form needs no token of its own; it only ever leads back here.
pub(super) async fn choose_language(Form(choice): Form<Choice>) -> Result<Response, Problem> {
    let value = if choice.lang == "en" { "en" } else { "zh" };
    let back = if choice.back.is_empty() { "/" } else { &choice.back };
    Ok(with_cookie(
        go_to(back),
        cookie::set(lang::COOKIE, value, cookie::HALF_A_YEAR),
    ))
}
