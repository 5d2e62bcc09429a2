//! The books 台账 on the desk: a page, a print, a workbook and a table of each, all of one sheet.

mod book;
mod equipment;
mod feedback;
mod gather;
mod leaves;
mod overview;
mod photos;
mod record;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, Query, State};
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;

pub(in crate::pages) use feedback::{about, kinds};
pub(in crate::pages) use gather::gather;

use crate::http::Problem;
use crate::pages::{Pages, Visit};
use crate::types::SessionId;

pub(super) fn routes() -> Router<Pages> {
    Router::new()
        .route("/desk/books", get(overview::page))
        .route("/desk/books/{name}", get(open).post(record::remark))
        .route("/desk/books/{name}/table.csv", get(csv))
        .route("/desk/books/{name}/table.xlsx", get(xlsx))
        .route(
            "/desk/books/{name}/photos",
            post(photos::add).layer(DefaultBodyLimit::max(photos::BODY)),
        )
        .route("/desk/books/{name}/photos/drop", post(photos::take_back))
        .route("/desk/books/{name}/confirm", post(record::confirm))
        .route("/desk/blob/{digest}", get(photos::show))
        .route("/desk/feedback", post(feedback::act))
        .route("/desk/equipment", post(equipment::act))
        .route("/desk/leaves/{index}", get(leaves::of_session))
        .route("/desk/leaf/{index}", get(leaves::one))
}

/// Which time of a book is asked for, and of whom.
#[derive(Debug, Default, Deserialize)]
struct Wanted {
    p: Option<String>,
    from: Option<String>,
    to: Option<String>,
    member: Option<String>,
    edit: Option<i64>,
}

/// A screening's record by its id, or a book by its code.
async fn open(
    State(pages): State<Pages>,
    visit: Visit,
    Path(name): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Problem> {
    visit.operator()?;
    match SessionId::parse(&name) {
        Some(id) => record::page(&pages, &visit, id).await,
        None => book::page(&pages, &visit, &name, &wanted).await,
    }
}

async fn csv(
    State(pages): State<Pages>,
    visit: Visit,
    Path(name): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Problem> {
    let sheet = book::for_file(&pages, &visit, &name, &wanted).await?;
    book::as_csv(&sheet)
}

async fn xlsx(
    State(pages): State<Pages>,
    visit: Visit,
    Path(name): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Problem> {
    let sheet = book::for_file(&pages, &visit, &name, &wanted).await?;
    book::as_workbook(&pages, sheet).await
}
