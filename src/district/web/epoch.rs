//! A station's new epoch: what it means, the signature, and the file for the station. The old log is asked no more and
//! stays counted; the station begins with what was cosigned.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::station::{Of, find};
use super::visit::View;
use super::{Visit, Web, file, go_to, query, show};
use crate::district::DistrictError;
use crate::http::Problem;
use crate::http::body::Form;
use crate::ledger::permit;
use crate::look::{Frame, format};

#[derive(Template)]
#[template(path = "district_epoch.html")]
struct Page {
    v: View,
    f: Frame,
    lead: String,
    name: String,
    township: String,
    origin: String,
    of: String,
    /// What signing does, or what is to be done with what was signed.
    says: Vec<String>,
    /// The district's own fingerprint, which is read out to the operator.
    fingerprint: String,
    signed: bool,
    may_sign: bool,
}

pub(super) async fn page(State(web): State<Web>, visit: Visit, Query(of): Query<Of>) -> Result<Response, Problem> {
    visit.account()?;
    let station = find(&web, of.name()).await?;
    let (district, origin) = (web.district.clone(), station.origin.clone());
    let asked = tokio::task::spawn_blocking(move || district.signed_epoch(&origin)).await;
    let signed = asked.map_err(|error| Problem::internal(&error))??;
    let v = visit.frame(&web, &station.name, "stations");
    let t = visit.t();
    // A log of an epoch that was taken up already may itself have to end.
    let waits = signed.filter(|_| station.size == 0);
    let (lead, says) = match &waits {
        Some(epoch) => (
            format::fill(t.district.epoch_signed_lead, &[&station.name]),
            vec![
                format::fill(
                    t.district.epoch_signed,
                    &[&epoch.next, &epoch.old, &format::thousands(epoch.size)],
                ),
                t.district.epoch_bring.to_owned(),
                t.district.epoch_read.to_owned(),
            ],
        ),
        None if station.size == 0 => (
            format::fill(t.district.epoch_lead, &[&station.name]),
            vec![t.district.epoch_nothing.to_owned()],
        ),
        None => (
            format::fill(t.district.epoch_lead, &[&station.name]),
            vec![
                t.district.epoch_when.to_owned(),
                format::fill(t.district.epoch_does, &[&format::thousands(station.size)]),
                t.district.epoch_last.to_owned(),
            ],
        ),
    };
    show(&Page {
        lead,
        of: query(station.origin.as_str()),
        says,
        fingerprint: web.district.fingerprint(),
        may_sign: waits.is_none() && station.size > 0 && v.signs,
        signed: waits.is_some(),
        name: station.name,
        township: station.township,
        origin: station.origin.to_string(),
        f: v.f.clone(),
        v,
    })
}

#[derive(Debug, Deserialize)]
pub(super) struct Sign {
    csrf: String,
    of: String,
}

pub(super) async fn sign(State(web): State<Web>, visit: Visit, Form(sent): Form<Sign>) -> Result<Response, Problem> {
    let by = visit.signer(&sent.csrf)?;
    let station = find(&web, &sent.of).await?;
    let (district, origin) = (web.district.clone(), station.origin);
    let act = move || district.sign_epoch(&origin, &by);
    let signed = tokio::task::spawn_blocking(act).await;
    match signed.map_err(|error| Problem::internal(&error))? {
        Ok(next) => Ok(go_to(&format!("/station/epoch?of={}", query(next.as_str())))),
        Err(DistrictError::NothingCosigned(_)) => Err(Problem::unprocessable(
            "这个站点还没有会签过任何条目，不用签许可，请重新登记。",
            "Nothing of this station was ever cosigned: enrol it anew, no permit is needed.",
        )),
        Err(DistrictError::Store(error)) => Err(error.into()),
        Err(error) => Err(Problem::internal(&error)),
    }
}

/// The file for the station: the statement and the leaves that were cosigned. It holds member numbers, so it is for those
/// who manage stations.
pub(super) async fn download(State(web): State<Web>, visit: Visit, Query(of): Query<Of>) -> Result<Response, Problem> {
    visit.account()?.manager()?;
    let station = find(&web, of.name()).await?;
    let district = web.district.clone();
    let made = tokio::task::spawn_blocking(move || district.permit(&station.origin)).await;
    let bytes = made.map_err(|error| Problem::internal(&error))??;
    let bytes = bytes.ok_or_else(Problem::not_found)?;
    Ok(file("application/octet-stream", permit::FILE, bytes))
}
