//! Questions 测验 after the film, from the note beside it: one right choice, several, or true and false. Whoever answers on
//! the phone with which he checked in is there: that passes a check that is open. Whoever answers alone confirms what waits
//! in his session.

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::get;
use media_index::Question;

use super::checkin::attended;
use super::{Pages, Visit, go_to, show};
use crate::http::body::Form;
use crate::http::{Problem, is_near};
use crate::look::{Frame, Tab, Texts, format, texts};
use crate::opinions::Answered;
use crate::screening::{Record, ScreeningError};
use crate::types::{ItemId, MemberId, Millis};
use crate::viewing;

pub(super) fn routes() -> Router<Pages> {
    Router::new()
        .route("/evening/{screening}/quiz/{item}", get(page).post(answer))
        .route("/items/{item}/quiz", get(page_alone).post(answer_alone))
}

/// A question on the page.
struct Asked {
    number: usize,
    question: String,
    /// Several may be right: boxes instead of circles.
    several: bool,
    choices: Vec<String>,
}

/// What came of one question.
struct Outcome {
    question: String,
    is_right: bool,
    answer: String,
}

#[derive(Template)]
#[template(path = "quiz.html")]
struct Page {
    f: Frame,
    title: String,
    action: String,
    questions: Vec<Asked>,
    outcome: Vec<Outcome>,
    result: String,
    proof: &'static str,
    back: String,
}

/// A film and its questions; none, no page.
fn quiz_of(pages: &Pages, item: &str) -> Result<(ItemId, String, Vec<Question>), Problem> {
    let item = ItemId::parse(item).map_err(|_| Problem::not_found())?;
    let entry = pages.library.entry(&item).filter(|entry| !entry.quiz().is_empty());
    let entry = entry.ok_or_else(Problem::not_found)?;
    let quiz = entry.quiz().to_vec();
    Ok((item, entry.title, quiz))
}

/// The evening at which the film was shown, if he was there.
async fn evening(pages: &Pages, visit: &Visit, id: &str, item: ItemId) -> Result<(MemberId, Record), Problem> {
    let (person, record) = attended(pages, visit, id).await?;
    let was_shown = record.state.programme.iter().any(|showing| showing.item == item);
    if was_shown {
        Ok((person.id, record))
    } else {
        Err(Problem::not_found())
    }
}

fn choices(question: &Question, t: &Texts) -> Vec<String> {
    if question.choices.is_empty() {
        vec![t.checkin.quiz_true.to_owned(), t.checkin.quiz_false.to_owned()]
    } else {
        question.choices.clone()
    }
}

/// The questions, at an evening.
async fn page(
    State(pages): State<Pages>,
    visit: Visit,
    Path((id, item)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let (which, title, all) = quiz_of(&pages, &item)?;
    evening(&pages, &visit, &id, which).await?;
    ask(
        &pages,
        &visit,
        title,
        &all,
        format!("/evening/{id}"),
        format!("/evening/{id}/quiz/{item}"),
    )
}

/// The questions, alone.
async fn page_alone(State(pages): State<Pages>, visit: Visit, Path(item): Path<String>) -> Result<Response, Problem> {
    let (_, title, all) = quiz_of(&pages, &item)?;
    if visit.visitor.member.is_none() {
        return Ok(go_to(&format!("/signin?back=/items/{item}/quiz")));
    }
    ask(
        &pages,
        &visit,
        title,
        &all,
        format!("/items/{item}"),
        format!("/items/{item}/quiz"),
    )
}

fn ask(
    pages: &Pages,
    visit: &Visit,
    title: String,
    all: &[Question],
    back: String,
    action: String,
) -> Result<Response, Problem> {
    let t = texts(visit.lang);
    let asked = |(number, question): (usize, &Question)| Asked {
        number,
        question: question.question.clone(),
        several: question.answers.len() > 1,
        choices: choices(question, t),
    };
    let page = Page {
        questions: all.iter().enumerate().map(asked).collect(),
        outcome: Vec::new(),
        result: String::new(),
        proof: "",
        action,
        back,
        title,
        f: visit.frame(pages, t.checkin.quiz, Tab::None),
    };
    show(visit, &page)
}

/// Which choices were taken for a question: fields `q0`, `q1` … with the number of the choice, as often as there are ticks.
fn taken(sent: &[(String, String)], number: usize) -> Vec<usize> {
    let name = format!("q{number}");
    let own = sent.iter().filter(|(field, _)| *field == name);
    let mut taken: Vec<usize> = own.filter_map(|(_, value)| value.parse().ok()).collect();
    taken.sort_unstable();
    taken.dedup();
    taken
}

/// The form's token is the visitor's own.
fn check(visit: &Visit, sent: &[(String, String)]) -> Result<(), Problem> {
    let csrf = sent.iter().find(|(field, _)| field == "csrf");
    visit.check(csrf.map_or("", |(_, value)| value))
}

/// The answers, at an evening. Whoever sits elsewhere may answer as well; it proves nothing.
async fn answer(
    State(pages): State<Pages>,
    visit: Visit,
    Path((id, item)): Path<(String, String)>,
    Form(sent): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    check(&visit, &sent)?;
    let (which, title, all) = quiz_of(&pages, &item)?;
    let (who, record) = evening(&pages, &visit, &id, which).await?;
    let (room, screening) = (&pages.screenings, record.state.id);
    let proof = is_near(visit.peer.ip()) && room.answered(screening, who.clone(), visit.visitor.device).await?;
    let (outcome, answered) = judge(&all, &sent, who, which, texts(visit.lang));
    let told = pages.opinions.answered(answered.clone(), Some(screening), proof).await;
    told.map_err(ScreeningError::from)?;
    tell(
        &pages,
        &visit,
        title,
        outcome,
        &answered,
        proof,
        format!("/evening/{id}"),
    )
}

/// The answers, alone: they confirm what waits in his session, as a tap would.
async fn answer_alone(
    State(pages): State<Pages>,
    visit: Visit,
    Path(item): Path<String>,
    Form(sent): Form<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    check(&visit, &sent)?;
    let (which, title, all) = quiz_of(&pages, &item)?;
    let Some(member) = &visit.visitor.member else {
        return Ok(go_to(&format!("/signin?back=/items/{item}/quiz")));
    };
    let live = pages.ledger.store().read(viewing::live_sessions).await?;
    let own = live
        .iter()
        .find(|one| one.member == member.id && one.item == which && one.pending > Millis::ZERO);
    let proof = match own {
        Some(one) => pages.viewing.prove(one.session).await.is_ok(),
        None => false,
    };
    let (outcome, answered) = judge(&all, &sent, member.id.clone(), which, texts(visit.lang));
    let told = pages.opinions.answered(answered.clone(), None, proof).await;
    told.map_err(ScreeningError::from)?;
    tell(
        &pages,
        &visit,
        title,
        outcome,
        &answered,
        proof,
        format!("/items/{item}"),
    )
}

fn judge(
    all: &[Question],
    sent: &[(String, String)],
    member: MemberId,
    item: ItemId,
    t: &Texts,
) -> (Vec<Outcome>, Answered) {
    let each = all.iter().enumerate();
    let outcome: Vec<Outcome> = each
        .map(|(number, question)| outcome(question, &taken(sent, number), t))
        .collect();
    let number = |of: usize| u32::try_from(of).unwrap_or(u32::MAX);
    let answered = Answered {
        member,
        item,
        right: number(outcome.iter().filter(|one| one.is_right).count()),
        questions: number(all.len()),
    };
    (outcome, answered)
}

fn tell(
    pages: &Pages,
    visit: &Visit,
    title: String,
    outcome: Vec<Outcome>,
    answered: &Answered,
    proof: bool,
    back: String,
) -> Result<Response, Problem> {
    let t = texts(visit.lang);
    let page = Page {
        questions: Vec::new(),
        outcome,
        result: format::fill(t.checkin.quiz_result, &[&answered.questions, &answered.right]),
        proof: if proof { t.checkin.quiz_proof } else { "" },
        action: String::new(),
        back,
        title,
        f: visit.frame(pages, t.checkin.quiz, Tab::None),
    };
    show(visit, &page)
}

fn outcome(question: &Question, taken: &[usize], t: &Texts) -> Outcome {
    let choices = choices(question, t);
    let right: Vec<&str> = question
        .answers
        .iter()
        .filter_map(|at| choices.get(*at))
        .map(String::as_str)
        .collect();
    Outcome {
        question: question.question.clone(),
        is_right: taken == question.answers,
        answer: format::fill(t.checkin.quiz_right, &[&right.join(t.checkin.quiz_comma)]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Lang;

    fn question(choices: &[&str], answers: &[usize]) -> Question {
        Question {
            question: "浸种用多少度的水？".into(),
            choices: choices.iter().map(|choice| (*choice).to_owned()).collect(),
            answers: answers.to_vec(),
        }
    }

    fn sent(fields: &[(&str, &str)]) -> Vec<(String, String)> {
        fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn several_right_choices_must_all_be_taken_and_no_other() {
        let several = question(&["20 度", "30 度", "60 度"], &[0, 1]);
        let cases = [
            (sent(&[("q2", "1"), ("q2", "0")]), true),
            (sent(&[("q2", "0")]), false),
            (sent(&[("q2", "0"), ("q2", "1"), ("q2", "2")]), false),
            (sent(&[("q1", "0"), ("q1", "1")]), false),
            (sent(&[("q2", "zero")]), false),
        ];
        for (fields, is_right) in cases {
            let outcome = outcome(&several, &taken(&fields, 2), texts(Lang::Zh));
            assert_eq!(outcome.is_right, is_right, "{fields:?}");
            assert!(outcome.answer.contains("20 度") && outcome.answer.contains("30 度"));
        }
    }

    #[test]
    fn true_or_false_is_a_choice_of_two() {
        let t = texts(Lang::Zh);
        let wrong = question(&[], &[1]);
        assert!(outcome(&wrong, &[1], t).is_right);
        assert!(!outcome(&wrong, &[0], t).is_right);
        assert!(!outcome(&wrong, &[], t).is_right, "no answer is no right answer");
        assert!(outcome(&wrong, &[0], t).answer.contains(t.checkin.quiz_false));
    }
}
