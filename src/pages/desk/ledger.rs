//! The desk's page of the ledger 台账: how it stands, what happened to it, and the way to a new epoch with the district's
//! permit. An operator is no technician: each state says what to do next, and by whom.

use std::sync::{Arc, Mutex, PoisonError};

use askama::Template;
use axum::extract::{Multipart, State};
use axum::response::Response;
use serde::Deserialize;

use crate::http::body::Form;
use crate::http::{Problem, Upload};
use crate::keys;
use crate::ledger::{self, Halt};
use crate::look::{Frame, Tab, Texts, format, texts};
use crate::pages::{Aside, NotBegun, Offer, Pages, Visit, show};
use crate::store::StoreError;
use crate::types::{Lang, RandomId};

/// What may be sent by form; a longer permit comes on a stick. A quarter of a million entries, three years of a village.
const FILE_LIMIT: usize = 64 << 20;

/// The whole form: the file, and a few short fields.
pub(super) const FORM_LIMIT: usize = FILE_LIMIT + (1 << 16);

/// The permit that was looked at and waits for the operator's word, under a ticket: nothing is begun that was not shown
/// first. One at a time, since it may be large.
#[derive(Debug, Clone, Default)]
pub struct Shown(Arc<Mutex<Option<Kept>>>);

/// The ticket and the file.
type Kept = (RandomId, Arc<Vec<u8>>);

impl Shown {
    fn keep(&self, file: Vec<u8>) -> RandomId {
        let ticket = keys::random_id();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((ticket, Arc::new(file)));
        ticket
    }

    fn of(&self, ticket: RandomId) -> Option<Arc<Vec<u8>>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (known, file) = kept.as_ref()?;
        (*known == ticket).then(|| Arc::clone(file))
    }
}

#[derive(Template)]
#[template(path = "desk_ledger.html")]
struct Page {
    f: Frame,
    lead: String,
    /// What happened, in sentences; empty if nothing did.
    happened: Vec<String>,
    /// What to do, in order.
    steps: Vec<String>,
    origin: String,
    fingerprint: String,
    aside: Vec<(String, String, String)>,
    sticks: Vec<(String, String)>,
    said: String,
    offer: Option<Line>,
    /// The station is about to stop: nothing more can be asked of it.
    begins: bool,
}

/// A permit, as it is shown before it is used. Not with its fingerprint: that is to be heard, not copied.
struct Line {
    ticket: String,
    district: String,
    known: bool,
    says: Vec<String>,
}

pub(super) async fn page(State(pages): State<Pages>, visit: Visit) -> Result<Response, Problem> {
    visit.operator()?;
    show(&visit, &page_with(&pages, &visit, String::new(), None).await?)
}

/// A permit by file, or from a stick: it is shown.
pub(super) async fn look(State(pages): State<Pages>, visit: Visit, form: Multipart) -> Result<Response, Problem> {
    visit.operator()?;
    let mut sent = Upload::read(form, FILE_LIMIT).await?;
    visit.check(&sent.text("csrf"))?;
    let (key, mut file) = (sent.text("stick"), sent.file("permit"));
    let (epochs, sticks) = (pages.epochs.clone(), pages.intake.sticks.clone());
    let read = move || {
        if !key.is_empty() {
            let plugged = sticks.plugged_in().into_iter().find(|stick| stick.key == key);
            file = plugged
                .and_then(|stick| epochs.on_stick(&stick.mount))
                .unwrap_or_default();
        }
        let looked = epochs.look(&file);
        (looked, file)
    };
    let looked = tokio::task::spawn_blocking(read).await;
    let (looked, file) = looked.map_err(|error| Problem::internal(&error))?;
    let t = texts(visit.lang);
    let page = match looked {
        Ok(offer) => {
            let ticket = pages.permit.keep(file);
            page_with(&pages, &visit, String::new(), Some(line(&offer, ticket, t))).await?
        }
        Err(why) => page_with(&pages, &visit, why_not(why, t).to_owned(), None).await?,
    };
    show(&visit, &page)
}

#[derive(Debug, Deserialize)]
pub(super) struct Begin {
    csrf: String,
    ticket: String,
    #[serde(default)]
    spoken: String,
}

/// The operator's word: the station stops, begins the epoch, and is here again.
pub(super) async fn begin(
    State(pages): State<Pages>,
    visit: Visit,
    Form(sent): Form<Begin>,
) -> Result<Response, Problem> {
    visit.operator()?;
    visit.check(&sent.csrf)?;
    let t = texts(visit.lang);
    let file = RandomId::parse(&sent.ticket).and_then(|ticket| Some((ticket, pages.permit.of(ticket)?)));
    let Some((ticket, file)) = file else {
        let page = page_with(&pages, &visit, t.ledger.permit_gone.to_owned(), None).await?;
        return show(&visit, &page);
    };
    let epochs = pages.epochs.clone();
    let act = move || (epochs.begin(&file, &sent.spoken), epochs.look(&file));
    let done = tokio::task::spawn_blocking(act).await;
    let (begun, offer) = done.map_err(|error| Problem::internal(&error))?;
    let page = match begun {
        Ok(()) => {
            let page = page_with(&pages, &visit, String::new(), None).await?;
            Page {
                lead: t.ledger.permit_begins.to_owned(),
                happened: vec![t.ledger.permit_begins_says.to_owned()],
                steps: Vec::new(),
                begins: true,
                ..page
            }
        }
        // A slip of the finger is no reason to look for the file again.
        Err(why) => {
            let offer = offer.ok().map(|offer| line(&offer, ticket, t));
            page_with(&pages, &visit, why_not(why, t).to_owned(), offer).await?
        }
    };
    show(&visit, &page)
}

fn line(offer: &Offer, ticket: RandomId, t: &Texts) -> Line {
    let mut says = vec![format::fill(t.ledger.permit_next, &[&offer.next])];
    says.push(if offer.carried > 0 {
        format::fill(t.ledger.permit_carries, &[&format::thousands(offer.carried)])
    } else {
        t.ledger.permit_carries_none.to_owned()
    });
    if offer.left_behind > 0 {
        says.push(format::fill(
            t.ledger.permit_left,
            &[&format::thousands(offer.left_behind)],
        ));
    }
    Line {
        ticket: ticket.to_string(),
        district: offer.district.clone(),
        known: offer.known,
        says,
    }
}

fn why_not(why: NotBegun, t: &Texts) -> &'static str {
    match why {
        NotBegun::NoPermit => t.ledger.permit_none,
        NotBegun::BadSignature => t.ledger.permit_forged,
        NotBegun::OtherLeaves => t.ledger.permit_mixed,
        NotBegun::AnotherBox => t.ledger.permit_other_box,
        NotBegun::AlreadyBegun => t.ledger.permit_used,
        NotBegun::OtherFingerprint => t.ledger.permit_other_fingerprint,
        NotBegun::Disk => t.today.disk_cannot_write,
    }
}

/// What the ledger's state calls for: the finding, what happened, and the steps.
struct Standing {
    lead: String,
    happened: Vec<String>,
    calls_the_district: bool,
}

async fn state(pages: &Pages, t: &Texts) -> Result<Standing, Problem> {
    let store = pages.ledger.store();
    let read = |conn: &_| Ok::<_, StoreError>((ledger::size(conn)?, ledger::copies::suspicions(conn)?));
    let (size, suspicions) = store.read(read).await?;
    let mut happened: Vec<String> = suspicions
        .iter()
        .map(|one| {
            let told = if one.is_told {
                t.ledger.suspected_told
            } else {
                t.ledger.suspected_untold
            };
            format::fill(told, &[&format::thousands(one.size)])
        })
        .collect();
    let halted = pages.ledger.halted();
    let why = halted.map(|halt| match halt {
        Halt::LogMissing => t.today.halt_log,
        Halt::KeyMissing => t.today.halt_key,
        Halt::Shortened { .. } => t.today.halt_short,
    });
    happened.splice(0..0, why.map(str::to_owned));
    if let Some(why) = pages.epochs.refused() {
        happened.push(format::fill(t.ledger.permit_refused, &[&why]));
    }
    let lead = if halted.is_some() {
        t.ledger.lead_halted.to_owned()
    } else if suspicions.is_empty() {
        format::fill(t.today.ledger_ok, &[&format::thousands(size)])
    } else {
        t.ledger.lead_suspected.to_owned()
    };
    Ok(Standing {
        lead,
        // Where the key is lost no permit helps: it would be for a key that is here no more.
        calls_the_district: !matches!(halted, Some(Halt::KeyMissing)) && (halted.is_some() || !suspicions.is_empty()),
        happened,
    })
}

fn aside(one: &Aside, t: &Texts, lang: Lang) -> (String, String, String) {
    let what = if one.was_epoch {
        t.ledger.aside_epoch
    } else {
        t.ledger.aside_damaged
    };
    (
        format::full_date(one.since_ms, lang),
        what.to_owned(),
        format!("{}, {}", one.name, format::bytes(one.bytes)),
    )
}

async fn page_with(pages: &Pages, visit: &Visit, said: String, offer: Option<Line>) -> Result<Page, Problem> {
    let t = texts(visit.lang);
    let state = state(pages, t).await?;
    let (epochs, sticks) = (pages.epochs.clone(), pages.intake.sticks.clone());
    let look = move || (epochs.aside(), sticks.plugged_in());
    let looked = tokio::task::spawn_blocking(look).await;
    let (set_aside, sticks) = looked.map_err(|error| Problem::internal(&error))?;
    let (origin, fingerprint) = (pages.ledger.origin().to_string(), pages.ledger.keys().fingerprint());
    let steps = if state.calls_the_district {
        vec![
            format::fill(t.ledger.step_call, &[&origin]),
            t.ledger.step_permit.to_owned(),
            t.ledger.step_here.to_owned(),
        ]
    } else {
        Vec::new()
    };
    Ok(Page {
        lead: state.lead,
        happened: state.happened,
        steps,
        origin,
        fingerprint,
        aside: set_aside.iter().map(|one| aside(one, t, visit.lang)).collect(),
        sticks: sticks.into_iter().map(|stick| (stick.key, stick.name)).collect(),
        said,
        offer,
        begins: false,
        f: visit.frame(pages, t.ledger.title, Tab::Today),
    })
}
