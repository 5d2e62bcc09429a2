//! F3 设备资料 on the desk: the list, and a form that enters or changes a piece.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use super::book::{Times, View};
use crate::http::Problem;
use crate::http::body::Form;
use crate::look::Frame;
use crate::pages::{Pages, Visit, go_to, show};
use crate::records::Equipment;

#[derive(Template)]
#[template(path = "desk_equipment.html")]
struct Page {
    f: Frame,
    v: View,
    times: Option<Times>,
    all: Vec<Equipment>,
    edited: Equipment,
}

/// A station has a dozen pieces; more than this many of one kind is a slip of the finger.
const MOST: u32 = 10_000;

pub(super) async fn page(
    pages: &Pages,
    visit: &Visit,
    f: Frame,
    v: View,
    edit: Option<i64>,
) -> Result<Response, Problem> {
    let all = pages.records.equipment().await?;
    let new = Equipment {
        count: 1,
        ..Equipment::default()
    };
    let edited = match edit {
        Some(key) => all
            .iter()
            .find(|piece| piece.key == key)
            .cloned()
            .ok_or_else(Problem::not_found)?,
        None => new,
    };
    let times = None;
    show(
        visit,
        &Page {
            f,
            v,
            times,
            all,
            edited,
        },
    )
}

#[derive(Deserialize)]
pub(super) struct Sent {
    csrf: String,
    act: String,
    #[serde(default)]
    key: i64,
    #[serde(default)]
    name: String,
    #[serde(default)]
    model: String,
    #[serde(default)]
    spec: String,
    #[serde(default)]
    serial: String,
    #[serde(default)]
    count: String,
    #[serde(default)]
    bought: String,
    #[serde(default)]
    handler: String,
    #[serde(default)]
    state: String,
}

pub(super) async fn act(State(pages): State<Pages>, visit: Visit, Form(sent): Form<Sent>) -> Result<Response, Problem> {
    let by = visit.operator()?;
    visit.check(&sent.csrf)?;
    match sent.act.as_str() {
        "save" => pages.records.save_equipment(piece(&sent)?, by).await?,
        "drop" => pages.records.drop_equipment(sent.key, by).await?,
        _ => return Err(Problem::not_found()),
    }
    Ok(go_to("/desk/books/f3"))
}

fn piece(sent: &Sent) -> Result<Equipment, Problem> {
    let count = sent
        .count
        .trim()
        .parse()
        .ok()
        .filter(|count| (1..=MOST).contains(count));
    let count =
        count.ok_or_else(|| Problem::unprocessable("数量请填 1 到 10000。", "The count must be 1 to 10000."))?;
    let text = |text: &str| text.trim().to_owned();
    Ok(Equipment {
        key: sent.key,
        name: text(&sent.name),
        model: text(&sent.model),
        spec: text(&sent.spec),
        serial: text(&sent.serial),
        count,
        bought: text(&sent.bought),
        handler: text(&sent.handler),
        state: text(&sent.state),
    })
}
