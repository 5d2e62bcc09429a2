//! The door through which bytes leave: `GET|HEAD /media/{item}`.
//!
//! Open the item (a thread where blocking is allowed), evaluate the conditions, evaluate the range, then send:
//! positioned reads in a small pool, one piece in flight per reader, so that a slow phone holds some 200 KB
//! and a cold disk never stops the event loop. Each piece that the connection takes is noted for (device, item).

use std::sync::Arc;
use std::time::SystemTime;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::http::{FileBody, Peer, Problem, conditional, range};
use crate::library::{Entry, Library, OpenError, Part};
use crate::roster::Roster;
use crate::types::ItemId;
use crate::viewing::Sent;

/// What this door needs.
#[derive(Debug, Clone)]
pub struct Media {
    library: Library,
    roster: Roster,
    sent: Sent,
}

impl Media {
    /// `sent` is where delivery is noted.
    pub fn new(library: Library, roster: Roster, sent: Sent) -> Self {
        Self { library, roster, sent }
    }

    /// The routes of this room.
    pub fn routes(self) -> Router {
        Router::new()
            .route("/media/{item}", get(item))
            .route("/media/{item}/subtitles/{n}", get(subtitle))
            .route("/media/{item}/poster", get(poster))
            .route("/media/{item}/thumb", get(thumb))
            .with_state(self)
    }
}

impl Media {
    /// What belongs to an item is seen by those who see the item: members what is shown, the operator everything.
    async fn may_see(&self, id: &ItemId, headers: &HeaderMap, peer: Peer) -> Result<(), Problem> {
        let everything = self.roster.visitor(headers, peer.ip()).await?.operator.is_some();
        let entry = self.library.entry(id).filter(|entry| everything || entry.is_shown());
        entry.map(drop).ok_or_else(Problem::not_found)
    }
}

/// An item's address names its content, so a phone may keep what it has; privately, for it carries a device's tag.
const FOR_EVER: &str = "private, max-age=31536000, immutable";

async fn item(
    State(room): State<Media>,
    peer: Peer,
    Path(id): Path<String>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let id = ItemId::parse(&id).map_err(|_| Problem::not_found())?;
    let visitor = room.roster.visitor(&headers, peer.ip()).await?;
    let everything = visitor.operator.is_some();
    let library = room.library.clone();
    let open = move || {
        let (file, entry) = library.open(&id, everything)?;
        let meta = file.metadata()?;
        Ok((file, entry, meta))
    };
    let (file, entry, meta) = blocking(open).await?.map_err(|error: OpenError| refused(&error))?;
    let shown = Shown {
        id,
        entry,
        length: meta.len(),
        modified: meta.modified().ok().filter(is_plausible),
    };
    let (part, is_range) = match shown.judge(&method, &headers) {
        Ok(range::Outcome::Part(part)) => (part, true),
        Ok(_) => (0..shown.length, false),
        Err(done) => return Ok(*done),
    };
    let mut response = shown.head(&part, is_range);
    if method == Method::GET {
        // What was seen of a prepared version is told from what was seen of the item's own file.
        let (sent, device, content) = (room.sent.clone(), visitor.device, shown.entry.content.unwrap_or(id));
        let noted = Arc::new(move |bytes| sent.note(device, content, bytes));
        let body = FileBody::new(Arc::new(file), part, noted);
        response.extensions_mut().insert(body);
    }
    Ok(response)
}

async fn blocking<T: Send + 'static>(act: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    tokio::task::spawn_blocking(act)
        .await
        .map_err(|error| Problem::internal(&error))
}

/// A date from before this program, or from far in the future, says nothing: no `Last-Modified` is better than a lie.
fn is_plausible(at: &SystemTime) -> bool {
    let since = at.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |d| d.as_secs());
    (1..4_102_444_800).contains(&since)
}

fn refused(error: &OpenError) -> Problem {
    match error {
        OpenError::NotShown => Problem::not_found(),
        OpenError::Offline => Problem::unavailable(
            30,
            "存这部课件的硬盘不在，插上就能接着看，学时都还在。",
            "The disk that holds this item is away. It plays again once it is back; your hours are all there.",
        ),
        OpenError::File(error) if error.kind() == std::io::ErrorKind::NotFound => Problem::not_found(),
        OpenError::File(error) => Problem::internal(error),
    }
}

/// One opened item on its way out.
struct Shown {
    id: ItemId,
    entry: Entry,
    length: u64,
    modified: Option<SystemTime>,
}

impl Shown {
    fn etag(&self) -> String {
        format!("\"{}\"", self.entry.content.unwrap_or(self.id))
    }

    /// Which bytes to send, or the answer that needs none.
    fn judge(&self, method: &Method, headers: &HeaderMap) -> Result<range::Outcome, Box<Response>> {
        use conditional::Outcome;
        let etag = self.etag();
        let now = conditional::Validators {
            etag: &etag,
            modified: self.modified,
        };
        let wanted = match conditional::evaluate(method, headers, now) {
            Outcome::NotModified => return Err(Box::new(self.bare(StatusCode::NOT_MODIFIED))),
            Outcome::PreconditionFailed => return Err(Box::new(self.bare(StatusCode::PRECONDITION_FAILED))),
            // RFC 9110 §14.2: only GET has ranges.
            Outcome::Proceed if *method == Method::GET => headers.get(header::RANGE).and_then(|v| v.to_str().ok()),
            Outcome::Proceed | Outcome::ProceedWhole => None,
        };
        match range::evaluate(wanted, self.length) {
            range::Outcome::Unsatisfiable => Err(Box::new(self.unsatisfiable())),
            outcome => Ok(outcome),
        }
    }

    /// Without content, and with the validators.
    fn bare(&self, status: StatusCode) -> Response {
        let mut response = status.into_response();
        self.add_validators(response.headers_mut());
        response
    }

    /// RFC 9110 §15.5.17.
    fn unsatisfiable(&self) -> Response {
        let mut response = self.bare(StatusCode::RANGE_NOT_SATISFIABLE);
        set(
            response.headers_mut(),
            header::CONTENT_RANGE,
            &format!("bytes */{}", self.length),
        );
        response
    }

    /// RFC 9110 §15.3.7: a range that was asked for is answered with 206, also when it is all there is.
    fn head(&self, part: &std::ops::Range<u64>, is_range: bool) -> Response {
        let mut response = Response::new(Body::empty());
        let headers = response.headers_mut();
        self.add_validators(headers);
        set(headers, header::CONTENT_TYPE, &self.entry.mime);
        set(headers, header::CONTENT_LENGTH, &(part.end - part.start).to_string());
        if matches!(self.entry.kind, media_index::Kind::Document) {
            set(headers, header::CONTENT_DISPOSITION, &disposition(&self.entry));
            // A document is data, even if its content hopes to be a page. Browsers' own PDF viewers do not work in a
            // sandbox, and a PDF is no page.
            if self.entry.mime != "application/pdf" {
                set(
                    headers,
                    header::CONTENT_SECURITY_POLICY,
                    "sandbox; default-src 'none'; style-src 'unsafe-inline'",
                );
            }
        }
        if is_range {
            let range = format!("bytes {}-{}/{}", part.start, part.end - 1, self.length);
            set(headers, header::CONTENT_RANGE, &range);
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        }
        response
    }

    fn add_validators(&self, headers: &mut HeaderMap) {
        set(headers, header::ACCEPT_RANGES, "bytes");
        set(headers, header::ETAG, &self.etag());
        set(headers, header::CACHE_CONTROL, FOR_EVER);
        if let Some(modified) = self.modified {
            set(headers, header::LAST_MODIFIED, &httpdate::fmt_http_date(modified));
        }
    }
}

fn set(headers: &mut HeaderMap, name: header::HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

/// RFC 6266 with RFC 8187: what browsers open is shown, the rest is offered for download under its own name.
fn disposition(entry: &Entry) -> String {
    let shown = matches!(entry.mime.as_str(), "application/pdf") || entry.mime.starts_with("text/");
    let name = entry.file.rsplit('/').next().unwrap_or("file");
    let encoded = name.bytes().fold(String::new(), |mut out, b| {
        if b.is_ascii_alphanumeric() || b"-._".contains(&b) {
            out.push(char::from(b));
        } else {
            out.push('%');
            out.push_str(&data_encoding::HEXUPPER.encode(&[b]));
        }
        out
    });
    format!(
        "{}; filename*=UTF-8''{encoded}",
        if shown { "inline" } else { "attachment" }
    )
}

async fn subtitle(
    State(room): State<Media>,
    peer: Peer,
    headers: HeaderMap,
    Path((id, n)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let id = ItemId::parse(&id).map_err(|_| Problem::not_found())?;
    let n = n.parse().map_err(|_| Problem::not_found())?;
    room.may_see(&id, &headers, peer).await?;
    let library = room.library.clone();
    let text = blocking(move || library.subtitle(&id, n))
        .await?
        .map_err(|error| refused(&error))?;
    let kind = (header::CONTENT_TYPE, "text/vtt; charset=utf-8");
    Ok(([kind, (header::CACHE_CONTROL, "private, max-age=300")], text).into_response())
}

async fn poster(
    State(room): State<Media>,
    peer: Peer,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id = ItemId::parse(&id).map_err(|_| Problem::not_found())?;
    room.may_see(&id, &headers, peer).await?;
    let library = room.library.clone();
    let (bytes, mime) = blocking(move || library.poster(&id))
        .await?
        .map_err(|error| refused(&error))?;
    let cache = (header::CACHE_CONTROL, "private, max-age=300");
    Ok(([(header::CONTENT_TYPE, mime), cache], bytes).into_response())
}

async fn thumb(
    State(room): State<Media>,
    peer: Peer,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let id = ItemId::parse(&id).map_err(|_| Problem::not_found())?;
    room.may_see(&id, &headers, peer).await?;
    let library = room.library.clone();
    let picture = blocking(move || library.picture(&id, Part::Thumb)).await?;
    let (bytes, mime) = picture.map_err(|error| refused(&error))?;
    let cache = (header::CACHE_CONTROL, "private, max-age=604800");
    Ok(([(header::CONTENT_TYPE, mime), cache], bytes).into_response())
}
