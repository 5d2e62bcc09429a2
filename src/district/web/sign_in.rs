//! Signing in to an account, and out.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::Response;
use serde::Deserialize;

use super::visit::{COOKIE, View};
use super::{Visit, Web, go_to, show};
use crate::district::accounts::SIGN_IN_S;
use crate::http::body::Form;
use crate::http::{Problem, cookie};
use crate::look::Frame;

#[derive(Template)]
#[template(path = "district_signin.html")]
struct Page {
    v: View,
    f: Frame,
    error: String,
    nobody: bool,
}

#[derive(Template)]
#[template(path = "district_error.html")]
struct Trouble {
    v: View,
    f: Frame,
    sentence: String,
    line: String,
}

/// The page of what went wrong.
pub(super) fn error_page(f: Frame, sentence: String, line: String) -> String {
    let page = Trouble {
        v: View::of_nobody(f.clone()),
        f,
        sentence,
        line,
    };
    page.render().unwrap_or_default()
}

#[derive(Deserialize)]
pub(super) struct SignIn {
    csrf: String,
    account: String,
    passphrase: String,
}

#[derive(Deserialize)]
pub(super) struct Token {
    csrf: String,
}

async fn form(web: &Web, visit: &Visit, error: String) -> Result<Response, Problem> {
    let nobody = web.district.accounts.list().await?.is_empty();
    let v = visit.frame(web, visit.t().sign_in, "");
    let f = v.f.clone();
    show(&Page { v, f, error, nobody })
}

pub(super) async fn page(State(web): State<Web>, visit: Visit) -> Result<Response, Problem> {
    form(&web, &visit, String::new()).await
}

pub(super) async fn sign_in(
    State(web): State<Web>,
    visit: Visit,
    Form(sent): Form<SignIn>,
) -> Result<Response, Problem> {
    visit.check(&sent.csrf)?;
    let from = visit.peer.ip();
    match web
        .district
        .accounts
        .sign_in(&sent.account, &sent.passphrase, from)
        .await
    {
        Ok(token) => {
            let mut response = go_to("/");
            response
                .headers_mut()
                .append(header::SET_COOKIE, cookie::set(COOKIE, &token, SIGN_IN_S));
            Ok(response)
        }
        Err(error) => {
            let t = visit.t();
            form(&web, &visit, crate::pages::not_let_in(error, t, t.district.wrong)?).await
        }
    }
}

pub(super) async fn sign_out(
    State(web): State<Web>,
    visit: Visit,
    headers: HeaderMap,
    Form(sent): Form<Token>,
) -> Result<Response, Problem> {
    visit.check(&sent.csrf)?;
    if let Some(token) = cookie::value(&headers, COOKIE) {
        web.district.accounts.sign_out(token).await?;
    }
    let mut response = go_to("/signin");
    response.headers_mut().append(header::SET_COOKIE, cookie::clear(COOKIE));
    Ok(response)
}
