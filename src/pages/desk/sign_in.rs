//! The operator's sign-in, and the first passphrase with the one-time code.

use askama::Template;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;

use crate::http::body::Form;
use crate::http::{Problem, cookie};
use crate::look::{Frame, Tab, texts};
use crate::pages::sign_in::{Token, sentence, with_cookie};
use crate::pages::{Pages, Visit, go_to, show};
use crate::roster::OPERATOR_COOKIE;

#[derive(Template)]
#[template(path = "desk_signin.html")]
struct Page {
    f: Frame,
    first: bool,
    error: String,
}

#[derive(Deserialize)]
pub(super) struct SignIn {
    csrf: String,
    passphrase: String,
}

#[derive(Deserialize)]
pub(super) struct First {
    csrf: String,
    code: String,
    passphrase: String,
    repeat: String,
}

fn form(pages: &Pages, visit: &Visit, first: bool, error: String) -> Result<Response, Problem> {
    let t = texts(visit.lang);
    let f = visit.frame(pages, if first { t.first_lead } else { t.operator_lead }, Tab::None);
    show(visit, &Page { f, first, error })
}

/// The station that has no passphrase yet asks for the code at once.
pub(super) async fn page(State(pages): State<Pages>, visit: Visit) -> Result<Response, Problem> {
    let roster = pages.roster.clone();
    let known = tokio::task::spawn_blocking(move || roster.has_operator()).await;
    let known = known.map_err(|error| Problem::internal(&error))??;
    form(&pages, &visit, !known, String::new())
}

pub(super) async fn first(State(pages): State<Pages>, visit: Visit) -> Result<Response, Problem> {
    form(&pages, &visit, true, String::new())
}

pub(super) async fn sign_in(
    State(pages): State<Pages>,
    visit: Visit,
    Form(sent): Form<SignIn>,
) -> Result<Response, Problem> {
    visit.check(&sent.csrf)?;
    match pages.roster.operator_sign_in(&sent.passphrase, visit.peer.ip()).await {
        Ok(token) => Ok(with_cookie(
            go_to("/desk"),
            cookie::set(OPERATOR_COOKIE, &token, cookie::HALF_A_YEAR),
        )),
        Err(error) => {
            let t = texts(visit.lang);
            form(&pages, &visit, false, sentence(error, t, t.wrong_passphrase)?)
        }
    }
}

pub(super) async fn set(
    State(pages): State<Pages>,
    visit: Visit,
    Form(sent): Form<First>,
) -> Result<Response, Problem> {
    visit.check(&sent.csrf)?;
    let t = texts(visit.lang);
    if sent.passphrase != sent.repeat {
        return form(&pages, &visit, true, t.differ.to_owned());
    }
    match pages
        .roster
        .set_passphrase(&sent.code, &sent.passphrase, visit.peer.ip())
        .await
    {
        Ok(token) => Ok(with_cookie(
            go_to("/desk"),
            cookie::set(OPERATOR_COOKIE, &token, cookie::HALF_A_YEAR),
        )),
        Err(error) => form(&pages, &visit, true, sentence(error, t, t.wrong_code)?),
    }
}

pub(super) async fn sign_out(
    State(pages): State<Pages>,
    visit: Visit,
    headers: HeaderMap,
    Form(sent): Form<Token>,
) -> Result<Response, Problem> {
    visit.check(&sent.csrf)?;
    if let Some(token) = cookie::value(&headers, OPERATOR_COOKIE) {
        pages.roster.sign_out(token).await?;
    }
    Ok(with_cookie(go_to("/"), cookie::clear(OPERATOR_COOKIE)))
}
