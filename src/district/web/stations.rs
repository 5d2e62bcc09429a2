//! All stations in a table, and the enrolment of another one.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::visit::View;
use super::{Visit, Web, go_to, query, sentences, show};
use crate::district::{DistrictError, Place, Watched};
use crate::http::Problem;
use crate::http::body::Form;
use crate::look::{Frame, Texts, format};

struct Line {
    town: String,
    name: String,
    link: String,
    leaves: String,
    heard: String,
    state: &'static str,
    says: String,
}

#[derive(Template)]
#[template(path = "district_stations.html")]
struct Page {
    v: View,
    f: Frame,
    lead: String,
    lines: Vec<Line>,
    fingerprint: String,
    origin: String,
    error: String,
    url: String,
    name: String,
    town: String,
}

#[derive(Deserialize, Default)]
pub(super) struct Enrol {
    csrf: String,
    url: String,
    code: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    town: String,
}

/// A moment as people say it; a dash while there was none.
pub(super) fn moment(seconds: u64, visit: &Visit) -> String {
    if seconds == 0 {
        return "–".to_owned();
    }
    let ms = i64::try_from(seconds.saturating_mul(1000)).unwrap_or(0);
    format!("{} {}", format::date(ms, visit.lang), format::time(ms))
}

/// The class of the mark and the sentence beside it.
pub(super) fn state(station: &Watched, now: u64, t: &Texts) -> (&'static str, String) {
    match station.fault {
        Some(fault) => ("tag-you", sentences::of_fault(fault, t).to_owned()),
        None if station.contact_s == 0 => ("", t.district.never_heard.to_owned()),
        None if station.silent_for(now) > 2 * 86_400 => (
            "",
            format::fill(t.district.heard_days, &[&(station.silent_for(now) / 86_400)]),
        ),
        None => ("tag-ok", t.district.fine.to_owned()),
    }
}

pub(super) async fn page(State(web): State<Web>, visit: Visit) -> Result<Response, Problem> {
    visit.account()?;
    page_with(&web, &visit, Enrol::default(), String::new()).await
}

async fn page_with(web: &Web, visit: &Visit, sent: Enrol, error: String) -> Result<Response, Problem> {
    let (t, now) = (visit.t(), web.district.now_s());
    let stations = web.district.watched().await?;
    let line = |station: &Watched| {
        let (mark, says) = state(station, now, t);
        Line {
            town: station.township.clone(),
            name: station.name.clone(),
            link: format!("/station?of={}", query(station.origin.as_str())),
            leaves: format::thousands(station.size),
            heard: moment(station.contact_s, visit),
            state: mark,
            says,
        }
    };
    let failing = stations.iter().filter(|station| station.fault.is_some()).count();
    let v = visit.frame(web, t.district.tab_stations, "stations");
    show(&Page {
        lead: match (stations.len(), failing) {
            (0, _) => t.district.lead_none.to_owned(),
            (all, 0) => format::fill(t.district.stations_fine, &[&all]),
            (all, failing) => format::fill(t.district.stations_lead, &[&all, &failing]),
        },
        lines: stations.iter().map(line).collect(),
        fingerprint: web.district.fingerprint(),
        origin: web.district.origin().to_string(),
        error,
        url: sent.url,
        name: sent.name,
        town: sent.town,
        f: v.f.clone(),
        v,
    })
}

/// What to tell who wanted to enrol a station.
fn sentence(error: DistrictError, t: &Texts) -> Result<String, Problem> {
    Ok(match error {
        DistrictError::Impostor => t.district.enrol_impostor.to_owned(),
        DistrictError::OtherKey(_) => t.district.enrol_other_key.to_owned(),
        DistrictError::Client(ref client) => match client {
            crate::district::ClientError::Refused { status, .. } if status.as_u16() == 403 => {
                t.district.enrol_code_wrong.to_owned()
            }
            crate::district::ClientError::BadAddress(_) => t.district.enrol_address.to_owned(),
            _ => sentences::of_fault(error.fault(), t).to_owned(),
        },
        other => return Err(Problem::internal(&other)),
    })
}

pub(super) async fn enrol(State(web): State<Web>, visit: Visit, Form(sent): Form<Enrol>) -> Result<Response, Problem> {
    let by = visit.manager(&sent.csrf)?;
    let url = address(&sent.url);
    match web.district.enrol(&url, &sent.code).await {
        Ok(station) => {
            let place = Place {
                name: super::station::line(&sent.name),
                township: super::station::line(&sent.town),
                remark: String::new(),
            };
            web.district.audit(&by, "enrol", station.origin.as_str(), &url).await?;
            web.district.set_place(&station.origin, place, &by).await?;
            Ok(go_to(&format!("/station?of={}", query(station.origin.as_str()))))
        }
        Err(error) => {
            let said = sentence(error, visit.t())?;
            page_with(&web, &visit, sent, said).await
        }
    }
}

/// People type an address as they see it on the station's poster, with or without `http://`.
fn address(typed: &str) -> String {
    let typed = typed.trim().trim_end_matches('/');
    if typed.contains("://") {
        typed.to_owned()
    } else {
        format!("http://{typed}")
    }
}
