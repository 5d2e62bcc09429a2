//! What the district sent down, on the desk: what came and what is to come, and whom its roster has otherwise.

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use crate::dispatch::Standing;
use crate::http::Problem;
use crate::http::body::Form;
use crate::library::Approval;
use crate::look::{Texts, format};
use crate::pages::{Pages, Visit, go_to};
use crate::roster::{Details, Member};
use crate::types::{Lang, MemberId};

/// A record that came.
pub(super) struct Line {
    pub(super) what: &'static str,
    pub(super) count: String,
    pub(super) from: String,
    pub(super) state: &'static str,
    pub(super) came: String,
}

/// A person about whom the district and the station do not say the same.
pub(super) struct Person {
    pub(super) number: String,
    pub(super) name: String,
    pub(super) ours: String,
    pub(super) theirs: String,
}

/// Everything that the page shows of it.
#[derive(Default)]
pub(super) struct Down {
    pub(super) lines: Vec<Line>,
    /// Where the district vets: how much of its list is here.
    pub(super) list: String,
    pub(super) gave_way: Vec<Person>,
    pub(super) differs: Vec<Person>,
}

pub(super) async fn down(pages: &Pages, t: &Texts, lang: Lang) -> Result<Down, Problem> {
    let line = |standing: Standing| Line {
        what: standing.kind.name(t),
        count: format::thousands(standing.entries),
        state: if standing.holds {
            t.down.in_force
        } else {
            t.down.to_come
        },
        from: standing.from,
        came: format::date(standing.wall, lang),
    };
    let gave_way = pages.roster.gave_way().await?;
    let differs = pages.roster.differs().await?;
    Ok(Down {
        lines: pages.dispatches.standing().await?.into_iter().map(line).collect(),
        list: list(pages, t).await?,
        differs: differs
            .iter()
            // Who waits for the operator's look stands above.
            .filter(|one| gave_way.iter().all(|other| other.ours.id != one.ours.id))
            .map(|one| person(&one.ours, Some(&one.theirs), t, lang))
            .collect(),
        gave_way: gave_way
            .iter()
            .map(|one| person(&one.ours, one.theirs.as_ref(), t, lang))
            .collect(),
    })
}

/// Where the district vets, its list decides what is shown.
async fn list(pages: &Pages, t: &Texts) -> Result<String, Problem> {
    if pages.library.approval() != Approval::District {
        return Ok(String::new());
    }
    let dispatches = pages.dispatches.clone();
    let approved = tokio::task::spawn_blocking(move || dispatches.approved()).await;
    let approved = approved.map_err(|error| Problem::internal(&error))??;
    Ok(match approved {
        None => t.down.list_none.to_owned(),
        Some(items) => {
            let here = items.iter().filter(|id| pages.library.entry(id).is_some()).count();
            format::fill(t.down.list_lead, &[&items.len(), &here])
        }
    })
}

/// What is written of a person, where the two differ; everything that decides something, if one of them has no word.
fn person(ours: &Member, theirs: Option<&Member>, t: &Texts, lang: Lang) -> Person {
    let (here, there) = (facts(ours, t, lang), theirs.map(|member| facts(member, t, lang)));
    let separator = if lang == Lang::Zh { "，" } else { ", " };
    let differing = |own: &[(&str, String)], other: Option<&Vec<(&str, String)>>| {
        let is_shown = |(at, (_, value)): &(usize, &(&str, String))| match other {
            Some(other) => other[*at].1 != *value,
            None => *at < DECISIVE,
        };
        let shown = own.iter().enumerate().filter(is_shown);
        let said = shown.map(|(_, (label, value))| match value.as_str() {
            "" => format!("{label} –"),
            value => format!("{label} {value}"),
        });
        said.collect::<Vec<_>>().join(separator)
    };
    Person {
        number: ours.id.to_string(),
        name: ours.name.clone(),
        ours: differing(&here, there.as_ref()),
        theirs: there.as_ref().map_or_else(
            || t.down.gave_way_left.to_owned(),
            |there| format!("{}{}", t.down.gave_way_theirs, differing(there, Some(&here))),
        ),
    }
}

/// The first facts of a person decide about credit and branch.
const DECISIVE: usize = 5;

fn facts(member: &Member, t: &Texts, lang: Lang) -> Vec<(&'static str, String)> {
    let word = |zh: &str, en: &str| if lang == Lang::Zh { zh.to_owned() } else { en.to_owned() };
    let Details {
        sex,
        born,
        joined,
        place,
        since,
        phone,
        certificate,
        contact,
        ..
    } = member.details.clone();
    vec![
        (t.members.name, member.name.clone()),
        (t.members.branch, member.branch.to_string()),
        (t.members.role, word(member.role.zh(), member.role.word())),
        (t.members.status, word(member.status.zh(), member.status.word())),
        (t.members.migrant, word(member.migrant.zh(), member.migrant.word())),
        (t.books.details_sex, sex),
        (t.books.details_born, born),
        (t.books.details_joined, joined),
        (t.books.details_place, place),
        (t.books.details_since, since),
        (t.books.details_phone, phone),
        (t.books.details_certificate, certificate),
        (t.books.details_contact, contact),
    ]
}

#[derive(Debug, Deserialize)]
pub(super) struct Settle {
    csrf: String,
    number: String,
    act: String,
}

/// The operator has looked at what gave way.
pub(super) async fn settle(
    State(pages): State<Pages>,
    visit: Visit,
    Form(sent): Form<Settle>,
) -> Result<Response, Problem> {
    let operator = visit.operator()?.clone();
    visit.check(&sent.csrf)?;
    let id = MemberId::new(&sent.number).map_err(|_| Problem::not_found())?;
    let put_back = match sent.act.as_str() {
        "keep" => false,
        "back" => true,
        _ => return Err(Problem::bad_request("不认识这个按钮。", "This button is unknown.")),
    };
    pages.roster.settle(id, put_back, &operator).await?;
    Ok(go_to("/desk/district#roster"))
}
