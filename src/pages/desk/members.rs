//! The desk's members: who still lacks hours; [`one`] is a member by himself.

mod form;
mod one;

use std::collections::HashMap;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::library::Chip;
use crate::http::Problem;
use crate::look::{Frame, Tab, Texts, art, format, texts};
use crate::pages::{Pages, Visit, hours, show};
use crate::roster::{Member, Migrant};
use crate::types::{Hours, Lang, MemberId};
use crate::viewing::{self, SpanRow};

pub(super) use one::{Recent, one, recent, remove, save};

#[derive(Debug, Deserialize, Default)]
pub(super) struct Wanted {
    q: Option<String>,
    show: Option<String>,
    saved: Option<String>,
}

struct Line {
    number: String,
    name: String,
    what: String,
    bar: String,
    done: Hours,
    due: String,
    gap: String,
    lacks: Hours,
    migrant: bool,
}

#[derive(Template)]
#[template(path = "desk_members.html")]
struct Page {
    f: Frame,
    lead: String,
    saved: String,
    query: String,
    chips: Vec<Chip>,
    members: Vec<Line>,
}

pub(super) async fn page(
    State(pages): State<Pages>,
    visit: Visit,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Problem> {
    visit.operator()?;
    let t = texts(visit.lang);
    let query: String = wanted.q.unwrap_or_default().chars().take(60).collect();
    let members = pages.roster.members().await?;
    let all = lines(&pages, &members, t, visit.lang).await?;
    let key = wanted.show.as_deref().unwrap_or("all");
    let lacking = all.iter().filter(|l| l.lacks > Hours::default()).count();
    let migrants = all.iter().filter(|l| l.migrant).count();
    let chips = [
        ("all", t.all, all.len()),
        ("lacking", t.members.lacking, lacking),
        ("migrant", t.members.migrants, migrants),
    ];
    let chip = |(of, label, count): (&'static str, &str, usize)| Chip {
        key: of,
        label: label.to_owned(),
        count,
        here: of == key,
    };
    let lead = match all.len() {
        0 => t.members.empty.to_owned(),
        n => format::fill(t.members.lead, &[&n, &(n - lacking), &lacking]),
    };
    let found: HashMap<&str, bool> = members
        .iter()
        .map(|m| (m.id.as_str(), m.keys().matches(&query)))
        .collect();
    let wanted_line = |l: &Line| match key {
        "lacking" => l.lacks > Hours::default(),
        "migrant" => l.migrant,
        _ => true,
    };
    let listed = all
        .into_iter()
        .filter(|l| wanted_line(l) && (query.is_empty() || found[l.number.as_str()]));
    let page = Page {
        members: listed.collect(),
        lead,
        saved: wanted.saved.map(|_| t.members.saved.to_owned()).unwrap_or_default(),
        chips: chips.into_iter().map(chip).collect(),
        query,
        f: visit.frame(&pages, t.tab_members, Tab::Members),
    };
    show(&visit, &page)
}

/// Everybody with his hours, the largest gap first.
async fn lines(pages: &Pages, members: &[Member], t: &Texts, lang: Lang) -> Result<Vec<Line>, Problem> {
    let year = pages.clock.now().year();
    let spans = pages
        .ledger
        .store()
        .read(move |conn| viewing::spans_of_year(conn, None, year))
        .await?;
    let mut by_member: HashMap<MemberId, Vec<SpanRow>> = HashMap::new();
    for span in spans {
        by_member.entry(span.member.clone()).or_default().push(span);
    }
    let (policy, policies) = (pages.viewing.policy(), pages.viewing.policies());
    let mut lines: Vec<Line> = members
        .iter()
        .map(|member| {
            let earned = by_member.get(&member.id).map_or(&[][..], Vec::as_slice);
            let done = hours::of(&policies, earned).total;
            line(member, done, policy.due(member.role.word(), year), t, lang)
        })
        .collect();
    lines.sort_by(|a, b| (b.lacks, &a.number).cmp(&(a.lacks, &b.number)));
    Ok(lines)
}

fn line(member: &Member, done: Hours, due: Option<Hours>, t: &Texts, lang: Lang) -> Line {
    let lacks = due.unwrap_or_default().minus(done);
    let mut what = vec![
        member.branch.to_string(),
        word(member.role.zh(), member.role.word(), lang),
    ];
    if member.migrant != Migrant::No {
        what.push(t.members.migrants.to_owned());
    }
    Line {
        number: member.id.to_string(),
        name: member.name.clone(),
        what: what.join(if lang == Lang::Zh { "，" } else { ", " }),
        bar: art::share_bar(done.hundredths().into(), due.unwrap_or_default().hundredths().into()),
        done,
        due: due
            .map(|due| format!("/ {}", due.hundredths() / 100))
            .unwrap_or_default(),
        gap: if lacks == Hours::default() {
            String::new()
        } else {
            lacks.to_string()
        },
        lacks,
        migrant: member.migrant != Migrant::No,
    }
}

fn word(zh: &str, en: &str, lang: Lang) -> String {
    if lang == Lang::Zh { zh.to_owned() } else { en.to_owned() }
}
