//! F2 信息反馈 on the desk: what was said, and the operator's answers.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::book::{Times, View};
use super::gather::Gathered;
use crate::http::Problem;
use crate::http::body::Form;
use crate::ledger::About;
use crate::look::{Frame, Texts, format, texts};
use crate::pages::{Pages, Visit, go_to, show};
use crate::records::{Feedback, NewFeedback};
use crate::report::books::{Names, about_words};
use crate::types::{Lang, SessionId};

struct Said {
    id: String,
    head: String,
    text: String,
    answer: String,
    closed: bool,
}

#[derive(Template)]
#[template(path = "desk_feedback.html")]
struct Page {
    f: Frame,
    v: View,
    times: Option<Times>,
    open: Vec<Said>,
    kinds: Vec<(&'static str, &'static str)>,
}

/// The kinds of feedback with their words, as forms have them.
pub(in crate::pages) fn kinds(lang: Lang) -> Vec<(&'static str, &'static str)> {
    [
        ("opinion", About::Opinion),
        ("need", About::Need),
        ("wish", About::Wish),
    ]
    .map(|(word, about)| (word, about_words(about).in_lang(lang)))
    .to_vec()
}

/// Reads what [`kinds`] offers.
pub(in crate::pages) fn about(word: &str) -> Result<About, Problem> {
    match word {
        "opinion" => Ok(About::Opinion),
        "need" => Ok(About::Need),
        "wish" => Ok(About::Wish),
        _ => Err(Problem::not_found()),
    }
}

pub(super) async fn page(
    pages: &Pages,
    visit: &Visit,
    f: Frame,
    v: View,
    times: Option<Times>,
    of: &Gathered,
) -> Result<Response, Problem> {
    let names = of.names();
    let all = pages
        .records
        .feedback(of.period.from_ms(), of.period.until_ms())
        .await?;
    let said = |said: &Feedback| shown(said, &names, texts(visit.lang), visit.lang);
    let open = all.iter().map(said).collect();
    show(
        visit,
        &Page {
            f,
            v,
            times,
            open,
            kinds: kinds(visit.lang),
        },
    )
}

fn shown(said: &Feedback, names: &Names<'_>, t: &Texts, lang: Lang) -> Said {
    let from = match &said.member {
        Some(id) => names.name(id),
        None if said.said_by.is_empty() => t.books.feedback_nobody.to_owned(),
        None => said.said_by.clone(),
    };
    let date = if said.dated {
        format::date(said.wall_ms, lang)
    } else {
        t.undated.to_owned()
    };
    Said {
        id: said.id.to_string(),
        head: [date, from, about_words(said.about).in_lang(lang).to_owned()].join("　"),
        text: said.text.clone(),
        answer: said.answer.clone(),
        closed: said.closed,
    }
}

#[derive(Deserialize)]
pub(super) struct Sent {
    csrf: String,
    act: String,
    #[serde(default)]
    id: String,
    #[serde(default)]
    about: String,
    #[serde(default)]
    said_by: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    closed: String,
}

pub(super) async fn act(State(pages): State<Pages>, visit: Visit, Form(sent): Form<Sent>) -> Result<Response, Problem> {
    let by = visit.operator()?;
    visit.check(&sent.csrf)?;
    match sent.act.as_str() {
        "say" => {
            let new = NewFeedback {
                about: about(&sent.about)?,
                text: sent.text,
                member: None,
                said_by: sent.said_by.trim().to_owned(),
            };
            pages.records.say(new).await?;
        }
        "answer" => {
            let id = SessionId::parse(&sent.id).ok_or_else(Problem::not_found)?;
            pages
                .records
                .answer(id, &sent.text, !sent.closed.is_empty(), by)
                .await?;
        }
        _ => return Err(Problem::not_found()),
    }
    Ok(go_to("/desk/books/f2"))
}
