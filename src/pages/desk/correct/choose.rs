//! Where a correction begins if nobody said of what: a member and his newest records, or an evening at which somebody was
//! there and is missing.

use askama::Template;
use axum::response::Response;

use crate::http::Problem;
use crate::look::{Frame, Tab, format, texts};
use crate::pages::desk::members::{Recent, recent};
use crate::pages::{Pages, Visit, show};
use crate::screening;
use crate::types::{MemberId, Millis};

/// Evenings of so many days are offered: who was forgotten is missed within weeks.
const DAYS: i64 = 60;
const DAY: i64 = 86_400_000;
/// So many of them, the newest first.
const EVENINGS: usize = 20;

struct Choice {
    number: String,
    name: String,
    chosen: bool,
}

struct Evening {
    id: String,
    date: String,
    titles: String,
    came: String,
}

#[derive(Template)]
#[template(path = "desk_correct_choose.html")]
struct Page {
    f: Frame,
    members: Vec<Choice>,
    /// Somebody was chosen.
    whose: Option<String>,
    spans: Vec<Recent>,
    evenings: Vec<Evening>,
}

pub(super) async fn page(pages: &Pages, visit: &Visit, member: Option<&str>) -> Result<Response, Problem> {
    let t = texts(visit.lang);
    let who = member
        .map(MemberId::new)
        .transpose()
        .map_err(|_| Problem::not_found())?;
    let all = pages.roster.members().await?;
    let (mut spans, mut whose) = (Vec::new(), None);
    if let Some(who) = &who {
        let member = all.iter().find(|one| one.id == *who).ok_or_else(Problem::not_found)?;
        whose = Some(format!("{} {}", member.name, member.id));
        spans = recent(pages, visit, who.clone()).await?.0;
    }
    let members = all.iter().map(|one| Choice {
        number: one.id.to_string(),
        name: one.name.clone(),
        chosen: who.as_ref() == Some(&one.id),
    });
    let page = Page {
        members: members.collect(),
        whose,
        spans,
        evenings: evenings(pages, visit).await?,
        f: visit.frame(pages, t.correct.title, Tab::Members),
    };
    show(visit, &page)
}

/// What was held lately and has ended.
async fn evenings(pages: &Pages, visit: &Visit) -> Result<Vec<Evening>, Problem> {
    let t = texts(visit.lang);
    let now = pages.clock.now().wall_ms;
    let read = move |conn: &_| screening::briefly(conn, now - DAYS * DAY, now + DAY);
    let held = pages.ledger.store().read(read).await?;
    let ended = held
        .into_iter()
        .rev()
        .filter(|one| !one.is_open && one.shown > Millis::ZERO);
    let evening = |one: screening::Brief| Evening {
        id: one.id.to_string(),
        date: format::short_date(one.opened_ms),
        titles: one.titles.join(" / "),
        came: format::fill(t.correct.came, &[&one.came, &format::length(one.shown, visit.lang)]),
    };
    Ok(ended.take(EVENINGS).map(evening).collect())
}
