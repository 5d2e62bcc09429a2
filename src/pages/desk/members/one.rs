//! One member: the form of his roster line, his newest spans with the way to correct them, and leaving for good.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;

use super::form::{Choice, Save, Select, as_file, as_saved};
use crate::http::Problem;
use crate::http::body::Form;
use crate::look::{Frame, Tab, format, texts};
use crate::pages::member::{CorrectionLine, correction_lines};
use crate::pages::{Pages, Visit, go_to, show};
use crate::roster::{Migrant, Role, Status};
use crate::store::StoreError;
use crate::types::{ItemId, Lang, MemberId, Millis};
use crate::viewing;

#[derive(Template)]
#[template(path = "desk_member.html")]
struct One {
    f: Frame,
    lead: String,
    errors: Vec<String>,
    is_new: bool,
    number: String,
    name: String,
    branch: String,
    choices: Vec<Select>,
    spans: Vec<Recent>,
    corrections: Vec<CorrectionLine>,
    details: Vec<(&'static str, &'static str, String)>,
    brought: bool,
    listed_by_district: bool,
}

/// A span that could be corrected.
pub(in crate::pages::desk) struct Recent {
    pub(in crate::pages::desk) index: u64,
    pub(in crate::pages::desk) date: String,
    pub(in crate::pages::desk) title: String,
    pub(in crate::pages::desk) mode: &'static str,
    pub(in crate::pages::desk) time: String,
}

/// So many of a member's newest spans are listed.
const RECENT: u32 = 30;

/// `new` is the empty form.
pub(in crate::pages::desk) async fn one(
    State(pages): State<Pages>,
    visit: Visit,
    Path(number): Path<String>,
) -> Result<Response, Problem> {
    visit.operator()?;
    let t = texts(visit.lang);
    if number == "new" {
        let empty = Save {
            role: "member".into(),
            status: "full".into(),
            migrant: "no".into(),
            ..Save::default()
        };
        return show(
            &visit,
            &form(
                &pages,
                &visit,
                &empty,
                true,
                t.members.add_member.to_owned(),
                Vec::new(),
            ),
        );
    }
    let id = MemberId::new(&number).map_err(|_| Problem::not_found())?;
    let member = pages.roster.member(id).await?.ok_or_else(Problem::not_found)?;
    let present = as_saved(&member);
    let lead = format::fill(t.members.edit_member, &[&present.name]);
    let mut page = form(&pages, &visit, &present, false, lead, Vec::new());
    page.listed_by_district = pages.roster.listed_by_district().await?.contains(&member.id);
    (page.spans, page.corrections) = recent(&pages, &visit, member.id.clone()).await?;
    show(&visit, &page)
}

/// A member's newest spans that still give something, and his corrections.
pub(in crate::pages::desk) async fn recent(
    pages: &Pages,
    visit: &Visit,
    who: MemberId,
) -> Result<(Vec<Recent>, Vec<CorrectionLine>), Problem> {
    let t = texts(visit.lang);
    let read = move |conn: &_| {
        let spans = viewing::newest_spans(conn, &who, RECENT)?;
        let ruled = viewing::rulings_of(conn, &who)?;
        Ok::<_, StoreError>((spans, viewing::corrections_of(conn, &who)?, ruled))
    };
    let (spans, corrections, ruled) = pages.ledger.store().read(read).await?;
    let title = |item: &ItemId| {
        let entry = pages.library.entry(item);
        entry.map_or_else(|| item.to_string(), |entry| entry.title)
    };
    let lines = spans
        .iter()
        .filter(|(_, span)| span.credit > Millis::ZERO)
        .map(|(index, span)| Recent {
            index: *index,
            date: format::short_date(span.wall_ms),
            title: title(&span.item),
            mode: t.mode(span.mode),
            time: format::length(span.credit, visit.lang),
        })
        .collect();
    Ok((lines, correction_lines((&corrections, &ruled), &title, t, visit.lang)))
}

fn form(pages: &Pages, visit: &Visit, values: &Save, is_new: bool, lead: String, errors: Vec<String>) -> One {
    let t = texts(visit.lang);
    let choice = |zh: &'static str, en: &'static str, chosen: &str| Choice {
        value: en,
        label: if visit.lang == Lang::Zh { zh } else { en },
        chosen: en == chosen,
    };
    let roles = Role::ALL
        .iter()
        .map(|r| choice(r.zh(), r.word(), &values.role))
        .collect();
    let statuses = Status::ALL
        .iter()
        .map(|s| choice(s.zh(), s.word(), &values.status))
        .collect();
    let migrants = Migrant::ALL
        .iter()
        .map(|m| choice(m.zh(), m.word(), &values.migrant))
        .collect();
    One {
        f: visit.frame(pages, &lead, Tab::Members),
        lead,
        errors,
        is_new,
        number: values.member_no.clone(),
        name: values.name.clone(),
        branch: values.branch.clone(),
        spans: Vec::new(),
        corrections: Vec::new(),
        details: values.details(t),
        brought: !values.brought.is_empty(),
        listed_by_district: false,
        choices: vec![
            Select {
                name: "role",
                label: t.members.role,
                options: roles,
            },
            Select {
                name: "status",
                label: t.members.status,
                options: statuses,
            },
            Select {
                name: "migrant",
                label: t.members.migrant,
                options: migrants,
            },
        ],
    }
}

/// One member goes the way of an import of one line, so the same rules and the same sentences hold.
pub(in crate::pages::desk) async fn save(
    State(pages): State<Pages>,
    visit: Visit,
    Form(sent): Form<Save>,
) -> Result<Response, Problem> {
    let operator = visit.operator()?.clone();
    visit.check(&sent.csrf)?;
    let plan = pages.roster.plan(as_file(&sent)?).await?;
    if !plan.faults.is_empty() {
        let t = texts(visit.lang);
        let said = |fault: &crate::roster::LineFault| {
            if visit.lang == Lang::Zh {
                fault.fault.zh()
            } else {
                fault.fault.en()
            }
        };
        let errors = plan.faults.iter().map(said).collect();
        return show(
            &visit,
            &form(&pages, &visit, &sent, true, t.members.add_member.to_owned(), errors),
        );
    }
    match pages.roster.apply(plan, &operator).await? {
        Ok(_) => Ok(go_to("/desk/members?saved=1")),
        Err(_) => Err(Problem::conflict(
            "stale",
            "花名册刚刚被改过，请再做一次。",
            "The roster was changed meanwhile; please try again.",
        )),
    }
}

#[derive(Debug, Deserialize)]
pub(in crate::pages::desk) struct Removal {
    csrf: String,
    #[serde(default)]
    sure: String,
}

/// Somebody leaves the roster for good: his name goes, his number stays in the ledger.
pub(in crate::pages::desk) async fn remove(
    State(pages): State<Pages>,
    visit: Visit,
    Path(number): Path<String>,
    Form(sent): Form<Removal>,
) -> Result<Response, Problem> {
    let operator = visit.operator()?.clone();
    visit.check(&sent.csrf)?;
    if sent.sure != "yes" {
        let said = |lang| texts(lang).correct.remove_unsure;
        return Err(Problem::unprocessable(said(Lang::Zh), said(Lang::En)));
    }
    let id = MemberId::new(&number).map_err(|_| Problem::not_found())?;
    if pages.roster.remove(id, &operator).await? {
        Ok(go_to("/desk/members?saved=1"))
    } else {
        Err(Problem::not_found())
    }
}
