//! The road of beats: two thousand phones send two hundred a second, and each would pass the table of all routes and the
//! layers around it, which costs more than judging it. So a beat is known by its address before the routes are asked, and
//! meets the same guard, the same parser and the same answers here. Everything else goes on to the routes.

use axum::extract::{FromRequest, Request};
use axum::http::Method;
use axum::response::Response;

use super::{BeatBody, beat_of, session_of, take};
use crate::http::body::Lenient;
use crate::http::guard::{self, Names};
use crate::http::{Answering, Answers, Problem};
use crate::viewing::Viewing;

/// Beats, before everything else.
#[derive(Debug, Clone)]
pub struct Beats<O> {
    viewing: Viewing,
    names: Names,
    others: O,
}

impl<O: Answers> Beats<O> {
    /// Takes beats itself and leaves the rest to `others`; `names` are those of the guard.
    pub fn before(others: O, viewing: Viewing, names: Names) -> Self {
        Self { viewing, names, others }
    }
}

/// The session in `/api/sessions/{session}/beats`.
fn session_in(path: &str) -> Option<&str> {
    let session = path.strip_prefix("/api/sessions/")?.strip_suffix("/beats")?;
    let is_plain = session.len() == 32 && session.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_plain.then_some(session)
}

impl<O: Answers> Answers for Beats<O> {
    fn answer(&self, request: Request) -> Answering {
        if *request.method() != Method::POST || session_in(request.uri().path()).is_none() {
            return self.others.answer(request);
        }
        let (viewing, names) = (self.viewing.clone(), self.names.clone());
        Box::pin(async move { guard::guarded(request, &names, |request| beat(&viewing, request)).await })
    }
}

/// Nothing of the request is held while the beat waits for its commit: address, head and body are slices of the
/// connection's buffer, and hyper, which listens meanwhile for a hanging up, would need another one of 8 KiB.
async fn beat(viewing: &Viewing, request: Request) -> Result<Response, Problem> {
    let session = session_in(request.uri().path()).ok_or_else(Problem::not_found)?;
    let session = session_of(session)?;
    let Lenient(body, bytes) = Lenient::<BeatBody>::from_request(request, &()).await?;
    let beat = beat_of(body, &bytes)?;
    drop(bytes);
    take(viewing, session, beat).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_address_of_a_beat_leaves_the_common_road() {
        let id = "0123456789abcdef0123456789abcdef";
        assert_eq!(session_in(&format!("/api/sessions/{id}/beats")), Some(id));
        for path in [
            "/api/sessions/0123/beats".to_owned(),
            format!("/api/sessions/{id}/beats/"),
            format!("/api/sessions/{id}/proof"),
            format!("/api/sessions/{}%2e/beats", &id[..29]),
            format!("/api/sessions/{}//beats", &id[..31]),
        ] {
            assert_eq!(session_in(&path), None, "{path}");
        }
    }
}
