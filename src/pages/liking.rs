//! How a member liked an item, and whether he would like to see it with the others: two small forms on the item's page.

use axum::Router;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::post;
use serde::Deserialize;

use super::person::{Person, person};
use super::{Pages, Visit, go_to, home};
use crate::http::Problem;
use crate::http::body::Form;
use crate::library::Entry;
use crate::look::Texts;
use crate::opinions::STARS;
use crate::screening::ScreeningError;
use crate::types::{ItemId, MemberId, Millis};

pub(super) fn routes() -> Router<Pages> {
    Router::new()
        .route("/items/{item}/wish", post(wish))
        .route("/items/{item}/rate", post(rate))
}

/// The part of the item's page.
pub(super) struct Liking {
    pub(super) wished: bool,
    /// 0: not rated.
    pub(super) stars: usize,
    /// Who has seen nothing of it cannot say how it was.
    pub(super) may_rate: bool,
    pub(super) words: [&'static str; STARS as usize],
    pub(super) has_quiz: bool,
}

/// What he thinks of it so far; nothing for somebody who is not known. Questions that he answers alone confirm his own
/// session, which only a member has who is signed in.
pub(super) async fn of(pages: &Pages, visit: &Visit, entry: &Entry, t: &Texts) -> Result<Option<Liking>, Problem> {
    let (Some(item), Some(Person { id, home, .. })) = (entry.id, person(pages, visit).await?) else {
        return Ok(None);
    };
    let seen = home::credited_of(pages, id.clone(), item).await?.total();
    let (stars, wished) = pages.opinions.of_member(id, item).await?;
    Ok(Some(Liking {
        wished,
        stars: stars.map_or(0, usize::from),
        may_rate: seen > Millis::ZERO,
        words: t.checkin.stars(),
        has_quiz: home.is_none() && !entry.quiz().is_empty(),
    }))
}

#[derive(Deserialize)]
struct Sent {
    csrf: String,
    #[serde(default)]
    stars: u8,
    #[serde(default)]
    wished: bool,
}

/// The member or visitor, and the item, of a form on the item's page.
async fn known(pages: &Pages, visit: &Visit, item: &str, csrf: &str) -> Result<(MemberId, ItemId), Problem> {
    visit.check(csrf)?;
    let person = person(pages, visit).await?.ok_or_else(Problem::sign_in_first)?;
    let item = ItemId::parse(item).map_err(|_| Problem::not_found())?;
    pages.library.shown_entry(&item).ok_or_else(Problem::not_found)?;
    Ok((person.id, item))
}

async fn wish(
    State(pages): State<Pages>,
    visit: Visit,
    Path(item): Path<String>,
    Form(sent): Form<Sent>,
) -> Result<Response, Problem> {
    let (member, id) = known(&pages, &visit, &item, &sent.csrf).await?;
    pages.opinions.wish(member, id, sent.wished).await?;
    Ok(go_to(&format!("/items/{item}#liking")))
}

async fn rate(
    State(pages): State<Pages>,
    visit: Visit,
    Path(item): Path<String>,
    Form(sent): Form<Sent>,
) -> Result<Response, Problem> {
    let (member, id) = known(&pages, &visit, &item, &sent.csrf).await?;
    if !(1..=STARS).contains(&sent.stars) {
        return Err(Problem::not_found());
    }
    let told = pages.opinions.rate(member, id, None, sent.stars).await;
    told.map_err(ScreeningError::from)?;
    Ok(go_to(&format!("/items/{item}#liking")))
}
