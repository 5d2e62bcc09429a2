//! Photos of an evening, from the operator's phone.

use axum::extract::{Multipart, Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::record;
use crate::http::Problem;
use crate::http::body::Form;
use crate::ledger::Moment;
use crate::pages::{Pages, Visit, go_to};
use crate::records::picture;

/// What surrounds the picture in the form.
const AROUND: usize = 64 * 1024;
/// The form as a whole.
pub(super) const BODY: usize = picture::LIMIT + AROUND;

/// The form's fields, the picture bounded.
async fn fields(mut form: Multipart) -> Result<(String, String, Vec<u8>), Problem> {
    let broken = |_| {
        Problem::bad_request(
            "照片没有收全，请再传一次。",
            "The photo did not arrive whole; please send it again.",
        )
    };
    let (mut csrf, mut when, mut photo) = (Vec::new(), Vec::new(), Vec::new());
    while let Some(mut field) = form.next_field().await.map_err(broken)? {
        let (into, most) = match field.name() {
            Some("csrf") => (&mut csrf, AROUND),
            Some("when") => (&mut when, AROUND),
            Some("photo") => (&mut photo, picture::LIMIT + 1),
            _ => continue,
        };
        into.clear();
        while let Some(chunk) = field.chunk().await.map_err(broken)? {
            if into.len() + chunk.len() > most {
                return Err(Problem::too_large(picture::LIMIT));
            }
            into.extend_from_slice(&chunk);
        }
    }
    let text = |bytes| String::from_utf8(bytes).unwrap_or_default();
    Ok((text(csrf), text(when), photo))
}

fn moment(word: &str) -> Result<Moment, Problem> {
    match word {
        "start" => Ok(Moment::Start),
        "middle" => Ok(Moment::Middle),
        "end" => Ok(Moment::End),
        _ => Err(Problem::not_found()),
    }
}

pub(super) async fn add(
    State(pages): State<Pages>,
    visit: Visit,
    Path(id): Path<String>,
    form: Multipart,
) -> Result<Response, Problem> {
    let by = visit.operator()?;
    let record = record::find(&pages, &id).await?;
    let (csrf, when, photo) = fields(form).await?;
    visit.check(&csrf)?;
    pages
        .records
        .add_photo(record.state.id, moment(&when)?, photo, by)
        .await?;
    Ok(go_to(&format!("/desk/books/{}#photos", record.state.id)))
}

#[derive(Deserialize)]
pub(super) struct Gone {
    csrf: String,
    digest: String,
}

pub(super) async fn take_back(
    State(pages): State<Pages>,
    visit: Visit,
    Path(id): Path<String>,
    Form(gone): Form<Gone>,
) -> Result<Response, Problem> {
    let by = visit.operator()?;
    visit.check(&gone.csrf)?;
    let record = record::find(&pages, &id).await?;
    pages.records.drop_photo(record.state.id, gone.digest, by).await?;
    Ok(go_to(&format!("/desk/books/{}#photos", record.state.id)))
}

/// A photo, for the operator alone: it shows faces.
pub(super) async fn show(
    State(pages): State<Pages>,
    visit: Visit,
    Path(digest): Path<String>,
) -> Result<Response, Problem> {
    visit.operator()?;
    let bytes = pages.records.blob(&digest).await?.ok_or_else(Problem::not_found)?;
    let headers = [
        (header::CONTENT_TYPE, picture::mime(&bytes)),
        (header::CACHE_CONTROL, "private, max-age=86400, immutable"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    Ok((headers, bytes).into_response())
}
