//! The desk's members: who still lacks hours, and changing one.

use std::collections::HashMap;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::library::Chip;
use crate::http::Problem;
use crate::http::body::Form;
use crate::look::{Frame, Tab, Texts, art, format, texts};
use crate::pages::member::{CorrectionLine, correction_lines};
use crate::pages::{Pages, Visit, go_to, hours, show};
use crate::roster::{Member, Migrant, Role, Status};
use crate::store::StoreError;
use crate::types::{Hours, ItemId, Lang, MemberId, Millis};
use crate::viewing::{self, SpanRow};

#[derive(Debug, Deserialize, Default)]
pub(super) struct Wanted {
    q: Option<String>,
    show: Option<String>,
    saved: Option<String>,
}

#[derive(Deserialize, Default)]
pub(super) struct Save {
    csrf: String,
    member_no: String,
    name: String,
    branch: String,
    role: String,
    status: String,
    migrant: String,
    #[serde(default)]
    pin: String,
    #[serde(default)]
    sex: String,
    #[serde(default)]
    born: String,
    #[serde(default)]
    joined: String,
    #[serde(default)]
    place: String,
    #[serde(default)]
    since: String,
    #[serde(default)]
    phone: String,
    #[serde(default)]
    certificate: String,
    #[serde(default)]
    contact: String,
    #[serde(default)]
    brought: String,
}

impl Save {
    /// What only the book asks for: name of the field, its label, its value.
    fn details(&self, t: &'static Texts) -> Vec<(&'static str, &'static str, String)> {
        let all = [
            ("sex", t.details_sex, &self.sex),
            ("born", t.details_born, &self.born),
            ("joined", t.details_joined, &self.joined),
            ("place", t.details_place, &self.place),
            ("since", t.details_since, &self.since),
            ("phone", t.details_phone, &self.phone),
            ("certificate", t.details_certificate, &self.certificate),
            ("contact", t.details_contact, &self.contact),
        ];
        all.map(|(name, label, value)| (name, label, value.clone())).to_vec()
    }
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

struct Choice {
    value: &'static str,
    label: &'static str,
    chosen: bool,
}

struct Select {
    name: &'static str,
    label: &'static str,
    options: Vec<Choice>,
}

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
struct Recent {
    index: u64,
    date: String,
    title: String,
    mode: &'static str,
    time: String,
}

/// So many of a member's newest spans are listed.
const RECENT: u32 = 30;

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
        ("lacking", t.lacking, lacking),
        ("migrant", t.migrants, migrants),
    ];
    let chip = |(of, label, count): (&'static str, &str, usize)| Chip {
        key: of,
        label: label.to_owned(),
        count,
        here: of == key,
    };
    let lead = match all.len() {
        0 => t.members_empty.to_owned(),
        n => format::fill(t.members_lead, &[&n, &(n - lacking), &lacking]),
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
        saved: wanted.saved.map(|_| t.saved.to_owned()).unwrap_or_default(),
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
        what.push(t.migrants.to_owned());
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

/// `new` is the empty form.
pub(super) async fn one(
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
            &form(&pages, &visit, &empty, true, t.add_member.to_owned(), Vec::new()),
        );
    }
    let id = MemberId::new(&number).map_err(|_| Problem::not_found())?;
    let member = pages.roster.member(id).await?.ok_or_else(Problem::not_found)?;
    let present = as_saved(&member);
    let lead = format::fill(t.edit_member, &[&present.name]);
    let mut page = form(&pages, &visit, &present, false, lead, Vec::new());
    page.listed_by_district = pages.roster.listed_by_district().await?.contains(&member.id);
    let who = member.id.clone();
    let read = move |conn: &_| {
        let spans = viewing::newest_spans(conn, &who, RECENT)?;
        Ok::<_, StoreError>((spans, viewing::corrections_of(conn, &who)?))
    };
    let (spans, corrections) = pages.ledger.store().read(read).await?;
    let title = |item: &ItemId| {
        let entry = pages.library.entry(item);
        entry.map_or_else(|| item.to_string(), |entry| entry.title)
    };
    page.spans = spans
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
    page.corrections = correction_lines(&corrections, &title, t, visit.lang);
    show(&visit, &page)
}

/// What the form shows of a member.
fn as_saved(member: &Member) -> Save {
    let details = member.details.clone();
    Save {
        csrf: String::new(),
        member_no: member.id.to_string(),
        branch: member.branch.to_string(),
        role: member.role.word().into(),
        status: member.status.word().into(),
        migrant: member.migrant.word().into(),
        pin: String::new(),
        name: member.name.clone(),
        sex: details.sex,
        born: details.born,
        joined: details.joined,
        place: details.place,
        since: details.since,
        phone: details.phone,
        certificate: details.certificate,
        contact: details.contact,
        brought: if details.brought { "yes" } else { "" }.into(),
    }
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
                label: t.role,
                options: roles,
            },
            Select {
                name: "status",
                label: t.status,
                options: statuses,
            },
            Select {
                name: "migrant",
                label: t.migrant,
                options: migrants,
            },
        ],
    }
}

/// One member goes the way of an import of one line, so the same rules and the same sentences hold.
pub(super) async fn save(
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
            &form(&pages, &visit, &sent, true, t.add_member.to_owned(), errors),
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

fn as_file(sent: &Save) -> Result<Vec<u8>, Problem> {
    let mut file = csv::Writer::from_writer(Vec::new());
    let row = [
        &sent.member_no,
        &sent.name,
        &sent.branch,
        &sent.role,
        &sent.status,
        &sent.migrant,
        &sent.pin,
        &sent.sex,
        &sent.born,
        &sent.joined,
        &sent.place,
        &sent.since,
        &sent.phone,
        &sent.certificate,
        &sent.contact,
        &sent.brought,
    ];
    let head = [
        "member_no",
        "name",
        "branch",
        "role",
        "status",
        "migrant",
        "pin",
        "sex",
        "born",
        "joined",
        "place",
        "since",
        "phone",
        "certificate",
        "contact",
        "brought",
    ];
    file.write_record(head)
        .and_then(|()| file.write_record(row))
        .map_err(|error| Problem::internal(&error))?;
    file.into_inner().map_err(|error| Problem::internal(error.error()))
}

#[derive(Debug, Deserialize)]
pub(super) struct Removal {
    csrf: String,
    #[serde(default)]
    sure: String,
}

/// Somebody leaves the roster for good: his name goes, his number stays in the ledger.
pub(super) async fn remove(
    State(pages): State<Pages>,
    visit: Visit,
    Path(number): Path<String>,
    Form(sent): Form<Removal>,
) -> Result<Response, Problem> {
    let operator = visit.operator()?.clone();
    visit.check(&sent.csrf)?;
    if sent.sure != "yes" {
        let said = |lang| texts(lang).remove_unsure;
        return Err(Problem::unprocessable(said(Lang::Zh), said(Lang::En)));
    }
    let id = MemberId::new(&number).map_err(|_| Problem::not_found())?;
    if pages.roster.remove(id, &operator).await? {
        Ok(go_to("/desk/members?saved=1"))
    } else {
        Err(Problem::not_found())
    }
}
