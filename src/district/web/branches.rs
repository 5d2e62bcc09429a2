//! What branches are: supposed by their names, said by a person. Three rows of the annual report hang on it.

use std::collections::{BTreeMap, HashMap};

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::dashboard::name_of;
use super::visit::View;
use super::{Visit, Web, go_to, show};
use crate::http::Problem;
use crate::http::body::Form;
use crate::look::{Frame, Texts, format};
use crate::report::annual::{BranchKind, kind_of};
use crate::types::BranchId;

struct Line {
    field: String,
    station: String,
    branch: String,
    members: usize,
    said: bool,
    options: Vec<(&'static str, &'static str, bool)>,
}

#[derive(Template)]
#[template(path = "district_branches.html")]
struct Page {
    v: View,
    f: Frame,
    lead: String,
    lines: Vec<Line>,
}

fn kind_word(kind: BranchKind, t: &Texts) -> &'static str {
    match kind {
        BranchKind::Rural => t.district.kind_rural,
        BranchKind::Office => t.district.kind_office,
        BranchKind::Private => t.district.kind_private,
        BranchKind::Other => t.district.kind_other,
    }
}

/// Branches with their members, in the order in which the form numbers them.
async fn branches(web: &Web) -> Result<BTreeMap<(String, BranchId), usize>, Problem> {
    let figures = web.figures(web.this_year()).await?;
    let mut all = BTreeMap::new();
    for person in figures.people.values() {
        *all.entry((person.station.clone(), person.listed.branch.clone()))
            .or_default() += 1;
    }
    Ok(all)
}

/// A branch's field in the form: its station and name, which may hold anything, as hexadecimal digits.
fn field(station: &str, branch: &str) -> String {
    data_encoding::HEXLOWER.encode(format!("{station}\n{branch}").as_bytes())
}

pub(super) async fn page(State(web): State<Web>, visit: Visit) -> Result<Response, Problem> {
    visit.account()?;
    let t = visit.t();
    let (stations, kinds) = (web.district.watched().await?, web.district.kinds().await?);
    let line = |((station, branch), members): ((String, BranchId), usize)| {
        let kind = kind_of(&station, &branch, &kinds);
        Line {
            field: field(&station, branch.as_str()),
            said: kinds.contains_key(&(station.clone(), branch.to_string())),
            station: name_of(&station, &stations),
            branch: branch.to_string(),
            members,
            options: BranchKind::ALL
                .map(|each| (each.word(), kind_word(each, t), each == kind))
                .into(),
        }
    };
    let lines: Vec<Line> = branches(&web).await?.into_iter().map(line).collect();
    let v = visit.frame(&web, t.district.branch_kinds, "annual");
    show(&Page {
        lead: format::fill(
            t.district.branches_lead,
            &[&lines.len(), &lines.iter().filter(|line| !line.said).count()],
        ),
        lines,
        f: v.f.clone(),
        v,
    })
}

/// Only what differs from the supposition or from what was said before is written down.
pub(super) async fn save(
    State(web): State<Web>,
    visit: Visit,
    Form(sent): Form<HashMap<String, String>>,
) -> Result<Response, Problem> {
    let by = visit.manager(sent.get("csrf").map_or("", String::as_str))?;
    let kinds = web.district.kinds().await?;
    let mut said = Vec::new();
    for (station, branch) in branches(&web).await?.into_keys() {
        let wanted = sent
            .get(&field(&station, branch.as_str()))
            .and_then(|word| BranchKind::read(word));
        if let Some(wanted) = wanted.filter(|wanted| *wanted != kind_of(&station, &branch, &kinds)) {
            said.push((station, branch.to_string(), wanted));
        }
    }
    web.district.set_kinds(said, &by).await?;
    Ok(go_to("/annual/branches"))
}
