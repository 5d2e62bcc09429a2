//! Accounts, and what was done with them.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::stations::moment;
use super::visit::View;
use super::{Visit, Web, go_to, show};
use crate::district::{Account, AccountError, Audited, Role};
use crate::http::Problem;
use crate::http::body::Form;
use crate::look::{Frame, Texts, format};

struct Line {
    name: String,
    role: &'static str,
    closed: bool,
    me: bool,
}

struct Done {
    when: String,
    who: String,
    what: String,
}

#[derive(Template)]
#[template(path = "district_accounts.html")]
struct Page {
    v: View,
    f: Frame,
    lead: String,
    lines: Vec<Line>,
    roles: Vec<(&'static str, &'static str)>,
    done: Vec<Done>,
    error: String,
    name: String,
}

fn role_word(role: Role, t: &Texts) -> &'static str {
    match role {
        Role::See => t.district.role_see,
        Role::Manage => t.district.role_manage,
        Role::Sign => t.district.role_sign,
    }
}

fn what(line: &Audited, t: &Texts) -> String {
    let sentence = match line.act.as_str() {
        "sign_in" => t.district.did_sign_in,
        "account" => t.district.did_account,
        "enrol" => t.district.did_enrol,
        "acknowledge" => t.district.did_acknowledge,
        "place" => t.district.did_place,
        "typed_in" => t.district.did_type,
        "branch" => t.district.did_branch,
        "import" => t.district.did_import,
        "epoch" => t.district.did_epoch,
        "ruling_asked" => t.rulings.did_ask,
        "ruling_signed" => t.rulings.did_sign,
        "ruling_dropped" => t.rulings.did_drop,
        _ => "{0} {1}",
    };
    format::fill(sentence, &[&line.about, &line.detail])
}

pub(super) async fn page(State(web): State<Web>, visit: Visit) -> Result<Response, Problem> {
    page_with(&web, &visit, String::new(), String::new()).await
}

async fn page_with(web: &Web, visit: &Visit, name: String, error: String) -> Result<Response, Problem> {
    let me = visit.account()?;
    me.signer()?;
    let t = visit.t();
    let accounts = web.district.accounts().list().await?;
    let line = |account: &Account| Line {
        me: account.name == me.name,
        name: account.name.clone(),
        role: role_word(account.role, t),
        closed: account.closed,
    };
    let done = |line: &Audited| Done {
        when: moment(u64::try_from(line.at_s).unwrap_or(0), visit),
        who: line.who.clone(),
        what: what(line, t),
    };
    let audited = web.district.accounts().audited().await?;
    let v = visit.frame(web, t.district.tab_accounts, "accounts");
    show(&Page {
        lead: format::fill(
            t.district.accounts_lead,
            &[&accounts.iter().filter(|account| !account.closed).count()],
        ),
        lines: accounts.iter().map(line).collect(),
        roles: Role::ALL.map(|role| (role.word(), role_word(role, t))).into(),
        done: audited.iter().map(done).collect(),
        error,
        name,
        f: v.f.clone(),
        v,
    })
}

#[derive(Deserialize)]
pub(super) struct Save {
    csrf: String,
    act: String,
    name: String,
    #[serde(default)]
    role: String,
    #[serde(default)]
    passphrase: String,
}

pub(super) async fn save(State(web): State<Web>, visit: Visit, Form(sent): Form<Save>) -> Result<Response, Problem> {
    let by = visit.signer(&sent.csrf)?;
    let accounts = web.district.accounts();
    let outcome = match sent.act.as_str() {
        "set" => {
            let role = Role::read(&sent.role).ok_or_else(Problem::not_found)?;
            accounts.set(&sent.name, role, &sent.passphrase, &by).await
        }
        "close" => accounts.close(&sent.name, &by).await,
        _ => return Err(Problem::not_found()),
    };
    let t = visit.t();
    let said = match outcome {
        Ok(()) => return Ok(go_to("/accounts")),
        Err(AccountError::Store(error)) => return Err(error.into()),
        Err(AccountError::BadName) => t.district.bad_name,
        Err(AccountError::WeakPassphrase) => t.weak,
        Err(AccountError::LastSigner) => t.district.last_signer,
    };
    page_with(&web, &visit, sent.name.chars().take(40).collect(), said.to_owned()).await
}
