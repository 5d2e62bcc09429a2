//! Planning an evening: the form, and what it does.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;

use crate::http::Problem;
use crate::http::body::Form;
use crate::look::{Frame, Tab, Texts, format, texts};
use crate::pages::plan::today;
use crate::pages::{Pages, Visit, begin as beginning, go_to, show};
use crate::programme::{Entry, Plan, Planned, When, Who};
use crate::types::{BranchId, DeviceId, ItemId, Mode};

/// A place or a name has at most so many characters.
const TEXT: usize = 60;
/// So many films can be chosen; an evening of more is rare, and a district's plan may have it.
const CHOICES: usize = 3;
/// The modes that a room can have.
const MODES: [(Mode, &str); 3] = [
    (Mode::Screening, "screening"),
    (Mode::MakeUp, "make_up"),
    (Mode::Brought, "brought"),
];

struct Choice {
    value: String,
    label: String,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "desk_plan_form.html")]
struct Page {
    f: Frame,
    lead: String,
    error: &'static str,
    number: String,
    day: String,
    time: String,
    place: String,
    chair: String,
    /// One list of films for each place in the evening.
    items: Vec<Vec<Choice>>,
    modes: Vec<Choice>,
    who: Vec<Choice>,
    branches: Vec<Choice>,
}

#[derive(Debug, Deserialize, Default)]
pub(in crate::pages) struct Wish {
    item: Option<String>,
    day: Option<String>,
}

/// What a form holds, read or not.
#[derive(Default)]
struct Draft {
    number: Option<u64>,
    day: String,
    time: String,
    items: Vec<ItemId>,
    mode: Option<Mode>,
    who: Who,
    branches: Vec<BranchId>,
    place: String,
    chair: String,
}

impl Draft {
    fn of(entry: &Entry) -> Self {
        let plan = entry.plan.clone();
        Self {
            number: Some(entry.number),
            day: plan.when.day,
            time: plan.when.time,
            items: plan.items.iter().map(|planned| planned.item).collect(),
            mode: Some(plan.mode),
            who: plan.who,
            branches: plan.branches,
            place: plan.place,
            chair: plan.chair,
        }
    }

    /// Reads the fields of a form; a branch's field comes as often as there are ticks.
    fn read(sent: &[(String, String)]) -> Self {
        let mut draft = Self::default();
        let cut = |text: &str| text.trim().chars().take(TEXT).collect::<String>();
        for (name, value) in sent {
            match name.as_str() {
                "number" => draft.number = value.parse().ok(),
                "day" => draft.day = cut(value),
                "time" => draft.time = cut(value),
                "item" => draft.items.extend(ItemId::parse(value).ok()),
                "mode" => draft.mode = MODES.iter().find(|(_, word)| word == value).map(|(mode, _)| *mode),
                "who" => draft.who = Who::read(value).unwrap_or_default(),
                "branch" => draft.branches.extend(BranchId::new(value).ok()),
                "place" => draft.place = cut(value),
                "chair" => draft.chair = cut(value),
                _ => {}
            }
        }
        draft
    }

    /// The plan, or what is missing.
    fn plan(&self, pages: &Pages, t: &Texts) -> Result<Plan, &'static str> {
        let when = When::read(&self.day, &self.time).ok_or(t.plan.when_unclear)?;
        let planned = |item: &ItemId| {
            let entry = pages.library.entry(item).filter(beginning::is_film)?;
            Some(Planned {
                item: *item,
                title: entry.title,
                class: entry.class.as_deref().map(str::to_owned),
                length: entry.length,
            })
        };
        let items: Vec<Planned> = self.items.iter().filter_map(planned).collect();
        if items.is_empty() {
            return Err(t.plan.no_film);
        }
        Ok(Plan {
            when,
            items,
            mode: self.mode.unwrap_or(Mode::Screening),
            branches: self.branches.clone(),
            who: self.who,
            place: self.place.clone(),
            chair: self.chair.clone(),
        })
    }
}

pub(in crate::pages) async fn fresh(
    State(pages): State<Pages>,
    visit: Visit,
    Query(wish): Query<Wish>,
) -> Result<Response, Problem> {
    visit.operator()?;
    let draft = Draft {
        day: wish.day.or_else(|| today(&pages)).unwrap_or_default(),
        time: "19:30".to_owned(),
        items: wish
            .item
            .and_then(|item| ItemId::parse(&item).ok())
            .into_iter()
            .collect(),
        ..Draft::default()
    };
    form(&pages, &visit, &draft, "").await
}

pub(in crate::pages) async fn edit(
    State(pages): State<Pages>,
    visit: Visit,
    Path(number): Path<u64>,
) -> Result<Response, Problem> {
    visit.operator()?;
    let entry = pages.programme.entry(number).await?.ok_or_else(Problem::not_found)?;
    form(&pages, &visit, &Draft::of(&entry), "").await
}

async fn form(pages: &Pages, visit: &Visit, draft: &Draft, error: &'static str) -> Result<Response, Problem> {
    let t = texts(visit.lang);
    let mut branches: Vec<BranchId> = pages
        .roster
        .members()
        .await?
        .into_iter()
        .map(|member| member.branch)
        .collect();
    branches.sort();
    branches.dedup();
    let chosen_mode = draft.mode.unwrap_or(Mode::Screening);
    let page = Page {
        lead: if draft.number.is_some() {
            t.plan.edit
        } else {
            t.plan.new
        }
        .to_owned(),
        error,
        number: draft.number.map_or_else(String::new, |number| number.to_string()),
        day: draft.day.clone(),
        time: draft.time.clone(),
        place: draft.place.clone(),
        chair: draft.chair.clone(),
        items: (0..CHOICES.max(draft.items.len()))
            .map(|at| films(pages, draft.items.get(at), t))
            .collect(),
        modes: MODES
            .iter()
            .map(|(mode, word)| choice(word, t.mode(*mode), *mode == chosen_mode))
            .collect(),
        who: Who::ALL
            .into_iter()
            .map(|who| choice(who.word(), said(who, t), who == draft.who))
            .collect(),
        branches: branches
            .iter()
            .map(|branch| choice(branch.as_str(), branch.as_str(), draft.branches.contains(branch)))
            .collect(),
        f: visit.frame(pages, t.tab_plan, Tab::Plan),
    };
    show(visit, &page)
}

fn choice(value: &str, label: &str, chosen: bool) -> Choice {
    Choice {
        value: value.to_owned(),
        label: label.to_owned(),
        chosen,
    }
}

fn said(who: Who, t: &Texts) -> &'static str {
    match who {
        Who::Everybody => t.plan.everybody,
        Who::Committee => t.plan.committee,
        Who::New => t.plan.newcomers,
    }
}

/// All films, and the one that is chosen though it is away.
fn films(pages: &Pages, chosen: Option<&ItemId>, t: &Texts) -> Vec<Choice> {
    let mut all = vec![choice("", t.plan.choose, chosen.is_none())];
    let lines = pages.library.all();
    for line in lines.shown().filter(beginning::is_film_line) {
        let Some(id) = line.id() else { continue };
        let label = format!("{} {}", line.title(), format::clock_length(line.length()));
        all.push(choice(&id.to_string(), &label, chosen == Some(&id)));
    }
    if let Some(item) = chosen.filter(|_| all.iter().all(|one| !one.chosen)) {
        let title = pages
            .library
            .entry(item)
            .map_or_else(|| item.to_string(), |entry| entry.title);
        all.push(choice(&item.to_string(), &title, true));
    }
    all
}

/// Saves, takes back, or begins.
pub(in crate::pages) async fn act(
    State(pages): State<Pages>,
    visit: Visit,
    Form(sent): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let by = visit.operator()?;
    let field = |name: &str| {
        sent.iter()
            .find(|(field, _)| field == name)
            .map_or("", |(_, value)| value.as_str())
    };
    visit.check(field("csrf"))?;
    let draft = Draft::read(&sent);
    match field("act") {
        "begin" => {
            let number = draft.number.ok_or_else(Problem::not_found)?;
            let screen = DeviceId::parse(field("screen")).ok_or_else(Problem::not_found)?;
            let evening = beginning::from_plan(&pages, screen, number).await?;
            beginning::begin(&pages, evening).await?;
            return Ok(go_to("/desk/live"));
        }
        "remove" => {
            let number = draft.number.ok_or_else(Problem::not_found)?;
            pages.programme.remove(number, by).await?;
        }
        _ => {
            let plan = match draft.plan(&pages, texts(visit.lang)) {
                Ok(plan) => plan,
                Err(missing) => return form(&pages, &visit, &draft, missing).await,
            };
            let is_saved = match draft.number {
                Some(number) => pages.programme.change(number, plan, by).await?,
                None => pages.programme.add(plan, by).await? > 0,
            };
            if !is_saved {
                return Err(Problem::not_found());
            }
        }
    }
    let month = When::read(&draft.day, "00:00").map_or_else(String::new, |when| when.day[..7].to_owned());
    Ok(go_to(&format!("/desk/plan?month={month}")))
}
