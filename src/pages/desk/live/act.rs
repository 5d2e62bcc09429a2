//! What the operator does in an evening. Buttons of a list say `act:number`.

use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::TEXT;
use crate::http::Problem;
use crate::http::body::Form;
use crate::ledger::Home;
use crate::look::texts;
use crate::pages::checkin::{Stated, as_listed};
use crate::pages::{Pages, Visit, begin as beginning, go_to};
use crate::roster::{Visiting, Welcome};
use crate::types::{DeviceId, ItemId, Lang, MemberId, Millis, SessionId};

#[derive(Deserialize)]
pub(in crate::pages) struct Sent {
    csrf: String,
    act: String,
    #[serde(default)]
    id: String,
    #[serde(default)]
    screen: String,
    #[serde(default)]
    item: String,
    #[serde(default)]
    plan: Option<u64>,
    #[serde(default)]
    text: String,
    #[serde(default)]
    chair: String,
    #[serde(default)]
    why: String,
    #[serde(default)]
    guests: String,
    #[serde(default, flatten)]
    stated: Stated,
}

fn cut(text: &str) -> String {
    text.trim().chars().take(TEXT).collect()
}

/// The one door.
pub(in crate::pages) async fn act(
    State(pages): State<Pages>,
    visit: Visit,
    Form(sent): Form<Sent>,
) -> Result<Response, Problem> {
    visit.operator()?;
    visit.check(&sent.csrf)?;
    let (what, whom) = sent.act.split_once(':').unwrap_or((&sent.act, ""));
    match what {
        "let_in" | "send_away" => return screen(&pages, &visit, what, &sent).await,
        "visitor" => return visitor(&pages, &visit, &sent).await,
        "begin" => begin(&pages, &sent).await?,
        "end" => end(&pages, &sent).await?,
        "move" => move_on(&pages, &visit, &sent).await?,
        _ => with_people(&pages, &visit, what, whom, &sent).await?,
    }
    Ok(go_to("/desk/live"))
}

async fn screen(pages: &Pages, visit: &Visit, what: &str, sent: &Sent) -> Result<Response, Problem> {
    let by = visit.operator()?;
    if what == "send_away" {
        pages.screenings.send_away(device(sent)?, by).await?;
        return Ok(go_to("/desk/live"));
    }
    let name = match cut(&sent.chair) {
        name if name.is_empty() => texts(visit.lang).live.screen_default.to_owned(),
        name => name,
    };
    let found = pages.screenings.let_in(&sent.text, &name, by).await?;
    Ok(go_to(if found { "/desk/live" } else { "/desk/live?wrong=true" }))
}

fn device(sent: &Sent) -> Result<DeviceId, Problem> {
    DeviceId::parse(&sent.screen).ok_or_else(Problem::not_found)
}

fn id(text: &str) -> Result<SessionId, Problem> {
    SessionId::parse(text).ok_or_else(Problem::not_found)
}

/// From the programme, or with a film; what the operator writes about place and chair goes before what was planned.
async fn begin(pages: &Pages, sent: &Sent) -> Result<(), Problem> {
    let screen = device(sent)?;
    let mut evening = if let Some(number) = sent.plan {
        beginning::from_plan(pages, screen, number).await?
    } else {
        let item = ItemId::parse(&sent.item).map_err(|_| Problem::not_found())?;
        beginning::with_film(pages, screen, item, Millis::ZERO).await?
    };
    for (mine, said) in [(&mut evening.place, &sent.text), (&mut evening.chair, &sent.chair)] {
        if !said.trim().is_empty() {
            *mine = cut(said);
        }
    }
    beginning::begin(pages, evening).await?;
    Ok(())
}

async fn end(pages: &Pages, sent: &Sent) -> Result<(), Problem> {
    let record = pages.screenings.record(id(&sent.id)?).await?;
    let record = record
        .filter(|record| record.state.is_open())
        .ok_or_else(Problem::not_found)?;
    pages.screenings.end(record.state.screen).await?;
    Ok(())
}

/// The screen died; the evening goes on before another one.
async fn move_on(pages: &Pages, visit: &Visit, sent: &Sent) -> Result<(), Problem> {
    let by = visit.operator()?;
    pages.screenings.move_to(id(&sent.id)?, device(sent)?, by).await?;
    Ok(())
}

/// A visitor without a phone: who he is, where he belongs, and that he is here.
async fn visitor(pages: &Pages, visit: &Visit, sent: &Sent) -> Result<Response, Problem> {
    let by = visit.operator()?;
    let Some(who) = sent.stated.read() else {
        return Ok(go_to("/desk/live?unclear=true"));
    };
    let screening = id(&sent.id)?;
    let who = as_listed(pages, who).await?;
    match pages.roster.welcome(who.clone(), None).await? {
        Welcome::OfThisStation => {
            pages
                .screenings
                .tick(screening, (who.member, None), cut(&sent.why), by)
                .await?
        }
        Welcome::Known | Welcome::OtherPhone => {
            let home = Some(home_of(&who));
            pages
                .screenings
                .tick(screening, (who.member, home), cut(&sent.why), by)
                .await?
        }
    };
    Ok(go_to("/desk/live"))
}

fn home_of(who: &Visiting) -> Home {
    Home {
        station: who.station.clone(),
        branch: who.branch.clone(),
    }
}

/// Only who stands in the roster, or said where he belongs: the operator cannot check in somebody he makes up.
async fn known(pages: &Pages, who: MemberId) -> Result<(MemberId, Option<Home>), Problem> {
    if pages.roster.member(who.clone()).await?.is_some() {
        return Ok((who, None));
    }
    let visiting = pages.roster.visiting().await?;
    let found = visiting
        .iter()
        .find(|one| one.member == who)
        .ok_or_else(Problem::not_found)?;
    Ok((who, Some(home_of(found))))
}

async fn with_people(pages: &Pages, visit: &Visit, what: &str, whom: &str, sent: &Sent) -> Result<(), Problem> {
    let by = visit.operator()?;
    let room = &pages.screenings;
    let member = || MemberId::new(whom).map_err(|_| Problem::not_found());
    match what {
        "tick" => {
            let (who, why) = (known(pages, member()?).await?, cut(&sent.why));
            if pages.roster.is_named_in(&why).await? {
                let said = |lang| texts(lang).correct.no_names;
                return Err(Problem::unprocessable(said(Lang::Zh), said(Lang::En)));
            }
            room.tick(id(&sent.id)?, who, why, by).await?;
        }
        "again" => drop(room.tick_all_again(id(&sent.id)?, by).await?),
        "gone" => room.leave(id(&sent.id)?, member()?).await?,
        "let_go" => pages.roster.let_go(member()?, by).await?,
        "excuse" => {
            let why = match cut(&sent.text) {
                why if why.is_empty() => texts(visit.lang).live.excuse.to_owned(),
                why => why,
            };
            room.excuse(id(&sent.id)?, member()?, why, by).await?;
        }
        "unexcuse" => room.excuse(id(&sent.id)?, member()?, String::new(), by).await?,
        "guests" => {
            let guests = sent.guests.trim().parse().ok().filter(|guests| *guests <= 10_000);
            let guests = guests.ok_or_else(|| {
                Problem::unprocessable("群众人数请填 0 到 10000。", "Type 0 to 10000 for the other people.")
            })?;
            room.set_guests(id(&sent.id)?, guests, by).await?;
        }
        _ => return Err(Problem::not_found()),
    }
    Ok(())
}
