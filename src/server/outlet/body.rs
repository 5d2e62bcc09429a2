//! The bodies that we hand to hyper: axum's, or a film that it only announces.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::body::Body as Plain;
use axum::http::{HeaderMap, HeaderValue, Version, header};
use axum::response::Response;
use bytes::{Buf, Bytes};
use hyper::body::{Body, Frame, SizeHint};

use super::handover::{Film, Handover};
use super::warmth::Warmth;
use crate::http::FileBody;

/// Whoever must know when the last byte of an answer was written or given up: held until then.
pub(in crate::server) type Held = Arc<dyn Send + Sync>;

/// Bytes in memory, as hyper queues them.
pub(in crate::server) struct Text {
    text: Bytes,
    _held: Held,
}

impl Buf for Text {
    fn remaining(&self) -> usize {
        self.text.len()
    }

    fn chunk(&self) -> &[u8] {
        &self.text
    }

    fn advance(&mut self, bytes: usize) {
        self.text.advance(bytes);
    }
}

/// A response's body.
pub(in crate::server) enum Outgoing {
    /// What axum made.
    Plain { body: Plain, held: Held },
    /// A film, until it is left at the handover.
    Film {
        film: Option<Film>,
        length: u64,
        handover: Handover,
    },
}

impl Outgoing {
    /// Takes the film out of a response that carries one. `goes_on` says whether another request may follow it; if not,
    /// the reader is told.
    pub(in crate::server) fn of(
        mut response: Response,
        handover: &Handover,
        held: Held,
        goes_on: bool,
    ) -> hyper::Response<Self> {
        let Some(body) = response.extensions_mut().remove::<FileBody>() else {
            return response.map(|body| Self::Plain { body, held });
        };
        if !goes_on {
            let close = HeaderValue::from_static("close");
            response.headers_mut().insert(header::CONNECTION, close);
        }
        let length = body.len();
        let film = Film {
            body,
            warmth: Warmth::default(),
            goes_on,
            _held: held,
        };
        response.map(|_| Self::Film {
            film: Some(film),
            length,
            handover: handover.clone(),
        })
    }
}

/// Whether a connection stays open behind the answer to a request: as its client wishes (RFC 9112 §9.3), and only if the
/// request ended with its head. What follows a body that nobody read must not be taken for a request.
pub(in crate::server) fn goes_on(request: &hyper::Request<impl Body>) -> bool {
    let wishes = |word| has_token(request.headers(), word);
    let stays = match request.version() {
        Version::HTTP_11 => !wishes("close"),
        Version::HTTP_10 => wishes("keep-alive") && !wishes("close"),
        _ => false,
    };
    stays && request.body().is_end_stream()
}

fn has_token(headers: &HeaderMap, word: &str) -> bool {
    let lines = headers.get_all(header::CONNECTION).iter();
    lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(','))
        .any(|token| token.trim().eq_ignore_ascii_case(word))
}

impl Body for Outgoing {
    type Data = Text;
    type Error = axum::Error;

    /// A film has no frames: once it is left, hyper waits for one until it is dropped.
    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Text>, axum::Error>>> {
        match self.get_mut() {
            Self::Plain { body, held } => {
                let text = |text| Text {
                    text,
                    _held: Arc::clone(held),
                };
                let frame = ready!(Pin::new(body).poll_frame(cx));
                Poll::Ready(frame.map(|frame| frame.map(|frame| frame.map_data(text))))
            }
            Self::Film { film, handover, .. } => {
                if let Some(film) = film.take() {
                    handover.leave(film);
                }
                Poll::Pending
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Plain { body, .. } => body.is_end_stream(),
            Self::Film { length, .. } => *length == 0,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Plain { body, .. } => body.size_hint(),
            Self::Film { length, .. } => SizeHint::with_exact(*length),
        }
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::{Empty, Full};

    use super::*;

    fn asked(version: Version, lines: &[&str]) -> bool {
        let mut request = hyper::Request::new(Empty::<Bytes>::new());
        *request.version_mut() = version;
        for line in lines {
            request.headers_mut().append(header::CONNECTION, line.parse().unwrap());
        }
        goes_on(&request)
    }

    /// RFC 9112 §9.3.
    #[test]
    fn a_connection_goes_on_as_its_client_wishes() {
        assert!(asked(Version::HTTP_11, &[]));
        assert!(asked(Version::HTTP_11, &["TE, Upgrade"]));
        assert!(!asked(Version::HTTP_11, &["TE, Close"]));
        assert!(!asked(Version::HTTP_11, &["TE", "close"]));
        assert!(!asked(Version::HTTP_10, &[]));
        assert!(asked(Version::HTTP_10, &["Keep-Alive"]));
        assert!(!asked(Version::HTTP_10, &["keep-alive", "close"]));
    }

    #[test]
    fn nothing_follows_a_request_whose_body_nobody_read() {
        assert!(!goes_on(&hyper::Request::new(Full::new(Bytes::from_static(b"GET /")))));
    }
}
