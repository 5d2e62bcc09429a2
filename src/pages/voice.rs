//! What a member says: opinions, needs, wishes 信息反馈, on "my hours", with the operator's answers.

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::desk::books::{about, kinds};
use super::person::person;
use super::{Pages, Visit, go_to};
use crate::http::Problem;
use crate::http::body::Form;
use crate::look::{Texts, format};
use crate::records::{Feedback, NewFeedback};
use crate::report::books::about_words;
use crate::types::{Lang, MemberId};

/// What a member said, and what became of it.
pub(super) struct Said {
    pub(super) head: String,
    pub(super) text: String,
    pub(super) answer: String,
}

/// The part of "my hours" for it: the kinds that the form offers, and what this member or visitor said, the newest first.
pub(super) struct Voice {
    pub(super) kinds: Vec<(&'static str, &'static str)>,
    pub(super) said: Vec<Said>,
}

/// His part of the page.
pub(super) async fn of(pages: &Pages, who: MemberId, t: &Texts, lang: Lang) -> Result<Voice, Problem> {
    let all = pages.records.feedback_of(who).await?;
    Ok(Voice {
        kinds: kinds(lang),
        said: all.iter().map(|said| shown(said, t, lang)).collect(),
    })
}

fn shown(said: &Feedback, t: &Texts, lang: Lang) -> Said {
    let date = if said.dated {
        format::date(said.wall_ms, lang)
    } else {
        t.undated.to_owned()
    };
    Said {
        head: format!("{date}　{}", about_words(said.about).in_lang(lang)),
        text: said.text.clone(),
        answer: if said.answer.is_empty() {
            String::new()
        } else {
            format::fill(t.books.feedback_answered, &[&said.answer])
        },
    }
}

#[derive(Deserialize)]
pub(super) struct Sent {
    csrf: String,
    about: String,
    text: String,
}

/// Takes it down.
pub(super) async fn say(State(pages): State<Pages>, visit: Visit, Form(sent): Form<Sent>) -> Result<Response, Problem> {
    let Some(person) = person(&pages, &visit).await? else {
        return Ok(go_to("/signin?back=/me"));
    };
    visit.check(&sent.csrf)?;
    let new = NewFeedback {
        about: about(&sent.about)?,
        text: sent.text,
        member: Some(person.id),
        said_by: String::new(),
    };
    pages.records.say(new).await?;
    Ok(go_to("/me#feedback"))
}
