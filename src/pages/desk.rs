//! The operator's desk 管理台. Every handler first asks the visit for the operator's power.

mod add;
pub(super) mod books;
mod clock;
mod correct;
mod district;
mod down;
pub mod import;
mod item;
pub mod ledger;
mod library;
mod live;
mod members;
mod month;
mod plan;
mod poster;
mod sign_in;
mod standing;
mod today;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post, put};

use super::Pages;
use crate::roster::Member;
use crate::types::{MemberId, Millis};
use crate::viewing::{self, Live};

pub(super) fn routes() -> Router<Pages> {
    Router::new()
        .route("/desk", get(today::page))
        .route("/desk/disk", post(today::take_disk))
        .route("/desk/sessions", get(today::sessions))
        .route("/desk/library", get(library::page).post(library::act))
        .route("/desk/library/{item}", get(item::page).post(item::save))
        .route("/desk/add", get(add::page))
        .route("/desk/add/stick", get(add::stick).post(add::stick_act))
        .route("/desk/uploads", post(add::begin))
        .route("/desk/uploads/{ticket}", put(add::piece).delete(add::cancel_upload))
        .route("/desk/live", get(live::page).post(live::act))
        .route("/desk/plan", get(plan::page).post(plan::act))
        .route("/desk/plan/new", get(plan::fresh))
        .route("/desk/plan/notice", get(plan::notice))
        .route("/desk/plan/{number}", get(plan::edit))
        .merge(books::routes())
        .route("/desk/correct", get(correct::page).post(correct::save))
        .route("/desk/members", get(members::page).post(members::save))
        .route("/desk/members/{number}", get(members::one))
        .route("/desk/members/{number}/remove", post(members::remove))
        .route("/desk/import", get(import::page).post(import::check))
        .route("/desk/import/apply", post(import::apply))
        .route("/desk/poster", get(poster::page))
        .route("/desk/clock/year", post(clock::year))
        .route("/desk/clock", get(clock::page).post(clock::set))
        .route(
            "/desk/ledger",
            get(ledger::page)
                .post(ledger::look)
                .layer(DefaultBodyLimit::max(ledger::FORM_LIMIT)),
        )
        .route("/desk/ledger/begin", post(ledger::begin))
        .route("/desk/district", get(district::page).post(district::make_code))
        .route("/desk/district/stick", post(district::carry))
        .route("/desk/district/roster", post(down::settle))
        .route("/desk/signin", get(sign_in::page).post(sign_in::sign_in))
        .route("/desk/first", get(sign_in::first).post(sign_in::set))
        .route("/desk/signout", post(sign_in::sign_out))
}

/// Who has not been heard of for so many beats is not there: a session stays open for hours, so that he may come back to it.
const SILENT_BEATS: u64 = 6;

/// A session as the desk lists it.
struct Watching {
    name: String,
    title: String,
    position: String,
    pending: String,
}

async fn watching(pages: &Pages) -> Result<Vec<Watching>, crate::http::Problem> {
    let live = pages.ledger.store().read(viewing::live_sessions).await?;
    let members = pages.roster.members().await?;
    let silent = Millis(pages.settings.beat_every.0 * SILENT_BEATS);
    let since = pages.clock.now().mono.minus(silent);
    let present = live.iter().filter(|session| is_present(session, since));
    Ok(present.map(|session| line(pages, session, &members)).collect())
}

fn is_present(session: &Live, since: Millis) -> bool {
    session.seen >= since
}

fn line(pages: &Pages, session: &Live, members: &[Member]) -> Watching {
    use crate::look::format::clock_length;
    Watching {
        name: name_of(&session.member, members),
        title: pages
            .library
            .entry(&session.item)
            .map_or_else(|| session.item.to_string(), |entry| entry.title),
        position: clock_length(session.position),
        pending: clock_length(session.pending),
    }
}

fn name_of(id: &MemberId, members: &[Member]) -> String {
    members
        .iter()
        .find(|m| m.id == *id)
        .map_or_else(|| id.to_string(), |m| m.name.clone())
}
