//! What the screen's script asks: how the evening stands, and what it played. Only a screen that the operator let in has an
//! evening; its device's cookie is what it is known by.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};

use super::{Api, BeatBody, beat_of};
use crate::http::body::Lenient;
use crate::http::{Peer, Problem};
use crate::look::format;
use crate::roster::{Member, Visiting};
use crate::screening::{Answer, ScreeningError};
use crate::types::{MemberId, Millis};

/// Above so many names the newest are shown, and how many more there are.
const NAMES: usize = 24;

/// How the evening on this screen stands.
pub(super) async fn state(State(api): State<Arc<Api>>, peer: Peer, headers: HeaderMap) -> Result<Response, Problem> {
    let visitor = api.roster.visitor(&headers, peer.ip()).await?;
    let screen = api.screenings.screen(visitor.device).await?;
    if screen.is_none() {
        return Ok(axum::Json(serde_json::json!({ "stage": "unknown" })).into_response());
    }
    match api.screenings.on_screen(visitor.device).await {
        Ok(answer) => told(&api, &answer).await,
        Err(ScreeningError::NoScreening) => Ok(axum::Json(serde_json::json!({ "stage": "idle" })).into_response()),
        Err(error) => Err(error.into()),
    }
}

/// What the screen played since its last beat.
pub(super) async fn beat(
    State(api): State<Arc<Api>>,
    peer: Peer,
    headers: HeaderMap,
    Lenient(body, bytes): Lenient<BeatBody>,
) -> Result<Response, Problem> {
    let visitor = api.roster.visitor(&headers, peer.ip()).await?;
    let beat = beat_of(body, &bytes)?;
    let answer = api.screenings.beat(visitor.device, beat).await?;
    told(&api, &answer).await
}

async fn told(api: &Api, answer: &Answer) -> Result<Response, Problem> {
    let members = api.roster.members().await?;
    let visiting = api.roster.visiting().await?;
    let state = &answer.state;
    let all = answer.present.len();
    let newest = answer
        .present
        .iter()
        .rev()
        .take(if all > NAMES { NAMES - 1 } else { NAMES });
    let names: Vec<&str> = newest.map(|who| name_of(&members, &visiting, &who.member)).collect();
    let check = state.check.map(|check| {
        serde_json::json!({
            "number": check.number,
            "left_ms": answer.check_left.unwrap_or(Millis::ZERO),
            "at_the_end": check.at_the_end,
            "passed": answer.passed,
        })
    });
    let body = serde_json::json!({
        "stage": state.stage,
        "turn": state.turn,
        "n": state.n,
        "shown_ms": state.shown,
        "position_ms": state.position,
        "present": all,
        "names": names,
        "more": all - names.len(),
        "code": answer.spoken_code(),
        "code_ms": answer.code.1,
        "code_step_ms": api.viewing.policy().checks.code_step,
        "check": check,
        "time": format::time(api.clock.now().wall_ms),
    });
    Ok(axum::Json(body).into_response())
}

fn name_of<'a>(members: &'a [Member], visiting: &'a [Visiting], id: &'a MemberId) -> &'a str {
    let member = members
        .iter()
        .find(|member| member.id == *id)
        .map(|member| member.name.as_str());
    let visitor = || {
        visiting
            .iter()
            .find(|who| who.member == *id)
            .map(|who| who.name.as_str())
    };
    member.or_else(visitor).unwrap_or(id.as_str())
}
