//! The desk's first page: what needs the operator, how the station is, who is watching.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use media_index::plan::RootIs;
use serde::Deserialize;

use super::Watching;
use super::month::{Month, month};
use super::standing::needs_you;
use crate::clock::Trust;
use crate::http::Problem;
use crate::http::body::Form;
use crate::ledger;
use crate::library::{Approval, Stands};
use crate::look::{Frame, Tab, Texts, format, texts};
use crate::pages::{Pages, Visit, go_to, notices, show};
use crate::store::StoreError;
use crate::types::Lang;

/// A film of an hour has about 1.5 GB; below three of them the operator should make room.
const LOW: u64 = 5_000_000_000;

struct ToDo {
    what: String,
    remedy: String,
    link: &'static str,
    /// A button that acts at once: where it posts to, and what it says.
    button: Option<(&'static str, &'static str)>,
}

struct Check {
    warn: bool,
    text: String,
}

#[derive(Template)]
#[template(path = "desk_today.html")]
struct Page {
    f: Frame,
    lead: String,
    todo: Vec<ToDo>,
    warnings: usize,
    checks: Vec<Check>,
    people: String,
    watching: Vec<Watching>,
    month: Option<Month>,
    notices: Vec<notices::Line>,
}

#[derive(Template)]
#[template(path = "desk_sessions.html")]
struct Sessions {
    f: Frame,
    lead: String,
    watching: Vec<Watching>,
}

pub(super) async fn page(State(pages): State<Pages>, visit: Visit) -> Result<Response, Problem> {
    visit.operator()?;
    let t = texts(visit.lang);
    let watching = super::watching(&pages).await?;
    let mut checks = ledger_checks(&pages, t, visit.lang).await?;
    checks.push(disk(&pages, t));
    checks.extend(clock(&pages, t));
    checks.push(watch(&pages, t));
    checks.extend(
        pages
            .library
            .indexer()
            .status()
            .keep_fault
            .map(|why| warn(format::fill(t.today.index_fault, &[&why]))),
    );
    let todo = todo(&pages, t, visit.lang).await?;
    let warnings = checks.iter().filter(|c| c.warn).count();
    let lead = match todo.len() + warnings {
        0 => t.today.fine.to_owned(),
        n => format::fill(t.today.things, &[&format_args!("<b>{n}</b>")]),
    };
    checks.sort_by_key(|check| !check.warn);
    let month = month(&pages, t, visit.lang).await?;
    let notices = notices::today(&pages, t).await?;
    let people = format::fill(t.today.people, &[&watching.len()]);
    let f = visit.frame(&pages, t.tab_today, Tab::Today);
    show(
        &visit,
        &Page {
            f,
            lead,
            todo,
            warnings,
            checks,
            people,
            watching,
            month,
            notices,
        },
    )
}

pub(super) async fn sessions(State(pages): State<Pages>, visit: Visit) -> Result<Response, Problem> {
    visit.operator()?;
    let t = texts(visit.lang);
    let watching = super::watching(&pages).await?;
    let lead = match watching.len() {
        0 => t.today.nobody_watching.to_owned(),
        n => format::fill(t.sessions_lead, &[&n]),
    };
    let f = visit.frame(&pages, t.tab_sessions, Tab::Sessions);
    show(&visit, &Sessions { f, lead, watching })
}

fn fine(text: String) -> Check {
    Check { warn: false, text }
}

fn warn(text: String) -> Check {
    Check { warn: true, text }
}

async fn todo(pages: &Pages, t: &Texts, lang: Lang) -> Result<Vec<ToDo>, Problem> {
    let all = pages.library.all();
    let work = pages.preparer.status();
    let damaged = all.iter().filter(|line| needs_you(line, &work)).count();
    let waiting = all.iter().filter(|line| line.stands() == Stands::Waiting).count();
    let mut todo = Vec::new();
    if pages.ledger.halted().is_some() {
        todo.push(ToDo {
            what: t.ledger.lead_halted.to_owned(),
            remedy: t.ledger.lead_do.to_owned(),
            link: "/desk/ledger",
            button: None,
        });
    }
    todo.extend(new_disk(pages, t));
    if damaged > 0 {
        let what = format::fill(t.today.damaged_things, &[&damaged]);
        todo.push(ToDo {
            what,
            remedy: t.today.damaged_do.to_owned(),
            link: "/desk/library?show=todo",
            button: None,
        });
    }
    if waiting > 0 {
        let (things, remedy) = match pages.library.approval() {
            Approval::District => (t.down.waiting_district_things, t.down.waiting_district),
            _ => (t.today.waiting_things, t.today.waiting_do),
        };
        todo.push(ToDo {
            what: format::fill(things, &[&waiting]),
            remedy: remedy.to_owned(),
            link: "/desk/library?show=waiting",
            button: None,
        });
    }
    todo.extend(taken_back(pages, t).await?);
    todo.extend(unsure_clock(pages, t, lang));
    todo.extend(gave_way(pages, t).await?);
    if pages.roster.members().await?.is_empty() {
        todo.push(ToDo {
            what: t.today.no_members.to_owned(),
            remedy: t.today.no_members_do.to_owned(),
            link: "/desk/import",
            button: None,
        });
    }
    Ok(todo)
}

/// The district's roster took the place of something that the operator had written.
async fn gave_way(pages: &Pages, t: &Texts) -> Result<Option<ToDo>, Problem> {
    let people = pages.roster.gave_way().await?.len();
    Ok((people > 0).then(|| ToDo {
        what: format::fill(t.down.gave_way_things, &[&people]),
        remedy: t.down.gave_way_do.to_owned(),
        link: "/desk/district#roster",
        button: None,
    }))
}

/// A checkpoint came back that does not fit, and no district has heard of it yet.
async fn taken_back(pages: &Pages, t: &Texts) -> Result<Option<ToDo>, Problem> {
    let all = pages.ledger.store().read(ledger::copies::suspicions).await?;
    Ok(all.iter().find(|one| !one.is_told).map(|one| ToDo {
        what: format::fill(t.ledger.taken_back, &[&format::thousands(one.size)]),
        remedy: t.ledger.taken_back_do.to_owned(),
        link: "/desk/ledger",
        button: None,
    }))
}

/// A disk that holds nothing of the library is never taken for it without being told.
fn new_disk(pages: &Pages, t: &Texts) -> Option<ToDo> {
    let RootIs::Foreign(files) = pages.library.indexer().status().root else {
        return None;
    };
    Some(ToDo {
        what: format::fill(t.today.new_disk, &[&files]),
        remedy: t.today.new_disk_do.to_owned(),
        link: "",
        button: Some(("/desk/disk", t.today.new_disk_take)),
    })
}

#[derive(Debug, Deserialize)]
pub(super) struct Take {
    csrf: String,
}

/// The disk that is plugged in is the library from now on.
pub(super) async fn take_disk(
    State(pages): State<Pages>,
    visit: Visit,
    Form(sent): Form<Take>,
) -> Result<Response, Problem> {
    visit.operator()?;
    visit.check(&sent.csrf)?;
    pages.library.indexer().accept_root();
    Ok(go_to("/desk"))
}

async fn ledger_checks(pages: &Pages, t: &Texts, lang: Lang) -> Result<Vec<Check>, Problem> {
    // A halted ledger is something to do, and stands there.
    if pages.ledger.halted().is_some() {
        return Ok(Vec::new());
    }
    let store = pages.ledger.store();
    let read = |conn: &_| Ok::<_, StoreError>((ledger::size(conn)?, ledger::last_cosignatures(conn)?));
    let (size, cosigned) = store.read(read).await?;
    let told = store.read(ledger::copies::suspicions).await?;
    // A log that was put back is whole in itself; to call it in order beside that would take the word back.
    let ok = told
        .is_empty()
        .then(|| fine(format::fill(t.today.ledger_ok, &[&format::thousands(size)])));
    let mut checks: Vec<Check> = ok.into_iter().collect();
    match cosigned.iter().max_by_key(|(_, _, time)| *time) {
        Some((_, upto, time)) => {
            let day = format::date(i64::try_from(*time * 1000).unwrap_or(0), lang);
            checks.push(fine(format::fill(
                t.today.ledger_seen,
                &[&day, &format::thousands(*upto)],
            )));
        }
        None => checks.push(fine(t.today.ledger_unseen.to_owned())),
    }
    if let Some(one) = told.iter().find(|one| one.is_told) {
        checks.push(warn(format::fill(
            t.ledger.taken_back_told,
            &[&format::thousands(one.index)],
        )));
    }
    if let Some(refused) = pages.viewing.refused_policy() {
        let holds = pages.viewing.policy();
        checks.push(warn(format::fill(t.today.policy_refused, &[&refused, &holds.name])));
    }
    if store.trouble().is_some() {
        checks.push(warn(t.today.disk_cannot_write.to_owned()));
    }
    Ok(checks)
}

fn disk(pages: &Pages, t: &Texts) -> Check {
    match rustix::fs::statvfs(&pages.settings.media) {
        _ if pages.library.indexer().catalogue().offline => warn(t.today.disk_gone.to_owned()),
        _ if !pages.library.failing().is_empty() => warn(format::fill(
            t.today.disk_failing,
            &[&pages.library.failing().join("》《")],
        )),
        Ok(disk) => {
            let free = disk.f_bavail.saturating_mul(disk.f_frsize);
            let said = format::bytes(free);
            if free < LOW {
                warn(format::fill(t.today.disk_low, &[&said]))
            } else {
                fine(format::fill(t.today.disk_ok, &[&said]))
            }
        }
        Err(_) => warn(t.today.disk_gone.to_owned()),
    }
}

/// A clock that somebody set. One that nobody set is something to do, and stands there.
fn clock(pages: &Pages, t: &Texts) -> Option<Check> {
    let said = match pages.clock.now().trust {
        Trust::Ntp => t.today.clock_ntp,
        Trust::District => t.today.clock_district,
        Trust::Operator => t.today.clock_operator,
        Trust::Phones | Trust::Plausible | Trust::Unset => return None,
    };
    Some(fine(said.to_owned()))
}

/// The clock that nobody set for certain: what it says now, and that one tap sets it.
fn unsure_clock(pages: &Pages, t: &Texts, lang: Lang) -> Option<ToDo> {
    let now = pages.clock.now();
    let what = match now.trust {
        Trust::Ntp | Trust::District | Trust::Operator => return None,
        Trust::Phones => t.today.clock_phones.to_owned(),
        Trust::Plausible => {
            let said = format!("{} {}", format::date(now.wall_ms, lang), format::time(now.wall_ms));
            format::fill(t.today.clock_plausible, &[&said])
        }
        Trust::Unset => t.today.clock_unsure.to_owned(),
    };
    Some(ToDo {
        what,
        remedy: t.today.clock_unsure_do.to_owned(),
        link: "/desk/clock",
        button: None,
    })
}

fn watch(pages: &Pages, t: &Texts) -> Check {
    let status = pages.library.indexer().status();
    if let Some(remaining) = status.remaining {
        let minutes = remaining.as_secs().div_ceil(60).max(1);
        return fine(format::fill(t.today.folder_reading, &[&status.waiting, &minutes]));
    }
    match status.watching {
        media_index::Watching::Live => fine(t.today.watch_ok.to_owned()),
        media_index::Watching::Degraded(why) => warn(format::fill(
            t.today.watch_degraded,
            &[&pages.settings.sweep.as_secs(), &why],
        )),
    }
}
