//! Importing the roster: choose a file, see what would change, confirm.
//!
//! The file is read once; its plan waits here under a ticket until the operator confirms, so that nothing can be
//! imported that was not shown first.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use askama::Template;
use axum::extract::{Multipart, State};
use axum::response::Response;
use serde::Deserialize;

use crate::http::body::Form;
use crate::http::{Problem, Upload};
use crate::keys;
use crate::look::{Frame, Tab, Texts, format, texts};
use crate::pages::{Pages, Visit, show};
use crate::roster::Plan;
use crate::types::{Lang, RandomId};

/// Plans that wait. One operator looks at one at a time; older ones are forgotten.
#[derive(Debug, Clone, Default)]
pub struct Waiting(Arc<Mutex<VecDeque<(RandomId, Plan)>>>);

const WAITING: usize = 4;
const FILE_LIMIT: usize = 2 << 20;
/// What a person reads through before confirming; the rest is counted.
const LISTED: usize = 200;

impl Waiting {
    fn keep(&self, plan: Plan) -> RandomId {
        let ticket = keys::random_id();
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.push_back((ticket, plan));
        while waiting.len() > WAITING {
            waiting.pop_front();
        }
        ticket
    }

    fn take(&self, ticket: RandomId) -> Option<Plan> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = waiting.iter().position(|(t, _)| *t == ticket)?;
        waiting.remove(at).map(|(_, plan)| plan)
    }
}

struct Line {
    line: String,
    text: String,
}

#[derive(Template)]
#[template(path = "desk_import.html")]
struct Page {
    f: Frame,
    lead: String,
    note: String,
    faults: Vec<Line>,
    changes: Vec<Line>,
    missing: String,
    ticket: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Confirm {
    csrf: String,
    ticket: String,
}

fn empty(pages: &Pages, visit: &Visit, note: String) -> Page {
    let t = texts(visit.lang);
    Page {
        f: visit.frame(pages, t.today.import, Tab::Members),
        lead: t.members.import_lead.to_owned(),
        note,
        faults: Vec::new(),
        changes: Vec::new(),
        missing: String::new(),
        ticket: String::new(),
    }
}

pub(super) async fn page(State(pages): State<Pages>, visit: Visit) -> Result<Response, Problem> {
    visit.operator()?;
    show(&visit, &empty(&pages, &visit, String::new()))
}

pub(super) async fn check(State(pages): State<Pages>, visit: Visit, form: Multipart) -> Result<Response, Problem> {
    visit.operator()?;
    let mut sent = Upload::read(form, FILE_LIMIT).await?;
    let (csrf, file) = (sent.text("csrf"), sent.file("roster"));
    visit.check(&csrf)?;
    let plan = pages.roster.plan(file).await?;
    let t = texts(visit.lang);
    let mut page = empty(&pages, &visit, String::new());
    if plan.faults.is_empty() {
        page.lead = format::fill(
            t.members.import_ready,
            &[&plan.added.len(), &plan.changed.len(), &plan.unchanged],
        );
        page.changes = changes(&plan, t);
        if !plan.not_in_file.is_empty() {
            page.missing = format::fill(t.members.import_missing, &[&plan.not_in_file.len()]);
        }
        page.ticket = pages.plans.keep(plan).to_string();
    } else {
        page.lead = format::fill(t.members.import_faults, &[&plan.faults.len()]);
        page.faults = plan
            .faults
            .iter()
            .take(LISTED)
            .map(|fault| fault_line(fault, t, visit.lang))
            .collect();
    }
    show(&visit, &page)
}

fn fault_line(fault: &crate::roster::LineFault, t: &Texts, lang: Lang) -> Line {
    Line {
        line: format::fill(t.members.line, &[&fault.line]),
        text: if lang == Lang::Zh {
            fault.fault.zh()
        } else {
            fault.fault.en()
        },
    }
}

fn changes(plan: &Plan, t: &Texts) -> Vec<Line> {
    let of = |word: &str, new: &crate::roster::NewMember| Line {
        line: word.to_owned(),
        text: format!(
            "{} {}，{}，{}",
            new.member.id,
            new.member.name,
            new.member.branch,
            new.member.role.zh()
        ),
    };
    let added = plan.added.iter().map(|new| of(t.members.added, new));
    let changed = plan.changed.iter().map(|(_, new)| of(t.members.changed, new));
    added.chain(changed).take(LISTED).collect()
}

pub(super) async fn apply(
    State(pages): State<Pages>,
    visit: Visit,
    Form(confirm): Form<Confirm>,
) -> Result<Response, Problem> {
    let operator = visit.operator()?.clone();
    visit.check(&confirm.csrf)?;
    let stale = || {
        Problem::conflict(
            "stale",
            "这份名单放得太久了，请再选一次文件。",
            "This list is out of date; please choose the file again.",
        )
    };
    let plan = RandomId::parse(&confirm.ticket)
        .and_then(|ticket| pages.plans.take(ticket))
        .ok_or_else(stale)?;
    let done = pages.roster.apply(plan, &operator).await?.map_err(|_| stale())?;
    let note = format::fill(texts(visit.lang).members.import_done, &[&done.added, &done.changed]);
    show(&visit, &empty(&pages, &visit, note))
}
