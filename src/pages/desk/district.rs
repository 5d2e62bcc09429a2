//! The desk's district page: who may pull, when they last did, and a code for a new enrolment.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::down::{Down, down};
use crate::http::Problem;
use crate::http::body::Form;
use crate::ledger;
use crate::look::{Frame, Tab, format, texts};
use crate::pages::sign_in::Token;
use crate::pages::{Pages, Visit, show};
use crate::types::Lang;

struct Line {
    name: String,
    fingerprint: String,
    last: String,
}

#[derive(Template)]
#[template(path = "desk_district.html")]
struct Page {
    f: Frame,
    lead: String,
    origin: String,
    fingerprint: String,
    districts: Vec<Line>,
    code: String,
    sticks: Vec<(String, String)>,
    carried: String,
    down: Down,
}

pub(super) async fn page(State(pages): State<Pages>, visit: Visit) -> Result<Response, Problem> {
    visit.operator()?;
    page_with(&pages, &visit, String::new(), String::new()).await
}

pub(super) async fn make_code(
    State(pages): State<Pages>,
    visit: Visit,
    Form(form): Form<Token>,
) -> Result<Response, Problem> {
    visit.operator()?;
    visit.check(&form.csrf)?;
    let districts = pages.districts.clone();
    let code = tokio::task::spawn_blocking(move || districts.make_code()).await;
    let code = code.map_err(|error| Problem::internal(&error))??;
    page_with(&pages, &visit, code, String::new()).await
}

#[derive(Debug, Deserialize)]
pub(super) struct Stick {
    csrf: String,
    stick: String,
}

/// One tap: the log goes to the stick, and what the district had put there comes in.
pub(super) async fn carry(
    State(pages): State<Pages>,
    visit: Visit,
    Form(sent): Form<Stick>,
) -> Result<Response, Problem> {
    visit.operator()?;
    visit.check(&sent.csrf)?;
    let t = texts(visit.lang);
    let (districts, sticks) = (pages.districts.clone(), pages.intake.sticks.clone());
    let act = move || {
        let plugged = sticks.plugged_in().into_iter().find(|stick| stick.key == sent.stick);
        let gone = || Problem::unprocessable(texts(Lang::Zh).ledger.carry_gone, texts(Lang::En).ledger.carry_gone);
        districts.carry(&plugged.ok_or_else(gone)?.mount)
    };
    let carried = tokio::task::spawn_blocking(act).await;
    let carried = carried.map_err(|error| Problem::internal(&error))??;
    let mut said = format::fill(t.ledger.carry_done, &[&format::thousands(carried.leaves)]);
    if let Some(size) = carried.cosigned {
        said += &format::fill(t.ledger.carry_cosigned, &[&format::thousands(size)]);
    }
    if !carried.down.is_empty() {
        let kinds: Vec<&str> = carried.down.iter().map(|kind| kind.name(t)).collect();
        let separator = if visit.lang == Lang::Zh { "、" } else { ", " };
        said += &format::fill(t.ledger.carry_down, &[&kinds.join(separator)]);
    }
    if carried.refused > 0 {
        said += &format::fill(t.ledger.carry_refused, &[&carried.refused]);
    }
    page_with(&pages, &visit, String::new(), said).await
}

async fn page_with(pages: &Pages, visit: &Visit, code: String, carried: String) -> Result<Response, Problem> {
    let t = texts(visit.lang);
    let districts = pages.districts.clone();
    let sticks = pages.intake.sticks.clone();
    let listed = tokio::task::spawn_blocking(move || districts.list().map(|known| (known, sticks.plugged_in()))).await;
    let (listed, sticks) = listed.map_err(|error| Problem::internal(&error))??;
    let cosigned = pages.ledger.store().read(ledger::last_cosignatures).await?;
    let line = |(name, fingerprint): (String, String)| Line {
        last: cosigned
            .iter()
            .find(|(origin, _, _)| origin.as_str() == name)
            .map_or_else(
                || t.never.to_owned(),
                |(_, size, time)| {
                    let day = format::date(i64::try_from(*time * 1000).unwrap_or(0), visit.lang);
                    format!("{day}, {}", format::thousands(*size))
                },
            ),
        name,
        fingerprint,
    };
    let names: Vec<String> = listed.iter().map(|(name, _)| name.clone()).collect();
    let page = Page {
        lead: match names.as_slice() {
            [] => t.district_lead_none.to_owned(),
            names => format::fill(t.district_lead, &[&names.join(", ")]),
        },
        origin: pages.ledger.origin().to_string(),
        fingerprint: pages.ledger.keys().fingerprint(),
        districts: listed.into_iter().map(line).collect(),
        code,
        sticks: sticks.into_iter().map(|stick| (stick.key, stick.name)).collect(),
        carried,
        down: down(pages, t, visit.lang).await?,
        f: visit.frame(pages, t.tab_district, Tab::District),
    };
    show(visit, &page)
}
