//! After the film 散场: how it was, questions about it, and going early.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use serde::Deserialize;

use super::{Filled, form, outside, sentence};
use crate::http::body::Form;
use crate::http::{Problem, is_near};
use crate::look::{Frame, Tab, format, texts};
use crate::opinions::STARS;
use crate::pages::person::{Person, person};
use crate::pages::{Pages, Visit, go_to, show};
use crate::screening::{Record, ScreeningError};
use crate::types::{ItemId, MemberId, SessionId};

/// An item of the evening.
struct Item {
    id: String,
    title: String,
    /// 0: not rated.
    stars: usize,
    quiz: String,
    answered: String,
}

#[derive(Template)]
#[template(path = "evening.html")]
struct Page {
    f: Frame,
    id: String,
    thanks: String,
    items: Vec<Item>,
    words: [&'static str; STARS as usize],
}

#[derive(Template)]
#[template(path = "checkin_out.html")]
struct Out {
    f: Frame,
    sentence: String,
}

#[derive(Deserialize)]
pub(super) struct Going {
    csrf: String,
    code: String,
}

#[derive(Deserialize)]
pub(super) struct Rating {
    csrf: String,
    screening: String,
    item: String,
    stars: u8,
}

/// The evening of somebody who was there; for anybody else there is no such page.
pub(in crate::pages) async fn attended(pages: &Pages, visit: &Visit, id: &str) -> Result<(Person, Record), Problem> {
    let id = SessionId::parse(id).ok_or_else(Problem::not_found)?;
    let person = person(pages, visit).await?.ok_or_else(Problem::not_found)?;
    let record = pages.screenings.record(id).await?.ok_or_else(Problem::not_found)?;
    let was_there = record.lines.iter().any(|line| line.who.member == person.id);
    if was_there {
        Ok((person, record))
    } else {
        Err(Problem::not_found())
    }
}

/// Stars and questions.
pub(super) async fn page(
    State(pages): State<Pages>,
    visit: Visit,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let (person, record) = attended(&pages, &visit, &id).await?;
    let t = texts(visit.lang);
    let page = Page {
        items: items(&pages, &record, &person.id, t).await?,
        thanks: format::fill(t.checkin.after_thanks, &[&person.name]),
        words: t.checkin.stars(),
        id,
        f: visit.frame(&pages, t.checkin.after_title, Tab::None),
    };
    show(&visit, &page)
}

async fn items(pages: &Pages, record: &Record, who: &MemberId, t: &crate::look::Texts) -> Result<Vec<Item>, Problem> {
    let screening = record.state.id;
    let answers = pages.opinions.answers_at(screening).await?;
    let mut items = Vec::new();
    for showing in &record.state.programme {
        let (stars, _) = pages.opinions.of_member(who.clone(), showing.item).await?;
        let has_quiz = pages
            .library
            .entry(&showing.item)
            .is_some_and(|entry| !entry.quiz().is_empty());
        let own = answers
            .iter()
            .find(|one| one.member == *who && one.item == showing.item);
        items.push(Item {
            id: showing.item.to_string(),
            title: showing.title.clone(),
            stars: stars.map_or(0, usize::from),
            quiz: if has_quiz {
                format!("/evening/{screening}/quiz/{}", showing.item)
            } else {
                String::new()
            },
            answered: own.map_or_else(String::new, |one| {
                format::fill(t.checkin.quiz_result, &[&one.questions, &one.right])
            }),
        });
    }
    Ok(items)
}

/// How he liked it.
pub(super) async fn rate(
    State(pages): State<Pages>,
    visit: Visit,
    Form(sent): Form<Rating>,
) -> Result<Response, Problem> {
    visit.check(&sent.csrf)?;
    let (person, record) = attended(&pages, &visit, &sent.screening).await?;
    let item = ItemId::parse(&sent.item).map_err(|_| Problem::not_found())?;
    let was_shown = record.state.programme.iter().any(|showing| showing.item == item);
    if !was_shown || !(1..=STARS).contains(&sent.stars) {
        return Err(Problem::not_found());
    }
    let screening = record.state.id;
    pages
        .opinions
        .rate(person.id, item, Some(screening), sent.stars)
        .await
        .map_err(ScreeningError::from)?;
    Ok(go_to(&format!("/evening/{screening}")))
}

/// Going early, with the code on the screen.
pub(super) async fn out(
    State(pages): State<Pages>,
    visit: Visit,
    Form(sent): Form<Going>,
) -> Result<Response, Problem> {
    visit.check(&sent.csrf)?;
    let t = texts(visit.lang);
    let again = |error: String| {
        let filled = Filled {
            error,
            ..Filled::default()
        };
        form(&pages, &visit, filled)
    };
    if !is_near(visit.peer.ip()) {
        return again(outside(&pages, t)).await;
    }
    let Some(person) = person(&pages, &visit).await? else {
        return again(t.checkin.not_here.to_owned()).await;
    };
    let device = visit.visitor.device;
    let outcome = pages
        .screenings
        .check_out(&sent.code, person.id, device, visit.peer.ip())
        .await;
    match outcome {
        Ok(()) => {
            let page = Out {
                sentence: format::fill(
                    t.checkin.out_p,
                    &[&person.name, &format::time(pages.clock.now().wall_ms)],
                ),
                f: visit.frame(&pages, t.checkin.title, Tab::None),
            };
            show(&visit, &page)
        }
        Err(error) => again(sentence(&pages, error, t).await?).await,
    }
}
