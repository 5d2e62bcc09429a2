//! The list of items, sent piece by piece: of twenty thousand films it is five megabytes, which a small box need not hold
//! at once, nor make in one turn.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use hyper::body::Frame;
use serde::Serialize;

use super::Api;
use crate::http::{Peer, Problem};
use crate::library::{self, Entry, State as FileState};
use crate::types::ItemId;

/// So many lines are made in one turn: some 30 KB.
const LINES: usize = 128;

#[derive(Serialize)]
struct ItemOut<'a> {
    id: Option<ItemId>,
    title: &'a str,
    class: Option<&'a str>,
    kind: media_index::Kind,
    duration_ms: Option<u64>,
    state: &'static str,
    plays: media_index::Plays,
    approved: bool,
    file: String,
}

fn item_out(entry: &Entry) -> ItemOut<'_> {
    ItemOut {
        id: entry.id,
        title: &entry.title,
        class: entry.class.as_deref(),
        kind: entry.kind,
        duration_ms: Some(entry.length.0).filter(|ms| *ms > 0),
        state: match entry.state {
            FileState::Ready => "ready",
            FileState::Copying(_) => "copying",
            FileState::Damaged(_) => "damaged",
            FileState::Offline => "offline",
            FileState::Waiting => "waiting",
        },
        plays: entry.plays,
        approved: entry.approved && !entry.hidden,
        file: entry.file(),
    }
}

/// Members get what is shown, the operator everything.
pub(super) async fn list(State(api): State<Arc<Api>>, peer: Peer, headers: HeaderMap) -> Result<Response, Problem> {
    let visitor = api.roster.visitor(&headers, peer.ip()).await?;
    let mut lines = Lines {
        all: api.library.all(),
        everything: visitor.operator.is_some(),
        next: Next::Opening,
    };
    // A short list goes whole, with its length.
    let body = if lines.all.len() <= LINES {
        Body::from(std::iter::from_fn(|| lines.piece()).flatten().collect::<Vec<u8>>())
    } else {
        Body::new(lines)
    };
    Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response())
}

/// The list as a body.
struct Lines {
    all: library::Lines,
    everything: bool,
    next: Next,
}

enum Next {
    Opening,
    /// From this line on; whether one was sent before it.
    Line(usize, bool),
    Nothing,
}

impl Lines {
    /// The next piece; none after the last.
    fn piece(&mut self) -> Option<Vec<u8>> {
        match self.next {
            Next::Nothing => None,
            Next::Opening => {
                self.next = Next::Line(0, false);
                Some(b"{\"items\":[".to_vec())
            }
            Next::Line(from, _) if from >= self.all.len() => {
                self.next = Next::Nothing;
                Some(b"]}".to_vec())
            }
            Next::Line(from, mut follows) => {
                let until = self.all.len().min(from + LINES);
                let mut piece = Vec::new();
                let lines = self.all.from(from).take(LINES);
                let listed = lines.filter(|line| self.everything || line.is_shown());
                for entry in listed.filter_map(|line| line.entry()) {
                    piece.extend(follows.then_some(b','));
                    follows = true;
                    serde_json::to_writer(&mut piece, &item_out(&entry)).expect("texts and numbers can be written");
                }
                self.next = Next::Line(until, follows);
                Some(piece)
            }
        }
    }
}

impl hyper::body::Body for Lines {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        while let Some(piece) = self.piece() {
            // An empty chunk would be the end of the body.
            if !piece.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(piece.into()))));
            }
        }
        Poll::Ready(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::samples;

    fn sent(all: library::Lines, everything: bool) -> serde_json::Value {
        let mut lines = Lines {
            all,
            everything,
            next: Next::Opening,
        };
        let bytes: Vec<u8> = std::iter::from_fn(|| lines.piece()).flatten().collect();
        serde_json::from_slice(&bytes).unwrap()
    }

    #[test]
    fn a_list_of_many_pieces_is_one_document() {
        for count in [0, 1, LINES, LINES + 1, 3 * LINES] {
            let all = samples(count, |n| n % 2 == 0);
            assert_eq!(sent(all.clone(), true)["items"].as_array().unwrap().len(), count);
            assert_eq!(sent(all, false)["items"].as_array().unwrap().len(), count.div_ceil(2));
        }
        let first_hidden = samples(LINES + 3, |n| n >= LINES);
        assert_eq!(sent(first_hidden, false)["items"].as_array().unwrap().len(), 3);
    }
}
