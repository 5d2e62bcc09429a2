//! The door through which bytes leave: `GET|HEAD /media/{item}`.
//!
//! Open the item (`files`: a thread where blocking is allowed, or the file that is already on its way to another),
//! evaluate the conditions, evaluate the range, then leave a [`FileBody`] in the response: `server` sends it without
//! copying, and says for (device, item) what the kernel really took.

mod files;
mod note;
mod parts;
mod road;
mod shares;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use files::{Files, Opened, refused};
use note::OnItsWay;
use parts::Multipart;
pub use road::Films;
use shares::Shares;

use crate::clock;
use crate::http::{FileBody, Peer, Piece, Problem, conditional, range};
use crate::keys;
use crate::library::{Entry, Library, Part};
use crate::roster::Roster;
use crate::types::ItemId;
use crate::viewing::Sent;

/// Below this path lie the films and what belongs to them.
pub const DOOR: &str = "/media/";

/// What this door needs.
#[derive(Debug, Clone)]
pub struct Media {
    library: Library,
    roster: Roster,
    sent: Sent,
    files: Arc<Files>,
    shares: Arc<Shares>,
}

impl Media {
    /// `sent` is where delivery is noted; a device is sent at most `films_at_once`.
    pub fn new(library: Library, roster: Roster, sent: Sent, films_at_once: usize) -> Self {
        Self {
            library,
            roster,
            sent,
            files: Arc::default(),
            shares: Arc::new(Shares::new(films_at_once)),
        }
    }

    /// The routes of this room.
    pub fn routes(self) -> Router {
        Router::new()
            .route(&format!("{DOOR}{{item}}"), get(item).options(methods))
            .route(&format!("{DOOR}{{item}}/subtitles/{{n}}"), get(subtitle))
            .route(&format!("{DOOR}{{item}}/poster"), get(poster))
            .route(&format!("{DOOR}{{item}}/thumb"), get(thumb))
            .with_state(self)
    }
}

impl Media {
    /// What belongs to an item is seen by those who see the item: members what is shown, the operator everything.
    async fn may_see(&self, id: &ItemId, headers: &HeaderMap, peer: Peer) -> Result<(), Problem> {
        let everything = self.roster.viewer(headers, peer.ip()).await?.is_operator;
        let entry = self.library.entry(id).filter(|entry| everything || entry.is_shown());
        entry.map(drop).ok_or_else(Problem::not_found)
    }

    /// An item's bytes, as many as are asked for, or the answer that needs none.
    async fn deliver(&self, id: ItemId, method: &Method, headers: &HeaderMap, peer: Peer) -> Result<Response, Problem> {
        let viewer = self.roster.viewer(headers, peer.ip()).await?;
        let Opened { file, entry, meta } = self.files.open(&self.library, id, viewer.is_operator).await?;
        let shown = Shown {
            etag: format!("\"{}\"", entry.content().unwrap_or(id)),
            entry,
            length: meta.len(),
            modified: meta.modified().ok().filter(|at| is_truthful(*at, clock::present())),
        };
        let wanted = match shown.judge(method, headers) {
            Ok(wanted) => wanted,
            Err(done) => return Ok(*done),
        };
        let share = if *method == Method::GET {
            Some(self.shares.of(viewer.device).await?)
        } else {
            None
        };
        let noted = Arc::new(OnItsWay {
            library: self.library.clone(),
            sent: self.sent.clone(),
            device: viewer.device,
            item: id,
            content: shown.entry.content().unwrap_or(id),
            _share: share,
        });
        let mut response = shown.head();
        let mut body = FileBody::new(file, 0..shown.length, noted);
        shown.narrow(&mut response, &mut body, wanted);
        set(response.headers_mut(), header::CONTENT_LENGTH, &body.len().to_string());
        if *method == Method::GET {
            response.extensions_mut().insert(body);
        }
        Ok(response)
    }
}

/// An item's address names its content, so a phone may keep what it has; privately, for it carries a device's tag.
const FOR_EVER: &str = "private, max-age=31536000, immutable";

/// A document is data, even if its content hopes to be a page.
const DOCUMENT: &str = "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";
/// The same without the sandbox, in which browsers' own viewers do not work: they are plug-ins that show this address.
const PDF: &str = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'";

/// RFC 9110 §9.3.7.
async fn methods() -> Response {
    (StatusCode::NO_CONTENT, [(header::ALLOW, "GET, HEAD, OPTIONS")]).into_response()
}

/// Under an address that the road of films does not know: spelt otherwise, or nothing at all.
async fn item(
    State(room): State<Media>,
    peer: Peer,
    Path(id): Path<String>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let id = ItemId::parse(&id).map_err(|_| Problem::not_found())?;
    room.deliver(id, &method, &headers, peer).await
}

/// Whether a file's date may be told as `Last-Modified` (RFC 9110 §8.8.2.1): not before there is a clock to compare it
/// with, not from the future, and not from the first days of 1980 or earlier, which is what a box or a camera writes whose
/// own clock was never set. The tag tells versions apart in any case.
fn is_truthful(modified: SystemTime, present: Option<SystemTime>) -> bool {
    const FIRST: Duration = Duration::from_secs(10 * 365 * 86_400 + 7 * 86_400);
    present.is_some_and(|present| modified <= present) && modified > SystemTime::UNIX_EPOCH + FIRST
}

/// One opened item on its way out.
struct Shown {
    etag: String,
    entry: Arc<Entry>,
    length: u64,
    modified: Option<SystemTime>,
}

impl Shown {
    /// Which bytes to send, or the answer that needs none.
    fn judge(&self, method: &Method, headers: &HeaderMap) -> Result<range::Outcome, Box<Response>> {
        use conditional::Outcome;
        let now = conditional::Validators {
            etag: &self.etag,
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

    /// What every answer with content says.
    fn head(&self) -> Response {
        let mut response = Response::new(Body::empty());
        let headers = response.headers_mut();
        self.add_validators(headers);
        set(headers, header::CONTENT_TYPE, &self.entry.mime);
        if matches!(self.entry.kind, media_index::Kind::Document) {
            set(headers, header::CONTENT_DISPOSITION, &disposition(&self.entry));
            let policy = if &*self.entry.mime == "application/pdf" {
                PDF
            } else {
                DOCUMENT
            };
            set(headers, header::CONTENT_SECURITY_POLICY, policy);
        }
        response
    }

    /// RFC 9110 §15.3.7: a range that was asked for is answered with 206, also when it is all there is. Several lie
    /// between lines of text, and then only the parts have a `Content-Range`.
    fn narrow(&self, response: &mut Response, body: &mut FileBody, wanted: range::Outcome) {
        match wanted {
            range::Outcome::Part(part) => {
                let range = format!("bytes {}-{}/{}", part.start, part.end - 1, self.length);
                set(response.headers_mut(), header::CONTENT_RANGE, &range);
                body.pieces = [Piece::File(part)].into();
            }
            range::Outcome::Parts(parts) => {
                let parts = Multipart::new(keys::random_id().to_string(), &parts, &self.entry.mime, self.length);
                let kind = format!("multipart/byteranges; boundary={}", parts.boundary);
                set(response.headers_mut(), header::CONTENT_TYPE, &kind);
                body.pieces = parts.pieces;
            }
            range::Outcome::Whole | range::Outcome::Unsatisfiable => return,
        }
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }

    fn add_validators(&self, headers: &mut HeaderMap) {
        set(headers, header::ACCEPT_RANGES, "bytes");
        set(headers, header::ETAG, &self.etag);
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
    let shown = matches!(&*entry.mime, "application/pdf") || entry.mime.starts_with("text/");
    let file = entry.file();
    let name = file.rsplit('/').next().unwrap_or("file");
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
    let text = room
        .files
        .blocking(move || library.subtitle(&id, n))
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
    let (bytes, mime) = room
        .files
        .blocking(move || library.poster(&id))
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
    let picture = room.files.blocking(move || library.picture(&id, Part::Thumb)).await?;
    let (bytes, mime) = picture.map_err(|error| refused(&error))?;
    let cache = (header::CACHE_CONTROL, "private, max-age=604800");
    Ok(([(header::CONTENT_TYPE, mime), cache], bytes).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_told_only_if_it_can_be_true() {
        let at = |text| httpdate::parse_http_date(text).unwrap();
        let present = at("Fri, 27 Nov 2026 12:00:00 GMT");
        let told = |modified| is_truthful(at(modified), Some(present));
        assert!(told("Fri, 27 Nov 2026 12:00:00 GMT") && told("Sat, 29 Oct 1994 19:43:31 GMT"));
        // Copied while the clock stood in 1970, by a camera at the beginning of FAT's time, and from 2097.
        let lies = [
            "Thu, 01 Jan 1970 00:07:00 GMT",
            "Tue, 01 Jan 1980 00:00:00 GMT",
            "Sun, 01 Dec 2097 00:00:00 GMT",
        ];
        assert!(lies.iter().all(|lie| !told(lie)));
        assert!(!is_truthful(present, None), "nothing is known to be past");
    }
}
